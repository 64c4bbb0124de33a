/* SPDX-License-Identifier: ISC */
#include "monitor/bringup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exitcode.h"
#include "control/unixwatch.h"
#include "host/hooks.h"
#include "monitor/config.h"
#include "monitor/hostside.h"
#include "monitor/sockets.h"
#include "monitor/turn.h"
#include "monitor/walk.h"
#include "monitor/worker.h"

enum {
	MTU_DEFAULT = 1420, /* wg-quick's */
	BUSY_TRIES = 10,
	BUSY_MS = 30,
	RETRY_MS = 1000, /* after a worker that did not come up */
	DOWN_MS = 8000,  /* for all Down hooks: less than a service manager waits... */
	LEAST_MS = 2000, /* ...of which PostDown gets this much in any case */
};

/* --- device and control socket --- */

static void log_device(int error, const char *name)
{
	switch (-error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		log_error("/dev/net/tun is not available: modprobe tun; in a container, pass it in "
			  "(--device /dev/net/tun) or mknod /dev/net/tun c 10 200");
		return;
	case EACCES:
		log_error("no permission to open /dev/net/tun: chmod 666 /dev/net/tun, as udev "
			  "does (rights are checked when a device is created), or run as root");
		return;
	case EPERM:
		log_error("no permission to create a tunnel device: run as root or with "
			  "CAP_NET_ADMIN (in a container, /dev/net/tun must be allowed, too)");
		return;
	case EBUSY:
		log_error("%s is in use by another program: is the tunnel already up? stop it, or "
			  "choose another name",
			  name);
		return;
	case EEXIST:
	case EINVAL:
		log_error("a network device %s already exists: remove it (ip link del %s), or "
			  "choose another name",
			  name, name);
		return;
	default:
		log_error("cannot create the device %s: %s", name, strerror(-error));
	}
}

/* The worker of a monitor that was killed a moment ago still has it, but dies. */
static int create_device(struct monitor *m, char name[16], bool vnet)
{
	int r = host_tun(m->host, name, vnet, &m->device);

	for (int i = 0; i < BUSY_TRIES && r == -EBUSY; i++) {
		turn(m, -1, BUSY_MS);
		r = host_tun(m->host, name, vnet, &m->device);
	}
	return r;
}

static int open_device(struct monitor *m)
{
	bool vnet = m->conf.tune.value[TUNE_TUN_VNET] != TUNE_OFF;
	char name[16] = { 0 };
	int r;

	snprintf(name, sizeof(name), "%s", m->options.name);
	m->device = m->options.tun_fd;
	if (m->device < 0) {
		r = create_device(m, name, vnet);
		if (r < 0) {
			log_device(r, name);
			return r;
		}
	}
	fcntl(m->device, F_SETFD, FD_CLOEXEC);
	r = host_tun_name(m->host, m->device, name);
	if (r < 0) {
		log_error("cannot use the tunnel device: %s", strerror(-r));
		return r;
	}
	snprintf(m->options.name, sizeof(m->options.name), "%.*s", CONF_NAME_MAX, name);
	host_name(m->host, m->options.name);
	log_set_name(m->options.name);
	return 0;
}

static void set_queue_len(struct monitor *m)
{
	uint32_t len = m->conf.tune.value[TUNE_TUN_QUEUE_LEN];
	int r = len ? host_queue_len(m->host, m->ifindex, len) : 0;

	if (r < 0)
		log_warn("cannot set TunQueueLen: %s", strerror(-r));
}

static int find_link(struct monitor *m)
{
	struct link_info info = { 0 };
	int r;

	r = host_link(m->host, m->options.name, &info);
	/* Created for us in another network namespace. */
	if (r == -ENODEV && m->options.tun_fd >= 0)
		return 0;
	if (r < 0) {
		log_error("cannot query the device %s: %s", m->options.name, strerror(-r));
		return r;
	}
	m->ifindex = info.ifindex;
	set_queue_len(m);
	return 0;
}

static void log_socket(int error, const char *name)
{
	switch (-error) {
	case EADDRINUSE:
		log_error("another daemon answers on the control socket of %s: is the tunnel "
			  "already up?",
			  name);
		return;
	case EPERM:
		log_error("the control socket /run/wireguard/%s.sock belongs to another user: is "
			  "the tunnel already up? If not, run as root: taut down %s",
			  name, name);
		return;
	case EACCES:
	case EROFS:
		log_error("cannot create the control socket /run/wireguard/%s.sock: %s; for the "
			  "service, run as root: systemd-tmpfiles --create taut.conf",
			  name, strerror(-error));
		return;
	default:
		log_error("cannot create the control socket /run/wireguard/%s.sock: %s", name,
			  strerror(-error));
	}
}

/*
 * A tunnel of another network namespace has the name, and with it all that goes by the name alone.
 * Without a file, wg(8) would set up that one instead of this one.
 */
static int share_name(const struct monitor *m)
{
	if (!m->options.path) {
		log_error("%s also runs in another network namespace, and wg(8) would reach that "
			  "one: choose another name",
			  m->options.name);
		return -EADDRINUSE;
	}
	log_warn("%s also runs in another network namespace, where wg(8) finds it; here only taut "
		 "does, and neither stamps nor DNS are kept under that name",
		 m->options.name);
	return 0;
}

static int open_control(struct monitor *m)
{
	int fd = m->options.uapi_fd, flags, r = 0;

	if (fd < 0) {
		r = control_listen(m->options.name, &fd);
		if (r < 0) {
			log_socket(r, m->options.name);
			return r;
		}
	}
	m->name_taken = r == UNIXSOCK_NAME_TAKEN;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* That of a caller may be one on which accept(2) waits. */
	flags = fcntl(fd, F_GETFL);
	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	m->control = fd;
	unixwatch_open(&m->watch, CONTROL_DIR, m->options.name, m->name_taken);
	return m->name_taken ? share_name(m) : 0;
}

/* --- hooks --- */

/* That a Down hook may still take; TURN_FOREVER: an Up hook takes what it takes. */
static int time_left(const struct monitor *m)
{
	uint64_t now = clock_monotonic_us();

	if (!m->going_down)
		return TURN_FOREVER;
	return now < m->hooks_until ? (int)((m->hooks_until - now) / 1000) + 1 : 0;
}

static int retry_in(int ms)
{
	return ms >= 0 && ms < RETRY_MS ? ms : RETRY_MS;
}

/*
 * Told to stop, it gives up an Up hook; told so again, or when its time is over, the Down hook
 * that runs, and the next kind gets its turn.  A hook may wait for the control socket, so there
 * has to be a worker.
 */
static bool wait_in_turns(void *ctx, int fd)
{
	struct monitor *m = ctx;
	int ms;

	m->impatient = false;
	while (!m->impatient && (m->going_down || !phase_is_over(m->phase))) {
		if (!m->worker.pid && worker_restart(m) == 0)
			worker_order(m, MESSAGE_SERVE);
		ms = time_left(m);
		if (ms == 0)
			return false;
		if (turn(m, fd, m->worker.pid ? ms : retry_in(ms)))
			return true;
	}
	return false;
}

/* 0, or why those after it are not run. */
static int run_hook(struct monitor *m, enum conf_hook kind, const char *command)
{
	const struct hooks_wait wait = { .readable = wait_in_turns, .ctx = m };
	int r = hooks_run(m->host, &wait, m->options.name, command);

	if (r == -EINTR && m->going_down && !m->impatient)
		log_warn("%s took too long and was given up: %s", hooks_name(kind), command);
	if (r == 0 || r == -EINTR)
		return r;
	if (r < 0)
		log_error("cannot run %s: %s: %s", hooks_name(kind), strerror(-r), command);
	else
		log_error("%s failed with exit status %d: %s", hooks_name(kind), r, command);
	/* The tunnel goes down in any case, and the next one may have more to undo. */
	return m->going_down ? 0 : -ECANCELED;
}

static int run_hooks(struct monitor *m, enum conf_hook kind)
{
	int r = 0;

	if (m->conf.n_hook[kind] && m->name_taken) {
		log_error("%s is not run, since it might reach %s in another network namespace by "
			  "that name: choose another name",
			  hooks_name(kind), m->options.name);
		return -ECANCELED;
	}
	/* They may ask there. */
	if (m->conf.n_hook[kind])
		worker_order(m, MESSAGE_SERVE);
	for (size_t i = 0; i < m->conf.n_hook[kind] && r == 0; i++)
		r = run_hook(m, kind, m->conf.hook[kind][i]);
	return r;
}

/* --- what a file asks for --- */

static void log_swept(const struct host_swept *swept, int r)
{
	if (swept->rules)
		log_info("removed %u policy rules that a killed tunnel left behind", swept->rules);
	if (swept->dns)
		log_info("removed the DNS servers that a killed tunnel left behind");
	if (r < 0)
		log_warn("cannot remove what a killed tunnel left behind: %s", strerror(-r));
}

/*
 * Before the hooks, which may pass something to the resolver themselves.  A host that is closed
 * stays so, with the same table, until this tunnel is up, or told to stop.
 */
static void sweep(struct monitor *m)
{
	struct host_swept swept;
	struct unixsock_elsewhere e;
	/* What the resolver has under that name may be of a tunnel that runs. */
	bool others = control_elsewhere(m->options.name, &e);
	int r = host_sweep(m->host, others ? NULL : m->options.name, &swept);

	log_swept(&swept, r);
	m->was_closed = host_closed(m->host, &m->table) > 0;
	host_stay_closed(m->host, m->was_closed);
	if (m->was_closed)
		log_info("this tunnel was killed: nothing leaves this host past it until it is up");
}

/* Remove what keeps it closed and is not in use again. */
static void reopen(struct monitor *m)
{
	struct host_swept swept = { 0 };
	int r;

	r = host_reopen(m->host, &swept);
	log_swept(&swept, r);
	/* If that was another table, it may be anybody's now. */
	if (m->mark != m->table)
		m->table = 0;
}

static int start(struct monitor *m)
{
	struct print report = { 0 };
	struct conf nothing;
	struct change change = {
		.walk = WALK_START,
		.from = &nothing,
		.to = &m->conf,
		.report = &report,
	};
	int r;

	conf_init(&nothing);
	r = walk(m, &change);
	conf_fini(&nothing);
	print_fini(&report);
	conf_forget_secrets(&m->conf);
	return r < 0 ? r : change.error;
}

static int configure(struct monitor *m)
{
	int r;

	sweep(m);
	/* Before a hook changes them. */
	m->upstream.name = m->name_taken ? NULL : m->options.name;
	upstream_remember(&m->upstream, &m->conf);
	r = phase_is_over(m->phase) ? -EINTR : run_hooks(m, HOOK_PRE_UP);
	if (r == 0)
		r = start(m);
	if (r == 0)
		reopen(m);
	if (r == 0 && phase_is_over(m->phase))
		r = -EINTR;
	if (r == 0)
		r = run_hooks(m, HOOK_POST_UP);
	if (r == 0)
		host_stay_closed(m->host, m->was_closed = false);
	return r;
}

int bringup(struct monitor *m)
{
	int r;

	phase_set(&m->phase, PHASE_STARTING);
	r = open_device(m);
	if (r == 0)
		r = find_link(m);
	if (r == 0)
		r = open_control(m);
	if (r < 0)
		return r;
	/* wg-quick sets up the rest, but expects this MTU and an unchanged link state. */
	if (!m->options.path && m->options.tun_fd < 0)
		host_mtu(m->host, m->ifindex, MTU_DEFAULT);
	if (!m->name_taken)
		stampfile_open(&m->stamps, m->options.name);
	r = worker_start(m);
	if (r < 0)
		return r;
	return m->options.path ? configure(m) : 0;
}

static void end(struct monitor *m)
{
	struct print report = { 0 };
	struct conf nothing;
	struct change change = {
		.walk = WALK_END,
		.from = &m->conf,
		.to = &nothing,
		.report = &report,
	};

	conf_init(&nothing);
	worker_end(m);
	common_close(&m->control);
	common_close(&m->device);
	sockets_close(m->udp);
	reconcile_commit(&hostside_parts, m, &change);
	upstream_forget(&m->upstream);
	stampfile_close(&m->stamps);
	conf_fini(&nothing);
	print_fini(&report);
}

/*
 * One that was told to stop opens the host.  One that has failed leaves it as it would be, had it
 * been killed: the service manager, or somebody, may start it again.
 */
static void close_or_open(struct monitor *m, bool was_up)
{
	bool closed = m->status != EXITCODE_OK && (was_up || m->was_closed);
	uint32_t table;

	host_stay_closed(m->host, closed);
	if (closed && host_closed(m->host, &table) > 0)
		log_warn("nothing leaves this host past the tunnel until it is up again; to give "
			 "it up: taut down %s",
			 m->options.name);
	/* Also what a start that was killed half way through has left. */
	if (m->status == EXITCODE_OK)
		reopen(m);
}

static void give_hooks(struct monitor *m, int ms)
{
	uint64_t until = clock_monotonic_us() + (uint64_t)ms * 1000;

	if (m->hooks_until < until)
		m->hooks_until = until;
}

void bringup_undo(struct monitor *m)
{
	/*
	 * A start that failed or was interrupted has not completed its Up hooks: no Down
	 * hooks either.
	 */
	bool hooks = phase_was_up(m->phase);

	m->going_down = true;
	close_or_open(m, hooks);
	give_hooks(m, DOWN_MS);
	if (hooks)
		run_hooks(m, HOOK_PRE_DOWN);
	unixwatch_close(&m->watch);
	end(m);
	give_hooks(m, LEAST_MS);
	if (hooks)
		run_hooks(m, HOOK_POST_DOWN);
	phase_set(&m->phase, PHASE_DOWN);
}

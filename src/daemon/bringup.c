/* SPDX-License-Identifier: ISC */
#include "daemon/bringup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/config.h"
#include "daemon/linkwatch.h"
#include "daemon/mtu.h"
#include "daemon/reconcile.h"
#include "daemon/reload.h"
#include "daemon/requests.h"
#include "daemon/tuning.h"
#include "host/hooks.h"

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

static int open_device(struct daemon *d)
{
	char name[DEV_NAME_MAX] = { 0 };
	int fd = d->options.tun_fd, r;

	snprintf(name, sizeof(name), "%s", d->options.name);
	if (fd < 0) {
		r = host_tun(d->host, name, offload_wanted(&d->datapath.offloads, OFFLOAD_TUN_VNET),
			     &fd);
		if (r < 0) {
			log_device(r, name);
			return r;
		}
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	r = dev_tun_open(&d->datapath.dev, fd, &d->datapath.offloads);
	if (r < 0) {
		log_error("cannot use the tunnel device: %s", strerror(-r));
		close(fd);
		return r;
	}
	snprintf(d->options.name, sizeof(d->options.name), "%.*s", CONF_NAME_MAX,
		 d->datapath.dev.name);
	log_set_name(d->options.name);
	return 0;
}

static int find_link(struct daemon *d)
{
	struct link_info info = { 0 };
	int r;

	r = host_link(d->host, d->options.name, &info);
	if (r == -ENODEV && d->options.tun_fd >= 0) {
		/* Created for us in another network namespace. */
		d->link_lost = true;
		datapath_mtu(&d->datapath, d->mtu = MTU_DEFAULT);
		return 0;
	}
	if (r < 0) {
		log_error("cannot query the device %s: %s", d->options.name, strerror(-r));
		return r;
	}
	d->ifindex = info.ifindex;
	datapath_mtu(&d->datapath, d->mtu = info.mtu);
	tuning_device(d);
	d->segments_met = info.segments;
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

static int open_control(struct daemon *d)
{
	int fd = d->options.uapi_fd, r;

	if (fd < 0) {
		r = control_listen(d->options.name, &fd);
		if (r < 0) {
			log_socket(r, d->options.name);
			return r;
		}
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	r = control_open(&d->control, d->loop.ev, &requests_calls, d, d->options.name, fd);
	if (r < 0) {
		log_error("cannot serve the control socket: %s", strerror(-r));
		close(fd);
	}
	return r;
}

/* --- hooks --- */

/* Told to stop again, it gives up the Down hook that runs; the next kind gets its turn. */
static bool wait_in_loop(void *ctx, int fd)
{
	struct daemon *d = ctx;

	return d->phase != PHASE_ABORTED && loop_wait(&d->loop, fd);
}

static int run_hooks(struct daemon *d, enum conf_hook kind)
{
	const struct hooks_wait wait = { .readable = wait_in_loop, .ctx = d };
	const char *command = NULL;
	int r;

	r = hooks_run(d->host, &wait, d->options.name, &d->conf, kind, &command);
	if (r == 0 || r == -EINTR)
		return r;
	if (r < 0)
		log_error("cannot run %s: %s: %s", hooks_name(kind), strerror(-r), command);
	else
		log_error("%s failed with exit status %d: %s", hooks_name(kind), r, command);
	return -ECANCELED;
}

/* --- what a file asks for --- */

/* Before the hooks, which may pass something to the resolver themselves. */
static void sweep(struct daemon *d)
{
	struct host_swept swept;
	int r = host_sweep(d->host, d->options.name, &swept);

	if (swept.rules)
		log_info("removed %u policy rules that a killed tunnel left behind", swept.rules);
	if (swept.dns)
		log_info("removed the DNS servers that a killed tunnel left behind");
	if (r < 0)
		log_warn("cannot remove what a killed tunnel left behind: %s", strerror(-r));
}

static int start(struct daemon *d)
{
	struct conf nothing;
	struct change change = {
		.walk = WALK_START,
		.from = &nothing,
		.to = &d->conf,
		.now = clock_now(),
	};
	int r;

	conf_init(&nothing);
	r = reconcile(d, &change);
	conf_fini(&nothing);
	config_forget_secrets(&d->conf);
	return r < 0 ? r : change.error;
}

static int configure(struct daemon *d)
{
	int r;

	sweep(d);
	r = run_hooks(d, HOOK_PRE_UP);
	if (r < 0)
		return r;
	r = start(d);
	if (r < 0)
		return r;
	return run_hooks(d, HOOK_POST_UP);
}

/* wg-quick mode: it sets up the rest, but expects this MTU and an unchanged link state. */
static int follow_link(struct daemon *d)
{
	struct link_info info = { 0 };

	if (d->link_lost) {
		info.up = true;
		info.mtu = MTU_DEFAULT;
	} else {
		if (d->options.tun_fd < 0)
			host_mtu(d->host, d->ifindex, MTU_DEFAULT);
		if (host_link(d->host, d->options.name, &info) < 0)
			return -ENODEV;
	}
	linkwatch_link(d, &info, false);
	return 0;
}

/* A HUP that arrived while hooks ran counts now. */
static void be_ready(struct daemon *d)
{
	bool stale = d->phase == PHASE_STALE;
	struct print report = { 0 };

	phase_set(&d->phase, phase_is_over(d->phase) ? PHASE_STOPPING : PHASE_UP);
	log_info("ready");
	service_ready(d);
	if (d->options.ready)
		d->options.ready(d->options.ctx);
	if (stale)
		reload(d, &report);
	print_fini(&report);
}

int bringup(struct daemon *d)
{
	int r;

	phase_set(&d->phase, PHASE_STARTING);
	tuning_begin(d);
	r = open_device(d);
	if (r < 0)
		return 1;
	r = find_link(d);
	if (r < 0)
		return 1;
	loop_follow_datapath(&d->loop);
	linkwatch_start(d);
	peerwatch_start(d);
	r = open_control(d);
	if (r < 0)
		return 1;
	r = d->options.path ? configure(d) : follow_link(d);
	if (r == -EINTR)
		return d->status; /* stopped before it was up */
	if (r < 0)
		return 1;
	be_ready(d);
	return 0;
}

static void end(struct daemon *d)
{
	struct conf nothing;
	struct change change = {
		.walk = WALK_END,
		.from = &d->conf,
		.to = &nothing,
		.now = clock_now(),
	};

	conf_init(&nothing);
	reconcile(d, &change);
	conf_fini(&nothing);
}

void bringup_undo(struct daemon *d)
{
	/*
	 * A start that failed or was interrupted has not completed its Up hooks: no Down
	 * hooks either.
	 */
	bool hooks = phase_was_up(d->phase);

	if (hooks)
		run_hooks(d, HOOK_PRE_DOWN);
	if (d->control)
		control_close(d->control);
	d->control = NULL;
	linkwatch_stop(d);
	peerwatch_stop(d);
	end(d);
	if (hooks)
		run_hooks(d, HOOK_POST_DOWN);
	phase_set(&d->phase, PHASE_DOWN);
}

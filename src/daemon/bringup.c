/* SPDX-License-Identifier: ISC */
#include "daemon/bringup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/apply.h"
#include "daemon/config.h"
#include "daemon/linkwatch.h"
#include "daemon/mtu.h"
#include "daemon/rebind.h"
#include "daemon/reload.h"
#include "daemon/requests.h"
#include "daemon/rpfilter.h"
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

static int open_control(struct daemon *d)
{
	int fd = d->options.uapi_fd, r;

	if (fd < 0) {
		r = control_listen(d->options.name, &fd);
		if (r == -EADDRINUSE)
			log_error("another daemon answers on the control socket of %s: is the "
				  "tunnel already up?",
				  d->options.name);
		else if (r < 0)
			log_error("cannot create the control socket /var/run/wireguard/%s.sock: %s",
				  d->options.name, strerror(-r));
		if (r < 0)
			return r;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	r = control_open(&d->control, d->loop.ev, &requests_calls, d, d->options.name, fd);
	if (r < 0) {
		log_error("cannot serve the control socket: %s", strerror(-r));
		close(fd);
	}
	return r;
}

/* --- what a file asks for --- */

void bringup_log_port(int error, uint16_t port)
{
	if (error == -EADDRINUSE)
		log_error("UDP port %u is in use by another program (ss -ulpn shows it): stop it, "
			  "or set another ListenPort",
			  port);
	else if (error == -EACCES)
		log_error("no permission to use UDP port %u: ports below 1024 need "
			  "CAP_NET_BIND_SERVICE",
			  port);
	else if (error == -EPERM)
		log_error("no permission to set FwMark: it needs CAP_NET_ADMIN");
	else
		log_error("cannot open UDP port %u: %s", port, strerror(-error));
}

void bringup_log_network(int error, const char *what)
{
	/* For IPv6, the kernel has no other reason to return this. */
	const char *hint = error == -EACCES ? "; is IPv6 off for new devices? try sysctl "
					      "net.ipv6.conf.default.disable_ipv6=0"
					    : "";

	log_error("cannot add the %s: %s%s", what, strerror(-error), hint);
}

int bringup_mark(struct daemon *d, const struct conf *c, uint32_t *mark)
{
	int r;

	*mark = c->fwmark;
	if (*mark || !network_diverts(c))
		return 0;
	if (!d->table) {
		r = host_free_table(d->host, &d->table);
		if (r < 0) {
			log_error("cannot find a free routing table: %s", strerror(-r));
			return r;
		}
	}
	*mark = d->table;
	return 0;
}

int bringup_network(struct daemon *d, const struct conf *c, uint32_t mark, struct network *wanted)
{
	int r;

	r = network_want(wanted, c, mark);
	if (r < 0)
		return r;
	/* conf_check() warned, and refuses what would then bypass the tunnel. */
	if (conf_mtu_lacks_ipv6(c))
		network_leave_out_ipv6(wanted);
	if (host_has_ipv6(d->host) || !network_leave_out_ipv6(wanted))
		return 0;
	if (!d->said_no_v6)
		log_warn("IPv6 is off on this host (sysctl net.ipv6.conf.all.disable_ipv6): "
			 "skipping its addresses and routes");
	d->said_no_v6 = true;
	return 0;
}

void bringup_dns(struct daemon *d, const struct conf *c)
{
	int r;

	r = host_dns(d->host, true, d->options.name, c->dns, c->n_dns);
	if (r == -ENOENT)
		log_warn("DNS not set: neither resolvectl nor resolvconf is installed; the tunnel "
			 "works without it");
	else if (r < 0)
		log_warn("DNS not set: resolvectl or resolvconf failed (%s); the tunnel works "
			 "without it",
			 strerror(-r));
}

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

static int open_sockets(struct daemon *d, struct instant now)
{
	struct rebind_plan plan;
	uint32_t mark;
	int r;

	r = bringup_mark(d, &d->conf, &mark);
	if (r < 0)
		return r;
	r = rebind_plan(&plan, d, d->conf.listen_port, mark);
	if (r < 0) {
		bringup_log_port(r, d->conf.listen_port);
		return r;
	}
	rebind_commit(&plan, d, now);
	return 0;
}

/* After the sockets, which limit the addresses of a name; before the MTU, which peers decide. */
static int fill_tunnel(struct daemon *d, struct instant now)
{
	struct print report = { 0 };
	struct conf nothing;
	int r;

	conf_init(&nothing);
	r = apply_check(&d->datapath.tunnel, &d->conf);
	if (r == 0)
		r = apply_file(&d->datapath.tunnel, &d->names, &d->conf, &nothing, now, &report);
	print_fini(&report);
	conf_fini(&nothing);
	if (r < 0)
		log_error("cannot set up %zu peers: %s", d->conf.n_peer, strerror(-r));
	config_forget_secrets(&d->conf);
	return r;
}

static int set_link(struct daemon *d)
{
	struct link_info info = { 0 };
	int r;

	r = d->conf.set & CONF_MTU ? host_mtu(d->host, d->ifindex, d->conf.mtu) : linkwatch_mtu(d);
	if (r < 0) {
		log_error("cannot set the MTU: %s", strerror(-r));
		return r;
	}
	r = host_link_up(d->host, d->ifindex, true);
	if (r == 0)
		r = host_link(d->host, d->options.name, &info);
	if (r < 0) {
		log_error("cannot bring up %s: %s", d->options.name, strerror(-r));
		return r;
	}
	linkwatch_link(d, &info, false);
	return 0;
}

static int set_network(struct daemon *d, const struct network *wanted)
{
	const struct network nothing = { 0 };
	char what[128] = "";
	int r;

	r = network_change(d->host, d->ifindex, &nothing, wanted, what);
	if (r < 0)
		bringup_log_network(r, what);
	return r;
}

/* Addresses are set before the link comes up; routes can be added only after that. */
static int set_host(struct daemon *d)
{
	struct network addresses = { 0 };
	char what[128] = "";
	int r;

	r = bringup_network(d, &d->conf, d->mark, &d->network);
	if (r < 0) {
		log_error("cannot work out the routes: %s", strerror(-r));
		return r;
	}
	addresses.address = d->network.address;
	r = set_network(d, &addresses);
	if (r < 0)
		return r;
	r = set_link(d);
	if (r < 0)
		return r;
	r = network_change(d->host, d->ifindex, &addresses, &d->network, what);
	if (r < 0)
		bringup_log_network(r, what);
	else
		rpfilter_warn(d, NULL);
	return r;
}

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

static int configure(struct daemon *d)
{
	struct instant now;
	int r;

	sweep(d);
	r = run_hooks(d, HOOK_PRE_UP);
	if (r < 0)
		return r;
	now = clock_now();
	r = open_sockets(d, now);
	if (r < 0)
		return r;
	r = fill_tunnel(d, now);
	if (r < 0)
		return r;
	r = set_host(d);
	if (r < 0)
		return r;
	if (d->conf.n_dns)
		bringup_dns(d, &d->conf);
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
	names_forget_all(&d->names);
	linkwatch_stop(d);
	peerwatch_stop(d);
	host_undo(d->host);
	network_fini(&d->network);
	datapath_close(&d->datapath);
	loop_follow_datapath(&d->loop);
	if (hooks)
		run_hooks(d, HOOK_POST_DOWN);
	phase_set(&d->phase, PHASE_DOWN);
}

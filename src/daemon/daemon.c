/* SPDX-License-Identifier: ISC */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exitcode.h"
#include "base/mem.h"
#include "base/pages.h"
#include "crypto/aead.h"
#include "daemon/aeadsel.h"
#include "daemon/events.h"
#include "daemon/linkwatch.h"
#include "daemon/mtu.h"
#include "daemon/nameservers.h"
#include "daemon/orders.h"
#include "daemon/rebind.h"
#include "daemon/requests.h"
#include "daemon/tuning.h"
#include "daemon/tunnelside.h"
#include "netlink/link.h"
#include "netlink/route.h"
#include "privsep/blob.h"
#include "proto/admin.h"

/* The loop and the tunnel take 12, the control socket 32, name servers at most 16 at a time. */
enum { DESCRIPTORS = 256 };

struct status_dns daemon_dns(const struct daemon *d)
{
	return (struct status_dns){
		.servers = d->dns.servers,
		.domains = d->dns.domains,
		.by = d->dns.by,
		.why = d->dns.why,
		.error = d->dns.error,
		.aside = d->dns.aside,
		.outside = d->dns.outside,
	};
}

void daemon_peer_context(const struct daemon *d, const struct peer *p, struct state_context *around)
{
	const struct name *name = NULL;

	/* Once it has an address its name no longer matters, and searching many names is slow. */
	if (!endpoint_known(&p->endpoint))
		name = names_of(&d->names, &p->public_key);
	*around = (struct state_context){
		.link_up = d->datapath.tunnel.up,
		.have_key = !key_is_zero(admin_public_key(&d->datapath.tunnel)),
		.host = name ? name->host : NULL,
		.why = name && *name->why ? name->why : NULL,
		.retry_seconds = name ? name->retry_seconds : 0,
		.asked_at = name ? name->asked_at : 0,
	};
}

void daemon_peer_state(const struct daemon *d, const struct peer *p, uint64_t mono,
		       struct state *state)
{
	struct state_context around;

	daemon_peer_context(d, p, &around);
	state_of(state, p, &around, mono);
}

enum state_word daemon_peer_word(const struct daemon *d, const struct peer *p, uint64_t mono)
{
	struct state_context around;

	daemon_peer_context(d, p, &around);
	return state_glance(p, &around, mono);
}

void daemon_stop(struct daemon *d, int status)
{
	elevate_tell(d, MESSAGE_STOP, (uint32_t)status);
}

/* --- called by the loop --- */

static void on_netlink(void *ctx)
{
	struct daemon *d = ctx;

	linkwatch_read(d);
	service_look(d);
	peerwatch_soon(d);
}

static void on_routes(void *ctx)
{
	struct daemon *d = ctx;

	linkwatch_read_routes(d);
	service_look(d);
	peerwatch_soon(d);
}

static void on_event(void *ctx, const struct event *e, struct instant now)
{
	struct daemon *d = ctx;

	events_handle(d, e, now);
	service_look(d);
	peerwatch_soon(d);
}

static void on_device_gone(void *ctx)
{
	log_info("the interface was deleted: stopping");
	daemon_stop(ctx, 0);
}

static void on_initiated(void *ctx)
{
	stamping_soon(ctx);
}

static const struct loop_calls calls = {
	.netlink = on_netlink,
	.routes = on_routes,
	.event = on_event,
	.device_gone = on_device_gone,
	.initiated = on_initiated,
};

static bool is_reachable(void *ctx, const struct endpoint *end)
{
	const struct daemon *d = ctx;

	return d->datapath.udp.fd[end->remote.sa.sa_family == AF_INET6 ? UDP_V6 : UDP_V4] >= 0;
}

static bool is_routed(void *ctx, const struct endpoint *end)
{
	const struct ip ip = endpoint_ip(end);
	struct daemon *d = ctx;
	struct route_path path;

	return route_get(&d->rtnl, &ip, d->mark, &path) == 0 &&
	       (d->link_lost || path.ifindex != d->ifindex);
}

/* --- start and end --- */

static int open_parts(struct daemon *d)
{
	int r;

	r = datapath_init(&d->datapath, &rng_system);
	if (r < 0)
		goto no_path;
	r = rtnl_open(&d->rtnl);
	if (r < 0)
		goto no_rtnl;
	r = loop_open(&d->loop, &d->datapath, &calls, d);
	if (r < 0)
		goto no_loop;
	r = resolver_open(&d->resolver, d->loop.ev);
	if (r < 0)
		goto no_resolver;
	r = watch_open(&d->watch);
	if (r < 0)
		goto no_watch;
	d->names = (struct names){
		.resolver = d->resolver,
		.tunnel = &d->datapath.tunnel,
		.reachable = is_reachable,
		.routed = is_routed,
		.ctx = d,
	};
	return 0;

no_watch:
	resolver_close(d->resolver);
no_resolver:
	loop_close(&d->loop);
no_loop:
	rtnl_close(&d->rtnl);
no_rtnl:
	datapath_fini(&d->datapath);
no_path:
	log_error("cannot start: %s", strerror(-r));
	return r;
}

static void close_parts(struct daemon *d)
{
	watch_close(&d->watch);
	resolver_close(d->resolver);
	loop_close(&d->loop);
	rtnl_close(&d->rtnl);
	datapath_fini(&d->datapath);
}

static int open_device(struct daemon *d, const struct daemon_start *s)
{
	struct link_info info = { 0 };
	int r;

	tuning_begin(d, &s->tune);
	r = dev_tun_open(&d->datapath.dev, s->device, &d->datapath.offloads);
	if (r == -EBADFD) {
		on_device_gone(d);
		return r;
	}
	if (r < 0) {
		log_error("cannot use the tunnel device: %s", strerror(-r));
		return r;
	}
	r = s->ifindex ? link_get_index(&d->rtnl, s->ifindex, &info) : -ENODEV;
	if (r < 0) {
		/* Created for us in another network namespace, or moved there. */
		d->link_lost = true;
		info.mtu = MTU_DEFAULT;
	}
	d->ifindex = info.ifindex;
	d->segments_met = info.segments;
	d->mtu_chosen = s->mtu_chosen;
	datapath_mtu(&d->datapath, d->mtu = info.mtu);
	return 0;
}

static int open_control(struct daemon *d, int fd)
{
	int r = control_open(&d->control, d->loop.ev, &requests_calls, d, d->name, fd);

	if (r < 0)
		log_error("cannot serve the control socket: %s", strerror(-r));
	return r;
}

/* Not before: a client that finds the socket and asks is to see the tunnel as it was meant. */
void daemon_serve(struct daemon *d)
{
	control_serve(d->control);
}

/* Nothing has come from the net yet, and all that must be opened is open. */
static int enter_jail(struct daemon *d, const struct daemon_start *s)
{
	const struct jail_plan plan = {
		.mode = s->jail,
		.user = s->user,
		.files = jail_files,
		.file_max = BLOB_MAX,
		.descriptors = DESCRIPTORS,
		.leashed = true,
	};
	int r = jail_enter(&plan, &d->jail);

	for (unsigned i = 0; i < JAIL_PARTS && s->jail != JAIL_OFF; i++) {
		/* Without other capabilities, the bounding set has nothing to bound. */
		if (!d->jail.part[i].held && i != JAIL_BOUNDING)
			log_warn("jail: %s: %s", jail_part_name(i), d->jail.part[i].what);
	}
	if (s->jail != JAIL_ON)
		log_warn("the jail of the worker process is %s",
			 s->jail == JAIL_OFF ? "off" : "only logging");
	if (r < 0)
		log_error("cannot enter the jail: %s; see --jail in taut(8)", strerror(-r));
	return r;
}

/* What another worker left; else a client will configure it, or the monitor, with a file. */
static int take_over(struct daemon *d, const struct daemon_start *s)
{
	int r = 0;

	if (s->state >= 0)
		r = handover_load(d, s->state);
	else if (!s->has_file)
		linkwatch_adopt(d);
	if (d->configured)
		service_tell(d);
	if (r < 0)
		log_error("cannot take over the peers: %s", strerror(-r));
	if (r == 0 && s->up) {
		d->up = true;
		daemon_serve(d);
		service_up(d);
	}
	return r;
}

static int start(struct daemon *d, const struct daemon_start *s)
{
	int fd[RECONCILE_SOCKETS];
	int r;

	memcpy(fd, s->udp, sizeof(fd));
	r = open_device(d, s);
	if (r < 0)
		return r;
	service_open(d, s->notifies, s->watchdog_us);
	handover_open(d);
	stamping_open(d, s->stamps);
	rebind(d, s->port, s->mark, fd);
	loop_follow_datapath(&d->loop);
	linkwatch_start(d);
	peerwatch_start(d);
	nameservers_start(d);
	r = open_control(d, s->control);
	if (r < 0)
		return r;
	r = enter_jail(d, s);
	if (r < 0)
		return r;
	elevate_open(d, orders_obey);
	r = take_over(d, s);
	if (r == 0)
		elevate_tell(d, MESSAGE_READY, 0);
	return r;
}

static void end(struct daemon *d)
{
	struct print unread = { 0 };
	struct conf nothing;
	struct change change = {
		.walk = WALK_END,
		.from = &d->conf,
		.to = &nothing,
		.report = &unread,
	};

	conf_init(&nothing);
	control_close(d->control);
	d->control = NULL;
	linkwatch_stop(d);
	peerwatch_stop(d);
	reconcile_commit(&tunnelside_parts, d, &change);
	handover_close(d);
	stamping_close(d);
	service_close(d);
	elevate_close(d);
	print_fini(&unread);
}

static int run(struct daemon *d, const struct daemon_start *s)
{
	int r;

	if (open_parts(d) < 0)
		return EXITCODE_FAILED;
	r = start(d, s);
	/* Self-tests and benchmarks are done. */
	pages_drop();
	if (r == 0 && !d->over)
		loop_run(&d->loop);
	end(d);
	close_parts(d);
	return r < 0 ? EXITCODE_FAILED : EXITCODE_OK;
}

/* The AEAD that an option wants, or the file; the monitor has made sure that it works. */
static int choose_aead(const struct daemon_start *s)
{
	if (aeadsel_check() < 0)
		return EXITCODE_FAILED;
	if (aeadsel_choose(*s->aead ? s->aead : NULL) < 0)
		return EXITCODE_FAILED;
	return EXITCODE_OK;
}

int daemon_run(const struct daemon_start *start)
{
	struct daemon *d = mem_new(sizeof(*d));
	int status;

	if (!d)
		return EXITCODE_FAILED;
	snprintf(d->name, sizeof(d->name), "%s", start->name);
	d->has_file = start->has_file;
	d->aead = start->aead_fixed ? start->aead : NULL;
	d->crossing = start->crossing;
	conf_init(&d->conf);
	conf_init(&d->next);
	d->conf.tune = start->tune; /* until the file comes, or for good */
	elevate_begin(d, start->monitor);
	status = choose_aead(start);
	if (status == EXITCODE_OK)
		status = run(d, start);
	/* If it asked to stop before, the first word counts. */
	if (status != EXITCODE_OK)
		daemon_stop(d, status);
	aead_thread_end();
	conf_fini(&d->conf);
	conf_fini(&d->next);
	log_set_sink(NULL, NULL);
	mem_free(d);
	return status;
}

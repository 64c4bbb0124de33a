/* SPDX-License-Identifier: ISC */
#include "daemon/linkwatch.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/mtu.h"
#include "daemon/publish.h"
#include "daemon/rebind.h"
#include "daemon/tuning.h"
#include "netlink/link.h"
#include "privsep/reconcile.h"
#include "proto/admin.h"

enum { ROUTES = 256 }; /* notices about them that are read at once, and between two debounces */

static const double debounce_seconds = 1.0;

static void set_mtu(struct daemon *d, uint32_t mtu)
{
	if (d->mtu != mtu)
		log_debug("MTU is %" PRIu32, mtu);
	d->mtu = mtu;
	datapath_mtu(&d->datapath, mtu);
}

static void go_up(struct daemon *d)
{
	dev_probe(&d->datapath.dev);
	admin_up(&d->datapath.tunnel, clock_now());
	/* While it was down the kernel removed routes and IPv6 addresses. */
	if (d->up && !d->link_lost)
		elevate_tell(d, MESSAGE_REDO, 0);
	log_info("interface is up, UDP port %u", d->port);
	publish_link(d, true);
}

static void sockets_came(struct daemon *d, const struct elevate_plea *plea,
			 const struct elevate_answer *a)
{
	int fd[RECONCILE_SOCKETS];

	memcpy(fd, a->fd, sizeof(fd));
	if (a->result < 0)
		log_error("cannot open UDP sockets: %s; set another ListenPort",
			  strerror(-a->result));
	else
		rebind(d, a->port, plea->value, fd);
	if (d->opening)
		go_up(d);
	d->opening = false;
}

/* Without sockets it opens them first, on any port. */
static void link_up(struct daemon *d)
{
	const struct elevate_plea plea = { .then = sockets_came, .value = d->mark };

	if (d->opening)
		return;
	if (d->port == 0 && elevate_ask(d, MESSAGE_UDP, 0, d->mark, &plea) == 0)
		d->opening = true;
	else
		go_up(d);
}

static void link_down(struct daemon *d)
{
	struct instant now = clock_now();

	d->opening = false;
	/* The sockets stay: the port is ours, and peers get no answer either way. */
	datapath_quiesce(&d->datapath, now);
	admin_down(&d->datapath.tunnel);
	log_info("interface is down");
	publish_link(d, false);
}

/* Somebody else may have set the MTU: below this minimum the kernel allows no IPv6. */
static void look_at_ipv6(struct daemon *d, uint32_t before)
{
	bool had = before >= MTU_MIN, has = d->mtu >= MTU_MIN;

	if (had == has || !d->up || d->link_lost || !(d->crossing & CROSSING_IPV6))
		return;
	if (!has)
		log_warn("MTU is now %" PRIu32
			 ": below %d the kernel removes all IPv6 addresses and "
			 "routes from the interface; they come back with %d",
			 d->mtu, MTU_MIN, MTU_MIN);
	else
		elevate_tell(d, MESSAGE_REDO, 0);
}

/* Adopt this state of our link: up, down, MTU. fell: it went down since we last looked. */
static void adopt(struct daemon *d, const struct link_info *info, bool fell)
{
	uint32_t before = d->mtu;

	set_mtu(d, info->mtu);
	look_at_ipv6(d, before);
	tuning_segments(d);
	/* Down and up again before we looked: keys are forgotten anyway. */
	if (fell && d->datapath.tunnel.up)
		link_down(d);
	/* A down before the first up finds the tunnel down: nothing happens. */
	if (info->up && !d->datapath.tunnel.up)
		link_up(d);
	if (!info->up && d->datapath.tunnel.up)
		link_down(d);
}

/*
 * The device is out of sight.  If it was deleted, reading from it says so, and the
 * loop ends.  Otherwise somebody moved it to another network namespace, to carry
 * traffic there.
 */
static void link_gone(struct daemon *d)
{
	datapath_from_device(&d->datapath, clock_now());
	if (d->datapath.device_gone) {
		daemon_stop(d, 0);
		return;
	}
	log_info("the interface was moved to another network namespace; assuming it is up");
	d->link_lost = true;
	if (!d->datapath.tunnel.up)
		link_up(d);
}

static void mtu_set(struct daemon *d, const struct elevate_plea *plea,
		    const struct elevate_answer *a)
{
	(void)d;
	if (a->result < 0)
		log_warn("cannot set the MTU to %" PRIu32 ": %s", plea->value,
			 strerror(-a->result));
}

void linkwatch_choose_mtu(struct daemon *d)
{
	struct elevate_plea plea = { .then = mtu_set };

	if (d->link_lost)
		return;
	/* Somebody else has set another one meanwhile: keep theirs. */
	if (d->mtu_chosen && d->mtu != d->mtu_chosen)
		return;
	plea.value = mtu_choose(&d->rtnl, &d->datapath.tunnel, d->ifindex, d->mark);
	if (plea.value == d->mtu_chosen || elevate_ask(d, MESSAGE_MTU, plea.value, 0, &plea) < 0)
		return;
	d->mtu_chosen = plea.value;
	set_mtu(d, plea.value);
}

/* Unless the configuration sets it. */
static void adapt_mtu(struct daemon *d)
{
	if (d->has_file && d->configured && !(d->conf.set & CONF_MTU))
		linkwatch_choose_mtu(d);
}

static void adapt(struct daemon *d)
{
	admin_network_changed(&d->datapath.tunnel);
	mtu_forget(&d->datapath.tunnel);
	adapt_mtu(d);
}

static void calm_down(struct daemon *d)
{
	d->changed_again = false;
	d->moved_again = false;
	ev_timer_set(&d->debounce, debounce_seconds, 0.);
	ev_timer_start(d->loop.ev, &d->debounce);
}

static void on_debounce(struct ev_loop *ev, ev_timer *w, int revents)
{
	struct daemon *d = w->data;

	(void)ev;
	(void)revents;
	if (d->routes_read >= ROUTES)
		loop_follow_routes(&d->loop, d->watch.route_fd);
	d->routes_read = 0;
	if (d->changed_again)
		adapt(d);
	else if (d->moved_again)
		adapt_mtu(d);
	else
		return;
	calm_down(d);
}

/* The routes to the peers may have changed; acts at most once a second. */
static void network_changed(struct daemon *d)
{
	/* Cheap, and the very next packet counts; the rest can wait. */
	admin_network_changed(&d->datapath.tunnel);
	if (ev_is_active(&d->debounce)) {
		d->changed_again = true;
		return;
	}
	adapt(d);
	calm_down(d);
}

/* Not from here: packets may pass while it looks at all peers, and others are in the middle. */
void linkwatch_endpoint(struct daemon *d)
{
	d->moved_again = true;
	if (ev_is_active(&d->debounce))
		return;
	ev_timer_set(&d->debounce, 0., 0.);
	ev_timer_start(d->loop.ev, &d->debounce);
}

void linkwatch_kick(struct daemon *d)
{
	struct instant now = clock_now();

	log_info("network changed: resolving names again, starting handshakes");
	adapt(d);
	names_again(&d->names);
	for (struct peer *p = admin_first(&d->datapath.tunnel); p; p = p->next) {
		if (endpoint_known(&p->endpoint))
			admin_handshake(&d->datapath.tunnel, p, now);
	}
}

void linkwatch_read(struct daemon *d)
{
	struct watch_news news = { 0 };
	int r;

	r = watch_read(&d->watch, d->ifindex, &news);
	if (r < 0) {
		log_warn("cannot read network changes from the kernel: %s", strerror(-r));
		loop_follow_netlink(&d->loop, -1);
		return;
	}
	/* Until then what a file says about it is not in effect. */
	if (!d->configured)
		return;
	if (news.lost && !d->link_lost) {
		r = link_get_index(&d->rtnl, d->ifindex, &news.link);
		news.link_changed = r == 0;
		news.link_gone = r == -ENODEV;
	}
	if ((news.link_gone || news.link_moved) && !d->link_lost)
		link_gone(d);
	else if (news.link_changed && !d->link_lost)
		adopt(d, &news.link, news.link_fell);
	if (news.forwarding_changed || news.lost)
		tuning_segments(d);
	if (news.network_changed || news.lost)
		network_changed(d);
}

/*
 * Of very many, a few a second tell enough: the rest waits in the kernel, and what does not fit
 * there is lost.
 */
void linkwatch_read_routes(struct daemon *d)
{
	bool changed;
	int n = watch_read_routes(&d->watch, d->ifindex, &changed);

	if (n < 0) {
		log_warn("cannot read changes of routes from the kernel: %s", strerror(-n));
		loop_follow_routes(&d->loop, -1);
		return;
	}
	if (changed && d->configured)
		network_changed(d);
	d->routes_read += (unsigned)n;
	if (d->routes_read < ROUTES)
		return;
	loop_follow_routes(&d->loop, -1);
	if (!ev_is_active(&d->debounce))
		calm_down(d);
}

void linkwatch_adopt(struct daemon *d)
{
	struct link_info info = { .up = true, .mtu = MTU_DEFAULT };
	int r = 0;

	d->configured = true;
	if (!d->link_lost)
		r = link_get_index(&d->rtnl, d->ifindex, &info);
	if (r < 0)
		log_error("cannot query the device %s: %s", d->name, strerror(-r));
	else
		adopt(d, &info, false);
}

void linkwatch_start(struct daemon *d)
{
	ev_timer_init(&d->debounce, on_debounce, debounce_seconds, 0.);
	d->debounce.data = d;
	loop_follow_netlink(&d->loop, d->watch.fd);
	loop_follow_routes(&d->loop, d->watch.route_fd);
}

void linkwatch_stop(struct daemon *d)
{
	ev_timer_stop(d->loop.ev, &d->debounce);
	loop_follow_netlink(&d->loop, -1);
	loop_follow_routes(&d->loop, -1);
}

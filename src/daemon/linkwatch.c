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
#include "proto/admin.h"

static const double debounce_seconds = 1.0;

static void set_mtu(struct daemon *d, uint32_t mtu)
{
	if (d->mtu != mtu)
		log_debug("MTU is %" PRIu32, mtu);
	d->mtu = mtu;
	datapath_mtu(&d->datapath, mtu);
}

static void link_up(struct daemon *d)
{
	struct instant now = clock_now();
	struct rebind_plan plan;
	int r;

	r = rebind_plan(&plan, d, REBIND_KEEP_PORT, d->mark);
	if (r < 0)
		log_error("cannot open UDP sockets: %s; set another ListenPort", strerror(-r));
	else
		rebind_commit(&plan, d, now);
	dev_probe(&d->datapath.dev);
	admin_up(&d->datapath.tunnel, now);
	/* While it was down the kernel removed routes and IPv6 addresses. */
	if (phase_was_up(d->phase) && !d->link_lost)
		host_redo(d->host);
	log_info("interface is up, UDP port %u", d->port);
	publish_link(d, true);
}

static void link_down(struct daemon *d)
{
	struct instant now = clock_now();

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

	if (had == has || !phase_was_up(d->phase) || d->link_lost || !network_has_ipv6(&d->network))
		return;
	if (!has)
		log_warn("MTU is now %" PRIu32
			 ": below %d the kernel removes all IPv6 addresses and "
			 "routes from the interface; they come back with %d",
			 d->mtu, MTU_MIN, MTU_MIN);
	else
		host_redo(d->host);
}

void linkwatch_link(struct daemon *d, const struct link_info *info, bool fell)
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

int linkwatch_choose_mtu(struct daemon *d)
{
	uint32_t mtu;
	int r;

	if (d->link_lost)
		return 0;
	/* Somebody else has set another one meanwhile: keep theirs. */
	if (d->mtu_chosen && d->mtu != d->mtu_chosen)
		return 0;
	mtu = mtu_choose(d->host, &d->datapath.tunnel, d->ifindex, d->mark);
	if (mtu == d->mtu_chosen)
		return 0;
	r = host_mtu(d->host, d->ifindex, mtu);
	if (r < 0)
		return r;
	d->mtu_chosen = mtu;
	set_mtu(d, mtu);
	return 0;
}

/* Unless the configuration sets it. */
static void adapt_mtu(struct daemon *d)
{
	int r;

	if (!d->options.path || d->conf.set & CONF_MTU)
		return;
	r = linkwatch_choose_mtu(d);
	if (r < 0)
		log_warn("cannot set the MTU: %s", strerror(-r));
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

void linkwatch_endpoint(struct daemon *d)
{
	if (ev_is_active(&d->debounce)) {
		d->moved_again = true;
		return;
	}
	adapt_mtu(d);
	calm_down(d);
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
	if (news.lost && !d->link_lost) {
		r = host_link(d->host, d->options.name, &news.link);
		news.link_changed = r == 0;
		news.link_gone = r == -ENODEV;
	}
	if ((news.link_gone || news.link_moved) && !d->link_lost)
		link_gone(d);
	else if (news.link_changed && !d->link_lost)
		linkwatch_link(d, &news.link, news.link_fell);
	if (news.forwarding_changed || news.lost)
		tuning_segments(d);
	if (news.network_changed || news.lost)
		network_changed(d);
}

void linkwatch_start(struct daemon *d)
{
	ev_timer_init(&d->debounce, on_debounce, debounce_seconds, 0.);
	d->debounce.data = d;
	loop_follow_netlink(&d->loop, d->watch.fd);
}

void linkwatch_stop(struct daemon *d)
{
	ev_timer_stop(d->loop.ev, &d->debounce);
	loop_follow_netlink(&d->loop, -1);
}

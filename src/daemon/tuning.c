/* SPDX-License-Identifier: ISC */
#include "daemon/tuning.h"

#include <inttypes.h>
#include <string.h>

#include "netlink/netconf.h"

enum { SEGMENTS_ALL = 65535 }; /* the kernel's own limit, GSO_MAX_SEGS */

_Static_assert((int)TUNE_SWITCHES == (int)OFFLOADS && (int)TUNE_TUN_USO == (int)OFFLOAD_TUN_USO &&
		       (int)TUNE_TUN_UDP_GRO == (int)OFFLOAD_TUN_UDP_GRO &&
		       (int)TUNE_UDP_GRO == (int)OFFLOAD_UDP_GRO,
	       "a switch for each offload, in the same order");
_Static_assert((int)TUNE_AUTO == (int)OFFLOAD_AUTO && (int)TUNE_ON == (int)OFFLOAD_ON &&
		       (int)TUNE_OFF == (int)OFFLOAD_OFF,
	       "the same three words");

void tuning_begin(struct daemon *d, const struct tune *t)
{
	for (unsigned i = 0; i < OFFLOADS; i++)
		d->datapath.offloads.kind[i].wish = (enum offload_wish)t->value[i];
	if (t->value[TUNE_BATCH_BYTES])
		d->loop.pump.budget = t->value[TUNE_BATCH_BYTES];
}

/* Also if that is unknown. */
static bool host_may_forward(struct daemon *d)
{
	bool forwards = true;

	netconf_forwards(&d->rtnl, d->ifindex, &forwards);
	return forwards;
}

/*
 * As many as leave in one datagram run: more take two sends here, and twice the work
 * at the other end.  Only for the host's own big packets: what it forwards was
 * joined by its network card, and would be split into single packets above the
 * limit.
 */
static uint32_t segments_wanted(struct daemon *d)
{
	uint32_t given = d->conf.tune.value[TUNE_TUN_GSO_SEGS], fit;

	if (given)
		return given;
	if (!offload_on(&d->datapath.offloads, OFFLOAD_TUN_TSO) ||
	    !offload_wanted(&d->datapath.offloads, OFFLOAD_UDP_GSO))
		return SEGMENTS_ALL;
	fit = udp_run_packets(d->mtu + PKT_HEAD + PKT_TAG);
	return fit < 2 || host_may_forward(d) ? SEGMENTS_ALL : fit;
}

static void segments_set(struct daemon *d, const struct elevate_plea *plea,
			 const struct elevate_answer *a)
{
	if (a->result < 0 && d->conf.tune.value[TUNE_TUN_GSO_SEGS])
		log_warn("cannot set TunGsoSegs: %s", strerror(-a->result));
	if (a->result < 0)
		d->segments = 0;
	else
		log_debug("big packets have at most %" PRIu32 " segments", plea->value);
}

void tuning_segments(struct daemon *d)
{
	uint32_t before = d->segments ? d->segments : d->segments_met;
	/* Connections keep the value they started with, unless the MTU makes them check again. */
	bool may_lower = !d->datapath.tunnel.up || d->mtu != d->segments_mtu;
	struct elevate_plea plea = { .then = segments_set };

	if (d->link_lost || (before == SEGMENTS_ALL && !may_lower))
		return;
	plea.value = segments_wanted(d);
	if (plea.value == before || (plea.value < before && !may_lower))
		return;
	if (elevate_ask(d, MESSAGE_SEGMENTS, plea.value, 0, &plea) < 0)
		return;
	d->segments = plea.value;
	d->segments_mtu = d->mtu;
}

void tuning_compare(const struct tune *now, const struct tune *next, struct print *report)
{
	enum tune_kind kind = TUNE_TUN_VNET;

	while ((kind = tune_differs(now, next, kind)) < TUNE_KINDS) {
		print_add(report, "%s changed: takes effect at the next start\n", tune_key(kind));
		kind++;
	}
}

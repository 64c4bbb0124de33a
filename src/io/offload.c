/* SPDX-License-Identifier: ISC */
#include "io/offload.h"

#include <stddef.h>

const char *offload_name(enum offload_kind kind)
{
	static const char *const names[OFFLOADS] = {
		[OFFLOAD_TUN_VNET] = "tun-vnet",       [OFFLOAD_TUN_TSO] = "tun-tso",
		[OFFLOAD_TUN_USO] = "tun-uso",         [OFFLOAD_TUN_TCP_GRO] = "tun-tcp-gro",
		[OFFLOAD_TUN_UDP_GRO] = "tun-udp-gro", [OFFLOAD_UDP_GSO] = "udp-gso",
		[OFFLOAD_UDP_GRO] = "udp-gro",
	};

	return names[kind];
}

bool offload_wanted(const struct offloads *o, enum offload_kind kind)
{
	return o->kind[kind].wish != OFFLOAD_OFF;
}

bool offload_on(const struct offloads *o, enum offload_kind kind)
{
	return o->kind[kind].on;
}

void offload_found(struct offloads *o, enum offload_kind kind, bool on, const char *why)
{
	struct offload *k = &o->kind[kind];

	if (k->wish == OFFLOAD_OFF) {
		on = false;
		why = "configured";
	}
	k->on = on;
	k->why = why;
}

void offload_give_up(struct offloads *o, enum offload_kind kind, const char *why)
{
	struct offload *k = &o->kind[kind];

	if (k->on)
		k->downgrades++;
	k->on = false;
	k->why = why;
}

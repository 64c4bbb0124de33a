/* SPDX-License-Identifier: ISC */
#ifndef IO_OFFLOAD_H
#define IO_OFFLOAD_H

/*
 * What the kernel can do for many packets at once: for each kind, what the admin wants,
 * whether it is in use, why not, and how often it was given up while in use. A zeroed struct
 * wants everything and has nothing.
 */

#include <stdbool.h>
#include <stdint.h>

enum offload_kind {
	OFFLOAD_TUN_VNET,    /* virtio-net headers on the device: the base of the next four */
	OFFLOAD_TUN_TSO,     /* big TCP packets from the device */
	OFFLOAD_TUN_USO,     /* big UDP packets from the device */
	OFFLOAD_TUN_TCP_GRO, /* joined TCP packets to the device */
	OFFLOAD_TUN_UDP_GRO, /* joined UDP packets to the device */
	OFFLOAD_UDP_GSO,     /* several datagrams in one send */
	OFFLOAD_UDP_GRO,     /* several datagrams in one message received */
	OFFLOADS
};

enum offload_wish {
	OFFLOAD_AUTO, /* where it is known to work */
	OFFLOAD_ON,   /* forced: no probe, no list of bad kernels */
	OFFLOAD_OFF,
};

struct offload {
	enum offload_wish wish;
	bool on;
	const char *why;     /* static, one or two words; of `on`: NULL, or what is limited */
	uint64_t downgrades; /* given up while in use */
};

struct offloads {
	struct offload kind[OFFLOADS];
};

/* "tun-tso" */
const char *offload_name(enum offload_kind kind);
bool offload_wanted(const struct offloads *o, enum offload_kind kind);
bool offload_on(const struct offloads *o, enum offload_kind kind);
/* Record what opening or probing found; why may be NULL. An unwanted offload is off regardless. */
void offload_found(struct offloads *o, enum offload_kind kind, bool on, const char *why);
/* It failed while in use. */
void offload_give_up(struct offloads *o, enum offload_kind kind, const char *why);

#endif

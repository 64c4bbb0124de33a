/* SPDX-License-Identifier: ISC */
#include "datapath/pump.h"

enum {
	ROUNDS = 8,
	ANSWER_ROUNDS = 4, /* of the network, before answers from the device are fetched */
	BULK = 32 << 10,   /* bytes at a time that make it bulk data */
	BUDGET = 1 << 20,  /* unless another one is set */
};

void pump_init(struct pump *p, struct datapath *path)
{
	*p = (struct pump){ .path = path, .budget = BUDGET };
}

static int step(struct pump *p, int source, struct instant now)
{
	uint64_t begin = p->path->bytes;
	int n;

	if (source < UDP_SOCKETS)
		return datapath_from_network(p->path, source, now);
	n = datapath_from_device(p->path, now);
	p->bulk = p->path->bytes - begin >= BULK;
	return n;
}

/*
 * One direction, then the other: a flow one way must not starve the answers to it.
 * But answers alone, few and small, are collected while the network has more, so
 * that they leave in fewer sends and wake the other end less often.
 */
static bool may_wait(const struct pump *p, unsigned todo, int source, int round)
{
	return source == UDP_SOCKETS && (todo & (PUMP_DEVICE - 1u)) && !p->bulk &&
	       (round + 1) % ANSWER_ROUNDS != 0;
}

/* Run one step of that source, and note the result. */
static void serve(struct pump *p, unsigned *todo, int source, struct instant now)
{
	int n = step(p, source, now);

	if (n <= 0)
		*todo &= ~(1u << source);
	if (n < 0)
		p->backing_off |= 1u << source;
	p->failed[source] = n < 0 ? p->failed[source] + 1 : 0;
}

void pump_run(struct pump *p, struct instant now)
{
	unsigned todo = (p->ready | PUMP_DEVICE) & ~p->backing_off;
	uint64_t begin = p->path->bytes;
	bool waited = todo & PUMP_DEVICE;

	p->ready = 0;
	for (int round = 0; round < ROUNDS && todo; round++) {
		if (p->path->bytes - begin >= p->budget)
			break;
		for (int source = 0; source < PUMP_SOURCES; source++) {
			if (!(todo & 1u << source) || may_wait(p, todo, source, round))
				continue;
			waited = waited && source != UDP_SOCKETS;
			serve(p, &todo, source, now);
		}
	}
	/* A network that uses up the budget of every run must not starve the host. */
	if (waited)
		serve(p, &todo, UDP_SOCKETS, now);
}

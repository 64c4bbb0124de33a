/* SPDX-License-Identifier: ISC */
#include "datapath/datapath.h"

#include <errno.h>

#include "io/udp_error.h"
#include "proto/admin.h"

enum {
	UNITS = 1,              /* in flight together, of one direction */
	PACKETS = 1024,         /* of `out` and `own` */
	ANSWERS = 256,          /* what the core may add, and to how many strangers... */
	CORE_BYTES = 256 << 10, /* ...and their bytes: a stage's worth */
	IN_PACKETS = UDP_RECV_PACKETS + ANSWERS,
	IN_BYTES = UDP_RECV_BYTES + CORE_BYTES,
	OUT_BYTES = 448 << 10, /* a big read, its seals, and what the core may add */
	OWN_BYTES = 384 << 10,
	ERRORS = 64, /* of earlier datagrams, read per turn */
};

int datapath_init(struct datapath *p, const struct rng *rng)
{
	int r;

	*p = (struct datapath){ .blocked = -1 };
	p->dev.fd = -1;
	p->udp.fd[UDP_V4] = p->udp.fd[UDP_V6] = -1;

	r = tunnel_init(&p->tunnel, rng, PACKETS);
	if (r < 0)
		return r;
	r = udp_init(&p->udp, &p->offloads);
	if (r < 0)
		goto no_udp;
	r = ring_init(&p->out, UNITS, PACKETS, ANSWERS, OUT_BYTES);
	if (r < 0)
		goto no_out;
	r = ring_init(&p->in, UNITS, IN_PACKETS, UDP_RECV_SLOTS + ANSWERS, IN_BYTES);
	if (r < 0)
		goto no_in;
	r = batch_init(&p->own, PACKETS, ANSWERS, OWN_BYTES);
	if (r < 0)
		goto no_own;
	return 0;

no_own:
	ring_fini(&p->in);
no_in:
	ring_fini(&p->out);
no_out:
	udp_fini(&p->udp);
no_udp:
	tunnel_fini(&p->tunnel);
	return r;
}

void datapath_close(struct datapath *p)
{
	/* Held-back packets refer to peers and sockets, so they go first. */
	p->blocked = -1;
	ring_reset(&p->out);
	admin_down(&p->tunnel);
	udp_close(&p->udp);
	if (p->dev.ops)
		dev_close(&p->dev);
	p->dev = (struct dev){ .fd = -1 };
}

void datapath_fini(struct datapath *p)
{
	datapath_close(p);
	batch_fini(&p->own);
	ring_fini(&p->in);
	ring_fini(&p->out);
	udp_fini(&p->udp);
	tunnel_fini(&p->tunnel);
}

static int socket_of(const struct pkt *pkt)
{
	return pkt->end->remote.sa.sa_family == AF_INET6 ? UDP_V6 : UDP_V4;
}

/* Packets still meant for the full socket are lost; the other socket gets its own. */
static void give_up(struct batch *b, uint32_t next, int which)
{
	for (uint32_t i = next; i < b->n; i++) {
		struct pkt *pkt = &b->pkt[i];

		if (pkt->fate != FATE_NET || socket_of(pkt) != which)
			continue;
		pkt->fate = FATE_SEND;
		pkt->err = EAGAIN;
	}
}

static void count_bytes(struct datapath *p, const struct batch *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		p->bytes += b->pkt[i].len;
}

static void write_device(struct datapath *p, struct batch *b)
{
	if (p->dev.ops && dev_write(&p->dev, b) == -EBADFD)
		p->device_gone = true;
}

/* A batch that nobody waits for: it is empty afterwards in any case. */
static void deliver(struct datapath *p, struct batch *b, struct instant now)
{
	uint32_t next = 0;
	int which = UDP_V4;

	write_device(p, b);
	while (udp_send(&p->udp, b, &next, &which) == -EAGAIN)
		give_up(b, next, which);
	count_bytes(p, b);
	tunnel_settle(&p->tunnel, b, now);
	batch_reset(b);
}

/*
 * End the units from the device, in order.  They are kept when the socket is full, which
 * slows their sender down.
 */
static void end_out(struct datapath *p, struct instant now)
{
	int which = UDP_V4;
	struct unit *u;

	while ((u = ring_oldest(&p->out))) {
		if (udp_send(&p->udp, &u->batch, &u->next, &which) == -EAGAIN) {
			p->blocked = which;
			return;
		}
		write_device(p, &u->batch);
		count_bytes(p, &u->batch);
		tunnel_settle(&p->tunnel, &u->batch, now);
		ring_pop(&p->out);
	}
	p->blocked = -1;
}

/* End the units from the network, in order, each with the answers to it. */
static void end_in(struct datapath *p, struct instant now)
{
	struct unit *u;

	while ((u = ring_oldest(&p->in))) {
		tunnel_take(&p->tunnel, &u->batch, &u->flight, now);
		deliver(p, &u->batch, now);
		ring_pop(&p->in);
	}
}

int datapath_from_device(struct datapath *p, struct instant now)
{
	struct unit *u;
	int n;

	if (p->blocked >= 0 || !p->dev.ops)
		return 0;
	u = ring_free(&p->out); /* as no socket is full, all are free */
	n = dev_read(&p->dev, &u->batch);
	if (n == -EBADFD)
		p->device_gone = true;
	if (n <= 0)
		return n;
	tunnel_stamp(&p->tunnel, &u->batch, &u->flight, now);
	ring_push(&p->out);
	flight_seal(&u->flight);
	end_out(p, now);
	tunnel_sweep(&p->tunnel);
	return n;
}

/* Errors reported for earlier datagrams: kept only for diagnosis. */
static void hear_errors(struct datapath *p, struct instant now)
{
	struct udp_error e;

	for (int i = 0; i < ERRORS && udp_error_take(&p->udp, &e); i++) {
		const struct faults_icmp icmp = {
			.to = e.to, .from = e.from, .type = e.type, .code = e.code, .err = e.err
		};

		/* What this host itself refused, the send has already reported. */
		if (e.from.family)
			faults_told(&p->tunnel, &icmp, now.mono);
	}
}

int datapath_from_network(struct datapath *p, int which, struct instant now)
{
	struct unit *u;
	int n;

	if (p->udp.fd[which] < 0)
		return 0;
	u = ring_free(&p->in);
	n = udp_recv(&p->udp, which, &u->batch);
	hear_errors(p, now);
	if (n <= 0)
		return n;
	tunnel_sort(&p->tunnel, &u->batch, &u->flight, now);
	ring_push(&p->in);
	flight_open(&u->flight);
	end_in(p, now);
	tunnel_sweep(&p->tunnel);
	return n;
}

void datapath_unblock(struct datapath *p, struct instant now)
{
	if (p->blocked >= 0)
		end_out(p, now);
}

void datapath_events(struct datapath *p, struct instant now)
{
	struct event e;

	while (tunnel_event(&p->tunnel, &e)) {
		if (p->heard)
			p->heard(p->ctx, &e, now);
	}
}

void datapath_quiesce(struct datapath *p, struct instant now)
{
	do {
		while (p->blocked >= 0) {
			struct unit *u = ring_oldest(&p->out);

			give_up(&u->batch, u->next, p->blocked);
			end_out(p, now);
		}
		datapath_events(p, now);
	} while (p->blocked >= 0); /* who heard of an event may have moved packets */
}

void datapath_tick(struct datapath *p, struct instant now)
{
	batch_reset(&p->own);
	tunnel_tick(&p->tunnel, &p->own, now);
	deliver(p, &p->own, now);
}

void datapath_mtu(struct datapath *p, uint32_t mtu)
{
	ring_mtu(&p->out, mtu);
	ring_mtu(&p->in, mtu);
	p->own.mtu = mtu;
}

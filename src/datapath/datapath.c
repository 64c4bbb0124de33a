/* SPDX-License-Identifier: ISC */
#include "datapath/datapath.h"

#include <errno.h>

#include "io/udp_error.h"
#include "proto/admin.h"

enum {
	PACKETS = 1024,         /* of `out` and `own` */
	ANSWERS = 256,          /* what the core may add, and to how many strangers... */
	CORE_BYTES = 256 << 10, /* ...and their bytes: a stage's worth */
	IN_PACKETS = UDP_RECV_PACKETS + ANSWERS,
	MOST_PACKETS = IN_PACKETS > PACKETS ? IN_PACKETS : PACKETS,
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

	r = tunnel_init(&p->tunnel, rng, MOST_PACKETS);
	if (r < 0)
		return r;
	r = udp_init(&p->udp, &p->offloads);
	if (r < 0)
		goto no_udp;
	r = batch_init(&p->out, PACKETS, ANSWERS, OUT_BYTES);
	if (r < 0)
		goto no_out;
	r = batch_init(&p->in, IN_PACKETS, UDP_RECV_SLOTS + ANSWERS, IN_BYTES);
	if (r < 0)
		goto no_in;
	r = batch_init(&p->own, PACKETS, ANSWERS, OWN_BYTES);
	if (r < 0)
		goto no_own;
	return 0;

no_own:
	batch_fini(&p->in);
no_in:
	batch_fini(&p->out);
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
	p->out_next = 0;
	batch_reset(&p->out);
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
	batch_fini(&p->in);
	batch_fini(&p->out);
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

/* Packets from the device are kept when the socket is full, which slows their sender down. */
static void deliver_out(struct datapath *p, struct instant now)
{
	int which = UDP_V4;

	if (udp_send(&p->udp, &p->out, &p->out_next, &which) == -EAGAIN) {
		p->blocked = which;
		return;
	}
	p->blocked = -1;
	p->out_next = 0;
	write_device(p, &p->out);
	count_bytes(p, &p->out);
	tunnel_settle(&p->tunnel, &p->out, now);
	batch_reset(&p->out);
}

int datapath_from_device(struct datapath *p, struct instant now)
{
	int n;

	if (p->blocked >= 0 || !p->dev.ops)
		return 0;
	batch_reset(&p->out);
	n = dev_read(&p->dev, &p->out);
	if (n == -EBADFD)
		p->device_gone = true;
	if (n <= 0)
		return n;
	tunnel_seal(&p->tunnel, &p->out, now);
	deliver_out(p, now);
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
	int n;

	if (p->udp.fd[which] < 0)
		return 0;
	batch_reset(&p->in);
	n = udp_recv(&p->udp, which, &p->in);
	hear_errors(p, now);
	if (n <= 0)
		return n;
	tunnel_open(&p->tunnel, &p->in, now);
	deliver(p, &p->in, now);
	return n;
}

void datapath_unblock(struct datapath *p, struct instant now)
{
	if (p->blocked >= 0)
		deliver_out(p, now);
}

void datapath_flush(struct datapath *p, struct instant now)
{
	while (p->blocked >= 0) {
		give_up(&p->out, p->out_next, p->blocked);
		deliver_out(p, now);
	}
}

void datapath_tick(struct datapath *p, struct instant now)
{
	batch_reset(&p->own);
	tunnel_tick(&p->tunnel, &p->own, now);
	deliver(p, &p->own, now);
}

void datapath_mtu(struct datapath *p, uint32_t mtu)
{
	p->out.mtu = mtu;
	p->in.mtu = mtu;
	p->own.mtu = mtu;
}

/* SPDX-License-Identifier: ISC */
#include "io/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/udp_error.h"
#include "io/udp_work.h"

enum { RECV_TRIES = 16 };

int udp_init(struct udp *u, struct offloads *offloads)
{
	*u = (struct udp){ .offloads = offloads };
	for (int i = 0; i < UDP_WAYS; i++)
		u->fd[i] = -1;
	u->work = mem_new(sizeof(struct udp_work));
	return u->work ? 0 : -ENOMEM;
}

/* 7.0 up to 7.1.4 damage headers of segmented sends on some network cards. */
static bool kernel_splits_soundly(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0, patch = 0;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u.%u", &major, &minor, &patch) < 2)
		return true;
	if (major != 7)
		return true;
	return minor > 1 || (minor == 1 && patch > 4);
}

/* Whether the kernel joins; udp_socket() switched it on where it is reliable. */
static bool socket_joins(int fd, bool wanted)
{
	int on = 0, off = 0;
	socklen_t len = sizeof(on);

	if (getsockopt(fd, SOL_UDP, UDP_GRO, &on, &len) < 0 || !on)
		return false;
	if (!wanted && setsockopt(fd, SOL_UDP, UDP_GRO, &off, sizeof(off)) == 0)
		return false;
	return true;
}

static bool socket_splits(int fd)
{
	int size;
	socklen_t len = sizeof(size);

	return getsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, &len) == 0;
}

/* The resulting offloads: on if one of the sockets has it. */
static void write_down(struct udp *u, bool sound)
{
	const struct udp_work *w = u->work;
	bool none = u->fd[UDP_V4] < 0 && u->fd[UDP_V6] < 0;
	bool splits = w->splits[UDP_V4] || w->splits[UDP_V6];
	bool joins = w->joins[UDP_V4] || w->joins[UDP_V6];
	const char *why = none ? "no-socket" : "kernel";

	offload_found(u->offloads, OFFLOAD_UDP_GRO, joins, joins ? NULL : why);
	if (!none && !sound)
		why = "kernel-damages-runs";
	offload_found(u->offloads, OFFLOAD_UDP_GSO, splits, splits ? NULL : why);
}

/* Those apart first: the kernel numbers the sockets of a port, and the first one receives. */
static void close_apart(struct udp *u)
{
	for (int i = UDP_WAYS - 1; i >= UDP_SOCKETS; i--) {
		if (u->fd[i] >= 0)
			close(u->fd[i]);
		u->fd[i] = -1;
	}
}

static void forget_ways(struct udp *u)
{
	struct udp_work *w = u->work;

	close_apart(u);
	w->ways = 1;
	memset(w->link, 0, sizeof(w->link));
	memset(w->used, 0, sizeof(w->used));
}

void udp_use(struct udp *u, const int fd[UDP_SOCKETS])
{
	struct udp_work *w = u->work;
	bool joins = offload_wanted(u->offloads, OFFLOAD_UDP_GRO);
	bool splits = offload_wanted(u->offloads, OFFLOAD_UDP_GSO);
	bool sound = u->offloads->kind[OFFLOAD_UDP_GSO].wish == OFFLOAD_ON ||
		     kernel_splits_soundly();

	forget_ways(u);
	for (int i = 0; i < UDP_SOCKETS; i++) {
		if (u->fd[i] >= 0 && u->fd[i] != fd[i])
			close(u->fd[i]);
		u->fd[i] = fd[i];
		w->joins[i] = socket_joins(fd[i], joins);
		w->splits[i] = splits && sound && socket_splits(fd[i]);
		w->doubt[i] = w->idle[i] = false;
	}
	write_down(u, sound);
}

void udp_use_apart(struct udp *u, const int fd[UDP_WAYS - UDP_SOCKETS])
{
	struct udp_work *w = u->work;

	forget_ways(u);
	for (int i = UDP_SOCKETS; i < UDP_WAYS; i++) {
		u->fd[i] = fd[i - UDP_SOCKETS];
		/* Before it joins what arrives, the kernel asks any of them. */
		socket_joins(u->fd[i], w->joins[i % UDP_SOCKETS]);
		w->splits[i] = w->splits[i % UDP_SOCKETS];
		w->doubt[i] = false;
		if (u->fd[i] >= 0)
			w->ways = 1 + (unsigned)i / UDP_SOCKETS;
	}
}

void udp_close(struct udp *u)
{
	close_apart(u);
	for (int i = 0; i < UDP_SOCKETS; i++) {
		if (u->fd[i] >= 0)
			close(u->fd[i]);
		u->fd[i] = -1;
	}
}

void udp_fini(struct udp *u)
{
	udp_close(u);
	mem_free(u->work);
	u->work = NULL;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/*
 * Reserve memory for as many messages as the batch is sure to hold, and rewrite all of their
 * headers: the kernel overwrote the lengths last time.
 */
static unsigned prepare(struct udp_work *w, struct batch *b, int which)
{
	uint32_t packets_each = w->joins[which] ? UDP_RECV_JOINED : 1;
	uint32_t free_packets = b->cap - b->n;
	uint32_t slots = free_packets / packets_each;
	unsigned i;

	if (slots == 0 && free_packets > 0)
		slots = 1;
	slots = least(slots, least(w->deep[which] ? UDP_RECV_DEEP : UDP_RECV_SLOTS,
				   b->cap_ends - b->n_ends));
	for (i = 0; i < slots; i++) {
		struct udp_slot *s = &w->slot[i];

		s->iov.iov_base = batch_carve(b, UDP_RECV_SLOT_BYTES);
		s->iov.iov_len = PKT_MAX;
		if (!s->iov.iov_base)
			break;
		w->msg[i] = (struct mmsghdr){
			.msg_hdr = {
				.msg_name = &s->from,
				.msg_namelen = sizeof(s->from),
				.msg_iov = &s->iov,
				.msg_iovlen = 1,
				.msg_control = s->control,
				.msg_controllen = sizeof(s->control),
			},
		};
	}
	return i;
}

static int receive(struct udp *u, int which, unsigned slots)
{
	struct udp_work *w = u->work;

	for (unsigned i = 0; i < RECV_TRIES; i++) {
		int n;

		u->stats.recv_calls++;
		n = recvmmsg(u->fd[which], w->msg, slots, MSG_DONTWAIT, NULL);
		if (n >= 0) {
			w->idle[which] = false;
			return n;
		}
		if (errno == EAGAIN) {
			u->stats.recv_idle++;
			/* Twice in a row: it was not a datagram that woke us. */
			w->doubt[which] |= w->idle[which];
			w->idle[which] = true;
			return 0;
		}
		if (errno == EINTR)
			continue;
		/* It is about a datagram sent earlier, not about those that wait. */
		if (!udp_error_may_pend(errno))
			return -errno;
		w->doubt[which] = true;
	}
	return 0; /* still readable: the loop comes back */
}

/* The payload of a control header if it is of this kind. */
static bool control_is(const struct cmsghdr *c, int level, int type, void *out, size_t len)
{
	if (c->cmsg_level != level || c->cmsg_type != type || c->cmsg_len < CMSG_LEN(len))
		return false;
	memcpy(out, CMSG_DATA(c), len);
	return true;
}

/* What came with a message: our address, TOS, the size of each datagram in it (0: one). */
static void read_control(struct msghdr *msg, struct endpoint *end, uint8_t *tos, int *each)
{
	struct in_pktinfo to4;
	struct in6_pktinfo to6;
	int class;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (control_is(c, IPPROTO_IP, IP_PKTINFO, &to4, sizeof(to4))) {
			end->local.family = AF_INET;
			end->local.v4 = to4.ipi_spec_dst;
			end->ifindex = (uint32_t)to4.ipi_ifindex;
		}
		if (control_is(c, IPPROTO_IPV6, IPV6_PKTINFO, &to6, sizeof(to6))) {
			end->ifindex = to6.ipi6_ifindex;
			if (IN6_IS_ADDR_MULTICAST(&to6.ipi6_addr))
				continue; /* no answer is possible from there */
			end->local.family = AF_INET6;
			end->local.v6 = to6.ipi6_addr;
		}
		control_is(c, IPPROTO_IP, IP_TOS, tos, sizeof(*tos));
		if (control_is(c, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof(class)))
			*tos = (uint8_t) class;
		control_is(c, SOL_UDP, UDP_GRO, each, sizeof(*each));
	}
}

/* Make packets of what one slot received; returns how many. */
static int take(struct udp *u, int which, struct batch *b, struct mmsghdr *m)
{
	struct msghdr *msg = &m->msg_hdr;
	size_t name = which == UDP_V4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	uint8_t *data = msg->msg_iov->iov_base;
	size_t len = m->msg_len, at = 0, size = len;
	struct endpoint *end;
	uint8_t tos = 0;
	int each = 0, n = 0;

	/* Without all of the control data, datagram boundaries are unknown. */
	if ((msg->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || msg->msg_namelen != name) {
		u->stats.truncated++;
		return 0;
	}
	end = batch_end(b);
	if (!end)
		goto full;
	memcpy(&end->remote, msg->msg_name, name);
	read_control(msg, end, &tos, &each);
	if (each > 0 && (size_t)each < len) {
		size = (size_t)each;
		u->stats.recv_runs++;
		u->stats.recv_run_datagrams += (len + size - 1) / size;
	}
	do {
		size_t piece = len - at < size ? len - at : size;
		struct pkt *p = batch_point(b, data + at, piece);

		if (!p)
			goto full;
		p->end = end;
		p->tos = tos;
		at += piece;
		n++;
	} while (at < len);
	return n;
full:
	u->stats.truncated++;
	return n;
}

int udp_recv(struct udp *u, int which, struct batch *batch)
{
	struct udp_work *w = u->work;
	unsigned slots;
	int n, added = 0;

	if (u->fd[which] < 0)
		return -EBADF;
	slots = prepare(w, batch, which);
	if (slots == 0)
		return -ENOBUFS;
	n = receive(u, which, slots);
	if (n < 0)
		return n;
	for (int i = 0; i < n; i++)
		added += take(u, which, batch, &w->msg[i]);
	/* Big messages are delivered two by two, so that the final reader can keep up. */
	if (n > 0)
		w->deep[which] = added >= n * UDP_RECV_BIG;
	u->stats.recv_datagrams += (uint64_t)added;
	return added;
}

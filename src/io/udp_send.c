/* SPDX-License-Identifier: ISC */
#include "io/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "io/udp_error.h"
#include "io/udp_work.h"

enum {
	PENDING_TRIES = 64, /* for what cannot be about this datagram, while ICMP pours in */
	DOUBTFUL_TRIES = 2, /* for what may be */
};

/* One call of udp_send(). */
struct round {
	struct udp *u;
	struct batch *batch;
	int which;                    /* socket of the current run */
	uint32_t singly;              /* packets before this index: of a run that was refused */
	const struct endpoint *alone; /* its runs were refused, and a packet of one then left */
	const struct endpoint *stale; /* its local address failed, and sending without it worked */
};

/*
 * Packets that leave in one send: those with FATE_NET from first up to, not including, after.
 * Same end, same TOS, equal length but for the last, which may be shorter.
 */
struct run {
	uint32_t first, after;
	uint32_t n;
};

static void put_control(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
	char *at = (char *)msg->msg_control + msg->msg_controllen;
	struct cmsghdr *c = (struct cmsghdr *)(void *)at;

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

/*
 * Answer from the address that was contacted. The interface stays unset, so that routing may
 * choose it; but a link-local source is meaningless without one.
 */
static void put_source(struct msghdr *msg, const struct endpoint *end)
{
	struct in_pktinfo from4 = { 0 };
	struct in6_pktinfo from6 = { 0 };

	if (end->local.family == AF_INET) {
		from4.ipi_spec_dst = end->local.v4;
		put_control(msg, IPPROTO_IP, IP_PKTINFO, &from4, sizeof(from4));
		return;
	}
	from6.ipi6_addr = end->local.v6;
	if (IN6_IS_ADDR_LINKLOCAL(&end->local.v6))
		from6.ipi6_ifindex = end->ifindex;
	put_control(msg, IPPROTO_IPV6, IPV6_PKTINFO, &from6, sizeof(from6));
}

static void put_tos(struct msghdr *msg, const struct endpoint *end, uint8_t tos)
{
	int value = tos;

	if (end->remote.sa.sa_family == AF_INET)
		put_control(msg, IPPROTO_IP, IP_TOS, &value, sizeof(value));
	else
		put_control(msg, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof(value));
}

/* The bytes of a run; sealed packets of equal size touch, and become one piece. */
static size_t gather(const struct batch *b, const struct run *run, struct iovec *iov)
{
	size_t n = 0;
	uint8_t *end = NULL;

	for (uint32_t i = run->first; i < run->after; i++) {
		const struct pkt *p = &b->pkt[i];

		if (p->fate != FATE_NET)
			continue;
		if (n > 0 && p->data == end)
			iov[n - 1].iov_len += p->len;
		else
			iov[n++] = (struct iovec){ .iov_base = p->data, .iov_len = p->len };
		end = p->data + p->len;
	}
	return n;
}

/*
 * One send; 0 or errno. An ICMP about an earlier datagram makes an unrelated send fail before
 * anything has left: it is simply sent again.
 */
static int fire(struct round *r, const struct msghdr *msg)
{
	struct udp_work *w = r->u->work;
	unsigned tries = 0;

	for (;;) {
		int err;

		r->u->stats.send_calls++;
		if (sendmsg(r->u->fd[r->which], msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		err = errno;
		if (err == EINTR)
			continue;
		if (!udp_error_may_pend(err))
			return err;
		w->doubt[r->which] = true;
		if (tries++ == (udp_error_must_pend(err) ? PENDING_TRIES : DOUBTFUL_TRIES))
			return err;
		r->u->stats.pending_errors++;
	}
}

/* Send a run; 0 or errno. */
static int shoot(struct round *r, const struct run *run, bool sourced)
{
	const struct pkt *p = &r->batch->pkt[run->first];
	const struct endpoint *end = p->end;
	_Alignas(size_t) char control[UDP_CONTROL] = { 0 };
	struct sockaddr_in6 to; /* the longest type; a copy, since msg_name is not const */
	struct iovec iov[UDP_RUN_PACKETS];
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = endpoint_len(end),
		.msg_iov = iov,
		.msg_iovlen = gather(r->batch, run, iov),
		.msg_control = control,
	};
	uint16_t each = (uint16_t)p->len;

	memcpy(&to, &end->remote, msg.msg_namelen);
	if (sourced)
		put_source(&msg, end);
	if (p->tos)
		put_tos(&msg, end, p->tos);
	if (run->n > 1)
		put_control(&msg, SOL_UDP, UDP_SEGMENT, &each, sizeof(each));
	if (msg.msg_controllen == 0)
		msg.msg_control = NULL;
	return fire(r, &msg);
}

/* How old and new kernels reject a source address that is not, or no longer, ours. */
static bool source_may_be_gone(int err)
{
	return err == ENETUNREACH || err == EINVAL || err == EADDRNOTAVAIL || err == ENODEV;
}

/* Send a run from its local address, or from any other if that has vanished; 0 or errno. */
static int shoot_sticky(struct round *r, const struct run *run)
{
	const struct endpoint *end = r->batch->pkt[run->first].end;
	bool sourced = end != r->stale && end->local.family == end->remote.sa.sa_family;
	int err = shoot(r, run, sourced);

	if (!sourced || !source_may_be_gone(err))
		return err;
	r->u->stats.source_retries++;
	err = shoot(r, run, false);
	/* If both failed, the source need not be to blame. */
	if (err == 0)
		r->stale = end;
	return err;
}

/* The packets from here on that could leave together, at most `most`. */
static struct run extend(const struct round *r, uint32_t first, uint32_t most)
{
	const struct pkt *head = &r->batch->pkt[first];
	struct run run = { .first = first, .after = first + 1, .n = 1 };

	for (uint32_t i = run.after; i < r->batch->n && run.n < most; i++) {
		const struct pkt *p = &r->batch->pkt[i];

		if (p->fate != FATE_NET)
			continue;
		if (p->end != head->end || p->tos != head->tos || p->len == 0 || p->len > head->len)
			break;
		run.after = i + 1;
		run.n++;
		if (p->len < head->len)
			break;
	}
	return run;
}

uint32_t udp_run_packets(uint32_t len)
{
	uint32_t n = len ? UDP_RUN_BYTES / len : 0;

	return n < UDP_RUN_PACKETS ? n : UDP_RUN_PACKETS;
}

/*
 * The run from here; one packet if the kernel is not to split. What is too much for one send
 * is divided evenly: a short rest would cost an extra send here, and an extra read and write
 * at the other end.
 */
static struct run find_run(const struct round *r, uint32_t first)
{
	const struct udp_work *w = r->u->work;
	const struct pkt *head = &r->batch->pkt[first];
	uint32_t most = 1, sends;
	struct run run;

	if (w->splits[r->which] && first >= r->singly && !(head->flags & PKT_ALONE) &&
	    head->end != r->alone)
		most = udp_run_packets(head->len);
	if (most < 2)
		return extend(r, first, 1);
	run = extend(r, first, UDP_RUN_AHEAD);
	if (run.n <= most)
		return run;
	sends = (run.n + most - 1) / most;
	return extend(r, first, (run.n + sends - 1) / sends);
}

static void count_send(struct udp_stats *stats, uint32_t n)
{
	unsigned size = 0;

	while (size < UDP_SIZES - 1 && n > 1u << size)
		size++;
	stats->send_sizes[size]++;
	if (n == 1)
		return;
	stats->send_runs++;
	stats->send_run_datagrams += n;
}

/* Record the result for each packet of a run. */
static void settle(struct round *r, const struct run *run, int err)
{
	struct udp_stats *stats = &r->u->stats;

	for (uint32_t i = run->first; i < run->after; i++) {
		struct pkt *p = &r->batch->pkt[i];

		if (p->fate != FATE_NET)
			continue;
		if (err) {
			p->fate = FATE_SEND;
			p->err = (uint8_t)err;
			stats->errors++;
			stats->last_error = err;
			continue;
		}
		if (p->end == r->stale)
			p->flags |= PKT_SOURCE_STALE;
		if (p->end == r->alone)
			p->flags |= PKT_RUN_REFUSED;
		stats->send_datagrams++;
	}
	if (!err)
		count_send(stats, run->n);
}

/*
 * Errors that may concern a run, not its packets: a path with a smaller MTU (a split send is
 * never fragmented; old kernels say EINVAL), or one that cannot split or checksum (EIO), as
 * through IPsec. All of that is about the way to one end; and the same errors may be about the
 * end itself, which a peer chooses. So the end is blamed, and only once a single packet to it
 * has left.
 */
static bool refuses_runs(int err)
{
	return err == EMSGSIZE || err == EINVAL || err == EIO;
}

/*
 * Which of the ways a link has: its own, or the first free one. Links that are too many share.
 * Who was never heard gets the last one, which is free the longest: the first may be full for
 * minutes, and no initiation would ever leave.
 */
static unsigned way_of_link(struct udp_work *w, uint32_t ifindex)
{
	unsigned none = w->ways, i = 0;

	if (w->ways < 2)
		return 0;
	if (ifindex == 0)
		return w->ways - 1;
	for (; i < w->ways && w->link[i] != ifindex; i++) {
		if (!w->link[i] && none == w->ways)
			none = i;
	}
	if (i == w->ways)
		i = none < w->ways ? none : ifindex % w->ways;
	if (!w->link[i])
		w->link[i] = ifindex;
	w->used[i] = true;
	return i;
}

int udp_way(struct udp *u, const struct endpoint *end)
{
	int family, way;

	if (!end || !endpoint_known(end))
		return -EDESTADDRREQ;
	family = end->remote.sa.sa_family == AF_INET ? UDP_V4 : UDP_V6;
	way = family + UDP_SOCKETS * (int)way_of_link(u->work, end->ifindex);
	if (u->fd[way] < 0)
		way = family;
	return u->fd[way] < 0 ? -EAFNOSUPPORT : way;
}

bool udp_ways_differ(const struct udp *u)
{
	const struct udp_work *w = u->work;
	unsigned n = 0;

	for (unsigned i = 0; w && i < w->ways; i++)
		n += w->link[i] != 0;
	return n > 1;
}

void udp_age_links(struct udp *u)
{
	struct udp_work *w = u->work;

	for (unsigned i = 0; i < w->ways; i++) {
		if (!w->used[i])
			w->link[i] = 0;
		w->used[i] = false;
	}
}

/* Handle the run that starts at first. 0: *next is past it; or -EAGAIN. */
static int send_run(struct round *r, uint32_t first, uint32_t *next)
{
	struct run run = { .first = first, .after = first + 1, .n = 1 };
	int err;

	r->which = udp_way(r->u, r->batch->pkt[first].end);
	if (r->which < 0) {
		settle(r, &run, -r->which);
		*next = run.after;
		return 0;
	}
	run = find_run(r, first);
	err = shoot_sticky(r, &run);
	if (err == EAGAIN) {
		r->u->stats.send_blocked++;
		return -EAGAIN;
	}
	if (run.n > 1 && refuses_runs(err)) {
		r->u->stats.runs_refused++;
		r->singly = run.after;
		return 0;
	}
	if (!err && first < r->singly)
		r->alone = r->batch->pkt[first].end;
	settle(r, &run, err);
	*next = run.after;
	return 0;
}

int udp_send(struct udp *u, struct batch *batch, uint32_t *next, int *which)
{
	struct round r = { .u = u, .batch = batch };

	while (*next < batch->n) {
		if (batch->pkt[*next].fate != FATE_NET) {
			++*next;
			continue;
		}
		if (send_run(&r, *next, next) < 0) {
			*which = r.which;
			return -EAGAIN;
		}
	}
	return 0;
}

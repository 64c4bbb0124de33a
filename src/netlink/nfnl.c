/* SPDX-License-Identifier: ISC */
#include "netlink/nfnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/mem.h"

enum {
	NFNL_BUFFER = 8192,
	NFNL_ENDS = 64,            /* room for what begins a batch and ends it */
	NFNL_SEND_BUFFER = 4 << 20 /* a batch is sent at once */
};

int nfnl_open(struct nfnl *n)
{
	const struct timeval patience = { .tv_sec = 10 };
	int on = 1, bytes = NFNL_SEND_BUFFER, err;

	if (n->sock)
		return 0;
	n->sock = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!n->sock)
		return -errno;
	if (mnl_socket_bind(n->sock, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(n->sock), SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) < 0) {
		err = -errno;
		nfnl_close(n);
		return err;
	}
	setsockopt(mnl_socket_get_fd(n->sock), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	/* An error comes without the request that it is about. */
	mnl_socket_setsockopt(n->sock, NETLINK_CAP_ACK, &on, sizeof(on));
	n->portid = mnl_socket_get_portid(n->sock);
	return 0;
}

void nfnl_close(struct nfnl *n)
{
	if (n->sock)
		mnl_socket_close(n->sock);
	n->sock = NULL;
}

static void end_message(struct nfnl_batch *b)
{
	if (b->msg)
		b->len += MNL_ALIGN(b->msg->nlmsg_len);
	b->msg = NULL;
}

static struct nlmsghdr *add(struct nfnl_batch *b, uint16_t type, uint16_t flags, int family,
			    uint16_t res_id)
{
	struct nfgenmsg *head;

	end_message(b);
	b->msg = mnl_nlmsg_put_header(b->bytes + b->len);
	b->msg->nlmsg_type = type;
	b->msg->nlmsg_flags = NLM_F_REQUEST | flags;
	head = mnl_nlmsg_put_extra_header(b->msg, sizeof(*head));
	*head = (struct nfgenmsg){
		.nfgen_family = (uint8_t)family,
		.version = NFNETLINK_V0,
		.res_id = htons(res_id),
	};
	return b->msg;
}

int nfnl_begin(struct nfnl_batch *b, size_t room)
{
	*b = (struct nfnl_batch){ .bytes = mem_new(room + NFNL_ENDS) };
	if (!b->bytes)
		return -ENOMEM;
	add(b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	return 0;
}

struct nlmsghdr *nfnl_add(struct nfnl_batch *b, uint16_t type, uint16_t flags, int family)
{
	b->messages++;
	return add(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_ACK | flags, family, 0);
}

/* The first number is that of the beginning of the batch. */
static void number(struct nfnl *n, struct nfnl_batch *b)
{
	struct nlmsghdr *msg = (void *)b->bytes;

	for (size_t at = 0; at < b->len; at += MNL_ALIGN(msg->nlmsg_len)) {
		msg = (void *)(b->bytes + at);
		msg->nlmsg_seq = ++n->seq;
	}
}

/* How far the answers to a batch have come. */
struct answers {
	unsigned first, last; /* the numbers of its beginning, and of its last request */
	bool complete;
	int result; /* the first error */
};

static void take(struct answers *a, const struct nlmsghdr *msg)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(msg);

	/* Left over from another batch. */
	if (msg->nlmsg_seq - a->first > a->last - a->first || msg->nlmsg_type != NLMSG_ERROR)
		return;
	if (mnl_nlmsg_get_payload_len(msg) < sizeof(*e))
		return;
	if (a->result == 0)
		a->result = e->error;
	/* If the batch as a whole fails, its beginning gets the error. */
	a->complete = msg->nlmsg_seq == a->last || msg->nlmsg_seq == a->first;
}

static int receive(struct nfnl *n, struct answers *a)
{
	_Alignas(8) char bytes[NFNL_BUFFER];
	const struct nlmsghdr *msg = (const void *)bytes;
	ssize_t got = mnl_socket_recvfrom(n->sock, bytes, sizeof(bytes));
	int len = (int)got;

	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	for (; !a->complete && mnl_nlmsg_ok(msg, len); msg = mnl_nlmsg_next(msg, &len))
		take(a, msg);
	return 0;
}

static int talk(struct nfnl *n, struct nfnl_batch *b)
{
	struct answers a = { .first = n->seq + 1, .last = n->seq + 1 + b->messages };
	int err = 0;

	number(n, b);
	if (mnl_socket_sendto(n->sock, b->bytes, b->len) < 0)
		return -errno;
	while (!a.complete && err == 0)
		err = receive(n, &a);
	return err < 0 ? err : a.result;
}

int nfnl_commit(struct nfnl *n, struct nfnl_batch *b)
{
	int err;

	add(b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end_message(b);
	err = talk(n, b);
	mem_free(b->bytes);
	*b = (struct nfnl_batch){ 0 };
	return err;
}

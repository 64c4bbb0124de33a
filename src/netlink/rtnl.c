/* SPDX-License-Identifier: ISC */
#include "netlink/rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { RTNL_BUFFER = 32768 }; /* the most that the kernel fills with one part of a list */

int rtnl_open(struct rtnl *r)
{
	/* The kernel answers within the call; we would only wait for an answer that was lost. */
	const struct timeval patience = { .tv_sec = 10 };
	int strict = 1;
	int err;

	*r = (struct rtnl){ 0 };
	r->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!r->sock)
		return -errno;
	if (mnl_socket_bind(r->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		goto fail;
	if (setsockopt(mnl_socket_get_fd(r->sock), SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) < 0)
		goto fail;
	/* Lists are filtered by the kernel, from 4.20 on; we filter as well. */
	mnl_socket_setsockopt(r->sock, NETLINK_GET_STRICT_CHK, &strict, sizeof(strict));
	r->portid = mnl_socket_get_portid(r->sock);
	return 0;
fail:
	err = -errno;
	rtnl_close(r);
	return err;
}

void rtnl_close(struct rtnl *r)
{
	if (r->sock)
		mnl_socket_close(r->sock);
	r->sock = NULL;
}

/* How far the answer to one request has come. */
struct answer {
	struct rtnl *r;
	rtnl_fn *fn;
	void *ctx;
	bool listing; /* it ends with NLMSG_DONE */
	bool complete;
	bool interrupted; /* the tables changed meanwhile */
	int result;
};

static int error_of(const struct nlmsghdr *msg)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(msg);

	if (mnl_nlmsg_get_payload_len(msg) < sizeof(*e))
		return -EBADMSG;
	return e->error;
}

/* A list's end may carry the error that cut it short. */
static int error_of_done(const struct nlmsghdr *msg)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(msg) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(msg), sizeof(error));
	return error;
}

static void take(struct answer *a, const struct nlmsghdr *msg)
{
	int error = 0;

	/* Left over from an abandoned request. */
	if (msg->nlmsg_seq != a->r->seq || msg->nlmsg_pid != a->r->portid)
		return;
	if (msg->nlmsg_flags & NLM_F_DUMP_INTR)
		a->interrupted = true;
	switch (msg->nlmsg_type) {
	case NLMSG_NOOP:
		return;
	case NLMSG_ERROR:
		error = error_of(msg);
		a->complete = true;
		break;
	case NLMSG_DONE:
		error = error_of_done(msg);
		a->complete = true;
		break;
	default:
		if (a->fn && a->result == 0)
			error = a->fn(msg, a->ctx);
		break;
	}
	if (a->result == 0)
		a->result = error;
}

static int receive(struct answer *a)
{
	_Alignas(8) char bytes[RTNL_BUFFER];
	const struct nlmsghdr *msg;
	ssize_t got = mnl_socket_recvfrom(a->r->sock, bytes, sizeof(bytes));
	int len = (int)got;

	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	for (msg = (const void *)bytes; mnl_nlmsg_ok(msg, len); msg = mnl_nlmsg_next(msg, &len))
		take(a, msg);
	return 0;
}

int rtnl_talk(struct rtnl *r, struct nlmsghdr *msg, rtnl_fn *fn, void *ctx)
{
	struct answer a = { .r = r, .fn = fn, .ctx = ctx };

	msg->nlmsg_seq = ++r->seq;
	if (mnl_socket_sendto(r->sock, msg, msg->nlmsg_len) < 0)
		return -errno;
	while (!a.complete) {
		int err = receive(&a);

		if (err < 0)
			return err;
	}
	if (a.result == 0 && a.interrupted)
		return -EINTR;
	return a.result;
}

struct nlmsghdr *rtnl_begin(struct rtnl_request *req, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *msg;

	memset(req, 0, sizeof(*req));
	msg = mnl_nlmsg_put_header(req->bytes);
	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	/* NLM_F_DUMP has two bits, which mean other things where a table is changed. */
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP)
		msg->nlmsg_flags |= NLM_F_ACK;
	return msg;
}

struct table {
	const struct nlattr **attr;
	size_t n;
};

static int sort(const struct nlattr *attr, void *data)
{
	struct table *t = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type < t->n)
		t->attr[type] = attr;
	return MNL_CB_OK;
}

void rtnl_attrs(const struct nlmsghdr *msg, size_t header, const struct nlattr **attr, size_t n)
{
	struct table t = { attr, n };

	memset(attr, 0, n * sizeof(*attr));
	if (mnl_nlmsg_get_payload_len(msg) >= header)
		mnl_attr_parse(msg, (unsigned)header, sort, &t);
}

void rtnl_nested(const struct nlattr *nest, const struct nlattr **attr, size_t n)
{
	struct table t = { attr, n };

	memset(attr, 0, n * sizeof(*attr));
	mnl_attr_parse_nested(nest, sort, &t);
}

uint32_t rtnl_u32(const struct nlattr *attr, uint32_t otherwise)
{
	if (!attr || mnl_attr_get_payload_len(attr) < sizeof(uint32_t))
		return otherwise;
	return mnl_attr_get_u32(attr);
}

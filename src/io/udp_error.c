/* SPDX-License-Identifier: ISC */
#include "io/udp_error.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "io/udp_work.h"

enum { CONTROL = 512, TRIES = 16 };

bool udp_error_must_pend(int err)
{
	switch (err) {
	case ECONNREFUSED:
	case EHOSTDOWN:
	case ENONET:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case EPROTO:
		return true;
	default:
		return false;
	}
}

bool udp_error_may_pend(int err)
{
	switch (err) {
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
	case EMSGSIZE:
	case EACCES:
		return true;
	default:
		return udp_error_must_pend(err);
	}
}

static bool take_ip(struct ip *ip, const void *addr)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	sa_family_t family;

	memcpy(&family, addr, sizeof(family));
	if (family == AF_INET) {
		memcpy(&v4, addr, sizeof(v4));
		*ip = (struct ip){ .family = AF_INET, .v4 = v4.sin_addr };
	} else if (family == AF_INET6) {
		memcpy(&v6, addr, sizeof(v6));
		*ip = (struct ip){ .family = AF_INET6, .v6 = v6.sin6_addr };
	}
	return family == AF_INET || family == AF_INET6;
}

/* The kernel's report, followed by the address of the ICMP's sender. */
static bool read_report(struct udp_error *e, const struct cmsghdr *c)
{
	bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
	bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
	size_t with_addr = v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	struct sock_extended_err report;

	if ((!v4 && !v6) || c->cmsg_len < CMSG_LEN(sizeof(report)))
		return false;
	memcpy(&report, CMSG_DATA(c), sizeof(report));
	e->err = (int)report.ee_errno;
	if (report.ee_origin == SO_EE_ORIGIN_LOCAL)
		return true;
	if (report.ee_origin != SO_EE_ORIGIN_ICMP && report.ee_origin != SO_EE_ORIGIN_ICMP6)
		return false;
	e->type = report.ee_type;
	e->code = report.ee_code;
	with_addr += sizeof(report);
	return c->cmsg_len >= CMSG_LEN(with_addr) &&
	       take_ip(&e->from, CMSG_DATA(c) + sizeof(report));
}

/* 1; 0: something other than such a report; -EAGAIN: nothing waits. */
static int read_one(int fd, struct udp_error *e)
{
	_Alignas(size_t) char control[CONTROL];
	struct sockaddr_in6 to = { 0 };
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	bool found = false;

	*e = (struct udp_error){ 0 };
	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return errno == EINTR ? 0 : -EAGAIN;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		found |= read_report(e, c);
	if (msg.msg_namelen > sizeof(e->to.remote))
		return 0;
	memcpy(&e->to.remote, &to, msg.msg_namelen);
	return found && endpoint_known(&e->to);
}

void udp_error_expect(struct udp *u, int which)
{
	struct udp_work *w = u->work;
	socklen_t len = sizeof(int);
	int err;

	/* All there is if the queue was full; it would wake us up again and again. */
	getsockopt(u->fd[which], SOL_SOCKET, SO_ERROR, &err, &len);
	w->doubt[which] = true;
}

bool udp_error_take(struct udp *u, struct udp_error *e)
{
	struct udp_work *w = u->work;

	for (int which = 0; w && which < UDP_WAYS; which++) {
		for (int i = 0; i < TRIES && w->doubt[which]; i++) {
			int r = u->fd[which] < 0 ? -EAGAIN : read_one(u->fd[which], e);

			if (r > 0)
				return true;
			if (r < 0)
				w->doubt[which] = false;
		}
	}
	return false;
}

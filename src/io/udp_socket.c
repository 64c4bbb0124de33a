/* SPDX-License-Identifier: ISC */
#include "io/udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"

enum {
	RECEIVE_BUFFER = 8 << 20, /* a burst while the loop is elsewhere: 6 ms at 10 Gb/s */
	SEND_BUFFER = 1 << 20,    /* several runs; more only adds delay before a slow link */
	ERROR_BUFFER = 64 << 10,  /* of a socket that receives nothing but what ICMP says */
	PAIR_TRIES = 100,
};

struct option {
	int level, name, value;
};

static const struct option v4_options[] = {
	{ IPPROTO_IP, IP_PKTINFO, 1 },
	{ IPPROTO_IP, IP_RECVTOS, 1 },
	{ IPPROTO_IP, IP_RECVERR, 1 },
	{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT },
};

static const struct option v6_options[] = {
	{ IPPROTO_IPV6, IPV6_V6ONLY, 1 },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS, 1 },
	{ IPPROTO_IPV6, IPV6_RECVERR, 1 },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT },
};

static int set_options(int fd, const struct option *option, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (setsockopt(fd, option[i].level, option[i].name, &option[i].value,
			       sizeof(option[i].value)) < 0)
			return -errno;
	}
	return 0;
}

/* As big as allowed: beyond the system's limit if we are privileged, else up to it. */
static void set_buffer(int fd, int force, int plain, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof(bytes));
}

/*
 * Let the kernel join datagrams of one sender. It came with 5.0, but had faults until 5.12,
 * which is also the first that can report it.
 */
static void join_if_sound(int fd)
{
	int on;
	socklen_t len = sizeof(on);

	if (getsockopt(fd, SOL_UDP, UDP_GRO, &on, &len) < 0)
		return;
	on = 1;
	setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
}

void udp_buffers(int fd, uint32_t recv_bytes, uint32_t send_bytes)
{
	/* The kernel doubles what it is given, for its own needs. */
	if (fd >= 0 && recv_bytes)
		set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, (int)recv_bytes);
	if (fd >= 0 && send_bytes)
		set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, (int)send_bytes);
}

static int bind_any(int fd, int family, uint16_t port)
{
	const struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (family == AF_INET)
		return bind(fd, (const struct sockaddr *)&v4, sizeof(v4)) < 0 ? -errno : 0;
	return bind(fd, (const struct sockaddr *)&v6, sizeof(v6)) < 0 ? -errno : 0;
}

/*
 * Let others share the port, which receive nothing: the filter always names the first socket.
 * As it is there before the port is bound, this one never joins another's. Linux before 4.6
 * refuses: then it stays alone.
 */
static void lead(int fd)
{
	static struct sock_filter first[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	const struct sock_fprog prog = { .len = LEN(first), .filter = first };
	int on = 1, off = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof(prog)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &off, sizeof(off));
}

/* One more that sends from the port of one that leads. A broadcast goes to all: it is dropped. */
static void follow(int fd)
{
	static struct sock_filter nothing[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	const struct sock_fprog prog = { .len = LEN(nothing), .filter = nothing };
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, ERROR_BUFFER);
}

static int open_socket(int family, uint16_t port, uint32_t mark, bool leads)
{
	int fd, r;

	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0)
		return -errno;
	r = family == AF_INET ? set_options(fd, v4_options, LEN(v4_options))
			      : set_options(fd, v6_options, LEN(v6_options));
	if (r < 0)
		goto out;
	r = udp_mark(fd, mark);
	if (r < 0)
		goto out;
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER);
	join_if_sound(fd);
	if (leads)
		lead(fd);
	else
		follow(fd);
	/* Last: from here on datagrams arrive, and each must carry its destination address. */
	r = bind_any(fd, family, port);
	if (r < 0)
		goto out;
	return fd;
out:
	close(fd);
	return r;
}

int udp_socket(int family, uint16_t port, uint32_t mark)
{
	return open_socket(family, port, mark, true);
}

static int bound_port(int fd, uint16_t *port)
{
	struct sockaddr_in6 name; /* the port of an AF_INET one is at the same place */
	socklen_t len = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &len) < 0)
		return -errno;
	*port = ntohs(name.sin6_port);
	return 0;
}

static bool family_is_missing(int r)
{
	return r == -EAFNOSUPPORT || r == -EPROTONOSUPPORT || r == -EADDRNOTAVAIL;
}

/* One attempt; -EADDRINUSE may be worth another one if any port will do. */
static int pair_once(uint16_t port, uint32_t mark, int fd[UDP_SOCKETS], uint16_t *bound)
{
	int v4, v6, r;

	*bound = port;
	v4 = udp_socket(AF_INET, port, mark);
	if (v4 < 0 && !family_is_missing(v4))
		return v4;
	if (v4 >= 0) {
		r = bound_port(v4, bound);
		if (r < 0)
			goto out;
	}
	v6 = udp_socket(AF_INET6, *bound, mark);
	if (v6 < 0 && (v4 < 0 || !family_is_missing(v6))) {
		r = v6;
		goto out;
	}
	if (v4 < 0) {
		r = bound_port(v6, bound);
		if (r < 0) {
			close(v6);
			return r;
		}
	}
	fd[UDP_V4] = v4 < 0 ? -1 : v4;
	fd[UDP_V6] = v6 < 0 ? -1 : v6;
	return 0;
out:
	if (v4 >= 0)
		close(v4);
	return r;
}

int udp_pair(uint16_t port, uint32_t mark, int fd[UDP_SOCKETS], uint16_t *bound)
{
	uint16_t got = 0;
	int r = 0;

	for (unsigned i = 0; i < PAIR_TRIES; i++) {
		r = pair_once(port, mark, fd, &got);
		if (r == 0)
			*bound = got;
		if (r != -EADDRINUSE || port != 0)
			break;
	}
	return r;
}

void udp_apart(const int pair[UDP_SOCKETS], uint32_t mark, int fd[UDP_WAYS - UDP_SOCKETS])
{
	for (int i = 0; i < UDP_WAYS - UDP_SOCKETS; i++) {
		int first = pair[i % UDP_SOCKETS];
		uint16_t port;

		fd[i] = -1;
		if (first < 0 || bound_port(first, &port) < 0)
			continue;
		fd[i] = open_socket(i % UDP_SOCKETS == UDP_V4 ? AF_INET : AF_INET6, port, mark,
				    false);
		if (fd[i] < 0)
			fd[i] = -1;
	}
}

int udp_mark(int fd, uint32_t mark)
{
	uint32_t now;
	socklen_t len = sizeof(now);

	if (fd < 0)
		return 0;
	/* Changing the mark needs a privilege; leaving it unchanged must not. */
	if (getsockopt(fd, SOL_SOCKET, SO_MARK, &now, &len) == 0 && now == mark)
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0 ? -errno : 0;
}

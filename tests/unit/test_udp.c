/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/batch.h"
#include "base/bytes.h"
#include "io/udp.h"
#include "lab.h"

enum { WAIT_MS = 2000, V4_LONGEST = 65507, V6_LONGEST = 65527 };

/* Two users of the network, each with its port, and a batch each to send and to receive. */
struct pair {
	struct offloads offloads;
	struct udp a, b;
	uint16_t port_a, port_b;
	struct batch out, in;
};

static struct endpoint end_at(const char *text, uint16_t port)
{
	char whole[ENDPOINT_TEXT];
	struct endpoint e = { 0 };

	snprintf(whole, sizeof(whole), strchr(text, ':') ? "[%s]:%u" : "%s:%u", text, port);
	assert_true(endpoint_parse(&e, whole, strlen(whole)));
	return e;
}

static struct ip ip_at(const char *text)
{
	struct ip ip = { 0 };

	assert_true(ip_parse(&ip, text, strlen(text)));
	return ip;
}

static void open_user(struct udp *u, struct offloads *offloads, uint16_t *port)
{
	int fd[UDP_SOCKETS];

	assert_int_equal(udp_init(u, offloads), 0);
	assert_int_equal(udp_pair(0, 0, fd, port), 0);
	assert_true(fd[UDP_V4] >= 0);
	assert_true(fd[UDP_V6] >= 0);
	udp_use(u, fd);
}

static int set_up(void **state)
{
	static struct pair p;

	open_user(&p.a, &p.offloads, &p.port_a);
	open_user(&p.b, &p.offloads, &p.port_b);
	assert_int_equal(batch_init(&p.out, 600, 8, 2 << 20), 0);
	assert_int_equal(batch_init(&p.in, UDP_RECV_PACKETS, 64, UDP_RECV_BYTES), 0);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	struct pair *p = *state;

	udp_fini(&p->a);
	udp_fini(&p->b);
	batch_fini(&p->out);
	batch_fini(&p->in);
	return 0;
}

/* A packet to send; its bytes tell which one it is. */
static struct pkt *put(struct batch *b, const struct endpoint *end, size_t len, unsigned seed)
{
	struct pkt *p = batch_add(b, len);

	assert_non_null(p);
	for (size_t i = 0; i < len; i++)
		p->data[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
	p->fate = FATE_NET;
	p->end = end;
	return p;
}

static bool holds(const struct pkt *p, size_t len, unsigned seed)
{
	if (p->len != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (p->data[i] != (uint8_t)(seed * 31 + i * 7 + (i >> 8)))
			return false;
	}
	return true;
}

static void send_all(struct udp *u, struct batch *b)
{
	uint32_t next = 0;
	int which = -1;

	assert_int_equal(udp_send(u, b, &next, &which), 0);
	assert_int_equal(next, b->n);
}

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* Wait for something and read it into a fresh batch. */
static int recv_some(struct udp *u, int which, struct batch *b)
{
	assert_true(readable(u->fd[which], WAIT_MS));
	batch_reset(b);
	return udp_recv(u, which, b);
}

static void test_pair_for_any_port_gets_the_same_port_twice(void **state)
{
	struct pair *p = *state;
	struct sockaddr_in6 name;
	socklen_t len;

	assert_int_not_equal(p->port_a, 0);
	for (int i = 0; i < UDP_SOCKETS; i++) {
		len = sizeof(name);
		assert_int_equal(getsockname(p->a.fd[i], (struct sockaddr *)&name, &len), 0);
		assert_int_equal(name.sin6_family, i == UDP_V4 ? AF_INET : AF_INET6);
		assert_int_equal(ntohs(name.sin6_port), p->port_a);
	}
}

static void test_taken_port_is_refused_and_nothing_stays_open(void **state)
{
	struct pair *p = *state;
	int fd[UDP_SOCKETS] = { -7, -7 }, v6, v4;
	uint16_t bound = 4711;

	assert_int_equal(udp_socket(AF_INET, p->port_a, 0), -EADDRINUSE);
	assert_int_equal(udp_socket(AF_INET6, p->port_a, 0), -EADDRINUSE);
	assert_int_equal(udp_pair(p->port_a, 0, fd, &bound), -EADDRINUSE);
	/* In use for IPv6 only: the IPv4 half must be released. */
	v6 = udp_socket(AF_INET6, 4000, 0);
	assert_true(v6 >= 0);
	assert_int_equal(udp_pair(4000, 0, fd, &bound), -EADDRINUSE);
	v4 = udp_socket(AF_INET, 4000, 0);
	assert_true(v4 >= 0);
	assert_int_equal(fd[0], -7);
	assert_int_equal(bound, 4711);
	close(v4);
	close(v6);
	assert_int_equal(udp_socket(AF_UNIX, 0, 0), -EAFNOSUPPORT);
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void test_socket_is_set_as_the_contract_says(void **state)
{
	struct pair *p = *state;

	for (int i = 0; i < UDP_SOCKETS; i++) {
		int fd = p->a.fd[i];

		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_int_equal(option(fd, SOL_SOCKET, SO_REUSEADDR), 0);
		assert_true(option(fd, SOL_SOCKET, SO_SNDBUF) >= 128 << 10);
		assert_true(option(fd, SOL_SOCKET, SO_RCVBUF) >= 128 << 10);
		assert_int_equal(option(fd, SOL_UDP, UDP_SEGMENT), 0);
	}
	assert_int_equal(option(p->a.fd[UDP_V6], IPPROTO_IPV6, IPV6_V6ONLY), 1);
	assert_int_equal(option(p->a.fd[UDP_V4], IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DONT);
	assert_int_equal(option(p->a.fd[UDP_V6], IPPROTO_IPV6, IPV6_MTU_DISCOVER),
			 IPV6_PMTUDISC_DONT);
}

static void test_mark_is_set_and_changed(void **state)
{
	int fd = udp_socket(AF_INET, 0, 0xca6c);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(option(fd, SOL_SOCKET, SO_MARK), 0xca6c);
	assert_int_equal(udp_mark(fd, 7), 0);
	assert_int_equal(option(fd, SOL_SOCKET, SO_MARK), 7);
	assert_int_equal(udp_mark(fd, 0), 0);
	assert_int_equal(option(fd, SOL_SOCKET, SO_MARK), 0);
	assert_int_equal(udp_mark(-1, 7), 0);
	close(fd);
	assert_int_equal(udp_mark(fd, 7), -EBADF);
}

/* There, with our address reported; and back from that address. */
static void go_there_and_back(struct pair *p, int which, const char *home, const char *away)
{
	struct endpoint to = end_at(away, p->port_b), back;
	struct ip local = ip_at(away);

	to.local = ip_at(home);
	batch_reset(&p->out);
	put(&p->out, &to, 148, 1);
	send_all(&p->a, &p->out);
	assert_int_equal(recv_some(&p->b, which, &p->in), 1);
	assert_true(holds(&p->in.pkt[0], 148, 1));
	assert_int_equal(p->in.pkt[0].fate, FATE_NONE);
	back = *p->in.pkt[0].end;
	assert_true(ip_equal(&back.local, &local));
	assert_int_equal(endpoint_port(&back), p->port_a);
	assert_int_equal(back.ifindex, if_nametoindex("lo"));

	batch_reset(&p->out);
	put(&p->out, &back, 92, 2);
	send_all(&p->b, &p->out);
	assert_int_equal(recv_some(&p->a, which, &p->in), 1);
	assert_true(holds(&p->in.pkt[0], 92, 2));
	/* As if it had come from where we had sent to, though another source would be nearer. */
	assert_true(endpoint_same_remote(p->in.pkt[0].end, &to));
	local = ip_at(home);
	assert_true(ip_equal(&p->in.pkt[0].end->local, &local));
}

static void test_answer_leaves_from_the_address_that_was_asked(void **state)
{
	struct pair *p = *state;

	go_there_and_back(p, UDP_V4, "127.0.0.1", "10.9.0.2");
	go_there_and_back(p, UDP_V4, "10.9.0.1", "127.0.0.9");
	go_there_and_back(p, UDP_V6, "fd09::1", "fd09::2");
	go_there_and_back(p, UDP_V6, "::1", "fd09::1");
	assert_int_equal(p->a.stats.source_retries, 0);
	assert_int_equal(p->b.stats.source_retries, 0);
}

static void test_link_local_answer_finds_its_link(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("fe80::b%va", p->port_b), back;

	put(&p->out, &to, 32, 3);
	send_all(&p->a, &p->out);
	assert_int_equal(recv_some(&p->b, UDP_V6, &p->in), 1);
	back = *p->in.pkt[0].end;
	assert_int_equal(back.ifindex, if_nametoindex("vb"));
	assert_int_equal(back.remote.v6.sin6_scope_id, if_nametoindex("vb"));
	assert_true(IN6_IS_ADDR_LINKLOCAL(&back.local.v6));

	batch_reset(&p->out);
	put(&p->out, &back, 64, 4);
	send_all(&p->b, &p->out);
	assert_int_equal(p->out.pkt[0].flags & PKT_SOURCE_STALE, 0);
	assert_int_equal(recv_some(&p->a, UDP_V6, &p->in), 1);
	assert_true(holds(&p->in.pkt[0], 64, 4));
	assert_true(endpoint_same_remote(p->in.pkt[0].end, &to));
}

static void test_link_local_source_finds_its_link_to_any_address(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("fe80::b%va", p->port_b), back;

	to.local = ip_at("fd08::1");
	put(&p->out, &to, 32, 3);
	send_all(&p->a, &p->out);
	assert_int_equal(recv_some(&p->b, UDP_V6, &p->in), 1);
	back = *p->in.pkt[0].end;
	assert_true(IN6_IS_ADDR_LINKLOCAL(&back.local.v6));
	assert_int_equal(back.remote.v6.sin6_scope_id, 0);

	batch_reset(&p->out);
	put(&p->out, &back, 64, 4);
	send_all(&p->b, &p->out);
	assert_int_equal(p->out.pkt[0].fate, FATE_NET);
	assert_int_equal(p->out.pkt[0].flags & PKT_SOURCE_STALE, 0);
	assert_int_equal(recv_some(&p->a, UDP_V6, &p->in), 1);
	assert_true(endpoint_same_remote(p->in.pkt[0].end, &to));
}

static void test_broadcast_can_be_answered(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("127.255.255.255", p->port_b);
	struct ip local = ip_at("127.0.0.1");
	int on = 1;

	setsockopt(p->a.fd[UDP_V4], SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	put(&p->out, &to, 32, 3);
	send_all(&p->a, &p->out);
	assert_int_equal(p->out.pkt[0].fate, FATE_NET);
	assert_int_equal(recv_some(&p->b, UDP_V4, &p->in), 1);
	assert_true(ip_equal(&p->in.pkt[0].end->local, &local));
}

static void test_multicast_leaves_the_source_to_routing(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("ff02::1%va", p->port_b);

	put(&p->out, &to, 32, 3);
	send_all(&p->a, &p->out);
	/* Over the wire, and looped back on the link that it left by. */
	assert_true(recv_some(&p->b, UDP_V6, &p->in) >= 1);
	for (uint32_t i = 0; i < p->in.n; i++) {
		assert_int_equal(p->in.pkt[i].end->local.family, 0);
		assert_int_not_equal(p->in.pkt[i].end->ifindex, 0);
	}
}

static void test_tos_goes_out_and_comes_in(void **state)
{
	static const uint8_t tos[] = { 0x88, 0x00, 0x01, 0x02, 0x03, 0xb8, 0x00 };
	static const char *const address[UDP_SOCKETS] = { "127.0.0.1", "::1" };
	struct pair *p = *state;

	for (int which = 0; which < UDP_SOCKETS; which++) {
		struct endpoint to = end_at(address[which], p->port_b);
		unsigned got = 0;

		batch_reset(&p->out);
		for (unsigned i = 0; i < LEN(tos); i++)
			put(&p->out, &to, 100, i)->tos = tos[i];
		send_all(&p->a, &p->out);
		while (got < LEN(tos)) {
			int n = recv_some(&p->b, which, &p->in);

			assert_true(n > 0);
			for (int i = 0; i < n; i++, got++) {
				assert_true(holds(&p->in.pkt[i], 100, got));
				assert_int_equal(p->in.pkt[i].tos, tos[got]);
			}
		}
	}
}

static void lose_source(struct pair *p, int which, const char *address, const char *not_ours)
{
	struct endpoint to = end_at(address, p->port_b);
	uint64_t retries = p->a.stats.source_retries;
	int got = 0;

	to.local = ip_at(not_ours);
	batch_reset(&p->out);
	/* Too unlike each other for one run. */
	put(&p->out, &to, 100, 0);
	put(&p->out, &to, 200, 1);
	put(&p->out, &to, 300, 2);
	send_all(&p->a, &p->out);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(p->out.pkt[i].fate, FATE_NET);
		assert_true(p->out.pkt[i].flags & PKT_SOURCE_STALE);
	}
	assert_int_equal(p->a.stats.source_retries, retries + 1);
	while (got < 3)
		got += recv_some(&p->b, which, &p->in);
	assert_int_equal(got, 3);

	/* A run learns it all at once. */
	batch_reset(&p->out);
	for (unsigned i = 0; i < 5; i++)
		put(&p->out, &to, 1000, i);
	send_all(&p->a, &p->out);
	for (unsigned i = 0; i < 5; i++)
		assert_true(p->out.pkt[i].flags & PKT_SOURCE_STALE);
	assert_int_equal(p->a.stats.source_retries, retries + 2);
	assert_int_equal(p->a.stats.runs_refused, 0);
	for (got = 0; got < 5;)
		got += recv_some(&p->b, which, &p->in);
	assert_int_equal(p->a.stats.errors, 0);
}

static void test_vanished_source_is_left_out_and_told(void **state)
{
	struct pair *p = *state;

	lose_source(p, UDP_V4, "127.0.0.1", "10.77.0.1");
	lose_source(p, UDP_V6, "fd09::2", "fd77::1");
}

static void test_missing_route_does_not_blame_the_source(void **state)
{
	struct pair *p = *state;
	struct endpoint nowhere = end_at("203.0.113.1", 9);

	nowhere.local = ip_at("10.9.0.1");
	put(&p->out, &nowhere, 100, 0);
	send_all(&p->a, &p->out);
	assert_int_equal(p->out.pkt[0].fate, FATE_SEND);
	assert_int_equal(p->out.pkt[0].err, ENETUNREACH);
	assert_int_equal(p->out.pkt[0].flags & PKT_SOURCE_STALE, 0);
}

static void test_refused_packets_do_not_stop_the_rest(void **state)
{
	struct pair *p = *state;
	struct endpoint good = end_at("127.0.0.1", p->port_b), nowhere = end_at("203.0.113.1", 9);
	struct endpoint nowhere6 = end_at("2001:db8::1", 9), unknown = { 0 };
	static const uint8_t err[] = { 0, ENETUNREACH, 0, ENETUNREACH, EDESTADDRREQ, EDESTADDRREQ };
	int got = 0;

	put(&p->out, &good, 100, 0);
	put(&p->out, &nowhere, 100, 1);
	put(&p->out, &good, 100, 2);
	put(&p->out, &nowhere6, 100, 3);
	put(&p->out, &unknown, 100, 4);
	put(&p->out, NULL, 100, 5);
	put(&p->out, &good, 100, 6)->fate = FATE_DEV;
	put(&p->out, &good, 50, 7);
	send_all(&p->a, &p->out);
	for (unsigned i = 0; i < LEN(err); i++) {
		assert_int_equal(p->out.pkt[i].fate, err[i] ? FATE_SEND : FATE_NET);
		assert_int_equal(p->out.pkt[i].err, err[i]);
	}
	assert_int_equal(p->out.pkt[6].fate, FATE_DEV);
	assert_int_equal(p->a.stats.errors, 4);
	assert_int_equal(p->a.stats.last_error, EDESTADDRREQ);
	assert_int_equal(p->a.stats.send_datagrams, 3);
	while (got < 3) {
		static const unsigned seed[] = { 0, 2, 7 };
		int n = recv_some(&p->b, UDP_V4, &p->in);

		for (int i = 0; i < n; i++, got++)
			assert_true(holds(&p->in.pkt[i], got < 2 ? 100 : 50, seed[got]));
	}
	assert_false(readable(p->b.fd[UDP_V4], 20));
}

static void test_family_without_socket_is_refused(void **state)
{
	struct pair *p = *state;
	struct endpoint v6 = end_at("::1", p->port_b), v4 = end_at("127.0.0.1", p->port_b);
	int only4[UDP_SOCKETS] = { udp_socket(AF_INET, 0, 0), -1 };

	assert_true(only4[UDP_V4] >= 0);
	udp_use(&p->a, only4);
	put(&p->out, &v6, 100, 0);
	put(&p->out, &v4, 100, 1);
	send_all(&p->a, &p->out);
	assert_int_equal(p->out.pkt[0].fate, FATE_SEND);
	assert_int_equal(p->out.pkt[0].err, EAFNOSUPPORT);
	assert_int_equal(recv_some(&p->b, UDP_V4, &p->in), 1);
	batch_reset(&p->in);
	assert_int_equal(udp_recv(&p->a, UDP_V6, &p->in), -EBADF);
	assert_int_equal(udp_recv(&p->a, UDP_V4, &p->in), 0);
}

/*
 * A neighbour that does not answer: the kernel keeps what is for it, and charges
 * the socket, until it is told the neighbour's address.
 */
static void test_full_socket_stops_and_goes_on_where_it_stopped(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("10.8.0.66", 9);
	int tiny = 1, which = -1;
	struct pollfd wait = { .fd = p->a.fd[UDP_V4], .events = POLLOUT };
	uint32_t next = 0, stopped;

	setsockopt(p->a.fd[UDP_V4], SOL_SOCKET, SO_SNDBUF, &tiny, sizeof(tiny));
	for (unsigned i = 0; i < 12; i++)
		put(&p->out, &to, 1000 + 100 * (i % 3), i);
	assert_int_equal(udp_send(&p->a, &p->out, &next, &which), -EAGAIN);
	assert_int_equal(which, UDP_V4);
	assert_true(next > 0);
	assert_true(next < p->out.n);
	assert_int_equal(p->out.pkt[next].fate, FATE_NET);
	assert_int_equal(p->a.stats.send_datagrams, next);
	stopped = next;
	assert_int_equal(udp_send(&p->a, &p->out, &next, &which), -EAGAIN);
	assert_int_equal(next, stopped);

	lab_run("ip neigh replace 10.8.0.66 lladdr 02:00:00:00:00:66 dev va");
	for (unsigned i = 0; i < 20 && next < p->out.n; i++) {
		assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
		udp_send(&p->a, &p->out, &next, &which);
	}
	assert_int_equal(next, p->out.n);
	assert_int_equal(p->a.stats.send_datagrams, p->out.n);
	assert_int_equal(p->a.stats.errors, 0);
}

/* --- sockets apart --- */

static void part(struct udp *u)
{
	int fd[UDP_WAYS - UDP_SOCKETS];

	udp_apart(u->fd, 0, fd);
	for (unsigned i = 0; i < LEN(fd); i++)
		assert_true(fd[i] >= 0);
	udp_use_apart(u, fd);
}

static void test_all_ways_leave_from_one_port_and_none_but_the_first_receives(void **state)
{
	static const char *const address[UDP_SOCKETS] = { "127.0.0.1", "fd09::2" };
	struct pair *p = *state;
	struct endpoint all = end_at("127.255.255.255", p->port_a);
	int on = 1;

	part(&p->a);
	for (int which = 0; which < UDP_SOCKETS; which++) {
		struct endpoint end[1 + UDP_APART], back = end_at(address[which], p->port_a);
		unsigned got = 0;

		batch_reset(&p->out);
		for (unsigned i = 0; i < LEN(end); i++) {
			end[i] = end_at(address[which], p->port_b);
			end[i].ifindex = 10 + i;
			put(&p->out, &end[i], 100, i);
		}
		send_all(&p->a, &p->out);
		while (got < LEN(end)) {
			int n = recv_some(&p->b, which, &p->in);

			for (int i = 0; i < n; i++, got++) {
				assert_true(holds(&p->in.pkt[i], 100, got));
				assert_int_equal(endpoint_port(p->in.pkt[i].end), p->port_a);
			}
		}
		for (unsigned i = 0; i < LEN(end); i++)
			assert_int_equal(udp_way(&p->a, &end[i]), which + UDP_SOCKETS * (int)i);

		/* From many places, as a hash would share them out. */
		for (unsigned i = 0; i < 64; i++) {
			int family = which == UDP_V4 ? AF_INET : AF_INET6;
			int fd = udp_socket(family, 0, 0);

			assert_true(fd >= 0);
			assert_int_equal(
				sendto(fd, "x", 1, 0, &back.remote.sa, endpoint_len(&back)), 1);
			close(fd);
		}
		for (got = 0; got < 64;)
			got += (unsigned)recv_some(&p->a, which, &p->in);
		assert_int_equal(got, 64);
	}
	setsockopt(p->b.fd[UDP_V4], SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	assert_int_equal(sendto(p->b.fd[UDP_V4], "x", 1, 0, &all.remote.sa, endpoint_len(&all)), 1);
	assert_int_equal(recv_some(&p->a, UDP_V4, &p->in), 1);
	for (int i = UDP_SOCKETS; i < UDP_WAYS; i++)
		assert_false(readable(p->a.fd[i], 0));
}

static void test_links_get_ways_in_the_order_in_which_they_come(void **state)
{
	struct pair *p = *state;
	struct endpoint end = end_at("127.0.0.1", 9);
	static const struct {
		uint32_t ifindex;
		int way;
	} seen[] = { { 0, 6 }, { 7, 0 }, { 8, 2 },  { 7, 0 },  { 0, 6 }, { 9, 4 },
		     { 5, 6 }, { 0, 6 }, { 12, 0 }, { 13, 2 }, { 8, 2 } };

	end.ifindex = 7;
	assert_int_equal(udp_way(&p->a, &end), 0); /* there are none apart */
	end.ifindex = 8;
	assert_int_equal(udp_way(&p->a, &end), 0);
	assert_false(udp_ways_differ(&p->a));
	part(&p->a);
	for (unsigned i = 0; i < LEN(seen); i++) {
		end.ifindex = seen[i].ifindex;
		assert_int_equal(udp_way(&p->a, &end), seen[i].way);
		assert_int_equal(udp_ways_differ(&p->a), i >= 2);
	}
}

static void test_links_that_are_not_used_make_room(void **state)
{
	struct pair *p = *state;
	struct endpoint end = end_at("127.0.0.1", 9);

	part(&p->a);
	for (end.ifindex = 1; end.ifindex <= 4; end.ifindex++)
		udp_way(&p->a, &end);
	udp_age_links(&p->a); /* all were used */
	assert_true(udp_ways_differ(&p->a));
	end.ifindex = 2;
	for (unsigned i = 0; i < 100000; i++) /* much by one hides none of the others */
		assert_int_equal(udp_way(&p->a, &end), 2);
	assert_true(udp_ways_differ(&p->a));
	end.ifindex = 4;
	assert_int_equal(udp_way(&p->a, &end), 6);
	udp_age_links(&p->a);
	assert_true(udp_ways_differ(&p->a));
	end.ifindex = 9;
	assert_int_equal(udp_way(&p->a, &end), 0);
	end.ifindex = 3;
	assert_int_equal(udp_way(&p->a, &end), 4);
	end.ifindex = 2; /* it keeps its own */
	assert_int_equal(udp_way(&p->a, &end), 2);
	udp_age_links(&p->a);
	udp_way(&p->a, &end);
	udp_age_links(&p->a);
	assert_false(udp_ways_differ(&p->a));
	assert_int_equal(udp_way(&p->a, &end), 2);
}

/* Before it joins what arrives, the kernel asks any of those that share the port. */
static void test_sockets_apart_join_as_the_first_one_does(void **state)
{
	static struct offloads off = { .kind[OFFLOAD_UDP_GRO].wish = OFFLOAD_OFF };
	struct pair *p = *state;
	int on = 0;
	socklen_t len = sizeof(on);

	if (getsockopt(p->a.fd[UDP_V4], SOL_UDP, UDP_GRO, &on, &len) < 0)
		skip(); /* Linux before 5.12 */
	assert_int_equal(on, 1);
	part(&p->a);
	for (int i = UDP_SOCKETS; i < UDP_WAYS; i++)
		assert_int_equal(option(p->a.fd[i], SOL_UDP, UDP_GRO), 1);
	udp_fini(&p->a);
	open_user(&p->a, &off, &p->port_a);
	part(&p->a);
	for (int i = 0; i < UDP_WAYS; i++)
		assert_int_equal(option(p->a.fd[i], SOL_UDP, UDP_GRO), 0);
}

static void test_a_full_link_leaves_room_for_the_others(void **state)
{
	struct pair *p = *state;
	struct endpoint slow = end_at("10.8.0.67", 9), fast = end_at("127.0.0.1", p->port_b);
	int tiny = 1, which = -1;
	uint32_t next = 0;

	part(&p->a);
	slow.ifindex = 2;
	fast.ifindex = 1;
	udp_way(&p->a, &fast);
	for (int i = 0; i < UDP_WAYS; i++)
		setsockopt(p->a.fd[i], SOL_SOCKET, SO_SNDBUF, &tiny, sizeof(tiny));
	for (unsigned i = 0; i < 12; i++)
		put(&p->out, &slow, 1000 + 100 * (i % 3), i);
	assert_int_equal(udp_send(&p->a, &p->out, &next, &which), -EAGAIN);
	assert_int_equal(which, UDP_SOCKETS + UDP_V4);
	batch_reset(&p->out);
	for (unsigned i = 0; i < 12; i++)
		put(&p->out, &fast, 100 + i % 3, i);
	send_all(&p->a, &p->out);
	for (int got = 0; got < 12;)
		got += recv_some(&p->b, UDP_V4, &p->in);
}

static void test_port_with_sockets_apart_is_nobody_elses(void **state)
{
	struct pair *p = *state;
	int fd[UDP_SOCKETS];
	uint16_t bound;

	part(&p->a);
	assert_int_equal(udp_pair(p->port_a, 0, fd, &bound), -EADDRINUSE);
	assert_int_equal(udp_socket(AF_INET, p->port_a, 0), -EADDRINUSE);
	udp_close(&p->a);
	assert_int_equal(udp_pair(p->port_a, 0, fd, &bound), 0);
	close(fd[UDP_V4]);
	close(fd[UDP_V6]);
}

static void carry(struct pair *p, int which, const char *address, size_t len)
{
	struct endpoint to = end_at(address, p->port_b);

	batch_reset(&p->out);
	put(&p->out, &to, len, 5);
	send_all(&p->a, &p->out);
	assert_int_equal(p->out.pkt[0].fate, FATE_NET);
	assert_int_equal(recv_some(&p->b, which, &p->in), 1);
	assert_true(holds(&p->in.pkt[0], len, 5));
	assert_non_null(p->in.pkt[0].end);
}

static void test_empty_and_longest_datagrams_arrive_whole(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("127.0.0.1", p->port_b);

	carry(p, UDP_V4, "127.0.0.1", 0);
	carry(p, UDP_V6, "::1", 0);
	carry(p, UDP_V4, "127.0.0.1", 1);
	carry(p, UDP_V4, "127.0.0.1", V4_LONGEST);
	carry(p, UDP_V6, "::1", V6_LONGEST);
	batch_reset(&p->out);
	put(&p->out, &to, V4_LONGEST + 1, 0);
	send_all(&p->a, &p->out);
	assert_int_equal(p->out.pkt[0].fate, FATE_SEND);
	assert_int_equal(p->out.pkt[0].err, EMSGSIZE);
}

/* The lengths of one batch, which must arrive as they are and in order. */
static void carry_all(struct pair *p, int which, const struct endpoint *to, const size_t *len,
		      unsigned n)
{
	unsigned got = 0;

	batch_reset(&p->out);
	for (unsigned i = 0; i < n; i++)
		put(&p->out, to, len[i], i);
	send_all(&p->a, &p->out);
	while (got < n) {
		int r = recv_some(&p->b, which, &p->in);

		assert_true(r > 0);
		for (int i = 0; i < r; i++, got++) {
			assert_true(got < n);
			assert_true(holds(&p->in.pkt[i], len[got], got));
			assert_int_equal(endpoint_port(p->in.pkt[i].end), p->port_a);
			assert_int_equal(p->in.pkt[i].end->local.family, to->remote.sa.sa_family);
		}
	}
	assert_int_equal(got, n);
	assert_false(readable(p->b.fd[which], 5));
}

static unsigned bulk(size_t *len, unsigned n, size_t each, size_t last)
{
	for (unsigned i = 0; i < n; i++)
		len[i] = each;
	len[n++] = last;
	return n;
}

static void test_runs_leave_in_few_sends_and_arrive_in_order(void **state)
{
	static const char *const address[UDP_SOCKETS] = { "127.0.0.1", "fd09::2" };
	struct pair *p = *state;
	size_t len[301];

	for (int which = 0; which < UDP_SOCKETS; which++) {
		struct endpoint to = end_at(address[which], p->port_b);
		unsigned n = bulk(len, 130, 1452, 100);

		p->a.stats = p->b.stats = (struct udp_stats){ 0 };
		carry_all(p, which, &to, len, n);
		assert_int_equal(p->a.stats.send_datagrams, n);
		assert_int_equal(p->b.stats.recv_datagrams, n);
		if (option(p->a.fd[which], SOL_UDP, UDP_SEGMENT) == 0) {
			assert_int_equal(p->a.stats.send_calls, 3);
			assert_int_equal(p->a.stats.send_runs, 3);
		}
		assert_int_equal(p->b.stats.truncated, 0);
		/* Many small ones: bounded by their number. */
		n = bulk(len, 300, 48, 32);
		carry_all(p, which, &to, len, n);
		assert_int_equal(p->a.stats.runs_refused, 0);
		assert_int_equal(p->a.stats.errors, 0);
	}
}

static void test_receiver_gets_runs_joined(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("127.0.0.1", p->port_b);
	size_t len[46];
	unsigned n = bulk(len, 44, 1452, 1452);
	int on = 0;
	socklen_t size = sizeof(on);

	if (getsockopt(p->b.fd[UDP_V4], SOL_UDP, UDP_GRO, &on, &size) < 0)
		skip(); /* kernel before 5.12 */
	assert_int_equal(on, 1);
	carry_all(p, UDP_V4, &to, len, n);
	assert_int_equal(p->b.stats.recv_runs, 1);
	assert_int_equal(p->b.stats.recv_datagrams, 45);
	assert_int_equal(p->b.stats.recv_calls, 1);
}

static void test_receiver_without_joining_gets_each_datagram(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("127.0.0.1", p->port_b);
	int off = 0, fd[UDP_SOCKETS] = { p->b.fd[UDP_V4], p->b.fd[UDP_V6] };
	size_t len[46];
	unsigned n = bulk(len, 45, 1000, 999);

	setsockopt(fd[UDP_V4], SOL_UDP, UDP_GRO, &off, sizeof(off));
	udp_use(&p->b, fd);
	carry_all(p, UDP_V4, &to, len, n);
	assert_int_equal(p->b.stats.recv_runs, 0);
	assert_int_equal(p->b.stats.recv_datagrams, n);
}

static void test_mixed_lengths_ends_and_tos_keep_their_order(void **state)
{
	static const size_t mixed[] = {
		148, 1452, 1452, 96, 1452, 32, 32, 0, 0, 32, 1452, 1500, 1
	};
	struct pair *p = *state;
	struct endpoint to = end_at("127.0.0.1", p->port_b), same = to;
	unsigned got = 0;

	carry_all(p, UDP_V4, &to, mixed, LEN(mixed));
	batch_reset(&p->out);
	for (unsigned i = 0; i < 60; i++)
		put(&p->out, i % 7 < 3 ? &to : &same, 500, i)->tos = i % 5 ? 2 : 0;
	send_all(&p->a, &p->out);
	while (got < 60) {
		int r = recv_some(&p->b, UDP_V4, &p->in);

		for (int i = 0; i < r; i++, got++) {
			assert_true(holds(&p->in.pkt[i], 500, got));
			assert_int_equal(p->in.pkt[i].tos, got % 5 ? 2 : 0);
		}
	}
}

static void test_gaps_between_packets_do_not_reach_the_wire(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("127.0.0.1", p->port_b);
	unsigned got = 0;

	for (unsigned i = 0; i < 30; i++) {
		struct pkt *pkt = put(&p->out, &to, 333, i);

		/* Some touch, some do not, and some between them go elsewhere. */
		if (i % 3 == 0)
			assert_non_null(batch_carve(&p->out, 17));
		if (i % 10 == 4)
			pkt->fate = FATE_STAGED;
	}
	send_all(&p->a, &p->out);
	while (got < 27) {
		int r = recv_some(&p->b, UDP_V4, &p->in);

		assert_true(r > 0);
		for (int i = 0; i < r; i++, got++) {
			/* The fifth of each ten was not sent. */
			unsigned seed = got / 9 * 10 + got % 9 + (got % 9 >= 4);

			assert_true(holds(&p->in.pkt[i], 333, seed));
		}
	}
	assert_int_equal(got, 27);
}

static void test_path_too_narrow_for_runs_gets_fragments(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("127.0.0.1", p->port_b);
	size_t len[46];
	unsigned n = bulk(len, 45, 1452, 700);

	lab_run("ip link set lo mtu 1280");
	carry_all(p, UDP_V4, &to, len, n);
	lab_run("ip link set lo mtu 65536");
	assert_int_equal(p->a.stats.errors, 0);
	assert_int_equal(p->a.stats.send_datagrams, n);
	if (p->a.stats.runs_refused == 0)
		assert_int_equal(p->a.stats.send_calls, n);
	else
		assert_true(p->a.stats.send_calls > n);

	/* It was the path, not the socket: runs come back with the wide one. */
	p->a.stats = (struct udp_stats){ 0 };
	carry_all(p, UDP_V4, &to, len, n);
	if (option(p->a.fd[UDP_V4], SOL_UDP, UDP_SEGMENT) == 0)
		assert_true(p->a.stats.send_calls <= 2);
}

/* How many runs left, and what flag the packets to each of the two ends have. */
static void mix_ends(struct pair *p, const struct endpoint end[2], uint8_t flags, uint8_t seen[2])
{
	batch_reset(&p->out);
	p->a.stats = (struct udp_stats){ 0 };
	for (unsigned i = 0; i < 200; i++) {
		struct pkt *pkt = put(&p->out, &end[i / 20 % 2], 1400, i);

		if (i / 20 % 2 == 0)
			pkt->flags = flags;
	}
	send_all(&p->a, &p->out);
	for (unsigned k = 0; k < 2; k++) {
		seen[k] = p->out.pkt[20 * k].flags;
		for (unsigned i = 0; i < 200; i++) {
			if (p->out.pkt[i].end == &end[k])
				assert_int_equal(p->out.pkt[i].flags, seen[k]);
		}
	}
}

static void test_only_the_end_that_refuses_runs_goes_without(void **state)
{
	struct pair *p = *state;
	struct endpoint end[2] = { end_at("127.0.0.9", p->port_b), end_at("127.0.0.1", p->port_b) };
	uint8_t seen[2];

	if (option(p->a.fd[UDP_V4], SOL_UDP, UDP_SEGMENT) != 0)
		skip(); /* Linux before 4.18 */
	/* A narrow way: the kernel neither splits for it, nor fragments what it split. */
	lab_run("ip route add local 127.0.0.9 dev lo table local mtu 1280");
	mix_ends(p, end, 0, seen);
	assert_int_equal(p->a.stats.errors, 0);
	assert_int_equal(p->a.stats.runs_refused, 1);
	assert_int_equal(p->a.stats.send_runs, 5);
	assert_int_equal(seen[0], PKT_RUN_REFUSED);
	assert_int_equal(seen[1], 0);
	/* As the core asks for it then. */
	mix_ends(p, end, PKT_ALONE, seen);
	assert_int_equal(p->a.stats.runs_refused, 0);
	assert_int_equal(p->a.stats.send_runs, 5);
	assert_int_equal(seen[0], PKT_ALONE);
	lab_run("ip route del local 127.0.0.9 dev lo table local");
	mix_ends(p, end, 0, seen);
	assert_int_equal(p->a.stats.send_runs, 10);

	/* What cannot be sent at all is no reason to send singly. */
	end[0].remote.v4.sin_port = 0;
	mix_ends(p, end, 0, seen);
	assert_int_equal(p->a.stats.errors, 100);
	assert_int_equal(p->a.stats.runs_refused, 5);
	assert_int_equal(p->a.stats.send_runs, 5);
	assert_int_equal(seen[0], 0);
	assert_true(offload_on(&p->offloads, OFFLOAD_UDP_GSO));
}

static void test_batch_without_room_says_so(void **state)
{
	struct pair *p = *state;
	struct endpoint to = end_at("127.0.0.1", p->port_b);
	struct batch small;
	size_t each[] = { 100, 90 };

	for (unsigned i = 0; i < 2; i++)
		put(&p->out, &to, each[i], i);
	put(&p->out, &to, 95, 2);
	send_all(&p->a, &p->out);
	assert_int_equal(batch_init(&small, 600, 8, 1000), 0);
	assert_int_equal(udp_recv(&p->b, UDP_V4, &small), -ENOBUFS);
	batch_fini(&small);
	/* One packet, one sender: one message at a time, cut to what fits. */
	assert_int_equal(batch_init(&small, 1, 1, UDP_RECV_SLOT_BYTES), 0);
	assert_int_equal(recv_some(&p->b, UDP_V4, &small), 1);
	assert_true(holds(&small.pkt[0], 100, 0));
	if (p->b.stats.recv_runs) {
		assert_int_equal(p->b.stats.truncated, 1);
	} else {
		assert_int_equal(recv_some(&p->b, UDP_V4, &small), 1);
		assert_true(holds(&small.pkt[0], 90, 1));
	}
	assert_int_equal(recv_some(&p->b, UDP_V4, &small), 1);
	assert_true(holds(&small.pkt[0], 95, 2));
	batch_fini(&small);
}

static void test_pending_icmp_does_not_stop_receiving(void **state)
{
	struct pair *p = *state;
	struct endpoint closed = end_at("127.0.0.1", 9), self = end_at("127.0.0.1", p->port_a);
	int on = 1, fd = p->a.fd[UDP_V4];

	/* Makes the kernel report ICMP errors on a socket that is not connected. */
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)), 0);
	put(&p->out, &self, 40, 1);
	put(&p->out, &closed, 40, 2);
	send_all(&p->a, &p->out);
	assert_int_equal(recv_some(&p->a, UDP_V4, &p->in), 1);
	assert_true(holds(&p->in.pkt[0], 40, 1));
	assert_int_equal(p->a.stats.recv_calls, 2);
}

static void test_nothing_waiting_is_not_an_error(void **state)
{
	struct pair *p = *state;

	assert_int_equal(udp_recv(&p->a, UDP_V4, &p->in), 0);
	batch_reset(&p->in);
	assert_int_equal(udp_recv(&p->a, UDP_V6, &p->in), 0);
	udp_close(&p->a);
	batch_reset(&p->in);
	assert_int_equal(udp_recv(&p->a, UDP_V4, &p->in), -EBADF);
}

#define WITH_PAIR(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(test_pair_for_any_port_gets_the_same_port_twice),
		WITH_PAIR(test_taken_port_is_refused_and_nothing_stays_open),
		WITH_PAIR(test_socket_is_set_as_the_contract_says),
		cmocka_unit_test(test_mark_is_set_and_changed),
		WITH_PAIR(test_answer_leaves_from_the_address_that_was_asked),
		WITH_PAIR(test_link_local_answer_finds_its_link),
		WITH_PAIR(test_link_local_source_finds_its_link_to_any_address),
		WITH_PAIR(test_broadcast_can_be_answered),
		WITH_PAIR(test_multicast_leaves_the_source_to_routing),
		WITH_PAIR(test_tos_goes_out_and_comes_in),
		WITH_PAIR(test_vanished_source_is_left_out_and_told),
		WITH_PAIR(test_missing_route_does_not_blame_the_source),
		WITH_PAIR(test_refused_packets_do_not_stop_the_rest),
		WITH_PAIR(test_family_without_socket_is_refused),
		WITH_PAIR(test_full_socket_stops_and_goes_on_where_it_stopped),
		WITH_PAIR(test_all_ways_leave_from_one_port_and_none_but_the_first_receives),
		WITH_PAIR(test_links_get_ways_in_the_order_in_which_they_come),
		WITH_PAIR(test_links_that_are_not_used_make_room),
		WITH_PAIR(test_sockets_apart_join_as_the_first_one_does),
		WITH_PAIR(test_a_full_link_leaves_room_for_the_others),
		WITH_PAIR(test_port_with_sockets_apart_is_nobody_elses),
		WITH_PAIR(test_empty_and_longest_datagrams_arrive_whole),
		WITH_PAIR(test_runs_leave_in_few_sends_and_arrive_in_order),
		WITH_PAIR(test_receiver_gets_runs_joined),
		WITH_PAIR(test_receiver_without_joining_gets_each_datagram),
		WITH_PAIR(test_mixed_lengths_ends_and_tos_keep_their_order),
		WITH_PAIR(test_gaps_between_packets_do_not_reach_the_wire),
		WITH_PAIR(test_path_too_narrow_for_runs_gets_fragments),
		WITH_PAIR(test_only_the_end_that_refuses_runs_goes_without),
		WITH_PAIR(test_batch_without_room_says_so),
		WITH_PAIR(test_pending_icmp_does_not_stop_receiving),
		WITH_PAIR(test_nothing_waiting_is_not_an_error),
	};

	lab_enter();
	if (lab_try("ip addr add 10.9.0.1/32 dev lo && ip addr add 10.9.0.2/32 dev lo &&"
		    "ip addr add fd09::1/128 dev lo nodad && ip addr add fd09::2/128 dev lo nodad &&"
		    "ip link add va type veth peer name vb && ip link set va up && ip link set vb up &&"
		    "ip addr add fe80::a/64 dev va nodad && ip addr add fe80::b/64 dev vb nodad &&"
		    "ip addr add 10.8.0.1/24 dev va && ip addr add fd08::1/128 dev va nodad &&"
		    "ip -6 route add fd08::1 dev vb") ||
	    /* The kernel answers for them a moment later. */
	    lab_try("for i in $(seq 500); do ip -6 route show table local | "
		    "grep -c ' \\(fe80::[ab]\\|fd08::1\\) ' | grep -q 3 && exit; "
		    "sleep 0.01; done; exit 1")) {
		fprintf(stderr, "SKIP: no veth, or no IPv6 here\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
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
#include "io/udp_error.h"
#include "lab.h"

enum { WAIT_MS = 2000, ROUNDS = 300, CLOSED = 9 };

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

static void open_user(struct udp *u, struct offloads *offloads, uint16_t *port)
{
	int fd[UDP_SOCKETS];

	assert_int_equal(udp_init(u, offloads), 0);
	assert_int_equal(udp_pair(0, 0, fd, port), 0);
	udp_use(u, fd);
}

static int set_up(void **state)
{
	static struct pair p;

	memset(&p, 0, sizeof(p));
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

static void put(struct batch *b, const struct endpoint *end, size_t len)
{
	struct pkt *p = batch_add(b, len);

	assert_non_null(p);
	memset(p->data, 0x5a, len);
	p->fate = FATE_NET;
	p->end = end;
}

static void send_all(struct udp *u, struct batch *b)
{
	uint32_t next = 0;
	int which = -1;

	assert_int_equal(udp_send(u, b, &next, &which), 0);
	assert_int_equal(next, b->n);
}

static bool becomes_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* Nothing that a loop would wake up for. */
static bool is_quiet(int fd)
{
	return !becomes_readable(fd, 20);
}

/* What a loop does when it is woken up. */
static int hear(struct pair *p, int which)
{
	batch_reset(&p->in);
	return udp_recv(&p->a, which, &p->in);
}

static void expect_closed(struct pair *p, int which, const char *host, uint8_t type, uint8_t code)
{
	struct endpoint closed = end_at(host, CLOSED);
	struct udp_error e;
	struct ip from;

	assert_false(udp_error_take(&p->a, &e));
	put(&p->out, &closed, 40);
	send_all(&p->a, &p->out);
	assert_int_equal(p->out.pkt[0].fate, FATE_NET);
	assert_true(becomes_readable(p->a.fd[which], WAIT_MS));
	assert_int_equal(hear(p, which), 0);
	assert_true(udp_error_take(&p->a, &e));
	assert_true(endpoint_same_remote(&e.to, &closed));
	from = endpoint_ip(&closed);
	assert_true(ip_equal(&e.from, &from));
	assert_int_equal(e.type, type);
	assert_int_equal(e.code, code);
	assert_int_equal(e.err, ECONNREFUSED);
	assert_false(udp_error_take(&p->a, &e));
	assert_true(is_quiet(p->a.fd[which]));
}

static void test_closed_port_is_told_with_who_says_so(void **state)
{
	expect_closed(*state, UDP_V4, "10.9.0.2", 3, 3);
}

static void test_closed_port_is_told_by_ipv6_too(void **state)
{
	expect_closed(*state, UDP_V6, "fd09::2", 1, 4);
}

static bool is_told(struct udp *u, const struct endpoint *closed)
{
	struct udp_error e;
	bool told = false;

	while (udp_error_take(u, &e))
		told |= endpoint_same_remote(&e.to, closed);
	return told;
}

/* The socket of this family at which something has arrived. */
static int who_hears(struct pair *p, int family)
{
	for (int wait = 0; wait < WAIT_MS; wait++) {
		for (int i = family; i < UDP_WAYS; i += UDP_SOCKETS) {
			if (becomes_readable(p->a.fd[i], i == family))
				return i;
		}
	}
	fail();
	return -1;
}

/*
 * The first socket sends, but who hears of it is chosen by a hash of both addresses: with 32
 * ports it is any of them.
 */
static void expect_closed_of_many(struct pair *p, int family, const char *host)
{
	unsigned others = 0;

	for (uint16_t port = 1; port <= 32; port++) {
		struct endpoint closed = end_at(host, port);
		int which;

		batch_reset(&p->out);
		put(&p->out, &closed, 40);
		send_all(&p->a, &p->out);
		which = who_hears(p, family);
		others += which >= UDP_SOCKETS;
		if (which < UDP_SOCKETS)
			assert_int_equal(hear(p, which), 0);
		else
			udp_error_expect(&p->a, which);
		assert_true(is_told(&p->a, &closed));
		assert_false(becomes_readable(p->a.fd[which], 0));
	}
	assert_true(others > 0);
}

static void test_sockets_apart_hear_of_datagrams_that_others_sent(void **state)
{
	struct pair *p = *state;
	int fd[UDP_WAYS - UDP_SOCKETS];

	udp_apart(p->a.fd, 0, fd);
	udp_use_apart(&p->a, fd);
	expect_closed_of_many(p, UDP_V4, "10.9.0.2");
	expect_closed_of_many(p, UDP_V6, "fd09::2");
}

/* A queue without room: the error remains, and nothing else. */
static void test_error_without_a_report_does_not_stay(void **state)
{
	struct pair *p = *state;
	int fd[UDP_WAYS - UDP_SOCKETS], tiny = 1;
	struct udp_error e;

	udp_apart(p->a.fd, 0, fd);
	udp_use_apart(&p->a, fd);
	for (int i = UDP_SOCKETS; i < UDP_WAYS; i++)
		setsockopt(p->a.fd[i], SOL_SOCKET, SO_RCVBUF, &tiny, sizeof(tiny));
	for (uint16_t i = 0; i < 400; i++) {
		struct endpoint closed = end_at("10.9.0.2", (uint16_t)(1 + i % 64));

		batch_reset(&p->out);
		put(&p->out, &closed, 1000);
		send_all(&p->a, &p->out);
	}
	for (int i = UDP_SOCKETS; i < UDP_WAYS; i++) {
		for (unsigned turns = 0; turns < 100 && !is_quiet(p->a.fd[i]); turns++) {
			udp_error_expect(&p->a, i);
			while (udp_error_take(&p->a, &e))
				;
		}
		assert_true(is_quiet(p->a.fd[i]));
	}
}

/* Each datagram for a closed port comes back as an error, which the next send meets. */
static void cost_nothing(struct pair *p, const char *host)
{
	struct endpoint closed = end_at(host, CLOSED), good = end_at(host, p->port_b);
	int which = good.remote.sa.sa_family == AF_INET ? UDP_V4 : UDP_V6;
	unsigned told = 0, got = 0, wait = 0;
	struct udp_error e;

	for (unsigned i = 0; i < ROUNDS; i++) {
		batch_reset(&p->out);
		put(&p->out, &closed, 40);
		put(&p->out, &good, 100);
		put(&p->out, &closed, 40);
		put(&p->out, &good, 100);
		send_all(&p->a, &p->out);
		for (unsigned k = 0; k < p->out.n; k++)
			assert_int_equal(p->out.pkt[k].fate, FATE_NET);
		/* The other side's queue is bounded, too. */
		batch_reset(&p->in);
		got += (unsigned)udp_recv(&p->b, which, &p->in);
		hear(p, which);
		for (unsigned k = 0; k < 16 && udp_error_take(&p->a, &e); k++)
			told++;
	}
	for (; got < 2 * ROUNDS && wait < WAIT_MS; wait += 20) {
		if (!becomes_readable(p->b.fd[which], 20))
			continue;
		batch_reset(&p->in);
		got += (unsigned)udp_recv(&p->b, which, &p->in);
	}
	assert_int_equal(got, 2 * ROUNDS);
	assert_int_equal(p->a.stats.errors, 0);
	assert_true(p->a.stats.pending_errors > 0);
	assert_true(told > 0);
	for (wait = 0; wait < 100 && !is_quiet(p->a.fd[which]); wait++) {
		hear(p, which);
		while (udp_error_take(&p->a, &e))
			;
	}
	assert_true(is_quiet(p->a.fd[which]));
}

static void test_refusals_never_cost_a_datagram(void **state)
{
	cost_nothing(*state, "10.9.0.2");
}

static void test_refusals_never_cost_a_datagram_by_ipv6(void **state)
{
	cost_nothing(*state, "fd09::2");
}

static void test_refusals_do_not_stop_receiving(void **state)
{
	struct pair *p = *state;
	struct endpoint closed = end_at("10.9.0.2", CLOSED), back = end_at("10.9.0.1", p->port_a);

	put(&p->out, &closed, 40);
	send_all(&p->a, &p->out);
	batch_reset(&p->out);
	put(&p->out, &back, 77);
	send_all(&p->b, &p->out);
	assert_true(becomes_readable(p->a.fd[UDP_V4], WAIT_MS));
	assert_int_equal(hear(p, UDP_V4), 1);
	assert_int_equal(p->in.pkt[0].len, 77);
}

static void test_real_refusals_stay_with_their_datagram(void **state)
{
	struct pair *p = *state;
	struct endpoint nowhere = end_at("203.0.113.1", 1), good = end_at("10.9.0.2", p->port_b);

	put(&p->out, &nowhere, 40);
	put(&p->out, &good, 40);
	send_all(&p->a, &p->out);
	assert_int_equal(p->out.pkt[0].fate, FATE_SEND);
	assert_int_equal(p->out.pkt[0].err, ENETUNREACH);
	assert_int_equal(p->out.pkt[1].fate, FATE_NET);
	assert_int_equal(p->a.stats.errors, 1);
}

/* The kernel holds a limited number, and we read a few per turn: it ends nevertheless. */
static void test_a_heap_of_errors_is_worked_off(void **state)
{
	struct pair *p = *state;
	struct endpoint closed = end_at("10.9.0.2", CLOSED);
	struct udp_error e;
	unsigned turns = 0, told = 0;

	for (unsigned i = 0; i < 200; i++) {
		batch_reset(&p->out);
		put(&p->out, &closed, 40);
		send_all(&p->a, &p->out);
	}
	while (becomes_readable(p->a.fd[UDP_V4], 50) && turns++ < 1000) {
		assert_true(hear(p, UDP_V4) >= 0);
		for (unsigned k = 0; k < 4 && udp_error_take(&p->a, &e); k++)
			told++;
	}
	assert_true(turns < 1000);
	assert_true(told >= 1);
	assert_true(is_quiet(p->a.fd[UDP_V4]));
}

static void test_pending_and_doubtful_errors_are_told_apart(void **state)
{
	(void)state;
	assert_true(udp_error_must_pend(ECONNREFUSED));
	assert_false(udp_error_must_pend(ENETUNREACH));
	assert_true(udp_error_may_pend(ECONNREFUSED));
	assert_true(udp_error_may_pend(ENETUNREACH));
	assert_false(udp_error_may_pend(EPERM));
	assert_false(udp_error_may_pend(EAGAIN));
	assert_false(udp_error_may_pend(EBADF));
}

static void test_closed_sockets_have_no_errors(void **state)
{
	struct pair *p = *state;
	struct endpoint closed = end_at("10.9.0.2", CLOSED);
	struct udp_error e;

	put(&p->out, &closed, 40);
	send_all(&p->a, &p->out);
	becomes_readable(p->a.fd[UDP_V4], WAIT_MS);
	hear(p, UDP_V4);
	udp_close(&p->a);
	assert_false(udp_error_take(&p->a, &e));
	udp_fini(&p->a);
	assert_false(udp_error_take(&p->a, &e));
}

#define WITH_PAIR(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(test_closed_port_is_told_with_who_says_so),
		WITH_PAIR(test_closed_port_is_told_by_ipv6_too),
		WITH_PAIR(test_sockets_apart_hear_of_datagrams_that_others_sent),
		WITH_PAIR(test_error_without_a_report_does_not_stay),
		WITH_PAIR(test_refusals_never_cost_a_datagram),
		WITH_PAIR(test_refusals_never_cost_a_datagram_by_ipv6),
		WITH_PAIR(test_refusals_do_not_stop_receiving),
		WITH_PAIR(test_real_refusals_stay_with_their_datagram),
		WITH_PAIR(test_a_heap_of_errors_is_worked_off),
		cmocka_unit_test(test_pending_and_doubtful_errors_are_told_apart),
		WITH_PAIR(test_closed_sockets_have_no_errors),
	};

	lab_enter();
	if (lab_try("ip addr add 10.9.0.1/32 dev lo && ip addr add 10.9.0.2/32 dev lo &&"
		    "ip addr add fd09::1/128 dev lo nodad && ip addr add fd09::2/128 dev lo nodad")) {
		fprintf(stderr, "SKIP: no IPv6 here\n");
		return 77;
	}
	/* Else only a few come back per second. */
	lab_try("sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 "
		"net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

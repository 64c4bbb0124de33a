/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "crypto/dh.h"
#include "datapath/datapath.h"
#include "forced.h"
#include "proto/admin.h"

/*
 * Two paths, each with a device of memory, joined by a wire of memory that stands
 * in for io/udp.c: this file has all functions of io/udp.h that a path calls.
 */

enum { QUEUE = 512, LONGEST = 1600, ECHO_LEN = 84 };

struct queue {
	uint8_t bytes[QUEUE][LONGEST];
	uint32_t len[QUEUE];
	uint32_t head, tail;
};

struct side {
	struct datapath path;
	struct queue device_in, device_out, wire_in;
	struct endpoint here;
	struct side *other;
	int credit
		[UDP_SOCKETS]; /* datagrams that fit before the socket is full; negative: any number */
	bool deleted;          /* the device */
	uint32_t longest_sent;
};

static struct side sides[2];
static struct instant now;

static void put(struct queue *q, const void *data, uint32_t len)
{
	assert_true(len <= LONGEST);
	assert_true(q->tail - q->head < QUEUE);
	memcpy(q->bytes[q->tail % QUEUE], data, len);
	q->len[q->tail++ % QUEUE] = len;
}

static struct side *side_of(struct udp *u)
{
	return CONTAINER(CONTAINER(u, struct datapath, udp), struct side, path);
}

int udp_init(struct udp *u, struct offloads *offloads)
{
	*u = (struct udp){ .fd = { -1, -1 }, .offloads = offloads };
	return 0;
}

void udp_close(struct udp *u)
{
	u->fd[UDP_V4] = u->fd[UDP_V6] = -1;
}

void udp_fini(struct udp *u)
{
	udp_close(u);
}

int udp_recv(struct udp *u, int which, struct batch *b)
{
	struct side *s = side_of(u);
	int n = 0;

	assert_int_equal(which, UDP_V4);
	while (s->wire_in.head != s->wire_in.tail && n < 8) {
		uint32_t at = s->wire_in.head++ % QUEUE;
		uint8_t *data = batch_carve(b, LONGEST);
		struct endpoint *end = batch_end(b);
		struct pkt *p;

		assert_non_null(data);
		assert_non_null(end);
		memcpy(data, s->wire_in.bytes[at], s->wire_in.len[at]);
		p = batch_point(b, data, s->wire_in.len[at]);
		assert_non_null(p);
		*end = s->other->here;
		p->end = end;
		n++;
	}
	return n;
}

int udp_send(struct udp *u, struct batch *b, uint32_t *next, int *which)
{
	struct side *s = side_of(u);

	for (; *next < b->n; ++*next) {
		struct pkt *p = &b->pkt[*next];
		int socket;

		if (p->fate != FATE_NET)
			continue;
		socket = p->end->remote.sa.sa_family == AF_INET6 ? UDP_V6 : UDP_V4;
		if (s->credit[socket] == 0) {
			*which = socket;
			return -EAGAIN;
		}
		s->credit[socket]--;
		if (p->len > s->longest_sent)
			s->longest_sent = p->len;
		put(&s->other->wire_in, p->data, p->len);
	}
	return 0;
}

static int memory_read(struct dev *dev, struct batch *b)
{
	struct side *s = dev->ctx;
	int n = 0;

	if (s->deleted)
		return -EBADFD;
	while (s->device_in.head != s->device_in.tail) {
		uint32_t at = s->device_in.head % QUEUE;
		struct pkt *p = batch_add(b, s->device_in.len[at]);

		if (!p)
			break;
		memcpy(p->data, s->device_in.bytes[at], p->len);
		s->device_in.head++;
		n++;
	}
	return n;
}

static int memory_write(struct dev *dev, struct batch *b)
{
	struct side *s = dev->ctx;

	for (uint32_t i = 0; i < b->n; i++) {
		if (b->pkt[i].fate != FATE_DEV)
			continue;
		if (s->deleted)
			return -EBADFD;
		put(&s->device_out, b->pkt[i].data, b->pkt[i].len);
	}
	return 0;
}

static void memory_close(struct dev *dev)
{
	dev->fd = -1;
}

static const struct dev_ops memory_ops = {
	.kind = "memory",
	.read = memory_read,
	.write = memory_write,
	.close = memory_close,
};

static struct prefix net_of(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(&p, text, strlen(text)));
	return p;
}

static void set_up_side(struct side *s, int number)
{
	char end[32];

	memset(s, 0, sizeof(*s));
	assert_int_equal(datapath_init(&s->path, &rng_system), 0);
	s->path.dev = (struct dev){ .ops = &memory_ops, .fd = 1000 + number, .ctx = s };
	s->path.udp.fd[UDP_V4] = 2000 + number;
	s->credit[UDP_V4] = s->credit[UDP_V6] = -1;
	s->other = &sides[!number];
	snprintf(end, sizeof(end), "192.0.2.%d:51820", number + 1);
	assert_true(endpoint_parse(&s->here, end, strlen(end)));
	datapath_mtu(&s->path, 1420);
}

static int set_up(void **state)
{
	struct key private_key[2], public_key[2];

	(void)state;
	now = (struct instant){ .mono = 1000 * SECOND_NS, .wall = 1700000000 * SECOND_NS };
	for (int i = 0; i < 2; i++) {
		set_up_side(&sides[i], i);
		rng_fill(&rng_system, &private_key[i], sizeof(private_key[i]));
		key_clamp(&private_key[i]);
		dh_public(&public_key[i], &private_key[i]);
	}
	for (int i = 0; i < 2; i++) {
		struct tunnel *t = &sides[i].path.tunnel;
		struct prefix inside = net_of(i ? "10.0.0.1/32" : "10.0.0.2/32");
		struct peer *p;

		admin_private_key(t, &private_key[i], now);
		assert_int_equal(admin_add(t, &public_key[!i], &p), 0);
		assert_int_equal(admin_allow(t, p, &inside), 0);
		admin_endpoint(t, p, &sides[!i].here);
		admin_up(t, now);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	datapath_fini(&sides[0].path);
	datapath_fini(&sides[1].path);
	return 0;
}

/* An IPv4 packet from one side to the other, with a number to tell it by. */
static void offer(int from, uint32_t len, uint32_t number)
{
	uint8_t ip[LONGEST] = { 0x45 };

	store_be16(ip + 2, (uint16_t)len);
	ip[8] = 64;
	ip[9] = 253;
	store_be32(ip + 12, 0x0a000001 + (uint32_t)from);
	store_be32(ip + 16, 0x0a000001 + (uint32_t)!from);
	store_be32(ip + 20, number);
	put(&sides[from].device_in, ip, len);
}

static uint32_t taken(int side)
{
	struct queue *q = &sides[side].device_out;

	assert_true(q->head != q->tail);
	return load_be32(q->bytes[q->head++ % QUEUE] + 20);
}

static void carry_once(int side)
{
	struct datapath *p = &sides[side].path;

	datapath_from_device(p, now);
	datapath_from_network(p, UDP_V4, now);
	if (tunnel_deadline(&p->tunnel) <= now.mono)
		datapath_tick(p, now);
}

static void carry(void)
{
	for (int i = 0; i < 8; i++) {
		carry_once(0);
		carry_once(1);
	}
}

static void connect_sides(void)
{
	offer(0, ECHO_LEN, 999);
	carry();
	assert_int_equal(taken(1), 999);
}

static struct peer *peer_of(int side)
{
	return admin_first(&sides[side].path.tunnel);
}

static void test_packets_cross_from_device_to_device(void **state)
{
	(void)state;
	connect_sides();
	for (uint32_t i = 0; i < 20; i++) {
		offer(0, ECHO_LEN, i);
		offer(1, ECHO_LEN, 100 + i);
	}
	carry();
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(taken(1), i);
		assert_int_equal(taken(0), 100 + i);
	}
	assert_int_equal(peer_of(1)->rx_packets, 21);
	assert_true(sides[0].path.bytes > 20 * ECHO_LEN);
}

static void test_one_wrong_bit_on_the_wire_never_reaches_the_device(void **state)
{
	struct queue *wire = &sides[1].wire_in;

	(void)state;
	connect_sides();
	offer(0, ECHO_LEN, 1);
	datapath_from_device(&sides[0].path, now);
	assert_int_equal(wire->tail - wire->head, 1);
	for (uint32_t bit = 0; bit < wire->len[wire->head % QUEUE] * 8; bit++) {
		uint8_t copy[LONGEST];
		uint32_t len = wire->len[wire->head % QUEUE];

		memcpy(copy, wire->bytes[wire->head % QUEUE], len);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		sides[1].wire_in.head++;
		put(wire, copy, len);
		datapath_from_network(&sides[1].path, UDP_V4, now);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		put(wire, copy, len);
		assert_int_equal(sides[1].device_out.head, sides[1].device_out.tail);
	}
	datapath_from_network(&sides[1].path, UDP_V4, now);
	assert_int_equal(taken(1), 1);
}

static void test_full_socket_holds_packets_back_and_loses_none(void **state)
{
	struct datapath *p = &sides[0].path;

	(void)state;
	connect_sides();
	for (uint32_t i = 0; i < 10; i++)
		offer(0, ECHO_LEN, i);
	sides[0].credit[UDP_V4] = 3;
	assert_int_equal(datapath_from_device(p, now), 10);
	assert_int_equal(p->blocked, UDP_V4);

	/* While it is full nothing is read from the device. */
	offer(0, ECHO_LEN, 10);
	assert_int_equal(datapath_from_device(p, now), 0);
	assert_int_equal(sides[0].device_in.tail - sides[0].device_in.head, 1);

	/* A little room, and full again. */
	sides[0].credit[UDP_V4] = 2;
	datapath_unblock(p, now);
	assert_int_equal(p->blocked, UDP_V4);
	sides[0].credit[UDP_V4] = -1;
	datapath_unblock(p, now);
	assert_int_equal(p->blocked, -1);

	carry();
	for (uint32_t i = 0; i <= 10; i++)
		assert_int_equal(taken(1), i);
	assert_int_equal(p->tunnel.count[FATE_SEND], 0);
}

static void test_full_socket_does_not_stop_what_comes_in(void **state)
{
	(void)state;
	connect_sides();
	offer(0, ECHO_LEN, 1);
	sides[0].credit[UDP_V4] = 0;
	datapath_from_device(&sides[0].path, now);
	assert_int_equal(sides[0].path.blocked, UDP_V4);
	offer(1, ECHO_LEN, 2);
	datapath_from_device(&sides[1].path, now);
	assert_int_equal(datapath_from_network(&sides[0].path, UDP_V4, now), 1);
	assert_int_equal(taken(0), 2);
}

static void test_quiescing_gives_up_what_is_held_back_and_counts_it(void **state)
{
	struct datapath *p = &sides[0].path;

	(void)state;
	connect_sides();
	for (uint32_t i = 0; i < 10; i++)
		offer(0, ECHO_LEN, i);
	sides[0].credit[UDP_V4] = 4;
	datapath_from_device(p, now);
	datapath_quiesce(p, now);
	assert_int_equal(p->blocked, -1);
	assert_int_equal(p->tunnel.count[FATE_SEND], 6);
	assert_int_equal(peer_of(0)->faults.send[0].err, EAGAIN);
	assert_int_equal(peer_of(0)->send_error, 0); /* it passes */
	datapath_quiesce(p, now);
	assert_int_equal(p->tunnel.count[FATE_SEND], 6);
}

/* Held-back packets refer to their peer: after a flush none does. */
static void test_after_quiescing_a_peer_may_go(void **state)
{
	struct datapath *p = &sides[0].path;

	(void)state;
	connect_sides();
	for (uint32_t i = 0; i < 10; i++)
		offer(0, ECHO_LEN, i);
	sides[0].credit[UDP_V4] = 4;
	datapath_from_device(p, now);
	assert_int_equal(p->blocked, UDP_V4);
	datapath_quiesce(p, now);
	assert_null(ring_oldest(&p->out));
	assert_null(p->tunnel.retired);
	admin_remove(&p->tunnel, peer_of(0));
	sides[0].credit[UDP_V4] = -1;
	datapath_unblock(p, now);
	offer(0, ECHO_LEN, 11);
	assert_int_equal(datapath_from_device(p, now), 1);
	assert_int_equal(p->tunnel.count[FATE_NO_PEER], 1);
	datapath_tick(p, now);
}

/* Who hears of it looks at all peers, and packets pass meanwhile. */
static void on_event_with_a_breath(void *ctx, const struct event *e, struct instant at)
{
	struct datapath *p = ctx;

	(void)e;
	for (uint32_t i = 0; i < 10; i++)
		offer(0, ECHO_LEN, i);
	sides[0].credit[UDP_V4] = 4;
	datapath_from_device(p, at);
	assert_int_equal(p->blocked, UDP_V4);
}

static void test_after_quiescing_nothing_is_held_back_whoever_hears_of_it(void **state)
{
	struct datapath *p = &sides[0].path;

	(void)state;
	connect_sides();
	p->heard = on_event_with_a_breath;
	p->ctx = p;
	assert_true(p->tunnel.event_count > 0);
	datapath_quiesce(p, now);
	assert_int_equal(p->blocked, -1);
	assert_null(ring_oldest(&p->out));
}

static unsigned events_heard[2];

static void on_event(void *ctx, const struct event *e, struct instant at)
{
	assert_true(at.mono == now.mono);
	assert_ptr_equal(e->peer, peer_of(0));
	events_heard[ctx == &sides[1]]++;
}

static void test_quiescing_tells_the_events_that_wait(void **state)
{
	struct datapath *p = &sides[0].path;

	(void)state;
	connect_sides();
	p->heard = on_event;
	p->ctx = &sides[1];
	assert_true(p->tunnel.event_count > 0);
	datapath_quiesce(p, now);
	assert_int_equal(p->tunnel.event_count, 0);
	assert_int_equal(events_heard[1], 1); /* the handshake */
	datapath_quiesce(p, now);
	assert_int_equal(events_heard[1], 1);
	assert_int_equal(events_heard[0], 0);
}

/* Sessions that a burst retired are gone when it ends, in either direction. */
static void test_no_retired_session_outlives_a_burst(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		connect_sides();
		now.mono += 130 * SECOND_NS; /* the next packet renews the session */
		now.wall += 130 * SECOND_NS;
		offer(0, ECHO_LEN, 5);
		for (int k = 0; k < 16; k++) {
			carry_once(k & 1);
			assert_null(sides[0].path.tunnel.retired);
			assert_null(sides[1].path.tunnel.retired);
		}
		assert_int_equal(taken(1), 5);
	}
	assert_true(peer_of(0)->handshakes > 3);
}

static void test_what_the_core_sends_into_a_full_socket_is_dropped_and_counted(void **state)
{
	struct datapath *p = &sides[0].path;

	(void)state;
	connect_sides();
	sides[0].credit[UDP_V4] = 0;
	admin_keepalive(&p->tunnel, peer_of(0), 25, now);
	assert_int_equal(tunnel_deadline(&p->tunnel), 0);
	datapath_tick(p, now);
	assert_int_equal(p->blocked, -1);
	assert_int_equal(p->tunnel.count[FATE_SEND], 1);
}

static void test_one_full_socket_leaves_the_other_its_own(void **state)
{
	struct datapath *p = &sides[0].path;
	const struct key other_key = { .bytes = { 9 } };
	struct endpoint v6;
	struct peer *second;

	(void)state;
	connect_sides();
	assert_true(endpoint_parse(&v6, "[2001:db8::1]:1", 15));
	assert_int_equal(admin_add(&p->tunnel, &other_key, &second), 0);
	admin_endpoint(&p->tunnel, second, &v6);
	sides[0].credit[UDP_V4] = 0;
	sides[0].credit[UDP_V6] = -1;
	admin_keepalive(&p->tunnel, peer_of(0), 25, now);
	admin_keepalive(&p->tunnel, second, 25, now);
	datapath_tick(p, now);
	assert_int_equal(p->tunnel.count[FATE_SEND], 1);
	assert_int_equal(second->initiations_sent, 1);
	assert_int_equal(second->faults.send[0].count, 0);
	assert_int_equal(peer_of(0)->faults.send[0].err, EAGAIN);
}

static void test_device_that_is_deleted_is_noticed_by_reading(void **state)
{
	(void)state;
	sides[0].deleted = true;
	assert_int_equal(datapath_from_device(&sides[0].path, now), -EBADFD);
	assert_true(sides[0].path.device_gone);
}

static void test_device_that_is_deleted_is_noticed_by_writing(void **state)
{
	(void)state;
	connect_sides();
	offer(0, ECHO_LEN, 1);
	datapath_from_device(&sides[0].path, now);
	sides[1].deleted = true;
	datapath_from_network(&sides[1].path, UDP_V4, now);
	assert_true(sides[1].path.device_gone);
}

static void test_padding_stops_at_the_mtu(void **state)
{
	(void)state;
	connect_sides();
	offer(0, 1420, 1);
	datapath_from_device(&sides[0].path, now);
	assert_int_equal(sides[0].longest_sent, 1420 + 32);
	datapath_mtu(&sides[0].path, 1500);
	offer(0, 1420, 2);
	datapath_from_device(&sides[0].path, now);
	assert_int_equal(sides[0].longest_sent, 1424 + 32);
}

static void test_closed_path_has_no_sessions_and_reads_nothing(void **state)
{
	struct datapath *p = &sides[0].path;

	(void)state;
	connect_sides();
	offer(0, ECHO_LEN, 1);
	sides[0].credit[UDP_V4] = 0;
	datapath_from_device(p, now);
	datapath_close(p);
	assert_null(peer_of(0)->keyring.current);
	assert_int_equal(p->dev.fd, -1);
	assert_int_equal(datapath_from_device(p, now), 0);
	assert_int_equal(datapath_from_network(p, UDP_V4, now), 0);
	datapath_unblock(p, now);
}

static size_t of_batch(const struct batch *b)
{
	return b->size + b->cap * sizeof(*b->pkt) + b->cap_ends * sizeof(*b->ends);
}

static size_t of_flight(const struct flight *f)
{
	return f->cap * (sizeof(*f->jobs) + sizeof(*f->work));
}

static size_t of_ring(const struct ring *r)
{
	size_t sum = 0;

	for (uint32_t i = 0; i < r->size; i++)
		sum += of_batch(&r->unit[i].batch) + of_flight(&r->unit[i].flight);
	return sum;
}

static void test_buffers_stay_below_three_mebibytes(void **state)
{
	const struct datapath *p = &sides[0].path;
	size_t sum = 0;

	(void)state;
	sum += of_ring(&p->in) + of_ring(&p->out) + of_batch(&p->own);
	sum += of_flight(&p->tunnel.own);
	assert_true(sum < 3 << 20);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(test_packets_cross_from_device_to_device),
		EACH(test_one_wrong_bit_on_the_wire_never_reaches_the_device),
		EACH(test_full_socket_holds_packets_back_and_loses_none),
		EACH(test_full_socket_does_not_stop_what_comes_in),
		EACH(test_quiescing_gives_up_what_is_held_back_and_counts_it),
		EACH(test_after_quiescing_a_peer_may_go),
		EACH(test_quiescing_tells_the_events_that_wait),
		EACH(test_after_quiescing_nothing_is_held_back_whoever_hears_of_it),
		EACH(test_no_retired_session_outlives_a_burst),
		EACH(test_what_the_core_sends_into_a_full_socket_is_dropped_and_counted),
		EACH(test_one_full_socket_leaves_the_other_its_own),
		EACH(test_device_that_is_deleted_is_noticed_by_reading),
		EACH(test_device_that_is_deleted_is_noticed_by_writing),
		EACH(test_padding_stops_at_the_mtu),
		EACH(test_closed_path_has_no_sessions_and_reads_nothing),
		EACH(test_buffers_stay_below_three_mebibytes),
	};

	if (forced_aead() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

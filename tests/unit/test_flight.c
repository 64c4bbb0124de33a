/* SPDX-License-Identifier: ISC */
#include "proto/flight.h"

#include "adversary.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "datapath/unit.h"
#include "forced.h"
#include "hex.h"
#include "pair.h"
#include "proto/wire.h"

/*
 * Units on their way together.  The same story is told twice: unit after unit, and in
 * bursts whose jobs an adversary does in any order.  No observer sees a difference.
 */

enum {
	BURST = 6,
	PER_UNIT = 8,
	STEPS = 400,
	STORIES = 40,
	WIRE = 64, /* datagrams that wait; the oldest are lost beyond it */
	UNIT_PACKETS = 256,
};

struct wire {
	struct datagram d[WIRE];
	uint32_t first, n;
};

struct story {
	struct pair *pair;
	struct unit unit[BURST];
	struct wire to_a, to_b;
	struct seed plot, disorder;
	bool adversary;
	uint64_t print; /* of all that was sent, delivered or told */
	uint32_t bursts, moved;
};

static void imprint(struct story *s, const void *what, size_t len)
{
	const uint8_t *bytes = what;

	for (size_t i = 0; i < len; i++)
		s->print = (s->print ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static struct wire *wire_from(struct story *s, const struct side *from)
{
	return from == &s->pair->a ? &s->to_b : &s->to_a;
}

static void wire_push(struct wire *w, const struct datagram *d)
{
	if (w->n == WIRE) {
		w->first = (w->first + 1) % WIRE;
		w->n--;
	}
	w->d[(w->first + w->n++) % WIRE] = *d;
}

/* What a unit ends as: its datagrams to the wire, all of it into the print. */
static void deliver(struct story *s, struct side *side, struct batch *b)
{
	for (uint32_t i = 0; i < b->n; i++) {
		const struct pkt *p = &b->pkt[i];
		struct datagram d = { .len = p->len, .tos = p->tos, .from = side->at };

		imprint(s, &p->fate, sizeof(p->fate));
		if (p->fate != FATE_NET && p->fate != FATE_DEV)
			continue;
		assert_true(p->len <= DATAGRAM_MAX);
		imprint(s, p->data, p->len);
		imprint(s, &p->tos, sizeof(p->tos));
		memcpy(d.data, p->data, p->len);
		if (p->fate == FATE_NET)
			wire_push(wire_from(s, side), &d);
	}
	tunnel_settle(&side->t, b, s->pair->now);
}

/* After a burst, as the loop does. */
static void hear_events(struct story *s, struct side *side)
{
	struct event e;

	while (tunnel_event(&side->t, &e)) {
		s->moved += e.kind == EVENT_ENDPOINT;
		imprint(s, &e.kind, sizeof(e.kind));
	}
	imprint(s, side->peer->count, sizeof(side->peer->count));
}

static void fill_plain(struct story *s, struct side *side, struct batch *b)
{
	uint32_t n = 1 + seed_below(&s->plot, PER_UNIT);

	while (n--) {
		size_t len = 20 + seed_below(&s->plot, 1400);
		struct pkt *p = batch_add(b, len);

		side_packet(p->data, side->inner, pair_other(s->pair, side)->inner, len);
	}
}

static void fill_sealed(struct story *s, struct side *side, struct batch *b)
{
	struct wire *w = wire_from(s, pair_other(s->pair, side));
	uint32_t n = 1 + seed_below(&s->plot, PER_UNIT);

	for (; n && w->n; n--) {
		struct datagram *d = &w->d[w->first];
		uint32_t luck = seed_below(&s->plot, 40);
		struct endpoint *from = batch_end(b);
		uint8_t *data = batch_carve(b, d->len);
		struct pkt *p = batch_point(b, data, d->len);

		memcpy(data, d->data, d->len);
		*from = d->from;
		p->end = from;
		if (luck == 0)
			data[seed_below(&s->plot, d->len)] ^= 1;
		if (luck == 1)
			store_be16(&from->remote.v4.sin_port, (uint16_t)(1024 + s->moved));
		if (luck == 2)
			continue; /* it comes again */
		w->first = (w->first + 1) % WIRE;
		w->n--;
	}
}

static void end_plain(struct story *s, struct side *side, bool open, uint32_t units)
{
	for (uint32_t i = 0; i < units; i++) {
		struct batch *b = &s->unit[i].batch;

		if (open)
			tunnel_open(&side->t, b, s->pair->now);
		else
			tunnel_seal(&side->t, b, s->pair->now);
		deliver(s, side, b);
	}
}

static void end_in_disorder(struct story *s, struct side *side, bool open, uint32_t units)
{
	struct tunnel *t = &side->t;
	struct flight *flights[BURST];

	for (uint32_t i = 0; i < units; i++) {
		struct unit *u = &s->unit[i];

		flights[i] = &u->flight;
		if (open)
			tunnel_sort(t, &u->batch, &u->flight, s->pair->now);
		else
			tunnel_stamp(t, &u->batch, &u->flight, s->pair->now);
	}
	adversary_do(flights, units, open, &s->disorder);
	for (uint32_t i = 0; i < units; i++) {
		struct unit *u = &s->unit[i];

		if (open)
			tunnel_take(t, &u->batch, &u->flight, s->pair->now);
		deliver(s, side, &u->batch);
	}
	tunnel_sweep(t);
}

static void burst(struct story *s, struct side *side, bool open)
{
	uint32_t units = 1 + seed_below(&s->plot, BURST);

	for (uint32_t i = 0; i < units; i++) {
		unit_reset(&s->unit[i]);
		if (open)
			fill_sealed(s, side, &s->unit[i].batch);
		else
			fill_plain(s, side, &s->unit[i].batch);
	}
	if (s->adversary)
		end_in_disorder(s, side, open, units);
	else
		end_plain(s, side, open, units);
	hear_events(s, side);
	s->bursts += units > 1;
}

static void tick(struct story *s, struct side *side)
{
	unit_reset(&s->unit[0]);
	tunnel_tick(&side->t, &s->unit[0].batch, s->pair->now);
	deliver(s, side, &s->unit[0].batch);
	hear_events(s, side);
}

static void step(struct story *s)
{
	uint32_t what = seed_below(&s->plot, 10);
	struct side *side = seed_below(&s->plot, 2) ? &s->pair->a : &s->pair->b;

	if (what < 3) {
		burst(s, side, false);
	} else if (what < 9) {
		burst(s, side, true);
	} else {
		pair_pass(s->pair, seed_below(&s->plot, 20000) * MILLI_NS);
		tick(s, &s->pair->a);
		tick(s, &s->pair->b);
	}
}

static void tell(struct story *s, uint64_t seed, bool adversary)
{
	*s = (struct story){ .plot = { seed }, .disorder = { ~seed }, .adversary = adversary };
	s->pair = pair_new(seed & 1);
	for (int i = 0; i < BURST; i++) {
		assert_int_equal(unit_init(&s->unit[i], UNIT_PACKETS, UNIT_PACKETS, 1 << 19), 0);
		s->unit[i].batch.mtu = 1420;
	}
	for (int i = 0; i < STEPS; i++)
		step(s);
	imprint(s, s->pair->a.t.count, sizeof(s->pair->a.t.count));
	imprint(s, s->pair->b.t.count, sizeof(s->pair->b.t.count));
}

static void story_end(struct story *s)
{
	for (int i = 0; i < BURST; i++)
		unit_fini(&s->unit[i]);
	pair_free(s->pair);
}

static void test_the_order_of_the_jobs_of_a_burst_makes_no_difference(void **state)
{
	static struct story plain, disorder;
	uint64_t fates[FATE_COUNT] = { 0 }, handshakes = 0, moved = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= STORIES; seed++) {
		tell(&plain, seed, false);
		tell(&disorder, seed, true);
		assert_true(plain.print == disorder.print);
		assert_true(plain.bursts > STEPS / 3);
		for (int i = 0; i < FATE_COUNT; i++)
			fates[i] += plain.pair->a.t.count[i];
		handshakes += plain.pair->a.peer->handshakes;
		moved += plain.moved;
		story_end(&plain);
		story_end(&disorder);
	}
	/* The stories have all that order could matter to. */
	assert_true(fates[FATE_NET] > 10000);
	assert_true(fates[FATE_DEV] > 10000);
	assert_true(fates[FATE_STAGED] > 100);
	assert_true(fates[FATE_FORGED] > 10);
	assert_true(fates[FATE_REPLAY] > 10);
	assert_true(handshakes > STORIES);
	assert_true(moved > 10);
}

static void test_a_flight_takes_as_many_jobs_as_it_has_room_for(void **state)
{
	struct session *none = NULL;
	struct pkt pkt = { .len = 1 };
	struct flight f;

	(void)state;
	assert_int_equal(flight_init(&f, 2), 0);
	assert_ptr_equal(flight_add(&f, &pkt, none), &f.jobs[0]);
	assert_ptr_equal(flight_add(&f, &pkt, none), &f.jobs[1]);
	assert_null(flight_add(&f, &pkt, none));
	assert_ptr_equal(f.work[1].pkt, &pkt);
	assert_int_equal(f.n, 2);
	flight_reset(&f);
	assert_ptr_equal(flight_add(&f, &pkt, none), &f.jobs[0]);
	flight_fini(&f);
	assert_null(flight_add(&f, &pkt, none));
	flight_seal(&f); /* nothing owed, nothing done */
	flight_open(&f);
}

/* Between the halves the core has changed nothing yet: a datagram may still be lost. */
static void test_sorting_leaves_the_state_alone(void **state)
{
	static struct picture before, after;
	struct pair *p = pair_new(false);
	struct datagram d;
	struct unit u;
	struct pkt *pkt;

	(void)state;
	assert_int_equal(unit_init(&u, 8, 8, 1 << 16), 0);
	side_send(p, &p->a, 84); /* the initiation, then a cookie reply of nobody */
	for (int i = 0; i < 2; i++) {
		d = i ? (struct datagram){ .len = sizeof(struct wire_cookie), .from = p->a.at }
		      : side_take(&p->a, MESSAGE_INITIATION);
		if (i)
			store_le32(d.data, MESSAGE_COOKIE);
		pkt = batch_point(&u.batch, batch_carve(&u.batch, d.len), d.len);
		memcpy(pkt->data, d.data, d.len);
		pkt->end = &p->a.at;
	}
	side_picture(&p->b, &before);
	tunnel_sort(&p->b.t, &u.batch, &u.flight, p->now);
	side_picture(&p->b, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.bytes, after.bytes, before.len);
	flight_open(&u.flight);
	tunnel_take(&p->b.t, &u.batch, &u.flight, p->now);
	assert_int_equal(u.batch.pkt[0].fate, FATE_HANDSHAKE);
	assert_int_equal(u.batch.pkt[1].fate, FATE_NO_HANDSHAKE);
	assert_int_equal(u.batch.n, 3);
	assert_int_equal(load_le32(u.batch.pkt[2].data), MESSAGE_RESPONSE);
	tunnel_settle(&p->b.t, &u.batch, p->now);
	unit_fini(&u);
	pair_free(p);
}

/* A session may leave its keyring while a flight refers to it: it is freed by the sweep. */
static void test_a_retired_session_lives_until_the_sweep(void **state)
{
	struct pair *p = pair_new(false);
	struct session *s;
	struct unit u;
	struct pkt *pkt;

	(void)state;
	pair_connect(p);
	assert_int_equal(unit_init(&u, 8, 8, 1 << 16), 0);
	pkt = batch_add(&u.batch, 84);
	side_packet(pkt->data, p->a.inner, p->b.inner, 84);
	tunnel_stamp(&p->a.t, &u.batch, &u.flight, p->now);
	assert_int_equal(u.flight.n, 1);
	s = u.flight.work[0].session;
	assert_ptr_equal(s, p->a.peer->keyring.current);
	core_retire(&p->a.t, keyring_clear(&p->a.peer->keyring));
	assert_true(s->retired);
	flight_seal(&u.flight); /* its keys are still there: asan would tell */
	assert_ptr_equal(p->a.t.retired, s);
	tunnel_settle(&p->a.t, &u.batch, p->now);
	tunnel_sweep(&p->a.t);
	assert_null(p->a.t.retired);
	unit_fini(&u);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_order_of_the_jobs_of_a_burst_makes_no_difference),
		cmocka_unit_test(test_a_flight_takes_as_many_jobs_as_it_has_room_for),
		cmocka_unit_test(test_sorting_leaves_the_state_alone),
		cmocka_unit_test(test_a_retired_session_lives_until_the_sweep),
	};

	if (forced_aead() < 0)
		return 1;
	return cmocka_run_group_tests_name("flight", tests, NULL, NULL);
}

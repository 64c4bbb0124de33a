/* SPDX-License-Identifier: ISC */
#include "pair.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"
#include "proto/wire.h"

enum { BATCH = 256 };

void side_init(struct side *s, uint64_t seed)
{
	struct rng rng = { .fill = seed_fill, .ctx = &s->seed };

	s->seed.state = seed;
	assert_int_equal(tunnel_init(&s->t, &rng, BATCH), 0);
	assert_int_equal(batch_init(&s->batch, BATCH, BATCH, 1 << 20), 0);
	s->batch.mtu = 1420;
}

void side_fini(struct side *s)
{
	tunnel_fini(&s->t);
	batch_fini(&s->batch);
}

static void side_set(struct side *s, uint64_t seed, const char *at, uint8_t inner,
		     struct instant now)
{
	side_init(s, seed);
	seed_fill(&s->seed, s->private_key.bytes, KEY_LEN);
	admin_private_key(&s->t, &s->private_key, now);
	s->public_key = *admin_public_key(&s->t);
	assert_true(endpoint_parse(&s->at, at, strlen(at)));
	memcpy(s->inner, (uint8_t[]){ 10, 0, 0, inner }, 4);
}

static void side_meet(struct side *s, const struct side *other, const struct key *psk)
{
	struct prefix inner = { .ip.family = AF_INET, .bits = 32 };

	memcpy(inner.ip.bytes, other->inner, 4);
	assert_int_equal(admin_add(&s->t, &other->public_key, &s->peer), 0);
	assert_int_equal(admin_allow(&s->t, s->peer, &inner), 0);
	admin_endpoint(&s->t, s->peer, &other->at);
	if (psk)
		admin_psk(s->peer, psk);
}

struct pair *pair_new(bool psk)
{
	static const struct key shared = { { 1, 2, 3, 4 } };
	struct pair *p = mem_new(sizeof(*p));

	assert_non_null(p);
	p->now = (struct instant){ .mono = 1000 * SECOND_NS, .wall = 1700000000 * SECOND_NS };
	side_set(&p->a, 1, "192.0.2.1:1111", 1, p->now);
	side_set(&p->b, 2, "192.0.2.2:2222", 2, p->now);
	side_meet(&p->a, &p->b, psk ? &shared : NULL);
	side_meet(&p->b, &p->a, psk ? &shared : NULL);
	admin_up(&p->a.t, p->now);
	admin_up(&p->b.t, p->now);
	side_tick(p, &p->a); /* nothing waits: nothing leaves */
	side_tick(p, &p->b);
	assert_int_equal(p->a.n_log + p->b.n_log, 0);
	return p;
}

void pair_free(struct pair *p)
{
	side_fini(&p->a);
	side_fini(&p->b);
	mem_free(p);
}

struct side *pair_other(struct pair *p, const struct side *s)
{
	return s == &p->a ? &p->b : &p->a;
}

void pair_pass(struct pair *p, uint64_t ns)
{
	p->now.mono += ns;
	p->now.wall += ns;
}

static void queue_push(struct queue *q, const struct side *s, const struct pkt *p)
{
	struct datagram *d = &q->d[q->n++];

	assert_true(q->n <= QUEUE_MAX);
	assert_true(p->len <= DATAGRAM_MAX);
	*d = (struct datagram){ .len = p->len, .tos = p->tos, .from = s->at };
	memcpy(d->data, p->data, p->len);
	if (p->fate != FATE_NET)
		return;
	assert_non_null(p->end);
	d->to = *p->end;
}

/* What the daemon does after each of the three calls. */
static void collect(struct side *s, struct instant now)
{
	struct batch *b = &s->batch;

	for (uint32_t i = 0; i < b->n; i++) {
		const struct pkt *p = &b->pkt[i];

		assert_int_not_equal(p->fate, FATE_NONE);
		if (p->fate == FATE_DEV)
			queue_push(&s->dev, s, p);
		if (p->fate != FATE_NET)
			continue;
		queue_push(&s->out, s, p);
		assert_true(s->n_log < LOG_MAX);
		s->log[s->n_log].at = now.mono;
		s->log[s->n_log].type = load_le32(p->data);
		s->log[s->n_log++].len = p->len;
	}
	tunnel_settle(&s->t, b, now);
}

void side_packet(uint8_t *out, const uint8_t from[4], const uint8_t to[4], size_t len)
{
	memset(out, (int)(len & 0xff), len);
	memset(out, 0, 20);
	out[0] = 0x45;
	store_be16(out + 2, (uint16_t)len);
	out[8] = 64;
	memcpy(out + 12, from, 4);
	memcpy(out + 16, to, 4);
}

enum fate side_write(struct pair *p, struct side *s, const void *data, size_t len)
{
	struct pkt *pkt;

	batch_reset(&s->batch);
	pkt = batch_add(&s->batch, len);
	assert_non_null(pkt);
	memcpy(pkt->data, data, len);
	tunnel_seal(&s->t, &s->batch, p->now);
	collect(s, p->now);
	return (enum fate)s->batch.pkt[0].fate;
}

enum fate side_send(struct pair *p, struct side *s, size_t len)
{
	uint8_t packet[DATAGRAM_MAX];

	side_packet(packet, s->inner, pair_other(p, s)->inner, len);
	return side_write(p, s, packet, len);
}

enum fate side_hear(struct pair *p, struct side *s, const struct datagram *d)
{
	struct batch *b = &s->batch;
	uint64_t before[FATE_COUNT];
	struct endpoint *from;
	struct pkt *pkt;
	uint8_t *data;
	enum fate fate;

	batch_reset(b);
	data = batch_carve(b, d->len);
	memcpy(data, d->data, d->len);
	pkt = batch_point(b, data, d->len);
	from = batch_end(b);
	*from = d->from;
	pkt->end = from;
	pkt->tos = d->tos;
	memcpy(before, s->t.count, sizeof(before));
	tunnel_open(&s->t, b, p->now);
	fate = (enum fate)b->pkt[0].fate;
	for (int i = 0; fate == FATE_HANDSHAKE && i < FATE_COUNT; i++) {
		if (s->t.count[i] != before[i])
			fate = (enum fate)i;
	}
	collect(s, p->now);
	return fate;
}

void side_tick(struct pair *p, struct side *s)
{
	batch_reset(&s->batch);
	tunnel_tick(&s->t, &s->batch, p->now);
	collect(s, p->now);
}

static void queue_drop(struct queue *q)
{
	q->n--;
	memmove(&q->d[0], &q->d[1], q->n * sizeof(q->d[0]));
}

struct datagram side_take(struct side *s, uint32_t type)
{
	struct datagram d;

	assert_true(s->out.n > 0);
	d = s->out.d[0];
	assert_int_equal(load_le32(d.data), type);
	queue_drop(&s->out);
	return d;
}

static bool pump_one(struct pair *p, struct side *s)
{
	struct datagram d;

	if (!s->out.n)
		return false;
	d = s->out.d[0];
	queue_drop(&s->out);
	if (!p->cut)
		side_hear(p, pair_other(p, s), &d);
	return true;
}

void pair_pump(struct pair *p)
{
	bool busy = true;

	for (int i = 0; busy; i++) {
		assert_true(i < 10000);
		busy = pump_one(p, &p->a);
		busy |= pump_one(p, &p->b);
	}
}

void pair_run(struct pair *p, uint64_t ns)
{
	uint64_t end = p->now.mono + ns;

	pair_pump(p);
	for (int i = 0;; i++) {
		uint64_t a = tunnel_deadline(&p->a.t), b = tunnel_deadline(&p->b.t);
		uint64_t next = a < b ? a : b;

		assert_true(i < 100000); /* else it spins */
		if (next > end)
			break;
		if (next > p->now.mono)
			pair_pass(p, next - p->now.mono);
		if (a <= p->now.mono)
			side_tick(p, &p->a);
		if (b <= p->now.mono)
			side_tick(p, &p->b);
		pair_pump(p);
	}
	pair_pass(p, end - p->now.mono);
}

void pair_connect(struct pair *p)
{
	struct event e;

	side_send(p, &p->a, 84);
	pair_pump(p);
	assert_non_null(p->a.peer->keyring.current);
	assert_non_null(p->b.peer->keyring.current);
	assert_true(p->a.peer->keyring.current->initiator);
	side_forget(&p->a);
	side_forget(&p->b);
	while (tunnel_event(&p->a.t, &e) || tunnel_event(&p->b.t, &e))
		;
}

struct datagram side_forge(struct side *s, uint64_t counter, const void *plain, size_t len)
{
	const struct session *session = s->peer->keyring.current;
	struct datagram d = { .len = (uint32_t)(16 + len + AEAD_TAG), .from = s->at };
	struct aead_job job;

	assert_true(d.len <= DATAGRAM_MAX);
	store_le32(d.data, MESSAGE_DATA);
	store_le32(d.data + 4, session->remote);
	store_le64(d.data + 8, counter);
	if (len)
		memcpy(d.data + 16, plain, len);
	job = (struct aead_job){ .key = &session->keys->send,
				 .nonce = counter,
				 .data = d.data + 16,
				 .len = (uint32_t)len };
	aead_seal(&job, 1);
	return d;
}

uint32_t side_said(const struct side *s, uint32_t type)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_log; i++)
		n += s->log[i].type == type;
	return n;
}

uint64_t side_last_at(const struct side *s)
{
	assert_true(s->n_log > 0);
	return s->log[s->n_log - 1].at;
}

void side_forget(struct side *s)
{
	s->out.n = s->dev.n = s->n_log = 0;
}

bool side_event(struct side *s, enum event_kind kind, struct event *e)
{
	struct event scratch;

	e = e ? e : &scratch;
	while (tunnel_event(&s->t, e)) {
		if (e->kind == kind)
			return true;
	}
	return false;
}

static void draw(struct picture *picture, const void *what, size_t len)
{
	assert_true(picture->len + len <= sizeof(picture->bytes));
	if (len) /* an empty table has no memory */
		memcpy(picture->bytes + picture->len, what, len);
	picture->len += len;
}

static void draw_session(struct picture *picture, const struct session *s)
{
	draw(picture, &s, sizeof(s));
	if (!s)
		return;
	draw(picture, s, sizeof(*s));
	draw(picture, s->keys, sizeof(*s->keys));
}

void side_picture(const struct side *s, struct picture *picture)
{
	const struct tunnel *t = &s->t;

	picture->len = 0;
	for (const struct peer *peer = t->peers.first; peer; peer = peer->next) {
		struct peer copy;

		memcpy(&copy, peer, sizeof(copy));
		memset(copy.count, 0, sizeof(copy.count)); /* drops are counted, of course */
		memset(&copy.faults, 0, sizeof(copy.faults));
		memset(&copy.news, 0, sizeof(copy.news));
		draw(picture, &copy, sizeof(copy));
		draw(picture, peer->noise, sizeof(*peer->noise));
		draw(picture, peer->pending, sizeof(*peer->pending));
		draw_session(picture, peer->keyring.current);
		draw_session(picture, peer->keyring.previous);
		draw_session(picture, peer->keyring.next);
		draw(picture, &peer->staged.n, sizeof(peer->staged.n));
	}
	draw(picture, t->self, sizeof(*t->self));
	draw(picture, t->checker, sizeof(*t->checker));
	draw(picture, &t->index, sizeof(t->index));
	draw(picture, t->index.slot, t->index.size * sizeof(*t->index.slot));
	draw(picture, &t->deadlines.n, sizeof(t->deadlines.n));
	draw(picture, &t->under_load_until, sizeof(t->under_load_until));
	draw(picture, &t->work_first, sizeof(t->work_first));
	draw(picture, &t->retired, sizeof(t->retired));
	draw(picture, &t->hsqueue.n, sizeof(t->hsqueue.n));
	draw(picture, &t->cookies_received, sizeof(t->cookies_received));
	draw(picture, &t->event_count, sizeof(t->event_count));
}

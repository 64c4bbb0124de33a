/* SPDX-License-Identifier: ISC */
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "proto/inner.h"
#include "unit/adversary.h"

#define WALL_START  ((uint64_t)1700000000 * SECOND_NS)
#define NEVER       UINT64_MAX
#define MINUTE_NS   (60 * SECOND_NS)
#define FLOOD       250   /* messages at once; from 128 on it counts as load */
#define HEALED_LOSS 20000 /* of a million: a healed wire still loses now and then */

/* --- the wire --- */

static bool before(const struct datagram *a, const struct datagram *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void wire_push(struct world *w, struct datagram *d)
{
	uint32_t i = w->n_heap++;

	if (w->n_heap > w->cap_heap) {
		w->cap_heap = w->cap_heap ? w->cap_heap * 2 : 64;
		w->heap = mem_resize(w->heap, w->cap_heap, sizeof(struct datagram *));
	}
	d->order = ++w->order;
	while (i > 0 && before(d, w->heap[(i - 1) / 2])) {
		w->heap[i] = w->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	w->heap[i] = d;
}

static struct datagram *wire_pop(struct world *w)
{
	struct datagram *first = w->heap[0], *last = w->heap[--w->n_heap];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < w->n_heap) {
		if (child + 1 < w->n_heap && before(w->heap[child + 1], w->heap[child]))
			child++;
		if (!before(w->heap[child], last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = last;
	return first;
}

static struct datagram *copy_of(const struct datagram *d)
{
	struct datagram *copy = mem_new(sizeof(*copy));

	*copy = *d;
	return copy;
}

/* The attacker sees everything. */
static void remember(struct world *w, const struct datagram *d)
{
	uint32_t i = w->n_history < HISTORY ? w->n_history++
					    : (uint32_t)prng_below(&w->prng, HISTORY);

	mem_free(w->history[i]);
	w->history[i] = copy_of(d);
}

static uint64_t arrival(struct world *w)
{
	uint64_t grain = w->faults.grain;
	uint64_t at = w->now + w->faults.delay + prng_below(&w->prng, w->faults.jitter + 1);

	return grain ? (at + grain - 1) / grain * grain : at;
}

/* Any bit except those of mac2, which is checked only under load. */
static void flip(struct world *w, struct datagram *d)
{
	bool macs = d->len == sizeof(struct wire_initiation) ||
		    d->len == sizeof(struct wire_response);
	uint64_t len = d->len - (macs ? MAC_LEN : 0);

	if (!len)
		return;
	d->data[prng_below(&w->prng, len)] ^= (uint8_t)(1u << prng_below(&w->prng, 8));
	d->genuine = false;
}

/* One datagram meets the wire; the wire owns it from now on. */
static void transmit(struct world *w, struct datagram *d)
{
	bool lost = prng_ppm(&w->prng, w->faults.loss) || w->partitioned;

	if (d->sender == 0 && prng_ppm(&w->prng, w->faults.one_way_loss))
		lost = true;
	remember(w, d);
	if (prng_ppm(&w->prng, w->faults.duplicate)) {
		struct datagram *twin = copy_of(d);

		twin->at = arrival(w);
		wire_push(w, twin);
	}
	if (lost) {
		mem_free(d);
		return;
	}
	if (prng_ppm(&w->prng, w->faults.corrupt))
		flip(w, d);
	if (prng_ppm(&w->prng, w->faults.mark_ce))
		d->tos |= 3;
	d->at = arrival(w);
	wire_push(w, d);
}

/* --- nodes --- */

static struct instant instant_of(const struct world *w, const struct node *n)
{
	return (struct instant){ .mono = w->now,
				 .wall = (uint64_t)((int64_t)(WALL_START + w->now) + n->skew) };
}

static struct endpoint address_make(int node, uint16_t port)
{
	struct endpoint e = { 0 };

	e.remote.v4.sin_family = AF_INET;
	store_be32(&e.remote.v4.sin_addr, 0x0a000001u + (uint32_t)node);
	store_be16(&e.remote.v4.sin_port, port);
	return e;
}

bool world_should_connect(const struct world *w, int a, int b)
{
	return a != w->outsider && b != w->outsider;
}

void world_digest(struct world *w, const void *what, size_t len)
{
	const uint8_t *bytes = what;
	uint64_t sum = w->digest ^ w->now ^ len << 48;

	for (; len >= 8; len -= 8, bytes += 8)
		sum = (sum ^ load_le64(bytes)) * UINT64_C(0x9e3779b97f4a7c15) ^ sum >> 29;
	while (len--)
		sum = (sum ^ *bytes++) * UINT64_C(0x9e3779b97f4a7c15) ^ sum >> 29;
	w->digest = sum;
}

static void emit(struct world *w, int from, const struct pkt *p, bool provoked)
{
	struct datagram *d;

	check_emitted(w, from, p);
	if (provoked)
		w->attacker_out += p->len;
	if (p->len > DATAGRAM_MAX)
		return;
	d = mem_new(sizeof(*d));
	d->from = w->node[from].address;
	d->to = *p->end;
	d->sender = d->origin = from;
	d->genuine = true;
	d->id = ++w->transmissions;
	d->tos = p->tos;
	d->len = p->len;
	memcpy(d->data, p->data, p->len);
	world_digest(w, p->data, p->len);
	world_digest(w, &d->to.remote.v4.sin_port, sizeof(d->to.remote.v4.sin_port));
	world_digest(w, &p->tos, sizeof(p->tos));
	transmit(w, d);
}

/* Deliver what the tunnel left in the batch, and look at its state. */
static void after(struct world *w, int node, struct batch *b, bool provoked, uint64_t session_born)
{
	struct node *n = &w->node[node];
	struct event e;

	for (uint32_t i = 0; i < b->n; i++) {
		if (b->pkt[i].fate == FATE_NET)
			emit(w, node, &b->pkt[i], provoked);
		else if (b->pkt[i].fate == FATE_DEV)
			check_delivered(w, node, &b->pkt[i], session_born);
	}
	tunnel_settle(&n->tunnel, b, instant_of(w, n));
	while (tunnel_event(&n->tunnel, &e)) {
		w->handshakes += e.kind == EVENT_HANDSHAKE;
		w->tries += e.kind == EVENT_TRYING;
	}
	check_node(w, node);
}

/* A restart: all state is gone but the keys, the wall clock, and the stamps that were sent. */
static void node_start(struct world *w, int node)
{
	struct node *n = &w->node[node];

	n->rng = (struct rng){ .fill = prng_fill, .ctx = &n->prng };
	if (tunnel_init(&n->tunnel, &n->rng, BATCH_PACKETS) < 0)
		abort();
	n->alive = true;
	admin_private_key(&n->tunnel, &n->private_key, instant_of(w, n));
	for (int i = 0; i < w->n_nodes; i++) {
		struct prefix inner = { .ip.family = AF_INET, .bits = 32 };
		struct peer *peer;

		if (i == node)
			continue;
		n->watch[i].initiation_at = 0;
		n->watch[i].initiations = 0;
		if (admin_add(&n->tunnel, &w->node[i].public_key, &peer) < 0)
			abort();
		store_be32(inner.ip.bytes, 0x0a010000u + (uint32_t)i);
		admin_allow(&n->tunnel, peer, &inner);
		admin_psk(peer, &w->psk[node][i]);
		admin_keepalive(&n->tunnel, peer, n->keepalive, instant_of(w, n));
		admin_sent_before(peer, n->sent[i]);
		/* Everyone knows where node 0 is; node 0 learns where the others are. */
		if (i == 0 || node != 0)
			admin_endpoint(&n->tunnel, peer, &w->node[i].address);
	}
	admin_up(&n->tunnel, instant_of(w, n));
}

static void node_stop(struct world *w, int node)
{
	struct node *n = &w->node[node];

	if (!n->alive)
		return;
	for (int i = 0; i < w->n_nodes; i++) {
		const struct peer *peer = admin_find(&n->tunnel, &w->node[i].public_key);

		if (peer)
			memcpy(n->sent[i], peer->sent_timestamp, TIMESTAMP_LEN);
	}
	tunnel_fini(&n->tunnel);
	n->alive = false;
}

static void node_tick(struct world *w, int node)
{
	struct node *n = &w->node[node];

	batch_reset(&w->batch);
	tunnel_tick(&n->tunnel, &w->batch, instant_of(w, n));
	if (n->tunnel.hsqueue.n == 0 && tunnel_deadline(&n->tunnel) <= w->now)
		check_fail(w, "node %d leaves a timer behind", node);
	after(w, node, &w->batch, false, 0);
}

/* --- bursts --- */

/* All units begin before the first ends; what happens in between, happens in any order. */
static void burst_begin(struct world *w, struct tunnel *t, bool open, struct instant now)
{
	struct flight *flights[BURST];

	for (uint32_t i = 0; i < w->n_units; i++) {
		struct unit *u = &w->unit[i];

		flights[i] = &u->flight;
		if (open)
			tunnel_sort(t, &u->batch, &u->flight, now);
		else
			tunnel_stamp(t, &u->batch, &u->flight, now);
	}
	adversary_do(flights, w->n_units, open, &w->disorder);
}

static void unit_receive(struct world *w, int node, struct unit *u);

static void unit_send(struct world *w, int node, struct unit *u)
{
	struct node *n = &w->node[node];

	if (!w->adversary)
		tunnel_seal(&n->tunnel, &u->batch, instant_of(w, n));
	after(w, node, &u->batch, false, 0);
}

/* The burst so far goes through its tunnel, and ends in its order. */
static void burst_flush(struct world *w)
{
	struct node *n = &w->node[w->unit_node];
	bool open = w->unit[0].datagram;

	if (!w->n_units)
		return;
	w->sweeping = w->adversary;
	if (w->adversary)
		burst_begin(w, &n->tunnel, open, instant_of(w, n));
	for (uint32_t i = 0; i < w->n_units; i++) {
		if (open)
			unit_receive(w, w->unit_node, &w->unit[i]);
		else
			unit_send(w, w->unit_node, &w->unit[i]);
		mem_free(w->unit[i].datagram);
	}
	if (w->adversary)
		tunnel_sweep(&n->tunnel);
	w->sweeping = false;
	check_node(w, w->unit_node);
	w->bursts += w->n_units > 1;
	w->n_units = 0;
}

/* A place in the burst of this node; it owns the datagram from now on. */
static struct unit *burst_add(struct world *w, int node, struct datagram *d)
{
	struct unit *u;

	if (w->n_units == BURST ||
	    (w->n_units && (w->unit_node != node || !w->unit[0].datagram != !d)))
		burst_flush(w);
	w->unit_node = node;
	u = &w->unit[w->n_units++];
	batch_reset(&u->batch);
	u->datagram = d;
	return u;
}

static void node_send(struct world *w, int node, int to)
{
	struct node *n = &w->node[node];
	struct flow *f = &n->flow[to];
	uint8_t data[DATAGRAM_MAX];
	struct pkt *p;
	size_t len;

	if (f->submitted >= SUBMITTED_MAX)
		return;
	len = packet_make(data, node, to, f->submitted++, w->seed);
	f->last_submitted_at = w->now;
	n->watch[to].initiations = 0;
	p = batch_add(&burst_add(w, node, NULL)->batch, len);
	memcpy(p->data, data, len);
}

static void node_hear(struct world *w, int node, struct datagram *d)
{
	struct batch *b = &burst_add(w, node, d)->batch;
	struct endpoint *end = batch_end(b);
	struct pkt *p = batch_point(b, batch_carve(b, DATAGRAM_MAX), d->len);

	*end = d->from;
	memcpy(p->data, d->data, d->len);
	p->end = end;
	p->tos = d->tos;
}

/*
 * A restarted node forgets what it has heard: one old initiation may come through once
 * more, as the protocol has it.  It moves no endpoint, and confirms nothing.
 */
static void forget_seen(struct world *w, int node)
{
	for (uint64_t bit = (uint64_t)node; bit < w->cap_seen * 8; bit += NODES_MAX)
		w->seen[bit / 8] &= (uint8_t) ~(1u << (bit % 8));
}

/* S7: which endpoints a tunnel knows, to see whether a datagram moved one. */
static void endpoints(struct world *w, int node, struct endpoint out[NODES_MAX],
		      uint64_t initiations[NODES_MAX])
{
	int i = 0;

	for (struct peer *p = admin_first(&w->node[node].tunnel); p; p = p->next) {
		initiations[i] = p->initiations_sent;
		out[i++] = p->endpoint;
	}
}

static bool seen_before(struct world *w, const struct datagram *d, int node)
{
	uint64_t bit = d->id * NODES_MAX + (uint64_t)node;
	bool seen;

	if (bit / 8 >= w->cap_seen) {
		uint64_t cap = bit / 4 + 1024;

		w->seen = mem_resize(w->seen, cap, 1);
		memset(w->seen + w->cap_seen, 0, cap - w->cap_seen);
		w->cap_seen = cap;
	}
	seen = w->seen[bit / 8] & (1 << (bit % 8));
	/* Under load it is not looked into, but answered with a cookie. */
	if (d->data[0] == MESSAGE_DATA || w->now >= w->node[node].tunnel.under_load_until)
		w->seen[bit / 8] |= (uint8_t)(1 << (bit % 8));
	return seen;
}

/* An initiation that came too soon after another was not looked at: it may come again. */
static void unsee(struct world *w, const struct datagram *d, int node)
{
	uint64_t bit = d->id * NODES_MAX + (uint64_t)node;

	w->seen[bit / 8] &= (uint8_t) ~(1u << (bit % 8));
}

static uint64_t session_born(const struct tunnel *t, const struct datagram *d)
{
	const struct session *s = NULL;

	if (d->len >= WIRE_DATA_MIN)
		s = index_find(&t->index, load_le32(d->data + 4), INDEX_SESSION);
	return s ? s->born : 0;
}

static void unit_receive(struct world *w, int node, struct unit *u)
{
	const struct datagram *d = u->datagram;
	struct node *n = &w->node[node];
	struct endpoint was[NODES_MAX], is[NODES_MAX];
	uint64_t before[NODES_MAX], asked[NODES_MAX];
	/* From port 0 it is not looked at, and may come again. */
	bool authentic = d->genuine && d->id && endpoint_answerable(&d->from) &&
			 !seen_before(w, d, node);
	uint64_t born = session_born(&n->tunnel, d), floods = n->tunnel.count[FATE_FLOOD];

	endpoints(w, node, was, before);
	if (!authentic)
		w->attacker_in += d->len;
	if (authentic)
		n->watch[d->origin].initiations = 0;
	if (w->adversary)
		tunnel_take(&n->tunnel, &u->batch, &u->flight, instant_of(w, n));
	else
		tunnel_open(&n->tunnel, &u->batch, instant_of(w, n));
	if (n->tunnel.count[FATE_FLOOD] != floods && authentic)
		unsee(w, d, node);
	endpoints(w, node, is, asked);
	for (int i = 0; i < w->n_nodes - 1; i++) {
		/* The core itself looks elsewhere only when an initiation leaves. */
		if (endpoint_same_remote(&was[i], &is[i]) || asked[i] != before[i])
			continue;
		if (!authentic || d->data[0] == MESSAGE_COOKIE || d->data[0] == MESSAGE_INITIATION)
			check_fail(
				w,
				"S7: a datagram that proves nothing moves an endpoint of node %d",
				node);
		if (!endpoint_same_remote(&is[i], &d->from))
			check_fail(w, "S7: node %d moves an endpoint to where nothing came from",
				   node);
	}
	after(w, node, &u->batch, !authentic, born);
}

static int node_at(const struct world *w, const struct endpoint *address)
{
	for (int i = 0; i < w->n_nodes; i++) {
		const struct node *n = &w->node[i];
		bool here = !n->homes && endpoint_same_remote(&n->address, address);

		for (int k = 0; k < HOMES; k++)
			here |= n->homes & 1u << k && endpoint_same_remote(&n->home[k], address);
		if (n->alive && here)
			return i;
	}
	return -1;
}

/* --- faults --- */

static uint64_t soon(struct world *w, uint64_t mean)
{
	return mean ? w->now + 1 + prng_below(&w->prng, 2 * mean) : NEVER;
}

static uint64_t log_uniform(struct world *w, uint64_t low, uint64_t high)
{
	while (low * 2 < high && prng_below(&w->prng, 3))
		low *= 2;
	return low + prng_below(&w->prng, low);
}

/* Swarm testing: each seed switches about half of the faults off. */
static void faults_draw(struct world *w)
{
	struct wire_faults *f = &w->faults;
	struct prng *r = &w->prng;

	f->delay = log_uniform(w, 100000, 200 * MILLI_NS);
	if (prng_below(r, 2))
		f->jitter = log_uniform(w, 100000, 2 * SECOND_NS);
	if (prng_below(r, 2))
		f->loss = (uint32_t)log_uniform(w, 1000, 500000);
	if (prng_below(r, 2))
		f->duplicate = (uint32_t)log_uniform(w, 1000, 500000);
	if (prng_below(r, 2))
		f->corrupt = (uint32_t)log_uniform(w, 1000, 100000);
	if (prng_below(r, 2))
		f->mark_ce = 100000;
	if (prng_below(r, 4) == 0)
		f->one_way_loss = (uint32_t)log_uniform(w, 100000, 1000000);
	if (prng_below(r, 2)) {
		f->partition_every = log_uniform(w, 10 * SECOND_NS, 5 * MINUTE_NS);
		f->partition_for = log_uniform(w, SECOND_NS, 4 * MINUTE_NS);
	}
	if (prng_below(r, 2))
		f->roam_every = log_uniform(w, SECOND_NS, 2 * MINUTE_NS);
	if (prng_below(r, 2))
		f->restart_every = log_uniform(w, 20 * SECOND_NS, 5 * MINUTE_NS);
	if (prng_below(r, 4) == 0)
		f->flap_every = log_uniform(w, 20 * SECOND_NS, 5 * MINUTE_NS);
	if (prng_below(r, 4) == 0)
		f->rekey_every = log_uniform(w, 20 * SECOND_NS, 5 * MINUTE_NS);
	if (prng_below(r, 2))
		f->attack_every = log_uniform(w, 30 * MILLI_NS, 30 * SECOND_NS);
	if (prng_below(r, 2))
		f->clock_step_every = log_uniform(w, 10 * SECOND_NS, 5 * MINUTE_NS);
	if (prng_below(r, 4) == 0)
		f->flood_every = log_uniform(w, 5 * SECOND_NS, 5 * MINUTE_NS);
}

/* What makes bursts. */
static void coarse_draw(struct world *w)
{
	if (prng_below(&w->coarse, 2))
		w->faults.grain = MILLI_NS << prng_below(&w->coarse, 6);
	w->faults.clump = 1 + (uint32_t)prng_below(&w->coarse, 4);
}

static void schedule(struct world *w)
{
	const struct wire_faults *f = &w->faults;

	w->next_partition = soon(w, f->partition_every);
	w->next_roam = soon(w, f->roam_every);
	w->next_restart = soon(w, f->restart_every);
	w->next_flap = soon(w, f->flap_every);
	w->next_rekey = soon(w, f->rekey_every);
	w->next_attack = soon(w, f->attack_every);
	w->next_flood = soon(w, f->flood_every);
	w->next_clock_step = soon(w, f->clock_step_every);
}

static int someone(struct world *w)
{
	return (int)prng_below(&w->prng, (uint64_t)w->n_nodes);
}

static void roam(struct world *w)
{
	int i = 1 + (int)prng_below(&w->prng, (uint64_t)w->n_nodes - 1);

	w->node[i].address = address_make(i, (uint16_t)(1024 + prng_below(&w->prng, 60000)));
}

static void flap(struct world *w)
{
	int i = someone(w);
	struct node *n = &w->node[i];

	admin_down(&n->tunnel);
	admin_up(&n->tunnel, instant_of(w, n));
	for (int k = 0; k < w->n_nodes; k++)
		n->watch[k].initiation_at = 0;
}

/* One node gets a new private key, and all others its public key. */
static void rekey(struct world *w)
{
	int i = someone(w);
	struct node *n = &w->node[i];
	struct key old = n->public_key;

	prng_fill(&w->prng, n->private_key.bytes, KEY_LEN);
	key_clamp(&n->private_key);
	admin_private_key(&n->tunnel, &n->private_key, instant_of(w, n));
	n->public_key = *admin_public_key(&n->tunnel);
	for (int k = 0; k < w->n_nodes; k++) {
		struct prefix inner = { .ip.family = AF_INET, .bits = 32 };
		struct node *other = &w->node[k];
		struct endpoint where;
		struct peer *peer;

		n->watch[k].initiation_at = 0;
		other->watch[i] = (struct watch){ 0 };
		if (k == i)
			continue;
		peer = admin_find(&other->tunnel, &old);
		where = peer->endpoint;
		admin_remove(&other->tunnel, peer);
		if (admin_add(&other->tunnel, &n->public_key, &peer) < 0)
			abort();
		store_be32(inner.ip.bytes, 0x0a010000u + (uint32_t)i);
		admin_allow(&other->tunnel, peer, &inner);
		admin_psk(peer, &w->psk[k][i]);
		admin_keepalive(&other->tunnel, peer, other->keepalive, instant_of(w, other));
		if (i == 0)
			admin_endpoint(&other->tunnel, peer, &n->address);
		else if (endpoint_known(&where))
			admin_endpoint(&other->tunnel, peer, &where);
	}
}

/* Junk, or anything ever seen, from anywhere to anybody; sometimes with a bit flipped. */
static void attack(struct world *w)
{
	struct datagram *d;
	int to = someone(w);

	if (w->n_history && prng_below(&w->prng, 4)) {
		d = copy_of(w->history[prng_below(&w->prng, w->n_history)]);
		if (prng_below(&w->prng, 2))
			flip(w, d);
	} else {
		d = mem_new(sizeof(*d));
		d->len = (uint32_t)prng_below(&w->prng, 200);
		prng_fill(&w->prng, d->data, d->len);
		if (d->len >= 4)
			store_le32(d->data, (uint32_t)prng_below(&w->prng, 6));
	}
	d->at = w->now;
	d->from = address_make(99, (uint16_t)prng_below(&w->prng, 65536));
	d->to = w->node[to].address;
	d->sender = -1;
	wire_push(w, d);
}

/*
 * More initiations with good mac1, from many addresses, than one moment can
 * answer: the node is under load for a second, and wants cookies.
 */
static void flood(struct world *w)
{
	struct cookie_maker maker = { 0 };
	int to = someone(w);
	struct node *n = &w->node[to];

	cookie_keys_set(&maker.keys, &n->public_key);
	batch_reset(&w->batch);
	for (int i = 0; i < FLOOD; i++) {
		uint32_t len = sizeof(struct wire_initiation);
		struct endpoint *end = batch_end(&w->batch);
		struct pkt *p = batch_point(&w->batch, batch_carve(&w->batch, len), len);

		prng_fill(&w->prng, p->data, len);
		store_le32(p->data, MESSAGE_INITIATION);
		cookie_add_macs(&maker, p->data, len, w->now);
		*end = address_make((int)prng_below(&w->prng, 60000) + 100, (uint16_t)(1 + i));
		p->end = end;
		w->attacker_in += len;
	}
	tunnel_open(&n->tunnel, &w->batch, instant_of(w, n));
	after(w, to, &w->batch, true, 0);
	/* What is left in the lane is answered gradually, within a second. */
	while (n->tunnel.hsqueue.n && !w->failure[0]) {
		batch_reset(&w->batch);
		tunnel_tick(&n->tunnel, &w->batch, instant_of(w, n));
		after(w, to, &w->batch, true, 0);
	}
}

static void fault_step(struct world *w)
{
	const struct wire_faults *f = &w->faults;
	int i;

	if (w->now >= w->next_partition) {
		w->partitioned = !w->partitioned;
		w->next_partition = soon(w, w->partitioned ? f->partition_for : f->partition_every);
	}
	if (w->now >= w->next_roam) {
		roam(w);
		w->next_roam = soon(w, f->roam_every);
	}
	if (w->now >= w->next_restart) {
		i = someone(w);
		node_stop(w, i);
		node_start(w, i);
		forget_seen(w, i);
		w->next_restart = soon(w, f->restart_every);
	}
	if (w->now >= w->next_flap) {
		flap(w);
		w->next_flap = soon(w, f->flap_every);
	}
	if (w->now >= w->next_rekey) {
		rekey(w);
		w->next_rekey = soon(w, f->rekey_every);
	}
	if (w->now >= w->next_attack) {
		attack(w);
		w->next_attack = soon(w, f->attack_every);
	}
	if (w->now >= w->next_flood) {
		flood(w);
		w->next_flood = soon(w, f->flood_every);
	}
	if (w->now >= w->next_clock_step) {
		w->node[someone(w)].skew += (int64_t)prng_below(&w->prng, 2000 * SECOND_NS) -
					    (int64_t)(1000 * SECOND_NS);
		w->next_clock_step = soon(w, f->clock_step_every);
	}
}

/* --- traffic --- */

static void traffic_step(struct world *w, int node)
{
	struct node *n = &w->node[node];
	uint32_t clump;

	if (w->healing) {
		for (int i = 0; i < w->n_nodes; i++) {
			if (i != node)
				node_send(w, node, i);
		}
		burst_flush(w);
		n->next_traffic = w->now + SECOND_NS;
		return;
	}
	if (!n->burst_left) {
		n->burst_left = (uint32_t)prng_below(&w->prng, 40);
		n->burst_to = someone(w);
		n->next_traffic = w->now + log_uniform(w, MILLI_NS, 4 * MINUTE_NS);
		return;
	}
	clump = 1 + (uint32_t)prng_below(&w->coarse, w->faults.clump);
	while (n->burst_left && clump--) {
		n->burst_left--;
		if (n->burst_to != node)
			node_send(w, node, n->burst_to);
	}
	burst_flush(w);
	n->next_traffic = w->now + prng_below(&w->prng, 200 * MILLI_NS);
}

/* --- time --- */

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next_event(const struct world *w)
{
	uint64_t next = w->n_heap ? w->heap[0]->at : NEVER;

	for (int i = 0; i < w->n_nodes; i++) {
		const struct node *n = &w->node[i];

		next = min64(next, tunnel_deadline(&n->tunnel));
		next = min64(next, n->next_traffic);
	}
	next = min64(next, min64(w->next_partition, w->next_roam));
	next = min64(next, min64(w->next_restart, w->next_flap));
	next = min64(next, min64(w->next_rekey, w->next_attack));
	return min64(next, min64(w->next_flood, w->next_clock_step));
}

void world_run(struct world *w, uint64_t until)
{
	while (!w->failure[0]) {
		uint64_t next = next_event(w);

		if (next > until)
			break;
		if (next > w->now)
			w->now = next;
		while (w->n_heap && w->heap[0]->at <= w->now && !w->failure[0]) {
			struct datagram *d = wire_pop(w);
			int to = node_at(w, &d->to);

			if (to >= 0)
				w->node[to].address = d->to; /* it answers from there */
			if (to >= 0)
				node_hear(w, to, d);
			else
				mem_free(d);
		}
		burst_flush(w);
		fault_step(w);
		for (int i = 0; i < w->n_nodes; i++) {
			if (tunnel_deadline(&w->node[i].tunnel) <= w->now)
				node_tick(w, i);
			if (w->node[i].next_traffic <= w->now)
				traffic_step(w, i);
		}
	}
	if (!w->failure[0] && w->now < until)
		w->now = until;
}

void world_heal(struct world *w)
{
	w->faults = (struct wire_faults){ .loss = HEALED_LOSS, .delay = 20 * MILLI_NS };
	w->partitioned = false;
	schedule(w);
	w->healing = true;
	for (int i = 0; i < w->n_nodes; i++) {
		w->node[i].next_traffic = w->now + prng_below(&w->prng, SECOND_NS);
		for (int k = 0; k < w->n_nodes; k++)
			w->node[i].flow[k].first_delivered_at = 0;
	}
}

uint64_t world_connected_after(const struct world *w, uint64_t healed_at)
{
	uint64_t worst = 0;

	for (int i = 0; i < w->n_nodes; i++) {
		for (int k = 0; k < w->n_nodes; k++) {
			uint64_t at = w->node[i].flow[k].first_delivered_at;

			/* Two roaming nodes may lose each other; node 0 does not move. */
			if (i == k || (i && k) || !world_should_connect(w, i, k))
				continue;
			if (!at)
				return NEVER;
			if (at - healed_at > worst)
				worst = at - healed_at;
		}
	}
	return worst;
}

void world_hush(struct world *w)
{
	for (int i = 0; i < w->n_nodes; i++) {
		struct node *n = &w->node[i];

		n->next_traffic = NEVER;
		n->keepalive = 0;
		for (struct peer *p = admin_first(&n->tunnel); p; p = p->next)
			admin_keepalive(&n->tunnel, p, 0, instant_of(w, n));
	}
}

static int units_init(struct world *w)
{
	if (batch_init(&w->batch, BATCH_PACKETS, BATCH_PACKETS, 1 << 20) < 0)
		return -1;
	w->batch.mtu = 1420;
	for (int i = 0; i < BURST; i++) {
		if (batch_init(&w->unit[i].batch, BATCH_PACKETS, BATCH_PACKETS, 1 << 20) < 0 ||
		    flight_init(&w->unit[i].flight, BATCH_PACKETS) < 0)
			return -1;
		w->unit[i].batch.mtu = 1420;
	}
	return 0;
}

/* Who it is, and where. */
static void node_make(struct world *w, int node)
{
	struct node *n = &w->node[node];
	struct noise_identity self = { .known = false };

	n->prng.state = prng_next(&w->prng);
	prng_fill(&w->prng, n->private_key.bytes, KEY_LEN);
	noise_identity_set(&self, &n->private_key);
	n->private_key = self.private_key;
	n->public_key = self.public_key;
	n->address = address_make(node, 51820);
}

int world_init(struct world *w, uint64_t seed, bool adversary)
{
	*w = (struct world){ .seed = seed,
			     .now = SECOND_NS,
			     .prng = { seed },
			     .coarse = { seed ^ UINT64_C(0xc0a25e) },
			     .adversary = adversary,
			     .disorder = { ~seed },
			     .outsider = -1 };
	if (units_init(w) < 0)
		return -1;
	w->n_nodes = prng_below(&w->prng, 3) ? 2 : 2 + (int)prng_below(&w->prng, NODES_MAX - 1);
	if (w->n_nodes > 2 && prng_below(&w->prng, 4) == 0)
		w->outsider = w->n_nodes - 1;
	for (int i = 0; i < w->n_nodes; i++) {
		struct node *n = &w->node[i];

		node_make(w, i);
		n->keepalive = prng_below(&w->prng, 3) ? 0
						       : (uint16_t)(1 + prng_below(&w->prng, 60));
		n->next_traffic = w->now + prng_below(&w->prng, 5 * SECOND_NS);
		for (int k = 0; k < i; k++) {
			if (prng_below(&w->prng, 2))
				prng_fill(&w->prng, w->psk[i][k].bytes, KEY_LEN);
			w->psk[k][i] = w->psk[i][k];
			if (i == w->outsider)
				prng_fill(&w->prng, w->psk[i][k].bytes, KEY_LEN);
		}
	}
	faults_draw(w);
	coarse_draw(w);
	schedule(w);
	for (int i = 0; i < w->n_nodes; i++)
		node_start(w, i);
	return 0;
}

int world_init_calm(struct world *w, uint64_t seed, const struct wire_faults *faults)
{
	*w = (struct world){
		.seed = seed, .now = SECOND_NS, .prng = { seed }, .faults = *faults, .outsider = -1
	};
	if (units_init(w) < 0)
		return -1;
	w->n_nodes = 2;
	for (int i = 0; i < w->n_nodes; i++) {
		node_make(w, i);
		w->node[i].next_traffic = NEVER;
	}
	for (int i = 0; i < HOMES; i++)
		w->node[0].home[i] = address_make(0, (uint16_t)(1000 + i));
	w->node[0].address = w->node[0].home[0];
	schedule(w);
	for (int i = 0; i < w->n_nodes; i++)
		node_start(w, i);
	return 0;
}

void world_send(struct world *w, int from, int to)
{
	node_send(w, from, to);
	burst_flush(w);
}

void world_fini(struct world *w)
{
	for (int i = 0; i < w->n_nodes; i++)
		node_stop(w, i);
	while (w->n_heap)
		mem_free(w->heap[--w->n_heap]);
	for (uint32_t i = 0; i < w->n_history; i++)
		mem_free(w->history[i]);
	mem_free(w->heap);
	mem_free(w->nonces);
	mem_free(w->seen);
	batch_fini(&w->batch);
	for (int i = 0; i < BURST; i++) {
		batch_fini(&w->unit[i].batch);
		flight_fini(&w->unit[i].flight);
	}
}

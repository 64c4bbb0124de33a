/* SPDX-License-Identifier: ISC */
/* Invariants that must hold after every step, whatever the wire does. */
#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "sim/world.h"

enum {
	HEADER = 20,
	STAMP = 16,
	SHORTEST = HEADER + STAMP,
	/*
	 * One attempt has 20; a renewal by age may just have begun when the 15 s timer
	 * restarts.
	 */
	INITIATIONS_MAX = 26,
};

void check_fail(struct world *w, const char *format, ...)
{
	va_list ap;

	if (w->failure[0])
		return;
	va_start(ap, format);
	vsnprintf(w->failure, sizeof(w->failure), format, ap);
	va_end(ap);
}

size_t packet_make(uint8_t *out, int from, int to, uint32_t seq, uint64_t seed)
{
	struct prng r = { seed ^ ((uint64_t)from << 40) ^ ((uint64_t)to << 48) ^ seq };
	size_t len = SHORTEST + prng_below(&r, prng_ppm(&r, 300000) ? 1420 - SHORTEST + 1 : 100);

	memset(out, 0, HEADER);
	out[0] = 0x45;
	out[1] = (uint8_t)prng_below(&r, 4);
	store_be16(out + 2, (uint16_t)len);
	out[8] = 64;
	out[9] = 253;
	store_be32(out + 12, 0x0a010000u + (uint32_t)from);
	store_be32(out + 16, 0x0a010000u + (uint32_t)to);
	prng_fill(&r, out + HEADER, len - HEADER);
	store_be32(out + HEADER, seq);
	return len;
}

static int peer_number(const struct world *w, const struct peer *peer)
{
	for (int i = 0; i < w->n_nodes; i++) {
		if (key_equal(&w->node[i].public_key, &peer->public_key))
			return i;
	}
	return -1;
}

/* S2: each counter under each key at most once, by all incarnations of all nodes. */
static void check_nonce(struct world *w, int node, const struct session *s, uint64_t counter)
{
	const uint8_t *key = s->keys->send.bytes;
	uint32_t i = load_le32(key);

	if (w->n_nonces * 2 >= w->cap_nonces) {
		uint32_t cap = w->cap_nonces ? w->cap_nonces * 2 : 256;
		struct nonce_slot *old = w->nonces, *slot = mem_new_array(cap, sizeof(*slot));

		for (uint32_t k = 0; k < w->cap_nonces; k++) {
			uint32_t at = load_le32(old[k].key);

			if (!old[k].used)
				continue;
			while (slot[at % cap].used)
				at++;
			slot[at % cap] = old[k];
		}
		mem_free(old);
		w->nonces = slot;
		w->cap_nonces = cap;
	}
	while (w->nonces[i % w->cap_nonces].used &&
	       memcmp(w->nonces[i % w->cap_nonces].key, key, 32) != 0)
		i++;
	if (!w->nonces[i % w->cap_nonces].used) {
		struct nonce_slot *slot = &w->nonces[i % w->cap_nonces];

		memcpy(slot->key, key, 32);
		slot->used = true;
		w->n_nonces++;
	}
	if (counter < w->nonces[i % w->cap_nonces].next)
		check_fail(w, "S2: node %d uses counter %llu twice", node,
			   (unsigned long long)counter);
	w->nonces[i % w->cap_nonces].next = counter + 1;
}

static void check_data(struct world *w, int node, const struct pkt *p)
{
	const struct wire_data *m = (const struct wire_data *)p->data;
	const struct peer *peer = p->owner;
	const struct session *s = peer ? peer->keyring.current : NULL;
	uint64_t counter = load_le64(m->counter);

	if (!s || s->remote != load_le32(m->receiver)) {
		check_fail(w, "node %d sends data under a key that is not its current one", node);
		return;
	}
	if (session_age(s, w->now) >= REJECT_AFTER_TIME_NS || counter >= REJECT_AFTER_MESSAGES)
		check_fail(w, "S5: node %d sends under an expired key", node);
	check_nonce(w, node, s, counter);
}

/*
 * S10, S11, S14: initiations are rare, their timestamps grow, and only the initiator
 * renews by age.
 */
static void check_initiation(struct world *w, int node, const struct pkt *p)
{
	struct node *n = &w->node[node];
	const struct peer *peer = p->owner;
	struct watch *watch = &n->watch[peer_number(w, peer)];
	const struct session *s = peer->keyring.current;

	if (watch->initiation_at && w->now - watch->initiation_at < REKEY_TIMEOUT_NS)
		check_fail(w, "S11: node %d sends two initiations within %llu ms", node,
			   (unsigned long long)((w->now - watch->initiation_at) / MILLI_NS));
	watch->initiation_at = w->now;
	if (++watch->initiations > INITIATIONS_MAX && !n->keepalive)
		check_fail(w, "S11: node %d goes on with initiations without traffic", node);
	if (memcmp(peer->sent_timestamp, watch->timestamp, sizeof(watch->timestamp)) <= 0)
		check_fail(w, "S10: node %d sends a timestamp that does not grow", node);
	memcpy(watch->timestamp, peer->sent_timestamp, sizeof(watch->timestamp));
	if (s && session_may_send(s, w->now) && !s->initiator && peer->timers.attempts == 0 &&
	    w->now - peer->heard_at < NEW_HANDSHAKE_NS)
		check_fail(w, "S14: node %d, a responder, renews a good session", node);
}

void check_emitted(struct world *w, int node, const struct pkt *p)
{
	w->node[node].emitted++;
	w->emitted++;
	if (w->quiet)
		check_fail(w, "L4: node %d sends %u bytes of type %u into the silence", node,
			   p->len, p->data[0]);
	if (p->len < 4 || p->len > DATAGRAM_MAX) {
		check_fail(w, "node %d sends %u bytes", node, p->len);
		return;
	}
	if (p->data[0] == MESSAGE_DATA)
		check_data(w, node, p);
	if (p->data[0] == MESSAGE_INITIATION)
		check_initiation(w, node, p);
}

void check_delivered(struct world *w, int node, const struct pkt *p, uint64_t session_born)
{
	uint8_t want[DATAGRAM_MAX];
	uint32_t source, seq;
	struct flow *f;
	int from;

	if (p->len < SHORTEST) {
		check_fail(w, "S1: node %d gets %u bytes nobody sent", node, p->len);
		return;
	}
	source = load_be32(p->data + 12);
	from = (int)(source - 0x0a010000u);
	seq = load_be32(p->data + HEADER);
	if (from < 0 || from >= w->n_nodes || from == node) {
		check_fail(w, "S4: node %d gets a packet from %08x", node, source);
		return;
	}
	f = &w->node[from].flow[node];
	if (seq >= f->submitted || p->len != packet_make(want, from, node, seq, w->seed) ||
	    memcmp(want + HEADER, p->data + HEADER, p->len - HEADER) != 0 ||
	    memcmp(want + 12, p->data + 12, 8) != 0) {
		check_fail(w, "S1: node %d gets a packet that node %d never sent", node, from);
		return;
	}
	if (!world_should_connect(w, from, node))
		check_fail(w, "node %d hears node %d, whose preshared key is wrong", node, from);
	if (f->delivered[seq / 8] & (1 << (seq % 8)))
		check_fail(w, "S3: node %d gets packet %u of node %d twice", node, seq, from);
	f->delivered[seq / 8] |= (uint8_t)(1 << (seq % 8));
	if (w->now - session_born >= REJECT_AFTER_TIME_NS)
		check_fail(w, "S5: node %d receives under an expired key", node);
	if (!f->first_delivered_at)
		f->first_delivered_at = w->now;
	w->delivered++;
	world_digest(w, p->data, p->len);
}

/* S12: nothing grows, nothing leaks. */
void check_node(struct world *w, int node)
{
	struct tunnel *t = &w->node[node].tunnel;
	size_t indices = 0;

	for (struct peer *p = admin_first(t); p; p = p->next) {
		indices += p->pending->waiting;
		indices += !!p->keyring.current + !!p->keyring.previous + !!p->keyring.next;
		if (p->staged.n > STAGED_PACKETS)
			check_fail(w, "S12: node %d stages %u packets", node, p->staged.n);
		if (timers_next(&p->timers) < tunnel_deadline(t))
			check_fail(w, "S13: node %d has a timer that its tunnel forgot", node);
		if (p->keyring.current && p->keyring.current == p->keyring.previous)
			check_fail(w, "S12: node %d holds a session twice", node);
	}
	if (indices != t->index.n)
		check_fail(w, "S12: node %d has %zu indices for %zu uses", node, t->index.n,
			   indices);
	if (t->retired && !w->sweeping)
		check_fail(w, "S12: node %d keeps a retired session", node);
	if (t->hsqueue.n > HSQUEUE_SIZE)
		check_fail(w, "S12: node %d has %u messages in the lane", node, t->hsqueue.n);
}

/* SPDX-License-Identifier: ISC */
#include "proto/send.h"

#include "base/bytes.h"
#include "proto/handshake.h"
#include "proto/inner.h"

void send_stamp(struct batch *b, struct flight *f, struct pkt *p, struct session *s, uint8_t ecn)
{
	uint32_t len = batch_padded(p->len, b->mtu);
	struct wire_data *header = (struct wire_data *)(p->data - sizeof(*header));
	struct aead_job *job = flight_add(f, p, s);
	uint64_t counter;

	if (!job) {
		p->fate = FATE_NO_MEMORY;
		return;
	}
	counter = s->send_counter++; /* used once, whatever happens to the packet */
	memset(p->data + p->len, 0, len - p->len);
	store_le32(header->type, MESSAGE_DATA);
	store_le32(header->receiver, s->remote);
	store_le64(header->counter, counter);
	*job = (struct aead_job){
		.key = &s->keys->send, .nonce = counter, .data = p->data, .len = len
	};
	p->data -= sizeof(*header);
	p->len = (uint32_t)sizeof(*header) + len + PKT_TAG;
	p->tos = ecn;
	if (s->peer->alone) {
		s->peer->alone--;
		p->flags |= PKT_ALONE;
	}
	p->end = &s->peer->endpoint;
	p->owner = s->peer;
	p->fate = FATE_NET;
}

enum fate send_stage(struct tunnel *t, struct peer *peer, const uint8_t *data, size_t len)
{
	uint32_t had = peer->staged.size;
	uint32_t size = t->staged_bytes < STAGED_ALL ? STAGED_BYTES : STAGED_FEW;
	int dropped = staged_push(&peer->staged, data, len, size);

	t->staged_bytes += peer->staged.size - had;
	if (dropped < 0) {
		peer->count[FATE_NO_MEMORY]++;
		return FATE_NO_MEMORY;
	}
	t->count[FATE_STAGE_FULL] += (uint64_t)dropped;
	peer->count[FATE_STAGE_FULL] += (uint64_t)dropped;
	return FATE_STAGED;
}

void send_happened(struct tunnel *t, struct peer *peer, bool data, struct batch *b,
		   struct instant now)
{
	peer->sent_at = now.mono;
	timers_traversal(&peer->timers, now.mono);
	timers_any_sent(&peer->timers);
	if (data)
		timers_data_sent(&peer->timers, now.mono, &t->rng);
	if (peer->keyring.current && session_stale_for_sending(peer->keyring.current, now.mono))
		handshake_want(t, peer, b, now);
}

/* Stamp the oldest waiting packet; false when the batch is full. */
static bool flush_one(struct tunnel *t, struct peer *peer, struct batch *b, struct flight *f,
		      struct instant now)
{
	size_t len = staged_length(&peer->staged);
	struct pkt *p = batch_add(b, len);
	uint32_t had = peer->staged.size;

	if (!p)
		return false;
	staged_pop(&peer->staged, p->data);
	t->staged_bytes -= had - peer->staged.size;
	faults_sent(&peer->faults, p->data, len, now.mono);
	send_stamp(b, f, p, peer->keyring.current,
		   inner_ecn_out(p->data, inner_version(p->data, len)));
	peer->tx_packets++;
	return true;
}

/*
 * Stamp all that waits, or ask for a session; what does not fit into the batch leaves
 * at the next tick.
 */
static void flush(struct tunnel *t, struct peer *peer, struct batch *b, struct flight *f,
		  struct instant now)
{
	struct session *s = peer->keyring.current;
	uint32_t waiting = peer->staged.n;

	if (!waiting)
		return;
	if (!s || !session_may_send(s, now.mono)) {
		handshake_want(t, peer, b, now);
		return;
	}
	while (peer->staged.n && session_may_send(s, now.mono)) {
		if (!flush_one(t, peer, b, f, now)) {
			core_later(t, peer, false);
			break;
		}
	}
	if (peer->staged.n < waiting)
		send_happened(t, peer, true, b, now);
}

void send_keepalive(struct tunnel *t, struct peer *peer, struct batch *b, struct flight *f,
		    struct instant now)
{
	struct session *s = peer->keyring.current;
	struct pkt *p;

	if (peer->staged.n) {
		flush(t, peer, b, f, now);
		return;
	}
	if (!s || !session_may_send(s, now.mono)) {
		handshake_want(t, peer, b, now); /* which ends with a keepalive, or its answer */
		return;
	}
	p = batch_add(b, 0);
	if (!p) {
		core_later(t, peer, true);
		return;
	}
	send_stamp(b, f, p, s, 0);
	send_happened(t, peer, false, b, now);
}

void send_serve(struct tunnel *t, struct batch *b, struct flight *f, struct instant now)
{
	struct peer *peer = t->work_first, *next;

	t->work_first = NULL;
	for (; peer; peer = next) {
		bool keepalive = peer->flush_keepalive;

		next = peer->work_next;
		peer->working = peer->flush_keepalive = false;
		if (!t->up)
			continue;
		if (keepalive)
			send_keepalive(t, peer, b, f, now);
		else
			flush(t, peer, b, f, now);
	}
}

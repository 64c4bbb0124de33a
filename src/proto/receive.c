/* SPDX-License-Identifier: ISC */
#include "proto/receive.h"

#include "base/bytes.h"
#include "proto/handshake.h"
#include "proto/inner.h"

/* --- before the AEAD: nothing changes here that later packets depend on --- */

static enum fate sort_data(struct tunnel *t, struct pkt *p, struct flight *f, struct instant now)
{
	const struct wire_data *m = (const struct wire_data *)p->data;
	struct aead_job *job;
	struct session *s;

	if (p->len < WIRE_DATA_MIN)
		return FATE_RUNT;
	s = index_find(&t->index, load_le32(m->receiver), INDEX_SESSION);
	if (!s)
		return FATE_NO_SESSION;
	if (!session_may_receive(s, now.mono)) {
		s->receive_valid = false;
		s->peer->count[FATE_EXPIRED]++;
		return FATE_EXPIRED;
	}
	job = flight_add(f, p, s);
	if (!job)
		return FATE_NO_MEMORY;
	*job = (struct aead_job){ .key = &s->keys->receive,
				  .nonce = load_le64(m->counter),
				  .data = p->data + sizeof(*m),
				  .len = p->len - (uint32_t)sizeof(*m) };
	return FATE_NONE;
}

static enum fate sort(struct tunnel *t, struct pkt *p, struct flight *f, struct instant now)
{
	if (p->len < 4)
		return FATE_RUNT;
	/* As an endpoint it would make sends fail, and so slow them down for all peers. */
	if (!endpoint_answerable(p->end))
		return FATE_SENDER;
	switch (load_le32(p->data)) { /* the reserved bytes are part of it */
	case MESSAGE_DATA:
		return sort_data(t, p, f, now);
	case MESSAGE_INITIATION:
	case MESSAGE_RESPONSE:
	case MESSAGE_COOKIE:
		f->messages = true;
		return FATE_NONE;
	default:
		return FATE_TYPE;
	}
}

void receive_sort(struct tunnel *t, struct batch *b, struct flight *f, struct instant now)
{
	for (uint32_t i = 0; i < b->n; i++)
		b->pkt[i].fate = (uint8_t)(t->up ? sort(t, &b->pkt[i], f, now) : FATE_NO_SESSION);
}

/* --- after the AEAD --- */

static enum fate take_cookie(struct tunnel *t, struct pkt *p, struct instant now)
{
	if (p->len != sizeof(struct wire_cookie))
		return FATE_RUNT;
	if (!t->self->known)
		return FATE_NO_KEY;
	return handshake_cookie(t, (const struct wire_cookie *)p->data, now);
}

static enum fate take_handshake(struct tunnel *t, struct pkt *p, size_t want, struct batch *b,
				struct instant now)
{
	if (p->len != want)
		return FATE_RUNT;
	if (!t->self->known)
		return FATE_NO_KEY;
	if (!cookie_mac1_ok(t->checker, p->data, p->len)) {
		t->faults.mac_at = now.mono;
		t->faults.mac_from = *p->end;
		return FATE_MAC;
	}
	return handshake_arrived(t, p, b, now);
}

static void take_messages(struct tunnel *t, struct batch *b, struct instant now)
{
	uint32_t n = b->n; /* cookies are added */

	for (uint32_t i = 0; i < n; i++) {
		struct pkt *p = &b->pkt[i];

		if (p->fate != FATE_NONE)
			continue;
		switch (load_le32(p->data)) {
		case MESSAGE_INITIATION:
			p->fate = (uint8_t)take_handshake(t, p, sizeof(struct wire_initiation), b,
							  now);
			break;
		case MESSAGE_RESPONSE:
			p->fate = (uint8_t)take_handshake(t, p, sizeof(struct wire_response), b,
							  now);
			break;
		case MESSAGE_COOKIE:
			p->fate = (uint8_t)take_cookie(t, p, now);
			break;
		}
	}
}

/* What is inside an authentic packet. */
static enum fate take_content(struct tunnel *t, struct peer *peer, struct pkt *p,
			      struct instant now)
{
	int version = inner_version(p->data, p->len);
	struct ip from;
	size_t len;

	if (!version)
		return FATE_NOT_IP;
	len = inner_length(p->data, p->len, version);
	if (!len)
		return FATE_LENGTH;
	/*
	 * Look up the owner of the source in the whole table, not merely among this peer's
	 * prefixes.
	 */
	if (inner_source(&t->allowed, p->data, version) != peer) {
		inner_source_ip(p->data, version, &from);
		faults_source(peer, &from, now.mono);
		return FATE_SOURCE;
	}
	p->len = (uint32_t)len; /* the rest was padding */
	inner_ecn_in(p->data, version, p->tos);
	peer->rx_packets++;
	faults_returned(&peer->faults);
	return FATE_DEV;
}

static enum fate take_data(struct tunnel *t, struct session *s, struct pkt *p, bool authentic,
			   struct batch *b, struct instant now)
{
	const struct wire_data *m = (const struct wire_data *)p->data;
	struct peer *peer = s->peer;
	struct session *current;
	bool confirmed;

	if (!authentic)
		return FATE_FORGED;
	if (!replay_accept(&s->replay, load_le64(m->counter)))
		return FATE_REPLAY;
	handshake_moved(t, peer, p->end, now);
	peer->heard_at = now.mono; /* before a renewal may ask where it is */
	core_retire(t, keyring_received(&peer->keyring, s, &confirmed));
	if (confirmed) {
		handshake_complete(t, peer, now);
		core_later(t, peer, false);
	}
	current = peer->keyring.current;
	if (current && !peer->timers.last_minute &&
	    session_stale_for_receiving(current, now.mono)) {
		peer->timers.last_minute = true;
		handshake_want(t, peer, b, now);
	}
	peer->rx_bytes += p->len;
	timers_any_received(&peer->timers);
	timers_traversal(&peer->timers, now.mono);
	p->data += sizeof(*m);
	p->len -= (uint32_t)sizeof(*m) + SEAL_LEN;
	if (p->len == 0)
		return FATE_KEEPALIVE;
	timers_data_received(&peer->timers, now.mono); /* whether or not the content is valid */
	return take_content(t, peer, p, now);
}

void receive_take(struct tunnel *t, struct batch *b, struct flight *f, struct instant now)
{
	if (f->messages)
		take_messages(t, b, now);
	for (uint32_t i = 0; i < f->n; i++) {
		const struct flight_work *w = &f->work[i];
		enum fate fate = FATE_NO_SESSION;

		if (!w->session->retired) {
			fate = take_data(t, w->session, w->pkt, f->jobs[i].authentic, b, now);
			if (fate >= FATE_DROPPED)
				w->session->peer->count[fate]++;
		}
		w->pkt->fate = (uint8_t)fate;
	}
}

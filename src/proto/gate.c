/* SPDX-License-Identifier: ISC */
#include "proto/gate.h"

#include "base/bytes.h"

static void load(struct tunnel *t, uint64_t now)
{
	t->under_load_until = now + UNDER_LOAD_NS;
	t->turned_away = 0;
}

bool gate_loaded(struct tunnel *t, struct instant now)
{
	if (t->hsqueue.n >= HSQUEUE_LOAD)
		load(t, now.mono);
	return now.mono < t->under_load_until;
}

void gate_turned_away(struct tunnel *t, struct instant now)
{
	if (++t->turned_away == HSQUEUE_SIZE)
		load(t, now.mono);
}

/* The network that it is in: /24 or /48. Who can use one address there can use them all. */
static struct ip prefix_of(const struct endpoint *from)
{
	struct ip ip = endpoint_ip(from);
	size_t kept = ip.family == AF_INET ? 3 : 6;

	memset(ip.bytes + kept, 0, ip_len(ip.family) - kept);
	return ip;
}

/*
 * Whether a message from there is looked at further. known: it is where a peer is, and that has
 * some left.
 */
static bool has_share(struct tunnel *t, const struct endpoint *from, bool *known, uint64_t now)
{
	static const struct bucket_pace one = BUCKET_PACE(COOKIES_PEER, COOKIES_PEER_BURST);
	struct peer *peer = peers_at(&t->peers, from);
	struct ip prefix = prefix_of(from);

	*known = peer && bucket_spend(&peer->cookies, &one, now);
	return *known || bucket_take(t->prefixes, &prefix, now);
}

static bool may_send_cookie(struct tunnel *t, bool known, uint64_t now)
{
	static const struct bucket_pace all = BUCKET_PACE(COOKIES, COOKIES_BURST);
	static const struct bucket_pace peers = BUCKET_PACE(COOKIES_PEERS, COOKIES_PEERS_BURST);

	return (known && bucket_spend(&t->cookies_peers, &peers, now)) ||
	       bucket_spend(&t->cookies, &all, now);
}

bool gate_has_room(struct batch *b)
{
	size_t room;

	return batch_space(b, &room) && room >= WIRE_HANDSHAKE_MAX && b->n_ends < b->cap_ends;
}

static enum fate cookie_send(struct tunnel *t, const void *message, size_t len,
			     const struct endpoint *from, bool known, struct batch *b,
			     struct instant now)
{
	struct endpoint *to;
	struct pkt *p;

	if (!gate_has_room(b))
		return FATE_HSQUEUE_FULL;
	if (!may_send_cookie(t, known, now.mono))
		return FATE_RATE;
	to = batch_end(b);
	*to = *from;
	p = batch_add(b, sizeof(struct wire_cookie));
	p->fate = FATE_NET;
	p->end = to;
	p->tos = 0;
	cookie_reply(t->checker, (struct wire_cookie *)p->data, message, len, from, now.mono,
		     &t->rng);
	return FATE_COOKIE_SENT;
}

enum fate gate_prove(struct tunnel *t, const void *message, size_t len, const struct endpoint *from,
		     struct batch *b, struct instant now)
{
	static const struct bucket_pace all = BUCKET_PACE(PROOFS, PROOFS_BURST);
	struct ip source = endpoint_ip(from);
	bool known;

	if (!has_share(t, from, &known, now.mono))
		return FATE_RATE;
	if (!cookie_has_mac2(message, len))
		return cookie_send(t, message, len, from, known, b, now);
	if (!known && !bucket_spend(&t->proofs, &all, now.mono))
		return FATE_RATE;
	if (!cookie_mac2_ok(t->checker, message, len, from, now.mono, &t->rng))
		return cookie_send(t, message, len, from, known, b, now);
	return bucket_take(t->buckets, &source, now.mono) ? FATE_NONE : FATE_RATE;
}

/* SPDX-License-Identifier: ISC */
#include "proto/admin.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/vault.h"
#include "proto/core.h"
#include "proto/handshake.h"

/* Free everything that sessions or handshakes with the peer left. */
static void peer_reset(struct tunnel *t, struct peer *peer)
{
	core_purge(t, peer);
	timers_stop(&peer->timers);
	handshake_clear(t, peer);
	core_retire(t, keyring_clear(&peer->keyring));
	peer->handshake_from = 0;
	peer->reach.asked = 0;
}

void admin_up(struct tunnel *t, struct instant now)
{
	(void)now;
	if (t->up)
		return;
	t->up = true;
	for (struct peer *peer = t->peers.first; peer; peer = peer->next) {
		timers_start(&peer->timers, &t->deadlines);
		core_later(t, peer, peer->timers.interval > 0);
	}
}

void admin_down(struct tunnel *t)
{
	if (!t->up)
		return;
	t->up = false;
	for (struct peer *peer = t->peers.first; peer; peer = peer->next)
		peer_reset(t, peer);
	t->hsqueue.n = 0;
	core_sweep(t);
}

void admin_private_key(struct tunnel *t, const struct key *key, struct instant now)
{
	struct noise_identity next = { .known = false };
	struct peer *peer;
	bool had = t->self->known;

	(void)now;
	noise_identity_set(&next, key);
	if (key_equal(&next.private_key, &t->self->private_key) && next.known == had) {
		wipe(&next, sizeof(next));
		return;
	}
	peer = next.known ? peers_find(&t->peers, &next.public_key) : NULL;
	t->faults.own_key = peer;
	if (peer)
		admin_remove(t, peer);
	*t->self = next;
	wipe(&next, sizeof(next));
	cookie_keys_set(&t->checker->keys, &t->self->public_key);
	t->hsqueue.n = 0; /* meant for the old key */
	for (peer = t->peers.first; peer; peer = peer->next) {
		noise_remote_update(peer->noise, t->self);
		handshake_clear(t, peer);
		keyring_stop_sending(&peer->keyring);
		peer->handshake_from = 0;
		if (!had && t->up)
			core_later(t, peer, peer->timers.interval > 0);
	}
}

const struct key *admin_public_key(const struct tunnel *t)
{
	return &t->self->public_key;
}

const struct key *admin_read_private_key(const struct tunnel *t)
{
	return &t->self->private_key;
}

struct peer *admin_find(const struct tunnel *t, const struct key *public_key)
{
	return peers_find(&t->peers, public_key);
}

struct peer *admin_first(const struct tunnel *t)
{
	return t->peers.first;
}

size_t admin_count(const struct tunnel *t)
{
	return t->peers.n;
}

static void peer_free(struct peer *peer)
{
	if (!peer)
		return;
	vault_free(peer->noise, sizeof(*peer->noise));
	vault_free(peer->pending, sizeof(*peer->pending));
	wipe(peer, sizeof(*peer)); /* cookies */
	mem_free(peer);
}

int admin_add(struct tunnel *t, const struct key *public_key, struct peer **out)
{
	struct peer *peer = peers_find(&t->peers, public_key);

	*out = peer;
	if (peer)
		return -EEXIST;
	if (t->self->known && key_equal(public_key, &t->self->public_key)) {
		t->faults.own_key = true;
		return -EINVAL;
	}
	if (t->peers.n >= PEERS_MAX)
		return -ENOSPC;
	peer = mem_new(sizeof(*peer));
	if (!peer)
		return -ENOMEM;
	peer->noise = vault_new(sizeof(*peer->noise));
	peer->pending = vault_new(sizeof(*peer->pending));
	peer->public_key = *public_key;
	if (!peer->noise || !peer->pending ||
	    deadlines_reserve(&t->deadlines, t->peers.n + 1) < 0 ||
	    peers_add(&t->peers, peer) < 0) {
		peer_free(peer);
		return -ENOMEM;
	}
	peer->noise->public_key = *public_key;
	noise_remote_update(peer->noise, t->self);
	cookie_keys_set(&peer->cookie.keys, public_key);
	/* It may be a peer that was removed before: it remembers our last timestamp. */
	memcpy(peer->sent_timestamp, t->removed_timestamp, sizeof(peer->sent_timestamp));
	if (t->up)
		timers_start(&peer->timers, &t->deadlines);
	*out = peer;
	return 0;
}

void admin_mend_own_key(struct tunnel *t)
{
	t->faults.own_key = false;
}

void admin_remove(struct tunnel *t, struct peer *peer)
{
	allowed_remove_all(&t->allowed, peer);
	peers_remove(&t->peers, peer);
	peer_reset(t, peer);
	core_forget(t, peer);
	core_sweep(t);
	deadlines_reserve(&t->deadlines, t->peers.n);
	if (memcmp(peer->sent_timestamp, t->removed_timestamp, sizeof(t->removed_timestamp)) > 0)
		memcpy(t->removed_timestamp, peer->sent_timestamp, sizeof(t->removed_timestamp));
	peer_free(peer);
}

void admin_psk(struct peer *peer, const struct key *psk)
{
	peer->noise->psk = *psk;
}

bool admin_sent_before(struct peer *peer, const uint8_t stamp[TIMESTAMP_LEN])
{
	if (memcmp(stamp, peer->sent_timestamp, TIMESTAMP_LEN) <= 0)
		return false;
	memcpy(peer->sent_timestamp, stamp, TIMESTAMP_LEN);
	return true;
}

static void look_there(struct tunnel *t, struct peer *peer, const struct endpoint *end)
{
	bool found = !endpoint_known(&peer->endpoint);

	peer->endpoint = *end;
	endpoint_forget_local(&peer->endpoint);
	admin_touched(t, peer);
	/* A persistent keepalive that had nowhere to go could not arm its timer. */
	if (t->up && found && peer->timers.interval)
		core_later(t, peer, true);
}

void admin_endpoint(struct tunnel *t, struct peer *peer, const struct endpoint *end)
{
	reach_set(&peer->reach, end, 1, end, true);
	reach_found(&peer->reach, end);
	look_there(t, peer, end);
}

void admin_candidates(struct tunnel *t, struct peer *peer, const struct endpoint *ends, unsigned n,
		      struct instant now)
{
	const struct endpoint *next = reach_set(&peer->reach, ends, n, &peer->endpoint,
						handshake_works(peer, now.mono));
	bool first = !endpoint_known(&peer->endpoint);

	if (!next)
		return;
	look_there(t, peer, next);
	core_note(t, (struct event){ .kind = EVENT_TRYING, .peer = peer });
	/* Anything that waited for an address can leave now. */
	if (first && (peer->timers.interval || peer->staged.n))
		admin_handshake(t, peer, now);
}

void admin_keepalive(struct tunnel *t, struct peer *peer, uint16_t seconds, struct instant now)
{
	bool begins = !peer->timers.interval && seconds;

	(void)now;
	peer->timers.interval = seconds;
	if (begins && t->up)
		core_later(t, peer, true);
}

int admin_allow(struct tunnel *t, struct peer *peer, const struct prefix *prefix)
{
	return allowed_add(&t->allowed, prefix, peer);
}

void admin_disallow(struct tunnel *t, struct peer *peer, const struct prefix *prefix)
{
	allowed_remove(&t->allowed, prefix, peer);
}

void admin_disallow_all(struct tunnel *t, struct peer *peer)
{
	allowed_remove_all(&t->allowed, peer);
}

void admin_touched(struct tunnel *t, struct peer *peer)
{
	if (t->up && peer->staged.n)
		core_later(t, peer, false);
}

static void find_again(struct tunnel *t, struct peer *peer)
{
	const struct endpoint *home = reach_again(&peer->reach, &peer->endpoint);

	endpoint_forget_local(&peer->endpoint);
	if (!home)
		return;
	look_there(t, peer, home);
	core_note(t, (struct event){ .kind = EVENT_TRYING, .peer = peer });
}

void admin_network_changed(struct tunnel *t)
{
	for (struct peer *peer = t->peers.first; peer; peer = peer->next)
		find_again(t, peer);
}

/* Peers take no initiation right after another one. */
static void ask_again(struct tunnel *t, struct peer *peer, struct instant now)
{
	uint64_t soon = now.mono + ASK_AGAIN_NS;

	if (peer->handshake_from <= soon)
		return;
	peer->handshake_from = soon;
	if (!peer->timers.at[TIMER_RETRANSMIT])
		return;
	/* That nobody answers the last one says nothing about where the peer is. */
	timers_initiation_lost(&peer->timers);
	reach_unasked(&peer->reach);
	timers_gate_closed(&peer->timers, soon, &t->rng);
}

void admin_sockets_changed(struct tunnel *t, struct instant now)
{
	for (struct peer *peer = t->peers.first; peer; peer = peer->next)
		ask_again(t, peer, now);
}

void admin_handshake(struct tunnel *t, struct peer *peer, struct instant now)
{
	if (!t->up || !endpoint_known(&peer->endpoint))
		return;
	/* The timer for "nothing heard" does it: a new handshake, subject to the 5 s gate. */
	timers_handshake_wanted(&peer->timers, now.mono);
}

/* SPDX-License-Identifier: ISC */
#include "proto/faults.h"

#include <errno.h>

#include "base/bytes.h"
#include "proto/inner.h"
#include "proto/tunnel.h"

enum { WALK = 1 << 16 }; /* peers searched per second, for what anybody may cause */

static const uint64_t minute = 60 * SECOND_NS;
static const uint64_t recent = 180 * SECOND_NS;
static const uint64_t hour = 3600 * SECOND_NS;

bool faults_passes(int err)
{
	return err == EAGAIN || err == ENOBUFS || err == ENOMEM;
}

void faults_refused(struct faults *t, int err, uint64_t now)
{
	struct faults_send *s = t->send, *oldest = t->send;

	for (; s < t->send + FAULTS_ERRORS && s->err != err; s++) {
		if (s->at < oldest->at)
			oldest = s;
	}
	if (s == t->send + FAULTS_ERRORS) {
		s = oldest;
		*s = (struct faults_send){ .err = err };
	}
	s->count++;
	s->at = now;
}

void faults_sent(struct faults *t, const uint8_t *data, size_t len, uint64_t now)
{
	int version = data[0] >> 4;

	if (!inner_is_for_one(data, version))
		return;
	t->unreturned++;
	t->unanswered += inner_wants_answer(data, len, version);
	if (!t->unreturned_since)
		t->unreturned_since = now;
}

void faults_returned(struct faults *t)
{
	t->unreturned = 0;
	t->unanswered = 0;
	t->unreturned_since = 0;
}

void faults_source(struct peer *p, const struct ip *from, uint64_t now)
{
	uint64_t at = p->faults.source_at;

	if (ip_is_link_local(from) && at && now < at + recent &&
	    !ip_is_link_local(&p->refused_source))
		return;
	p->refused_source = *from;
	p->faults.source_at = now;
}

/* Advance to the current minute. */
static void turn_minute(struct faults *t, uint64_t now)
{
	uint64_t since = now - t->flips_since;

	/* The one who asks may have looked at the clock before a packet that came meanwhile. */
	if (now < t->flips_since || since < minute)
		return;
	t->flips_before = since < 2 * minute ? t->flips : 0;
	t->flips = 0;
	t->flips_since = now;
}

void faults_moved(struct faults *t, const struct endpoint *from, const struct endpoint *to,
		  uint64_t now)
{
	turn_minute(t, now);
	if (endpoint_known(&t->former) && endpoint_same_remote(&t->former, to))
		t->flips++;
	t->former = *from;
}

uint32_t faults_flips(const struct faults *t, uint64_t now)
{
	struct faults then = *t;

	turn_minute(&then, now);
	return then.flips + then.flips_before;
}

bool faults_stranger(struct faults_tunnel *t, const struct key *key, const struct endpoint *from,
		     uint64_t now)
{
	struct faults_stranger *end = t->stranger + FAULTS_STRANGERS, *oldest = t->stranger;
	struct faults_stranger *s = t->stranger;

	for (; s < end && !(s->count && key_equal(&s->key, key)); s++) {
		if (s->at < oldest->at)
			oldest = s;
	}
	if (s == end) {
		s = oldest;
		*s = (struct faults_stranger){ .key = *key };
	}
	s->from = *from;
	s->count++;
	s->at = now;
	if (s->news_at && now < s->news_at + hour)
		return false;
	s->news_at = now;
	return true;
}

/*
 * An eavesdropper may replay what it heard, as often as it likes: only growing timestamps
 * indicate a clock.
 */
bool faults_timestamp(struct peer *p, const uint8_t timestamp[TIMESTAMP_LEN],
		      const struct endpoint *from, uint64_t now)
{
	struct faults *t = &p->faults;
	bool news = !t->timestamp_at || t->timestamp_at <= p->handshake_at;

	if (memcmp(timestamp, p->latest_timestamp, TIMESTAMP_LEN) == 0 ||
	    (!news && memcmp(timestamp, t->timestamp, TIMESTAMP_LEN) <= 0))
		return false;
	t->timestamps = news ? 1 : t->timestamps + 1;
	t->timestamp_at = now;
	t->timestamp_from = *from;
	memcpy(t->timestamp, timestamp, TIMESTAMP_LEN);
	return news;
}

bool faults_psk(struct peer *p, uint64_t now)
{
	bool news = !p->faults.psk_at || p->faults.psk_at <= p->handshake_at;

	p->faults.psk_at = now;
	return news;
}

void faults_no_peer(struct faults_tunnel *t, const struct ip *to, uint64_t now)
{
	bool for_one = to->family == AF_INET ? to->bytes[0] < 224 : to->bytes[0] != 0xff;

	if (!for_one)
		return;
	t->no_peer_to = *to;
	t->no_peer_at = now;
}

/* Anybody can forge ICMP: a flood of it must not become a flood of work. */
static bool may_walk(struct tunnel *t, uint64_t now)
{
	struct faults_tunnel *own = &t->faults;

	if (now - own->walk_since >= SECOND_NS) {
		own->walk_since = now;
		own->walked = 0;
	}
	return own->walked < WALK;
}

void faults_told(struct tunnel *t, const struct faults_icmp *icmp, uint64_t now)
{
	struct peer *peer = NULL;
	uint64_t count;

	t->faults.icmp++;
	if (may_walk(t, now)) {
		peer = t->peers.first;
		while (peer && !endpoint_same_remote(&peer->endpoint, &icmp->to)) {
			peer = peer->next;
			t->faults.walked++;
		}
	}
	t->faults.walked++;
	if (!peer) {
		t->faults.icmp_unmatched++;
		return;
	}
	count = peer->faults.icmp.count + 1;
	peer->faults.icmp = *icmp;
	peer->faults.icmp.count = count;
	peer->faults.icmp.at = now;
}

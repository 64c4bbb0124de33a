/* SPDX-License-Identifier: ISC */
#include "proto/cookie.h"

#include "base/bytes.h"
#include "crypto/blake2s.h"
#include "crypto/xaead.h"
#include "proto/limits.h"

enum { MACS_LEN = sizeof(struct wire_macs) };

static void label_key(uint8_t out[32], const char label[8], const struct key *public_key)
{
	struct blake2s s;

	blake2s_init(&s, 32, NULL, 0);
	blake2s_add(&s, label, 8);
	blake2s_add(&s, public_key->bytes, KEY_LEN);
	blake2s_end(&s, out);
}

void cookie_keys_set(struct cookie_keys *k, const struct key *public_key)
{
	label_key(k->mac1, "mac1----", public_key);
	label_key(k->cookie, "cookie--", public_key);
}

bool cookie_mac1_ok(const struct cookie_checker *c, const void *message, size_t len)
{
	const uint8_t *m = message;
	uint8_t mac[MAC_LEN];

	blake2s(mac, MAC_LEN, c->keys.mac1, 32, m, len - MACS_LEN);
	return bytes_equal(mac, m + len - MACS_LEN, MAC_LEN);
}

/*
 * The cookie of an address: a MAC over address and port under a secret that lives for 120 s.
 * It covers the port, so that a cookie is of use to one socket only, not to all behind a NAT.
 */
static void cookie_of(struct cookie_checker *c, uint8_t out[COOKIE_LEN],
		      const struct endpoint *from, uint64_t now, const struct rng *rng)
{
	struct ip ip = endpoint_ip(from);
	uint8_t port[2];
	struct blake2s s;

	if (!c->secret_born || now - c->secret_born >= COOKIE_SECRET_NS) {
		rng_fill(rng, c->secret, sizeof(c->secret));
		c->secret_born = now;
	}
	store_be16(port, endpoint_port(from));
	blake2s_init(&s, COOKIE_LEN, c->secret, sizeof(c->secret));
	blake2s_add(&s, ip.bytes, ip_len(ip.family));
	blake2s_add(&s, port, sizeof(port));
	blake2s_end(&s, out);
}

bool cookie_has_mac2(const void *message, size_t len)
{
	static const uint8_t none[MAC_LEN];

	return memcmp((const uint8_t *)message + len - MAC_LEN, none, MAC_LEN) != 0;
}

bool cookie_mac2_ok(struct cookie_checker *c, const void *message, size_t len,
		    const struct endpoint *from, uint64_t now, const struct rng *rng)
{
	const uint8_t *m = message;
	uint8_t cookie[COOKIE_LEN], mac[MAC_LEN];
	bool ok;

	cookie_of(c, cookie, from, now, rng);
	blake2s(mac, MAC_LEN, cookie, COOKIE_LEN, m, len - MAC_LEN);
	ok = bytes_equal(mac, m + len - MAC_LEN, MAC_LEN);
	wipe(cookie, sizeof(cookie));
	wipe(mac, sizeof(mac));
	return ok;
}

void cookie_reply(struct cookie_checker *c, struct wire_cookie *reply, const void *message,
		  size_t len, const struct endpoint *from, uint64_t now, const struct rng *rng)
{
	const uint8_t *m = message;
	uint8_t cookie[COOKIE_LEN];

	store_le32(reply->type, MESSAGE_COOKIE);
	memcpy(reply->receiver, m + 4, 4);
	rng_fill(rng, reply->nonce, sizeof(reply->nonce));
	cookie_of(c, cookie, from, now, rng);
	xaead_seal(reply->sealed_cookie, cookie, sizeof(cookie), m + len - MACS_LEN, MAC_LEN,
		   reply->nonce, c->keys.cookie);
	wipe(cookie, sizeof(cookie));
}

void cookie_add_macs(struct cookie_maker *m, void *message, size_t len, uint64_t now)
{
	uint8_t *p = message;
	struct wire_macs *macs = (struct wire_macs *)(p + len - MACS_LEN);

	blake2s(macs->mac1, MAC_LEN, m->keys.mac1, 32, p, len - MACS_LEN);
	memcpy(m->last_mac1, macs->mac1, MAC_LEN);
	m->sent = true;
	memset(macs->mac2, 0, MAC_LEN);
	if (!m->valid)
		return;
	if (now > m->born && now - m->born >= COOKIE_USE_NS) {
		m->valid = false;
		wipe(m->cookie, sizeof(m->cookie));
		return;
	}
	blake2s(macs->mac2, MAC_LEN, m->cookie, COOKIE_LEN, p, len - MAC_LEN);
}

bool cookie_take(struct cookie_maker *m, const struct wire_cookie *reply, uint64_t now)
{
	uint8_t cookie[COOKIE_LEN];

	if (!m->sent)
		return false;
	if (!xaead_open(cookie, reply->sealed_cookie, sizeof(reply->sealed_cookie), m->last_mac1,
			MAC_LEN, reply->nonce, m->keys.cookie))
		return false;
	memcpy(m->cookie, cookie, sizeof(cookie));
	m->valid = true;
	m->born = now;
	m->sent = false; /* one reply per message: a second is a replay */
	wipe(cookie, sizeof(cookie));
	return true;
}

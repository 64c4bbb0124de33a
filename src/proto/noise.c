/* SPDX-License-Identifier: ISC */
#include "proto/noise.h"

#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/blake2s.h"
#include "crypto/dh.h"
#include "crypto/kdf.h"

#define CONSTRUCTION "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"
#define IDENTIFIER   "WireGuard v1 zx2c4 Jason@zx2c4.com"

#define TAI64_BASE  0x400000000000000aULL /* TAI - UTC was 10 s in 1970 */
#define STAMP_STEP  ((uint32_t)1 << 24)   /* whitening: finer than 1/50 s */
#define NS_IN_STAMP 1000000000u

static void mix_hash(struct transcript *t, const void *data, size_t len)
{
	struct blake2s s;

	blake2s_init(&s, sizeof(t->hash), NULL, 0);
	blake2s_add(&s, t->hash, sizeof(t->hash));
	blake2s_add(&s, data, len);
	blake2s_end(&s, t->hash);
}

/* Noise MixKey; key may be NULL when only the chaining key moves on. */
static void mix_key(struct transcript *t, uint8_t *key, const void *input, size_t len)
{
	kdf(t->chaining_key, key, NULL, t->chaining_key, input, len);
}

static bool mix_dh(struct transcript *t, uint8_t *key, const struct key *private_key,
		   const struct key *public_key)
{
	struct key shared;
	bool ok = dh(&shared, private_key, public_key);

	if (ok)
		mix_key(t, key, shared.bytes, sizeof(shared.bytes));
	wipe(&shared, sizeof(shared));
	return ok;
}

static void mix_ephemeral(struct transcript *t, const uint8_t ephemeral[KEY_LEN])
{
	mix_hash(t, ephemeral, KEY_LEN);
	mix_key(t, NULL, ephemeral, KEY_LEN); /* a rule of the psk patterns */
}

static void mix_psk(struct transcript *t, uint8_t key[32], const struct key *psk)
{
	uint8_t tau[32];

	kdf(t->chaining_key, tau, key, t->chaining_key, psk->bytes, sizeof(psk->bytes));
	mix_hash(t, tau, sizeof(tau));
	wipe(tau, sizeof(tau));
}

static void seal(struct transcript *t, uint8_t *out, const void *in, size_t len,
		 const uint8_t key[32])
{
	aead_seal_one(out, in, len, t->hash, sizeof(t->hash), 0, key);
	mix_hash(t, out, len + SEAL_LEN);
}

static bool unseal(struct transcript *t, uint8_t *out, const uint8_t *in, size_t len,
		   const uint8_t key[32])
{
	if (!aead_open_one(out, in, len, t->hash, sizeof(t->hash), 0, key))
		return false;
	mix_hash(t, in, len);
	return true;
}

static void start(struct transcript *t, const struct key *responder)
{
	blake2s(t->chaining_key, 32, NULL, 0, CONSTRUCTION, sizeof(CONSTRUCTION) - 1);
	memcpy(t->hash, t->chaining_key, sizeof(t->hash));
	mix_hash(t, IDENTIFIER, sizeof(IDENTIFIER) - 1);
	mix_hash(t, responder->bytes, sizeof(responder->bytes));
}

static void fresh(struct key *ephemeral, struct key *public_key, const struct rng *rng)
{
	rng_fill(rng, ephemeral->bytes, sizeof(ephemeral->bytes));
	key_clamp(ephemeral);
	dh_public(public_key, ephemeral);
}

/* Whitepaper 5.4.5: the initiator sends with the first key, the responder with the second. */
static void split(const struct transcript *t, struct key *first, struct key *second)
{
	kdf(first->bytes, second->bytes, NULL, t->chaining_key, NULL, 0);
}

void noise_identity_set(struct noise_identity *self, const struct key *private_key)
{
	if (key_is_zero(private_key)) {
		wipe(self, sizeof(*self));
		return;
	}
	self->private_key = *private_key;
	key_clamp(&self->private_key);
	dh_public(&self->public_key, &self->private_key);
	self->known = true;
}

void noise_remote_update(struct noise_remote *r, const struct noise_identity *self)
{
	wipe(&r->shared, sizeof(r->shared));
	r->shared_due = self->known;
	r->shared_ok = false;
}

bool noise_remote_ready(struct noise_remote *r, const struct noise_identity *self)
{
	if (r->shared_due)
		r->shared_ok = dh(&r->shared, &self->private_key, &r->public_key);
	r->shared_due = false;
	return r->shared_ok;
}

bool noise_write_initiation(struct noise_pending *p, struct wire_initiation *m,
			    const struct noise_identity *self, const struct noise_remote *r,
			    uint32_t index, const uint8_t timestamp[TIMESTAMP_LEN],
			    const struct rng *rng)
{
	struct noise_pending n = { .index = index, .waiting = true };
	struct key public_key;
	uint8_t key[32];
	bool ok = false;

	if (!self->known || !r->shared_ok)
		return false;
	store_le32(m->type, MESSAGE_INITIATION);
	store_le32(m->sender, index);
	start(&n.transcript, &r->public_key);
	fresh(&n.ephemeral, &public_key, rng);
	memcpy(m->ephemeral, public_key.bytes, KEY_LEN);
	mix_ephemeral(&n.transcript, m->ephemeral);                    /* e */
	if (!mix_dh(&n.transcript, key, &n.ephemeral, &r->public_key)) /* es */
		goto out;
	seal(&n.transcript, m->sealed_static, self->public_key.bytes, KEY_LEN, key); /* s */
	mix_key(&n.transcript, key, r->shared.bytes, KEY_LEN);                       /* ss */
	seal(&n.transcript, m->sealed_timestamp, timestamp, TIMESTAMP_LEN, key);
	*p = n;
	ok = true;
out:
	wipe(&n, sizeof(n));
	wipe(key, sizeof(key));
	return ok;
}

bool noise_read_static(struct noise_received *n, const struct wire_initiation *m,
		       const struct noise_identity *self)
{
	uint8_t key[32];
	bool ok = false;

	if (!self->known)
		return false;
	n->index = load_le32(m->sender);
	memcpy(n->ephemeral.bytes, m->ephemeral, KEY_LEN);
	start(&n->transcript, &self->public_key);
	mix_ephemeral(&n->transcript, m->ephemeral);                        /* e */
	if (mix_dh(&n->transcript, key, &self->private_key, &n->ephemeral)) /* es */
		ok = unseal(&n->transcript, n->who.bytes, m->sealed_static,
			    sizeof(m->sealed_static), key); /* s */
	wipe(key, sizeof(key));
	if (!ok)
		wipe(n, sizeof(*n));
	return ok;
}

bool noise_read_timestamp(struct noise_received *n, const struct wire_initiation *m,
			  const struct noise_remote *r, uint8_t timestamp[TIMESTAMP_LEN])
{
	uint8_t key[32];
	bool ok;

	if (!r->shared_ok)
		return false;
	mix_key(&n->transcript, key, r->shared.bytes, KEY_LEN); /* ss */
	ok = unseal(&n->transcript, timestamp, m->sealed_timestamp, sizeof(m->sealed_timestamp),
		    key);
	wipe(key, sizeof(key));
	return ok;
}

bool noise_write_response(struct noise_received *n, struct wire_response *m,
			  const struct noise_remote *r, uint32_t index, const struct rng *rng,
			  struct noise_keys *keys)
{
	struct transcript t = n->transcript;
	struct key ephemeral, public_key;
	uint8_t key[32];
	bool ok = false;

	store_le32(m->type, MESSAGE_RESPONSE);
	store_le32(m->sender, index);
	store_le32(m->receiver, n->index);
	fresh(&ephemeral, &public_key, rng);
	memcpy(m->ephemeral, public_key.bytes, KEY_LEN);
	mix_ephemeral(&t, m->ephemeral);                  /* e */
	if (!mix_dh(&t, NULL, &ephemeral, &n->ephemeral)) /* ee */
		goto out;
	if (!mix_dh(&t, NULL, &ephemeral, &r->public_key)) /* se */
		goto out;
	mix_psk(&t, key, &r->psk); /* psk */
	seal(&t, m->sealed_nothing, NULL, 0, key);
	split(&t, &keys->receive, &keys->send);
	ok = true;
out:
	wipe(&t, sizeof(t));
	wipe(&ephemeral, sizeof(ephemeral));
	wipe(key, sizeof(key));
	return ok;
}

bool noise_read_response(const struct noise_pending *p, const struct wire_response *m,
			 const struct noise_identity *self, const struct noise_remote *r,
			 struct noise_keys *keys)
{
	struct transcript t = p->transcript;
	struct key ephemeral;
	uint8_t key[32], nothing[1];
	bool ok = false;

	if (!self->known)
		goto out;
	memcpy(ephemeral.bytes, m->ephemeral, KEY_LEN);
	mix_ephemeral(&t, m->ephemeral);                  /* e */
	if (!mix_dh(&t, NULL, &p->ephemeral, &ephemeral)) /* ee */
		goto out;
	if (!mix_dh(&t, NULL, &self->private_key, &ephemeral)) /* se */
		goto out;
	mix_psk(&t, key, &r->psk); /* psk */
	if (!unseal(&t, nothing, m->sealed_nothing, sizeof(m->sealed_nothing), key))
		goto out;
	split(&t, &keys->send, &keys->receive);
	ok = true;
out:
	wipe(&t, sizeof(t));
	wipe(key, sizeof(key));
	return ok;
}

void noise_timestamp(uint8_t out[TIMESTAMP_LEN], uint64_t wall_ns, uint8_t last[TIMESTAMP_LEN])
{
	uint32_t ns = (uint32_t)(wall_ns % NS_IN_STAMP) & ~(STAMP_STEP - 1);

	store_be64(out, TAI64_BASE + wall_ns / NS_IN_STAMP);
	store_be32(out + 8, ns);
	if (memcmp(out, last, TIMESTAMP_LEN) <= 0) {
		uint64_t seconds = load_be64(last);

		ns = load_be32(last + 8) + STAMP_STEP;
		if (ns >= NS_IN_STAMP) {
			seconds++;
			ns = 0;
		}
		store_be64(out, seconds);
		store_be32(out + 8, ns);
	}
	memcpy(last, out, TIMESTAMP_LEN);
}

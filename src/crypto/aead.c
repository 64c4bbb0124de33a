/* SPDX-License-Identifier: ISC */
#include "crypto/aead.h"

#include <errno.h>
#include <sodium.h>

#include "base/bytes.h"
#include "crypto/aead_check.h"
#include "crypto/aead_ipsecmb.h"
#include "crypto/aead_openssl.h"
#include "crypto/aead_sodium.h"
#include "crypto/aead_time.h"

_Static_assert(AEAD_TAG == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag size");
_Static_assert(KEY_LEN == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "key size");

/* Best first. The last is the plain one that the others are compared with. */
static const struct aead_ops *const backends[] = { &aead_ipsecmb, &aead_openssl, &aead_sodium };
static const struct aead_ops *const reference = &aead_sodium;

/* Set once, at start. */
static const struct aead_ops *chosen = &aead_sodium;
static struct aead_figures figures[LEN(backends)];

static const char not_asked[] = "not asked for";
static const char wrong[] = "it gives wrong answers";

/* Why it cannot be chosen; NULL: it can. */
static const char *judge(const struct aead_ops *ops)
{
	const char *why;

	if (!ops->begin(&why))
		return why;
	if (ops == reference || (aead_check(ops) && aead_check_alike(ops, reference)))
		return NULL;
	return wrong;
}

int aead_init(const char *name)
{
	const struct aead_ops *best = NULL;
	int r = -ENOENT;
	size_t i;

	/* Also the handshake's and the cookie's primitives want libsodium ready. */
	if (sodium_init() < 0 || !aead_check(reference))
		return -EIO;
	if (name && strcmp(name, AEADNAME_AUTO) == 0)
		name = NULL;
	for (i = 0; i < LEN(backends); i++) {
		bool asked = !name || strcmp(name, backends[i]->name) == 0;
		struct aead_figures *f = &figures[i];

		*f = (struct aead_figures){ .name = backends[i]->name, .why_not = not_asked };
		if (!asked)
			continue;
		f->why_not = judge(backends[i]);
		f->wrong = f->why_not == wrong;
		if (f->wrong)
			r = -EIO;
		else if (!f->why_not && !best)
			best = backends[i];
	}
	if (!best)
		return r;
	chosen = best;
	return 0;
}

/* Most bytes travel in full packets. */
static uint64_t cost(const struct aead_figures *f)
{
	return f->ns_64 + UINT64_C(3) * f->ns_1424;
}

static void take_less(uint32_t *ns, uint32_t again)
{
	if (*ns == 0 || again < *ns)
		*ns = again;
}

void aead_measure(uint64_t (*clock)(void))
{
	enum { ROUNDS = 2 }; /* taking turns, so that a disturbance hits all of them alike */
	const struct aead_figures *best = NULL;
	size_t i;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < LEN(backends); i++) {
			struct aead_figures *f = &figures[i];

			if (!f->name || f->why_not)
				continue;
			take_less(&f->ns_64, aead_time(backends[i], AEAD_TIME_SMALL, clock));
			take_less(&f->ns_1424, aead_time(backends[i], AEAD_TIME_FULL, clock));
		}
	}
	for (i = 0; i < LEN(backends); i++) {
		if (!figures[i].name || figures[i].why_not ||
		    (best && cost(best) <= cost(&figures[i])))
			continue;
		best = &figures[i];
		chosen = backends[i];
	}
}

const char *aead_name(void)
{
	return chosen->name;
}

const struct aead_figures *aead_in_use(void)
{
	size_t i = 0;

	while (backends[i] != chosen)
		i++;
	return &figures[i];
}

const struct aead_figures *aead_figures(size_t i)
{
	return i < LEN(figures) ? &figures[i] : NULL;
}

const char *aead_lacks(const char *name)
{
	const char *why;
	size_t i;

	if (strcmp(name, AEADNAME_AUTO) == 0)
		return NULL;
	for (i = 0; i < LEN(backends); i++) {
		if (strcmp(name, backends[i]->name) != 0)
			continue;
		if (figures[i].wrong)
			return wrong;
		return backends[i]->begin(&why) ? NULL : why;
	}
	return "there is no such backend";
}

const struct aead_ops *aead_backend(size_t i)
{
	size_t at;

	for (at = 0; at < LEN(backends); at++) {
		if (backends[at]->seal && i-- == 0)
			return backends[at];
	}
	return NULL;
}

bool aead_thread_begin(void)
{
	const char *why;

	return chosen->begin(&why);
}

void aead_thread_rest(void)
{
	if (chosen->rest)
		chosen->rest();
}

void aead_thread_end(void)
{
	if (chosen->end)
		chosen->end();
}

void aead_seal(struct aead_job *jobs, size_t n)
{
	chosen->seal(jobs, n);
}

void aead_open(struct aead_job *jobs, size_t n)
{
	chosen->open(jobs, n);
}

void aead_seal_one(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		   uint64_t nonce, const uint8_t key[KEY_LEN])
{
	uint8_t full[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = { 0 };

	store_le64(full + 4, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in, len, ad, ad_len, NULL, full, key);
}

bool aead_open_one(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		   uint64_t nonce, const uint8_t key[KEY_LEN])
{
	uint8_t full[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = { 0 };

	if (len < AEAD_TAG)
		return false;
	store_le64(full + 4, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in, len, ad, ad_len, full,
						      key) == 0)
		return true;
	wipe(out, len - AEAD_TAG);
	return false;
}

/* SPDX-License-Identifier: ISC */
#include "crypto/kdf.h"

#include "base/bytes.h"

/* HMAC of a message in two parts. */
static void hmac(uint8_t out[BLAKE2S_LEN], const void *key, size_t key_len, const void *first,
		 size_t first_len, const void *second, size_t second_len)
{
	uint8_t pad[BLAKE2S_BLOCK] = { 0 }, inner[BLAKE2S_LEN];
	struct blake2s s;
	size_t i;

	if (key_len > BLAKE2S_BLOCK)
		blake2s(pad, BLAKE2S_LEN, NULL, 0, key, key_len);
	else if (key_len)
		memcpy(pad, key, key_len);

	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	blake2s_init(&s, BLAKE2S_LEN, NULL, 0);
	blake2s_add(&s, pad, sizeof(pad));
	blake2s_add(&s, first, first_len);
	blake2s_add(&s, second, second_len);
	blake2s_end(&s, inner);

	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	blake2s_init(&s, BLAKE2S_LEN, NULL, 0);
	blake2s_add(&s, pad, sizeof(pad));
	blake2s_add(&s, inner, sizeof(inner));
	blake2s_end(&s, out);

	wipe(pad, sizeof(pad));
	wipe(inner, sizeof(inner));
}

void kdf(uint8_t t1[32], uint8_t *t2, uint8_t *t3, const uint8_t key[32], const void *input,
	 size_t len)
{
	static const uint8_t count[] = { 1, 2, 3 };
	uint8_t *const outs[] = { t1, t2, t3 };
	uint8_t prk[BLAKE2S_LEN], t[BLAKE2S_LEN];
	size_t i, n = t3 ? 3 : t2 ? 2 : 1;

	/* All input is read before any output is written: they may share memory. */
	hmac(prk, key, 32, input, len, NULL, 0);
	for (i = 0; i < n; i++) {
		/* Each output is fed back into the next: t(i) = HMAC(prk, t(i-1) || i). */
		hmac(t, prk, sizeof(prk), t, i ? sizeof(t) : 0, &count[i], 1);
		if (outs[i])
			memcpy(outs[i], t, sizeof(t));
	}
	wipe(prk, sizeof(prk));
	wipe(t, sizeof(t));
}

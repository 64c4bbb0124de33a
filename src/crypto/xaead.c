/* SPDX-License-Identifier: ISC */
#include "crypto/xaead.h"

#include <sodium.h>

#include "base/bytes.h"

void xaead_seal(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		const uint8_t nonce[XAEAD_NONCE], const uint8_t key[32])
{
	crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, in, len, ad, ad_len, NULL, nonce,
						   key);
}

bool xaead_open(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		const uint8_t nonce[XAEAD_NONCE], const uint8_t key[32])
{
	if (len < XAEAD_TAG)
		return false;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, in, len, ad, ad_len, nonce,
						       key) == 0)
		return true;
	wipe(out, len - XAEAD_TAG);
	return false;
}

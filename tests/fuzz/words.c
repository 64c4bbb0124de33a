/* SPDX-License-Identifier: ISC */
#include "words.h"

#include <string.h>

#include "base/key.h"

void words_text(struct words *w, const char *text)
{
	size_t len = strlen(text), room = w->cap - w->len;

	if (len > room)
		len = room;
	memcpy(w->at + w->len, text, len);
	w->len += len;
}

void words_one(struct words *w, struct prng *prng, const char *const *list, size_t n)
{
	words_text(w, list[prng_below(prng, n)]);
}

/* Few different ones, so that they meet again. */
static struct key some_key(struct prng *prng)
{
	struct key key = { { (uint8_t)prng_below(prng, 6) } };

	key.bytes[31] = (uint8_t)prng_below(prng, 2);
	return key;
}

void words_hex(struct words *w, struct prng *prng)
{
	struct key key = some_key(prng);
	char hex[KEY_HEX_LEN + 1];

	key_to_hex(hex, &key);
	words_text(w, hex);
}

void words_base64(struct words *w, struct prng *prng)
{
	struct key key = some_key(prng);
	char base64[KEY_BASE64_LEN + 1];

	key_to_base64(base64, &key);
	words_text(w, base64);
}

void words_spoil(struct words *w, struct prng *prng)
{
	while (w->len && prng_below(prng, 4) == 0) {
		size_t at = prng_below(prng, w->len);
		size_t len = prng_below(prng, w->len - at) + 1;

		switch (prng_below(prng, 4)) {
		case 0:
			w->at[at] = (char)prng_next(prng);
			break;
		case 1:
			memmove(w->at + at, w->at + at + len, w->len - at - len);
			w->len -= len;
			break;
		case 2:
			if (len > w->cap - w->len)
				len = w->cap - w->len;
			memmove(w->at + at + len, w->at + at, w->len - at);
			w->len += len;
			break;
		default:
			w->len = at;
			break;
		}
	}
}

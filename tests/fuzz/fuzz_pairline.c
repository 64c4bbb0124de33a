/* SPDX-License-Identifier: ISC */
/*
 * Lines that pair two hosts.  Each meaning has exactly one text: what is read can be written
 * again, and is the same line.  A line changed anywhere is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"
#include "crypto/blake2s.h"
#include "pair/pairline.h"
#include "target.h"

enum { HEADER = 4, CHECK = 5, LONGEST = 700 };

const size_t target_cap = PAIRLINE_TEXT + 64;

/* White space around it is the terminal's. */
static struct text strip(const uint8_t *data, size_t len)
{
	return text_trim(text_from((const char *)data, len));
}

static void look_at(const struct pairline *line)
{
	if (!conf_name_ok(line->name) && *line->name)
		target_wrong("fuzz_pairline", "a name that no interface may have");
	if (line->n_endpoint > PAIRLINE_ENDPOINTS)
		target_wrong("fuzz_pairline", "too many endpoints");
	for (size_t i = 0; i < line->n_endpoint; i++) {
		if (!line->endpoint[i].port)
			target_wrong("fuzz_pairline", "port 0");
		if (!line->endpoint[i].ip.family &&
		    !pairline_host_ok(line->endpoint[i].host, strlen(line->endpoint[i].host)))
			target_wrong("fuzz_pairline", "a host that no resolver takes");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char why[PAIRLINE_WHY] = "", text[PAIRLINE_TEXT];
	struct text given = strip(data, len);
	struct pairline line;

	if (pairline_read(&line, (const char *)data, len, why) < 0) {
		if (!*why || strlen(why) >= PAIRLINE_WHY)
			target_wrong("fuzz_pairline", "refused without a reason");
		return 0;
	}
	look_at(&line);
	if (!pairline_write(text, &line))
		target_wrong("fuzz_pairline", "what was read cannot be written");
	if (text_len(given) != strlen(text) || memcmp(given.at, text, text_len(given)) != 0)
		target_wrong("fuzz_pairline", "two texts for one meaning");
	return 0;
}

static void choose_address(struct prng *prng, struct pairline *line)
{
	int family = (int)prng_below(prng, PAIRLINE_FAMILIES);
	struct prefix p = { .ip.family = family ? AF_INET6 : AF_INET };

	prng_fill(prng, p.ip.bytes, ip_len(p.ip.family));
	if (prng_below(prng, 2) && family)
		p.ip.bytes[0] = 0xfd;
	if (prng_below(prng, 2) && !family)
		p.ip.bytes[0] = 10;
	p.bits = family ? 64 : 24;
	line->ours[family] = p;
	p.ip.bytes[ip_len(p.ip.family) - 1] ^= 1;
	line->theirs[family] = p;
}

static void choose_endpoint(struct prng *prng, struct pairline_endpoint *e)
{
	*e = (struct pairline_endpoint){ .port = (uint16_t)(1 + prng_below(prng, 300)) };
	if (prng_below(prng, 2)) {
		strcpy(e->host, "vpn.example.org");
		return;
	}
	e->ip.family = prng_below(prng, 2) ? AF_INET : AF_INET6;
	prng_fill(prng, e->ip.bytes, ip_len(e->ip.family));
}

static void choose(struct prng *prng, struct pairline *line)
{
	*line = (struct pairline){ .kind = prng_below(prng, 2) ? PAIRLINE_OFFER : PAIRLINE_ANSWER,
				   .name = "wg0" };
	if (prng_below(prng, 2))
		strcpy(line->sender, prng_below(prng, 2) ? "h" : "host");
	prng_fill(prng, line->public_key.bytes, KEY_LEN);
	line->n_endpoint = prng_below(prng, PAIRLINE_ENDPOINTS + 1);
	for (size_t i = 0; i < line->n_endpoint; i++)
		choose_endpoint(prng, &line->endpoint[i]);
	if (line->kind == PAIRLINE_ANSWER) {
		prng_fill(prng, line->id, sizeof(line->id));
		return;
	}
	choose_address(prng, line);
	if (prng_below(prng, 2))
		prng_fill(prng, line->psk.bytes, KEY_LEN);
}

/* The bytes of a line without its check. */
struct body {
	uint8_t bytes[PAIRLINE_TEXT];
	size_t len;
};

/* Where a field begins, at random; 0: there is none. */
static size_t some_field(struct prng *prng, const struct body *b)
{
	size_t at = HEADER + KEY_LEN, found = 0;

	for (unsigned n = 1; at + 2 <= b->len; at += 2u + b->bytes[at + 1]) {
		if (prng_below(prng, n++) == 0)
			found = at;
	}
	return found;
}

static void insert(struct body *b, size_t at, const void *what, size_t len)
{
	if (b->len + len > LONGEST || at > b->len)
		return;
	memmove(b->bytes + at + len, b->bytes + at, b->len - at);
	memcpy(b->bytes + at, what, len);
	b->len += len;
}

static void take_out(struct body *b, size_t at, size_t len)
{
	if (at + len > b->len)
		return;
	memmove(b->bytes + at, b->bytes + at + len, b->len - at - len);
	b->len -= len;
}

/* A field comes twice, moves, is lost, or its value is longer, shorter or another. */
static void change_field(struct prng *prng, struct body *b)
{
	static const uint8_t odd[] = { 0, 1, '@', '.', '-', 0x7f, 0xff };
	size_t at = some_field(prng, b), len;
	uint8_t copy[2 + 255];

	if (!at || at + 2u + b->bytes[at + 1] > b->len)
		return;
	len = 2u + b->bytes[at + 1];
	memcpy(copy, b->bytes + at, len);
	switch (prng_below(prng, 6)) {
	case 0:
		take_out(b, at, len);
		if (prng_below(prng, 2))
			break;
		__attribute__((fallthrough));
	case 1:
		insert(b, prng_below(prng, 2) ? HEADER + KEY_LEN : b->len, copy, len);
		break;
	case 2:
		if (len == 2)
			break;
		take_out(b, at + len - 1, 1);
		b->bytes[at + 1]--;
		break;
	case 3:
		insert(b, at + len, &odd[prng_below(prng, sizeof(odd))], 1);
		b->bytes[at + 1]++;
		break;
	default:
		at += prng_below(prng, len);
		b->bytes[at] = prng_below(prng, 2)
				       ? odd[prng_below(prng, sizeof(odd))]
				       : b->bytes[at] ^ (uint8_t)(1u << prng_below(prng, 8));
		break;
	}
}

/* Change what is inside, and make length and check right again: a stranger can do that, too. */
static void change_inside(struct prng *prng, char text[PAIRLINE_TEXT])
{
	static const char word[] = "taut-pair:";
	const int url = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	struct body b;

	if (sodium_base642bin(b.bytes, LONGEST, text + strlen(word), strlen(text + strlen(word)),
			      NULL, &b.len, NULL, url) != 0)
		target_wrong("fuzz_pairline", "what was written is not base64");
	b.len -= CHECK;
	do {
		change_field(prng, &b);
	} while (prng_below(prng, 3));
	if (prng_below(prng, 16) == 0)
		b.bytes[prng_below(prng, 2)] ^= 3;
	store_be16(b.bytes + 2, (uint16_t)(b.len + CHECK));
	blake2s(b.bytes + b.len, CHECK, word, sizeof(word) - 1, b.bytes, b.len);
	sodium_bin2base64(text + strlen(word), PAIRLINE_TEXT - strlen(word), b.bytes, b.len + CHECK,
			  url);
}

size_t target_make(struct prng *prng, uint8_t *out, size_t cap)
{
	char text[PAIRLINE_TEXT];
	struct pairline line;
	size_t len;

	(void)cap;
	do {
		choose(prng, &line);
	} while (!pairline_write(text, &line));
	if (prng_below(prng, 4))
		change_inside(prng, text);
	len = strlen(text);
	memcpy(out, text, len);
	if (prng_below(prng, 4))
		return len;
	while (prng_below(prng, 2))
		out[prng_below(prng, len)] ^= (uint8_t)(1u << prng_below(prng, 8));
	if (prng_below(prng, 8) == 0)
		len = prng_below(prng, len + 1);
	return len;
}

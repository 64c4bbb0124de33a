/* SPDX-License-Identifier: ISC */
#include "pair/pairline.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/blake2s.h"
#include "pair/pairline_field.h"
#include "pair/pairline_text.h"

static const char prefix[] = "taut-pair:";

enum {
	LINE_VERSION = 1,
	HEADER = 4, /* version, kind, length */
	CHECK = 5,
	LEAST = HEADER + KEY_LEN + CHECK,
	MOST = (PAIRLINE_TEXT - (int)sizeof(prefix)) * 6 / 8,
};

static void check_of(uint8_t check[CHECK], const uint8_t *bytes, size_t len)
{
	blake2s(check, CHECK, prefix, sizeof(prefix) - 1, bytes, len);
}

void pairline_id(uint8_t id[PAIRLINE_ID], const struct pairline *offer)
{
	struct pairline open = *offer;
	uint8_t bytes[MOST];
	size_t len;

	open.psk = (struct key){ 0 };
	memcpy(bytes, open.public_key.bytes, KEY_LEN);
	len = KEY_LEN + pairline_field_write(bytes + KEY_LEN, sizeof(bytes) - KEY_LEN, &open);
	blake2s(id, PAIRLINE_ID, prefix, sizeof(prefix) - 1, bytes, len);
}

void pairline_sign(struct pairline *line)
{
	char host[PAIRLINE_SENDER + 2] = "";

	line->sender[0] = '\0';
	if (gethostname(host, sizeof(host) - 1) < 0 || strcmp(host, "localhost") == 0 ||
	    strlen(host) > PAIRLINE_SENDER || !pairline_host_ok(host, strlen(host)))
		return;
	memcpy(line->sender, host, strlen(host) + 1);
}

const char *pairline_called(const struct pairline *line)
{
	return line->sender[0] ? line->sender : line->name;
}

bool pairline_has_psk(const struct pairline *line)
{
	return !key_is_zero(&line->psk);
}

bool pairline_write(char text[PAIRLINE_TEXT], const struct pairline *line)
{
	uint8_t bytes[MOST];
	size_t fields, len;

	text[0] = '\0';
	if (!pairline_field_ok(line))
		return false;
	bytes[0] = LINE_VERSION;
	bytes[1] = (uint8_t)line->kind;
	memcpy(bytes + HEADER, line->public_key.bytes, KEY_LEN);
	fields = pairline_field_write(bytes + HEADER + KEY_LEN, sizeof(bytes) - LEAST, line);
	len = LEAST + fields;
	store_be16(bytes + 2, (uint16_t)len);
	check_of(bytes + len - CHECK, bytes, len - CHECK);
	memcpy(text, prefix, sizeof(prefix) - 1);
	pairline_text_write(text + sizeof(prefix) - 1, bytes, len);
	text[sizeof(prefix) - 1 + pairline_text_len(len)] = '\0';
	wipe(bytes, sizeof(bytes));
	return fields > 0;
}

static int __attribute__((format(printf, 3, 4)))
fault(char why[PAIRLINE_WHY], int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, PAIRLINE_WHY, format, ap);
	va_end(ap);
	return error;
}

static int foreign(char why[PAIRLINE_WHY], char c, size_t at)
{
	if (c > ' ' && c < 0x7f)
		return fault(why, -EINVAL,
			     "character %zu, '%c', does not belong in such a line: copy it again",
			     at + 1, c);
	return fault(why, -EINVAL, "character %zu does not belong in such a line: copy it again",
		     at + 1);
}

/* Version and length, from the first characters. Returns 0, or the same as pairline_read(). */
static int take_header(const char *text, size_t len, size_t *n, char why[PAIRLINE_WHY])
{
	uint8_t head[6];
	size_t whole;

	if (len < pairline_text_len(sizeof(head)))
		return fault(why, -EAGAIN, "only the beginning is there: copy all of it");
	/* No spare bits here: 6 bytes make 8 characters. */
	if (!pairline_text_read(head, sizeof(head), text))
		return fault(why, -EINVAL, "its beginning is not valid: copy it again");
	if (head[0] != LINE_VERSION)
		return fault(why, -EINVAL,
			     "its version is %u, and this taut reads version %u: either it was "
			     "mistyped, or the other host has a newer taut",
			     head[0], LINE_VERSION);
	*n = load_be16(head + 2);
	if (*n < LEAST || *n > MOST)
		return fault(why, -EINVAL, "the length it states is not possible: copy it again");
	whole = pairline_text_len(*n);
	if (len < whole)
		return fault(why, -EAGAIN,
			     "the end is missing, %zu of %zu characters are there: copy all of it",
			     len, whole);
	if (len > whole)
		return fault(why, -EINVAL, "it is too long by %zu characters: copy it again",
			     len - whole);
	return 0;
}

static int take_bytes(struct pairline *line, const uint8_t *bytes, size_t n, char why[PAIRLINE_WHY])
{
	bool understood;
	const char *bad;
	uint8_t check[CHECK];

	check_of(check, bytes, n - CHECK);
	if (!bytes_equal(check, bytes + n - CHECK, CHECK))
		return fault(why, -EINVAL,
			     "its checksum is wrong, so at least one character changed on the way: "
			     "copy it again");
	line->kind = bytes[1];
	memcpy(line->public_key.bytes, bytes + HEADER, KEY_LEN);
	understood = pairline_field_read(line, bytes + HEADER + KEY_LEN, n - LEAST);
	bad = understood ? pairline_inner_fault(line) : NULL;
	if (bad)
		return fault(why, -EINVAL, "%s: make a new one, with other addresses", bad);
	if (!understood || !pairline_field_ok(line))
		return fault(why, -EINVAL,
			     "it says something that this taut does not understand, or that cannot "
			     "be: make a new one");
	if (key_is_placeholder(&line->public_key) || key_is_placeholder(&line->psk))
		return fault(why, -EINVAL,
			     "a key in it is the placeholder from the examples, which everyone "
			     "knows: make a new line on the host that it is from, with taut %s",
			     line->kind == PAIRLINE_OFFER ? "new" : "join");
	return 0;
}

int pairline_read(struct pairline *line, const char *text, size_t len, char why[PAIRLINE_WHY])
{
	size_t begin = sizeof(prefix) - 1, n = 0, at;
	uint8_t bytes[MOST];
	int r;

	memset(line, 0, sizeof(*line));
	why[0] = '\0';
	if (memcmp(text, prefix, len < begin ? len : begin) != 0)
		return fault(why, -EINVAL, "it does not begin with '%s'", prefix);
	if (len < begin)
		return fault(why, -EAGAIN, "only the beginning is there: copy all of it");
	text += begin;
	len -= begin;
	at = pairline_text_foreign(text, len);
	if (at < len)
		return foreign(why, text[at], begin + at);
	r = take_header(text, len, &n, why);
	if (r < 0)
		return r;
	if (pairline_text_read(bytes, n, text))
		r = take_bytes(line, bytes, n, why);
	else
		r = fault(why, -EINVAL, "its last character is wrong: copy it again");
	wipe(bytes, sizeof(bytes));
	if (r < 0)
		wipe(line, sizeof(*line));
	return r;
}

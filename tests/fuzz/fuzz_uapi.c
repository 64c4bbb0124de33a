/* SPDX-License-Identifier: ISC */
/*
 * Requests on the control socket.  What is accepted means the same once more when it is
 * printed as the answer to get and set again; where a request ends does not depend on the
 * pieces in which it comes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "control/uapi.h"
#include "target.h"
#include "words.h"

const size_t target_cap = 4096;

/* The lines of an answer to get that set takes. */
static void as_request(struct print *request, struct text answer)
{
	static const char *const skip[] = { "last_handshake_time", "tx_bytes", "rx_bytes",
					    "errno" };
	struct text line;

	print_add(request, "set=1\n");
	while (text_split(&answer, '\n', &line)) {
		bool wanted = text_len(line) > 0;

		for (size_t i = 0; i < LEN(skip); i++) {
			if (text_len(line) >= strlen(skip[i]) &&
			    memcmp(line.at, skip[i], strlen(skip[i])) == 0)
				wanted = false;
		}
		if (!wanted)
			continue;
		print_bytes(request, line.at, text_len(line));
		print_bytes(request, "\n", 1);
	}
}

static void print_again(const struct conf *c, struct print *out)
{
	struct print request = { 0 };
	struct conf again;

	uapi_get(out, c);
	as_request(&request, text_from(out->chars, out->len));
	conf_init(&again);
	if (uapi_set(&again, text_from(request.chars, request.len)) != 0)
		target_wrong("fuzz_uapi", "an answer is refused as a request");
	print_fini(out);
	uapi_get(out, &again);
	conf_fini(&again);
	print_fini(&request);
}

static void look_at_values(const struct conf *c)
{
	for (size_t i = 0; i < c->n_peer; i++) {
		const struct conf_peer *p = &c->peer[i];

		if (!(p->set & CONF_PEER_PUBLIC_KEY))
			target_wrong("fuzz_uapi", "a peer without a key");
		for (size_t k = 0; k < p->n_allowed; k++) {
			const struct prefix *prefix = &p->allowed[k].prefix;

			if (prefix->bits > ip_bits(prefix->ip.family))
				target_wrong("fuzz_uapi", "too many bits");
		}
	}
}

/* strtoull(3) is not what reads them. */
static void look_at_numbers(struct text request)
{
	static const struct {
		const char *key;
		unsigned long long most;
	} numbers[] = { { "listen_port=", UINT16_MAX },
			{ "persistent_keepalive_interval=", UINT16_MAX },
			{ "fwmark=", UINT32_MAX },
			{ "protocol_version=", 1 } };
	struct text line;
	char digits[UAPI_LINE_MAX + 1];

	while (text_split(&request, '\n', &line)) {
		for (size_t i = 0; i < LEN(numbers); i++) {
			size_t len = strlen(numbers[i].key), rest;

			if (text_len(line) < len || memcmp(line.at, numbers[i].key, len) != 0)
				continue;
			rest = text_len(line) - len;
			snprintf(digits, sizeof(digits), "%.*s", (int)rest, line.at + len);
			if (!rest || rest >= sizeof(digits) ||
			    strspn(digits, "0123456789") != rest ||
			    strtoull(digits, NULL, 10) > numbers[i].most)
				target_wrong("fuzz_uapi", "a number that does not fit is accepted");
		}
	}
}

static void set(struct text request)
{
	struct print first = { 0 }, second = { 0 };
	struct conf c;

	conf_init(&c);
	if (uapi_set(&c, request) == 0) {
		look_at_values(&c);
		look_at_numbers(request);
		uapi_get(&first, &c);
		print_again(&c, &second);
		if (first.len != second.len || memcmp(first.chars, second.chars, first.len) != 0)
			target_wrong("fuzz_uapi", "it means something else the second time");
	}
	conf_fini(&c);
	print_fini(&first);
	print_fini(&second);
}

/* Of all its lengths, the first that holds a whole request is the same as in one piece. */
static void frame(const char *bytes, size_t len)
{
	size_t scanned = 0, whole = 0, used, piece_used = 0;
	enum uapi_verb verb = UAPI_NONE, at_once;
	struct text request, piece;

	at_once = uapi_frame(bytes, len, &whole, &request, &used);
	for (size_t n = 0; n <= len && verb == UAPI_NONE; n++)
		verb = uapi_frame(bytes, n, &scanned, &piece, &piece_used);
	if (verb != at_once)
		target_wrong("fuzz_uapi", "pieces make another request");
	if (verb == UAPI_NONE)
		return;
	if (used != piece_used || used > len || piece.at != request.at || piece.end != request.end)
		target_wrong("fuzz_uapi", "a request ends elsewhere in pieces");
	if (at_once == UAPI_SET)
		set(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	frame((const char *)data, len);
	set(text_from((const char *)data, len));
	return 0;
}

static void add_line(struct words *w, struct prng *prng)
{
	static const char *const keys[] = { "allowed_ip=",       "allowed_ip=-",
					    "endpoint=",         "listen_port=",
					    "fwmark=",           "persistent_keepalive_interval=",
					    "remove=",           "update_only=",
					    "replace_peers=",    "replace_allowed_ips=",
					    "protocol_version=", "nothing=" };
	static const char *const values[] = { "true",
					      "1",
					      "0",
					      "65535",
					      "65536",
					      "4294967295",
					      "4294967296",
					      "-1",
					      "10.0.0.0/8",
					      "10.0.0.1/33",
					      "0.0.0.0/0",
					      "::/0",
					      "fd00::1/128",
					      "fd00::/129",
					      "::ffff:1.2.3.4/96",
					      "192.0.2.1:51820",
					      "[fe80::1%1]:1",
					      "[2001:db8::1]:65535",
					      "192.0.2.1:0",
					      "host:1" };

	switch (prng_below(prng, 8)) {
	case 0:
	case 1:
		words_text(w, "public_key=");
		words_hex(w, prng);
		break;
	case 2:
		words_text(w, prng_below(prng, 2) ? "preshared_key=" : "private_key=");
		words_hex(w, prng);
		break;
	default:
		words_one(w, prng, keys, LEN(keys));
		words_one(w, prng, values, LEN(values));
	}
	words_text(w, "\n");
}

size_t target_make(struct prng *prng, uint8_t *out, size_t cap)
{
	static const char *const first[] = { "set=1\n", "set=1\n",    "set=1\n",
					     "get=1\n", "status=1\n", "" };
	struct words w = { .at = (char *)out, .cap = cap };
	size_t lines = prng_below(prng, 24);

	words_one(&w, prng, first, LEN(first));
	for (size_t i = 0; i < lines; i++)
		add_line(&w, prng);
	if (prng_below(prng, 4))
		words_text(&w, "\n");
	words_spoil(&w, prng);
	return w.len;
}

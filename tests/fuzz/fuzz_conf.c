/* SPDX-License-Identifier: ISC */
/*
 * The text of a configuration.  It is refused if and only if an error is told, with its line;
 * what is accepted survives the way to another process unchanged, and is read the same twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "conf/conf.h"
#include "conf/conf_pack.h"
#include "control/uapi.h"
#include "target.h"
#include "words.h"

const size_t target_cap = 4096;

static void hear(void *ctx, enum conf_severity severity, const char *line)
{
	(void)ctx;
	(void)severity;
	if (strncmp(line, "fuzz:", 5) != 0 || strchr(line, '\n'))
		target_wrong("fuzz_conf", "a line that does not begin with the file");
	for (; *line; line++) {
		if ((unsigned char)*line < ' ' || *line == 0x7f)
			target_wrong("fuzz_conf", "a control character in a message");
	}
}

static int read_text(struct conf *c, const uint8_t *data, size_t len)
{
	struct conf_report report = { .say = hear };
	int r;

	conf_init(c);
	r = conf_read_text(c, "fuzz", (const char *)data, len, &report);
	if ((r < 0) != (report.errors > 0))
		target_wrong("fuzz_conf", "refused without an error, or the other way round");
	if (r == 0)
		conf_check(c, NULL, &report);
	return r;
}

static bool same(const struct print *a, const struct print *b)
{
	return a->len == b->len && memcmp(a->chars, b->chars, a->len) == 0;
}

/* Packed and unpacked it is packed the same, and printed the same by others. */
static void send_over(const struct conf *sent, const struct print *packed)
{
	struct text in = text_from(packed->chars, packed->len);
	struct print again = { 0 }, there = { 0 }, here = { 0 };
	struct conf c;

	conf_init(&c);
	if (conf_unpack(&c, &in) != 0 || text_len(in))
		target_wrong("fuzz_conf", "it does not arrive");
	conf_pack(&again, &c);
	uapi_get(&there, &c);
	uapi_get(&here, sent);
	if (!same(&again, packed) || !same(&there, &here))
		target_wrong("fuzz_conf", "it arrives changed");
	conf_fini(&c);
	print_fini(&again);
	print_fini(&there);
	print_fini(&here);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct print packed = { 0 }, twice = { 0 };
	struct conf c;

	if (read_text(&c, data, len) == 0) {
		conf_pack(&packed, &c);
		send_over(&c, &packed);
		conf_fini(&c);
		read_text(&c, data, len);
		conf_pack(&twice, &c);
		if (!same(&packed, &twice))
			target_wrong("fuzz_conf", "read twice, it differs");
	}
	conf_fini(&c);
	print_fini(&packed);
	print_fini(&twice);
	return 0;
}

static void add_line(struct words *w, struct prng *prng)
{
	static const char *const keys[] = { "Address",
					    "DNS",
					    "MTU",
					    "Table",
					    "ListenPort",
					    "FwMark",
					    "PreUp",
					    "PostUp",
					    "PreDown",
					    "PostDown",
					    "SaveConfig",
					    "AllowedIPs",
					    "Endpoint",
					    "Name",
					    "Aead",
					    "UdpGso",
					    "BatchBytes",
					    "TunQueueLen",
					    "UdpRcvbuf",
					    "PersistentKeepalive",
					    "Nothing",
					    "PrivateKeyFile",
					    "PresharedKeyFile",
					    "#friendly_name" };
	static const char *const values[] = { "10.9.0.1/24",
					      "10.9.0.1/24, fd00::1/64",
					      "fd00::1/129",
					      "0.0.0.0/0, ::/0",
					      "192.0.2.1, home.lan",
					      "1420",
					      "68",
					      "65536",
					      "off",
					      "auto",
					      "on",
					      "true",
					      "0x1f",
					      "51820",
					      "25",
					      "vpn.example.org:51820",
					      "[2001:db8::1]:1",
					      "192.0.2.1:0",
					      "echo %i; ip a # b",
					      "put/your",
					      "M\xc3\xbcller \x01",
					      "sodium",
					      "" };

	switch (prng_below(prng, 8)) {
	case 0:
		words_text(w, prng_below(prng, 3) ? "[Peer]" : "[Interface]");
		break;
	case 1:
		words_text(w, "PublicKey = ");
		words_base64(w, prng);
		break;
	case 2:
		words_text(w, prng_below(prng, 2) ? "PrivateKey=" : "PresharedKey\t= ");
		words_base64(w, prng);
		break;
	default:
		words_one(w, prng, keys, LEN(keys));
		words_text(w, " = ");
		words_one(w, prng, values, LEN(values));
	}
	words_text(w, prng_below(prng, 8) ? "\n" : "\r\n");
}

size_t target_make(struct prng *prng, uint8_t *out, size_t cap)
{
	struct words w = { .at = (char *)out, .cap = cap };
	size_t lines = prng_below(prng, 24);

	if (prng_below(prng, 8))
		words_text(&w, "[Interface]\n");
	for (size_t i = 0; i < lines; i++)
		add_line(&w, prng);
	words_spoil(&w, prng);
	return w.len;
}

/* SPDX-License-Identifier: ISC */
/* The line that pairs two hosts: exactly what was written is read. */
#include "hex.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "crypto/blake2s.h"
#include "pair/pairline.h"
#include "pair/pairline_field.h"
#include "pair/pairline_text.h"
#include "seed.h"

enum { PREFIX_LEN = 10, CHECK_LEN = 5, FIELDS_AT = 36, BYTES_MAX = 760 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(&p, text, strlen(text)));
	return p;
}

static struct pairline offer_of_all(void)
{
	struct pairline l = { .kind = PAIRLINE_OFFER, .name = "wg0", .n_endpoint = 3 };

	memset(l.public_key.bytes, 0xa5, KEY_LEN);
	memset(l.psk.bytes, 0x3c, KEY_LEN);
	assert_true(pairline_parse_endpoint(&l.endpoint[0], "vpn.example.org", 51820));
	assert_true(pairline_parse_endpoint(&l.endpoint[1], "203.0.113.7", 51820));
	assert_true(pairline_parse_endpoint(&l.endpoint[2], "[2001:db8::7]:4711", 51820));
	l.ours[0] = prefix_of("10.1.2.4/31");
	l.theirs[0] = prefix_of("10.1.2.5/31");
	l.ours[1] = prefix_of("fd00:1::1/64");
	l.theirs[1] = prefix_of("fd00:1::2/64");
	return l;
}

static struct pairline answer_to(const struct pairline *offer)
{
	struct pairline l = { .kind = PAIRLINE_ANSWER, .name = "site-b" };

	memset(l.public_key.bytes, 0x5a, KEY_LEN);
	pairline_id(l.id, offer);
	return l;
}

/* From a copy of exactly that length, so that a sanitizer sees a step too far. */
static int read_exactly(struct pairline *line, const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1), why[PAIRLINE_WHY];
	static const struct pairline nothing;
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = pairline_read(line, copy, len, why);
	free(copy);
	assert_true(r == 0 || r == -EAGAIN || r == -EINVAL);
	assert_true((r == 0) == (why[0] == '\0'));
	if (r)
		assert_memory_equal(line, &nothing, sizeof(nothing));
	return r;
}

static void must_refuse(const char *text, size_t len)
{
	struct pairline line;

	assert_int_not_equal(read_exactly(&line, text, len), 0);
}

static bool same_ip(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && (!a->family || ip_equal(a, b));
}

/* Field by field: between them, anything may be. */
static void expect_equal(const struct pairline *a, const struct pairline *b)
{
	size_t i;

	assert_int_equal(a->kind, b->kind);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->sender, b->sender);
	assert_true(key_equal(&a->public_key, &b->public_key) && key_equal(&a->psk, &b->psk));
	assert_memory_equal(a->id, b->id, sizeof(a->id));
	assert_int_equal(a->n_endpoint, b->n_endpoint);
	for (i = 0; i < PAIRLINE_ENDPOINTS; i++) {
		assert_true(same_ip(&a->endpoint[i].ip, &b->endpoint[i].ip));
		assert_string_equal(a->endpoint[i].host, b->endpoint[i].host);
		assert_int_equal(a->endpoint[i].port, b->endpoint[i].port);
	}
	for (i = 0; i < PAIRLINE_FAMILIES; i++) {
		assert_true(same_ip(&a->ours[i].ip, &b->ours[i].ip));
		assert_true(same_ip(&a->theirs[i].ip, &b->theirs[i].ip));
		assert_int_equal(a->ours[i].bits, b->ours[i].bits);
		assert_int_equal(a->theirs[i].bits, b->theirs[i].bits);
	}
}

static void must_return_whole(const struct pairline *line)
{
	char text[PAIRLINE_TEXT], again[PAIRLINE_TEXT];
	struct pairline back;

	assert_true(pairline_write(text, line));
	assert_int_equal(read_exactly(&back, text, strlen(text)), 0);
	expect_equal(&back, line);
	assert_true(pairline_write(again, &back));
	assert_string_equal(text, again);
}

static void test_what_is_written_is_read(void **state)
{
	struct pairline l = offer_of_all(), answer = answer_to(&l);

	(void)state;
	must_return_whole(&l);
	must_return_whole(&answer);
	assert_string_equal(pairline_called(&l), "wg0");
	strcpy(l.sender, "a.example.org");
	memset(answer.sender, 'b', PAIRLINE_SENDER);
	must_return_whole(&l);
	must_return_whole(&answer);
	assert_string_equal(pairline_called(&l), "a.example.org");
	answer.endpoint[0] = l.endpoint[2];
	answer.n_endpoint = 1;
	must_return_whole(&answer);
	l.psk = (struct key){ 0 };
	must_return_whole(&l);
	l.ours[0] = l.theirs[0] = (struct prefix){ 0 };
	must_return_whole(&l);
	memset(l.endpoint, 0, sizeof(l.endpoint));
	l.n_endpoint = 0;
	must_return_whole(&l);
}

static void test_the_longest_line_fits(void **state)
{
	struct pairline l = offer_of_all();
	char text[PAIRLINE_TEXT];
	unsigned i;

	(void)state;
	l.n_endpoint = 2;
	memset(l.endpoint, 0, sizeof(l.endpoint));
	for (i = 0; i < l.n_endpoint; i++) {
		memset(l.endpoint[i].host, 'a', PAIRLINE_HOST);
		l.endpoint[i].port = 1;
	}
	must_return_whole(&l);
	/* One more does not fit the line: refused, not truncated. */
	l.endpoint[2] = l.endpoint[0];
	l.n_endpoint = 3;
	assert_false(pairline_write(text, &l));
}

static void test_each_character_changed_is_refused(void **state)
{
	const struct pairline offer = offer_of_all(), answer = answer_to(&offer);
	const struct pairline *const lines[] = { &offer, &answer };
	char text[PAIRLINE_TEXT];
	size_t n, i, c;

	(void)state;
	for (n = 0; n < LEN(lines); n++) {
		size_t len;

		assert_true(pairline_write(text, lines[n]));
		len = strlen(text);
		for (i = 0; i < len; i++) {
			char was = text[i];

			for (c = 0; c < sizeof(alphabet); c++) { /* and NUL */
				if (alphabet[c] == was)
					continue;
				text[i] = alphabet[c];
				must_refuse(text, len);
			}
			text[i] = was;
		}
	}
}

static void test_each_character_lost_doubled_or_exchanged_is_refused(void **state)
{
	const struct pairline offer = offer_of_all();
	char text[PAIRLINE_TEXT], other[PAIRLINE_TEXT + 1];
	size_t i, len;

	(void)state;
	assert_true(pairline_write(text, &offer));
	len = strlen(text);
	for (i = 0; i < len; i++) {
		memcpy(other, text, i);
		memcpy(other + i, text + i + 1, len - i - 1);
		must_refuse(other, len - 1);
		memcpy(other + i + 1, text + i, len - i);
		other[i] = text[i];
		must_refuse(other, len + 1);
		memcpy(other, text, len);
		if (i + 1 == len || text[i] == text[i + 1])
			continue;
		other[i] = text[i + 1];
		other[i + 1] = text[i];
		must_refuse(other, len);
	}
}

static void test_a_beginning_asks_for_more(void **state)
{
	const struct pairline offer = offer_of_all();
	char text[PAIRLINE_TEXT];
	struct pairline line;
	size_t i, len;

	(void)state;
	assert_true(pairline_write(text, &offer));
	len = strlen(text);
	for (i = 0; i < len; i++)
		assert_int_equal(read_exactly(&line, text, i), -EAGAIN);
	assert_int_equal(read_exactly(&line, text, len), 0);
}

/* Bytes with their length and checksum made good, as a line. */
static size_t line_of(char text[PAIRLINE_TEXT + 1], uint8_t *bytes, size_t len)
{
	static const char prefix[] = "taut-pair:";

	store_be16(bytes + 2, (uint16_t)len);
	blake2s(bytes + len - CHECK_LEN, CHECK_LEN, prefix, PREFIX_LEN, bytes, len - CHECK_LEN);
	memcpy(text, prefix, PREFIX_LEN);
	pairline_text_write(text + PREFIX_LEN, bytes, len);
	return PREFIX_LEN + pairline_text_len(len);
}

static size_t bytes_of(uint8_t *bytes, const struct pairline *line)
{
	char text[PAIRLINE_TEXT];
	size_t len;

	assert_true(pairline_write(text, line));
	len = (strlen(text) - PREFIX_LEN) * 6 / 8;
	assert_true(pairline_text_read(bytes, len, text + PREFIX_LEN));
	return len;
}

static void test_a_newer_version_is_named(void **state)
{
	const struct pairline offer = offer_of_all();
	char text[PAIRLINE_TEXT + 1], why[PAIRLINE_WHY];
	uint8_t bytes[BYTES_MAX];
	struct pairline line;
	size_t len;

	(void)state;
	len = bytes_of(bytes, &offer);
	assert_int_equal(pairline_read(&line, text, line_of(text, bytes, len), why), 0);
	bytes[0] = 2;
	assert_int_equal(pairline_read(&line, text, line_of(text, bytes, len), why), -EINVAL);
	assert_non_null(strstr(why, "version is 2"));
	assert_non_null(strstr(why, "newer"));
}

static void test_the_wrong_place_is_named(void **state)
{
	static const struct {
		const char *text, *why;
	} table[] = {
		{ "taut-pair:AB!DEFGH", "character 13, '!'," },
		{ "taut-pair:AB\001DEFGH", "character 13 does" },
		{ "TAUT-PAIR:ABCDEFGH", "does not begin with 'taut-pair:'" },
		{ "x", "does not begin with" },
		{ "", "only the beginning" },
		{ "taut-pair:AQ", "only the beginning" },
		{ "taut-pair:AQEAAAAA", "length it states" },
		{ "taut-pair:AQH__wAA", "length it states" },
		{ "taut-pair:AQEAcAAA", "the end is missing, 8 of 150" },
	};
	char why[PAIRLINE_WHY];
	struct pairline line;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(table); i++) {
		pairline_read(&line, table[i].text, strlen(table[i].text), why);
		if (!strstr(why, table[i].why))
			fail_msg("%s: %s", table[i].text, why);
	}
}

static void test_what_cannot_be_is_neither_written_nor_read(void **state)
{
	char text[PAIRLINE_TEXT];
	struct pairline l;

	(void)state;
#define REFUSED(change)                                 \
	do {                                            \
		l = offer_of_all();                     \
		assert_true(pairline_write(text, &l));  \
		change;                                 \
		assert_false(pairline_write(text, &l)); \
	} while (0)
	REFUSED(l.kind = 0);
	REFUSED(l.kind = 3);
	REFUSED(l.kind = PAIRLINE_ANSWER);
	REFUSED(l.name[0] = '\0');
	REFUSED(l.name[1] = '/');
	REFUSED(strcpy(l.sender, "a\nPostUp = x"));
	REFUSED(strcpy(l.sender, "a@b"));
	REFUSED(l.public_key = (struct key){ 0 });
	REFUSED(l.endpoint[1].port = 0);
	REFUSED(l.endpoint[0].host[3] = '\n');
	REFUSED(l.endpoint[0].host[0] = '\0');
	REFUSED(l.endpoint[1].ip.v4.s_addr = 0);
	REFUSED(l.theirs[0] = l.ours[0]);
	REFUSED(l.theirs[0] = prefix_of("10.1.2.6/31"));
	REFUSED(l.theirs[0] = prefix_of("10.1.2.5/30"));
	REFUSED(l.theirs[0] = (struct prefix){ 0 });
	REFUSED(l.ours[0] = l.theirs[1]);
	REFUSED((l.ours[0] = prefix_of("0.0.0.0/8"), l.theirs[0] = prefix_of("0.0.0.1/8")));
	REFUSED((l.ours[0] = prefix_of("0.0.0.1/8"), l.theirs[0] = prefix_of("0.0.0.0/8")));
	REFUSED((l.ours[0].bits = 15, l.theirs[0].bits = 15));
	REFUSED((l.ours[0].bits = 32, l.theirs[0].bits = 32));
	REFUSED((l.ours[1].bits = 47, l.theirs[1].bits = 47));
	REFUSED((l.ours[1].bits = 128, l.theirs[1].bits = 128));
	REFUSED(l.endpoint[1].ip = l.ours[0].ip);
	REFUSED(l.endpoint[2].ip = l.theirs[1].ip);
	REFUSED((memset(l.ours, 0, sizeof(l.ours)), memset(l.theirs, 0, sizeof(l.theirs))));
#undef REFUSED
	l = offer_of_all();
	l = answer_to(&l);
	l.psk.bytes[0] = 1;
	assert_false(pairline_write(text, &l));
}

static void test_two_addresses_of_hosts_in_a_small_network_are_all_that_a_line_can_ask_for(
	void **state)
{
	static const struct {
		const char *ours, *theirs, *why; /* NULL: good */
	} table[] = {
		{ "10.1.0.1/16", "10.1.255.254/16", NULL },
		{ "10.0.0.53/8", "10.1.2.3/8", "wider than /16" },
		{ "10.1.0.1/15", "10.1.0.2/15", "wider than /16" },
		{ "169.254.169.254/31", "169.254.169.255/31", "link-local" },
		{ "224.0.0.1/24", "224.0.0.2/24", "multicast" },
		{ "239.255.255.250/31", "239.255.255.251/31", "multicast" },
		{ "240.0.0.1/24", "240.0.0.2/24", "reserved" },
		{ "255.255.255.254/31", "255.255.255.255/31", "reserved" },
		{ "127.0.0.1/24", "127.0.0.53/24", "loopback" },
		{ "0.0.0.1/24", "0.0.0.2/24", "reserved" },
		{ "fd00:1:2::1/48", "fd00:1:2:ffff::1/48", NULL },
		{ "fd00:1:2::1/47", "fd00:1:2::2/47", "wider" },
		{ "::1/127", "::/127", "loopback" },
		{ "::ffff:10.0.0.1/120", "::ffff:10.0.0.2/120", "reserved" },
		{ "::10.0.0.1/120", "::10.0.0.2/120", "reserved" },
		{ "64:ff9b::1/64", "64:ff9b::2/64", "reserved" },
		{ "fe80::1/64", "fe80::2/64", "link-local" },
		{ "febf::1/64", "febf::2/64", "link-local" },
		{ "fec0::1/64", "fec0::2/64", "link-local" },
		{ "ff02::1/64", "ff02::2/64", "multicast" },
		{ "203.0.113.7/24", "203.0.113.8/24", "place to dial" },
		{ "2001:db8::6/64", "2001:db8::7/64", "place to dial" },
	};
	uint8_t bytes[BYTES_MAX], *inner;
	char text[PAIRLINE_TEXT + 1], why[PAIRLINE_WHY];
	struct pairline line, l;
	size_t i, len;

	(void)state;
	for (i = 0; i < LEN(table); i++) {
		struct prefix ours = prefix_of(table[i].ours), theirs = prefix_of(table[i].theirs);
		size_t half = ip_len(ours.ip.family);

		l = offer_of_all();
		l.psk = (struct key){ 0 };
		l.ours[half == 4] = l.theirs[half == 4] = (struct prefix){ 0 };
		/* Into a good line, in which the addresses come last: as another program writes it. */
		len = bytes_of(bytes, &l);
		inner = bytes + len - CHECK_LEN - 1 - 2 * half;
		inner[0] = ours.bits;
		memcpy(inner + 1, ours.ip.bytes, half);
		memcpy(inner + 1 + half, theirs.ip.bytes, half);
		len = line_of(text, bytes, len);
		if ((pairline_read(&line, text, len, why) == 0) != !table[i].why)
			fail_msg("%s: %s", table[i].ours, why);
		if (table[i].why && !strstr(why, table[i].why))
			fail_msg("%s: %s", table[i].ours, why);
		/* Nor does this taut write it. */
		l.ours[half == 16] = ours;
		l.theirs[half == 16] = theirs;
		assert_int_equal(pairline_write(text, &l), !table[i].why);
	}
}

static void test_an_answer_that_leads_into_its_own_tunnel_is_known(void **state)
{
	const struct pairline offer = offer_of_all();
	struct pairline answer = answer_to(&offer);
	const struct ip *const inside[] = { &offer.ours[0].ip, &offer.theirs[0].ip,
					    &offer.ours[1].ip, &offer.theirs[1].ip };
	size_t i;

	(void)state;
	answer.n_endpoint = 2;
	answer.endpoint[0] = offer.endpoint[0];
	answer.endpoint[1] = offer.endpoint[1];
	assert_false(pairline_dials_inside(&answer, &offer));
	for (i = 0; i < LEN(inside); i++) {
		answer.endpoint[1].ip = *inside[i];
		assert_true(pairline_dials_inside(&answer, &offer));
		answer.endpoint[1].ip.bytes[3] ^= 1;
		assert_int_equal(pairline_dials_inside(&answer, &offer), i < 2);
	}
}

static void test_a_place_to_dial_is_one_of_another_host(void **state)
{
	static const char *const bad[] = {
		"127.0.0.1",       "0.0.0.1",    "169.254.1.1",          "224.0.0.1", "240.0.0.1",
		"255.255.255.255", "[::1]",      "[::ffff:203.0.113.7]", "[fe80::1]", "[ff02::1]",
		"localhost",       "LocalHost.", "a.localhost",          "127.1",     "2130706433",
		"0x7f000001",      "0X7F.1",     "127.0.0.1.",           "a.0x",      "0177.0.0.01",
	};
	static const char *const good[] = {
		"203.0.113.7",          "192.168.1.1", "[2001:db8::7]",         "7up.example",
		"vpn.0xy.example.org.", "a1",          "localhost.example.org", "0xyz",
	};
	struct pairline_endpoint e;
	struct pairline l;
	char text[PAIRLINE_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < LEN(bad); i++) {
		e = (struct pairline_endpoint){ 0 };
		if (pairline_parse_endpoint(&e, bad[i], 51820))
			fail_msg("%s", bad[i]);
		/* It is filled in nevertheless, if it has the right form. */
		l = offer_of_all();
		l.endpoint[0] = e;
		assert_false(pairline_write(text, &l));
	}
	for (i = 0; i < LEN(good); i++) {
		if (!pairline_parse_endpoint(&e, good[i], 51820))
			fail_msg("%s", good[i]);
		l = offer_of_all();
		l.endpoint[0] = e;
		must_return_whole(&l);
	}
}

static void test_a_placeholder_for_a_key_is_refused_by_name(void **state)
{
	const struct pairline good = offer_of_all();
	const struct pairline good_answer = answer_to(&good);
	struct pairline l[3] = { good, good, good_answer }, line;
	static const char *const again[] = { "taut new", "taut new", "taut join" };
	static const char put[] = { '\xa6', '\xeb', '\x7f' };
	char text[PAIRLINE_TEXT], why[PAIRLINE_WHY];
	size_t i;

	(void)state;
	memcpy(l[0].public_key.bytes, put, sizeof(put));
	memcpy(l[1].psk.bytes, put, sizeof(put));
	memcpy(l[2].public_key.bytes, put, sizeof(put));
	for (i = 0; i < LEN(l); i++) {
		assert_true(pairline_write(text, &l[i]));
		assert_int_equal(pairline_read(&line, text, strlen(text), why), -EINVAL);
		assert_non_null(strstr(why, "placeholder"));
		assert_non_null(strstr(why, again[i]));
		assert_true(key_is_zero(&line.public_key) && key_is_zero(&line.psk));
	}
}

static void test_fields_out_of_order_twice_or_unknown_are_refused(void **state)
{
	const struct pairline offer = offer_of_all();
	char text[PAIRLINE_TEXT + 1], why[PAIRLINE_WHY];
	uint8_t bytes[BYTES_MAX], other[BYTES_MAX];
	size_t len, name = 2 + 3;
	struct pairline line;

	(void)state;
	len = bytes_of(bytes, &offer);
	/* the name twice */
	memcpy(other, bytes, FIELDS_AT + name);
	memcpy(other + FIELDS_AT + name, bytes + FIELDS_AT, len - FIELDS_AT);
	assert_int_equal(pairline_read(&line, text, line_of(text, other, len + name), why),
			 -EINVAL);
	/* the name last */
	memcpy(other + FIELDS_AT, bytes + FIELDS_AT + name, len - FIELDS_AT - name - CHECK_LEN);
	memcpy(other + len - name - CHECK_LEN, bytes + FIELDS_AT, name);
	assert_int_equal(pairline_read(&line, text, line_of(text, other, len), why), -EINVAL);
	/* a field of an unknown type, after all others; and a truncated one */
	memcpy(other, bytes, len);
	memcpy(other + len - CHECK_LEN, "\x09\x01\x00", 3);
	assert_int_equal(pairline_read(&line, text, line_of(text, other, len + 3), why), -EINVAL);
	assert_int_equal(pairline_read(&line, text, line_of(text, other, len + 1), why), -EINVAL);
	assert_int_equal(pairline_read(&line, text, line_of(text, other, len + 2), why), -EINVAL);
	/* the preshared key, which is the last field: reaching into the checksum, and zero */
	memcpy(other, bytes, len);
	assert_int_equal(pairline_read(&line, text, line_of(text, other, len - CHECK_LEN), why),
			 -EINVAL);
	memset(other + len - CHECK_LEN - KEY_LEN, 0, KEY_LEN);
	assert_int_equal(pairline_read(&line, text, line_of(text, other, len), why), -EINVAL);
	/* no fields */
	assert_int_equal(
		pairline_read(&line, text, line_of(text, other, FIELDS_AT + CHECK_LEN), why),
		-EINVAL);
}

static void test_a_field_does_not_reach_beyond_its_line(void **state)
{
	static const uint8_t fields[] = { 7, KEY_LEN, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct pairline line = { .kind = PAIRLINE_OFFER };
	uint8_t *copy = malloc(sizeof(fields));

	(void)state;
	assert_non_null(copy);
	memcpy(copy, fields, sizeof(fields));
	assert_false(pairline_field_read(&line, copy, sizeof(fields)));
	assert_false(pairline_field_read(&line, copy, 1));
	free(copy);
	assert_true(key_is_zero(&line.psk));
}

/* Any accepted text is the canonical form of its meaning. */
static void must_be_canonical(const char *text, size_t len)
{
	char again[PAIRLINE_TEXT];
	struct pairline line;

	if (read_exactly(&line, text, len) != 0)
		return;
	assert_true(pairline_write(again, &line));
	assert_int_equal(strlen(again), len);
	assert_memory_equal(again, text, len);
}

static void test_damaged_bytes_with_a_good_checksum_are_refused_or_canonical(void **state)
{
	const struct pairline offer = offer_of_all(), answer = answer_to(&offer);
	uint8_t bytes[2][BYTES_MAX], other[BYTES_MAX];
	size_t len[2] = { bytes_of(bytes[0], &offer), bytes_of(bytes[1], &answer) };
	char text[PAIRLINE_TEXT + 1];
	struct seed seed = { 4 };
	unsigned round, times;

	(void)state;
	for (round = 0; round < 100000; round++) {
		unsigned which = seed_below(&seed, 2);
		size_t n = len[which];

		memcpy(other, bytes[which], n);
		for (times = 1 + seed_below(&seed, 3); times; times--)
			other[1 + seed_below(&seed, (uint32_t)n - 1)] =
				(uint8_t)(seed_below(&seed, 2) ? seed_below(&seed, 12)
							       : seed_below(&seed, 256));
		if (seed_below(&seed, 4) == 0)
			n = FIELDS_AT + CHECK_LEN +
			    seed_below(&seed, (uint32_t)(n - FIELDS_AT - CHECK_LEN));
		must_be_canonical(text, line_of(text, other, n));
	}
}

static void test_random_text_is_refused(void **state)
{
	char text[PAIRLINE_TEXT];
	struct seed seed = { 5 };
	unsigned round;
	size_t i, len;

	(void)state;
	for (round = 0; round < 20000; round++) {
		len = seed_below(&seed, sizeof(text));
		for (i = 0; i < len; i++)
			text[i] = (char)(round % 2 ? alphabet[seed_below(&seed, 64)]
						   : (char)seed_below(&seed, 256));
		if (round % 4)
			memcpy(text, "taut-pair:", len < PREFIX_LEN ? len : PREFIX_LEN);
		must_refuse(text, len);
	}
}

static void test_the_id_is_of_all_but_the_preshared_key(void **state)
{
	const struct pairline offer = offer_of_all();
	uint8_t id[PAIRLINE_ID], other[PAIRLINE_ID];
	struct pairline l = offer;

	(void)state;
	pairline_id(id, &offer);
	l.psk.bytes[5] ^= 1;
	pairline_id(other, &l);
	assert_memory_equal(id, other, sizeof(id));
	l.psk = (struct key){ 0 };
	pairline_id(other, &l);
	assert_memory_equal(id, other, sizeof(id));
	l.theirs[1].ip.bytes[15] ^= 4;
	pairline_id(other, &l);
	assert_memory_not_equal(id, other, sizeof(id));
	l = offer;
	l.public_key.bytes[31] ^= 0x80;
	pairline_id(other, &l);
	assert_memory_not_equal(id, other, sizeof(id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_the_longest_line_fits),
		cmocka_unit_test(test_each_character_changed_is_refused),
		cmocka_unit_test(test_each_character_lost_doubled_or_exchanged_is_refused),
		cmocka_unit_test(test_a_beginning_asks_for_more),
		cmocka_unit_test(test_a_newer_version_is_named),
		cmocka_unit_test(test_the_wrong_place_is_named),
		cmocka_unit_test(test_what_cannot_be_is_neither_written_nor_read),
		cmocka_unit_test(
			test_two_addresses_of_hosts_in_a_small_network_are_all_that_a_line_can_ask_for),
		cmocka_unit_test(test_an_answer_that_leads_into_its_own_tunnel_is_known),
		cmocka_unit_test(test_a_place_to_dial_is_one_of_another_host),
		cmocka_unit_test(test_a_placeholder_for_a_key_is_refused_by_name),
		cmocka_unit_test(test_fields_out_of_order_twice_or_unknown_are_refused),
		cmocka_unit_test(test_a_field_does_not_reach_beyond_its_line),
		cmocka_unit_test(test_damaged_bytes_with_a_good_checksum_are_refused_or_canonical),
		cmocka_unit_test(test_random_text_is_refused),
		cmocka_unit_test(test_the_id_is_of_all_but_the_preshared_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* The parts of a pairing line: endpoints, inner addresses, characters; and drawn codes. */
#include "hex.h"

#include "base/bytes.h"
#include "pair/localnet.h"
#include "pair/pairline.h"
#include "pair/pairline_text.h"
#include "pair/pickaddr.h"
#include "pair/qr.h"
#include "seed.h"

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(&p, text, strlen(text)));
	return p;
}

static void test_the_neighbour_is_a_host_of_the_same_network(void **state)
{
	static const struct {
		const char *ours, *theirs; /* NULL: no room */
	} table[] = {
		{ "10.0.0.0/31", "10.0.0.1/31" },   { "10.0.0.1/31", "10.0.0.0/31" },
		{ "10.0.0.1/30", "10.0.0.2/30" },   { "10.0.0.2/30", "10.0.0.1/30" },
		{ "10.0.0.1/24", "10.0.0.2/24" },   { "10.0.0.254/24", "10.0.0.253/24" },
		{ "10.0.0.255/16", "10.0.1.0/16" }, { "10.0.0.1/32", NULL },
		{ "fd00::1/64", "fd00::2/64" },     { "fd00::/127", "fd00::1/127" },
		{ "fd00::1/127", "fd00::/127" },    { "fd00::ffff/112", "fd00::fffe/112" },
		{ "fd00::ff/64", "fd00::100/64" },  { "fd00::1/128", NULL },
	};
	char text[PREFIX_TEXT];
	struct prefix ours, theirs;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(table); i++) {
		ours = prefix_of(table[i].ours);
		if (pickaddr_neighbour(&ours, &theirs) != (table[i].theirs != NULL))
			fail_msg("%s", table[i].ours);
		if (!table[i].theirs)
			continue;
		prefix_print(text, &theirs);
		assert_string_equal(text, table[i].theirs);
	}
}

static void test_networks_in_use_are_passed_over(void **state)
{
	struct prefix used[] = { prefix_of("10.0.0.0/9"), prefix_of("10.192.0.0/10") };
	const struct localnet s = { .used = used, .n_used = LEN(used) };
	const struct localnet none = { .n_used = 0 };
	const struct prefix ten = prefix_of("10.128.0.0/10"), ula = prefix_of("fd00::/8");
	struct prefix ours, theirs, before = { 0 };
	struct seed seed = { 1 };
	struct rng rng = seed_chance(&seed);
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_true(pickaddr_pick(AF_INET, &s, &rng, &ours, &theirs));
		assert_int_equal(ours.bits, 31);
		assert_true(prefix_contains(&ten, &ours.ip));
		assert_int_equal(ours.ip.bytes[3] % 2, 0);
		assert_int_equal(theirs.ip.bytes[3], ours.ip.bytes[3] + 1);
		assert_true(pickaddr_pick(AF_INET6, &none, &rng, &ours, &theirs));
		assert_int_equal(ours.bits, 64);
		assert_true(prefix_contains(&ula, &ours.ip));
		assert_false(prefix_contains(&ours, &before.ip));
		assert_int_equal(load_be64(ours.ip.bytes + 8), 1);
		assert_int_equal(load_be64(theirs.ip.bytes + 8), 2);
		before = ours;
	}
}

static void test_the_next_private_network_is_used_when_one_is_full(void **state)
{
	struct prefix used[] = { prefix_of("10.0.0.0/8"), prefix_of("172.16.0.0/12"),
				 prefix_of("192.168.0.0/16"), prefix_of("fc00::/7") };
	const struct prefix next[] = { prefix_of("172.16.0.0/12"), prefix_of("192.168.0.0/16") };
	struct localnet s = { .used = used, .n_used = 1 };
	struct prefix ours, theirs;
	struct seed seed = { 2 };
	struct rng rng = seed_chance(&seed);

	(void)state;
	for (; s.n_used < 3; s.n_used++) {
		assert_true(pickaddr_pick(AF_INET, &s, &rng, &ours, &theirs));
		assert_true(prefix_contains(&next[s.n_used - 1], &ours.ip));
	}
	assert_false(pickaddr_pick(AF_INET, &s, &rng, &ours, &theirs));
	assert_true(pickaddr_pick(AF_INET6, &s, &rng, &ours, &theirs));
	s.n_used++;
	assert_false(pickaddr_pick(AF_INET6, &s, &rng, &ours, &theirs));
}

static void expect_free(const char *file, const char *want)
{
	struct conf_report report = { .say = NULL };
	char text[PREFIX_TEXT];
	struct prefix found;
	struct conf conf;

	conf_init(&conf);
	assert_int_equal(conf_read_text(&conf, "x", file, strlen(file), &report), 0);
	assert_int_equal(pickaddr_free(&conf, 0, &found), want != NULL);
	if (want) {
		prefix_print(text, &found);
		assert_string_equal(text, want);
	}
	conf_fini(&conf);
}

#define ADDRESS(a) "[Interface]\nAddress=" a "\n"
#define PEER(a)    "[Peer]\nPublicKey=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAllowedIPs=" a "\n"

static void test_the_first_free_address_is_found(void **state)
{
	(void)state;
	expect_free(ADDRESS("10.0.0.1/24"), "10.0.0.2/24");
	expect_free(ADDRESS("10.0.0.9/24"), "10.0.0.1/24");
	expect_free(ADDRESS("10.0.0.1/24") PEER("10.0.0.2/32"), "10.0.0.3/24");
	expect_free(ADDRESS("10.0.0.1/24") PEER("10.0.0.0/25"), "10.0.0.128/24");
	expect_free(ADDRESS("10.0.0.1/24") PEER("0.0.0.0/0"), "10.0.0.2/24");
	expect_free(ADDRESS("10.0.0.0/31"), "10.0.0.1/31");
	expect_free(ADDRESS("10.0.0.0/31") PEER("10.0.0.1"), NULL);
	expect_free(ADDRESS("10.0.0.1/30") PEER("10.0.0.2"), NULL);
	expect_free(ADDRESS("10.0.0.1/32"), NULL);
	expect_free(ADDRESS("fd00::1/64") PEER("fd00::2, fd00::3"), "fd00::4/64");
}

static void test_private_addresses_are_told_from_public_ones(void **state)
{
	static const struct {
		const char *ip;
		bool is_private;
	} table[] = {
		{ "10.0.0.1", true },     { "172.31.255.255", true }, { "172.32.0.0", false },
		{ "192.168.7.7", true },  { "100.64.0.1", true },     { "100.128.0.1", false },
		{ "203.0.113.7", false }, { "fd12::1", true },        { "fcff::1", true },
		{ "fe00::1", false },     { "2001:db8::1", false },
	};
	struct ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(table); i++) {
		assert_true(ip_parse(&ip, table[i].ip, strlen(table[i].ip)));
		if (localnet_is_private(&ip) != table[i].is_private)
			fail_msg("%s", table[i].ip);
	}
}

/* On this machine, whatever it has: loopback is always in use, and never an outer address. */
static void test_a_private_network_is_private_as_a_whole(void **state)
{
	static const struct {
		const char *net;
		bool is_private;
	} table[] = { { "10.66.0.1/24", true },    { "10.0.0.1/8", true },
		      { "192.168.1.1/16", true },  { "192.168.1.1/15", false },
		      { "172.16.0.1/11", false },  { "8.8.8.9/24", false },
		      { "100.64.0.1/10", true },   { "fd12::1/64", true },
		      { "fc00::1/6", false },      { "2001:db8::1/64", false },
		      { "192.168.1.255/8", false } };

	(void)state;
	for (size_t i = 0; i < LEN(table); i++) {
		struct prefix p;

		assert_true(prefix_parse(&p, table[i].net, strlen(table[i].net)));
		if (localnet_is_private_net(&p) != table[i].is_private)
			fail_msg("%s", table[i].net);
	}
}

static void test_the_survey_sees_loopback(void **state)
{
	const struct prefix loopback = prefix_of("127.0.0.5/32"), any = prefix_of("0.0.0.0/0");
	struct localnet s;
	size_t i;

	(void)state;
	assert_int_equal(localnet_take(&s, "no-such"), 0);
	if (s.n_used == 0)
		skip(); /* a namespace without even that */
	assert_non_null(localnet_overlap(&s, &loopback));
	for (i = 0; i < s.n_used; i++)
		assert_true(s.used[i].bits > 1);
	for (i = 0; i < s.n_outer; i++)
		assert_false(prefix_contains(&loopback, &s.outer[i]));
	assert_non_null(localnet_overlap(&s, &any));
	localnet_free(&s);
}

#define WHOLE "\xe2\x96\x88"
#define UPPER "\xe2\x96\x80"
#define LOWER "\xe2\x96\x84"
#define EDGE  WHOLE WHOLE WHOLE WHOLE

static void test_a_code_is_drawn_light_on_dark_with_its_margin(void **state)
{
	/* The other bits are libqrencode's own business. */
	static const uint8_t module[9] = { 0x03, 0x02, 0x81, 0xc1, 0x01, 0x00, 0x00, 0x01, 0x02 };
	struct print out = { 0 };

	(void)state;
	qr_draw(&out, module, 3, false);
	assert_string_equal(out.chars, EDGE EDGE WHOLE WHOLE WHOLE
			    "\n" EDGE EDGE WHOLE WHOLE WHOLE "\n" EDGE " " UPPER LOWER EDGE
			    "\n" EDGE WHOLE LOWER WHOLE EDGE "\n" EDGE EDGE WHOLE WHOLE WHOLE
			    "\n" EDGE EDGE WHOLE WHOLE WHOLE "\n");
	print_fini(&out);
	qr_draw(&out, module, 1, true);
	assert_int_equal(strncmp(out.chars, "\033[38;5;231;48;5;16m" EDGE, 19), 0);
	assert_string_equal(out.chars + out.len - 5, "\033[0m\n");
	print_fini(&out);
}

static void test_endpoints_are_parsed_as_people_write_them(void **state)
{
	static const struct {
		const char *text, *means; /* NULL: refused */
	} table[] = {
		{ "203.0.113.7", "203.0.113.7:51820" },
		{ "203.0.113.7:1", "203.0.113.7:1" },
		{ "2001:db8::7", "[2001:db8::7]:51820" },
		{ "[2001:db8::7]", "[2001:db8::7]:51820" },
		{ "[2001:db8::7]:65535", "[2001:db8::7]:65535" },
		{ "vpn.example.org", "vpn.example.org:51820" },
		{ "vpn.example.org:443", "vpn.example.org:443" },
		{ "", NULL },
		{ ":1", NULL },
		{ "[]:1", NULL },
		{ "[", NULL },
		{ "[203.0.113.7]:1", NULL },
		{ "a:0", NULL },
		{ "a:65536", NULL },
		{ "a:", NULL },
		{ "a:b", NULL },
		{ "a:1:2", NULL },
		{ "2001:db8::7]:1", NULL },
		{ "-a", NULL },
		{ ".a", NULL },
		{ "a b", NULL },
		{ "a\nPostUp=x", NULL },
		{ "a#b", NULL },
	};
	char text[PAIRLINE_ENDPOINT_TEXT];
	struct pairline_endpoint e;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(table); i++) {
		bool good = pairline_parse_endpoint(&e, table[i].text, 51820);

		if (good != (table[i].means != NULL))
			fail_msg("'%s'", table[i].text);
		if (!good)
			continue;
		pairline_print_endpoint(text, &e);
		assert_string_equal(text, table[i].means);
	}
}

static void test_text_is_base64url_without_padding(void **state)
{
	static const uint8_t bytes[] = { 0x14, 0xfb, 0x9c, 0x03, 0xd9, 0x7e, 0xff, 0xff };
	char text[16] = "";
	uint8_t back[LEN(bytes)];

	(void)state;
	/* RFC 4648, 9, and 10 */
	pairline_text_write(text, bytes, 6);
	assert_string_equal(text, "FPucA9l-");
	memset(text, 0, sizeof(text));
	pairline_text_write(text, bytes, 5);
	assert_string_equal(text, "FPucA9k");
	memset(text, 0, sizeof(text));
	pairline_text_write(text, bytes, 8);
	assert_string_equal(text, "FPucA9l-__8");
	assert_true(pairline_text_read(back, 8, text));
	assert_memory_equal(back, bytes, 8);
	assert_false(pairline_text_read(back, 8, "FPucA9l-__9")); /* a spare bit */
	assert_false(pairline_text_read(back, 8, "FPucA9l-_/8"));
	assert_int_equal(pairline_text_foreign("abc=", 4), 3);
	assert_int_equal(pairline_text_foreign("ab\xff", 3), 2);
	assert_int_equal(pairline_text_foreign("abc", 3), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoints_are_parsed_as_people_write_them),
		cmocka_unit_test(test_text_is_base64url_without_padding),
		cmocka_unit_test(test_the_neighbour_is_a_host_of_the_same_network),
		cmocka_unit_test(test_networks_in_use_are_passed_over),
		cmocka_unit_test(test_the_next_private_network_is_used_when_one_is_full),
		cmocka_unit_test(test_the_first_free_address_is_found),
		cmocka_unit_test(test_private_addresses_are_told_from_public_ones),
		cmocka_unit_test(test_a_private_network_is_private_as_a_whole),
		cmocka_unit_test(test_the_survey_sees_loopback),
		cmocka_unit_test(test_a_code_is_drawn_light_on_dark_with_its_margin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

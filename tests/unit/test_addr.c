/* SPDX-License-Identifier: ISC */
#include "base/endpoint.h"
#include "base/ip.h"
#include "base/prefix.h"

#include <net/if.h>

#include "base/bytes.h"
#include "hex.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(&ip, text, strlen(text)));
	return ip;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(&p, text, strlen(text)));
	return p;
}

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint e;

	assert_true(endpoint_parse(&e, text, strlen(text)));
	return e;
}

static void test_addresses_read_and_print(void **state)
{
	static const struct {
		const char *text;
		int family;
		const char *bytes;
		const char *printed;
	} cases[] = {
		{ "0.0.0.0", AF_INET, "00000000", "0.0.0.0" },
		{ "192.0.2.33", AF_INET, "c0000221", "192.0.2.33" },
		{ "255.255.255.255", AF_INET, "ffffffff", "255.255.255.255" },
		{ "::", AF_INET6, "00000000000000000000000000000000", "::" },
		{ "2001:DB8:0::1", AF_INET6, "20010db8000000000000000000000001", "2001:db8::1" },
		{ "::ffff:192.0.2.33", AF_INET6, "00000000000000000000ffffc0000221",
		  "::ffff:192.0.2.33" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", AF_INET6,
		  "ffffffffffffffffffffffffffffffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char text[IP_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < LEN(cases); i++) {
		struct ip ip = ip_of(cases[i].text);

		assert_int_equal(ip.family, cases[i].family);
		assert_hex(ip.bytes, ip_len(ip.family), cases[i].bytes);
		assert_int_equal(ip_bits(ip.family), 8 * hex_len(cases[i].bytes));
		ip_print(text, &ip);
		assert_string_equal(text, cases[i].printed);
	}
}

static void test_malformed_addresses_are_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"1",
		"1.2.3",
		"1.2.3.4.5",
		"1.2.3.256",
		"1.2.3.4 ",
		" 1.2.3.4",
		"0x1.2.3.4",
		"01.2.3.4",
		"1.2.3.-4",
		"1.2.3.4/32",
		":",
		":::",
		"1::2::3",
		"12345::",
		"g::",
		"::1%lo",
		"[::1]",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"::1.2.3",
		"localhost",
		"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111",
	};
	struct ip ip;
	size_t i;

	(void)state;
	memset(&ip, 0x55, sizeof(ip));
	for (i = 0; i < LEN(cases); i++)
		assert_false(ip_parse(&ip, cases[i], strlen(cases[i])));
	assert_false(ip_parse(&ip, "1.2.3.4\0", 8));
	assert_false(ip_parse(&ip, "1.2.\0003.4", 8));
	assert_int_equal(ip.family, 0x55);
	assert_int_equal(ip.bytes[0], 0x55);
	/* Only the given length counts. */
	assert_true(ip_parse(&ip, "1.2.3.45", 7));
	assert_hex(ip.bytes, 4, "01020304");
}

static void test_addresses_of_two_families_are_never_equal(void **state)
{
	struct ip a = ip_of("1.2.3.4"), b = ip_of("1.2.3.5"), c = ip_of("102:304::");

	(void)state;
	assert_true(ip_equal(&a, &a));
	assert_false(ip_equal(&a, &b));
	assert_false(ip_equal(&a, &c));
	/* Bytes after an IPv4 address are ignored. */
	b = a;
	b.bytes[15] = 1;
	assert_true(ip_equal(&a, &b));
	c.bytes[15] = 1;
	b = ip_of("102:304::");
	assert_false(ip_equal(&c, &b));
}

static void test_an_address_of_a_host_is_neither_special_nor_of_many(void **state)
{
	static const struct {
		const char *first, *last;   /* of the addresses that no other host has */
		const char *before, *after; /* NULL: none */
	} ranges[] = {
		{ "0.0.0.0", "0.255.255.255", NULL, "1.0.0.0" },
		{ "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0" },
		{ "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0" },
		{ "224.0.0.0", "255.255.255.255", "223.255.255.255", NULL },
		{ "::", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "100::" },
		{ "::1", "::ffff:203.0.113.7", NULL, NULL },
		{ "fe80::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe7f::ffff", NULL },
		{ "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NULL },
	};
	const struct ip none = { 0 };
	struct ip ip;
	size_t i;

	(void)state;
	assert_false(ip_is_of_host(&none));
	for (i = 0; i < LEN(ranges); i++) {
		ip = ip_of(ranges[i].first);
		assert_false(ip_is_of_host(&ip));
		ip = ip_of(ranges[i].last);
		assert_false(ip_is_of_host(&ip));
		if (ranges[i].before) {
			ip = ip_of(ranges[i].before);
			assert_true(ip_is_of_host(&ip));
		}
		if (ranges[i].after) {
			ip = ip_of(ranges[i].after);
			assert_true(ip_is_of_host(&ip));
		}
	}
}

static void test_prefixes_read_mask_and_print(void **state)
{
	static const struct {
		const char *text;
		const char *printed;
		const char *masked;
	} cases[] = {
		{ "10.1.2.3", "10.1.2.3/32", "10.1.2.3/32" },
		{ "10.1.2.3/32", "10.1.2.3/32", "10.1.2.3/32" },
		{ "10.1.2.3/31", "10.1.2.3/31", "10.1.2.2/31" },
		{ "10.255.2.3/9", "10.255.2.3/9", "10.128.0.0/9" },
		{ "10.1.2.3/8", "10.1.2.3/8", "10.0.0.0/8" },
		{ "10.1.2.3/0", "10.1.2.3/0", "0.0.0.0/0" },
		{ "2001:db8::1", "2001:db8::1/128", "2001:db8::1/128" },
		{ "2001:db8:ffff::1/33", "2001:db8:ffff::1/33", "2001:db8:8000::/33" },
		{ "ffff::/0", "ffff::/0", "::/0" },
	};
	char text[PREFIX_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < LEN(cases); i++) {
		struct prefix p = prefix_of(cases[i].text), q = p;

		prefix_print(text, &p);
		assert_string_equal(text, cases[i].printed);
		prefix_mask(&q);
		prefix_print(text, &q);
		assert_string_equal(text, cases[i].masked);
		assert_true(prefix_is_masked(&q));
		assert_int_equal(prefix_is_masked(&p), prefix_equal(&p, &q));
	}
}

static void test_malformed_prefixes_are_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"/",
		"/24",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/ 8",
		"10.0.0.0/8/8",
		"10.0.0/8",
		"::/129",
		"::/a",
		"::1%lo/64",
		"10.0.0.0/8 ",
		"10.0.0.0/+8",
		"10.0.0.0/4294967304",
	};
	struct prefix p;
	size_t i;

	(void)state;
	memset(&p, 0x55, sizeof(p));
	for (i = 0; i < LEN(cases); i++)
		assert_false(prefix_parse(&p, cases[i], strlen(cases[i])));
	assert_int_equal(p.bits, 0x55);
	assert_int_equal(p.ip.family, 0x55);
}

static void test_a_prefix_contains_what_shares_its_bits(void **state)
{
	static const struct {
		const char *prefix, *ip;
		bool inside;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.9.9.9/8", "10.0.0.1", true }, /* host bits do not count */
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.1/32", "192.0.2.1", true },
		{ "192.0.2.1/32", "192.0.2.0", false },
		{ "0.0.0.0/0", "255.1.2.3", true },
		{ "0.0.0.0/0", "::", false },
		{ "::/0", "0.0.0.0", false },
		{ "::/0", "ffff::1", true },
		{ "2001:db8::/33", "2001:db8:7fff::", true },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "::1/128", "::1", true },
		{ "::1/128", "::", false },
	};
	struct prefix zero = { 0 };
	struct ip none = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < LEN(cases); i++) {
		struct prefix p = prefix_of(cases[i].prefix);
		struct ip ip = ip_of(cases[i].ip);

		assert_int_equal(prefix_contains(&p, &ip), cases[i].inside);
	}
	assert_false(prefix_contains(&zero, &none));
}

static void test_endpoints_read_and_print(void **state)
{
	static const struct {
		const char *text;
		int family;
		uint16_t port;
		const char *printed;
	} cases[] = {
		{ "192.0.2.33:51820", AF_INET, 51820, NULL },
		{ "0.0.0.0:1", AF_INET, 1, NULL },
		{ "[2001:db8::1]:65535", AF_INET6, 65535, NULL },
		{ "[::ffff:192.0.2.1]:7", AF_INET6, 7, NULL },
		{ "[::]:00080", AF_INET6, 80, "[::]:80" },
		{ "[fe80::1%lo]:51820", AF_INET6, 51820, NULL },
		{ "[fe80::1%1]:51820", AF_INET6, 51820, "[fe80::1%lo]:51820" },
		{ "[fe80::1%4000000000]:1", AF_INET6, 1, NULL },
	};
	char text[ENDPOINT_TEXT];
	size_t i;

	(void)state;
	assert_int_equal(if_nametoindex("lo"), 1); /* what the table above takes for granted */
	for (i = 0; i < LEN(cases); i++) {
		struct endpoint e = endpoint_of(cases[i].text);

		assert_true(endpoint_known(&e));
		assert_int_equal(e.remote.sa.sa_family, cases[i].family);
		assert_int_equal(endpoint_port(&e), cases[i].port);
		assert_int_equal(endpoint_len(&e), cases[i].family == AF_INET ? 16 : 28);
		assert_int_equal(e.local.family, 0);
		assert_int_equal(e.ifindex, 0);
		endpoint_print(text, &e);
		assert_string_equal(text, cases[i].printed ? cases[i].printed : cases[i].text);
	}
}

static void test_nobody_can_answer_port_0_or_many_hosts(void **state)
{
	static const struct {
		const char *text;
		bool can;
	} cases[] = {
		{ "192.0.2.33:1", true },           { "192.0.2.33:65535", true },
		{ "192.0.2.33:256", true },         { "127.0.0.1:51820", true },
		{ "223.255.255.255:51820", true },  { "240.0.0.1:51820", true },
		{ "0.0.0.0:51820", false },         { "224.0.0.0:51820", false },
		{ "239.255.255.255:51820", false }, { "255.255.255.255:51820", false },
		{ "[2001:db8::1]:1", true },        { "[::1]:51820", true },
		{ "[fe80::1%lo]:51820", true },     { "[::]:51820", false },
		{ "[ff02::1]:51820", false },       { "[::ffff:192.0.2.1]:51820", false },
	};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++) {
		struct endpoint e = endpoint_of(cases[i].text);

		assert_int_equal(endpoint_answerable(&e), cases[i].can);
		if (e.remote.sa.sa_family == AF_INET)
			e.remote.v4.sin_port = 0;
		else
			e.remote.v6.sin6_port = 0;
		assert_false(endpoint_answerable(&e));
	}
}

static void test_malformed_endpoints_are_refused(void **state)
{
	static const char *const cases[] = {
		"",
		":",
		"1.2.3.4",
		"1.2.3.4:",
		"1.2.3.4:65536",
		"1.2.3.4:0",
		"[2001:db8::1]:0",
		":80",
		"1.2.3:80",
		"1.2.3.4:-1",
		"1.2.3.4:80 ",
		" 1.2.3.4:80",
		"::1:80",
		"2001:db8::1",
		"[::1]",
		"[::1]:",
		"[::1]80",
		"[::1:80",
		"::1]:80",
		"[]:80",
		"[1.2.3.4]:80",
		"[fe80::1%]:80",
		"[%lo]:80",
		"[fe80::1%0]:80",
		"[fe80::1%4294967296]:80",
		"1.2.3.4%lo:80",
		"localhost:80",
		"[fe80::1%no-such-interface-here]:80",
		"[fe80::1%lo%lo]:80",
		"[::1]]:80",
		"1.2.3.4:0x50",
	};
	struct endpoint e;
	size_t i;

	(void)state;
	memset(&e, 0x55, sizeof(e));
	for (i = 0; i < LEN(cases); i++)
		assert_false(endpoint_parse(&e, cases[i], strlen(cases[i])));
	assert_int_equal(e.remote.sa.sa_family, 0x5555);
	assert_int_equal(e.ifindex, 0x55555555);
}

static void test_a_full_list_keeps_one_of_each_family(void **state)
{
	struct endpoint ends[3], v4 = endpoint_of("192.0.2.1:1"),
				 other = endpoint_of("192.0.2.2:2");
	unsigned n = 0;
	char text[ENDPOINT_TEXT];

	(void)state;
	for (uint8_t i = 1; i < 6; i++) {
		struct endpoint v6 = endpoint_of("[2001:db8::]:6");

		v6.remote.v6.sin6_addr.s6_addr[15] = i;
		n = endpoint_append(ends, n, 3, &v6);
	}
	assert_int_equal(n, 3);
	assert_int_equal(ends[2].remote.v6.sin6_addr.s6_addr[15], 3); /* the best three */
	assert_int_equal(endpoint_append(ends, n, 3, &v4), 3);
	assert_int_equal(endpoint_append(ends, n, 3, &other), 3);
	assert_int_equal(ends[1].remote.v6.sin6_addr.s6_addr[15], 2);
	endpoint_print(text, &ends[2]);
	assert_string_equal(text, "192.0.2.1:1");
}

static void test_an_unknown_endpoint_is_empty(void **state)
{
	struct endpoint e = { 0 };
	char text[ENDPOINT_TEXT];

	(void)state;
	assert_false(endpoint_known(&e));
	assert_int_equal(endpoint_port(&e), 0);
	assert_int_equal(endpoint_len(&e), 0);
	assert_int_equal(endpoint_ip(&e).family, 0);
	endpoint_print(text, &e);
	assert_string_equal(text, "");
}

static void test_the_longest_endpoint_fits_its_text(void **state)
{
	struct endpoint e =
		endpoint_of("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%4294967295]:65535");
	char text[ENDPOINT_TEXT];

	(void)state;
	endpoint_print(text, &e);
	assert_string_equal(text, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
	/* The longest possible address text and interface name. */
	assert_true(1 + (INET6_ADDRSTRLEN - 1) + IF_NAMESIZE + 1 + 6 < ENDPOINT_TEXT);
}

static void test_the_same_remote_is_address_and_port(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "1.2.3.4:5", "1.2.3.4:5", true },
		{ "1.2.3.4:5", "1.2.3.4:6", false },
		{ "1.2.3.4:5", "1.2.3.5:5", false },
		{ "1.2.3.4:5", "[::ffff:1.2.3.4]:5", false },
		{ "[::1]:5", "[::1]:5", true },
		{ "[::1]:5", "[::2]:5", false },
		{ "[::1]:5", "[::1]:6", false },
		{ "[fe80::1%1]:5", "[fe80::1%1]:5", true },
		{ "[fe80::1%1]:5", "[fe80::1%2]:5", false },
		{ "[2001:db8::1%1]:5", "[2001:db8::1%2]:5", true },
	};
	struct endpoint none = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < LEN(cases); i++) {
		struct endpoint a = endpoint_of(cases[i].a), b = endpoint_of(cases[i].b);

		assert_int_equal(endpoint_same_remote(&a, &b), cases[i].same);
		assert_int_equal(endpoint_same_remote(&b, &a), cases[i].same);
		assert_int_equal(endpoint_equal(&a, &b), cases[i].same);
		assert_false(endpoint_same_remote(&a, &none));
	}
	assert_true(endpoint_same_remote(&none, &none));
}

static void test_equal_endpoints_share_the_local_half_too(void **state)
{
	struct endpoint a = endpoint_of("192.0.2.1:5"), b = a;

	(void)state;
	a.local = ip_of("10.0.0.1");
	a.ifindex = 3;
	assert_true(endpoint_same_remote(&a, &b));
	assert_false(endpoint_equal(&a, &b));
	b.local = a.local;
	assert_false(endpoint_equal(&a, &b));
	b.ifindex = a.ifindex;
	assert_true(endpoint_equal(&a, &b));

	endpoint_forget_local(&a);
	assert_int_equal(a.local.family, 0);
	assert_int_equal(a.ifindex, 0);
	assert_true(endpoint_same_remote(&a, &b));
}

static void test_the_address_of_an_endpoint_is_unmapped(void **state)
{
	static const struct {
		const char *endpoint, *ip;
	} cases[] = {
		{ "192.0.2.1:5", "192.0.2.1" },
		{ "[::ffff:192.0.2.1]:5", "192.0.2.1" },
		{ "[2001:db8::1]:5", "2001:db8::1" },
		{ "[::192.0.2.1]:5", "::192.0.2.1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < LEN(cases); i++) {
		struct endpoint e = endpoint_of(cases[i].endpoint);
		struct ip is = endpoint_ip(&e), want = ip_of(cases[i].ip);

		assert_true(ip_equal(&is, &want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_read_and_print),
		cmocka_unit_test(test_malformed_addresses_are_refused),
		cmocka_unit_test(test_addresses_of_two_families_are_never_equal),
		cmocka_unit_test(test_an_address_of_a_host_is_neither_special_nor_of_many),
		cmocka_unit_test(test_prefixes_read_mask_and_print),
		cmocka_unit_test(test_malformed_prefixes_are_refused),
		cmocka_unit_test(test_a_prefix_contains_what_shares_its_bits),
		cmocka_unit_test(test_endpoints_read_and_print),
		cmocka_unit_test(test_nobody_can_answer_port_0_or_many_hosts),
		cmocka_unit_test(test_malformed_endpoints_are_refused),
		cmocka_unit_test(test_a_full_list_keeps_one_of_each_family),
		cmocka_unit_test(test_an_unknown_endpoint_is_empty),
		cmocka_unit_test(test_the_longest_endpoint_fits_its_text),
		cmocka_unit_test(test_the_same_remote_is_address_and_port),
		cmocka_unit_test(test_equal_endpoints_share_the_local_half_too),
		cmocka_unit_test(test_the_address_of_an_endpoint_is_unmapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

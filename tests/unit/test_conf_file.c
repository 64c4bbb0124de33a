/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/aeadname.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "said.h"

/* 44 characters each. */
#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA="
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbA="
#define KEY_C "ccccccccccccccccccccccccccccccccccccccccccA="
#define I     "[Interface]\n"
#define P     "[Peer]\nPublicKey=" KEY_B "\n"

static int read_text(struct conf *c, struct said *s, const char *text, size_t len)
{
	conf_init(c);
	said_init(s);
	return conf_read_text(c, "f", text, len, &s->report);
}

/* All messages about a file: errors and warnings in the order of its lines. */
static const struct {
	const char *text, *said;
} told[] = {
#include "conf_told.inc"
};

static void test_each_mistake_is_told_where_it_stands(void **state)
{
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < LEN(told); i++) {
		err = read_text(&c, s, told[i].text, strlen(told[i].text));
		assert_string_equal(s->text, told[i].said);
		assert_int_equal(err, s->report.errors ? -EINVAL : 0);
		conf_fini(&c);
	}
	test_free(s);
}

static void test_every_key_reaches_its_field(void **state)
{
	static const char text[] = I
		"PrivateKey = " KEY_A "\nListenPort = 51820\nFwMark = 0xca6c\n"
		"Address = 10.0.0.1/24, fd00::1\nADDRESS=10.0.0.2 / 8 10.0.0.3\n"
		"DNS = 1.1.1.1, example.net\ndns=::1\nMTU = 1280\nTable = main\n"
		"PreUp = one # two\nPostUp =  echo \"a b\" \t\nPostUp = c=d\r\n"
		"PreDown = x\nPostDown = %i;\nSaveConfig = false\n" P "PresharedKey = " KEY_C
		"\nEndpoint = 192.0.2.1:5\n"
		"AllowedIPs = 10.1.2.3/24, ::/0\nAllowedIPs = -10.0.0.0/8,+::1\n"
		"PersistentKeepalive = 25\n"
		"[Peer]\nEndpoint = host.example:1\nPublicKey = " KEY_C "\n"
		"PresharedKeyFile = a b # c\n";
	struct said *s = test_malloc(sizeof(*s));
	struct key a, b, c3;
	struct prefix prefix;
	struct conf c;
	size_t i;

	(void)state;
	assert_true(key_from_base64(&a, KEY_A, 44));
	assert_true(key_from_base64(&b, KEY_B, 44));
	assert_true(key_from_base64(&c3, KEY_C, 44));
	assert_int_equal(read_text(&c, s, text, sizeof(text) - 1), 0);
	assert_string_equal(s->text, "W f:21:14: AllowedIPs: 10.1.2.3/24 has host bits set; "
				     "taken as 10.1.2.0/24\n");

	assert_string_equal(c.path, "f");
	assert_int_equal(c.set, CONF_PRIVATE_KEY | CONF_LISTEN_PORT | CONF_FWMARK | CONF_MTU |
					CONF_TABLE | CONF_SAVE);
	assert_true(key_equal(&c.private_key, &a));
	assert_int_equal(c.key_place.line, 2);
	assert_int_equal(c.key_place.column, 14);
	assert_int_equal(c.listen_port, 51820);
	assert_int_equal(c.fwmark, 0xca6c);
	assert_int_equal(c.mtu, 1280);
	assert_int_equal(c.table_kind, TABLE_NUMBER);
	assert_int_equal(c.table, 254);

	static const char *const address[] = { "10.0.0.1/24", "fd00::1/128", "10.0.0.2/8",
					       "10.0.0.3/32" };
	assert_int_equal(c.n_address, LEN(address));
	for (i = 0; i < LEN(address); i++) {
		assert_true(prefix_parse(&prefix, address[i], strlen(address[i])));
		assert_true(prefix_equal(&prefix, &c.address[i]));
	}
	assert_int_equal(c.n_dns, 3);
	assert_int_equal(c.dns[0].server.family, AF_INET);
	assert_null(c.dns[0].search);
	assert_int_equal(c.dns[1].server.family, 0);
	assert_string_equal(c.dns[1].search, "example.net");
	assert_int_equal(c.dns[2].server.family, AF_INET6);

	assert_int_equal(c.n_hook[HOOK_PRE_UP], 1);
	assert_string_equal(c.hook[HOOK_PRE_UP][0], "one # two");
	assert_int_equal(c.n_hook[HOOK_POST_UP], 2);
	assert_string_equal(c.hook[HOOK_POST_UP][0], "echo \"a b\"");
	assert_string_equal(c.hook[HOOK_POST_UP][1], "c=d");
	assert_string_equal(c.hook[HOOK_PRE_DOWN][0], "x");
	assert_string_equal(c.hook[HOOK_POST_DOWN][0], "%i;");

	assert_int_equal(c.n_peer, 2);
	/* - and + change what is there; the second [Peer] lists all. */
	assert_int_equal(c.peer[0].set, CONF_PEER_PUBLIC_KEY | CONF_PEER_PSK | CONF_PEER_ENDPOINT |
						CONF_PEER_KEEPALIVE);
	assert_true(c.peer[1].set & CONF_PEER_REPLACE_ALLOWED);
	assert_true(key_equal(&c.peer[0].public_key, &b));
	assert_true(key_equal(&c.peer[0].psk, &c3));
	assert_int_equal(endpoint_port(&c.peer[0].endpoint), 5);
	assert_null(c.peer[0].host);
	assert_int_equal(c.peer[0].keepalive, 25);
	assert_int_equal(c.peer[0].n_allowed, 4);
	assert_true(prefix_parse(&prefix, "10.1.2.3/24", 11));
	assert_true(prefix_equal(&prefix, &c.peer[0].allowed[0].prefix)); /* not masked */
	assert_int_equal(c.peer[0].allowed[1].prefix.bits, 0);
	assert_int_equal(c.peer[0].allowed[1].place.line, 21);
	assert_int_equal(c.peer[0].allowed[1].place.column, 27);
	assert_true(c.peer[0].allowed[2].remove);
	assert_false(c.peer[0].allowed[3].remove);
	assert_int_equal(c.peer[0].allowed[3].prefix.bits, 128);

	assert_string_equal(c.peer[1].host, "host.example");
	assert_int_equal(c.peer[1].port, 1);
	assert_false(endpoint_known(&c.peer[1].endpoint));
	assert_string_equal(c.peer[1].psk_file, "a b");
	assert_int_equal(c.peer[1].place.line, 24);
	conf_fini(&c);
	test_free(s);
}

static void test_a_later_endpoint_replaces_an_earlier(void **state)
{
	static const char to_name[] = P "Endpoint=192.0.2.1:1\nEndpoint=b:2\n";
	static const char to_number[] = P "Endpoint=a:1\nEndpoint=b:2\nEndpoint=192.0.2.1:3\n";
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;

	(void)state;
	assert_int_equal(read_text(&c, s, to_name, sizeof(to_name) - 1), 0);
	assert_false(endpoint_known(&c.peer[0].endpoint));
	assert_string_equal(c.peer[0].host, "b");
	conf_fini(&c);
	assert_int_equal(read_text(&c, s, to_number, sizeof(to_number) - 1), 0);
	assert_int_equal(endpoint_port(&c.peer[0].endpoint), 3);
	assert_null(c.peer[0].host);
	conf_fini(&c);
	test_free(s);
}

static void test_marks_and_tables_have_their_words(void **state)
{
	static const struct {
		const char *text;
		uint32_t mark;
		enum conf_table_kind kind;
		uint32_t table;
	} fact[] = {
		{ I "FwMark=OFF\nTable=off\n", 0, TABLE_OFF, 0 },
		{ I "FwMark=010\nTable=Auto\n", 10, TABLE_AUTO, 0 },
		{ I "FwMark=0xffffffff\nTable=51820\n", 0xffffffff, TABLE_NUMBER, 51820 },
		{ I "FwMark=4294967295\nTable=0x64\n", 0xffffffff, TABLE_NUMBER, 100 },
		{ I "FwMark=0\nTable=Default\n", 0, TABLE_NUMBER, 253 },
		{ I "FwMark=0\nTable=local\n", 0, TABLE_NUMBER, 255 },
	};
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(fact); i++) {
		assert_int_equal(read_text(&c, s, fact[i].text, strlen(fact[i].text)), 0);
		assert_string_equal(s->text, "");
		assert_int_equal(c.set, CONF_FWMARK | CONF_TABLE);
		assert_int_equal(c.fwmark, fact[i].mark);
		assert_int_equal(c.table_kind, fact[i].kind);
		assert_int_equal(c.table, fact[i].table);
		conf_fini(&c);
	}
	test_free(s);
}

static void test_an_aead_is_given_by_name_in_any_case(void **state)
{
	static const struct {
		const char *text, *name;
	} fact[] = {
		{ I "Aead=auto\n", "auto" },
		{ I "AEAD = Sodium\n", "sodium" },
		{ I "aead=OpenSSL # x\n", "openssl" },
		{ I "Aead=ipsec-mb\n", "ipsec-mb" },
		{ I "Aead=IPSEC-MB\nAead=openssl\n", "openssl" },
	};
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(fact); i++) {
		assert_int_equal(read_text(&c, s, fact[i].text, strlen(fact[i].text)), 0);
		assert_int_equal(c.set, CONF_AEAD);
		assert_string_equal(c.aead, fact[i].name);
		assert_ptr_equal(c.aead, aeadname_find(text_from_str(fact[i].name)));
		conf_fini(&c);
	}
	assert_int_equal(read_text(&c, s, I "Aead=best\n", sizeof(I "Aead=best\n") - 1), -EINVAL);
	assert_int_equal(c.set, 0);
	assert_null(c.aead);
	conf_fini(&c);
	assert_null(aeadname_find(text_from("", 0)));
	assert_null(aeadname_find(text_from("sodiu", 5)));
	assert_null(aeadname_find(text_from("sodium2", 7)));
	assert_non_null(aeadname_find(text_from("sodium2", 6)));
	test_free(s);
}

static void test_a_line_may_have_64_kib_and_no_more(void **state)
{
	enum { HEAD = 12, MOST = 64 << 10 };
	char *text = test_malloc(MOST + 1 + HEAD);
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;

	(void)state;
	memcpy(text, "[Interface]\n", HEAD);
	memset(text + HEAD, 'x', MOST + 1);
	memcpy(text + HEAD, "PostUp=", 7);
	assert_int_equal(read_text(&c, s, text, HEAD + MOST), 0);
	assert_int_equal(strlen(c.hook[HOOK_POST_UP][0]), MOST - 7);
	conf_fini(&c);
	assert_int_equal(read_text(&c, s, text, HEAD + MOST + 1), -EINVAL);
	assert_string_equal(s->text, "E f:2:1: line of 65537 bytes, the limit is 65536; split "
				     "it into several lines\n");
	conf_fini(&c);
	test_free(text);
	test_free(s);
}

static void test_zero_bytes_are_not_text(void **state)
{
	static const char wide[] = "[\0I\0n\0\n\0x\0";
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;

	(void)state;
	assert_int_equal(read_text(&c, s, wide, sizeof(wide)), -EINVAL);
	assert_string_equal(s->text, "E f:1:1: not plain text, perhaps UTF-16; "
				     "save the file as UTF-8\n");
	conf_fini(&c);
	test_free(s);
}

static void test_no_secret_is_told(void **state)
{
	static const char *const secret = "aaaaaaaaaaaaaaaaaaaa"; /* any 20 in a row */
	static const char *const text[] = {
		KEY_A "\n",
		"PrivateKey=" KEY_A "\n",
		I KEY_A "\n",
		I "PrivateKey " KEY_A "\n",
		I "PrivateKey=" KEY_A "a\n",
		I "PrivateKey==" KEY_A "\n",
		P "PresharedKey=#" KEY_A "\n",
		I "PresharedKey=" KEY_A "\n",
		I "PrivatKey=" KEY_A "\n",
		P "PrivateKey=" KEY_A "\n",
		"[Foo]\nPrivateKey=" KEY_A "\n",
	};
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(text); i++) {
		assert_int_equal(read_text(&c, s, text[i], strlen(text[i])), -EINVAL);
		assert_null(strstr(s->text, secret));
		conf_fini(&c);
	}
	test_free(s);
}

static void test_a_parse_survives_each_lack_of_memory(void **state)
{
	static const char text[] = I "PrivateKey=" KEY_A "\nPrivateKeyFile=x\nAddress=::1,::2,::3\n"
				     "DNS=a,b,c,1.1.1.1\nPostUp=a\nPostUp=b\nPostUp=c\n" P
				     "PresharedKeyFile=y\nEndpoint=h:1\nAllowedIPs=::1,::2,::3,::4,"
				     "::5\n[Peer]\nPublicKey=" KEY_A "\n[Peer]\nPublicKey=" KEY_C
				     "\n" P P P;
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;
	long k;
	int err;

	(void)state;
	for (k = 0;; k++) {
		mem_fail_after(k);
		err = read_text(&c, s, text, sizeof(text) - 1);
		mem_fail_after(-1);
		conf_fini(&c);
		if (err != -ENOMEM)
			break;
		assert_string_equal(s->text, "E f: out of memory\n");
	}
	assert_int_equal(err, 0);
	assert_string_equal(s->text, "");
	assert_true(k > 20);
	test_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_mistake_is_told_where_it_stands),
		cmocka_unit_test(test_every_key_reaches_its_field),
		cmocka_unit_test(test_a_later_endpoint_replaces_an_earlier),
		cmocka_unit_test(test_marks_and_tables_have_their_words),
		cmocka_unit_test(test_an_aead_is_given_by_name_in_any_case),
		cmocka_unit_test(test_a_line_may_have_64_kib_and_no_more),
		cmocka_unit_test(test_zero_bytes_are_not_text),
		cmocka_unit_test(test_no_secret_is_told),
		cmocka_unit_test(test_a_parse_survives_each_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

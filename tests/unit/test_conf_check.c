/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "said.h"

#define KEY_0 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA="
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbA="
#define KEY_C "ccccccccccccccccccccccccccccccccccccccccccA="
#define OURS  "oooooooooooooooooooooooooooooooooooooooooo0=" /* our public key */
#define PUT_0 "put/your/own/private/key/here/////////////0="
#define PUT_C "oOt/your/own/private/key/here/////////////0=" /* clamped */
#define PUT_1 "put/the/public/key/of/the/peer/here///////0="
#define PUT_2 "put/the/output/of/taut/genpsk/here////////0="
#define I     "[Interface]\nPrivateKey=" KEY_A "\n"
#define B     "[Peer]\nPublicKey=" KEY_B "\n"
#define C     "[Peer]\nPublicKey=" KEY_C "\n"

#define PASTE  "(at the other end: taut pubkey)\n"
#define KNOWN  " is the placeholder from the examples, which everyone knows; "
#define GENKEY "make one with taut genkey\n"
#define GENPSK "make one for both ends with taut genpsk, or remove it\n"
#define LOOP                                                                       \
	" contains this peer's Endpoint, so the tunnel's own packets would loop; " \
	"set FwMark and a rule for it, or leave that address out\n"
#define HALVES                                                                          \
	" contain every address that a name in Endpoint may have, so the tunnel's own " \
	"packets would loop; write "
#define PSK_IS(whose)                                                     \
	"W f:5:14: the preshared key is " whose " and protects nothing; " \
	"make one for both ends with taut genpsk\n"

/* Errors and warnings about well-formed files. */
static const struct {
	const char *text, *said;
} told[] = {
	{ I, "" },
	{ I B C, "" },

	/* our key */
	{ "", "E f: no [Interface] section; add one with a line PrivateKey = KEY "
	      "(taut genkey makes one) or PrivateKeyFile = PATH\n" },
	{ "[Interface]\nMTU=1280\n", "E f: no PrivateKey in [Interface]; add PrivateKey = KEY "
				     "(taut genkey makes one) or PrivateKeyFile = PATH\n" },
	{ "[Interface]\nPostUp=true\n", "E f: no PrivateKey in [Interface]; add PrivateKey = KEY "
					"(taut genkey makes one) or PrivateKeyFile = PATH\n" },
	{ "[Interface]\nPrivateKeyFile=x\n", "" },
	{ I "PrivateKeyFile=x\n",
	  "E f:3:16: both PrivateKey and PrivateKeyFile; keep one of them\n" },
	{ "[Interface]\nPrivateKey=" KEY_0 "\n",
	  "E f:2:12: the private key is all zeros; make one with taut genkey\n" },

	/* the peers' */
	{ I "[Peer]\n PublicKey = " OURS "\n",
	  "E f:4:14: you pasted your own public key; put the peer's here " PASTE },
	{ I "[Peer]\nPublicKey=" KEY_A "\n",
	  "E f:4:11: you pasted your own private key; put the peer's public key here " PASTE },
	{ I "[Peer]\nPublicKey=" KEY_0 "\n",
	  "E f:4:11: the public key is all zeros; put the peer's here " PASTE },

	/* what stands in the examples */
	{ "[Interface]\nPrivateKey=" PUT_0 "\n", "E f:2:12: the private key" KNOWN GENKEY },
	{ "[Interface]\nPrivateKey=" PUT_C "\n", "E f:2:12: the private key" KNOWN GENKEY },
	{ I "[Peer]\nPublicKey=" PUT_1 "\n",
	  "E f:4:11: the public key is the placeholder from the examples; put the peer's "
	  "here " PASTE },
	{ I B "PresharedKey=" PUT_2 "\n", "E f:5:14: the preshared key" KNOWN GENPSK },

	/* preshared keys */
	{ I B "PresharedKey=" KEY_C "\n", "" },
	{ I B "PresharedKey=" KEY_0 "\n", "" },
	{ I B "PresharedKey=" KEY_A "\n", PSK_IS("your private key") },
	{ I B "PresharedKey=" KEY_B "\n", PSK_IS("the peer's public key") },
	{ I B "PresharedKey=" OURS "\n", PSK_IS("your public key") },
	{ I B "PresharedKey=" KEY_C "\nPresharedKeyFile=x\n",
	  "E f:6:18: both PresharedKey and PresharedKeyFile; keep one of them\n" },

	/* networks of two peers */
	{ I B "AllowedIPs=10.0.0.0/8,10.0.0.0/8\n" C "AllowedIPs=10.0.0.0/9,10.0.0.0/7\n", "" },
	{ I B "AllowedIPs=10.0.0.0/8\n" C "AllowedIPs=-10.0.0.0/8\n", "" },
	{ I B "AllowedIPs=0.0.0.0/0\n" C "AllowedIPs=::/0\n", "" },
	{ I B "AllowedIPs=10.0.0.0/8\n" C "AllowedIPs=::1, 10.0.0.0/8\n",
	  "E f:8:17: 10.0.0.0/8 also belongs to the peer in line 3; a network can have only "
	  "one peer, remove it here or there (line 5, column 12)\n" },
	{ I B "AllowedIPs=0.0.0.0/0,::/0\n" C "AllowedIPs=::/0,0.0.0.0/0\n",
	  "E f:8:12: ::/0 also belongs to the peer in line 3; only one peer can have "
	  "all, remove it here or there (line 5, column 22)\n"
	  "E f:8:17: 0.0.0.0/0 also belongs to the peer in line 3; only one peer can "
	  "have all, remove it here or there (line 5, column 12)\n" },

	/* our address as an endpoint */
	{ I "Address=192.0.2.1/24\n" B "Endpoint=192.0.2.1:1\n",
	  "W f:6:10: 192.0.2.1 is also our Address inside the tunnel; Endpoint needs the "
	  "peer's address outside it\n" },
	{ I "Address=192.0.2.1/24\n" B "Endpoint=192.0.2.2:1\n", "" },

	/* an MTU that is too small for IPv6 */
	{ I "MTU=1279\nAddress=10.0.0.1/24\n" B "AllowedIPs=0.0.0.0/0\n", "" },
	{ I "MTU=1280\nAddress=fd00::1/64\n" B "AllowedIPs=::/0\n", "" },
	{ I "MTU=1279\nAddress=10.0.0.1/24, fd00::1/64\n" B "AllowedIPs=10.0.0.0/24\n",
	  "W f:3:5: below 1280 the kernel allows no IPv6 address on an interface: fd00::1/64 "
	  "is left out; set MTU = 1280 or more, or remove it\n" },
	{ I "MTU=68\nTable=off\nAddress=fd00::1\n" B "AllowedIPs=::/0\n",
	  "W f:3:5: below 1280 the kernel allows no IPv6 address on an interface: fd00::1/128 "
	  "is left out; set MTU = 1280 or more, or remove it\n" },
	{ I "MTU=1279\nAddress=10.0.0.1/24, fd00::1/64\n" B "AllowedIPs=10.0.0.0/24,fd00::2\n",
	  "E f:3:5: below 1280 the kernel routes no IPv6 to an interface, and AllowedIPs has "
	  "fd00::2/128; set MTU = 1280 or more, or leave IPv6 out\n" },

	/* loops */
	{ I B "Endpoint=192.0.2.1:1\nAllowedIPs=0.0.0.0/0,::/0\n", "" },
	{ I B "Endpoint=192.0.2.1:1\nAllowedIPs=::/0,192.0.3.0/24\n", "" },
	{ I B "Endpoint=192.0.2.1:1\nAllowedIPs=192.0.2.0/24\n", "W f:6:12: 192.0.2.0/24" LOOP },
	{ I B "Endpoint=192.0.2.1:1\nAllowedIPs=0.0.0.0/1,::/0,128.0.0.0/1\n",
	  "W f:6:27: 128.0.0.0/1" LOOP },
	{ I B "Endpoint=[fd00::1]:1\nAllowedIPs=fd00::/8\n", "W f:6:12: fd00::/8" LOOP },
	{ I B "Endpoint=a.example:1\nAllowedIPs=0.0.0.0/1,::/0,128.0.0.0/1\n",
	  "W f:6:27: the two halves of IPv4" HALVES "0.0.0.0/0 instead\n" },
	{ I B "Endpoint=a.example:1\nAllowedIPs=8000::/1,::/1\n",
	  "W f:6:12: the two halves of IPv6" HALVES "::/0 instead\n" },
	{ I B "AllowedIPs=128.0.0.0/1\n" C "Endpoint=a.example:1\nAllowedIPs=0.0.0.0/1\n",
	  "W f:5:12: the two halves of IPv4" HALVES "0.0.0.0/0 instead\n" },
	{ I B "AllowedIPs=128.0.0.0/1\n" C "AllowedIPs=0.0.0.0/1\n", "" },
	{ I B "Endpoint=a.example:1\nAllowedIPs=0.0.0.0/1,8000::/1\n", "" },
	{ I B "Endpoint=a.example:1\nAllowedIPs=0.0.0.0/0,::/0\n", "" },
	{ I "FwMark=1\n" B "Endpoint=a.example:1\nAllowedIPs=0.0.0.0/1,128.0.0.0/1\n", "" },
	{ I "Table=7\n" B "Endpoint=a.example:1\nAllowedIPs=0.0.0.0/1,128.0.0.0/1\n", "" },
	{ I "Table=off\n" B "Endpoint=a.example:1\nAllowedIPs=0.0.0.0/1,128.0.0.0/1\n", "" },
	{ I B "Endpoint=[::ffff:192.0.2.1]:1\nAllowedIPs=192.0.2.1\n",
	  "W f:6:12: 192.0.2.1/32" LOOP },
	{ I "FwMark=1\n" B "Endpoint=192.0.2.1:1\nAllowedIPs=192.0.2.0/24\n", "" },
	{ I "FwMark=off\n" B "Endpoint=192.0.2.1:1\nAllowedIPs=192.0.2.0/24\n",
	  "W f:7:12: 192.0.2.0/24" LOOP },
	{ I "Table=off\n" B "Endpoint=192.0.2.1:1\nAllowedIPs=0.0.0.0/0\n",
	  "W f:7:12: 0.0.0.0/0" LOOP },
	{ I "Table=100\n" B "Endpoint=192.0.2.1:1\nAllowedIPs=0.0.0.0/0\n",
	  "W f:7:12: 0.0.0.0/0" LOOP },
	{ I "Table=off\nFwMark=1\n" B "Endpoint=192.0.2.1:1\nAllowedIPs=0.0.0.0/0\n", "" },
	{ I "Table=off\n" B "Endpoint=a.example:1\nAllowedIPs=0.0.0.0/0\n", "" },

	/* all at once */
	{ "[Interface]\nMTU=1280\n[Peer]\nPublicKey=" OURS "\nAllowedIPs=::/0\n" B
	  "AllowedIPs=::/0\n",
	  "E f: no PrivateKey in [Interface]; add PrivateKey = KEY "
	  "(taut genkey makes one) or PrivateKeyFile = PATH\n"
	  "E f:4:11: you pasted your own public key; put the peer's here " PASTE
	  "E f:8:12: ::/0 also belongs to the peer in line 3; only one peer can have all, "
	  "remove it here or there (line 5, column 12)\n" },
};

static void test_what_cannot_hold_is_told_where_it_stands(void **state)
{
	struct said *s = test_malloc(sizeof(*s));
	struct key ours;
	struct conf c;
	size_t i;
	int err;

	(void)state;
	assert_true(key_from_base64(&ours, OURS, KEY_BASE64_LEN));
	for (i = 0; i < LEN(told); i++) {
		conf_init(&c);
		said_init(s);
		/* The reader has its own test; look at what comes after it. */
		assert_int_equal(
			conf_read_text(&c, "f", told[i].text, strlen(told[i].text), &s->report), 0);
		assert_string_equal(s->text, "");
		err = conf_check(&c, &ours, &s->report);
		assert_string_equal(s->text, told[i].said);
		assert_int_equal(err, s->report.errors ? -EINVAL : 0);
		conf_fini(&c);
	}
	test_free(s);
}

static void test_own_key_is_only_known_when_given(void **state)
{
	static const char text[] = I "[Peer]\nPublicKey=" OURS "\nPresharedKey=" OURS "\n";
	struct said *s = test_malloc(sizeof(*s));
	struct key other;
	struct conf c;
	size_t i;

	(void)state;
	conf_init(&c);
	said_init(s);
	assert_int_equal(conf_read_text(&c, "f", text, sizeof(text) - 1, &s->report), 0);
	assert_int_equal(conf_check(&c, NULL, &s->report), 0);
	/* One wrong bit anywhere is another key. */
	for (i = 0; i < 8 * KEY_LEN; i++) {
		said_init(s);
		other = c.peer[0].public_key;
		other.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(conf_check(&c, &other, &s->report), 0);
	}
	assert_int_equal(conf_check(&c, &c.peer[0].public_key, &s->report), -EINVAL);
	conf_fini(&c);
	test_free(s);
}

/* Without a file, as from a control request or argv, nothing is said about places. */
static void test_a_conf_without_a_file_is_checked_too(void **state)
{
	struct said *s = test_malloc(sizeof(*s));
	struct conf_peer *peer;
	struct conf c;
	int i;

	(void)state;
	conf_init(&c);
	said_init(s);
	memset(&c.private_key, 7, sizeof(c.private_key));
	c.set = CONF_PRIVATE_KEY;
	for (i = 0; i < 2; i++) {
		peer = conf_add_peer(&c);
		assert_non_null(peer);
		memset(&peer->public_key, 9, sizeof(peer->public_key));
		peer->set = CONF_PEER_PUBLIC_KEY;
	}
	conf_add_peer(&c);
	assert_int_equal(conf_check(&c, NULL, &s->report), -EINVAL);
	assert_string_equal(s->text,
			    "E [Peer] without PublicKey; add it\n"
			    "E this PublicKey is given twice; merge both into one [Peer]\n");
	conf_fini(&c);
	test_free(s);
}

static void test_a_request_must_not_bring_a_placeholder(void **state)
{
	struct said *s = test_malloc(sizeof(*s));
	struct conf_peer *peer;
	struct conf c;

	(void)state;
	conf_init(&c);
	said_init(s);
	peer = conf_add_peer(&c);
	assert_non_null(peer);
	assert_true(key_from_base64(&c.private_key, KEY_A, KEY_BASE64_LEN));
	assert_true(key_from_base64(&peer->public_key, KEY_B, KEY_BASE64_LEN));
	/* All else is for conf_check(). */
	assert_int_equal(conf_check_placeholders(&c, &s->report), 0);
	assert_true(key_from_base64(&c.private_key, PUT_0, KEY_BASE64_LEN));
	assert_true(key_from_base64(&peer->public_key, PUT_1, KEY_BASE64_LEN));
	assert_true(key_from_base64(&peer->psk, PUT_2, KEY_BASE64_LEN));
	assert_int_equal(conf_check_placeholders(&c, &s->report), -EINVAL);
	assert_string_equal(s->text,
			    "E the private key" KNOWN GENKEY
			    "E the public key is the placeholder from the examples; "
			    "put the peer's here " PASTE "E the preshared key" KNOWN GENPSK);
	/* One that got in before is to be got out again. */
	said_init(s);
	peer->set = CONF_PEER_REMOVE;
	memset(&c.private_key, 0, sizeof(c.private_key));
	assert_int_equal(conf_check_placeholders(&c, &s->report), 0);
	assert_string_equal(s->text, "");
	conf_fini(&c);
	test_free(s);
}

static void test_a_check_survives_each_lack_of_memory(void **state)
{
	static const char text[] = I B "AllowedIPs=::/0,::1\n" C "AllowedIPs=::/0,::2\n";
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;
	long k;

	(void)state;
	conf_init(&c);
	said_init(s);
	assert_int_equal(conf_read_text(&c, "f", text, sizeof(text) - 1, &s->report), 0);
	for (k = 0;; k++) {
		said_init(s);
		mem_fail_after(k);
		assert_int_equal(conf_check(&c, NULL, &s->report), -EINVAL);
		mem_fail_after(-1);
		if (strcmp(s->text, "E f: out of memory\n") != 0)
			break;
	}
	assert_int_equal(k, 4);
	assert_int_equal(s->report.errors, 1);
	conf_fini(&c);
	test_free(s);
}

/* 20,000 peers of 5 networks each: quadratic work would take minutes. */
static void test_many_peers_are_compared_in_no_time(void **state)
{
	enum { PEERS = 20000, EACH = 5 };
	struct said *s = test_malloc(sizeof(*s));
	struct prefix prefix = { .ip.family = AF_INET, .bits = 32 };
	struct conf_peer *peer;
	struct conf c;
	uint32_t i, j;

	(void)state;
	conf_init(&c);
	said_init(s);
	memset(&c.private_key, 7, sizeof(c.private_key));
	c.set = CONF_PRIVATE_KEY;
	for (i = 0; i < PEERS; i++) {
		peer = conf_add_peer(&c);
		assert_non_null(peer);
		store_be32(peer->public_key.bytes, i * 2654435761u);
		peer->public_key.bytes[31] = 1;
		peer->set = CONF_PEER_PUBLIC_KEY;
		peer->place.line = i + 1;
		for (j = 0; j < EACH; j++) {
			store_be32(prefix.ip.bytes, (i * EACH + j) * 2654435761u);
			assert_true(conf_peer_allow(peer, &prefix, false));
		}
	}
	assert_int_equal(conf_check(&c, NULL, &s->report), 0);
	assert_string_equal(s->text, "");
	c.peer[PEERS - 1].allowed[EACH - 1].prefix = c.peer[0].allowed[0].prefix;
	assert_int_equal(conf_check(&c, NULL, &s->report), -EINVAL);
	assert_int_equal(s->report.errors, 1);
	conf_fini(&c);
	test_free(s);
}

static void test_names_follow_the_rule_of_wg_quick(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} fact[] = {
		{ "wg0", true },
		{ "a", true },
		{ "aA0_=+.-", true },
		{ "fifteen-letters", true },
		{ "sixteen--letters", false },
		{ "", false },
		{ ".", false },
		{ "..", false },
		{ "...", true },
		{ ".a", true },
		{ "a b", false },
		{ "a/b", false },
		{ "a%i", false },
		{ "\303\274", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < LEN(fact); i++)
		assert_int_equal(conf_name_ok(fact[i].name), fact[i].ok);
}

static void test_a_file_is_found_by_path_or_name(void **state)
{
	char folder[] = "/tmp/taut-find-XXXXXX", arg[128], path[256], tiny[8];
	char name[CONF_NAME_MAX + 1];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(arg, sizeof(arg), "%s/wg7.conf", folder);
	assert_int_equal(conf_find(arg, path, sizeof(path), name), -ENOENT);
	assert_string_equal(path, arg);
	fclose(fopen(arg, "w"));
	assert_int_equal(conf_find(arg, path, sizeof(path), name), 0);
	assert_string_equal(path, arg);
	assert_string_equal(name, "wg7");
	assert_int_equal(conf_find(arg, tiny, sizeof(tiny), name), -EINVAL);
	remove(arg);
	rmdir(folder);

	assert_int_equal(conf_find("no-such-tunnel", path, sizeof(path), name), -ENOENT);
	assert_string_equal(path, "/etc/taut/no-such-tunnel.conf");
	assert_string_equal(name, "no-such-tunnel");
	assert_int_equal(conf_find("wg 0", path, sizeof(path), name), -EINVAL);
	assert_int_equal(conf_find("", path, sizeof(path), name), -EINVAL);
	assert_int_equal(conf_find("/", path, sizeof(path), name), -EINVAL);
	assert_int_equal(conf_find("/etc/.conf", path, sizeof(path), name), -ENOENT);
	assert_int_equal(conf_find("./a-name-of-many-letters.conf", path, sizeof(path), name),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_cannot_hold_is_told_where_it_stands),
		cmocka_unit_test(test_own_key_is_only_known_when_given),
		cmocka_unit_test(test_a_conf_without_a_file_is_checked_too),
		cmocka_unit_test(test_a_request_must_not_bring_a_placeholder),
		cmocka_unit_test(test_a_check_survives_each_lack_of_memory),
		cmocka_unit_test(test_many_peers_are_compared_in_no_time),
		cmocka_unit_test(test_names_follow_the_rule_of_wg_quick),
		cmocka_unit_test(test_a_file_is_found_by_path_or_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

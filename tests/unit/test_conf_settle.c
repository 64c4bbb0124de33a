/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "said.h"

#define KEY_0 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA="
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbA="
#define KEY_C "ccccccccccccccccccccccccccccccccccccccccccA="
#define KEY_D "ddddddddddddddddddddddddddddddddddddddddddA="
#define OURS  "oooooooooooooooooooooooooooooooooooooooooo0=" /* our public key */
#define I     "[Interface]\nPrivateKey=" KEY_A "\n"
#define B     "[Peer]\nPublicKey=" KEY_B "\n"
#define C     "[Peer]\nPublicKey=" KEY_C "\n"

#define AGAIN                                                                           \
	"; as with wg, this [Peer] changes that one, and its AllowedIPs replace those " \
	"there; merge both\n"
#define LAST "; as with wg, the last one gets it, and this one does not; remove it here or there "

static struct said said;
static struct conf conf;

/* Read, settle and check; the result of the check. */
static int settle(const char *text)
{
	struct key ours;

	assert_true(key_from_base64(&ours, OURS, KEY_BASE64_LEN));
	conf_fini(&conf);
	conf_init(&conf);
	said_init(&said);
	assert_int_equal(conf_read_text(&conf, "f", text, strlen(text), &said.report), 0);
	assert_string_equal(said.text, "");
	assert_int_equal(conf_settle(&conf, &ours, &said.report), 0);
	return conf_check(&conf, &ours, &said.report);
}

/* The networks of a peer, in order. */
static const char *networks(size_t number)
{
	static char text[512];
	const struct conf_peer *p = &conf.peer[number];
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < p->n_allowed; i++) {
		char one[PREFIX_TEXT];

		assert_false(p->allowed[i].remove);
		prefix_print(one, &p->allowed[i].prefix);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "", one);
	}
	return text;
}

static bool is_key(const struct key *key, const char *text)
{
	struct key other;

	assert_true(key_from_base64(&other, text, KEY_BASE64_LEN));
	return key_equal(key, &other);
}

static void test_nothing_odd_is_left_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(
		settle(I B "AllowedIPs=10.0.0.0/8, 10.0.0.0/8\n" C "AllowedIPs=10.0.0.0/9\n"), 0);
	assert_string_equal(said.text, "");
	assert_int_equal(conf.n_peer, 2);
	assert_string_equal(networks(0), "10.0.0.0/8 10.0.0.0/8");
	assert_string_equal(networks(1), "10.0.0.0/9");
}

static void test_of_one_key_in_two_peers_the_last_wins_per_field(void **state)
{
	const struct conf_peer *p;

	(void)state;
	assert_int_equal(settle(I B "Endpoint=192.0.2.1:1\nPersistentKeepalive=5\n"
				    "PresharedKey=" KEY_D "\nAllowedIPs=10.0.0.0/8\nName=one\n" C
				    "AllowedIPs=10.1.0.0/16\n" B
				    "PersistentKeepalive=7\nAllowedIPs=10.2.0.0/16\n"),
			 0);
	assert_string_equal(said.text, "W f:14:11: this PublicKey is already in line 4" AGAIN);
	assert_int_equal(conf.n_peer, 2);
	p = &conf.peer[0];
	assert_true(is_key(&p->public_key, KEY_B));
	assert_true(is_key(&conf.peer[1].public_key, KEY_C));
	assert_int_equal(p->keepalive, 7);
	assert_true(is_key(&p->psk, KEY_D));
	assert_true(endpoint_known(&p->endpoint));
	assert_string_equal(p->name, "one");
	assert_string_equal(networks(0), "10.2.0.0/16");
	assert_string_equal(networks(1), "10.1.0.0/16");
}

static void test_a_later_peer_replaces_endpoint_and_preshared_key(void **state)
{
	const struct conf_peer *p;

	(void)state;
	assert_int_equal(settle(I B "Endpoint=192.0.2.1:1\nPresharedKey=" KEY_D "\n" B
				    "Endpoint=a.example:2\nPresharedKey=" KEY_0 "\nName=two\n"),
			 0);
	p = &conf.peer[0];
	assert_int_equal(conf.n_peer, 1);
	assert_string_equal(p->host, "a.example");
	assert_int_equal(p->port, 2);
	assert_false(endpoint_known(&p->endpoint));
	assert_true(key_is_zero(&p->psk));
	assert_string_equal(p->name, "two");
	/* And back again. */
	assert_int_equal(settle(I B "Endpoint=a.example:2\n" B "Endpoint=192.0.2.1:1\n" B), 0);
	assert_int_equal(conf.n_peer, 1);
	assert_null(conf.peer[0].host);
	assert_true(endpoint_known(&conf.peer[0].endpoint));
	assert_int_equal(said.report.warnings, 2);
}

/* The later [Peer] lists none: as with wg, there are none then. */
static void test_a_later_peer_without_networks_leaves_none(void **state)
{
	(void)state;
	assert_int_equal(settle(I B "AllowedIPs=10.0.0.0/8\n" B), 0);
	assert_string_equal(networks(0), "");
	/* Unless it only changes some. */
	assert_int_equal(settle(I B "AllowedIPs=10.0.0.0/8, 10.1.0.0/16\n" B
				    "AllowedIPs=+10.2.0.0/16, -10.0.0.0/8\n"),
			 0);
	assert_string_equal(networks(0), "10.1.0.0/16 10.2.0.0/16");
}

static void test_a_network_of_several_peers_belongs_to_the_last(void **state)
{
	(void)state;
	assert_int_equal(settle(I B "AllowedIPs=10.0.0.0/8\n" C "AllowedIPs=::1, 10.0.0.0/8\n"), 0);
	assert_string_equal(said.text,
			    "W f:5:12: 10.0.0.0/8 also belongs to the peer in line 6" LAST
			    "(line 8, column 17)\n");
	assert_string_equal(networks(0), "");
	assert_string_equal(networks(1), "::1/128 10.0.0.0/8");
	/* Each loser is told, each of its entries goes. */
	assert_int_equal(settle(I B "AllowedIPs=10.0.0.0/8,10.0.0.0/8,::/0\n" C
				    "AllowedIPs=10.0.0.0/8\n[Peer]\nPublicKey=" KEY_D
				    "\nAllowedIPs=10.0.0.0/8\n"),
			 0);
	assert_int_equal(said.report.warnings, 3);
	assert_string_equal(networks(0), "::/0");
	assert_string_equal(networks(1), "");
	assert_string_equal(networks(2), "10.0.0.0/8");
}

static void test_a_minus_takes_back_what_stands_before_it(void **state)
{
	(void)state;
	assert_int_equal(settle(I B "AllowedIPs=10.0.0.0/8, 10.1.0.0/16, -10.0.0.0/8\n"), 0);
	assert_string_equal(networks(0), "10.1.0.0/16");
	assert_int_equal(settle(I B "AllowedIPs=-10.0.0.0/8, 10.0.0.0/8\n"), 0);
	assert_string_equal(networks(0), "10.0.0.0/8");
	assert_int_equal(settle(I B "AllowedIPs=10.0.0.0/8\n" C "AllowedIPs=-10.0.0.0/8\n"), 0);
	assert_string_equal(networks(0), "10.0.0.0/8");
	assert_string_equal(networks(1), "");
	assert_string_equal(said.text, "");
}

static void test_our_own_key_is_no_peer(void **state)
{
	(void)state;
	assert_int_equal(settle(I "[Peer]\nPublicKey=" OURS "\nAllowedIPs=10.0.0.0/8\n" B
				  "AllowedIPs=10.0.0.0/9\n"),
			 0);
	assert_string_equal(said.text,
			    "W f:4:11: this is your own public key, so this [Peer] is left out; if "
			    "you pasted it by mistake, put the peer's here (at the other end: taut "
			    "pubkey)\n");
	assert_true(conf.peer[0].set & CONF_PEER_SELF);
	assert_string_equal(networks(0), "");
	assert_string_equal(networks(1), "10.0.0.0/9");
	/* Nothing of it may count, such as the way to its Endpoint for the MTU. */
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(settle(i ? I "[Peer]\nPublicKey=" OURS "\nEndpoint=a.example:1\n"
					  : I "Address=192.0.2.1/24\n[Peer]\nPublicKey=" OURS
					      "\nEndpoint=192.0.2.1:1\nPresharedKey=" OURS
					      "\nPersistentKeepalive=7\n"),
				 0);
		assert_int_equal(said.report.warnings, 1);
		assert_int_equal(conf.peer[0].set, CONF_PEER_PUBLIC_KEY | CONF_PEER_SELF);
		assert_false(endpoint_known(&conf.peer[0].endpoint));
		assert_null(conf.peer[0].host);
		assert_true(key_is_zero(&conf.peer[0].psk));
	}
	/* Its networks are nobody's loss. */
	assert_int_equal(
		settle(I B "AllowedIPs=::/0\n[Peer]\nPublicKey=" OURS "\nAllowedIPs=::/0\n"), 0);
	assert_string_equal(networks(0), "::/0");
	assert_int_equal(said.report.warnings, 1);
}

static void test_one_wrong_bit_is_not_our_own_key(void **state)
{
	static const char text[] = I "[Peer]\nPublicKey=" OURS "\n";
	struct key ours, other;

	(void)state;
	assert_true(key_from_base64(&ours, OURS, KEY_BASE64_LEN));
	conf_fini(&conf);
	conf_init(&conf);
	said_init(&said);
	assert_int_equal(conf_read_text(&conf, "f", text, sizeof(text) - 1, &said.report), 0);
	for (size_t i = 0; i < 8 * KEY_LEN; i++) {
		other = ours;
		other.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(conf_settle(&conf, &other, &said.report), 0);
		assert_false(conf.peer[0].set & CONF_PEER_SELF);
	}
	assert_int_equal(conf_settle(&conf, NULL, &said.report), 0);
	assert_false(conf.peer[0].set & CONF_PEER_SELF);
	assert_string_equal(said.text, "");
	assert_int_equal(conf_settle(&conf, &ours, &said.report), 0);
	assert_true(conf.peer[0].set & CONF_PEER_SELF);
}

static void test_a_hook_may_bring_the_private_key(void **state)
{
	static const char *const good[] = {
		"[Interface]\nPostUp=wg set %i private-key /k\n",
		"[Interface]\nPreUp=x\n" B,
	};
	static const char *const bad[] = {
		"",
		"[Interface]\nMTU=1280\n",
		"[Interface]\nPreDown=x\nPostDown=y\n",
	};

	(void)state;
	for (size_t i = 0; i < LEN(good); i++) {
		assert_int_equal(settle(good[i]), 0);
		assert_string_equal(said.text,
				    "W f: no PrivateKey in [Interface]; the tunnel does not work "
				    "before PreUp or PostUp has set one (wg set %i private-key "
				    "FILE)\n");
		assert_true(conf.set & CONF_AWAIT_KEY);
	}
	for (size_t i = 0; i < LEN(bad); i++) {
		assert_int_equal(settle(bad[i]), -EINVAL);
		assert_int_equal(said.report.errors, 1);
	}
	/* A key is not made up for by a hook if it is wrong. */
	assert_int_equal(settle("[Interface]\nPostUp=x\nPrivateKey=" KEY_0 "\n"), -EINVAL);
	assert_int_equal(settle(I "PostUp=x\n"), 0);
	assert_string_equal(said.text, "");
}

static void test_settling_survives_each_lack_of_memory(void **state)
{
	static const char text[] = I B "AllowedIPs=::/0,::1\n" C "AllowedIPs=::/0,::2\n" B
				       "AllowedIPs=::/0,::1,::3,::4,::5\n";
	int r = -ENOMEM;

	(void)state;
	for (long k = 0; r == -ENOMEM; k++) {
		assert_true(k < 20);
		conf_fini(&conf);
		conf_init(&conf);
		said_init(&said);
		assert_int_equal(conf_read_text(&conf, "f", text, sizeof(text) - 1, &said.report),
				 0);
		mem_fail_after(k);
		r = conf_settle(&conf, NULL, &said.report);
		mem_fail_after(-1);
		assert_true(r == 0 || strstr(said.text, "E f: out of memory\n"));
	}
	assert_int_equal(r, 0);
	assert_int_equal(said.report.errors, 0);
	/* That the first [Peer] was changed last counts. */
	assert_string_equal(networks(0), "::/0 ::1/128 ::3/128 ::4/128 ::5/128");
	assert_string_equal(networks(1), "::2/128");
}

static int tear_down(void **state)
{
	(void)state;
	conf_fini(&conf);
	return 0;
}

int main(void)
{
#define EACH(test) cmocka_unit_test_teardown(test, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(test_nothing_odd_is_left_as_it_is),
		EACH(test_of_one_key_in_two_peers_the_last_wins_per_field),
		EACH(test_a_later_peer_replaces_endpoint_and_preshared_key),
		EACH(test_a_later_peer_without_networks_leaves_none),
		EACH(test_a_network_of_several_peers_belongs_to_the_last),
		EACH(test_a_minus_takes_back_what_stands_before_it),
		EACH(test_our_own_key_is_no_peer),
		EACH(test_one_wrong_bit_is_not_our_own_key),
		EACH(test_a_hook_may_bring_the_private_key),
		EACH(test_settling_survives_each_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "control/uapi.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define KEY_1 "e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a"
#define KEY_2 "b85996fecc9c7f1fc6d2572a76eda11d59bcd20be8e543b15ce4bd85a8e75a33"
#define KEY_3 "188515093e952f5f22e865cef3012e72f8b5f0b598ac0309d5dacce3b70fcf52"

static const char golden[] = "private_key=" KEY_1 "\n"
			     "listen_port=12912\n"
			     "fwmark=51820\n"
			     "public_key=" KEY_2 "\n"
			     "preshared_key=" KEY_3 "\n"
			     "protocol_version=1\n"
			     "endpoint=[abcd:23::33]:51820\n"
			     "last_handshake_time_sec=1763913104\n"
			     "last_handshake_time_nsec=999999999\n"
			     "tx_bytes=18446744073709551615\n"
			     "rx_bytes=2224\n"
			     "persistent_keepalive_interval=111\n"
			     "allowed_ip=192.168.4.0/24\n"
			     "allowed_ip=::/0\n"
			     "public_key=" KEY_3 "\n"
			     "preshared_key=" ZEROS "\n"
			     "protocol_version=1\n"
			     "last_handshake_time_sec=0\n"
			     "last_handshake_time_nsec=0\n"
			     "tx_bytes=0\n"
			     "rx_bytes=0\n"
			     "persistent_keepalive_interval=0\n"
			     "errno=0\n"
			     "\n";

static void set_key(struct key *key, const char *hex)
{
	assert_true(key_from_hex(key, hex, KEY_HEX_LEN));
}

static void allow(struct conf_peer *peer, const char *text, bool remove)
{
	struct prefix prefix;

	assert_true(prefix_parse(&prefix, text, strlen(text)));
	assert_true(conf_peer_allow(peer, &prefix, remove));
}

static void fill(struct conf *c)
{
	static const char endpoint[] = "[abcd:23::33]:51820";
	struct conf_peer *peer;

	conf_init(c);
	set_key(&c->private_key, KEY_1);
	c->listen_port = 12912;
	c->fwmark = 0xca6c;
	peer = conf_add_peer(c);
	assert_non_null(peer);
	set_key(&peer->public_key, KEY_2);
	set_key(&peer->psk, KEY_3);
	peer->set |= CONF_PEER_PSK;
	assert_true(endpoint_parse(&peer->endpoint, endpoint, sizeof(endpoint) - 1));
	peer->handshake_sec = 1763913104;
	peer->handshake_nsec = 999999999;
	peer->tx_bytes = UINT64_MAX;
	peer->rx_bytes = 2224;
	peer->keepalive = 111;
	allow(peer, "192.168.4.5/24", false);
	allow(peer, "192.168.5.0/24", true); /* nothing that exists */
	allow(peer, "::/0", false);
	peer = conf_add_peer(c);
	assert_non_null(peer);
	set_key(&peer->public_key, KEY_3);
	peer->set |= CONF_PEER_PSK;
}

static void test_a_whole_tunnel_prints_in_the_order_of_the_protocol(void **state)
{
	struct print out = { 0 };
	struct conf c;

	(void)state;
	fill(&c);
	uapi_get(&out, &c);
	assert_false(out.failed);
	assert_string_equal(out.chars, golden);
	assert_int_equal(out.len, sizeof(golden) - 1);
	print_fini(&out);
	conf_fini(&c);
}

static void test_what_is_not_set_is_left_out(void **state)
{
	struct print out = { 0 };
	struct conf c;

	(void)state;
	conf_init(&c);
	uapi_get(&out, &c);
	assert_string_equal(out.chars, "errno=0\n\n");
	print_fini(&out);
	conf_fini(&c);
}

static void test_an_errno_keeps_its_sign(void **state)
{
	struct print out = { 0 };

	(void)state;
	uapi_errno(&out, -22);
	uapi_errno(&out, 22);
	assert_string_equal(out.chars, "errno=-22\n\nerrno=22\n\n");
	print_fini(&out);
}

static void test_what_was_got_can_be_set(void **state)
{
	static const char *const state_key[] = { "last_handshake", "tx_bytes", "rx_bytes",
						 "errno" };
	struct print out = { 0 }, again = { 0 }, request = { 0 };
	struct text rest, line;
	struct conf c, d;
	size_t i;

	(void)state;
	fill(&c);
	uapi_get(&out, &c);
	print_add(&request, "set=1\n");
	rest = text_from(out.chars, out.len - 2);
	while (text_split(&rest, '\n', &line)) {
		for (i = 0; i < LEN(state_key); i++)
			if (strncmp(line.at, state_key[i], strlen(state_key[i])) == 0)
				break;
		if (i == LEN(state_key))
			print_add(&request, "%.*s\n", (int)text_len(line), line.at);
	}
	conf_init(&d);
	assert_int_equal(uapi_set(&d, text_from(request.chars, request.len)), 0);
	d.peer[0].handshake_sec = c.peer[0].handshake_sec;
	d.peer[0].handshake_nsec = c.peer[0].handshake_nsec;
	d.peer[0].tx_bytes = c.peer[0].tx_bytes;
	d.peer[0].rx_bytes = c.peer[0].rx_bytes;
	uapi_get(&again, &d);
	assert_string_equal(again.chars, golden);
	print_fini(&request);
	print_fini(&again);
	print_fini(&out);
	conf_fini(&d);
	conf_fini(&c);
}

static void test_lack_of_memory_shows_in_the_print(void **state)
{
	struct print out = { 0 };
	struct conf c;
	long k;

	(void)state;
	fill(&c);
	for (k = 0;; k++) {
		mem_fail_after(k);
		uapi_get(&out, &c);
		mem_fail_after(-1);
		if (!out.failed)
			break;
		print_fini(&out);
	}
	assert_string_equal(out.chars, golden);
	assert_true(k > 1);
	print_fini(&out);
	conf_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_tunnel_prints_in_the_order_of_the_protocol),
		cmocka_unit_test(test_what_is_not_set_is_left_out),
		cmocka_unit_test(test_an_errno_keeps_its_sign),
		cmocka_unit_test(test_what_was_got_can_be_set),
		cmocka_unit_test(test_lack_of_memory_shows_in_the_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

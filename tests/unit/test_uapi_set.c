/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "control/uapi.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HEX_1 "e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a"
#define UPPER "E84B5A6D2717C1003A13B431570353DBACA9146CF150C5F8575680FEBA52027A"
#define HEX_2 "b85996fecc9c7f1fc6d2572a76eda11d59bcd20be8e543b15ce4bd85a8e75a33"
#define PEER  "public_key=" HEX_2 "\n"

static int set(struct conf *c, const char *request)
{
	conf_init(c);
	return uapi_set(c, text_from_str(request));
}

/* Lines behind "set=1\n", and their errno. */
static const struct {
	const char *lines;
	int err;
} fact[] = {
	{ "", 0 },

	{ "private_key=" HEX_1 "\n", 0 },
	{ "private_key=" UPPER "\n", 0 },
	{ "private_key=" ZEROS "\n", 0 },
	{ "private_key=\n", -EINVAL },
	{ "private_key=" HEX_1 "0\n", -EINVAL },
	{ "private_key=" HEX_1 "00\n", -EINVAL },
	{ "private_key=g84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a\n",
	  -EINVAL },
	{ "private_key=84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a\n",
	  -EINVAL },

	{ "listen_port=0\n", 0 },
	{ "listen_port=65535\n", 0 },
	{ "listen_port=65536\n", -EINVAL },
	{ "listen_port=18446744073709551616\n", -EINVAL },
	{ "listen_port=-1\n", -EINVAL },
	{ "listen_port=+1\n", -EINVAL },
	{ "listen_port=0x1\n", -EINVAL },
	{ "listen_port= 1\n", -EINVAL },
	{ "listen_port=1 \n", -EINVAL },
	{ "listen_port=1\r\n", -EINVAL },
	{ "listen_port=\n", -EINVAL },
	{ "Listen_port=1\n", -EINVAL },

	{ "fwmark=0\n", 0 },
	{ "fwmark=4294967295\n", 0 },
	{ "fwmark=4294967296\n", -EINVAL },
	{ "fwmark=0xca6c\n", -EINVAL },
	{ "fwmark=off\n", -EINVAL },

	{ "replace_peers=true\n", 0 },
	{ "replace_peers=false\n", -EINVAL },
	{ "replace_peers=True\n", -EINVAL },
	{ "replace_peers=1\n", -EINVAL },
	{ "replace_peers=\n", -EINVAL },

	{ PEER, 0 },
	{ PEER PEER, 0 },
	{ "public_key=" ZEROS "\n", 0 },
	{ "public_key=\n", -EINVAL },
	{ "public_key=" HEX_1 "x\n", -EINVAL },
	{ PEER "public_key=b85996fe\n", -EINVAL },

	{ PEER "remove=true\n", 0 },
	{ PEER "remove=false\n", -EINVAL },
	{ PEER "remove=true\nfwmark=1\n", -EINVAL },
	{ PEER "remove=true\nallowed_ip=x\n", -EINVAL },
	{ PEER "update_only=true\n", 0 },
	{ PEER "update_only=false\n", -EINVAL },

	{ PEER "preshared_key=" HEX_1 "\n", 0 },
	{ PEER "preshared_key=" ZEROS "\n", 0 },
	{ PEER "preshared_key=\n", -EINVAL },
	{ PEER "preshared_key=x\n", -EINVAL },

	{ PEER "endpoint=192.0.2.1:1\n", 0 },
	{ PEER "endpoint=192.0.2.1:0\n", -EINVAL },
	{ PEER "endpoint=[2001:db8::1]:0\n", -EINVAL },
	{ PEER "endpoint=192.0.2.1:65535\n", 0 },
	{ PEER "endpoint=[2001:db8::1]:51820\n", 0 },
	{ PEER "endpoint=[fe80::1%lo]:51820\n", 0 },
	{ PEER "endpoint=[fe80::1%1]:51820\n", 0 },
	{ PEER "endpoint=[fe80::1%no-such-link]:51820\n", -EINVAL },
	{ PEER "endpoint=192.0.2.1:65536\n", -EINVAL },
	{ PEER "endpoint=192.0.2.1\n", -EINVAL },
	{ PEER "endpoint=192.0.2.1:\n", -EINVAL },
	{ PEER "endpoint=192.0.2:1\n", -EINVAL },
	{ PEER "endpoint=::1:51820\n", -EINVAL },
	{ PEER "endpoint=[192.0.2.1]:51820\n", -EINVAL },
	{ PEER "endpoint=vpn.example.net:51820\n", -EINVAL },
	{ PEER "endpoint=\n", -EINVAL },

	{ PEER "persistent_keepalive_interval=0\n", 0 },
	{ PEER "persistent_keepalive_interval=65535\n", 0 },
	{ PEER "persistent_keepalive_interval=65536\n", -EINVAL },
	{ PEER "persistent_keepalive_interval=off\n", -EINVAL },
	{ PEER "persistent_keepalive_interval=\n", -EINVAL },

	{ PEER "replace_allowed_ips=true\n", 0 },
	{ PEER "replace_allowed_ips=false\n", -EINVAL },

	{ PEER "allowed_ip=0.0.0.0/0\n", 0 },
	{ PEER "allowed_ip=10.1.2.3/24\n", 0 },
	{ PEER "allowed_ip=10.1.2.3/32\n", 0 },
	{ PEER "allowed_ip=::/0\n", 0 },
	{ PEER "allowed_ip=fd00::1/128\n", 0 },
	{ PEER "allowed_ip=-10.0.0.0/8\n", 0 },
	{ PEER "allowed_ip=-fd00::/8\n", 0 },
	{ PEER "allowed_ip=10.1.2.3\n", -EINVAL },
	{ PEER "allowed_ip=10.1.2.3/\n", -EINVAL },
	{ PEER "allowed_ip=10.1.2.3/33\n", -EINVAL },
	{ PEER "allowed_ip=10.1.2.3/-1\n", -EINVAL },
	{ PEER "allowed_ip=10.1.2/24\n", -EINVAL },
	{ PEER "allowed_ip=fd00::/129\n", -EINVAL },
	{ PEER "allowed_ip=fd00::\n", -EINVAL },
	{ PEER "allowed_ip=--10.0.0.0/8\n", -EINVAL },
	{ PEER "allowed_ip=+10.0.0.0/8\n", -EINVAL },
	{ PEER "allowed_ip=-\n", -EINVAL },
	{ PEER "allowed_ip=\n", -EINVAL },
	{ PEER "allowed_ip=/8\n", -EINVAL },
	{ PEER "allowed_ip=10.0.0.0/8,11.0.0.0/8\n", -EINVAL },

	{ PEER "protocol_version=1\n", 0 },
	{ PEER "protocol_version=2\n", -EINVAL },
	{ PEER "protocol_version=\n", -EINVAL },

	/* keys in the wrong place, and unknown keys */
	{ PEER "private_key=" HEX_1 "\n", -EINVAL },
	{ PEER "listen_port=1\n", -EINVAL },
	{ PEER "fwmark=1\n", -EINVAL },
	{ PEER "replace_peers=true\n", -EINVAL },
	{ "remove=true\n", -EINVAL },
	{ "update_only=true\n", -EINVAL },
	{ "preshared_key=" HEX_1 "\n", -EINVAL },
	{ "endpoint=192.0.2.1:1\n", -EINVAL },
	{ "persistent_keepalive_interval=1\n", -EINVAL },
	{ "replace_allowed_ips=true\n", -EINVAL },
	{ "allowed_ip=10.0.0.0/8\n", -EINVAL },
	{ "protocol_version=1\n", -EINVAL },
	{ "set=1\n", -EINVAL },
	{ "unknown=1\n", -EINVAL },
	{ PEER "unknown=1\n", -EINVAL },
	{ "=1\n", -EINVAL },

	/* no line of the protocol; of two errors, the first */
	{ "listen_port\n", -EPROTO },
	{ PEER "remove\n", -EPROTO },
	{ "\nlisten_port=1\n", -EPROTO },
	{ "unknown=1\nlisten_port\n", -EINVAL },
	{ "listen_port\nunknown=1\n", -EPROTO },
};

static void test_each_line_has_its_errno(void **state)
{
	char request[1024];
	struct conf c;
	size_t i, len;

	(void)state;
	for (i = 0; i < LEN(fact); i++) {
		len = (size_t)snprintf(request, sizeof(request), "set=1\n%s", fact[i].lines);
		assert_true(len < sizeof(request));
		if (set(&c, request) != fact[i].err)
			fail_msg("not %d: %s", fact[i].err, fact[i].lines);
		conf_fini(&c);
		/* As uapi_frame() gives it: without the last newline. */
		request[len - 1] = '\0';
		assert_int_equal(set(&c, request), fact[i].err);
		conf_fini(&c);
	}
}

static void test_a_set_begins_with_set_1(void **state)
{
	static const char *const request[] = {
		"", "\n", "get=1\n", "set=0\n", "set=1 \n", "set\n", "listen_port=1\n", "\nset=1\n"
	};
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(request); i++) {
		assert_int_equal(set(&c, request[i]), -EINVAL);
		conf_fini(&c);
	}
}

static void test_a_line_may_have_4096_bytes_and_no_more(void **state)
{
	char request[6 + UAPI_LINE_MAX + 2];
	struct conf c;
	size_t len;

	(void)state;
	memset(request, '0', sizeof(request));
	memcpy(request, "set=1\nlisten_port=", 18);
	for (len = UAPI_LINE_MAX; len <= UAPI_LINE_MAX + 1; len++) {
		request[6 + len] = '\0';
		assert_int_equal(set(&c, request), len > UAPI_LINE_MAX ? -EPROTO : 0);
		conf_fini(&c);
		request[6 + len] = '0';
	}
}

static void test_every_key_reaches_its_field(void **state)
{
	struct key one, two;
	struct prefix prefix;
	struct conf c;

	(void)state;
	assert_true(key_from_hex(&one, HEX_1, KEY_HEX_LEN));
	assert_true(key_from_hex(&two, HEX_2, KEY_HEX_LEN));
	assert_int_equal(set(&c, "set=1\nprivate_key=" UPPER "\nlisten_port=7\nfwmark=9\n"
				 "replace_peers=true\n" PEER "preshared_key=" HEX_1 "\n"
				 "endpoint=192.0.2.1:8\npersistent_keepalive_interval=25\n"
				 "replace_allowed_ips=true\nallowed_ip=10.1.2.3/24\n"
				 "allowed_ip=-fd00::1/64\npublic_key=" UPPER "\nremove=true\n" PEER
				 "update_only=true\n"),
			 0);
	assert_int_equal(c.set,
			 CONF_PRIVATE_KEY | CONF_LISTEN_PORT | CONF_FWMARK | CONF_REPLACE_PEERS);
	assert_true(key_equal(&c.private_key, &one));
	assert_int_equal(c.listen_port, 7);
	assert_int_equal(c.fwmark, 9);
	assert_int_equal(c.n_peer, 3);

	assert_int_equal(c.peer[0].set, CONF_PEER_PUBLIC_KEY | CONF_PEER_PSK | CONF_PEER_ENDPOINT |
						CONF_PEER_KEEPALIVE | CONF_PEER_REPLACE_ALLOWED);
	assert_true(key_equal(&c.peer[0].public_key, &two));
	assert_true(key_equal(&c.peer[0].psk, &one));
	assert_int_equal(endpoint_port(&c.peer[0].endpoint), 8);
	assert_int_equal(c.peer[0].keepalive, 25);
	assert_int_equal(c.peer[0].n_allowed, 2);
	assert_true(prefix_parse(&prefix, "10.1.2.3/24", 11));
	assert_true(prefix_equal(&c.peer[0].allowed[0].prefix, &prefix)); /* host bits kept */
	assert_false(c.peer[0].allowed[0].remove);
	assert_true(prefix_parse(&prefix, "fd00::1/64", 10));
	assert_true(prefix_equal(&c.peer[0].allowed[1].prefix, &prefix));
	assert_true(c.peer[0].allowed[1].remove);

	assert_int_equal(c.peer[1].set, CONF_PEER_PUBLIC_KEY | CONF_PEER_REMOVE);
	assert_int_equal(c.peer[2].set, CONF_PEER_PUBLIC_KEY | CONF_PEER_UPDATE_ONLY);
	assert_true(key_equal(&c.peer[2].public_key, &two));
	conf_fini(&c);
}

static void test_keys_come_in_any_order_and_the_last_counts(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(set(&c, "set=1\nfwmark=1\nlisten_port=1\nfwmark=2\n" PEER
				 "allowed_ip=10.0.0.0/8\nallowed_ip=11.0.0.0/8\n"
				 "replace_allowed_ips=true\nallowed_ip=12.0.0.0/8\n"
				 "endpoint=192.0.2.1:1\nendpoint=192.0.2.1:2\n"),
			 0);
	assert_int_equal(c.fwmark, 2);
	assert_int_equal(endpoint_port(&c.peer[0].endpoint), 2);
	assert_int_equal(c.peer[0].n_allowed, 1); /* what stood before was replaced too */
	assert_int_equal(c.peer[0].allowed[0].prefix.ip.bytes[0], 12);
	conf_fini(&c);
}

static void test_one_wrong_digit_spoils_a_key(void **state)
{
	char request[] = "set=1\n" PEER "preshared_key=" HEX_1;
	char *hex = request + strlen("set=1\n" PEER "preshared_key=");
	struct conf c;
	size_t i;
	char kept;

	(void)state;
	for (i = 0; i < KEY_HEX_LEN; i++) {
		kept = hex[i];
		hex[i] = 'g';
		assert_int_equal(set(&c, request), -EINVAL);
		assert_true(key_is_zero(&c.peer[0].psk));
		conf_fini(&c);
		hex[i] = kept;
	}
	assert_int_equal(set(&c, request), 0);
	conf_fini(&c);
}

static void test_a_set_survives_each_lack_of_memory(void **state)
{
	struct conf c;
	long k;
	int err;

	(void)state;
	for (k = 0;; k++) {
		mem_fail_after(k);
		err = set(&c, "set=1\n" PEER "allowed_ip=::1/1\nallowed_ip=::1/2\n"
			      "allowed_ip=::1/3\nallowed_ip=::1/4\nallowed_ip=::1/5\n" PEER PEER
			      "preshared_key=" HEX_1 "\n" PEER PEER "allowed_ip=::1/6\n");
		mem_fail_after(-1);
		if (err != -ENOMEM)
			break;
		conf_fini(&c);
	}
	assert_int_equal(err, 0);
	assert_int_equal(c.n_peer, 5);
	assert_true(k >= 5);
	conf_fini(&c);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The kernel's own test sets 130,560 of them for one peer; so often, in one go. */
static void test_a_hundred_thousand_networks_are_set_in_no_time(void **state)
{
	enum { EACH = 130560 };
	struct print out = { 0 };
	size_t scanned = 0, used, len;
	struct text request;
	double begin, took;
	struct conf c;
	unsigned i;

	(void)state;
	print_add(&out, "set=1\n" PEER);
	for (i = 0; i < EACH; i++)
		print_add(&out, "allowed_ip=%u.%u.%u.%u/32\n", 10 + i / 65536 / 256,
			  i / 65536 % 256, i / 256 % 256, i % 256);
	print_add(&out, "\n");
	begin = now();
	for (len = 4096; len < out.len; len += 4096) /* as reads of a socket bring it */
		assert_int_equal(uapi_frame(out.chars, len, &scanned, &request, &used), UAPI_NONE);
	assert_int_equal(uapi_frame(out.chars, out.len, &scanned, &request, &used), UAPI_SET);
	assert_int_equal(used, out.len);
	conf_init(&c);
	assert_int_equal(uapi_set(&c, request), 0);
	took = now() - begin;
	assert_int_equal(c.peer[0].n_allowed, EACH);
	print_message("%zu bytes in %.3f s\n", out.len, took);
	/* Takes 0.03 s; sanitizers and a slow machine are forgiven, quadratic work is not. */
	assert_true(took < 2);
	print_fini(&out);
	conf_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_line_has_its_errno),
		cmocka_unit_test(test_a_set_begins_with_set_1),
		cmocka_unit_test(test_a_line_may_have_4096_bytes_and_no_more),
		cmocka_unit_test(test_every_key_reaches_its_field),
		cmocka_unit_test(test_keys_come_in_any_order_and_the_last_counts),
		cmocka_unit_test(test_one_wrong_digit_spoils_a_key),
		cmocka_unit_test(test_a_set_survives_each_lack_of_memory),
		cmocka_unit_test(test_a_hundred_thousand_networks_are_set_in_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

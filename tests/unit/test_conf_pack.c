/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "conf/conf_pack.h"

static const char file[] =
	"[Interface]\n"
	"PrivateKey = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA=\n"
	"ListenPort = 51820\nFwMark = 0x77\nMTU = 1400\nTable = 123\nAead = sodium\n"
	"Address = 10.0.0.1/24, fd00::1/64\nAddress = 10.1.0.1/16\n"
	"DNS = 10.0.0.53, search.test\n"
	"PreUp = echo one\nPostUp = echo two\nPostUp = echo three\nPreDown = true\nPostDown = :\n"
	"UdpRcvbuf = 4194304\nTunTso = off\nSaveConfig = false\n"
	"[Peer]\nPublicKey = bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbA=\nName = first\n"
	"PresharedKey = cccccccccccccccccccccccccccccccccccccccccccA=\n"
	"AllowedIPs = 10.0.0.2/32, fd00::2/128\nEndpoint = 192.0.2.1:7\nPersistentKeepalive = 25\n"
	"[Peer]\nPublicKey = ddddddddddddddddddddddddddddddddddddddddddA=\n"
	"PresharedKeyFile = /x\nEndpoint = vpn.example.com:51820\nAllowedIPs = 0.0.0.0/0\n";

static void ignore(void *ctx, enum conf_severity severity, const char *line)
{
	(void)ctx;
	(void)severity;
	(void)line;
}

static void read_file(struct conf *c)
{
	struct conf_report report = { .say = ignore };

	conf_init(c);
	conf_read_text(c, "f", file, sizeof(file) - 1, &report);
	assert_int_equal(c->n_peer, 2);
	assert_int_equal(c->n_address, 3);
	assert_non_null(c->aead);
}

static void test_nothing_is_lost_that_a_worker_needs(void **state)
{
	struct print once = { 0 }, again = { 0 };
	struct conf c, copy;
	struct text rest;

	(void)state;
	read_file(&c);
	conf_pack(&once, &c);
	assert_false(once.failed);
	conf_init(&copy);
	rest = text_from(once.chars, once.len);
	assert_int_equal(conf_unpack(&copy, &rest), 0);
	assert_int_equal(text_len(rest), 0);
	conf_pack(&again, &copy);
	assert_int_equal(once.len, again.len);
	assert_memory_equal(once.chars, again.chars, once.len);

	assert_string_equal(copy.path, "f");
	assert_ptr_equal(copy.aead, c.aead);
	assert_int_equal(copy.table, 123);
	assert_string_equal(copy.peer[0].name, "first");
	assert_string_equal(copy.peer[1].host, "vpn.example.com");
	assert_string_equal(copy.peer[1].psk_file, "/x");
	assert_memory_equal(&copy.peer[0].psk, &c.peer[0].psk, sizeof(struct key));
	/* The lists can grow. */
	assert_true(conf_add_address(&copy, &c.address[0]));
	assert_true(conf_add_dns(&copy, &c.dns[0].server, NULL, 0));
	assert_true(conf_add_hook(&copy, HOOK_POST_UP, "x", 1));
	assert_non_null(conf_add_peer(&copy));
	assert_true(conf_peer_allow(&copy.peer[0], &c.address[0], false));
	conf_fini(&c);
	conf_fini(&copy);
	print_fini(&once);
	print_fini(&again);
}

static bool holds(const struct print *bytes, const char *word)
{
	return memmem(bytes->chars, bytes->len, word, strlen(word));
}

static void test_what_the_monitor_alone_needs_is_left_out(void **state)
{
	struct print bytes = { 0 };
	struct conf c, copy;
	struct text rest;

	(void)state;
	read_file(&c);
	assert_int_equal(c.n_hook[HOOK_POST_UP], 2);
	assert_int_equal(c.n_dns, 2);
	conf_pack(&bytes, &c);
	assert_true(holds(&bytes, "vpn.example.com"));
	assert_false(holds(&bytes, "echo"));
	assert_false(holds(&bytes, "search.test"));
	rest = text_from(bytes.chars, bytes.len);
	conf_init(&copy);
	assert_int_equal(conf_unpack(&copy, &rest), 0);
	assert_int_equal(copy.n_dns, 0);
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		assert_int_equal(copy.n_hook[kind], 0);
	conf_fini(&copy);
	conf_fini(&c);
	print_fini(&bytes);
}

static void test_one_follows_another(void **state)
{
	struct print bytes = { 0 };
	struct conf empty, c, out;
	struct text rest;

	(void)state;
	conf_init(&empty);
	read_file(&c);
	conf_pack(&bytes, &empty);
	conf_pack(&bytes, &c);
	rest = text_from(bytes.chars, bytes.len);
	conf_init(&out);
	assert_int_equal(conf_unpack(&out, &rest), 0);
	assert_int_equal(out.n_peer, 0);
	assert_null(out.path);
	conf_fini(&out);
	conf_init(&out);
	assert_int_equal(conf_unpack(&out, &rest), 0);
	assert_int_equal(out.n_peer, 2);
	assert_int_equal(text_len(rest), 0);
	conf_fini(&out);
	conf_fini(&c);
	print_fini(&bytes);
}

/* Cut anywhere it is refused; with any byte changed it is refused or another conf, never worse. */
static void test_damaged_bytes_do_no_harm(void **state)
{
	struct print bytes = { 0 };
	struct conf c, out;
	struct text rest;
	char *copy;

	(void)state;
	read_file(&c);
	conf_pack(&bytes, &c);
	for (size_t len = 0; len < bytes.len; len++) {
		copy = malloc(len + 1); /* so that a sanitizer sees a read beyond it */
		memcpy(copy, bytes.chars, len);
		rest = text_from(copy, len);
		conf_init(&out);
		assert_int_equal(conf_unpack(&out, &rest), -EINVAL);
		conf_fini(&out);
		free(copy);
	}
	copy = malloc(bytes.len);
	for (size_t i = 0; i < bytes.len; i++) {
		for (unsigned value = 1; value < 256; value = value * 3 + 1) {
			memcpy(copy, bytes.chars, bytes.len);
			copy[i] = (char)((unsigned char)copy[i] ^ value);
			rest = text_from(copy, bytes.len);
			conf_init(&out);
			conf_unpack(&out, &rest);
			conf_fini(&out);
		}
	}
	free(copy);
	conf_fini(&c);
	print_fini(&bytes);
}

static void test_memory_may_run_out(void **state)
{
	struct print bytes = { 0 };
	struct conf c, out;
	struct text rest;
	int r = -ENOMEM;

	(void)state;
	read_file(&c);
	conf_pack(&bytes, &c);
	for (long n = 0; r == -ENOMEM; n++) {
		conf_init(&out);
		rest = text_from(bytes.chars, bytes.len);
		mem_fail_after(n);
		r = conf_unpack(&out, &rest);
		mem_fail_after(-1);
		conf_fini(&out);
		assert_in_range(n, 0, 100);
	}
	assert_int_equal(r, 0);
	conf_fini(&c);
	print_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_lost_that_a_worker_needs),
		cmocka_unit_test(test_what_the_monitor_alone_needs_is_left_out),
		cmocka_unit_test(test_one_follows_another),
		cmocka_unit_test(test_damaged_bytes_do_no_harm),
		cmocka_unit_test(test_memory_may_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* What resolv.conf says about name servers; and reading such small files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nameserver.h"
#include "base/read.h"

/* All servers of a text, as they are printed. */
static void expect(const char *conf, const char *want)
{
	struct text rest = text_from_str(conf);
	struct nameserver server;
	struct print out = { 0 };

	print_add(&out, "%s", "");
	while (nameserver_next(&rest, &server))
		nameserver_print(&out, &server);
	assert_string_equal(out.chars, want);
	print_fini(&out);
}

static void test_servers_are_listed_in_order(void **state)
{
	(void)state;
	expect("", "");
	expect("# nameserver 192.0.2.1\nsearch nameserver\nnameserver\n", "");
	expect("nameserver 192.0.2.1\nsearch a\nnameserver\t 2001:db8::1 # x\nnameserver 192.0.2.2",
	       "nameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver 192.0.2.2\n");
	expect("nameserver 192.0.2.1\r\nnameserver 192.0.2.2;x\n",
	       "nameserver 192.0.2.1\nnameserver 192.0.2.2\n");
}

static void test_malformed_ones_are_left_out(void **state)
{
	(void)state;
	expect("nameserver 192.0.2\nnameserver x\nnameserver 192.0.2.256\nnameservers 192.0.2.1\n"
	       "nameserver192.0.2.1\n nameserver 192.0.2.1\nnameserver 192.0.2.9\n",
	       "nameserver 192.0.2.9\n");
}

static void test_only_link_local_ones_have_an_interface(void **state)
{
	(void)state;
	expect("nameserver fe80::1%eth0\nnameserver fe80::1%2\nnameserver fe80::1\n",
	       "nameserver fe80::1%eth0\nnameserver fe80::1%2\nnameserver fe80::1\n");
	expect("nameserver 2001:db8::1%eth0\nnameserver 192.0.2.1%eth0\n",
	       "nameserver 2001:db8::1\nnameserver 192.0.2.1\n");
	expect("nameserver fe80::1%0123456789abcde\nnameserver fe80::1%0123456789abcdef\n",
	       "nameserver fe80::1%0123456789abcde\nnameserver fe80::1\n");
}

static void test_servers_on_other_links_differ(void **state)
{
	struct text rest = text_from_str("nameserver fe80::1%a\nnameserver fe80::1%b\n"
					 "nameserver fe80::1%a\n");
	struct nameserver s[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(nameserver_next(&rest, &s[i]));
	assert_false(nameserver_next(&rest, &s[0]));
	assert_false(nameserver_equal(&s[0], &s[1]));
	assert_true(nameserver_equal(&s[0], &s[2]));
}

static void test_small_file_is_read_as_a_whole(void **state)
{
	char path[] = "/tmp/taut-read-XXXXXX", bytes[5000];
	struct print out = { 0 };
	int file = mkstemp(path);

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(write(file, bytes, sizeof(bytes)), sizeof(bytes));
	print_add(&out, "before ");
	assert_int_equal(read_file(&out, path, sizeof(bytes)), 0);
	assert_int_equal(out.len, 7 + sizeof(bytes));
	assert_memory_equal(out.chars + 7, bytes, sizeof(bytes));
	assert_int_equal(read_file(&out, path, sizeof(bytes) - 1), -EFBIG);
	assert_int_equal(ftruncate(file, 0), 0);
	assert_int_equal(read_file(&out, path, 0), 0);
	close(file);
	unlink(path);
	assert_int_equal(read_file(&out, path, 100), -ENOENT);
	assert_int_equal(read_file(&out, "/dev/zero", 100000), -EFBIG);
	assert_int_equal(read_file(&out, "/tmp", 100), -EISDIR);
	/* Nobody writes to it, and that holds nobody up. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_file(&out, path, 100), 0);
	unlink(path);
	print_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers_are_listed_in_order),
		cmocka_unit_test(test_malformed_ones_are_left_out),
		cmocka_unit_test(test_only_link_local_ones_have_an_interface),
		cmocka_unit_test(test_servers_on_other_links_differ),
		cmocka_unit_test(test_small_file_is_read_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* From the lines of the control socket to the text that `taut status` prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "view/show.h"
#include "view/tunnelview.h"

enum { NOW = 1700000100 };

static const struct show_style plain = { .now = NOW };
static const struct show_style coloured = { .colour = true, .now = NOW };
static const struct show_style open_keys = { .keys = true, .now = NOW };

/* wg's known pair, and keys made of one byte. */
#define PRIVATE_HEX "c809f3e5317e9575c9b5ed78b638b7ce530dabe85ddab614220241801ddf0669"
#define ONES_HEX    "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS_HEX    "2222222222222222222222222222222222222222222222222222222222222222"
#define ZEROS_HEX   "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES_BASE64 "ERERERERERERERERERERERERERERERERERERERERERE="
#define TWOS_BASE64 "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI="

static void expect_ago(uint64_t then, const char *words)
{
	struct print out = { 0 };

	show_ago(&out, then, &plain);
	assert_string_equal(out.chars, words);
	print_fini(&out);
}

static void test_ages_are_told_in_words(void **state)
{
	(void)state;
	expect_ago(NOW, "Now");
	expect_ago(NOW + 1, "(System clock wound backward; connection problems may ensue.)");
	expect_ago(NOW - 1, "1 second ago");
	expect_ago(NOW - 59, "59 seconds ago");
	expect_ago(NOW - 60, "1 minute ago");
	expect_ago(NOW - 63, "1 minute, 3 seconds ago");
	expect_ago(NOW - 7200, "2 hours ago");
	expect_ago(NOW - 86400 - 1, "1 day, 1 second ago");
	expect_ago(NOW - (((365ULL + 2) * 24 + 1) * 60 + 1) * 60 - 2,
		   "1 year, 2 days, 1 hour, 1 minute, 2 seconds ago");
	expect_ago(NOW - 2 * 365 * 86400, "2 years ago");
}

static void test_bytes_are_told_with_binary_units(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *words;
	} step[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.00 KiB" },
		{ 123456, "120.56 KiB" },
		{ 1048575, "1024.00 KiB" },
		{ 1048576, "1.00 MiB" },
		{ 7890123, "7.52 MiB" },
		{ 1ULL << 30, "1.00 GiB" },
		{ 1ULL << 40, "1.00 TiB" },
		{ 1ULL << 52, "4096.00 TiB" },
		{ UINT64_MAX, "16777216.00 TiB" },
	};
	struct print out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < LEN(step); i++) {
		show_bytes(&out, step[i].bytes, &plain);
		assert_string_equal(out.chars, step[i].words);
		print_fini(&out);
	}
}

static void make(struct tunnelview *r, const char *get, const char *status)
{
	tunnelview_init(r, "wg0");
	assert_int_equal(tunnelview_get(r, text_from_str(get)), 0);
	tunnelview_status(r, text_from_str(status));
}

static const char get_lines[] =
	"private_key=" PRIVATE_HEX "\nlisten_port=51820\nfwmark=51820\n"
	"public_key=" ONES_HEX "\npreshared_key=" ZEROS_HEX "\nprotocol_version=1\n"
	"last_handshake_time_sec=0\nlast_handshake_time_nsec=0\ntx_bytes=0\nrx_bytes=0\n"
	"persistent_keepalive_interval=0\n"
	"public_key=" TWOS_HEX "\npreshared_key=" ONES_HEX "\nprotocol_version=1\n"
	"endpoint=192.0.2.1:51820\nlast_handshake_time_sec=1700000037\n"
	"last_handshake_time_nsec=5\ntx_bytes=123456\nrx_bytes=7890123\n"
	"persistent_keepalive_interval=25\nallowed_ip=10.1.2.0/24\nallowed_ip=fd00::/64\n"
	"a_key_of_tomorrow=1\n";

static const char status_lines[] =
	"interface=wg0 state=up peers=2\n"
	"peer=" ONES_BASE64 " endpoint=none state=idle reason=\"no endpoint: waits to be called\"\n"
	"peer=" TWOS_BASE64
	" name=\"road \xc3\xa9\" endpoint=192.0.2.1:51820 state=up reason=\"\"\n";

static const char shown[] = "interface: wg0\n"
			    "  public key: HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=\n"
			    "  private key: (hidden)\n"
			    "  listening port: 51820\n"
			    "  fwmark: 0xca6c\n"
			    "\n"
			    "peer: " TWOS_BASE64 "\n"
			    "  name: road \xc3\xa9\n"
			    "  preshared key: (hidden)\n"
			    "  endpoint: 192.0.2.1:51820\n"
			    "  allowed ips: 10.1.2.0/24, fd00::/64\n"
			    "  latest handshake: 1 minute, 3 seconds ago\n"
			    "  transfer: 7.52 MiB received, 120.56 KiB sent\n"
			    "  persistent keepalive: every 25 seconds\n"
			    "  state: up\n"
			    "\n"
			    "peer: " ONES_BASE64 "\n"
			    "  allowed ips: (none)\n"
			    "  state: idle\n"
			    "  reason: no endpoint: waits to be called\n";

static void test_a_report_is_shown_as_wg_shows_it(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	make(&r, get_lines, status_lines);
	show_report(&out, &r, &plain);
	assert_string_equal(out.chars, shown);
	assert_true(tunnelview_is_up(&r));
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_rates_are_shown_when_there_are_any(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	make(&r, get_lines, status_lines);
	show_report(&out, &r, &plain);
	assert_null(strstr(out.chars, "rate"));
	print_fini(&out);
	r.peer[1].rated = true;
	r.peer[1].rx_rate = 1536.4;
	r.peer[1].tx_rate = 7;
	show_report(&out, &r, &plain);
	assert_non_null(strstr(out.chars, "  transfer: 7.52 MiB received, 120.56 KiB sent\n"
					  "  rate: 1.50 KiB/s received, 7 B/s sent\n"
					  "  persistent keepalive"));
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_keys_are_shown_only_when_asked_for(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	make(&r, get_lines, "");
	show_report(&out, &r, &coloured);
	assert_null(strstr(out.chars, "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="));
	print_fini(&out);
	show_report(&out, &r, &open_keys);
	assert_non_null(
		strstr(out.chars, "  private key: yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n"));
	assert_non_null(strstr(out.chars, "  preshared key: " ONES_BASE64 "\n"));
	assert_null(strstr(out.chars, "\x1b"));
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_keys_that_were_not_told_are_hidden(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	make(&r, "listen_port=1\npublic_key=" ONES_HEX "\n",
	     "interface=wg0 state=up public_key=HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=\n");
	show_report(&out, &r, &open_keys);
	assert_string_equal(out.chars,
			    "interface: wg0\n"
			    "  public key: HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=\n"
			    "  private key: (hidden)\n"
			    "  listening port: 1\n\n"
			    "peer: " ONES_BASE64 "\n"
			    "  allowed ips: (none)\n");
	print_fini(&out);
	tunnelview_fini(&r);
}

static void expect_line(const char *status, const char *line)
{
	struct print out = { 0 };
	struct tunnelview r;

	make(&r, "", status);
	show_report(&out, &r, &plain);
	assert_string_equal(out.chars, line);
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_the_jail_is_one_line(void **state)
{
	(void)state;
	expect_line("interface=wg0 state=up\n", "interface: wg0\n");
	expect_line("interface=wg0 state=up jail=on\n", "interface: wg0\n  jail: on\n");
	expect_line("interface=wg0 state=up jail=on jail_lacks=\"landlock: this kernel has no "
		    "Landlock: all may be read that everybody may; seccomp: built without "
		    "libseccomp\"\n",
		    "interface: wg0\n  jail: on; it lacks: landlock (this kernel has no Landlock), "
		    "seccomp (built without libseccomp)\n");
	/* That is no lack for a process without capabilities. */
	expect_line("interface=wg0 jail=on jail_lacks=\"bounding-set: 41 left: lowering it needs "
		    "CAP_SETPCAP\"\n",
		    "interface: wg0\n  jail: on\n");
	expect_line("interface=wg0 jail=log jail_lacks=\"bounding-set: 1 left; seccomp: only "
		    "logged\"\n",
		    "interface: wg0\n  jail: log; it lacks: seccomp (only logged)\n");
	expect_line("interface=wg0 jail=off\n", "interface: wg0\n  jail: off\n");
	/* Whatever stands there, it ends. */
	expect_line("interface=wg0 jail=on jail_lacks=\";; :;x\"\n",
		    "interface: wg0\n  jail: on; it lacks: x ()\n");
}

static void test_name_servers_are_one_line(void **state)
{
	(void)state;
	expect_line(
		"interface=wg0 dns=on dns_servers=\"10.7.0.2 fd07::2\" dns_domains=\"~. x.example\" "
		"dns_by=\"systemd-resolved\"\n",
		"interface: wg0\n  dns: 10.7.0.2 fd07::2 for all names, by systemd-resolved\n");
	expect_line(
		"interface=wg0 dns=on dns_servers=\"10.7.0.2\" dns_domains=\"x.example ~y.example\" "
		"dns_by=\"systemd-resolved\"\n",
		"interface: wg0\n  dns: 10.7.0.2 for x.example ~y.example, by systemd-resolved\n");
	expect_line(
		"interface=wg0 dns=on dns_servers=\"10.7.0.2\" dns_domains=\"~.\" dns_by=\"resolvconf\" "
		"dns_aside=\"192.0.2.53\"\n",
		"interface: wg0\n  dns: 10.7.0.2 for all names, by resolvconf; programs also ask "
		"192.0.2.53\n");
	expect_line(
		"interface=wg0 dns=on dns_servers=\"10.7.0.2 fd07::2\" dns_domains=\"~.\" "
		"dns_by=\"resolvconf\" dns_outside=\"fd07::2\"\n",
		"interface: wg0\n  dns: 10.7.0.2 fd07::2 for all names, by resolvconf; fd07::2 is asked "
		"past the tunnel\n");
	expect_line(
		"interface=wg0 dns=off dns_servers=\"10.7.0.2\" dns_domains=\"~.\" "
		"dns_error=\"resolvectl did not end within 5 s and was killed\"\n",
		"interface: wg0\n  dns: not set: resolvectl did not end within 5 s and was killed\n");
	expect_line("interface=wg0 dns=on dns_domains=\"x.example\" dns_by=\"resolvconf\"\n",
		    "interface: wg0\n  dns: no server for x.example, by resolvconf\n");
}

static void test_colours_are_those_of_wg(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	make(&r,
	     "listen_port=1\npublic_key=" ONES_HEX "\nallowed_ip=10.0.0.0/8\n"
	     "last_handshake_time_sec=1700000099\nrx_bytes=1\n",
	     "");
	show_report(&out, &r, &coloured);
	assert_string_equal(out.chars,
			    "\x1b[0m\x1b[32m\x1b[1minterface\x1b[0m: \x1b[32mwg0\x1b[0m\n"
			    "  \x1b[1mlistening port\x1b[0m: 1\n"
			    "\n"
			    "\x1b[33m\x1b[1mpeer\x1b[0m: \x1b[33m" ONES_BASE64 "\x1b[0m\n"
			    "  \x1b[1mallowed ips\x1b[0m: 10.0.0.0\x1b[36m/\x1b[0m8\n"
			    "  \x1b[1mlatest handshake\x1b[0m: 1 \x1b[36msecond\x1b[0m ago\n"
			    "  \x1b[1mtransfer\x1b[0m: 1 \x1b[36mB\x1b[0m received, "
			    "0 \x1b[36mB\x1b[0m sent\n");
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_peers_are_ordered_by_handshake_then_as_they_came(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;
	char get[2048] = "", word[8];
	const char *at;
	size_t i;
	/* seconds of peers 0..5, and the expected order of display */
	static const unsigned seconds[] = { 0, 50, 70, 0, 70, 60 };
	static const char *const order[] = { "AgIC", "BAQE", "BQUF", "AQEB", "AAAA", "AwMD" };

	(void)state;
	for (i = 0; i < LEN(seconds); i++) {
		char hex[KEY_HEX_LEN + 1];
		struct key key;

		memset(key.bytes, (int)i, KEY_LEN);
		key_to_hex(hex, &key);
		snprintf(get + strlen(get), sizeof(get) - strlen(get),
			 "public_key=%s\nlast_handshake_time_sec=%u\n", hex, seconds[i]);
	}
	make(&r, get, "");
	show_report(&out, &r, &plain);
	at = out.chars;
	for (i = 0; i < LEN(order); i++) {
		at = strstr(at, "peer: ");
		assert_non_null(at);
		at += 6;
		memcpy(word, at, 4);
		word[4] = '\0';
		assert_string_equal(word, order[i]);
	}
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_malformed_lines_are_refused(void **state)
{
	static const char *const bad[] = {
		"private_key=12\n",
		"listen_port=65536\n",
		"listen_port=-1\n",
		"fwmark=0xca6c\n",
		"endpoint=192.0.2.1:1\n",
		"allowed_ip=10.0.0.0/8\n",
		"public_key=" ONES_HEX "1\n",
		"public_key=" ONES_HEX "\nallowed_ip=10.0.0.0/33\n",
		"public_key=" ONES_HEX "\nendpoint=example.com:1\n",
		"public_key=" ONES_HEX "\nlast_handshake_time_nsec=1000000000\n",
		"public_key=" ONES_HEX "\nrx_bytes=1x\n",
	};
	struct tunnelview r;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(bad); i++) {
		tunnelview_init(&r, "wg0");
		assert_int_equal(tunnelview_get(&r, text_from_str(bad[i])), -EPROTO);
		tunnelview_fini(&r);
	}
}

static void test_a_tunnel_is_up_when_any_peer_can_be_reached(void **state)
{
	static const struct {
		const char *interface, *first, *second;
		bool up;
	} step[] = {
		{ "up", "up", "up", true },          { "down", "up", "up", false },
		{ "up", "dead", "idle", true },      { "up", "dead", "resolving", false },
		{ "up", "handshaking", "up", true }, { "up", "handshaking", "dead", false },
		{ "up", "stale", "dead", false },    { "up", "stale", "up", true },
	};
	char status[512];
	struct tunnelview r;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(step); i++) {
		snprintf(status, sizeof(status),
			 "interface=wg0 state=%s\npeer=%s state=%s\npeer=%s state=%s\n",
			 step[i].interface, ONES_BASE64, step[i].first, TWOS_BASE64,
			 step[i].second);
		make(&r, get_lines, status);
		assert_int_equal(tunnelview_is_up(&r), step[i].up);
		tunnelview_fini(&r);
	}
	make(&r, "listen_port=1\n", "interface=wg0 state=up\n");
	assert_true(tunnelview_is_up(&r));
	tunnelview_fini(&r);
	/* another daemon, which does not report it */
	make(&r, get_lines, "");
	assert_true(tunnelview_is_up(&r));
	tunnelview_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ages_are_told_in_words),
		cmocka_unit_test(test_bytes_are_told_with_binary_units),
		cmocka_unit_test(test_a_report_is_shown_as_wg_shows_it),
		cmocka_unit_test(test_rates_are_shown_when_there_are_any),
		cmocka_unit_test(test_keys_are_shown_only_when_asked_for),
		cmocka_unit_test(test_keys_that_were_not_told_are_hidden),
		cmocka_unit_test(test_the_jail_is_one_line),
		cmocka_unit_test(test_name_servers_are_one_line),
		cmocka_unit_test(test_colours_are_those_of_wg),
		cmocka_unit_test(test_peers_are_ordered_by_handshake_then_as_they_came),
		cmocka_unit_test(test_malformed_lines_are_refused),
		cmocka_unit_test(test_a_tunnel_is_up_when_any_peer_can_be_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/dh.h"
#include "daemon/status.h"
#include "proto/admin.h"

enum { NOW_S = 10000 };
static const uint64_t mono = NOW_S * SECOND_NS;

static struct path path;
static struct print out;
static const struct key private_key = { .bytes = { 1, 2, 3 } };

static int set_up(void **state)
{
	(void)state;
	memset(&path, 0, sizeof(path));
	path.udp.fd[UDP_V4] = 5;
	path.udp.fd[UDP_V6] = -1;
	return tunnel_init(&path.tunnel, &random_system, 8);
}

static int tear_down(void **state)
{
	(void)state;
	print_fini(&out);
	tunnel_fini(&path.tunnel);
	return 0;
}

static struct peer *add_peer(uint8_t first)
{
	struct key key = { .bytes = { first } };
	struct peer *p;

	assert_int_equal(admin_add(&path.tunnel, &key, &p), 0);
	return p;
}

static void print_interface(uint16_t port, uint32_t mark)
{
	const struct status_interface about = { .name = "wg0",
						.listen_port = port,
						.fwmark = mark,
						.mtu = 1420,
						.aead = "sodium",
						.mono = mono };

	status_interface(&out, &path, &about);
	assert_false(out.failed);
}

static void test_interface_record_of_an_empty_tunnel(void **state)
{
	(void)state;
	print_interface(0, 0);
	assert_string_equal(out.chars,
			    "interface=wg0 state=down listen_port=0 fwmark=off mtu=1420 peers=0 "
			    "public_key=none rx_bytes=0 tx_bytes=0 aead=sodium under_load=no "
			    "cookies_sent=0 cookies_received=0 udp4=on udp6=off recv_calls=0 "
			    "recv_datagrams=0 send_calls=0 send_datagrams=0 dev_reads=0 "
			    "dev_writes=0\n");
}

static void test_interface_record_sums_peers_and_names_drops(void **state)
{
	struct peer *a = add_peer(1), *b = add_peer(2);
	const struct instant now = { .mono = mono, .wall = 1 };

	(void)state;
	admin_private_key(&path.tunnel, &private_key, now);
	a->rx_bytes = 1000;
	b->rx_bytes = 24;
	b->tx_bytes = 7;
	path.tunnel.up = true;
	path.tunnel.under_load_until = mono + 1;
	path.tunnel.cookies_received = 2;
	path.tunnel.count[FATE_COOKIE_SENT] = 3;
	path.tunnel.count[FATE_REPLAY] = 9;
	path.tunnel.count[FATE_NO_PEER] = 1;
	path.udp.stats.errors = 4;
	path.udp.stats.last_error = 101;
	print_interface(51820, 0xca6c);
	assert_string_equal(
		out.chars,
		"interface=wg0 state=up listen_port=51820 fwmark=0xca6c mtu=1420 peers=2 "
		"public_key=pQ01bBN23tnRATgORbGTE9ExxNDq6QU0SvkhVbfYpUY= rx_bytes=1024 tx_bytes=7 "
		"aead=sodium under_load=yes cookies_sent=3 cookies_received=2 udp4=on udp6=off "
		"recv_calls=0 recv_datagrams=0 send_calls=0 send_datagrams=0 send_errors=4 "
		"last_send_error=101 dev_reads=0 dev_writes=0 drop_cookie-sent=3 drop_replay=9 "
		"drop_no-peer=1\n");
}

static void test_peer_record_of_a_new_peer(void **state)
{
	const struct state idle = { STATE_IDLE, "nothing sent yet" };

	(void)state;
	status_peer(&out, add_peer(1), &idle, mono);
	assert_string_equal(
		out.chars,
		"peer=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= endpoint=none state=idle "
		"reason=\"nothing sent yet\" handshake_age=never key_age=none heard_age=never "
		"rx_bytes=0 tx_bytes=0 rx_packets=0 tx_packets=0 keepalive=off handshakes=0 "
		"initiations_sent=0 initiations_received=0 responses_sent=0 allowed_ips=0\n");
}

static void test_peer_record_of_a_busy_peer(void **state)
{
	const struct state up = { STATE_UP, "session works" };
	struct session current = { .born = mono - 119 * SECOND_NS };
	const struct prefix all = { .ip = { .family = AF_INET6 } };
	struct peer *p = add_peer(1);

	(void)state;
	assert_int_equal(admin_allow(&path.tunnel, p, &all), 0);
	assert_true(endpoint_parse(&p->endpoint, "[2001:db8::1]:51820", 19));
	p->handshake_at = mono - 118 * SECOND_NS;
	p->heard_at = mono - SECOND_NS / 2;
	p->rx_bytes = 1;
	p->tx_bytes = 2;
	p->rx_packets = 3;
	p->tx_packets = 4;
	p->timers.interval = 25;
	p->handshakes = 5;
	p->initiations_sent = 6;
	p->initiations_received = 7;
	p->responses_sent = 8;
	p->count[FATE_FORGED] = 11;
	p->count[FATE_KEEPALIVE] = 12; /* not a drop */
	p->keyring.current = &current;
	status_peer(&out, p, &up, mono);
	p->keyring.current = NULL;
	assert_string_equal(
		out.chars,
		"peer=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= endpoint=[2001:db8::1]:51820 "
		"state=up reason=\"session works\" handshake_age=118 key_age=119 heard_age=0 "
		"rx_bytes=1 tx_bytes=2 rx_packets=3 tx_packets=4 keepalive=25 handshakes=5 "
		"initiations_sent=6 initiations_received=7 responses_sent=8 allowed_ips=1 "
		"drop_forged=11\n");
}

static void test_records_hold_no_secret(void **state)
{
	const struct instant now = { .mono = mono, .wall = 1 };
	const struct state idle = { STATE_IDLE, "" };
	struct key psk = { .bytes = { 0x55, 0xaa, 0x55 } }, secret;
	char base64[KEY_BASE64_LEN + 1], hex[KEY_HEX_LEN + 1];
	struct peer *p = add_peer(1);

	(void)state;
	admin_private_key(&path.tunnel, &private_key, now);
	admin_psk(p, &psk);
	print_interface(1, 1);
	status_peer(&out, p, &idle, mono);
	secret = *admin_read_private_key(&path.tunnel);
	key_to_base64(base64, &secret);
	key_to_hex(hex, &secret);
	assert_null(strstr(out.chars, base64));
	assert_null(strstr(out.chars, hex));
	key_to_base64(base64, &psk);
	key_to_hex(hex, &psk);
	assert_null(strstr(out.chars, base64));
	assert_null(strstr(out.chars, hex));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(test_interface_record_of_an_empty_tunnel),
		EACH(test_interface_record_sums_peers_and_names_drops),
		EACH(test_peer_record_of_a_new_peer),
		EACH(test_peer_record_of_a_busy_peer),
		EACH(test_records_hold_no_secret),
	};

	return aead_init(NULL) < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

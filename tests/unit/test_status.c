/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/dh.h"
#include "diag/counters.h"
#include "diag/status.h"
#include "forced.h"
#include "proto/admin.h"

/* Nothing has been opened, and nothing moved. */
#define TRAFFIC                                                                                 \
	" offload_tun_vnet=off offload_tun_tso=off offload_tun_uso=off offload_tun_tcp_gro=off" \
	" offload_tun_udp_gro=off offload_udp_gso=off offload_udp_gro=off"                      \
	" segments_per_run=0.0 syscalls_per_mb=0.0"

enum { NOW_S = 10000 };
static const uint64_t mono = NOW_S * SECOND_NS;

static struct datapath path;
static struct print out;
static const struct key private_key = { .bytes = { 1, 2, 3 } };

static int set_up(void **state)
{
	(void)state;
	memset(&path, 0, sizeof(path));
	path.udp.fd[UDP_V4] = 5;
	path.udp.fd[UDP_V6] = -1;
	return tunnel_init(&path.tunnel, &rng_system, 8);
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
						.batch_bytes = 65536,
						.jail = "on",
						.jail_lacks = "",
						.aead = "sodium",
						.aead_ns_64 = 364,
						.aead_ns_1424 = 1545,
						.mono = mono,
						.timer_late_max = 4999999 };

	status_interface(&out, &path, &about);
	assert_false(out.failed);
}

static void test_interface_record_of_an_empty_tunnel(void **state)
{
	(void)state;
	print_interface(0, 0);
	assert_string_equal(
		out.chars,
		"interface=wg0 state=down listen_port=0 fwmark=off mtu=1420 "
		"batch_bytes=65536 peers=0 public_key=none rx_bytes=0 tx_bytes=0 aead=sodium aead_ns_64=364 "
		"aead_ns_1424=1545 jail=on under_load=no "
		"cookies_sent=0 cookies_received=0 udp4=on udp6=off recv_calls=0 "
		"recv_datagrams=0 send_calls=0 send_datagrams=0 dev_reads=0 "
		"dev_writes=0 timer_late_max_us=4999" TRAFFIC "\n");
}

static void test_interface_record_tells_of_name_servers(void **state)
{
	struct status_dns dns = { "10.7.0.2 fd07::2", "~. x.example", "resolvconf", "", 0,
				  "192.0.2.53",       "fd07::2" };
	struct status_interface about = { .name = "wg0", .jail_lacks = "", .dns = &dns };

	(void)state;
	status_interface(&out, &path, &about);
	assert_non_null(strstr(out.chars,
			       " dns=on dns_servers=\"10.7.0.2 fd07::2\" "
			       "dns_domains=\"~. x.example\" dns_by=\"resolvconf\" "
			       "dns_aside=\"192.0.2.53\" dns_outside=\"fd07::2\" under_load="));
	print_fini(&out);
	dns = (struct status_dns){ "10.7.0.2", "~.", "", "said \"no\"\n", -EIO, "", "" };
	status_interface(&out, &path, &about);
	assert_non_null(strstr(out.chars, " dns=off dns_servers=\"10.7.0.2\" dns_domains=\"~.\" "
					  "dns_error=\"said 'no''\" under_load="));
	print_fini(&out);
	/* The file has none. */
	dns = (struct status_dns){ "", "", "", "", 0, "", "" };
	status_interface(&out, &path, &about);
	assert_null(strstr(out.chars, "dns"));
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
		"interface=wg0 state=up listen_port=51820 fwmark=0xca6c mtu=1420 "
		"batch_bytes=65536 peers=2 "
		"public_key=pQ01bBN23tnRATgORbGTE9ExxNDq6QU0SvkhVbfYpUY= rx_bytes=1024 tx_bytes=7 "
		"aead=sodium aead_ns_64=364 aead_ns_1424=1545 jail=on "
		"under_load=yes cookies_sent=3 cookies_received=2 udp4=on udp6=off "
		"recv_calls=0 recv_datagrams=0 send_calls=0 send_datagrams=0 send_errors=4 "
		"last_send_error=101 dev_reads=0 dev_writes=0 timer_late_max_us=4999" TRAFFIC
		" drop_cookie-sent=3 drop_replay=9 drop_no-peer=1\n");
}

static void test_interface_record_names_what_others_took_away(void **state)
{
	struct drift drift = { .missing = 3, .put_back = 12, .n = 1 };
	struct status_interface about = {
		.name = "wg0", .jail = "on", .jail_lacks = "", .aead = "sodium", .drift = &drift
	};

	(void)state;
	snprintf(drift.item[0].what, DRIFT_WHAT, "route to 10.1.0.0/16");
	drift.item[0].missing = 1;
	status_interface(&out, &path, &about);
	assert_non_null(strstr(out.chars,
			       " missing=3 put_back=12 drift=\"route to 10.1.0.0/16 and 2 more, "
			       "removed by others\" "));
	print_fini(&out);
	drift.missing = 0;
	status_interface(&out, &path, &about);
	assert_non_null(strstr(out.chars, " missing=0 put_back=12 under_load="));
}

static void test_peer_record_of_a_new_peer(void **state)
{
	const struct state idle = { STATE_IDLE, "nothing sent yet" };

	(void)state;
	status_peer(&out, add_peer(1), &idle, mono);
	assert_string_equal(
		out.chars,
		"peer=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= endpoint=none state=idle "
		"reason=\"nothing sent yet\" state_age=0 handshake_age=never key_age=none heard_age=never "
		"rx_bytes=0 tx_bytes=0 rx_packets=0 tx_packets=0 keepalive=off handshakes=0 "
		"initiations_sent=0 initiations_received=0 responses_sent=0 allowed_ips=0\n");
}

static void test_peer_record_of_a_peer_with_a_name(void **state)
{
	const struct state idle = { STATE_IDLE, "nothing sent yet" };
	struct peer *p = add_peer(1);

	(void)state;
	strcpy(p->note.name, "the laptop");
	status_peer(&out, p, &idle, mono);
	assert_non_null(strstr(out.chars, "AAA= name=\"the laptop\" endpoint=none state=idle "));
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
	p->note.since = mono - 77 * SECOND_NS;
	p->session_rx = 1;
	p->faults = (struct faults){
		.send = { { .err = 1, .count = 2 } },
		.icmp = { .type = 3, .code = 13, .count = 3 },
		.cookies = 4,
		.timestamps = 5,
		.unconfirmed = 6,
		.unreturned = 1,
		.unreturned_since = mono,
	};
	p->count[FATE_FORGED] = 11;
	p->count[FATE_KEEPALIVE] = 12; /* not a drop */
	p->keyring.current = &current;
	status_peer(&out, p, &up, mono);
	p->keyring.current = NULL;
	assert_string_equal(
		out.chars,
		"peer=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= endpoint=[2001:db8::1]:51820 "
		"state=up reason=\"session works\" state_age=77 handshake_age=118 key_age=119 "
		"heard_age=0 rx_bytes=1 tx_bytes=2 rx_packets=3 tx_packets=4 "
		"session_rx_packets=2 session_tx_packets=4 keepalive=25 handshakes=5 "
		"initiations_sent=6 initiations_received=7 responses_sent=8 allowed_ips=1 "
		"send_error_1=2 icmp=3 icmp_last=3/13 cookies_received=4 timestamps_old=5 "
		"responses_unconfirmed=6 tx_unreturned=1 drop_forged=11\n");
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

static void test_traffic_shows_states_with_reasons_and_what_was_counted(void **state)
{
	(void)state;
	path.offloads.kind[OFFLOAD_TUN_VNET].on = true;
	path.offloads.kind[OFFLOAD_TUN_TSO].wish = OFFLOAD_OFF;
	offload_found(&path.offloads, OFFLOAD_TUN_TSO, true, NULL);
	offload_found(&path.offloads, OFFLOAD_TUN_USO, false, "kernel");
	offload_found(&path.offloads, OFFLOAD_TUN_TCP_GRO, true, NULL);
	offload_give_up(&path.offloads, OFFLOAD_TUN_TCP_GRO, "refused");
	offload_give_up(&path.offloads, OFFLOAD_TUN_TCP_GRO, "refused"); /* it was off already */
	path.dev.reads = 4;
	path.dev.writes = 6;
	path.dev.stats.big_read = 2;
	path.dev.stats.big_read_segments = 90;
	path.dev.stats.breaks[VNET_BREAK_CSUM] = 5;
	path.udp.stats.send_datagrams = 93;
	path.udp.stats.send_calls = 5;
	path.udp.stats.send_sizes[0] = 3;
	path.udp.stats.send_sizes[6] = 2;
	path.udp.stats.recv_calls = 5;
	path.bytes = 2000000;
	counters_print(&out, &path);
	assert_string_equal(
		out.chars,
		" offload_tun_vnet=on offload_tun_tso=off(configured) offload_tun_uso=off(kernel)"
		" offload_tun_tcp_gro=off(refused),1-downgrades offload_tun_udp_gro=off"
		" offload_udp_gso=off offload_udp_gro=off dev_big_reads=2 dev_big_read_segments=90"
		" join_break_csum=5 send_runs_of_1=3 send_runs_of_33_64=2 segments_per_run=18.6"
		" syscalls_per_mb=10.0");
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(test_interface_record_of_an_empty_tunnel),
		EACH(test_traffic_shows_states_with_reasons_and_what_was_counted),
		EACH(test_interface_record_tells_of_name_servers),
		EACH(test_interface_record_sums_peers_and_names_drops),
		EACH(test_interface_record_names_what_others_took_away),
		EACH(test_peer_record_of_a_new_peer),
		EACH(test_peer_record_of_a_peer_with_a_name),
		EACH(test_peer_record_of_a_busy_peer),
		EACH(test_records_hold_no_secret),
	};

	return forced_aead() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

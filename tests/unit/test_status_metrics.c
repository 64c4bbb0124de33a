/* SPDX-License-Identifier: ISC */
/* Reports as metrics: names and labels that dashboards rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "diag/state.h"
#include "unit/machine.h"
#include "view/status_metrics.h"

#define KNOWN_AS(name, key, ips)                                                                  \
	"{interface=\"wg0\",public_key=\"" key "\",allowed_ips=\"" ips "\",friendly_name=\"" name \
	"\"} "
#define KNOWN(key, ips) KNOWN_AS("", key, ips)
#define TWOS(ips)       KNOWN_AS("42", MACHINE_TWOS, ips)
#define PEER(key)       "{interface=\"wg0\",public_key=\"" key "\""

static const char beginning[] =
	"# HELP wireguard_sent_bytes_total Bytes sent to the peer.\n"
	"# TYPE wireguard_sent_bytes_total counter\n"
	"wireguard_sent_bytes_total" KNOWN(
		MACHINE_ONES,
		"") "0\n"
		    "wireguard_sent_bytes_total" TWOS(
			    "10.1.2.0/24,fd00::/64") "123456\n"
						     "# HELP wireguard_received_bytes_total Bytes received from the peer.\n"
						     "# TYPE wireguard_received_bytes_total counter\n"
						     "wireguard_received_bytes_total" KNOWN(
							     MACHINE_ONES,
							     "") "0\n"
								 "wireguard_received_bytes_total" TWOS(
									 "10.1.2.0/24,fd00::/64") "7890123\n"
												  "# HELP wireguard_latest_handshake_seconds Unix time of the latest handshake with the "
												  "peer, 0 if there was none.\n"
												  "# TYPE wireguard_latest_handshake_seconds gauge\n"
												  "wireguard_latest_handshake_seconds" KNOWN(
													  MACHINE_ONES,
													  "") "0\n"
													      "wireguard_latest_handshake_seconds" TWOS(
														      "10.1.2.0/24,fd00::/64") "1700000037\n"
																	       "# HELP taut_interface_up Whether the interface is up.\n"
																	       "# TYPE taut_interface_up gauge\n"
																	       "taut_interface_up{interface=\"wg0\"} 1\n"
																	       "# HELP taut_interface_info What the interface is, always 1.\n"
																	       "# TYPE taut_interface_info gauge\n"
																	       "taut_interface_info{interface=\"wg0\",public_key=\"" MACHINE_PUBLIC
																	       "\",aead=\"ipsec-mb\"} 1\n";

static const char *const lines[] = {
	"\ntaut_interface_mtu_bytes{interface=\"wg0\"} 1420\n",
	"\ntaut_interface_drops_total{interface=\"wg0\",reason=\"lane_full\"} 3\n"
	"taut_interface_drops_total{interface=\"wg0\",reason=\"replay\"} 1\n",
	"\ntaut_offload_on{interface=\"wg0\",offload=\"tun_vnet\"} 1\n"
	"taut_offload_on{interface=\"wg0\",offload=\"udp_gso\"} 0\n",
	"\ntaut_offload_downgrades_total{interface=\"wg0\",offload=\"udp_gso\"} 2\n",
	"\ntaut_dns_set{interface=\"wg0\"} 1\n",
	"\ntaut_under_load{interface=\"wg0\"} 0\n",
	"\ntaut_cookies_received_total{interface=\"wg0\"} 2\n",
	"\ntaut_udp_send_errors_total{interface=\"wg0\"} 0\n",
	"\ntaut_timer_late_max_seconds{interface=\"wg0\"} 0.0015\n",
	"\ntaut_peer_state" PEER(MACHINE_ONES) ",state=\"up\"} 0\n",
	"\ntaut_peer_state" PEER(MACHINE_ONES) ",state=\"idle\"} 1\n",
	"\ntaut_peer_state" PEER(MACHINE_TWOS) ",state=\"up\"} 1\n",
	"\ntaut_peer_state" PEER(MACHINE_TWOS) ",state=\"idle\"} 0\n",
	"\ntaut_peer_received_packets_total" PEER(MACHINE_TWOS) "} 7000\n",
	"\ntaut_peer_sent_packets_total" PEER(MACHINE_TWOS) "} 900\n",
	"\ntaut_peer_heard_age_seconds" PEER(MACHINE_TWOS) "} 2\n",
	"\ntaut_peer_handshakes_total" PEER(MACHINE_TWOS) "} 4\n",
	"\ntaut_peer_drops_total" PEER(MACHINE_TWOS) ",reason=\"no_session\"} 5\n",
};

static char *metrics_of(struct print *out, bool of_taut)
{
	struct tunnelview r;

	assert_int_equal(machine_report(&r, "wg0", of_taut), 0);
	status_metrics(out, &r, 1, NULL);
	assert_false(out->failed);
	tunnelview_fini(&r);
	return out->chars;
}

static void test_known_names_and_labels_come_first(void **state)
{
	struct print out = { 0 };

	(void)state;
	metrics_of(&out, true);
	assert_true(out.len > strlen(beginning));
	out.chars[strlen(beginning)] = '\0';
	assert_string_equal(out.chars, beginning);
	print_fini(&out);
}

static void test_our_own_metrics_have_their_lines(void **state)
{
	struct print out = { 0 };
	size_t i;

	(void)state;
	metrics_of(&out, true);
	for (i = 0; i < LEN(lines); i++) {
		if (!strstr(out.chars, lines[i]))
			fail_msg("no %s", lines[i]);
	}
	/* unknown is left out, not 0 */
	assert_null(strstr(out.chars, "taut_peer_heard_age_seconds" PEER(MACHINE_ONES)));
	print_fini(&out);
}

static void test_another_daemon_has_the_known_ones_only(void **state)
{
	struct print out = { 0 };
	const char *at;

	(void)state;
	at = metrics_of(&out, false);
	assert_non_null(strstr(at, "wireguard_sent_bytes_total" KNOWN(MACHINE_ONES, "") "0\n"));
	while ((at = strstr(at, "\ntaut_"))) {
		assert_memory_equal(at, "\ntaut_interface_up{", strlen("\ntaut_interface_up{"));
		at++;
	}
	print_fini(&out);
}

static void test_each_metric_is_in_one_piece(void **state)
{
	struct print out = { 0 };
	struct tunnelview two[2];
	struct text rest, line, name, before = { 0 };
	char seen[64][64];
	size_t n = 0, i;

	(void)state;
	assert_int_equal(machine_report(&two[0], "wg0", true), 0);
	assert_int_equal(machine_report(&two[1], "wg1", true), 0);
	status_metrics(&out, two, 2, NULL);
	rest = text_from(out.chars, out.len);
	while (text_split(&rest, '\n', &line)) {
		if (!text_len(line) || *line.at == '#')
			continue;
		text_split(&line, '{', &name);
		if (text_len(before) == text_len(name) &&
		    memcmp(before.at, name.at, text_len(name)) == 0)
			continue;
		before = name;
		for (i = 0; i < n; i++)
			assert_false(text_is(name, seen[i]));
		assert_true(n < LEN(seen));
		snprintf(seen[n++], sizeof(seen[0]), "%.*s", (int)text_len(name), name.at);
	}
	assert_true(n > 20);
	print_fini(&out);
	tunnelview_fini(&two[0]);
	tunnelview_fini(&two[1]);
}

static void test_a_tunnel_that_does_not_run_is_down(void **state)
{
	struct print out = { 0 };

	(void)state;
	status_metrics(&out, NULL, 0, "wg7");
	assert_string_equal(out.chars, "# HELP taut_interface_up Whether the interface is up.\n"
				       "# TYPE taut_interface_up gauge\n"
				       "taut_interface_up{interface=\"wg7\"} 0\n");
	print_fini(&out);
	status_metrics(&out, NULL, 0, NULL);
	assert_int_equal(out.len, 0);
}

static void test_a_label_is_quoted(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	tunnelview_init(&r, "wg0");
	assert_int_equal(tunnelview_get(&r, text_from_str("listen_port=1\n")), 0);
	tunnelview_status(&r, text_from_str("interface=wg0 state=up aead=\"a\\\"b\\\\c\"\n"));
	status_metrics(&out, &r, 1, NULL);
	assert_non_null(strstr(out.chars, ",aead=\"a\\\"b\\\\c\"} 1\n"));
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_no_secret_is_in_them(void **state)
{
	struct print out = { 0 };

	(void)state;
	metrics_of(&out, true);
	assert_null(strstr(out.chars, MACHINE_PRIVATE));
	assert_null(strstr(out.chars, MACHINE_PSK));
	print_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_names_and_labels_come_first),
		cmocka_unit_test(test_our_own_metrics_have_their_lines),
		cmocka_unit_test(test_another_daemon_has_the_known_ones_only),
		cmocka_unit_test(test_each_metric_is_in_one_piece),
		cmocka_unit_test(test_a_tunnel_that_does_not_run_is_down),
		cmocka_unit_test(test_a_label_is_quoted),
		cmocka_unit_test(test_no_secret_is_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

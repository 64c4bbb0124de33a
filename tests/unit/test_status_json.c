/* SPDX-License-Identifier: ISC */
/* Reports as JSON: byte for byte, and without secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "unit/machine.h"
#include "view/status_json.h"

#define NOW UINT64_C(1700000100123456789)

static const char golden[] = "{\n"
			     "  \"schema\": 1,\n"
			     "  \"time\": 1700000100.123456,\n"
			     "  \"interfaces\": [\n"
			     "    {\n"
			     "      \"name\": \"wg0\",\n"
			     "      \"state\": \"up\",\n"
			     "      \"public_key\": \"" MACHINE_PUBLIC "\",\n"
			     "      \"listen_port\": 51820,\n"
			     "      \"fwmark\": 51820,\n"
			     "      \"mtu\": 1420,\n"
			     "      \"received_bytes\": 7890123,\n"
			     "      \"sent_bytes\": 123456,\n"
			     "      \"aead\": {\n"
			     "        \"name\": \"ipsec-mb\",\n"
			     "        \"ns_64\": 181,\n"
			     "        \"ns_1424\": 402\n"
			     "      },\n"
			     "      \"dns\": {\n"
			     "        \"set\": true,\n"
			     "        \"by\": \"resolvconf\",\n"
			     "        \"servers\": [\n"
			     "          \"10.7.0.2\",\n"
			     "          \"fd07::2\"\n"
			     "        ],\n"
			     "        \"domains\": [\n"
			     "          \"~.\",\n"
			     "          \"corp.example\"\n"
			     "        ],\n"
			     "        \"error\": null,\n"
			     "        \"also_asked\": \"192.0.2.53\",\n"
			     "        \"asked_outside\": \"2001:db8::53\"\n"
			     "      },\n"
			     "      \"udp4\": true,\n"
			     "      \"udp6\": false,\n"
			     "      \"under_load\": false,\n"
			     "      \"offloads\": {\n"
			     "        \"tun_vnet\": {\n"
			     "          \"on\": true,\n"
			     "          \"why\": null,\n"
			     "          \"downgrades\": 0\n"
			     "        },\n"
			     "        \"udp_gso\": {\n"
			     "          \"on\": false,\n"
			     "          \"why\": \"kernel-damages-runs\",\n"
			     "          \"downgrades\": 2\n"
			     "        }\n"
			     "      },\n"
			     "      \"drops\": {\n"
			     "        \"lane_full\": 3,\n"
			     "        \"replay\": 1\n"
			     "      },\n"
			     "      \"drift\": null,\n"
			     "      \"figures\": {\n"
			     "        \"cookies_sent\": 0,\n"
			     "        \"cookies_received\": 2,\n"
			     "        \"recv_calls\": 9,\n"
			     "        \"timer_late_max_us\": 1500,\n"
			     "        \"segments_per_run\": 2.5\n"
			     "      },\n"
			     "      \"peers\": [\n"
			     "        {\n"
			     "          \"public_key\": \"" MACHINE_ONES "\",\n"
			     "          \"name\": null,\n"
			     "          \"has_preshared_key\": false,\n"
			     "          \"endpoint\": null,\n"
			     "          \"allowed_ips\": [],\n"
			     "          \"persistent_keepalive\": null,\n"
			     "          \"state\": \"idle\",\n"
			     "          \"reason\": \"no endpoint: \\\"waits\\\"\",\n"
			     "          \"state_age_seconds\": 0,\n"
			     "          \"latest_handshake\": null,\n"
			     "          \"session_age_seconds\": null,\n"
			     "          \"heard_age_seconds\": null,\n"
			     "          \"received_bytes\": 0,\n"
			     "          \"sent_bytes\": 0,\n"
			     "          \"received_packets\": 0,\n"
			     "          \"sent_packets\": 0,\n"
			     "          \"drops\": {},\n"
			     "          \"figures\": {\n"
			     "            \"handshakes\": 0\n"
			     "          }\n"
			     "        },\n"
			     "        {\n"
			     "          \"public_key\": \"" MACHINE_TWOS "\",\n"
			     "          \"name\": \"42\",\n"
			     "          \"has_preshared_key\": true,\n"
			     "          \"endpoint\": \"[fd00::2]:51821\",\n"
			     "          \"allowed_ips\": [\n"
			     "            \"10.1.2.0/24\",\n"
			     "            \"fd00::/64\"\n"
			     "          ],\n"
			     "          \"persistent_keepalive\": 25,\n"
			     "          \"state\": \"up\",\n"
			     "          \"reason\": \"session works\",\n"
			     "          \"state_age_seconds\": 61,\n"
			     "          \"latest_handshake\": 1700000037.5,\n"
			     "          \"session_age_seconds\": 62,\n"
			     "          \"heard_age_seconds\": 2,\n"
			     "          \"received_bytes\": 7890123,\n"
			     "          \"sent_bytes\": 123456,\n"
			     "          \"received_packets\": 7000,\n"
			     "          \"sent_packets\": 900,\n"
			     "          \"drops\": {\n"
			     "            \"no_session\": 5\n"
			     "          },\n"
			     "          \"figures\": {\n"
			     "            \"handshakes\": 4\n"
			     "          }\n"
			     "        }\n"
			     "      ]\n"
			     "    }\n"
			     "  ]\n"
			     "}\n";

static void test_a_report_is_json_byte_for_byte(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	assert_int_equal(machine_report(&r, "wg0", true), 0);
	status_json(&out, &r, 1, NOW);
	assert_false(out.failed);
	assert_string_equal(out.chars, golden);
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_what_another_daemon_does_not_say_is_null(void **state)
{
	static const char *const nulls[] = {
		"\"state\": null",
		"\"mtu\": null",
		"\"aead\": null",
		"\"udp4\": null",
		"\"under_load\": null",
		"\"offloads\": {}",
		"\"figures\": {}",
		"\"reason\": null",
		"\"dns\": null",
		"\"sent_packets\": null",
		"\"state_age_seconds\": null",
	};
	struct print out = { 0 };
	struct tunnelview r;
	size_t i;

	(void)state;
	assert_int_equal(machine_report(&r, "wg0", false), 0);
	status_json(&out, &r, 1, NOW);
	for (i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		assert_non_null(strstr(out.chars, nulls[i]));
	assert_non_null(strstr(out.chars, "\"received_bytes\": 7890123"));
	assert_null(strstr(out.chars, "\"state\": \""));
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_no_secret_is_in_it(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	assert_int_equal(machine_report(&r, "wg0", true), 0);
	status_json(&out, &r, 1, NOW);
	assert_null(strstr(out.chars, MACHINE_PRIVATE));
	assert_null(strstr(out.chars, MACHINE_PSK));
	assert_null(strstr(out.chars, MACHINE_PRIVATE_HEX));
	assert_null(strstr(out.chars, MACHINE_PSK_HEX));
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_no_tunnel_is_an_empty_list(void **state)
{
	struct print out = { 0 };

	(void)state;
	status_json(&out, NULL, 0, UINT64_C(1700000000) * 1000000000);
	assert_string_equal(
		out.chars,
		"{\n  \"schema\": 1,\n  \"time\": 1700000000.0,\n  \"interfaces\": []\n}\n");
	print_fini(&out);
}

/* It may not see the keys: neither the own public one, by a private one, nor whether there is a psk. */
static void test_what_a_reader_may_not_know_is_null(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	tunnelview_init(&r, "wg0");
	assert_int_equal(tunnelview_get(&r, text_from_str("public_key=" MACHINE_ONES_HEX "\n")), 0);
	tunnelview_status(&r,
			  text_from_str("interface=wg0 state=up public_key=" MACHINE_PUBLIC "\n"));
	status_json(&out, &r, 1, NOW);
	assert_false(out.failed);
	assert_non_null(strstr(out.chars, "\"public_key\": \"" MACHINE_PUBLIC "\""));
	assert_non_null(strstr(out.chars, "\"has_preshared_key\": null"));
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_odd_words_of_a_daemon_make_valid_json(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	tunnelview_init(&r, "wg0");
	assert_int_equal(tunnelview_get(&r, text_from_str("public_key=" MACHINE_ONES_HEX "\n"
							  "tx_bytes=18446744073709551615\n")),
			 0);
	tunnelview_status(&r, text_from_str("interface=wg0 state=up mtu=x drop_a=-1 drop_b=1.5 "
					    "word=yes ratio=1.5.2 =7 other=9\n"
					    "peer=" MACHINE_ONES " reason=\"caf\xe9 \xc3\xa9\"\n"));
	status_json(&out, &r, 1, NOW);
	assert_false(out.failed);
	assert_non_null(strstr(out.chars, "\"mtu\": null"));
	assert_non_null(strstr(out.chars,
			       "\"drops\": {},\n      \"drift\": null,\n      \"figures\": {\n"
			       "        \"other\": 9\n      }"));
	assert_non_null(strstr(out.chars, "\"sent_bytes\": 9223372036854775807"));
	assert_non_null(strstr(out.chars, "\"reason\": \"caf? ??\""));
	print_fini(&out);
	tunnelview_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_report_is_json_byte_for_byte),
		cmocka_unit_test(test_what_another_daemon_does_not_say_is_null),
		cmocka_unit_test(test_no_secret_is_in_it),
		cmocka_unit_test(test_no_tunnel_is_an_empty_list),
		cmocka_unit_test(test_what_a_reader_may_not_know_is_null),
		cmocka_unit_test(test_odd_words_of_a_daemon_make_valid_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "diag/state.h"
#include "proto/limits.h"

enum { NOW_S = 10000 };
static const uint64_t now = NOW_S * SECOND_NS;

static struct session session;
static struct peer peer;
static struct state_context around;
static struct state state;

static int set_up(void **unused)
{
	(void)unused;
	memset(&peer, 0, sizeof(peer));
	session = (struct session){ .send_valid = true,
				    .receive_valid = true,
				    .born = now - 10 * SECOND_NS };
	around = (struct state_context){ .link_up = true, .have_key = true };
	assert_true(endpoint_parse(&peer.endpoint, "192.0.2.1:51820", 15));
	return 0;
}

static void expect(enum state_word word, const char *part)
{
	state_of(&state, &peer, &around, now);
	assert_string_equal(vocabulary_state(state.word), vocabulary_state(word));
	assert_non_null(strstr(state.reason, part));
}

static void test_link_down_outweighs_all(void **unused)
{
	(void)unused;
	peer.keyring.current = &session;
	around.link_up = false;
	expect(STATE_DEAD, "interface is down");
}

static void test_no_private_key_is_dead(void **unused)
{
	(void)unused;
	around.have_key = false;
	expect(STATE_DEAD, "no private key");
}

static void test_live_session_is_up(void **unused)
{
	(void)unused;
	peer.keyring.current = &session;
	peer.handshake_at = session.born;
	expect(STATE_UP, "session works");
}

static void test_session_too_old_is_not_up(void **unused)
{
	(void)unused;
	peer.keyring.current = &session;
	session.born = now - REJECT_AFTER_TIME_NS;
	peer.handshake_at = session.born;
	expect(STATE_IDLE, "next packet starts a handshake");
}

static void test_unanswered_data_makes_a_session_stale(void **unused)
{
	(void)unused;
	peer.keyring.current = &session;
	peer.heard_at = now - 13 * SECOND_NS;
	peer.timers.at[TIMER_NEW_HANDSHAKE] = now - 12 * SECOND_NS + NEW_HANDSHAKE_NS;
	expect(STATE_STALE, "heard nothing for 13 s");
	/* That timer has fired, and handshakes are not answered either. */
	peer.heard_at = now - 22 * SECOND_NS;
	peer.timers = (struct timers){ .unanswered = 2 };
	peer.timers.at[TIMER_RETRANSMIT] = now + SECOND_NS;
	expect(STATE_STALE, "heard nothing for 22 s");
	peer.timers = (struct timers){ 0 };
	/* A passive keepalive comes after ten seconds, and needs a moment. */
	peer.heard_at = now - 11 * SECOND_NS;
	peer.timers.at[TIMER_NEW_HANDSHAKE] = now - 10 * SECOND_NS + NEW_HANDSHAKE_NS - MILLI_NS;
	expect(STATE_UP, "session works");
	/* Data that left just now may still be answered. */
	peer.timers.at[TIMER_NEW_HANDSHAKE] = now - SECOND_NS + NEW_HANDSHAKE_NS;
	expect(STATE_UP, "session works");
}

static void test_refused_datagrams_make_a_session_stale(void **unused)
{
	(void)unused;
	peer.keyring.current = &session;
	peer.send_error = ENETUNREACH;
	expect(STATE_STALE, strerror(ENETUNREACH));
}

static void test_forbidden_inner_source_is_named(void **unused)
{
	(void)unused;
	peer.keyring.current = &session;
	peer.faults.source_at = now - 179 * SECOND_NS;
	assert_true(ip_parse(&peer.refused_source, "10.9.8.7", 8));
	expect(STATE_UP, "10.9.8.7");
	peer.faults.source_at = now - 180 * SECOND_NS;
	expect(STATE_UP, "session works");
	assert_null(strstr(state.reason, "10.9.8.7"));
}

static void test_first_initiation_is_handshaking(void **unused)
{
	(void)unused;
	peer.timers.at[TIMER_RETRANSMIT] = now + SECOND_NS;
	expect(STATE_HANDSHAKING, "handshake sent to 192.0.2.1:51820");
}

static void test_unanswered_initiations_are_counted(void **unused)
{
	(void)unused;
	peer.timers.at[TIMER_RETRANSMIT] = now + SECOND_NS;
	peer.timers.unanswered = 7;
	expect(STATE_HANDSHAKING, "to 7 initiations");
}

static void test_unreachable_network_is_the_reason_for_no_handshake(void **unused)
{
	(void)unused;
	peer.timers.at[TIMER_RETRANSMIT] = now + SECOND_NS;
	peer.send_error = EPERM;
	expect(STATE_HANDSHAKING, strerror(EPERM));
}

static void test_different_preshared_keys_are_named(void **unused)
{
	(void)unused;
	peer.timers.at[TIMER_RETRANSMIT] = now + SECOND_NS;
	peer.faults.psk_at = now - SECOND_NS;
	expect(STATE_HANDSHAKING, "preshared keys differ");
	peer.handshake_at = now - SECOND_NS / 2; /* and they do no more */
	expect(STATE_HANDSHAKING, "handshake sent");
}

static void test_closed_port_is_named(void **unused)
{
	(void)unused;
	peer.timers.at[TIMER_RETRANSMIT] = now + SECOND_NS;
	peer.faults.icmp = (struct faults_icmp){
		.to = peer.endpoint, .type = 3, .code = 3, .at = now - SECOND_NS
	};
	expect(STATE_HANDSHAKING, "nothing is listening at 192.0.2.1:51820");
	peer.heard_at = now - SECOND_NS / 2;
	expect(STATE_HANDSHAKING, "handshake sent");
}

static void test_answers_without_a_sign_are_counted(void **unused)
{
	(void)unused;
	peer.keyring.next = &session;
	peer.faults.unconfirmed = 4;
	expect(STATE_HANDSHAKING, "answered 4 initiations");
}

static void test_glance_is_the_same_word(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 64; i++) {
		set_up(NULL);
		around.link_up = i & 1;
		peer.keyring.current = i & 2 ? &session : NULL;
		peer.timers.at[TIMER_RETRANSMIT] = i & 4 ? now + 1 : 0;
		peer.send_error = i & 8 ? EPERM : 0;
		peer.timers.attempts = i & 16 ? MAX_TIMER_HANDSHAKES + 1 : 0;
		peer.timers.unanswered = i & 32 ? 3 : 0;
		state_of(&state, &peer, &around, now);
		assert_int_equal(state_glance(&peer, &around, now), state.word);
	}
}

static void test_after_giving_up_a_peer_is_dead(void **unused)
{
	(void)unused;
	peer.timers.attempts = MAX_TIMER_HANDSHAKES + 1;
	expect(STATE_DEAD, "no answer to 20 initiations");
}

static void test_name_without_address_is_resolving_and_says_why(void **unused)
{
	(void)unused;
	memset(&peer.endpoint, 0, sizeof(peer.endpoint));
	around.host = "vpn.example";
	expect(STATE_RESOLVING, "waiting for the address of vpn.example");
	around.why = "name does not exist";
	around.retry_seconds = 8;
	expect(STATE_RESOLVING, "vpn.example: name does not exist; retrying within 8 s");
}

static void test_name_matters_no_more_once_the_peer_has_called(void **unused)
{
	(void)unused;
	memset(&peer.endpoint, 0, sizeof(peer.endpoint));
	around.host = "vpn.example";
	peer.keyring.current = &session;
	expect(STATE_UP, "session works");
}

static void test_peer_without_endpoint_waits_for_its_call(void **unused)
{
	(void)unused;
	memset(&peer.endpoint, 0, sizeof(peer.endpoint));
	expect(STATE_IDLE, "waiting for the peer to connect");
}

static void test_unconfirmed_session_is_handshaking(void **unused)
{
	(void)unused;
	peer.keyring.next = &session;
	expect(STATE_HANDSHAKING, "waiting for its first packet");
}

static void test_untouched_peer_is_idle(void **unused)
{
	(void)unused;
	expect(STATE_IDLE, "first packet starts a handshake");
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup(test, set_up)
	const struct CMUnitTest tests[] = {
		EACH(test_link_down_outweighs_all),
		EACH(test_no_private_key_is_dead),
		EACH(test_live_session_is_up),
		EACH(test_session_too_old_is_not_up),
		EACH(test_unanswered_data_makes_a_session_stale),
		EACH(test_refused_datagrams_make_a_session_stale),
		EACH(test_forbidden_inner_source_is_named),
		EACH(test_first_initiation_is_handshaking),
		EACH(test_unanswered_initiations_are_counted),
		EACH(test_unreachable_network_is_the_reason_for_no_handshake),
		EACH(test_different_preshared_keys_are_named),
		EACH(test_closed_port_is_named),
		EACH(test_answers_without_a_sign_are_counted),
		EACH(test_glance_is_the_same_word),
		EACH(test_after_giving_up_a_peer_is_dead),
		EACH(test_name_without_address_is_resolving_and_says_why),
		EACH(test_name_matters_no_more_once_the_peer_has_called),
		EACH(test_peer_without_endpoint_waits_for_its_call),
		EACH(test_unconfirmed_session_is_handshaking),
		EACH(test_untouched_peer_is_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

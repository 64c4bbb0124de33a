/* SPDX-License-Identifier: ISC */
#include "control/vocabulary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "control/record.h"

static const char *const states[] = {
	[STATE_RESOLVING] = "resolving",
	[STATE_HANDSHAKING] = "handshaking",
	[STATE_UP] = "up",
	[STATE_IDLE] = "idle",
	[STATE_STALE] = "stale",
	[STATE_DEAD] = "dead",
};
_Static_assert(LEN(states) == STATE_COUNT, "each state has a name");

const char *vocabulary_state(enum state_word word)
{
	return (unsigned)word < STATE_COUNT ? states[word] : NULL;
}

bool vocabulary_state_from(const char *name, enum state_word *word)
{
	for (unsigned i = 0; i < STATE_COUNT; i++) {
		if (strcmp(name, states[i]) != 0)
			continue;
		*word = (enum state_word)i;
		return true;
	}
	return false;
}

#define KEY(of, is, word, field) \
	.record = VOCABULARY_##of, .kind = VOCABULARY_##is, .key = word, .json = field
#define COUNTER(as, what) .metric = { .name = as, .type = "counter", .help = what }
#define GAUGE(as, what)   .metric = { .name = as, .type = "gauge", .help = what }

static const struct vocabulary_word words[] = {
	{ KEY(INTERFACE, ELSEWHERE, "listen_port", NULL) },
	{ KEY(INTERFACE, ELSEWHERE, "fwmark", NULL) },
	{ KEY(INTERFACE, ELSEWHERE, "peers", NULL) },
	{ KEY(INTERFACE, ELSEWHERE, "rx_bytes", NULL) },
	{ KEY(INTERFACE, ELSEWHERE, "tx_bytes", NULL) },
	{ KEY(INTERFACE, ELSEWHERE, "aead_ns_64", NULL) },
	{ KEY(INTERFACE, ELSEWHERE, "aead_ns_1424", NULL) },
	{ KEY(INTERFACE, ELSEWHERE, "dns_servers", NULL) },
	{ KEY(INTERFACE, ELSEWHERE, "dns_aside", NULL) },
	{ KEY(INTERFACE, ELSEWHERE, "dns_outside", NULL) },
	{ KEY(INTERFACE, YES, "udp4", "udp4") },
	{ KEY(INTERFACE, YES, "udp6", "udp6") },
	{ KEY(INTERFACE, NUMBER, "mtu", "mtu"),
	  GAUGE("taut_interface_mtu_bytes", "MTU of the interface.") },
	{ KEY(INTERFACE, COUNTS, "drop_", "drops"),
	  COUNTER("taut_interface_drops_total",
		  "Packets dropped, of all peers and of strangers, by reason.") },
	{ KEY(INTERFACE, OFFLOADS, "offload_", "offloads"),
	  GAUGE("taut_offload_on", "Whether the offload is in use.") },
	{ KEY(INTERFACE, DOWNGRADES, "offload_", NULL),
	  COUNTER("taut_offload_downgrades_total",
		  "How often the offload was given up while it was in use.") },
	{ KEY(INTERFACE, YES, "dns", NULL),
	  GAUGE("taut_dns_set", "Whether the name servers of the file are in use.") },
	{ KEY(INTERFACE, YES, "under_load", "under_load"),
	  GAUGE("taut_under_load", "Whether initiations are answered with cookies.") },
	{ KEY(INTERFACE, WORD, "drift", "drift"), .label = "drift" },
	{ KEY(INTERFACE, NUMBER, "missing", NULL),
	  GAUGE("taut_interface_missing",
		"Addresses, routes and rules that others have removed and that are not back.") },
	{ KEY(INTERFACE, NUMBER, "put_back", NULL),
	  COUNTER("taut_interface_put_back_total",
		  "Addresses, routes and rules that others have removed and that were put back.") },
	{ KEY(INTERFACE, NUMBER, "cookies_sent", NULL),
	  COUNTER("taut_cookies_sent_total", "Cookies sent.") },
	{ KEY(INTERFACE, NUMBER, "cookies_received", NULL),
	  COUNTER("taut_cookies_received_total", "Cookies received.") },
	{ KEY(INTERFACE, NUMBER, "recv_datagrams", NULL),
	  COUNTER("taut_udp_received_datagrams_total", "Datagrams received.") },
	{ KEY(INTERFACE, NUMBER, "send_datagrams", NULL),
	  COUNTER("taut_udp_sent_datagrams_total", "Datagrams sent.") },
	{ KEY(INTERFACE, NUMBER, "recv_calls", NULL),
	  COUNTER("taut_udp_receive_calls_total", "System calls that received datagrams.") },
	{ KEY(INTERFACE, NUMBER, "send_calls", NULL),
	  COUNTER("taut_udp_send_calls_total", "System calls that sent datagrams.") },
	{ KEY(INTERFACE, NUMBER, "send_errors", NULL),
	  COUNTER("taut_udp_send_errors_total", "Datagrams that the system refused to send.") },
	{ KEY(INTERFACE, NUMBER, "dev_reads", NULL),
	  COUNTER("taut_device_reads_total", "System calls that read from the interface.") },
	{ KEY(INTERFACE, NUMBER, "dev_writes", NULL),
	  COUNTER("taut_device_writes_total", "System calls that wrote to the interface.") },
	{ KEY(INTERFACE, NUMBER, "timer_late_max_us", NULL),
	  .metric = { "taut_timer_late_max_seconds", "gauge",
		      "The longest that a deadline had to wait, since the start.", 1e-6 } },

	{ KEY(PEER, ELSEWHERE, "handshake_age", NULL) },
	{ KEY(PEER, ELSEWHERE, "keepalive", NULL) },
	{ KEY(PEER, ELSEWHERE, "allowed_ips", NULL) },
	{ KEY(PEER, ELSEWHERE, "rx_bytes", NULL) },
	{ KEY(PEER, ELSEWHERE, "tx_bytes", NULL) },
	{ KEY(PEER, WORD, "name", "name") },
	{ KEY(PEER, STATE, "state", "state"), .label = "state",
	  GAUGE("taut_peer_state", "1 for the state that the peer is in, 0 for the others.") },
	{ KEY(PEER, WORD, "reason", "reason"), .label = "reason" },
	{ KEY(PEER, NUMBER, "state_age", "state_age_seconds") },
	{ KEY(PEER, NUMBER, "key_age", "session_age_seconds") },
	{ KEY(PEER, NUMBER, "rx_packets", "received_packets"),
	  COUNTER("taut_peer_received_packets_total", "Data packets received from the peer.") },
	{ KEY(PEER, NUMBER, "tx_packets", "sent_packets"),
	  COUNTER("taut_peer_sent_packets_total", "Data packets sent to the peer.") },
	{ KEY(PEER, NUMBER, "heard_age", "heard_age_seconds"),
	  GAUGE("taut_peer_heard_age_seconds",
		"Seconds since anything authentic came from the peer.") },
	{ KEY(PEER, NUMBER, "handshakes", NULL),
	  COUNTER("taut_peer_handshakes_total", "Handshakes completed with the peer.") },
	{ KEY(PEER, NUMBER, "initiations_sent", NULL),
	  COUNTER("taut_peer_initiations_sent_total", "Handshakes begun by this side.") },
	{ KEY(PEER, NUMBER, "initiations_received", NULL),
	  COUNTER("taut_peer_initiations_received_total", "Handshakes begun by the peer.") },
	{ KEY(PEER, NUMBER, "responses_sent", NULL),
	  COUNTER("taut_peer_responses_sent_total", "Answers to handshakes of the peer.") },
	{ KEY(PEER, COUNTS, "drop_", "drops"),
	  COUNTER("taut_peer_drops_total", "Packets of the peer dropped, by reason.") },

	{ KEY(EVENT, TIME, "time", "time") },
	{ KEY(EVENT, WORD, "peer", "public_key") },
	{ KEY(EVENT, YES, "first", "first") },
	{ KEY(EVENT, YES, "ok", "ok") },
	{ KEY(EVENT, NUMBER, "n", "count") },
};

const struct vocabulary_word *vocabulary_at(size_t i)
{
	return i < LEN(words) ? &words[i] : NULL;
}

static bool fits(const struct vocabulary_word *w, struct text key)
{
	char rest[VOCABULARY_NAME];

	switch (w->kind) {
	case VOCABULARY_COUNTS:
	case VOCABULARY_OFFLOADS:
	case VOCABULARY_DOWNGRADES:
		return vocabulary_name(key, w->key, rest);
	default:
		return text_is(key, w->key);
	}
}

const struct vocabulary_word *vocabulary_find(enum vocabulary_record record, struct text key)
{
	for (size_t i = 0; i < LEN(words); i++) {
		if (words[i].record == record && fits(&words[i], key))
			return &words[i];
	}
	return NULL;
}

bool vocabulary_name(struct text key, const char *prefix, char name[VOCABULARY_NAME])
{
	size_t len = text_len(key), head = strlen(prefix), i;

	if (len <= head || len - head >= VOCABULARY_NAME || memcmp(key.at, prefix, head) != 0)
		return false;
	for (i = head; i < len; i++)
		name[i - head] = key.at[i] == '-' ? '_' : key.at[i];
	name[len - head] = '\0';
	return true;
}

bool vocabulary_is_yes(const char *value)
{
	return strcmp(value, "yes") == 0 || strcmp(value, "on") == 0;
}

void vocabulary_offload(struct vocabulary_offload *o, const char *value)
{
	const char *open = strchr(value, '('), *comma = strchr(value, ',');

	*o = (struct vocabulary_offload){ .on = strncmp(value, "on", 2) == 0 };
	if (open)
		snprintf(o->why, sizeof(o->why), "%.*s", (int)strcspn(open + 1, ")"), open + 1);
	if (comma)
		o->downgrades = strtoull(comma + 1, NULL, 10);
}

void vocabulary_add_offload(struct print *out, const char *name, bool on, const char *why,
			    uint64_t downgrades)
{
	char key[VOCABULARY_NAME], *c;

	snprintf(key, sizeof(key), "offload_%s", name);
	for (c = key; *c; c++) {
		if (*c == '-')
			*c = '_';
	}
	record_add(out, key, "%s%s%s%s", on ? "on" : "off", why ? "(" : "", why ? why : "",
		   why ? ")" : "");
	if (downgrades)
		print_add(out, ",%" PRIu64 "-downgrades", downgrades);
}

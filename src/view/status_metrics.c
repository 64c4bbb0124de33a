/* SPDX-License-Identifier: ISC */
#include "view/status_metrics.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "control/record.h"
#include "view/vocabulary.h"

struct writer {
	struct print *out;
	const struct tunnelview *report;
	size_t n;
	const char *absent;
};

struct metric {
	const char *name, *type, *help;
	void (*samples)(struct writer *w, const struct metric *m);
	const char *key; /* of the record */
	double unit;     /* the value of one of it; 0: one */
};

/* --- samples --- */

static void quote(struct print *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			print_add(out, "\\n");
		else
			print_add(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	}
}

static void label(struct print *out, const char *name, const char *value)
{
	print_add(out, ",%s=\"", name);
	quote(out, value);
	print_add(out, "\"");
}

/* Up to the labels, which end with finish(). */
static void begin(struct writer *w, const struct metric *m, const char *interface)
{
	print_add(w->out, "%s{interface=\"%s\"", m->name, interface);
}

static void begin_peer(struct writer *w, const struct metric *m, const struct tunnelview *r,
		       size_t i)
{
	char base64[KEY_BASE64_LEN + 1];

	begin(w, m, r->name);
	key_to_base64(base64, &r->conf.peer[i].public_key);
	label(w->out, "public_key", base64);
}

static void finish(struct writer *w, uint64_t value)
{
	print_add(w->out, "} %" PRIu64 "\n", value);
}

static void finish_unit(struct writer *w, const struct metric *m, uint64_t value)
{
	if (m->unit > 0)
		print_add(w->out, "} %.9g\n", (double)value * m->unit);
	else
		finish(w, value);
}

/* --- what existing dashboards use --- */

static void begin_known(struct writer *w, const struct metric *m, const struct tunnelview *r,
			size_t i)
{
	const struct conf_peer *p = &r->conf.peer[i];
	char text[PREFIX_TEXT];
	size_t k;

	begin_peer(w, m, r, i);
	print_add(w->out, ",allowed_ips=\"");
	for (k = 0; k < p->n_allowed; k++) {
		prefix_print(text, &p->allowed[k].prefix);
		print_add(w->out, "%s%s", k ? "," : "", text);
	}
	print_add(w->out, "\"");
	label(w->out, "friendly_name", r->peer[i].name);
}

static void each_known(struct writer *w, const struct metric *m,
		       uint64_t (*value)(const struct conf_peer *p))
{
	size_t i, k;

	for (i = 0; i < w->n; i++) {
		for (k = 0; k < w->report[i].conf.n_peer; k++) {
			begin_known(w, m, &w->report[i], k);
			finish(w, value(&w->report[i].conf.peer[k]));
		}
	}
}

static uint64_t sent(const struct conf_peer *p)
{
	return p->tx_bytes;
}

static uint64_t received(const struct conf_peer *p)
{
	return p->rx_bytes;
}

static uint64_t handshake(const struct conf_peer *p)
{
	return p->handshake_sec;
}

static void sent_bytes(struct writer *w, const struct metric *m)
{
	each_known(w, m, sent);
}

static void received_bytes(struct writer *w, const struct metric *m)
{
	each_known(w, m, received);
}

static void latest_handshake(struct writer *w, const struct metric *m)
{
	each_known(w, m, handshake);
}

/* --- of the interface --- */

static void interface_up(struct writer *w, const struct metric *m)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		begin(w, m, w->report[i].name);
		finish(w, strcmp(w->report[i].state, "down") != 0);
	}
	if (w->absent) {
		begin(w, m, w->absent);
		finish(w, 0);
	}
}

static void interface_info(struct writer *w, const struct metric *m)
{
	char base64[KEY_BASE64_LEN + 1], aead[32];
	size_t i;

	for (i = 0; i < w->n; i++) {
		const struct tunnelview *r = &w->report[i];

		if (!text_len(r->record))
			continue;
		begin(w, m, r->name);
		key_to_base64(base64, &r->public_key);
		label(w->out, "public_key", key_is_zero(&r->public_key) ? "" : base64);
		record_get(r->record, "aead", aead, sizeof(aead));
		label(w->out, "aead", aead);
		finish(w, 1);
	}
}

static void interface_number(struct writer *w, const struct metric *m)
{
	uint64_t value;
	size_t i;

	for (i = 0; i < w->n; i++) {
		struct text record = w->report[i].record;

		if (!text_len(record))
			continue;
		/* Counters that are zero are left out of some records. */
		if (!record_number(record, m->key, &value)) {
			if (strcmp(m->type, "counter") != 0)
				continue;
			value = 0;
		}
		begin(w, m, w->report[i].name);
		finish_unit(w, m, value);
	}
}

static void interface_yes(struct writer *w, const struct metric *m)
{
	char value[8];
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (!record_get(w->report[i].record, m->key, value, sizeof(value)))
			continue;
		begin(w, m, w->report[i].name);
		finish(w, strcmp(value, "yes") == 0);
	}
}

static void interface_drops(struct writer *w, const struct metric *m)
{
	char value[32], name[VOCABULARY_NAME];
	struct text record, key;
	uint64_t n;
	size_t i;

	for (i = 0; i < w->n; i++) {
		record = w->report[i].record;
		while (record_next(&record, &key, value, sizeof(value))) {
			if (!vocabulary_name(key, "drop_", name) ||
			    !text_u64(text_from_str(value), UINT64_MAX, &n))
				continue;
			begin(w, m, w->report[i].name);
			label(w->out, "reason", name);
			finish(w, n);
		}
	}
}

static void each_offload(struct writer *w, const struct metric *m, bool downgrades)
{
	char value[64], name[VOCABULARY_NAME];
	struct vocabulary_offload facts;
	struct text record, key;
	size_t i;

	for (i = 0; i < w->n; i++) {
		record = w->report[i].record;
		while (record_next(&record, &key, value, sizeof(value))) {
			if (!vocabulary_name(key, "offload_", name))
				continue;
			vocabulary_offload(&facts, value);
			begin(w, m, w->report[i].name);
			label(w->out, "offload", name);
			finish(w, downgrades ? facts.downgrades : facts.on);
		}
	}
}

static void offload_on(struct writer *w, const struct metric *m)
{
	each_offload(w, m, false);
}

static void offload_downgrades(struct writer *w, const struct metric *m)
{
	each_offload(w, m, true);
}

/* --- of a peer --- */

static void peer_state(struct writer *w, const struct metric *m)
{
	const char *state;
	size_t i, k, s;

	for (i = 0; i < w->n; i++) {
		for (k = 0; k < w->report[i].conf.n_peer; k++) {
			const char *is = w->report[i].peer[k].state;

			for (s = 0; *is && (state = vocabulary_state(s)); s++) {
				begin_peer(w, m, &w->report[i], k);
				label(w->out, "state", state);
				finish(w, strcmp(is, state) == 0);
			}
		}
	}
}

static void peer_number(struct writer *w, const struct metric *m)
{
	uint64_t value;
	size_t i, k;

	for (i = 0; i < w->n; i++) {
		for (k = 0; k < w->report[i].conf.n_peer; k++) {
			if (!record_number(w->report[i].peer[k].record, m->key, &value))
				continue;
			begin_peer(w, m, &w->report[i], k);
			finish_unit(w, m, value);
		}
	}
}

static void peer_drops(struct writer *w, const struct metric *m)
{
	char value[32], name[VOCABULARY_NAME];
	struct text record, key;
	uint64_t n;
	size_t i, k;

	for (i = 0; i < w->n; i++) {
		for (k = 0; k < w->report[i].conf.n_peer; k++) {
			record = w->report[i].peer[k].record;
			while (record_next(&record, &key, value, sizeof(value))) {
				if (!vocabulary_name(key, "drop_", name) ||
				    !text_u64(text_from_str(value), UINT64_MAX, &n))
					continue;
				begin_peer(w, m, &w->report[i], k);
				label(w->out, "reason", name);
				finish(w, n);
			}
		}
	}
}

/* --- all of them --- */

#define COUNTER(n, from, k, what)                                                     \
	{                                                                             \
		.name = n, .type = "counter", .samples = from, .key = k, .help = what \
	}
#define GAUGE(n, from, k, what)                                                     \
	{                                                                           \
		.name = n, .type = "gauge", .samples = from, .key = k, .help = what \
	}

static const struct metric metrics[] = {
	COUNTER("wireguard_sent_bytes_total", sent_bytes, NULL, "Bytes sent to the peer."),
	COUNTER("wireguard_received_bytes_total", received_bytes, NULL,
		"Bytes received from the peer."),
	GAUGE("wireguard_latest_handshake_seconds", latest_handshake, NULL,
	      "Unix time of the latest handshake with the peer, 0 if there was none."),
	GAUGE("taut_interface_up", interface_up, NULL, "Whether the interface is up."),
	GAUGE("taut_interface_info", interface_info, NULL, "What the interface is, always 1."),
	GAUGE("taut_interface_mtu_bytes", interface_number, "mtu", "MTU of the interface."),
	COUNTER("taut_interface_drops_total", interface_drops, NULL,
		"Packets dropped, from all peers and from strangers, by reason."),
	GAUGE("taut_offload_on", offload_on, NULL, "Whether the offload is in use."),
	COUNTER("taut_offload_downgrades_total", offload_downgrades, NULL,
		"How often the offload was given up while in use."),
	GAUGE("taut_under_load", interface_yes, "under_load",
	      "Whether initiations are answered with cookies."),
	COUNTER("taut_cookies_sent_total", interface_number, "cookies_sent", "Cookies sent."),
	COUNTER("taut_cookies_received_total", interface_number, "cookies_received",
		"Cookies received."),
	COUNTER("taut_udp_received_datagrams_total", interface_number, "recv_datagrams",
		"Datagrams received."),
	COUNTER("taut_udp_sent_datagrams_total", interface_number, "send_datagrams",
		"Datagrams sent."),
	COUNTER("taut_udp_receive_calls_total", interface_number, "recv_calls",
		"System calls that received datagrams."),
	COUNTER("taut_udp_send_calls_total", interface_number, "send_calls",
		"System calls that sent datagrams."),
	COUNTER("taut_udp_send_errors_total", interface_number, "send_errors",
		"Datagrams that the system refused to send."),
	COUNTER("taut_device_reads_total", interface_number, "dev_reads",
		"System calls that read from the interface."),
	COUNTER("taut_device_writes_total", interface_number, "dev_writes",
		"System calls that wrote to the interface."),
	{ .name = "taut_timer_late_max_seconds",
	  .type = "gauge",
	  .samples = interface_number,
	  .key = "timer_late_max_us",
	  .unit = 1e-6,
	  .help = "The longest delay of a deadline since the start." },
	GAUGE("taut_peer_state", peer_state, NULL,
	      "1 for the peer's current state, 0 for the others."),
	COUNTER("taut_peer_received_packets_total", peer_number, "rx_packets",
		"Data packets received from the peer."),
	COUNTER("taut_peer_sent_packets_total", peer_number, "tx_packets",
		"Data packets sent to the peer."),
	GAUGE("taut_peer_heard_age_seconds", peer_number, "heard_age",
	      "Seconds since the last authentic packet from the peer."),
	COUNTER("taut_peer_handshakes_total", peer_number, "handshakes",
		"Handshakes completed with the peer."),
	COUNTER("taut_peer_initiations_sent_total", peer_number, "initiations_sent",
		"Handshakes initiated by this side."),
	COUNTER("taut_peer_initiations_received_total", peer_number, "initiations_received",
		"Handshakes initiated by the peer."),
	COUNTER("taut_peer_responses_sent_total", peer_number, "responses_sent",
		"Responses sent to the peer's handshakes."),
	COUNTER("taut_peer_drops_total", peer_drops, NULL,
		"The peer's packets that were dropped, by reason."),
};

void status_metrics(struct print *out, const struct tunnelview *report, size_t n,
		    const char *absent)
{
	struct writer w = { .out = out, .report = report, .n = n, .absent = absent };
	struct print samples = { 0 };
	size_t i;

	w.out = &samples;
	for (i = 0; i < LEN(metrics); i++) {
		const struct metric *m = &metrics[i];

		m->samples(&w, m);
		if (samples.len) {
			print_add(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
				  m->type);
			print_bytes(out, samples.chars, samples.len);
		}
		out->failed |= samples.failed;
		print_fini(&samples);
	}
}

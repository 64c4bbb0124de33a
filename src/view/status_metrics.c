/* SPDX-License-Identifier: ISC */
#include "view/status_metrics.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "control/record.h"
#include "control/vocabulary.h"

struct writer {
	struct print *out;
	const struct tunnelview *report;
	size_t n;
	const char *absent;
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
static void begin(struct writer *w, const char *metric, const char *interface)
{
	print_add(w->out, "%s{interface=\"%s\"", metric, interface);
}

static void begin_peer(struct writer *w, const char *metric, const struct tunnelview *r, size_t i)
{
	char base64[KEY_BASE64_LEN + 1];

	begin(w, metric, r->name);
	key_to_base64(base64, &r->conf.peer[i].public_key);
	label(w->out, "public_key", base64);
}

static void finish(struct writer *w, uint64_t value)
{
	print_add(w->out, "} %" PRIu64 "\n", value);
}

/* --- what existing dashboards use --- */

static void begin_known(struct writer *w, const char *metric, const struct tunnelview *r, size_t i)
{
	const struct conf_peer *p = &r->conf.peer[i];
	char text[PREFIX_TEXT];
	size_t k;

	begin_peer(w, metric, r, i);
	print_add(w->out, ",allowed_ips=\"");
	for (k = 0; k < p->n_allowed; k++) {
		prefix_print(text, &p->allowed[k].prefix);
		print_add(w->out, "%s%s", k ? "," : "", text);
	}
	print_add(w->out, "\"");
	label(w->out, "friendly_name", r->peer[i].name);
}

static void each_known(struct writer *w, const char *metric,
		       uint64_t (*value)(const struct conf_peer *p))
{
	size_t i, k;

	for (i = 0; i < w->n; i++) {
		for (k = 0; k < w->report[i].conf.n_peer; k++) {
			begin_known(w, metric, &w->report[i], k);
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

static void sent_bytes(struct writer *w, const char *metric)
{
	each_known(w, metric, sent);
}

static void received_bytes(struct writer *w, const char *metric)
{
	each_known(w, metric, received);
}

static void latest_handshake(struct writer *w, const char *metric)
{
	each_known(w, metric, handshake);
}

/* --- of the interface --- */

static void interface_up(struct writer *w, const char *metric)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		begin(w, metric, w->report[i].name);
		finish(w, strcmp(w->report[i].state, "down") != 0);
	}
	if (w->absent) {
		begin(w, metric, w->absent);
		finish(w, 0);
	}
}

static void interface_info(struct writer *w, const char *metric)
{
	char base64[KEY_BASE64_LEN + 1], aead[32];
	size_t i;

	for (i = 0; i < w->n; i++) {
		const struct tunnelview *r = &w->report[i];

		if (!text_len(r->record))
			continue;
		begin(w, metric, r->name);
		key_to_base64(base64, &r->public_key);
		label(w->out, "public_key", key_is_zero(&r->public_key) ? "" : base64);
		record_get(r->record, "aead", aead, sizeof(aead));
		label(w->out, "aead", aead);
		finish(w, 1);
	}
}

/* --- of the records --- */

/* Whose record it is. */
struct subject {
	const struct tunnelview *report;
	const struct tunnelview_peer *peer; /* NULL: the interface's */
	struct text record;
};

static void begin_sample(struct writer *w, const struct vocabulary_word *word,
			 const struct subject *s)
{
	if (s->peer)
		begin_peer(w, word->metric.name, s->report, (size_t)(s->peer - s->report->peer));
	else
		begin(w, word->metric.name, s->report->name);
}

static void number(struct writer *w, const struct vocabulary_word *word, const struct subject *s)
{
	uint64_t value;

	if (!record_number(s->record, word->key, &value)) {
		/* Counters that are zero are left out of some records. */
		if (s->peer || !text_len(s->record) || strcmp(word->metric.type, "counter") != 0)
			return;
		value = 0;
	}
	begin_sample(w, word, s);
	if (word->metric.unit > 0)
		print_add(w->out, "} %.9g\n", (double)value * word->metric.unit);
	else
		finish(w, value);
}

static void yes(struct writer *w, const struct vocabulary_word *word, const struct subject *s)
{
	char value[8];

	if (!record_get(s->record, word->key, value, sizeof(value)))
		return;
	begin_sample(w, word, s);
	finish(w, vocabulary_is_yes(value));
}

static void state(struct writer *w, const struct vocabulary_word *word, const struct subject *s)
{
	char is[TUNNELVIEW_STATE];
	const char *name;
	unsigned i;

	if (!record_get(s->record, word->key, is, sizeof(is)))
		return;
	for (i = 0; (name = vocabulary_state((enum state_word)i)); i++) {
		begin_sample(w, word, s);
		label(w->out, "state", name);
		finish(w, strcmp(is, name) == 0);
	}
}

static void counts(struct writer *w, const struct vocabulary_word *word, const struct subject *s)
{
	char value[32], name[VOCABULARY_NAME];
	struct text record = s->record, key;
	uint64_t n;

	while (record_next(&record, &key, value, sizeof(value))) {
		if (!vocabulary_name(key, word->key, name) ||
		    !text_u64(text_from_str(value), UINT64_MAX, &n))
			continue;
		begin_sample(w, word, s);
		label(w->out, "reason", name);
		finish(w, n);
	}
}

static void offload(struct writer *w, const struct vocabulary_word *word, const struct subject *s)
{
	char value[64], name[VOCABULARY_NAME];
	struct text record = s->record, key;
	struct vocabulary_offload facts;

	while (record_next(&record, &key, value, sizeof(value))) {
		if (!vocabulary_name(key, word->key, name))
			continue;
		vocabulary_offload(&facts, value);
		begin_sample(w, word, s);
		label(w->out, "offload", name);
		finish(w, word->kind == VOCABULARY_OFFLOADS ? facts.on : facts.downgrades);
	}
}

static void sample(struct writer *w, const struct vocabulary_word *word, const struct subject *s)
{
	switch (word->kind) {
	case VOCABULARY_NUMBER:
		number(w, word, s);
		break;
	case VOCABULARY_YES:
		yes(w, word, s);
		break;
	case VOCABULARY_STATE:
		state(w, word, s);
		break;
	case VOCABULARY_COUNTS:
		counts(w, word, s);
		break;
	case VOCABULARY_OFFLOADS:
	case VOCABULARY_DOWNGRADES:
		offload(w, word, s);
		break;
	default:
		break; /* words are no metrics */
	}
}

static void samples_of(struct writer *w, const struct vocabulary_word *word)
{
	size_t i, k;

	for (i = 0; i < w->n; i++) {
		const struct tunnelview *r = &w->report[i];
		struct subject s = { .report = r, .record = r->record };

		if (word->record == VOCABULARY_INTERFACE)
			sample(w, word, &s);
		for (k = 0; word->record == VOCABULARY_PEER && k < r->conf.n_peer; k++) {
			s.peer = &r->peer[k];
			s.record = s.peer->record;
			sample(w, word, &s);
		}
	}
}

/* --- all of them --- */

/* Metrics that do not come from one key of a record. */
static const struct {
	const char *name, *type, *help;
	void (*samples)(struct writer *w, const char *metric);
} others[] = {
	{ "wireguard_sent_bytes_total", "counter", "Bytes sent to the peer.", sent_bytes },
	{ "wireguard_received_bytes_total", "counter", "Bytes received from the peer.",
	  received_bytes },
	{ "wireguard_latest_handshake_seconds", "gauge",
	  "Unix time of the latest handshake with the peer, 0 if there was none.",
	  latest_handshake },
	{ "taut_interface_up", "gauge", "Whether the interface is up.", interface_up },
	{ "taut_interface_info", "gauge", "What the interface is, always 1.", interface_info },
};

/* Prints the samples, if any, below their head, and empties them. */
static void show(struct print *out, struct print *samples, const char *name, const char *type,
		 const char *help)
{
	if (samples->len) {
		print_add(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
		print_bytes(out, samples->chars, samples->len);
	}
	out->failed |= samples->failed;
	print_fini(samples);
}

void status_metrics(struct print *out, const struct tunnelview *report, size_t n,
		    const char *absent)
{
	struct print samples = { 0 };
	struct writer w = { .out = &samples, .report = report, .n = n, .absent = absent };
	const struct vocabulary_word *word;
	size_t i;

	for (i = 0; i < LEN(others); i++) {
		others[i].samples(&w, others[i].name);
		show(out, &samples, others[i].name, others[i].type, others[i].help);
	}
	for (i = 0; (word = vocabulary_at(i)); i++) {
		if (!word->metric.name)
			continue;
		samples_of(&w, word);
		show(out, &samples, word->metric.name, word->metric.type, word->metric.help);
	}
}

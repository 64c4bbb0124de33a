/* SPDX-License-Identifier: ISC */
#include "view/status_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "control/record.h"
#include "view/jprint.h"
#include "view/vocabulary.h"

static json_t *key_json(const struct key *key)
{
	char base64[KEY_BASE64_LEN + 1];

	if (key_is_zero(key))
		return json_null();
	key_to_base64(base64, key);
	return json_string(base64);
}

/* A number of the record under another name; null if missing. */
static void put_number(json_t *o, const char *name, struct text record, const char *key, bool *bad)
{
	uint64_t n;

	jprint_put(o, name, record_number(record, key, &n) ? jprint_number(n) : json_null(), bad);
}

/* A yes or no of the record; yes: the word for it. */
static void put_bool(json_t *o, const char *name, struct text record, const char *key,
		     const char *yes, bool *bad)
{
	char value[8];

	jprint_put(o, name,
		   record_get(record, key, value, sizeof(value))
			   ? json_boolean(strcmp(value, yes) == 0)
			   : json_null(),
		   bad);
}

/* All numbers whose key starts with prefix, under the rest of the key. */
static json_t *numbers(struct text record, const char *prefix, bool *bad)
{
	json_t *o = json_object();
	char value[32], name[VOCABULARY_NAME];
	struct text key;
	uint64_t n;

	while (record_next(&record, &key, value, sizeof(value))) {
		if (vocabulary_name(key, prefix, name) &&
		    text_u64(text_from_str(value), UINT64_MAX, &n))
			jprint_put(o, name, jprint_number(n), bad);
	}
	return o;
}

static json_t *offloads(struct text record, bool *bad)
{
	json_t *o = json_object(), *one;
	char value[64], name[VOCABULARY_NAME];
	struct vocabulary_offload facts;
	struct text key;

	while (record_next(&record, &key, value, sizeof(value))) {
		if (!vocabulary_name(key, "offload_", name))
			continue;
		vocabulary_offload(&facts, value);
		one = json_object();
		jprint_put(one, "on", json_boolean(facts.on), bad);
		jprint_put(one, "why", jprint_string(facts.why), bad);
		jprint_put(one, "downgrades", jprint_number(facts.downgrades), bad);
		jprint_put(o, name, one, bad);
	}
	return o;
}

/* Keys that have their own place. */
static bool is_placed(struct text key)
{
	static const char *const placed[] = {
		"listen_port", "mtu",        "peers",      "rx_bytes",     "tx_bytes",
		"aead_ns_64",  "rx_packets", "tx_packets", "aead_ns_1424", "handshake_age",
		"key_age",     "heard_age",  "keepalive",  "allowed_ips",  "state_age",
		"fwmark",      "name",
	};
	size_t i;

	for (i = 0; i < LEN(placed) && !text_is(key, placed[i]); i++)
		;
	return i < LEN(placed);
}

/* A number with or without a fraction. */
static json_t *figure(const char *value)
{
	char *end;
	uint64_t n;
	double real;

	if (text_u64(text_from_str(value), UINT64_MAX, &n))
		return jprint_number(n);
	if (!*value || strspn(value, "0123456789.") != strlen(value))
		return NULL;
	real = strtod(value, &end);
	return *end ? NULL : json_real(real);
}

/* Internal counters of the daemon: every other number. */
static json_t *figures(struct text record, bool *bad)
{
	json_t *o = json_object(), *value;
	char text[32], name[VOCABULARY_NAME];
	struct text key;

	while (record_next(&record, &key, text, sizeof(text))) {
		if (is_placed(key) || vocabulary_name(key, "drop_", name) ||
		    vocabulary_name(key, "offload_", name) || !vocabulary_name(key, "", name))
			continue;
		value = figure(text);
		if (value)
			jprint_put(o, name, value, bad);
	}
	return o;
}

static json_t *allowed_json(const struct conf_peer *p, bool *bad)
{
	json_t *list = json_array();
	char text[PREFIX_TEXT];
	size_t i;

	for (i = 0; i < p->n_allowed; i++) {
		prefix_print(text, &p->allowed[i].prefix);
		jprint_append(list, json_string(text), bad);
	}
	return list;
}

static json_t *peer_json(const struct conf_peer *p, const struct tunnelview_peer *more, bool *bad)
{
	json_t *o = json_object();
	char end[ENDPOINT_TEXT];

	endpoint_print(end, &p->endpoint);
	jprint_put(o, "public_key", key_json(&p->public_key), bad);
	jprint_put(o, "name", jprint_string(more->name), bad);
	jprint_put(o, "has_preshared_key", json_boolean(!key_is_zero(&p->psk)), bad);
	jprint_put(o, "endpoint", jprint_string(end), bad);
	jprint_put(o, "allowed_ips", allowed_json(p, bad), bad);
	jprint_put(o, "persistent_keepalive",
		   p->keepalive ? jprint_number(p->keepalive) : json_null(), bad);
	jprint_put(o, "state", jprint_string(more->state), bad);
	jprint_put(o, "reason", jprint_string(more->reason), bad);
	put_number(o, "state_age_seconds", more->record, "state_age", bad);
	jprint_put(o, "latest_handshake",
		   jprint_time(p->handshake_sec * SECOND_NS + p->handshake_nsec), bad);
	put_number(o, "session_age_seconds", more->record, "key_age", bad);
	put_number(o, "heard_age_seconds", more->record, "heard_age", bad);
	jprint_put(o, "received_bytes", jprint_number(p->rx_bytes), bad);
	jprint_put(o, "sent_bytes", jprint_number(p->tx_bytes), bad);
	put_number(o, "received_packets", more->record, "rx_packets", bad);
	put_number(o, "sent_packets", more->record, "tx_packets", bad);
	jprint_put(o, "drops", numbers(more->record, "drop_", bad), bad);
	jprint_put(o, "figures", figures(more->record, bad), bad);
	return o;
}

static json_t *aead_json(struct text record, bool *bad)
{
	char name[32];
	json_t *o;

	if (!record_get(record, "aead", name, sizeof(name)))
		return json_null();
	o = json_object();
	jprint_put(o, "name", jprint_string(name), bad);
	put_number(o, "ns_64", record, "aead_ns_64", bad);
	put_number(o, "ns_1424", record, "aead_ns_1424", bad);
	return o;
}

static json_t *peers_json(const struct tunnelview *r, bool *bad)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < r->conf.n_peer; i++)
		jprint_append(list, peer_json(&r->conf.peer[i], &r->peer[i], bad), bad);
	return list;
}

static json_t *interface_json(const struct tunnelview *r, bool *bad)
{
	json_t *o = json_object();
	uint64_t rx = 0, tx = 0;
	size_t i;

	for (i = 0; i < r->conf.n_peer; i++) {
		rx += r->conf.peer[i].rx_bytes;
		tx += r->conf.peer[i].tx_bytes;
	}
	jprint_put(o, "name", json_string(r->name), bad);
	jprint_put(o, "state", jprint_string(r->state), bad);
	jprint_put(o, "public_key", key_json(&r->public_key), bad);
	jprint_put(o, "listen_port",
		   r->conf.listen_port ? jprint_number(r->conf.listen_port) : json_null(), bad);
	jprint_put(o, "fwmark", r->conf.fwmark ? jprint_number(r->conf.fwmark) : json_null(), bad);
	put_number(o, "mtu", r->record, "mtu", bad);
	jprint_put(o, "received_bytes", jprint_number(rx), bad);
	jprint_put(o, "sent_bytes", jprint_number(tx), bad);
	jprint_put(o, "aead", aead_json(r->record, bad), bad);
	put_bool(o, "udp4", r->record, "udp4", "on", bad);
	put_bool(o, "udp6", r->record, "udp6", "on", bad);
	put_bool(o, "under_load", r->record, "under_load", "yes", bad);
	jprint_put(o, "offloads", offloads(r->record, bad), bad);
	jprint_put(o, "drops", numbers(r->record, "drop_", bad), bad);
	jprint_put(o, "figures", figures(r->record, bad), bad);
	jprint_put(o, "peers", peers_json(r, bad), bad);
	return o;
}

void status_json(struct print *out, const struct tunnelview *report, size_t n, uint64_t now)
{
	json_t *o = json_object(), *list = json_array();
	bool bad = false;
	size_t i;

	for (i = 0; i < n; i++)
		jprint_append(list, interface_json(&report[i], &bad), &bad);
	jprint_put(o, "schema", json_integer(STATUS_JSON_SCHEMA), &bad);
	jprint_put(o, "time", jprint_time(now), &bad);
	jprint_put(o, "interfaces", list, &bad);
	jprint(out, o, 2, bad);
}

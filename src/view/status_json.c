/* SPDX-License-Identifier: ISC */
#include "view/status_json.h"

#include <stdlib.h>
#include <string.h>

#include "control/record.h"
#include "control/vocabulary.h"
#include "view/jprint.h"

static json_t *key_json(const struct key *key)
{
	char base64[KEY_BASE64_LEN + 1];

	if (key_is_zero(key))
		return json_null();
	key_to_base64(base64, key);
	return json_string(base64);
}

static json_t *number_json(struct text record, const char *key)
{
	uint64_t n;

	return record_number(record, key, &n) ? jprint_number(n) : json_null();
}

static json_t *yes_json(struct text record, const char *key)
{
	char value[8];

	if (!record_get(record, key, value, sizeof(value)))
		return json_null();
	return json_boolean(vocabulary_is_yes(value));
}

static json_t *text_json(struct text record, const char *key)
{
	char value[TUNNELVIEW_REASON];

	record_get(record, key, value, sizeof(value));
	return jprint_string(value);
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

static json_t *offloads(struct text record, const char *prefix, bool *bad)
{
	json_t *o = json_object(), *one;
	char value[64], name[VOCABULARY_NAME];
	struct vocabulary_offload facts;
	struct text key;

	while (record_next(&record, &key, value, sizeof(value))) {
		if (!vocabulary_name(key, prefix, name))
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

/* Counters of the daemon's insides: whatever else is a number. */
static json_t *figures(struct text record, enum vocabulary_record kind, bool *bad)
{
	json_t *o = json_object(), *value;
	char text[32], name[VOCABULARY_NAME];
	const struct vocabulary_word *word;
	struct text key;

	while (record_next(&record, &key, text, sizeof(text))) {
		word = vocabulary_find(kind, key);
		if (word && (word->kind != VOCABULARY_NUMBER || word->json))
			continue;
		value = vocabulary_name(key, "", name) ? figure(text) : NULL;
		if (value)
			jprint_put(o, name, value, bad);
	}
	return o;
}

static json_t *word_json(const struct vocabulary_word *word, struct text record, bool *bad)
{
	switch (word->kind) {
	case VOCABULARY_NUMBER:
		return number_json(record, word->key);
	case VOCABULARY_YES:
		return yes_json(record, word->key);
	case VOCABULARY_COUNTS:
		return numbers(record, word->key, bad);
	case VOCABULARY_OFFLOADS:
		return offloads(record, word->key, bad);
	default:
		return text_json(record, word->key);
	}
}

/* The fields of one key, or (NULL) all that are not there yet. */
static void put(json_t *o, enum vocabulary_record kind, struct text record, const char *key,
		bool *bad)
{
	const struct vocabulary_word *word;
	size_t i;

	for (i = 0; (word = vocabulary_at(i)); i++) {
		if (word->record == kind && word->json &&
		    (key ? strcmp(word->key, key) == 0 : !json_object_get(o, word->json)))
			jprint_put(o, word->json, word_json(word, record, bad), bad);
	}
}

/* null: we may not know. */
static json_t *psk_json(const struct conf_peer *p)
{
	return p->set & CONF_PEER_PSK ? json_boolean(!key_is_zero(&p->psk)) : json_null();
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
	put(o, VOCABULARY_PEER, more->record, "name", bad);
	jprint_put(o, "has_preshared_key", psk_json(p), bad);
	jprint_put(o, "endpoint", jprint_string(end), bad);
	jprint_put(o, "allowed_ips", allowed_json(p, bad), bad);
	jprint_put(o, "persistent_keepalive",
		   p->keepalive ? jprint_number(p->keepalive) : json_null(), bad);
	put(o, VOCABULARY_PEER, more->record, "state", bad);
	put(o, VOCABULARY_PEER, more->record, "reason", bad);
	put(o, VOCABULARY_PEER, more->record, "state_age", bad);
	jprint_put(o, "latest_handshake",
		   jprint_time(p->handshake_sec * SECOND_NS + p->handshake_nsec), bad);
	put(o, VOCABULARY_PEER, more->record, "key_age", bad);
	put(o, VOCABULARY_PEER, more->record, "heard_age", bad);
	jprint_put(o, "received_bytes", jprint_number(p->rx_bytes), bad);
	jprint_put(o, "sent_bytes", jprint_number(p->tx_bytes), bad);
	put(o, VOCABULARY_PEER, more->record, NULL, bad);
	jprint_put(o, "figures", figures(more->record, VOCABULARY_PEER, bad), bad);
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
	jprint_put(o, "ns_64", number_json(record, "aead_ns_64"), bad);
	jprint_put(o, "ns_1424", number_json(record, "aead_ns_1424"), bad);
	return o;
}

static json_t *words_json(struct text record, const char *key, bool *bad)
{
	json_t *list = json_array();
	char value[TUNNELVIEW_REASON];
	struct text rest, word;

	record_get(record, key, value, sizeof(value));
	rest = text_from_str(value);
	while (text_split(&rest, ' ', &word)) {
		if (text_len(word))
			jprint_append(list, json_stringn(word.at, text_len(word)), bad);
	}
	return list;
}

/* null: the file has no name servers and domains. */
static json_t *dns_json(struct text record, bool *bad)
{
	char on[8];
	json_t *o;

	if (!record_get(record, "dns", on, sizeof(on)))
		return json_null();
	o = json_object();
	jprint_put(o, "set", json_boolean(vocabulary_is_yes(on)), bad);
	jprint_put(o, "by", text_json(record, "dns_by"), bad);
	jprint_put(o, "servers", words_json(record, "dns_servers", bad), bad);
	jprint_put(o, "domains", words_json(record, "dns_domains", bad), bad);
	jprint_put(o, "error", text_json(record, "dns_error"), bad);
	jprint_put(o, "also_asked", text_json(record, "dns_aside"), bad);
	jprint_put(o, "asked_outside", text_json(record, "dns_outside"), bad);
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
	put(o, VOCABULARY_INTERFACE, r->record, "mtu", bad);
	jprint_put(o, "received_bytes", jprint_number(rx), bad);
	jprint_put(o, "sent_bytes", jprint_number(tx), bad);
	jprint_put(o, "aead", aead_json(r->record, bad), bad);
	jprint_put(o, "dns", dns_json(r->record, bad), bad);
	put(o, VOCABULARY_INTERFACE, r->record, "udp4", bad);
	put(o, VOCABULARY_INTERFACE, r->record, "udp6", bad);
	put(o, VOCABULARY_INTERFACE, r->record, "under_load", bad);
	put(o, VOCABULARY_INTERFACE, r->record, "offload_", bad);
	put(o, VOCABULARY_INTERFACE, r->record, NULL, bad);
	jprint_put(o, "figures", figures(r->record, VOCABULARY_INTERFACE, bad), bad);
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

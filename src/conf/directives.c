/* SPDX-License-Identifier: ISC */
#include "conf/directives.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

/* Replace a text of the conf. */
static bool keep_text(char **kept, struct text t)
{
	char *copy = mem_text(t.at, text_len(t));

	if (!copy)
		return false;
	mem_free(*kept);
	*kept = copy;
	return true;
}

static bool set_private_key(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	c->key_place = line_place(v->line, v->text.at);
	if (value_key(v, &c->private_key))
		c->set |= CONF_PRIVATE_KEY;
	return true;
}

static bool set_private_key_file(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	c->set |= CONF_PRIVATE_KEY_FILE;
	c->key_place = line_place(v->line, v->text.at);
	return keep_text(&c->private_key_file, v->raw);
}

static bool set_listen_port(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	if (value_port(v, &c->listen_port))
		c->set |= CONF_LISTEN_PORT;
	return true;
}

static bool set_fwmark(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	if (value_mark(v, &c->fwmark))
		c->set |= CONF_FWMARK;
	return true;
}

static bool set_mtu(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	if (!value_mtu(v, &c->mtu))
		return true;
	c->set |= CONF_MTU;
	c->mtu_place = line_place(v->line, v->text.at);
	return true;
}

static bool set_aead(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	if (!value_aead(v, &c->aead))
		return true;
	c->set |= CONF_AEAD;
	c->aead_place = line_place(v->line, v->text.at);
	return true;
}

static bool set_table(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	if (value_table(v, &c->table_kind, &c->table))
		c->set |= CONF_TABLE;
	return true;
}

static bool set_save(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	bool yes;

	(void)peer;
	if (!value_bool(v, &yes))
		return true;
	if (yes && !(c->set & CONF_SAVE))
		value_warning(v, v->text.at,
			      "SaveConfig is ignored, this file is never written; remove it");
	c->set |= CONF_SAVE;
	return true;
}

static bool set_address(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	struct text rest = v->text, item;
	struct prefix address;

	(void)peer;
	while (value_loose_item(v, &rest, &item))
		if (value_address(v, item, &address) && !conf_add_address(c, &address))
			return false;
	return true;
}

static bool set_dns(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	struct text rest = v->text, item;
	struct ip server;

	(void)peer;
	while (value_loose_item(v, &rest, &item))
		if (value_dns(v, item, &server) &&
		    !conf_add_dns(c, &server, item.at, text_len(item)))
			return false;
	return true;
}

static bool set_hook(struct conf *c, enum conf_hook kind, const struct value *v)
{
	return conf_add_hook(c, kind, v->raw.at, text_len(v->raw));
}

static bool set_pre_up(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	return set_hook(c, HOOK_PRE_UP, v);
}

static bool set_post_up(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	return set_hook(c, HOOK_POST_UP, v);
}

static bool set_pre_down(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	return set_hook(c, HOOK_PRE_DOWN, v);
}

static bool set_post_down(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)peer;
	return set_hook(c, HOOK_POST_DOWN, v);
}

static bool set_tune(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	char quote[DIAG_LINE_QUOTE];
	const char *want;

	(void)peer;
	for (unsigned i = 0; i < TUNE_KINDS; i++) {
		if (strcmp(v->key, tune_key((enum tune_kind)i)) != 0)
			continue;
		want = tune_set(&c->tune, (enum tune_kind)i, v->text);
		if (want)
			value_error(v, v->text.at, "%s: \"%s\"; expected %s", v->key,
				    diag_line_quote(quote, v->text), want);
	}
	return true;
}

static bool set_public_key(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)c;
	if (!value_key(v, &peer->public_key))
		return true;
	peer->set |= CONF_PEER_PUBLIC_KEY;
	peer->key_place = line_place(v->line, v->text.at);
	return true;
}

static bool set_name(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)c;
	if (!conf_peer_name(peer->name, v->raw))
		value_warning(v, v->text.at,
			      "taken as %s; a name has at most %d bytes of UTF-8, without quotes, "
			      "backslashes and control characters",
			      peer->name, CONF_PEER_NAME - 1);
	return true;
}

static bool set_psk(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)c;
	if (!value_key(v, &peer->psk))
		return true;
	peer->set |= CONF_PEER_PSK;
	peer->psk_place = line_place(v->line, v->text.at);
	return true;
}

static bool set_psk_file(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)c;
	peer->set |= CONF_PEER_PSK_FILE;
	peer->psk_place = line_place(v->line, v->text.at);
	return keep_text(&peer->psk_file, v->raw);
}

static bool set_endpoint(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	struct endpoint end = { 0 };
	struct text host = { 0 };
	uint16_t port = 0;

	(void)c;
	if (!value_endpoint(v, &end, &host, &port))
		return true;
	mem_free(peer->host);
	peer->host = NULL;
	peer->endpoint = end;
	peer->port = port;
	peer->endpoint_place = line_place(v->line, v->text.at);
	peer->set |= CONF_PEER_ENDPOINT;
	return endpoint_known(&end) || keep_text(&peer->host, host);
}

static bool set_keepalive(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	(void)c;
	if (value_keepalive(v, &peer->keepalive))
		peer->set |= CONF_PEER_KEEPALIVE;
	return true;
}

/* What wg only warns about, or accepts silently, though it is seldom intended. */
static void look_at_prefix(const struct value *v, struct text item, const struct prefix *given)
{
	char as_given[PREFIX_TEXT], as_taken[PREFIX_TEXT];
	static const struct ip none;
	struct prefix masked = *given;

	prefix_mask(&masked);
	prefix_print(as_given, given);
	prefix_print(as_taken, &masked);
	if (!prefix_is_masked(given))
		value_warning(v, item.at, "%s: %s has host bits set; taken as %s", v->key, as_given,
			      as_taken);
	if (!memchr(item.at, '/', text_len(item)) &&
	    memcmp(given->ip.bytes, none.bytes, ip_len(given->ip.family)) == 0)
		value_warning(v, item.at, "%s: this is a single address; for all, write %.*s/0",
			      v->key, (int)text_len(item), item.at);
}

static bool set_allowed(struct conf *c, struct conf_peer *peer, const struct value *v)
{
	struct text rest = v->text, item;
	struct prefix prefix;
	bool remove;

	(void)c;
	peer->set |= CONF_PEER_REPLACE_ALLOWED;
	while (value_item(v, &rest, &item)) {
		/* Newer tools write + and - before an entry that is added or removed. */
		remove = *item.at == '-';
		if (*item.at == '-' || *item.at == '+') {
			item.at++;
			peer->set &= ~(unsigned)CONF_PEER_REPLACE_ALLOWED;
		}
		if (!value_prefix(v, item, &prefix))
			continue;
		look_at_prefix(v, item, &prefix);
		if (!conf_peer_allow(peer, &prefix, remove))
			return false;
		peer->allowed[peer->n_allowed - 1].place = line_place(v->line, item.at);
	}
	return true;
}

static const struct directive words[] = {
	{ "PrivateKey", SECTION_INTERFACE, 0, set_private_key },
	{ "PrivateKeyFile", SECTION_INTERFACE, 0, set_private_key_file },
	{ "ListenPort", SECTION_INTERFACE, 0, set_listen_port },
	{ "FwMark", SECTION_INTERFACE, 0, set_fwmark },
	{ "Aead", SECTION_INTERFACE, 0, set_aead },
	{ "Address", SECTION_INTERFACE, DIRECTIVE_LIST | DIRECTIVE_MAY_LACK, set_address },
	{ "DNS", SECTION_INTERFACE, DIRECTIVE_LIST | DIRECTIVE_MAY_LACK, set_dns },
	{ "MTU", SECTION_INTERFACE, DIRECTIVE_MAY_LACK, set_mtu },
	{ "Table", SECTION_INTERFACE, DIRECTIVE_MAY_LACK, set_table },
	{ "PreUp", SECTION_INTERFACE, DIRECTIVE_LIST | DIRECTIVE_COMMAND | DIRECTIVE_MAY_LACK,
	  set_pre_up },
	{ "PostUp", SECTION_INTERFACE, DIRECTIVE_LIST | DIRECTIVE_COMMAND | DIRECTIVE_MAY_LACK,
	  set_post_up },
	{ "PreDown", SECTION_INTERFACE, DIRECTIVE_LIST | DIRECTIVE_COMMAND | DIRECTIVE_MAY_LACK,
	  set_pre_down },
	{ "PostDown", SECTION_INTERFACE, DIRECTIVE_LIST | DIRECTIVE_COMMAND | DIRECTIVE_MAY_LACK,
	  set_post_down },
	{ "SaveConfig", SECTION_INTERFACE, 0, set_save },
	{ "PublicKey", SECTION_PEER, DIRECTIVE_PEER_KEY, set_public_key },
	{ "Name", SECTION_PEER, DIRECTIVE_MAY_LACK, set_name },
	{ "PresharedKey", SECTION_PEER, 0, set_psk },
	{ "PresharedKeyFile", SECTION_PEER, 0, set_psk_file },
	{ "Endpoint", SECTION_PEER, 0, set_endpoint },
	{ "AllowedIPs", SECTION_PEER, DIRECTIVE_LIST | DIRECTIVE_MAY_LACK, set_allowed },
	{ "PersistentKeepalive", SECTION_PEER, 0, set_keepalive },
};
enum { N_DIRECTIVES = LEN(words) + TUNE_KINDS };
_Static_assert((int)N_DIRECTIVES <= (int)DIRECTIVES_MAX, "each directive has an index");

/* Those of the table, then one for each knob. */
static struct directive directive_at(size_t i)
{
	if (i < LEN(words))
		return words[i];
	return (struct directive){ .name = tune_key((enum tune_kind)(i - LEN(words))),
				   .section = SECTION_INTERFACE,
				   .set = set_tune };
}

int directives_find(enum section section, struct text key, struct directive *word)
{
	for (int i = 0; i < N_DIRECTIVES; i++) {
		*word = directive_at((size_t)i);
		if (word->section == section && text_is_nocase(key, word->name))
			return i;
	}
	return -1;
}

bool directives_at(int number, struct directive *word)
{
	if (number < 0 || number >= N_DIRECTIVES)
		return false;
	*word = directive_at((size_t)number);
	return true;
}

const char *directives_section(enum section section)
{
	return section == SECTION_PEER ? "[Peer]" : "[Interface]";
}

/* The nearest known key, with at most a third of it wrong; if several, one of this section. */
static bool nearest(enum section section, struct text key, struct directive *best)
{
	enum { LIMIT = 4 };
	unsigned distance, least = LIMIT + 1;

	for (size_t i = 0; i < N_DIRECTIVES; i++) {
		struct directive d = directive_at(i);

		distance = text_distance(key, d.name, LIMIT);
		if (distance > LIMIT || 3 * distance > strlen(d.name) + 1)
			continue;
		if (distance > least ||
		    (distance == least && (d.section != section || best->section == section)))
			continue;
		*best = d;
		least = distance;
	}
	return least <= LIMIT;
}

void directives_unknown(const struct value *v, enum section section, struct text key)
{
	enum section other = section == SECTION_PEER ? SECTION_INTERFACE : SECTION_PEER;
	struct directive word;
	char quote[DIAG_LINE_QUOTE];

	if (directives_find(other, key, &word) >= 0) {
		value_error(v, key.at, "%s belongs in %s, not in %s; move it there", word.name,
			    directives_section(other), directives_section(section));
		return;
	}
	if (text_len(key) == 0) {
		value_error(v, key.at, "nothing before this =; write Key = Value");
		return;
	}
	if (nearest(section, key, &word) && word.section == section)
		value_error(v, key.at, "unknown key %s; did you mean %s?",
			    diag_line_quote(quote, key), word.name);
	else if (nearest(section, key, &word))
		value_error(v, key.at, "unknown key %s; did you mean %s, which belongs in %s?",
			    diag_line_quote(quote, key), word.name, directives_section(other));
	else if (text_len(key) > 24) /* it could be a cryptographic key: do not show it */
		value_error(v, key.at, "unknown key of %zu characters; write Key = Value",
			    text_len(key));
	else
		value_error(v, key.at, "unknown key %s; remove it, or put # before it",
			    diag_line_quote(quote, key));
}

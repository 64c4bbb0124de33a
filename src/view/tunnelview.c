/* SPDX-License-Identifier: ISC */
#include "view/tunnelview.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "control/record.h"
#include "control/vocabulary.h"
#include "crypto/dh.h"

struct parse {
	struct conf *conf;
	struct conf_peer *peer; /* the latest; NULL before the first */
};

static bool take_hex(struct text value, struct key *key)
{
	return key_from_hex(key, value.at, text_len(value));
}

static bool take_number(struct text value, uint64_t max, uint64_t *number)
{
	return text_u64(value, max, number);
}

static bool take_u16(struct text value, uint16_t *number)
{
	uint64_t n;

	if (!take_number(value, UINT16_MAX, &n))
		return false;
	*number = (uint16_t)n;
	return true;
}

static bool take_private_key(struct parse *p, struct text value)
{
	p->conf->set |= CONF_PRIVATE_KEY;
	return take_hex(value, &p->conf->private_key);
}

static bool take_listen_port(struct parse *p, struct text value)
{
	return take_u16(value, &p->conf->listen_port);
}

static bool take_fwmark(struct parse *p, struct text value)
{
	uint64_t n;

	if (!take_number(value, UINT32_MAX, &n))
		return false;
	p->conf->fwmark = (uint32_t)n;
	return true;
}

static bool take_public_key(struct parse *p, struct text value)
{
	p->peer = conf_add_peer(p->conf);
	return p->peer && take_hex(value, &p->peer->public_key);
}

static bool take_psk(struct parse *p, struct text value)
{
	p->peer->set |= CONF_PEER_PSK;
	return take_hex(value, &p->peer->psk);
}

static bool take_endpoint(struct parse *p, struct text value)
{
	return endpoint_parse(&p->peer->endpoint, value.at, text_len(value));
}

static bool take_handshake_sec(struct parse *p, struct text value)
{
	return take_number(value, INT64_MAX, &p->peer->handshake_sec);
}

static bool take_handshake_nsec(struct parse *p, struct text value)
{
	uint64_t n;

	if (!take_number(value, 999999999, &n))
		return false;
	p->peer->handshake_nsec = (uint32_t)n;
	return true;
}

static bool take_tx(struct parse *p, struct text value)
{
	return take_number(value, UINT64_MAX, &p->peer->tx_bytes);
}

static bool take_rx(struct parse *p, struct text value)
{
	return take_number(value, UINT64_MAX, &p->peer->rx_bytes);
}

static bool take_keepalive(struct parse *p, struct text value)
{
	return take_u16(value, &p->peer->keepalive);
}

static bool take_allowed(struct parse *p, struct text value)
{
	struct prefix prefix;

	return prefix_parse(&prefix, value.at, text_len(value)) &&
	       conf_peer_allow(p->peer, &prefix, false);
}

static const struct {
	const char *key;
	bool of_peer;
	bool (*take)(struct parse *p, struct text value);
} takers[] = {
	{ "private_key", false, take_private_key },
	{ "listen_port", false, take_listen_port },
	{ "fwmark", false, take_fwmark },
	{ "public_key", false, take_public_key },
	{ "preshared_key", true, take_psk },
	{ "endpoint", true, take_endpoint },
	{ "last_handshake_time_sec", true, take_handshake_sec },
	{ "last_handshake_time_nsec", true, take_handshake_nsec },
	{ "tx_bytes", true, take_tx },
	{ "rx_bytes", true, take_rx },
	{ "persistent_keepalive_interval", true, take_keepalive },
	{ "allowed_ip", true, take_allowed },
};

/* Unknown keys come from newer daemons. */
static bool take_line(struct parse *p, struct text line)
{
	struct text key;
	size_t i;

	if (!text_split(&line, '=', &key))
		return false;
	for (i = 0; i < LEN(takers); i++) {
		if (!text_is(key, takers[i].key))
			continue;
		if (takers[i].of_peer && !p->peer)
			return false;
		return takers[i].take(p, line);
	}
	return true;
}

void tunnelview_init(struct tunnelview *r, const char *name)
{
	memset(r, 0, sizeof(*r));
	strncpy(r->name, name, sizeof(r->name) - 1);
	conf_init(&r->conf);
}

void tunnelview_fini(struct tunnelview *r)
{
	conf_fini(&r->conf);
	mem_free(r->peer);
	r->peer = NULL;
	mem_free(r->status);
	r->status = NULL;
}

int tunnelview_get(struct tunnelview *r, struct text lines)
{
	struct parse p = { .conf = &r->conf };
	struct text line;

	while (text_split(&lines, '\n', &line)) {
		if (text_len(line) && !take_line(&p, line))
			return -EPROTO;
	}
	if ((r->conf.set & CONF_PRIVATE_KEY) && !key_is_zero(&r->conf.private_key))
		dh_public(&r->public_key, &r->conf.private_key);
	if (r->conf.n_peer == 0)
		return 0;
	r->peer = mem_new_array(r->conf.n_peer, sizeof(*r->peer));
	return r->peer ? 0 : -ENOMEM;
}

/* Those who may not see the private key cannot derive it. */
static void take_own_key(struct tunnelview *r, struct text line)
{
	char base64[KEY_BASE64_LEN + 1];

	if (key_is_zero(&r->public_key) && record_get(line, "public_key", base64, sizeof(base64)))
		key_from_base64(&r->public_key, base64, strlen(base64));
}

/* The records come in the order of the get, so each search starts where the last one ended. */
static struct tunnelview_peer *find_peer(struct tunnelview *r, const char *base64, size_t *from)
{
	struct key key;
	size_t i;

	if (!key_from_base64(&key, base64, strlen(base64)))
		return NULL;
	for (i = 0; i < r->conf.n_peer; i++) {
		size_t at = (*from + i) % r->conf.n_peer;

		if (key_equal(&key, &r->conf.peer[at].public_key)) {
			*from = at + 1;
			return &r->peer[at];
		}
	}
	return NULL;
}

void tunnelview_status(struct tunnelview *r, struct text lines)
{
	char base64[KEY_BASE64_LEN + 1];
	struct tunnelview_peer *peer;
	struct text line;
	size_t from = 0;

	mem_free(r->status);
	r->status = mem_text(lines.at, text_len(lines));
	if (!r->status)
		return;
	lines = text_from(r->status, text_len(lines));
	while (text_split(&lines, '\n', &line)) {
		if (!record_get(line, "peer", base64, sizeof(base64))) {
			if (!record_get(line, "interface", base64, sizeof(base64)))
				continue;
			r->record = line;
			record_get(line, "state", r->state, sizeof(r->state));
			take_own_key(r, line);
			continue;
		}
		peer = find_peer(r, base64, &from);
		if (!peer)
			continue;
		peer->record = line;
		record_get(line, "name", peer->name, sizeof(peer->name));
		record_get(line, "state", peer->state, sizeof(peer->state));
		record_get(line, "reason", peer->reason, sizeof(peer->reason));
	}
}

static bool out_of_reach(const struct tunnelview_peer *p)
{
	enum state_word word;

	return vocabulary_state_from(p->state, &word) && word != STATE_UP && word != STATE_IDLE;
}

bool tunnelview_is_up(const struct tunnelview *r)
{
	size_t i;

	if (r->state[0] && strcmp(r->state, "up") != 0)
		return false;
	for (i = 0; i < r->conf.n_peer; i++) {
		if (!out_of_reach(&r->peer[i]))
			return true;
	}
	return r->conf.n_peer == 0;
}

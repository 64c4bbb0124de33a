/* SPDX-License-Identifier: ISC */
#include "control/uapi.h"

#include <errno.h>
#include <string.h>

#include "base/breath.h"
#include "base/bytes.h"

/* What one key of a set request does. peer: the last public_key's. 0 or -errno. */
struct setting {
	const char *key;
	int (*apply)(struct conf *c, struct conf_peer *peer, struct text value);
};

static int set_key(struct key *key, struct text value, unsigned *set, unsigned flag)
{
	if (!key_from_hex(key, value.at, text_len(value)))
		return -EINVAL;
	*set |= flag;
	return 0;
}

static int set_true(struct text value, unsigned *set, unsigned flag)
{
	if (!text_is(value, "true"))
		return -EINVAL;
	*set |= flag;
	return 0;
}

static int set_private_key(struct conf *c, struct conf_peer *peer, struct text value)
{
	(void)peer;
	return set_key(&c->private_key, value, &c->set, CONF_PRIVATE_KEY);
}

static int set_listen_port(struct conf *c, struct conf_peer *peer, struct text value)
{
	uint64_t n;

	(void)peer;
	if (!text_u64(value, UINT16_MAX, &n))
		return -EINVAL;
	c->listen_port = (uint16_t)n;
	c->set |= CONF_LISTEN_PORT;
	return 0;
}

static int set_fwmark(struct conf *c, struct conf_peer *peer, struct text value)
{
	uint64_t n;

	(void)peer;
	if (!text_u64(value, UINT32_MAX, &n))
		return -EINVAL;
	c->fwmark = (uint32_t)n;
	c->set |= CONF_FWMARK;
	return 0;
}

static int set_replace_peers(struct conf *c, struct conf_peer *peer, struct text value)
{
	(void)peer;
	return set_true(value, &c->set, CONF_REPLACE_PEERS);
}

static int set_remove(struct conf *c, struct conf_peer *peer, struct text value)
{
	(void)c;
	return set_true(value, &peer->set, CONF_PEER_REMOVE);
}

static int set_update_only(struct conf *c, struct conf_peer *peer, struct text value)
{
	(void)c;
	return set_true(value, &peer->set, CONF_PEER_UPDATE_ONLY);
}

static int set_psk(struct conf *c, struct conf_peer *peer, struct text value)
{
	(void)c;
	return set_key(&peer->psk, value, &peer->set, CONF_PEER_PSK);
}

static int set_endpoint(struct conf *c, struct conf_peer *peer, struct text value)
{
	(void)c;
	if (!endpoint_parse(&peer->endpoint, value.at, text_len(value)))
		return -EINVAL;
	peer->set |= CONF_PEER_ENDPOINT;
	return 0;
}

static int set_keepalive(struct conf *c, struct conf_peer *peer, struct text value)
{
	uint64_t n;

	(void)c;
	if (!text_u64(value, UINT16_MAX, &n))
		return -EINVAL;
	peer->keepalive = (uint16_t)n;
	peer->set |= CONF_PEER_KEEPALIVE;
	return 0;
}

/* This also replaces the list so far, if it comes in the middle of a peer's section. */
static int set_replace_allowed(struct conf *c, struct conf_peer *peer, struct text value)
{
	int err = set_true(value, &peer->set, CONF_PEER_REPLACE_ALLOWED);

	(void)c;
	if (err == 0)
		peer->n_allowed = 0;
	return err;
}

static int set_allowed(struct conf *c, struct conf_peer *peer, struct text value)
{
	bool remove = text_len(value) > 0 && *value.at == '-';
	struct prefix prefix;

	(void)c;
	if (remove)
		value.at++;
	/* prefix_parse() takes a bare address, this protocol does not. */
	if (text_len(value) == 0 || !memchr(value.at, '/', text_len(value)) ||
	    !prefix_parse(&prefix, value.at, text_len(value)))
		return -EINVAL;
	return conf_peer_allow(peer, &prefix, remove) ? 0 : -ENOMEM;
}

static int set_version(struct conf *c, struct conf_peer *peer, struct text value)
{
	(void)c;
	(void)peer;
	return text_is(value, "1") ? 0 : -EINVAL;
}

static const struct setting of_device[] = {
	{ "private_key", set_private_key },
	{ "listen_port", set_listen_port },
	{ "fwmark", set_fwmark },
	{ "replace_peers", set_replace_peers },
};

/* The key that may occur a hundred thousand times comes first. */
static const struct setting of_peer[] = {
	{ "allowed_ip", set_allowed },
	{ "preshared_key", set_psk },
	{ "endpoint", set_endpoint },
	{ "persistent_keepalive_interval", set_keepalive },
	{ "replace_allowed_ips", set_replace_allowed },
	{ "remove", set_remove },
	{ "update_only", set_update_only },
	{ "protocol_version", set_version },
};

static int begin_peer(struct conf *c, struct text value)
{
	struct conf_peer *peer;
	struct key key;

	if (!key_from_hex(&key, value.at, text_len(value)))
		return -EINVAL;
	peer = conf_add_peer(c);
	if (!peer)
		return -ENOMEM;
	peer->public_key = key;
	peer->set = CONF_PEER_PUBLIC_KEY;
	return 0;
}

static int take_line(struct conf *c, struct text line)
{
	struct conf_peer *peer = c->n_peer ? &c->peer[c->n_peer - 1] : NULL;
	const struct setting *list = peer ? of_peer : of_device;
	size_t i, n = peer ? LEN(of_peer) : LEN(of_device);
	const char *equals = text_len(line) ? memchr(line.at, '=', text_len(line)) : NULL;
	struct text key, value;

	if (!equals || text_len(line) > UAPI_LINE_MAX)
		return -EPROTO;
	key = text_from(line.at, (size_t)(equals - line.at));
	value = text_from(equals + 1, (size_t)(line.end - equals - 1));
	if (text_is(key, "public_key"))
		return begin_peer(c, value);
	for (i = 0; i < n; i++)
		if (text_is(key, list[i].key))
			return list[i].apply(c, peer, value);
	return -EINVAL;
}

int uapi_set(struct conf *c, struct text request)
{
	struct text line;
	int err;

	/* The newline of the last line belongs to it; no line follows. */
	if (text_len(request) && request.end[-1] == '\n')
		request.end--;
	if (!text_split(&request, '\n', &line) || !text_is(line, "set=1"))
		return -EINVAL;
	while (text_split(&request, '\n', &line)) {
		breath();
		err = take_line(c, line);
		if (err)
			return err;
	}
	return 0;
}

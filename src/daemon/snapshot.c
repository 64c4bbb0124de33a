/* SPDX-License-Identifier: ISC */
#include "daemon/snapshot.h"

#include <errno.h>

#include "base/breath.h"
#include "proto/admin.h"

static int add_allowed(struct conf_peer *c, const struct peer *p)
{
	const struct allowed_node *node = NULL;

	while ((node = allowed_next(&p->allowed, node))) {
		struct prefix prefix;

		allowed_prefix(node, &prefix);
		if (!conf_peer_allow(c, &prefix, false))
			return -ENOMEM;
	}
	return 0;
}

static int add_peer(struct conf *out, const struct peer *p)
{
	struct conf_peer *c = conf_add_peer(out);

	if (!c)
		return -ENOMEM;
	c->set = CONF_PEER_PUBLIC_KEY | CONF_PEER_PSK | CONF_PEER_KEEPALIVE;
	c->public_key = p->public_key;
	c->psk = p->noise->psk;
	c->keepalive = p->timers.interval;
	if (endpoint_known(&p->endpoint)) {
		c->set |= CONF_PEER_ENDPOINT;
		c->endpoint = p->endpoint;
	}
	c->rx_bytes = p->rx_bytes;
	c->tx_bytes = p->tx_bytes;
	c->handshake_sec = p->handshake_wall / SECOND_NS;
	c->handshake_nsec = (uint32_t)(p->handshake_wall % SECOND_NS);
	return add_allowed(c, p);
}

int snapshot(const struct tunnel *t, struct conf *out)
{
	const struct key *private_key = admin_read_private_key(t);

	if (!key_is_zero(private_key)) {
		out->set |= CONF_PRIVATE_KEY;
		out->private_key = *private_key;
	}
	for (const struct peer *p = admin_first(t); p; p = p->next) {
		int r = add_peer(out, p);

		breath();
		if (r < 0)
			return r;
	}
	return 0;
}

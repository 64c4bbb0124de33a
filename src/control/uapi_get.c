/* SPDX-License-Identifier: ISC */
#include "control/uapi.h"

#include <inttypes.h>

#include "base/breath.h"
#include "base/bytes.h"

static void print_key(struct print *out, const char *name, const struct key *key)
{
	char hex[KEY_HEX_LEN + 1];

	key_to_hex(hex, key);
	print_bytes(out, name, strlen(name));
	print_bytes(out, "=", 1);
	print_bytes(out, hex, KEY_HEX_LEN);
	print_bytes(out, "\n", 1);
	wipe(hex, sizeof(hex));
}

static void print_allowed(struct print *out, const struct prefix *prefix)
{
	struct prefix masked = *prefix;
	char text[PREFIX_TEXT];

	prefix_mask(&masked);
	prefix_print(text, &masked);
	print_add(out, "allowed_ip=%s\n", text);
}

static void print_peer(struct print *out, const struct conf_peer *p)
{
	char endpoint[ENDPOINT_TEXT];
	size_t i;

	print_key(out, "public_key", &p->public_key);
	if (p->set & CONF_PEER_PSK)
		print_key(out, "preshared_key", &p->psk);
	print_add(out, "protocol_version=1\n");
	if (endpoint_known(&p->endpoint)) {
		endpoint_print(endpoint, &p->endpoint);
		print_add(out, "endpoint=%s\n", endpoint);
	}
	print_add(out, "last_handshake_time_sec=%" PRIu64 "\n", p->handshake_sec);
	print_add(out, "last_handshake_time_nsec=%" PRIu32 "\n", p->handshake_nsec);
	print_add(out, "tx_bytes=%" PRIu64 "\n", p->tx_bytes);
	print_add(out, "rx_bytes=%" PRIu64 "\n", p->rx_bytes);
	print_add(out, "persistent_keepalive_interval=%u\n", p->keepalive);
	for (i = 0; i < p->n_allowed; i++)
		if (!p->allowed[i].remove)
			print_allowed(out, &p->allowed[i].prefix);
}

void uapi_get(struct print *out, const struct conf *c)
{
	size_t i;

	/* wg shows a key of zeros as if it were a real one, and cannot parse 0x before fwmark. */
	if (!key_is_zero(&c->private_key))
		print_key(out, "private_key", &c->private_key);
	if (c->listen_port)
		print_add(out, "listen_port=%u\n", c->listen_port);
	if (c->fwmark)
		print_add(out, "fwmark=%" PRIu32 "\n", c->fwmark);
	for (i = 0; i < c->n_peer; i++) {
		breath();
		print_peer(out, &c->peer[i]);
	}
	uapi_errno(out, 0);
}

void uapi_errno(struct print *out, int number)
{
	print_add(out, "errno=%d\n\n", number);
}

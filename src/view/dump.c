/* SPDX-License-Identifier: ISC */
#include "view/dump.h"

#include <inttypes.h>

#include "base/bytes.h"

static void key_or_none(struct print *out, const struct key *key)
{
	char base64[KEY_BASE64_LEN + 1];

	key_to_base64(base64, key);
	print_add(out, "%s\t", key_is_zero(key) ? "(none)" : base64);
	wipe(base64, sizeof(base64));
}

static void begin(struct print *out, const struct tunnelview *r, bool named)
{
	if (named)
		print_add(out, "%s\t", r->name);
}

static void dump_peer(struct print *out, const struct conf_peer *p)
{
	char text[PREFIX_TEXT], end[ENDPOINT_TEXT];
	size_t i;

	key_or_none(out, &p->public_key);
	key_or_none(out, &p->psk);
	endpoint_print(end, &p->endpoint);
	print_add(out, "%s\t", *end ? end : "(none)");
	for (i = 0; i < p->n_allowed; i++) {
		prefix_print(text, &p->allowed[i].prefix);
		print_add(out, "%s%s", i ? "," : "", text);
	}
	print_add(out, "%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t", p->n_allowed ? "" : "(none)",
		  p->handshake_sec, p->rx_bytes, p->tx_bytes);
	if (p->keepalive)
		print_add(out, "%u\n", p->keepalive);
	else
		print_add(out, "off\n");
}

void dump_report(struct print *out, const struct tunnelview *r, bool named)
{
	size_t i;

	begin(out, r, named);
	key_or_none(out, &r->conf.private_key);
	key_or_none(out, &r->public_key);
	print_add(out, "%u\t", r->conf.listen_port);
	if (r->conf.fwmark)
		print_add(out, "0x%" PRIx32 "\n", r->conf.fwmark);
	else
		print_add(out, "off\n");
	for (i = 0; i < r->conf.n_peer; i++) {
		begin(out, r, named);
		dump_peer(out, &r->conf.peer[i]);
	}
}

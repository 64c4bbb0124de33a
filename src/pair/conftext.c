/* SPDX-License-Identifier: ISC */
#include "pair/conftext.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/say.h"
#include "crypto/dh.h"
#include "pair/pairline_text.h"

enum { KEEPALIVE_S = 25 };

static void add_key(struct print *out, const char *word, const struct key *key)
{
	char text[KEY_BASE64_LEN + 1];

	key_to_base64(text, key);
	print_add(out, "%s%s\n", word, text);
	wipe(text, sizeof(text));
}

static struct prefix host_of(const struct prefix *p)
{
	return (struct prefix){ .ip = p->ip, .bits = (uint8_t)ip_bits(p->ip.family) };
}

/* Separated by commas; the address alone, or with its number of bits. */
static void add_prefix(struct print *out, const struct prefix *p, bool first, bool bits)
{
	char text[PREFIX_TEXT];

	if (bits)
		prefix_print(text, p);
	else
		ip_print(text, &p->ip);
	print_add(out, "%s%s", first ? "" : ", ", text);
}

void conftext_addresses(struct print *out, const struct prefix *p, size_t n, bool bits)
{
	bool first = true;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i].ip.family == 0)
			continue;
		add_prefix(out, &p[i], first, bits);
		first = false;
	}
}

void conftext_key(struct print *out, const struct key *key)
{
	add_key(out, "", key);
}

void conftext_key_file(char text[CONFTEXT_KEY_FILE], const char *name)
{
	snprintf(text, CONFTEXT_KEY_FILE, "%.*s.key", CONF_NAME_MAX, name);
}

void conftext_psk_file(char text[CONFTEXT_PSK_FILE], const char *name, const struct key *peer)
{
	char file[KEY_BASE64_LEN]; /* without the = at the end */

	pairline_text_write(file, peer->bytes, KEY_LEN);
	file[KEY_BASE64_LEN - 1] = '\0';
	snprintf(text, CONFTEXT_PSK_FILE, "%.*s.psk/%s", CONF_NAME_MAX, name, file);
}

void conftext_move_key(struct print *out, struct text from, uint32_t number, const char *key_file)
{
	const char *comment;
	struct text line;
	uint32_t at = 0;

	while (from.at < from.end && text_split(&from, '\n', &line)) {
		if (++at == number) {
			comment = memchr(line.at, '#', text_len(line));
			print_add(out, "PrivateKeyFile = %s%s", key_file, comment ? " " : "");
			line.at = comment ? comment : line.end;
		}
		print_bytes(out, line.at, text_len(line));
		print_add(out, "\n");
	}
}

static void add_address(struct print *out, const struct conftext_interface *d)
{
	bool first = true;
	size_t i;

	print_add(out, "Address = ");
	for (i = 0; i < d->n_address; i++) {
		struct prefix p = d->hosts ? host_of(&d->address[i]) : d->address[i];

		if (p.ip.family == 0)
			continue;
		add_prefix(out, &p, first, true);
		first = false;
	}
	print_add(out, "\n");
}

void conftext_interface(struct print *out, const struct conftext_interface *d)
{
	print_add(out, "[Interface]\n");
	if (d->key_file) {
		print_add(out, "PrivateKeyFile = %s\n", d->key_file);
	} else if (d->private_key) {
		add_key(out, "PrivateKey = ", d->private_key);
	} else {
		print_add(out, "# Put the other end's private key here; its public key is\n");
		add_key(out, "# ", d->public_key);
		print_add(out, "#PrivateKey = \n");
	}
	if (d->port)
		print_add(out, "ListenPort = %u\n", d->port);
	add_address(out, d);
	if (d->mtu)
		print_add(out, "MTU = %u\n", d->mtu);
}

void conftext_peer(struct print *out, const struct conftext_peer *d)
{
	bool first = true;
	size_t i;

	print_add(out, "\n[Peer]\n");
	if (d->name)
		print_add(out, "# friendly_name = %s\n", d->name);
	add_key(out, "PublicKey = ", d->public_key);
	if (d->psk && !key_is_zero(d->psk) && d->psk_file)
		print_add(out, "PresharedKeyFile = %s\n", d->psk_file);
	else if (d->psk && !key_is_zero(d->psk))
		add_key(out, "PresharedKey = ", d->psk);
	print_add(out, "AllowedIPs = ");
	for (i = 0; i < d->n_allowed; i++) {
		struct prefix p = d->hosts ? host_of(&d->allowed[i]) : d->allowed[i];

		if (p.ip.family == 0)
			continue;
		prefix_mask(&p);
		add_prefix(out, &p, first, true);
		first = false;
	}
	print_add(out, "\n");
	if (d->endpoint)
		print_add(out, "Endpoint = %s\n", d->endpoint);
	if (d->dial)
		print_add(out, "PersistentKeepalive = %d\n", KEEPALIVE_S);
}

static void print_diag(void *ctx, enum conf_severity severity, const char *line)
{
	const bool *quiet = ctx;

	if (severity == CONF_ERROR)
		fprintf(stderr, "%s\n", line);
	else if (!*quiet)
		fprintf(stderr, "%s (warning)\n", line);
}

bool conftext_read(struct conf *conf, struct key *public_key, const char *name,
		   const struct print *text, bool quiet, bool settle)
{
	struct conf_report report = { .say = print_diag, .ctx = &quiet };
	bool have_key;
	int r;

	conf_init(conf);
	r = conf_read_text(conf, name, text->len ? text->chars : "", text->len, &report);
	if (r < 0 && r != -EINVAL)
		goto fail;
	if (conf_load_keys(conf, &report) < 0)
		r = -EINVAL;
	have_key = (conf->set & CONF_PRIVATE_KEY) && !key_is_zero(&conf->private_key);
	if (have_key)
		dh_public(public_key, &conf->private_key);
	if (settle && conf_settle(conf, have_key ? public_key : NULL, &report) < 0)
		r = -ENOMEM;
	if (conf_check(conf, have_key ? public_key : NULL, &report) < 0)
		r = -EINVAL;
	if (r == 0 && report.errors == 0)
		return true;
fail:
	say("%s: %u error%s", name, report.errors, report.errors == 1 ? "" : "s");
	conf_fini(conf);
	return false;
}

/* SPDX-License-Identifier: ISC */
#include "view/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "control/record.h"
#include "control/vocabulary.h"

enum { SHOW_LACKS = 1024 };

#define RESET  "\x1b[0m"
#define BOLD   "\x1b[1m"
#define RED    "\x1b[31m"
#define GREEN  "\x1b[32m"
#define YELLOW "\x1b[33m"
#define CYAN   "\x1b[36m"

static const char *colour(const struct show_style *s, const char *escape)
{
	return s->colour ? escape : "";
}

static void label(struct print *out, const char *words, const struct show_style *s)
{
	print_add(out, "  %s%s%s: ", colour(s, BOLD), words, colour(s, RESET));
}

static void heading(struct print *out, const char *word, const char *what, const char *escape,
		    const struct show_style *s)
{
	print_add(out, "%s%s%s%s: ", colour(s, escape), colour(s, BOLD), word, colour(s, RESET));
	print_add(out, "%s%s%s\n", colour(s, escape), what, colour(s, RESET));
}

static void duration(struct print *out, uint64_t left, const struct show_style *s)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {
		{ "year", 365 * 24 * 60 * 60 },
		{ "day", 24 * 60 * 60 },
		{ "hour", 60 * 60 },
		{ "minute", 60 },
		{ "second", 1 },
	};
	const char *comma = "";
	size_t i;

	for (i = 0; i < LEN(units); i++) {
		uint64_t n = left / units[i].seconds;

		left %= units[i].seconds;
		if (!n)
			continue;
		print_add(out, "%s%" PRIu64 " %s%s%s%s", comma, n, colour(s, CYAN), units[i].name,
			  n == 1 ? "" : "s", colour(s, RESET));
		comma = ", ";
	}
}

void show_ago(struct print *out, uint64_t then, const struct show_style *s)
{
	if (then == s->now) {
		print_add(out, "Now");
		return;
	}
	if (then > s->now) {
		print_add(out, "(%sSystem clock wound backward; connection problems may ensue.%s)",
			  colour(s, RED), colour(s, RESET));
		return;
	}
	duration(out, s->now - then, s);
	print_add(out, " ago");
}

void show_bytes(struct print *out, uint64_t bytes, const struct show_style *s)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double n = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		print_add(out, "%" PRIu64 " %sB%s", bytes, colour(s, CYAN), colour(s, RESET));
		return;
	}
	/* By whole bytes, so that rounding never prints 1024.00 KiB instead of 1 MiB. */
	while (i + 1 < LEN(units) && bytes >> (10 * (i + 2))) {
		n /= 1024;
		i++;
	}
	print_add(out, "%.2f %s%s%s", n, colour(s, CYAN), units[i], colour(s, RESET));
}

static void secret(struct print *out, const struct key *key, const struct show_style *s)
{
	char base64[KEY_BASE64_LEN + 1];

	if (!s->keys || key_is_zero(key)) {
		print_add(out, "(hidden)\n");
		return;
	}
	key_to_base64(base64, key);
	print_add(out, "%s\n", base64);
	wipe(base64, sizeof(base64));
}

static void allowed_ips(struct print *out, const struct conf_peer *p, const struct show_style *s)
{
	char text[IP_TEXT];
	size_t i;

	label(out, "allowed ips", s);
	if (p->n_allowed == 0)
		print_add(out, "(none)");
	for (i = 0; i < p->n_allowed; i++) {
		ip_print(text, &p->allowed[i].prefix.ip);
		print_add(out, "%s%s%s/%s%u", i ? ", " : "", text, colour(s, CYAN),
			  colour(s, RESET), p->allowed[i].prefix.bits);
	}
	print_add(out, "\n");
}

static void transfer(struct print *out, const struct conf_peer *p, const struct show_style *s)
{
	label(out, "transfer", s);
	show_bytes(out, p->rx_bytes, s);
	print_add(out, " received, ");
	show_bytes(out, p->tx_bytes, s);
	print_add(out, " sent\n");
}

static void rate(struct print *out, double rx, double tx, const struct show_style *s)
{
	label(out, "rate", s);
	show_bytes(out, (uint64_t)rx, s);
	print_add(out, "/s received, ");
	show_bytes(out, (uint64_t)tx, s);
	print_add(out, "/s sent\n");
}

/* What wg does not know. */
static void words(struct print *out, enum vocabulary_record kind, struct text record,
		  const struct show_style *s)
{
	const struct vocabulary_word *word;
	char value[TUNNELVIEW_REASON];
	size_t i;

	for (i = 0; (word = vocabulary_at(i)); i++) {
		if (word->record != kind || !word->label ||
		    !record_get(record, word->key, value, sizeof(value)) || !value[0])
			continue;
		label(out, word->label, s);
		if (word->kind == VOCABULARY_STATE)
			print_add(out, "%s%s%s\n",
				  colour(s, strcmp(value, "up") == 0 ? GREEN : YELLOW), value,
				  colour(s, RESET));
		else
			print_add(out, "%s\n", value);
	}
}

static void show_peer(struct print *out, const struct conf_peer *p,
		      const struct tunnelview_peer *more, const struct show_style *s)
{
	char base64[KEY_BASE64_LEN + 1], end[ENDPOINT_TEXT];

	key_to_base64(base64, &p->public_key);
	heading(out, "peer", base64, YELLOW, s);
	if (more->name[0]) {
		label(out, "name", s);
		print_add(out, "%s\n", more->name);
	}
	if (!key_is_zero(&p->psk)) {
		label(out, "preshared key", s);
		secret(out, &p->psk, s);
	}
	if (endpoint_known(&p->endpoint)) {
		endpoint_print(end, &p->endpoint);
		label(out, "endpoint", s);
		print_add(out, "%s\n", end);
	}
	allowed_ips(out, p, s);
	if (p->handshake_sec) {
		label(out, "latest handshake", s);
		show_ago(out, p->handshake_sec, s);
		print_add(out, "\n");
	}
	if (p->rx_bytes || p->tx_bytes)
		transfer(out, p, s);
	if (more->rated)
		rate(out, more->rx_rate, more->tx_rate, s);
	if (p->keepalive) {
		label(out, "persistent keepalive", s);
		print_add(out, "every ");
		duration(out, p->keepalive, s);
		print_add(out, "\n");
	}
	words(out, VOCABULARY_PEER, more->record, s);
}

/* One part of "part: why: more; part: why", as "part (why)".  Returns what follows it. */
static const char *show_lack(struct print *out, const char *part, bool *any)
{
	size_t name = strcspn(part, ":;"), len = strcspn(part, ";");
	const char *why = part + name, *next = part + len;
	size_t why_len;

	why += strspn(why, ": ");
	why_len = strcspn(why, ":;");
	/* Without capabilities, and no way to any, there is nothing for it to bound. */
	if (name && !text_is(text_from(part, name), "bounding-set")) {
		print_add(out, "%s%.*s (%.*s)", *any ? ", " : "; it lacks: ", (int)name, part,
			  (int)why_len, why);
		*any = true;
	}
	return next + strspn(next, "; ");
}

/* What of its rights the process that meets the network could not give up. */
static void show_jail(struct print *out, struct text record, const struct show_style *s)
{
	char mode[8], lacks[SHOW_LACKS];
	const char *part = lacks;
	bool any = false;

	if (!record_get(record, "jail", mode, sizeof(mode)))
		return;
	record_get(record, "jail_lacks", lacks, sizeof(lacks));
	label(out, "jail", s);
	print_add(out, "%s%s%s", colour(s, strcmp(mode, "on") == 0 ? GREEN : YELLOW), mode,
		  colour(s, RESET));
	while (*part)
		part = show_lack(out, part, &any);
	print_add(out, "\n");
}

/* Name servers, the names for which they are asked, and by what; or why not. */
static void show_dns(struct print *out, struct text record, const struct show_style *s)
{
	char on[8], servers[TUNNELVIEW_REASON], domains[TUNNELVIEW_REASON], more[TUNNELVIEW_REASON];
	bool all;

	if (!record_get(record, "dns", on, sizeof(on)))
		return;
	label(out, "dns", s);
	if (!vocabulary_is_yes(on)) {
		record_get(record, "dns_error", more, sizeof(more));
		print_add(out, "%snot set%s: %s\n", colour(s, YELLOW), colour(s, RESET), more);
		return;
	}
	record_get(record, "dns_servers", servers, sizeof(servers));
	record_get(record, "dns_domains", domains, sizeof(domains));
	record_get(record, "dns_by", more, sizeof(more));
	all = strncmp(domains, "~.", 2) == 0;
	print_add(out, "%s for %s, by %s", *servers ? servers : "no server",
		  all ? "all names" : domains, more);
	if (record_get(record, "dns_aside", more, sizeof(more)))
		print_add(out, "; %sprograms also ask %s%s", colour(s, YELLOW), more,
			  colour(s, RESET));
	if (record_get(record, "dns_outside", more, sizeof(more)))
		print_add(out, "; %s%s is asked past the tunnel%s", colour(s, YELLOW), more,
			  colour(s, RESET));
	print_add(out, "\n");
}

static void show_interface(struct print *out, const struct tunnelview *r,
			   const struct show_style *s)
{
	char base64[KEY_BASE64_LEN + 1];

	print_add(out, "%s", colour(s, RESET));
	heading(out, "interface", r->name, GREEN, s);
	if (!key_is_zero(&r->public_key)) {
		key_to_base64(base64, &r->public_key);
		label(out, "public key", s);
		print_add(out, "%s\n", base64);
		label(out, "private key", s);
		secret(out, &r->conf.private_key, s);
	}
	if (r->conf.listen_port) {
		label(out, "listening port", s);
		print_add(out, "%u\n", r->conf.listen_port);
	}
	if (r->conf.fwmark) {
		label(out, "fwmark", s);
		print_add(out, "0x%" PRIx32 "\n", r->conf.fwmark);
	}
	words(out, VOCABULARY_INTERFACE, r->record, s);
	show_dns(out, r->record, s);
	show_jail(out, r->record, s);
}

/* Latest handshake first, those without one last, otherwise in the order given. */
static int by_handshake(const void *first, const void *second)
{
	const struct conf_peer *a = *(const struct conf_peer *const *)first;
	const struct conf_peer *b = *(const struct conf_peer *const *)second;

	if (a->handshake_sec != b->handshake_sec)
		return a->handshake_sec > b->handshake_sec ? -1 : 1;
	if (a->handshake_nsec != b->handshake_nsec)
		return a->handshake_nsec > b->handshake_nsec ? -1 : 1;
	return a < b ? -1 : 1;
}

void show_report(struct print *out, const struct tunnelview *r, const struct show_style *style)
{
	const struct conf_peer **order;
	size_t i, n = r->conf.n_peer;

	show_interface(out, r, style);
	if (n == 0)
		return;
	order = mem_new_array(n, sizeof(const struct conf_peer *));
	if (!order) {
		out->failed = true;
		return;
	}
	for (i = 0; i < n; i++)
		order[i] = &r->conf.peer[i];
	qsort(order, n, sizeof(const struct conf_peer *), by_handshake);
	for (i = 0; i < n; i++) {
		print_add(out, "\n");
		show_peer(out, order[i], &r->peer[order[i] - r->conf.peer], style);
	}
	mem_free(order);
}

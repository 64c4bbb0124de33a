/* SPDX-License-Identifier: ISC */
#include "pair/pairline_field.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

/* In this order; endpoints by preference. */
enum type {
	TYPE_NAME = 1,
	TYPE_V4,     /* port 2, address */
	TYPE_V6,     /* port 2, address */
	TYPE_HOST,   /* port 2, name */
	TYPE_INNER4, /* bits 1, ours, theirs */
	TYPE_INNER6,
	TYPE_PSK,
	TYPE_ID,
	TYPES,
};

static const int families[PAIRLINE_FAMILIES] = { AF_INET, AF_INET6 };

struct writer {
	uint8_t *bytes;
	size_t size, len;
	bool failed;
};

/* Start a field. Returns where its value goes, or NULL. */
static uint8_t *add_field(struct writer *w, enum type type, size_t len)
{
	uint8_t *value;

	if (w->failed || len > UINT8_MAX || w->size - w->len < len + 2) {
		w->failed = true;
		return NULL;
	}
	value = w->bytes + w->len + 2;
	value[-2] = (uint8_t)type;
	value[-1] = (uint8_t)len;
	w->len += len + 2;
	return value;
}

static void add_bytes(struct writer *w, enum type type, const void *bytes, size_t len)
{
	uint8_t *value = add_field(w, type, len);

	if (value)
		memcpy(value, bytes, len);
}

static void add_endpoint(struct writer *w, const struct pairline_endpoint *e)
{
	enum type type = e->ip.family == AF_INET ? TYPE_V4 : e->ip.family ? TYPE_V6 : TYPE_HOST;
	const void *bytes = e->ip.family ? (const void *)e->ip.bytes : e->host;
	size_t len = e->ip.family ? ip_len(e->ip.family) : strlen(e->host);
	uint8_t *value = add_field(w, type, 2 + len);

	if (!value)
		return;
	store_be16(value, e->port);
	memcpy(value + 2, bytes, len);
}

static void add_inner(struct writer *w, enum type type, const struct prefix *ours,
		      const struct prefix *theirs)
{
	size_t len = ip_len(ours->ip.family);
	uint8_t *value = add_field(w, type, 1 + 2 * len);

	if (!value)
		return;
	value[0] = ours->bits;
	memcpy(value + 1, ours->ip.bytes, len);
	memcpy(value + 1 + len, theirs->ip.bytes, len);
}

/* TUNNEL, or TUNNEL@HOST */
static void add_name(struct writer *w, const struct pairline *line)
{
	size_t name = strlen(line->name), sender = strlen(line->sender);
	uint8_t *value = add_field(w, TYPE_NAME, name + (sender ? sender + 1 : 0));

	if (!value)
		return;
	memcpy(value, line->name, name);
	if (!sender)
		return;
	value[name] = '@';
	memcpy(value + name + 1, line->sender, sender);
}

size_t pairline_field_write(uint8_t *bytes, size_t size, const struct pairline *line)
{
	struct writer w = { .bytes = bytes, .size = size };
	unsigned f;
	size_t i;

	add_name(&w, line);
	for (i = 0; i < line->n_endpoint; i++)
		add_endpoint(&w, &line->endpoint[i]);
	for (f = 0; f < PAIRLINE_FAMILIES; f++) {
		if (line->ours[f].ip.family)
			add_inner(&w, TYPE_INNER4 + f, &line->ours[f], &line->theirs[f]);
	}
	if (pairline_has_psk(line))
		add_bytes(&w, TYPE_PSK, line->psk.bytes, KEY_LEN);
	if (line->kind == PAIRLINE_ANSWER)
		add_bytes(&w, TYPE_ID, line->id, PAIRLINE_ID);
	return w.failed ? 0 : w.len;
}

static bool take_name(struct pairline *line, const uint8_t *value, size_t len)
{
	const uint8_t *at = memchr(value, '@', len);
	size_t name = at ? (size_t)(at - value) : len, sender = at ? len - name - 1 : 0;

	if (memchr(value, '\0', len) || name > CONF_NAME_MAX || sender > PAIRLINE_SENDER ||
	    (at && sender == 0))
		return false;
	memcpy(line->name, value, name);
	line->name[name] = '\0';
	if (at)
		memcpy(line->sender, at + 1, sender);
	line->sender[sender] = '\0';
	return true;
}

static bool take_endpoint(struct pairline *line, enum type type, const uint8_t *value, size_t len)
{
	struct pairline_endpoint *e = &line->endpoint[line->n_endpoint];
	int family = type == TYPE_V4 ? AF_INET : AF_INET6;

	if (line->n_endpoint == PAIRLINE_ENDPOINTS || len < 3)
		return false;
	line->n_endpoint++;
	e->port = load_be16(value);
	value += 2;
	len -= 2;
	if (type == TYPE_HOST) {
		if (len > PAIRLINE_HOST || memchr(value, '\0', len))
			return false;
		memcpy(e->host, value, len);
		return true;
	}
	e->ip.family = (uint8_t)family;
	if (len != ip_len(family))
		return false;
	memcpy(e->ip.bytes, value, len);
	return true;
}

static bool take_inner(struct pairline *line, unsigned f, const uint8_t *value, size_t len)
{
	size_t half = ip_len(families[f]);

	if (len != 1 + 2 * half)
		return false;
	line->ours[f] = (struct prefix){ .ip.family = (uint8_t)families[f], .bits = value[0] };
	line->theirs[f] = line->ours[f];
	memcpy(line->ours[f].ip.bytes, value + 1, half);
	memcpy(line->theirs[f].ip.bytes, value + 1 + half, half);
	return true;
}

static bool take_exactly(void *to, size_t want, const uint8_t *value, size_t len)
{
	if (len != want)
		return false;
	memcpy(to, value, len);
	return true;
}

static bool take_field(struct pairline *line, unsigned type, const uint8_t *value, size_t len)
{
	switch (type) {
	case TYPE_NAME:
		return take_name(line, value, len);
	case TYPE_V4:
	case TYPE_V6:
	case TYPE_HOST:
		return take_endpoint(line, type, value, len);
	case TYPE_INNER4:
	case TYPE_INNER6:
		return take_inner(line, type - TYPE_INNER4, value, len);
	case TYPE_PSK:
		/* A zero key would be a second way to say "none". */
		return take_exactly(&line->psk, KEY_LEN, value, len) && pairline_has_psk(line);
	case TYPE_ID:
		return line->kind == PAIRLINE_ANSWER &&
		       take_exactly(line->id, PAIRLINE_ID, value, len);
	default:
		return false;
	}
}

/* Endpoints of all kinds have one place in the order, and may repeat. */
static unsigned rank(unsigned type)
{
	return type == TYPE_V6 || type == TYPE_HOST ? TYPE_V4 : type;
}

bool pairline_field_read(struct pairline *line, const uint8_t *bytes, size_t len)
{
	unsigned last = 0;

	while (len >= 2) {
		unsigned type = bytes[0], n = bytes[1], r = rank(type);

		if (len - 2 < n || r < last || (r == last && r != TYPE_V4) ||
		    !take_field(line, type, bytes + 2, n))
			return false;
		last = r;
		bytes += 2 + n;
		len -= 2 + n;
	}
	return len == 0 && (line->kind != PAIRLINE_ANSWER || last == TYPE_ID);
}

/* Where the line says that its sender can be dialled. */
static bool is_endpoint(const struct pairline *line, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < line->n_endpoint; i++) {
		if (ip_equal(&line->endpoint[i].ip, ip))
			return true;
	}
	return false;
}

bool pairline_dials_inside(const struct pairline *sender, const struct pairline *offer)
{
	unsigned f;

	for (f = 0; f < PAIRLINE_FAMILIES; f++) {
		if (offer->ours[f].ip.family && (is_endpoint(sender, &offer->ours[f].ip) ||
						 is_endpoint(sender, &offer->theirs[f].ip)))
			return true;
	}
	return false;
}

static const char *fault_of_family(const struct pairline *line, unsigned f)
{
	const struct prefix *ours = &line->ours[f], *theirs = &line->theirs[f];
	unsigned all = ip_bits(families[f]), least = families[f] == AF_INET ? 16 : 48;

	if (ours->ip.family == 0 && theirs->ip.family == 0)
		return NULL;
	if (ours->ip.family != families[f] || theirs->ip.family != families[f] ||
	    ours->bits != theirs->bits || ours->bits >= all || ip_equal(&ours->ip, &theirs->ip) ||
	    !prefix_contains(ours, &theirs->ip))
		return "its addresses are not those of two hosts in one network";
	if (!ip_is_of_host(&ours->ip) || !ip_is_of_host(&theirs->ip))
		return "its addresses must not be multicast, link-local, loopback or reserved ones";
	if (ours->bits < least)
		return "its network is wider than /16, or for IPv6 /48";
	return NULL;
}

const char *pairline_inner_fault(const struct pairline *line)
{
	const char *fault = NULL;
	unsigned f;

	if (line->kind != PAIRLINE_OFFER)
		return NULL;
	for (f = 0; f < PAIRLINE_FAMILIES && !fault; f++)
		fault = fault_of_family(line, f);
	if (!fault && pairline_dials_inside(line, line))
		fault = "an address in the tunnel is also the place to dial, outside of it";
	return fault;
}

bool pairline_field_ok(const struct pairline *line)
{
	bool inner = line->ours[0].ip.family || line->theirs[0].ip.family ||
		     line->ours[1].ip.family || line->theirs[1].ip.family;
	size_t i;

	for (i = 0; i < line->n_endpoint; i++) {
		if (!pairline_endpoint_ok(&line->endpoint[i]))
			return false;
	}
	if (line->kind != PAIRLINE_OFFER && line->kind != PAIRLINE_ANSWER)
		return false;
	if (inner != (line->kind == PAIRLINE_OFFER) || pairline_inner_fault(line))
		return false;
	if (pairline_has_psk(line) && line->kind != PAIRLINE_OFFER)
		return false;
	if (line->sender[0] && !pairline_host_ok(line->sender, strlen(line->sender)))
		return false;
	return conf_name_ok(line->name) && !key_is_zero(&line->public_key);
}

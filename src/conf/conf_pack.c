/* SPDX-License-Identifier: ISC */
#include "conf/conf_pack.h"

#include <errno.h>
#include <string.h>

#include "base/aeadname.h"
#include "base/breath.h"
#include "base/bytes.h"
#include "base/mem.h"

/*
 * Both ways are one walk over the fields, so that they cannot differ: out is set when
 * packing, in when unpacking.
 */
struct walk {
	struct print *out;
	struct text *in;
	int error;
};

static void fail(struct walk *w, int error)
{
	if (!w->error)
		w->error = error;
}

static void field(struct walk *w, void *at, size_t len)
{
	if (w->error)
		return;
	if (w->out) {
		print_bytes(w->out, at, len);
	} else if (text_len(*w->in) < len) {
		fail(w, -EINVAL);
	} else {
		memcpy(at, w->in->at, len);
		w->in->at += len;
	}
}

#define FIELD(w, f) field(w, &(f), sizeof(f))

/* How many follow, each of at least this many bytes. */
static size_t count(struct walk *w, size_t n, size_t least)
{
	uint32_t held = (uint32_t)n;

	FIELD(w, held);
	if (w->in && held > text_len(*w->in) / least)
		fail(w, -EINVAL);
	return w->error ? 0 : held;
}

/* An array of n when packing, a new one of this many when unpacking. */
static size_t list(struct walk *w, void **array, size_t n, size_t size, size_t least)
{
	size_t room = 1;

	n = count(w, n, least);
	if (w->out || n == 0)
		return n;
	/* The lists of a conf grow at powers of two. */
	while (room < n)
		room *= 2;
	*array = mem_new_array(room, size);
	if (!*array)
		fail(w, -ENOMEM);
	return *array ? n : 0;
}

static void string(struct walk *w, char **s)
{
	uint8_t given = *s != NULL;
	size_t len;

	FIELD(w, given);
	if (!given)
		return;
	len = count(w, w->out ? strlen(*s) : 0, 1);
	if (w->out) {
		print_bytes(w->out, *s, len);
		return;
	}
	if (w->error)
		return;
	*s = mem_text(w->in->at, len);
	if (!*s)
		fail(w, -ENOMEM);
	w->in->at += len;
}

static void family(struct walk *w, const struct ip *ip, bool may_lack)
{
	if (ip->family != AF_INET && ip->family != AF_INET6 && !(may_lack && !ip->family))
		fail(w, -EINVAL);
}

static void prefix(struct walk *w, struct prefix *p)
{
	FIELD(w, *p);
	family(w, &p->ip, false);
	if (p->bits > ip_bits(p->ip.family))
		fail(w, -EINVAL);
}

static void endpoint(struct walk *w, struct endpoint *e)
{
	sa_family_t of;

	FIELD(w, *e);
	of = e->remote.sa.sa_family;
	if (of && of != AF_INET && of != AF_INET6)
		fail(w, -EINVAL);
	family(w, &e->local, true);
}

static void addresses(struct walk *w, struct conf *c)
{
	void *array = c->address;
	size_t n = list(w, &array, c->n_address, sizeof(*c->address), sizeof(struct prefix));

	c->address = array;
	c->n_address = n;
	for (size_t i = 0; i < n && !w->error; i++)
		prefix(w, &c->address[i]);
}

static void allowed(struct walk *w, struct conf_peer *p)
{
	void *array = p->allowed;
	size_t n = list(w, &array, p->n_allowed, sizeof(*p->allowed), sizeof(struct prefix));

	p->allowed = array;
	p->n_allowed = p->cap_allowed = n;
	for (size_t i = 0; i < n && !w->error; i++) {
		uint8_t remove = p->allowed[i].remove;

		prefix(w, &p->allowed[i].prefix);
		FIELD(w, remove);
		FIELD(w, p->allowed[i].place);
		p->allowed[i].remove = remove;
	}
}

static void peer(struct walk *w, struct conf_peer *p)
{
	breath();
	FIELD(w, p->set);
	FIELD(w, p->public_key);
	FIELD(w, p->psk);
	FIELD(w, p->name);
	if (!memchr(p->name, '\0', sizeof(p->name)))
		fail(w, -EINVAL);
	string(w, &p->psk_file);
	endpoint(w, &p->endpoint);
	string(w, &p->host);
	FIELD(w, p->port);
	FIELD(w, p->keepalive);
	FIELD(w, p->place);
	FIELD(w, p->key_place);
	FIELD(w, p->psk_place);
	FIELD(w, p->endpoint_place);
	FIELD(w, p->rx_bytes);
	FIELD(w, p->tx_bytes);
	FIELD(w, p->handshake_sec);
	FIELD(w, p->handshake_nsec);
	allowed(w, p);
}

static void peers(struct walk *w, struct conf *c)
{
	void *array = c->peer;
	size_t n = list(w, &array, c->n_peer, sizeof(*c->peer), sizeof(struct key));

	c->peer = array;
	c->n_peer = c->cap_peer = n;
	for (size_t i = 0; i < n && !w->error; i++)
		peer(w, &c->peer[i]);
}

static void aead(struct walk *w, struct conf *c)
{
	char name[16] = { 0 };

	if (w->out && c->aead)
		memcpy(name, c->aead, strnlen(c->aead, sizeof(name) - 1));
	FIELD(w, name);
	if (w->out || w->error || !*name)
		return;
	name[sizeof(name) - 1] = '\0';
	c->aead = aeadname_find(text_from_str(name));
	if (!c->aead)
		fail(w, -EINVAL);
}

static void table(struct walk *w, struct conf *c)
{
	uint8_t kind = (uint8_t)c->table_kind;

	FIELD(w, kind);
	FIELD(w, c->table);
	if (kind > TABLE_NUMBER)
		fail(w, -EINVAL);
	c->table_kind = (enum conf_table_kind)kind;
}

static void whole(struct walk *w, struct conf *c)
{
	FIELD(w, c->set);
	string(w, &c->path);
	FIELD(w, c->private_key);
	string(w, &c->private_key_file);
	FIELD(w, c->listen_port);
	FIELD(w, c->fwmark);
	FIELD(w, c->mtu);
	table(w, c);
	addresses(w, c);
	FIELD(w, c->tune);
	FIELD(w, c->mtu_place);
	FIELD(w, c->key_place);
	aead(w, c);
	FIELD(w, c->aead_place);
	peers(w, c);
}

void conf_pack(struct print *out, const struct conf *c)
{
	struct conf copy = *c; /* packing only reads, but the walk is for both */
	struct walk w = { .out = out };

	whole(&w, &copy);
	wipe(&copy, sizeof(copy));
}

int conf_unpack(struct conf *c, struct text *in)
{
	struct walk w = { .in = in };

	whole(&w, c);
	return w.error;
}

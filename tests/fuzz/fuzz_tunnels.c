/* SPDX-License-Identifier: ISC */
/*
 * A script over three tunnels that know one another, and a net that loses, repeats, reorders
 * and damages what they send.  Whatever happens: a packet comes out at most once, where it was
 * meant to and as it went in; no nonce is used twice; an index leads to one thing only; and in
 * the end no secret is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/vault.h"
#include "proto/admin.h"
#include "proto/wire.h"
#include "script.h"
#include "target.h"

enum {
	NODES = 3,
	BATCH = 128,
	NET = 256,     /* datagrams that the net remembers */
	LONGEST = 512, /* of a datagram */
	PACKETS = 1024,
	NONCES = 8192, /* a power of two */
	OPS = 1000,
};

const size_t target_cap = 600;

struct datagram {
	uint8_t data[LONGEST];
	uint32_t len;
	struct endpoint from, to;
};

struct node {
	struct tunnel t;
	struct batch batch;
	struct prng chance;
	struct key public_key;
	struct endpoint at;
};

struct nonce {
	uint32_t receiver, sender;
	uint64_t counter;
	bool used;
};

struct world {
	struct node node[NODES];
	struct instant now;
	struct datagram net[NET];
	uint32_t sent; /* in all; the last NET of them are remembered */
	struct {
		uint8_t from, to;
		bool arrived;
	} packet[PACKETS];
	uint32_t packets;
	struct nonce nonce[NONCES];
	uint32_t nonces;
};

static void wrong(const char *what)
{
	target_wrong("fuzz_tunnels", what);
}

/* --- what must hold --- */

static void note_nonce(struct world *w, unsigned sender, const uint8_t *m)
{
	struct nonce n = { load_le32(m + 4), sender, load_le64(m + 8), true };
	uint32_t at = (n.receiver ^ (uint32_t)n.counter * 0x9e3779b1u ^ sender) % NONCES;

	for (; w->nonce[at].used; at = (at + 1) % NONCES) {
		const struct nonce *o = &w->nonce[at];

		if (o->receiver == n.receiver && o->sender == sender && o->counter == n.counter)
			wrong("a nonce is used twice");
	}
	if (w->nonces++ > NONCES / 2)
		wrong("more packets than a script can have caused");
	w->nonce[at] = n;
}

/* 20 bytes of header, the number of the packet, and the same byte to the last byte. */
static void make_packet(uint8_t *at, uint32_t len, unsigned from, unsigned to, uint32_t number)
{
	memset(at, (int)(number & 0xff), len);
	memset(at, 0, 20);
	at[0] = 0x45;
	store_be16(at + 2, (uint16_t)len);
	memcpy(at + 12, (uint8_t[]){ 10, 0, 0, (uint8_t)from }, 4);
	memcpy(at + 16, (uint8_t[]){ 10, 0, 0, (uint8_t)to }, 4);
	store_be32(at + 20, number);
}

static void came_out(struct world *w, unsigned at, const struct pkt *p)
{
	uint8_t want[LONGEST];
	uint32_t number;

	if (p->len < 24 || p->len > LONGEST)
		wrong("a packet of a length that nobody sent");
	number = load_be32(p->data + 20);
	if (number >= w->packets || w->packet[number].to != at)
		wrong("a packet that nobody sent there");
	make_packet(want, p->len, w->packet[number].from, at, number);
	if (memcmp(want, p->data, p->len) != 0)
		wrong("a packet was changed");
	if (w->packet[number].arrived)
		wrong("a packet came out twice");
	w->packet[number].arrived = true;
}

static size_t count_sessions(const struct peer *p)
{
	const struct session *of[] = { p->keyring.current, p->keyring.previous, p->keyring.next };
	size_t n = 0;

	for (size_t i = 0; i < LEN(of); i++) {
		n += of[i] != NULL;
		for (size_t k = 0; k < i && of[i]; k++) {
			if (of[k] && of[k]->local == of[i]->local)
				wrong("two sessions have one index");
		}
	}
	return n;
}

static void look_at_indices(const struct tunnel *t)
{
	size_t n = 0;

	for (const struct peer *p = admin_first(t); p; p = p->next) {
		n += count_sessions(p);
		if (!p->pending->waiting)
			continue;
		n++;
		if (index_find(&t->index, p->pending->index, INDEX_HANDSHAKE) != p)
			wrong("the index of a handshake leads elsewhere");
	}
	if (n != t->index.n)
		wrong("an index leads to nothing, or a session has none");
}

/* --- what the shell does --- */

static void leaves(struct world *w, unsigned at, const struct pkt *p)
{
	struct datagram *d = &w->net[w->sent++ % NET];

	if (p->len > LONGEST || !p->end)
		wrong("a datagram without an end, or too long");
	*d = (struct datagram){ .len = p->len, .from = w->node[at].at, .to = *p->end };
	memcpy(d->data, p->data, p->len);
	if (load_le32(p->data) == MESSAGE_DATA)
		note_nonce(w, at, p->data);
}

static void collect(struct world *w, unsigned at)
{
	struct node *n = &w->node[at];
	struct event e;

	for (uint32_t i = 0; i < n->batch.n; i++) {
		const struct pkt *p = &n->batch.pkt[i];

		if (p->fate == FATE_NONE)
			wrong("a packet without a fate");
		if (p->fate == FATE_DEV)
			came_out(w, at, p);
		if (p->fate == FATE_NET)
			leaves(w, at, p);
	}
	tunnel_settle(&n->t, &n->batch, w->now);
	while (tunnel_event(&n->t, &e))
		;
	tunnel_sweep(&n->t);
	look_at_indices(&n->t);
}

static void tick(struct world *w, unsigned at)
{
	struct node *n = &w->node[at];

	for (int i = 0; i < 100 && tunnel_deadline(&n->t) <= w->now.mono; i++) {
		batch_reset(&n->batch);
		tunnel_tick(&n->t, &n->batch, w->now);
		collect(w, at);
	}
}

static void send_packet(struct world *w, unsigned from, unsigned to, uint32_t len)
{
	struct node *n = &w->node[from];
	struct pkt *p;

	if (from == to || w->packets == PACKETS)
		return;
	batch_reset(&n->batch);
	p = batch_add(&n->batch, len);
	make_packet(p->data, len, from, to, w->packets);
	w->packet[w->packets].from = (uint8_t)from;
	w->packet[w->packets++].to = (uint8_t)to;
	tunnel_seal(&n->t, &n->batch, w->now);
	collect(w, from);
	tick(w, from);
}

static void hear(struct world *w, const struct datagram *d)
{
	unsigned at = 0;
	struct node *n;
	struct endpoint *from;
	struct pkt *p;
	uint8_t *data;

	while (at < NODES && !endpoint_same_remote(&w->node[at].at, &d->to))
		at++;
	if (at == NODES)
		return;
	n = &w->node[at];
	batch_reset(&n->batch);
	data = batch_carve(&n->batch, d->len);
	memcpy(data, d->data, d->len);
	p = batch_point(&n->batch, data, d->len);
	from = batch_end(&n->batch);
	*from = d->from;
	p->end = from;
	tunnel_open(&n->t, &n->batch, w->now);
	collect(w, at);
	tick(w, at);
}

static struct datagram *remembered(struct world *w, uint32_t which)
{
	uint32_t n = w->sent < NET ? w->sent : NET;

	return n ? &w->net[(w->sent - 1 - which % n) % NET] : NULL;
}

/* Everything that is sent from now on arrives, for a while. */
static void deliver_new(struct world *w, uint32_t from)
{
	for (int i = 0; i < 64 && from < w->sent; i++, from++) {
		struct datagram d = w->net[from % NET];

		hear(w, &d);
	}
}

/* --- the script --- */

static struct key some_key(struct script *s)
{
	struct key key = { { 1, script_byte(s) % 4 } };

	return key;
}

static void change_peer(struct world *w, struct script *s, unsigned of, unsigned other)
{
	struct tunnel *t = &w->node[of].t;
	struct prefix inner = { .ip.family = AF_INET, .bits = 32 };
	struct peer *p = admin_find(t, &w->node[other].public_key);
	struct key key;

	memcpy(inner.ip.bytes, (uint8_t[]){ 10, 0, 0, (uint8_t)other }, 4);
	switch (p ? script_byte(s) % 8 : 99) {
	case 0:
		admin_remove(t, p);
		break;
	case 1:
		key = some_key(s);
		admin_psk(p, &key);
		break;
	case 2:
		admin_keepalive(t, p, script_byte(s) % 64, w->now);
		break;
	case 3:
		admin_handshake(t, p, w->now);
		break;
	case 4:
		admin_endpoint(t, p, &w->node[script_byte(s) % NODES].at);
		break;
	case 5:
		admin_disallow_all(t, p);
		break;
	case 6:
		admin_candidates(t, p, &w->node[other].at, 1, w->now);
		break;
	case 7:
		admin_psk(p, &(struct key){ { 0 } });
		__attribute__((fallthrough));
	default:
		if (!p && admin_add(t, &w->node[other].public_key, &p) != 0)
			return;
		admin_endpoint(t, p, &w->node[other].at);
		admin_allow(t, p, &inner);
		break;
	}
	tick(w, of);
}

static void set_key(struct world *w, unsigned at, const struct key *key)
{
	struct node *n = &w->node[at];

	admin_private_key(&n->t, key, w->now);
	n->public_key = *admin_public_key(&n->t);
}

static void change_tunnel(struct world *w, struct script *s, unsigned at)
{
	struct tunnel *t = &w->node[at].t;
	struct key key = { { 9, (uint8_t)at } };

	switch (script_byte(s) % 6) {
	case 0:
		admin_down(t);
		break;
	case 1:
		admin_network_changed(t);
		break;
	case 2:
		admin_sockets_changed(t, w->now);
		break;
	case 3:
		key.bytes[2] = script_byte(s) % 2;
		set_key(w, at, &key);
		break;
	default:
		admin_up(t, w->now);
		break;
	}
	tick(w, at);
}

static void pass(struct world *w, uint64_t ns, int64_t wall)
{
	w->now.mono += ns;
	w->now.wall += ns + (uint64_t)wall;
	for (unsigned i = 0; i < NODES; i++)
		tick(w, i);
}

static void damage(struct world *w, struct script *s)
{
	const struct datagram *old = remembered(w, script_byte(s));
	struct datagram d;

	if (!old)
		return;
	d = *old;
	switch (script_byte(s) % 3) {
	case 0:
		d.data[script_number(s, 2) % d.len] ^= (uint8_t)(1u << script_byte(s) % 8);
		break;
	case 1:
		d.len = script_number(s, 2) % (d.len + 1);
		break;
	default:
		d.from = w->node[script_byte(s) % NODES].at;
		d.to = w->node[script_byte(s) % NODES].at;
		break;
	}
	hear(w, &d);
}

static void step(struct world *w, struct script *s)
{
	uint8_t op = script_byte(s), who = script_byte(s);
	unsigned a = who % NODES, b = who / NODES % NODES;
	uint32_t before = w->sent;
	const struct datagram *d;
	struct datagram again;

	switch (op % 12) {
	case 0:
	case 1:
	case 2:
	case 3:
		send_packet(w, a, b, 24 + script_byte(s));
		if (op % 4)
			deliver_new(w, before);
		break;
	case 4:
	case 5:
		d = remembered(w, who);
		if (!d)
			break;
		again = *d; /* what is sent meanwhile may take its place */
		hear(w, &again);
		break;
	case 6:
		damage(w, s);
		break;
	case 7:
		pass(w, script_number(s, 2) * UINT64_C(1000000), 0);
		break;
	case 8:
		pass(w, script_byte(s) * SECOND_NS, who < 8 ? -3600 * (int64_t)SECOND_NS : 0);
		deliver_new(w, before);
		break;
	case 9:
		if (a != b)
			change_peer(w, s, a, b);
		break;
	case 10:
		change_tunnel(w, s, a);
		break;
	default:
		pass(w, 5 * SECOND_NS, 0);
		deliver_new(w, before);
		break;
	}
}

/* --- begin and end --- */

static void begin(struct world *w)
{
	w->now = (struct instant){ .mono = 1000 * SECOND_NS, .wall = 1700000000 * SECOND_NS };
	for (unsigned i = 0; i < NODES; i++) {
		struct node *n = &w->node[i];
		struct rng rng = { .fill = prng_fill, .ctx = &n->chance };
		struct key key = { { 9, (uint8_t)i } };

		n->chance.state = i;
		if (tunnel_init(&n->t, &rng, BATCH) < 0 ||
		    batch_init(&n->batch, BATCH, BATCH, 1 << 17) < 0)
			abort();
		n->batch.mtu = 1420;
		n->at.remote.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
							.sin_port = htons((uint16_t)(1000 + i)),
							.sin_addr.s_addr = htonl(0xc0000201 + i) };
		set_key(w, i, &key);
	}
}

static void meet(struct world *w)
{
	struct script none = { 0 };

	for (unsigned i = 0; i < NODES; i++) {
		for (unsigned k = 0; k < NODES; k++) {
			if (i != k)
				change_peer(w, &none, i, k);
		}
		admin_up(&w->node[i].t, w->now);
	}
}

/* Whatever was changed: once both sides agree, and time has passed, every packet arrives. */
static void mend(struct world *w)
{
	for (unsigned i = 0; i < NODES; i++) {
		while (admin_first(&w->node[i].t))
			admin_remove(&w->node[i].t, admin_first(&w->node[i].t));
	}
	pass(w, 600 * SECOND_NS, 0);
	for (unsigned i = 0; i < NODES; i++)
		set_key(w, i, &(struct key){ { 9, (uint8_t)i, 7 } });
	meet(w);
	for (unsigned i = 0; i < NODES; i++) {
		for (unsigned k = 0; k < NODES; k++) {
			uint32_t before = w->sent, number = w->packets;

			if (i == k || number == PACKETS)
				continue;
			send_packet(w, i, k, 64);
			deliver_new(w, before);
			if (!w->packet[number].arrived)
				wrong("a packet does not arrive although nothing is in its way");
			pass(w, SECOND_NS, 0);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct script s = { data, data + len };
	struct world *w = calloc(1, sizeof(*w));
	size_t secrets = vault_used();

	if (!w)
		abort();
	begin(w);
	meet(w);
	for (int i = 0; i < OPS && !script_over(&s); i++)
		step(w, &s);
	mend(w);
	for (unsigned i = 0; i < NODES; i++) {
		tunnel_fini(&w->node[i].t);
		batch_fini(&w->node[i].batch);
	}
	if (vault_used() != secrets)
		wrong("secrets are left");
	free(w);
	return 0;
}

size_t target_make(struct prng *prng, uint8_t *out, size_t cap)
{
	size_t len = prng_below(prng, cap) + 1;

	prng_fill(prng, out, len);
	return len;
}

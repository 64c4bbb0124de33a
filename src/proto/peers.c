/* SPDX-License-Identifier: ISC */
#include "proto/peers.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "proto/peer.h"

enum { BUCKETS_MIN = 16 };

static struct peer **bucket_of(const struct peers *p, const struct key *public_key)
{
	return &p->bucket[siphash(&p->key, public_key->bytes, KEY_LEN) & (p->size - 1)];
}

static struct peer **place_of(const struct peers *p, const struct endpoint *end)
{
	struct ip ip = endpoint_ip(end);
	uint8_t name[sizeof(ip.bytes) + 2];

	memcpy(name, ip.bytes, sizeof(ip.bytes));
	store_be16(name + sizeof(ip.bytes), endpoint_port(end));
	return &p->place[siphash(&p->key, name, sizeof(name)) & (p->size - 1)];
}

static void place_leave(struct peer *peer)
{
	if (!peer->place_link)
		return;
	*peer->place_link = peer->place_next;
	if (peer->place_next)
		peer->place_next->place_link = peer->place_link;
	peer->place_link = NULL;
}

static void place_enter(struct peers *p, struct peer *peer)
{
	struct peer **head;

	if (!endpoint_known(&peer->endpoint))
		return;
	head = place_of(p, &peer->endpoint);
	peer->place_next = *head;
	peer->place_link = head;
	if (*head)
		(*head)->place_link = &peer->place_next;
	*head = peer;
}

static int resize(struct peers *p, size_t size)
{
	struct peer **bucket = mem_new_array(size, sizeof(struct peer *));
	struct peer **place = mem_new_array(size, sizeof(struct peer *));

	if (!bucket || !place) {
		mem_free(bucket);
		mem_free(place);
		return -ENOMEM;
	}
	mem_free(p->bucket);
	mem_free(p->place);
	p->bucket = bucket;
	p->place = place;
	p->size = size;
	for (struct peer *peer = p->first; peer; peer = peer->next) {
		struct peer **head = bucket_of(p, &peer->public_key);

		peer->hash_next = *head;
		*head = peer;
		place_enter(p, peer);
	}
	return 0;
}

void peers_fini(struct peers *p)
{
	mem_free(p->bucket);
	mem_free(p->place);
	p->bucket = p->place = NULL;
	p->n = p->size = 0;
	p->first = p->last = NULL;
}

struct peer *peers_find(const struct peers *p, const struct key *public_key)
{
	struct peer *peer;

	if (!p->size)
		return NULL;
	peer = *bucket_of(p, public_key);
	while (peer && !key_equal(&peer->public_key, public_key))
		peer = peer->hash_next;
	return peer;
}

struct peer *peers_at(const struct peers *p, const struct endpoint *end)
{
	struct peer *peer;

	if (!p->size || !endpoint_known(end))
		return NULL;
	peer = *place_of(p, end);
	while (peer && !endpoint_same_remote(&peer->endpoint, end))
		peer = peer->place_next;
	return peer;
}

void peers_moved(struct peers *p, struct peer *peer)
{
	place_leave(peer);
	place_enter(p, peer);
}

int peers_add(struct peers *p, struct peer *peer)
{
	struct peer **head;

	if (p->n >= p->size && resize(p, p->size ? p->size * 2 : BUCKETS_MIN) < 0)
		return -ENOMEM;
	head = bucket_of(p, &peer->public_key);
	peer->hash_next = *head;
	*head = peer;
	peer->prev = p->last;
	peer->next = NULL;
	if (p->last)
		p->last->next = peer;
	else
		p->first = peer;
	p->last = peer;
	place_enter(p, peer);
	p->n++;
	return 0;
}

void peers_remove(struct peers *p, struct peer *peer)
{
	struct peer **at = bucket_of(p, &peer->public_key);

	while (*at != peer)
		at = &(*at)->hash_next;
	*at = peer->hash_next;
	place_leave(peer);
	if (peer->prev)
		peer->prev->next = peer->next;
	else
		p->first = peer->next;
	if (peer->next)
		peer->next->prev = peer->prev;
	else
		p->last = peer->prev;
	p->n--;
	if (p->size > BUCKETS_MIN && p->n * 4 < p->size)
		resize(p, p->size / 2); /* no memory: it stays large */
}

/* SPDX-License-Identifier: ISC */
#include "proto/peers.h"

#include <errno.h>

#include "base/mem.h"
#include "proto/peer.h"

enum { BUCKETS_MIN = 16 };

static struct peer **bucket_of(const struct peers *p, const struct key *public_key)
{
	return &p->bucket[siphash(&p->key, public_key->bytes, KEY_LEN) & (p->size - 1)];
}

static int resize(struct peers *p, size_t size)
{
	struct peer **bucket = mem_new_array(size, sizeof(struct peer *));

	if (!bucket)
		return -ENOMEM;
	mem_free(p->bucket);
	p->bucket = bucket;
	p->size = size;
	for (struct peer *peer = p->first; peer; peer = peer->next) {
		struct peer **head = bucket_of(p, &peer->public_key);

		peer->hash_next = *head;
		*head = peer;
	}
	return 0;
}

void peers_fini(struct peers *p)
{
	mem_free(p->bucket);
	p->bucket = NULL;
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
	p->n++;
	return 0;
}

void peers_remove(struct peers *p, struct peer *peer)
{
	struct peer **at = bucket_of(p, &peer->public_key);

	while (*at != peer)
		at = &(*at)->hash_next;
	*at = peer->hash_next;
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

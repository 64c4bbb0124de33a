/* SPDX-License-Identifier: ISC */
#include "base/batch.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"

int batch_init(struct batch *b, uint32_t packets, uint32_t ends, size_t bytes)
{
	*b = (struct batch){ .cap = packets, .cap_ends = ends, .size = bytes };
	b->pkt = mem_new_array(packets, sizeof(*b->pkt));
	b->ends = mem_new_array(ends, sizeof(*b->ends));
	b->mem = mem_new(bytes);
	if (!b->pkt || !b->ends || !b->mem) {
		batch_fini(b);
		return -ENOMEM;
	}
	return 0;
}

void batch_fini(struct batch *b)
{
	mem_free(b->pkt);
	mem_free(b->ends);
	mem_free(b->mem);
	*b = (struct batch){ 0 };
}

void batch_reset(struct batch *b)
{
	b->n = 0;
	b->n_ends = 0;
	b->used = 0;
}

uint32_t batch_padded(uint32_t len, uint32_t mtu)
{
	uint32_t last = len, padded;

	if (mtu && last > mtu)
		last %= mtu;
	padded = (last + (PKT_PAD - 1)) & ~(uint32_t)(PKT_PAD - 1);
	if (mtu && padded > mtu)
		padded = mtu;
	return len + (padded - last);
}

/* Bytes left for one padded packet, after its head and tag. */
static size_t room_padded(const struct batch *b)
{
	size_t left = b->size - b->used;

	if (b->n == b->cap || left < PKT_HEAD + PKT_TAG)
		return 0;
	return left - PKT_HEAD - PKT_TAG;
}

uint8_t *batch_space(struct batch *b, size_t *room)
{
	size_t padded = room_padded(b), len;

	/*
	 * The greatest length such that it and every smaller one fits when padded.
	 * Below the MTU padding ends at a multiple of 16 or at the MTU; above, it
	 * can add up to 15 to any length.
	 */
	len = padded & ~(size_t)(PKT_PAD - 1);
	if (b->mtu && padded >= b->mtu)
		len = padded - b->mtu > PKT_PAD - 1 ? padded - (PKT_PAD - 1) : b->mtu;
	if (len > PKT_MAX)
		len = PKT_MAX;

	*room = len;
	if (len == 0)
		return NULL;
	return b->mem + b->used + PKT_HEAD;
}

struct pkt *batch_add(struct batch *b, size_t len)
{
	struct pkt *p;
	size_t whole;

	if (b->n == b->cap || len > PKT_MAX)
		return NULL;
	whole = PKT_HEAD + (size_t)batch_padded((uint32_t)len, b->mtu) + PKT_TAG;
	if (whole > b->size - b->used)
		return NULL;

	p = &b->pkt[b->n++];
	*p = (struct pkt){ .data = b->mem + b->used + PKT_HEAD, .len = (uint32_t)len };
	b->used += whole;
	return p;
}

uint8_t *batch_carve(struct batch *b, size_t len)
{
	uint8_t *data = b->mem + b->used;

	if (len > b->size - b->used)
		return NULL;
	b->used += len;
	return data;
}

struct pkt *batch_point(struct batch *b, uint8_t *data, size_t len)
{
	struct pkt *p;

	if (b->n == b->cap || len > UINT32_MAX)
		return NULL;
	p = &b->pkt[b->n++];
	*p = (struct pkt){ .data = data, .len = (uint32_t)len };
	return p;
}

struct endpoint *batch_end(struct batch *b)
{
	struct endpoint *end;

	if (b->n_ends == b->cap_ends)
		return NULL;
	end = &b->ends[b->n_ends++];
	*end = (struct endpoint){ 0 };
	return end;
}

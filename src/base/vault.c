/* SPDX-License-Identifier: ISC */
#include "base/vault.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"

enum {
	VAULT_GRAIN = 16,        /* secrets take a multiple of this */
	VAULT_CHUNK = 32 * 1024, /* bytes locked at a time, unless a secret is longer */
	VAULT_MAX = 1 << 30,     /* no secret is that long */
};

/*
 * A mapping of a guard page, the secrets, and another guard page. The bookkeeping is kept
 * outside of it, where no overrun can reach it.
 */
struct chunk {
	struct chunk *next;
	uint8_t *base;   /* the first secret */
	size_t size;     /* without the guards */
	size_t free;     /* grains */
	uint8_t taken[]; /* one per grain, 0 or 1 */
};

static struct vault {
	struct chunk *chunks;
	size_t used, locked;
} vault;

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t grains(size_t size)
{
	return size ? (size + VAULT_GRAIN - 1) / VAULT_GRAIN : 1;
}

static struct chunk *chunk_open(size_t size)
{
	size_t page = page_size(), n = size / VAULT_GRAIN;
	struct chunk *c = mem_new(sizeof(*c) + n);
	uint8_t *map;
	int err;

	if (!c)
		goto no_memory;
	map = mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		goto free_chunk;
	c->base = map + page;
	c->size = size;
	c->free = n;
	if (mprotect(c->base, size, PROT_READ | PROT_WRITE) != 0)
		goto unmap;
	if (mlock(c->base, size) != 0)
		goto unmap;

	/* Old kernels support neither; the lock is what counts. */
	(void)madvise(c->base, size, MADV_DONTDUMP);
	(void)madvise(c->base, size, MADV_WIPEONFORK);

	c->next = vault.chunks;
	vault.chunks = c;
	vault.locked += size;
	return c;

unmap:
	err = errno;
	munmap(map, size + 2 * page);
	errno = err;
free_chunk:
	err = errno;
	mem_free(c);
	errno = err;
	return NULL;
no_memory:
	errno = ENOMEM;
	return NULL;
}

static void chunk_close(struct chunk *c)
{
	struct chunk **at = &vault.chunks;
	size_t page = page_size();

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	vault.locked -= c->size;
	munmap(c->base - page, c->size + 2 * page);
	mem_free(c);
}

/* The first n free grains in a row, or NULL. */
static void *chunk_take(struct chunk *c, size_t n)
{
	size_t i = 0, run, all = c->size / VAULT_GRAIN;

	if (c->free < n)
		return NULL;
	while (i + n <= all) {
		const uint8_t *start = memchr(c->taken + i, 0, all - i);

		if (!start)
			return NULL;
		i = (size_t)(start - c->taken);
		for (run = 0; run < n && i + run < all && !c->taken[i + run]; run++)
			;
		if (run == n) {
			memset(c->taken + i, 1, n);
			c->free -= n;
			return c->base + i * VAULT_GRAIN;
		}
		i += run;
	}
	return NULL;
}

static struct chunk *chunk_of(const void *p)
{
	uintptr_t at = (uintptr_t)p;
	struct chunk *c;

	for (c = vault.chunks; c; c = c->next) {
		if (at >= (uintptr_t)c->base && at - (uintptr_t)c->base < c->size)
			return c;
	}
	return NULL;
}

void *vault_new(size_t size)
{
	size_t n, chunk = VAULT_CHUNK, page = page_size();
	struct chunk *c;
	void *p;

	if (size > VAULT_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	n = grains(size);
	for (c = vault.chunks; c; c = c->next) {
		p = chunk_take(c, n);
		if (p)
			goto out;
	}

	if (n * VAULT_GRAIN > chunk)
		chunk = n * VAULT_GRAIN;
	c = chunk_open((chunk + page - 1) / page * page);
	if (!c)
		return NULL;
	p = chunk_take(c, n);
out:
	vault.used += n * VAULT_GRAIN;
	return p;
}

void vault_free(void *p, size_t size)
{
	size_t i, first, n = grains(size);
	struct chunk *c;

	if (!p)
		return;
	/* A stray or repeated free is a bug of ours that concerns secrets: stop here. */
	c = chunk_of(p);
	if (!c)
		abort();
	first = (size_t)((uint8_t *)p - c->base) / VAULT_GRAIN;
	for (i = 0; i < n; i++) {
		if (first + i >= c->size / VAULT_GRAIN || !c->taken[first + i])
			abort();
	}

	wipe(p, n * VAULT_GRAIN);
	memset(c->taken + first, 0, n);
	c->free += n;
	vault.used -= n * VAULT_GRAIN;
	if (c->free == c->size / VAULT_GRAIN)
		chunk_close(c);
}

size_t vault_used(void)
{
	return vault.used;
}

size_t vault_locked(void)
{
	return vault.locked;
}

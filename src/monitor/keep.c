/* SPDX-License-Identifier: ISC */
#include "monitor/keep.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/vault.h"
#include "privsep/blob.h"

static int make_room(struct keep *k, size_t len)
{
	*k = (struct keep){ .bytes = vault_new(len), .len = len, .locked = true };
	if (k->bytes)
		return 0;
	k->locked = false;
	k->bytes = mem_new(len ? len : 1);
	return k->bytes ? 0 : -ENOMEM;
}

int keep_take(struct keep *k, int blob)
{
	struct keep next = { 0 };
	size_t len = 0;
	int r;

	r = blob_size(blob, &len);
	if (r == 0)
		r = make_room(&next, len);
	if (r < 0)
		return r;
	r = blob_copy(blob, next.bytes, len);
	if (r < 0) {
		keep_drop(&next);
		return r;
	}
	keep_drop(k);
	*k = next;
	return 0;
}

int keep_blob(const struct keep *k)
{
	return k->bytes ? blob_make(k->bytes, k->len) : -ENOENT;
}

void keep_drop(struct keep *k)
{
	if (k->locked) {
		vault_free(k->bytes, k->len);
	} else if (k->bytes) {
		wipe(k->bytes, k->len);
		mem_free(k->bytes);
	}
	*k = (struct keep){ 0 };
}

void keep_move(struct keep *to, struct keep *from)
{
	*to = *from;
	*from = (struct keep){ 0 };
}

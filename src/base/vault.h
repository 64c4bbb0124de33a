/* SPDX-License-Identifier: ISC */
#ifndef BASE_VAULT_H
#define BASE_VAULT_H

/*
 * The vault: memory for secrets. Its pages are locked (mlock), left out of core dumps
 * (MADV_DONTDUMP) and of forked children (MADV_WIPEONFORK), and separated from everything else
 * by guard pages; what is returned to it is wiped at once.
 *
 * Pages are shared by many small secrets and given back to the system once
 * empty.  Not for the packet path.
 */

#include <stddef.h>

/*
 * Zeroed memory for a secret, 16-byte aligned; NULL with errno set: no memory, or it
 * cannot be locked (ENOMEM, EPERM).
 */
void *vault_new(size_t size);
/* Wipe and give back; NULL is allowed. size as it was asked for. */
void vault_free(void *p, size_t size);

/* For tests: bytes in use, and bytes locked. */
size_t vault_used(void);
size_t vault_locked(void);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef BASE_AEADNAME_H
#define BASE_AEADNAME_H

/*
 * The names of the implementations of the AEAD, for rooms that choose one (conf, cli)
 * and for the room that has them (crypto). Pure.
 */

#include <stddef.h>

#include "base/text.h"

#define AEADNAME_AUTO    "auto" /* the fastest */
#define AEADNAME_IPSECMB "ipsec-mb"
#define AEADNAME_OPENSSL "openssl"
#define AEADNAME_SODIUM  "sodium"

/* The i-th word that a user may write, AEADNAME_AUTO first; NULL after the last. */
const char *aeadname(size_t i);
/* The same word for one in either case; NULL: unknown. Static. */
const char *aeadname_find(struct text word);

enum { AEADNAME_LIST = 128 };
/* All of them: "auto, ipsec-mb, openssl or sodium", with these separators. */
void aeadname_list(char text[AEADNAME_LIST], const char *between, const char *before_last);

#endif

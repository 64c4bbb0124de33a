/* SPDX-License-Identifier: ISC */
#ifndef DIAG_LABEL_H
#define DIAG_LABEL_H

/* How texts for people name a peer. The one place that decides it. */

#include "base/key.h"
#include "proto/peer.h"

/* The first characters of a public key, and a NUL. */
enum { LABEL_SHORT = 12 };
void label_short(char text[LABEL_SHORT], const struct key *key);
/* The same, followed by the peer's name if it has one. */
enum { LABEL_PEER = LABEL_SHORT + PEER_NAME };
void label_peer(char text[LABEL_PEER], const struct peer *p);

#endif

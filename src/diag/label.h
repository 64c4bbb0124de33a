/* SPDX-License-Identifier: ISC */
#ifndef DIAG_LABEL_H
#define DIAG_LABEL_H

/* How texts for people name a peer. The one place that decides it. */

#include "base/key.h"
#include "proto/peer.h"

/* In the log: the first characters of the public key, and the name if there is one. */
enum { LABEL_PEER = 9 + PEER_NAME };
void label_peer(char text[LABEL_PEER], const struct peer *p);
/* Where the key will be compared or copied: all of it, and the name if there is one. */
enum { LABEL_WHOLE = KEY_BASE64_LEN + 1 + PEER_NAME };
void label_whole(char text[LABEL_WHOLE], const struct peer *p);

#endif

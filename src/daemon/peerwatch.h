/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_PEERWATCH_H
#define DAEMON_PEERWATCH_H

/*
 * Notice when the state of a peer changes: keep the time of the change, and log one
 * line per change, rate-limited per peer.  Also notice when this host's clock is set
 * back.
 */

#include <ev.h>
#include <stdbool.h>

#include "proto/tunnel.h"

struct daemon;

struct peerwatch {
	ev_timer look;
	bool running, looked;
	uint64_t offset;  /* the wall clock minus the monotonic one, at the last look */
	uint64_t back_at; /* when the clock was last set back, mono ns; 0: never... */
	uint64_t back_by; /* ...and by how many ns */
};

void peerwatch_start(struct daemon *d);
void peerwatch_stop(struct daemon *d);
/* Something happened: look soon. */
void peerwatch_soon(struct daemon *d);
/* Look at this peer now. */
void peerwatch_look(struct daemon *d, struct peer *p, struct instant now);

#endif

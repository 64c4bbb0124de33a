/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_PEERWATCH_H
#define DAEMON_PEERWATCH_H

/*
 * Notice when the state of a peer changes: since when it is what it is, and one
 * line of the log for each change, held back per peer when they come too often.
 * Also notice when the clock of this host is set back.
 */

#include <ev.h>
#include <stdbool.h>

#include "proto/tunnel.h"

struct daemon;

struct peerwatch {
	ev_timer look;
	bool running, looked;
	uint64_t offset;  /* the clock minus the time since boot, when we last looked */
	uint64_t back_at; /* the clock was set back last, mono ns; 0: never... */
	uint64_t back_by; /* ...by so many ns */
};

void peerwatch_start(struct daemon *d);
void peerwatch_stop(struct daemon *d);
/* Something happened: look soon. */
void peerwatch_soon(struct daemon *d);
/* Look at this peer now. */
void peerwatch_look(struct daemon *d, struct peer *p, struct instant now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_HANDOVER_H
#define DAEMON_HANDOVER_H

/*
 * What the next worker needs if this one dies: the file's configuration, and the peers as they
 * are, with their keys and where they were last.  The monitor keeps it, and does not read it.
 */

#include <ev.h>
#include <stdint.h>

struct daemon;

struct handover {
	ev_timer timer;
	uint64_t saved_at; /* when it was last handed over... */
	uint64_t cost; /* ...and the processor time that took, ns: others may be busy meanwhile */
};

void handover_open(struct daemon *d);
void handover_close(struct daemon *d);
/* Hand it over now. */
void handover_save(struct daemon *d);
/* A client has changed something: now, unless that would take too much time. */
void handover_changed(struct daemon *d);
/* A peer has moved, or has a new session: soon. */
void handover_soon(struct daemon *d);
/* Be what the last worker was, from its blob; sockets are in use already. 0 or -errno. */
int handover_load(struct daemon *d, int fd);

#endif

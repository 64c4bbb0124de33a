/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_ELEVATE_H
#define DAEMON_ELEVATE_H

/*
 * Ask the monitor for what needs rights (privsep/message.h).  Nobody waits for it: what is
 * asked is done later, and the rest of it follows then.
 */

#include <ev.h>

#include "conf/conf.h"
#include "daemon/outbox.h"
#include "privsep/message.h"
#include "privsep/reconcile.h"

struct daemon;

enum { ELEVATE_WAITING = 64 };

struct elevate_answer {
	int result; /* 0 or -errno */
	uint16_t port;
	uint32_t link; /* that a socket for a query leaves by; 0: as routes tell */
	/* Sockets; in the first perhaps a blob, or one for a query; -1: none.  The callee's. */
	int fd[RECONCILE_SOCKETS];
};

/* An order of the monitor. */
struct order {
	int result;
	uint32_t seq, a, b;
	unsigned crossing;
	/* Sockets, or a blob in the first; -1: none.  Closed afterwards if left here. */
	int fd[RECONCILE_SOCKETS];
	const char *text; /* len bytes */
	size_t len;
};

/* What follows an answer; what was asked with it comes back. */
struct elevate_plea {
	uint32_t seq;
	void (*then)(struct daemon *d, const struct elevate_plea *plea,
		     const struct elevate_answer *a);
	uint32_t value;       /* as asked for: the mark, the MTU... */
	uint64_t ticket;      /* of a client that waits for it (control.h); 0: none does */
	struct conf *request; /* of that client; the callee owns it */
};

struct elevate {
	void (*obey)(struct daemon *d, enum message_kind kind, struct order *o);
	ev_io io;
	int sock;
	struct outbox outbox;
	uint32_t seq;
	struct elevate_plea plea[ELEVATE_WAITING];
	unsigned n;
};

/* Log lines go to this socket from now on; as for the rest, see elevate_open(). */
void elevate_begin(struct daemon *d, int sock);
/* Take answers and orders from it. */
void elevate_open(struct daemon *d,
		  void (*obey)(struct daemon *d, enum message_kind kind, struct order *o));
void elevate_close(struct daemon *d);

/* A plea that is answered: what and then are given; 0 or -errno. */
int elevate_ask(struct daemon *d, enum message_kind kind, uint32_t a, uint32_t b,
		const struct elevate_plea *plea);
/* It is answered by an order: take it out.  false: there is none. */
bool elevate_take(struct daemon *d, uint32_t seq, struct elevate_plea *plea);
/* One that is not. */
void elevate_tell(struct daemon *d, enum message_kind kind, uint32_t a);
void elevate_text(struct daemon *d, enum message_kind kind, const char *text);
/* An answer to an order, a: what goes with it; fd: -1 or a blob, which is closed. */
void elevate_reply(struct daemon *d, enum message_kind kind, int result, uint32_t a, int fd);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

/*
 * The control socket, /var/run/wireguard/NAME.sock: WireGuard's get and set (text
 * in uapi/), and taut's own verbs.  A client that sends slowly, reads slowly or
 * sends nothing costs a bounded buffer and is dropped after a while; it never
 * holds up the loop.
 *
 * taut's own requests end with an empty line too, and are answered with lines and
 * then "errno=N" (N positive on failure, as for get) and an empty line:
 *   status=1   the status records
 *   why=1      the verdicts
 *   handshake=1  start handshakes with peers that have no session
 *   reload=1   read the file again; lines say what was changed or wrong; errno ENOTRECOVERABLE:
 *              the new file is in force, but not all of it
 *   stop=1     take the tunnel down; answered before that
 *   events=1   no answer but a line per event from now on, until one side hangs up;
 *              or "errno=N" (EBUSY: too many listeners)
 *
 * Root and the user of the daemon, unless all tunnels share it, may do all of this.  Members of
 * the group taut may read: status, why, events, and get, whose answer then has neither
 * private_key nor preshared_key.  What somebody may not do is answered with EPERM, and any
 * request of a stranger with EACCES (see rights.h).
 */

#define CONTROL_DIR "/var/run/wireguard"

#include "base/print.h"
#include "conf/conf.h"
#include "control/rights.h"

struct control;
struct ev_loop;
struct subscribers;

/* Of set and reload: control_answer() will follow, for the client with this ticket. */
enum { CONTROL_LATER = 1 };

/* How requests are carried out. Results are 0 or -errno; ctx is that of control_open(). */
struct control_calls {
	/* Apply a set request, whole or not at all.  For later, its contents may be taken over. */
	int (*set)(void *ctx, struct conf *request, uint64_t ticket);
	/* Fill an initialised conf with what runs, for a get request. */
	int (*get)(void *ctx, struct conf *out);
	/* Print records: status=1; why=1. */
	void (*status)(void *ctx, struct print *out);
	void (*why)(void *ctx, struct print *out);
	/* Start a handshake with each peer that has an endpoint and no session that works. */
	void (*handshake)(void *ctx);
	/* Read the config file again; add a line for each change or fault. -ENOENT: no file. */
	int (*reload)(void *ctx, struct print *report, uint64_t ticket);
	/* Stop soon. */
	void (*stop)(void *ctx);
};

/*
 * Create the listening socket in *fd, replacing a stale one; the group taut may connect.
 * -EADDRINUSE: a daemon answers there; -EPERM: another user's is there, dead or alive, and we
 * may neither ask nor remove it.
 */
int control_listen(const char *name, int *fd);
/* Remove what a killed process left of it: 1; 0: nothing was left; -errno as unixsock_sweep(). */
int control_sweep(const char *name);
/* To be served after control_serve(); the control owns fd, but not its file. name: the tunnel's. */
int control_open(struct control **c, struct ev_loop *loop, const struct control_calls *calls,
		 void *ctx, const char *name, int fd);
void control_close(struct control *c);

/* Accept connections from now on. */
void control_serve(struct control *c);
/*
 * Answer a request that was left for later: 0 or -errno, and lines (NULL: none).  Nothing
 * happens if the client has gone.
 */
void control_answer(struct control *c, uint64_t ticket, int result, const struct print *lines);

/* The event listeners. NULL without a control. */
struct subscribers *control_subscribers(struct control *c);

/*
 * The client side, for the cli: connect to the tunnel's socket, as unixsock_connect(), which a
 * tunnel that hangs may keep waiting for this long.
 */
enum { CONTROL_PATIENCE_MS = 15000 };
int control_connect(const char *name);
int control_connect_within(const char *name, unsigned ms);

/* Limits that a test lowers; zero means the default. In seconds. */
struct control_limits {
	unsigned clients; /* at a time: 32 */
	double stall_s;   /* an incomplete request or an unread answer, without progress: 5 */
	double request_s; /* one request, from its first byte to the last of its answer: 60 */
			  /* and a listener that reads nothing */
	double idle_s;    /* no request: 30 */
	double pause_s;   /* after accept found no descriptor or memory: 1 */
	double quiet_s;   /* silent for this long: has to make room for another: 0.1 */
	/* What every client may do. NULL: what rights_of() says. */
	const enum rights *rights;
};

/* control_open() with other limits. *limits is copied. */
int control_open_with(struct control **c, struct ev_loop *loop, const struct control_calls *calls,
		      void *ctx, const char *name, int fd, const struct control_limits *limits);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef DIAG_WHY_H
#define DIAG_WHY_H

/*
 * Why a tunnel does not work: turns what core and daemon have counted into a list of
 * verdicts, each with what happened, why we think so, and what to type on which
 * host.  Pure: asks nobody, sends nothing.  The codes are stable; docs/WHY.md
 * explains each of them.
 */

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/drift.h"
#include "base/key.h"
#include "base/print.h"
#include "diag/state.h"
#include "diag/status.h"
#include "proto/tunnel.h"

enum why_code {
	WHY_OWN_KEY,
	WHY_LINK_DOWN,
	WHY_NO_KEY,
	WHY_NO_PEERS,
	WHY_NAME,
	WHY_NAME_LOOP,
	WHY_BAD_KEY,
	WHY_ROUTE_LOOP,
	WHY_FIREWALL_LOCAL,
	WHY_NO_ROUTE,
	WHY_NO_FAMILY,
	WHY_SEND,
	WHY_PORT_CLOSED,
	WHY_FILTERED,
	WHY_UNREACHABLE,
	WHY_PSK_MISMATCH,
	WHY_CLOCK,
	WHY_ONE_WAY,
	WHY_MAC1,
	WHY_RP_FILTER,
	WHY_LOAD,
	WHY_SILENCE,
	WHY_NO_ENDPOINT,
	WHY_SOURCE,
	WHY_NO_RETURN,
	WHY_TWO_PLACES,
	WHY_UNKNOWN_PEER,
	WHY_NO_PEER,
	WHY_OWN_CLOCK,
	WHY_DNS,
	WHY_DRIFT,
	WHY_UNGUARDED,
	WHY_TOO_EARLY, /* no verdict yet: asked a moment ago, and not answered */
	WHY_CODES
};

enum why_certainty {
	WHY_SURE,
	WHY_LIKELY, /* hardly anything else looks like this */
	WHY_HINT,
	WHY_OPEN, /* several causes look alike from here, and all of them are named */
	WHY_CERTAINTIES
};

enum {
	WHY_SERVERS = 256,
	WHY_WHAT = 288,
	WHY_BECAUSE = 640,
	WHY_STEP = 288,
	WHY_STEPS = 4,
	WHY_VERDICTS = 20
};

struct why_step {
	bool there; /* on the other host */
	char text[WHY_STEP];
};

struct verdict {
	enum why_code code;
	enum why_certainty certainty;
	bool problem; /* else a remark: the tunnel may work anyway */
	bool of_peer; /* else of the tunnel */
	struct key peer;
	uint64_t age; /* seconds since it was seen last */
	char what[WHY_WHAT], because[WHY_BECAUSE];
	struct why_step step[WHY_STEPS];
	unsigned n_steps;
};

struct verdicts {
	/* Room for all rules of one look; more are left out. */
	struct verdict verdict[WHY_VERDICTS];
	unsigned n;
};

/* What the daemon knows besides the core. */
struct why_about {
	const char *name;             /* of the interface */
	uint16_t port;                /* of the sockets; 0: none */
	const struct status_dns *dns; /* NULL: not known */
	uint64_t mono, wall;          /* now */
	uint64_t back_at, back_by;    /* our clock was set back; 0: never */
	const struct drift *drift; /* what others have taken away from the host; NULL: nothing... */
	uint64_t drift_at;         /* ...as of then */
	bool unguarded;            /* there is a default route, but nftables do not guard it */
	bool all_well; /* there are peers, each with a working session or idle after one */
};

struct why_around {
	struct state state;
	struct state_context around;
	int route;  /* to its endpoint: 0; -errno: there is none; -EAGAIN: not looked up */
	bool loops; /* that route leads into the tunnel itself */
	char strict[IF_NAMESIZE]; /* whose rp_filter drops its answers; empty: none */
	/* While its name has no address: who is asked, as text; all ways there lead inside... */
	const char *servers;
	bool servers_inside;
	int servers_error; /* ...and why none could be made that avoids it; 0: one was */
	char servers_strict[IF_NAMESIZE]; /* whose rp_filter drops their answers; empty: none */
};

/* Add the verdicts on the tunnel as a whole; on one of its peers. */
void why_tunnel(struct verdicts *v, const struct tunnel *t, const struct why_about *about);
void why_peer(struct verdicts *v, const struct tunnel *t, const struct why_about *about,
	      const struct peer *peer, const struct why_around *around);
/* Peers whose answer is still due: nothing can be said about them yet. */
unsigned why_count_early(const struct verdicts *v);
/* The tunnel cannot work at all, whatever the state of its peers. */
bool why_ends_there(const struct verdicts *v);

/* "E-PSK-MISMATCH", "sure" */
const char *why_code_name(enum why_code code);
const char *why_certainty_name(enum why_certainty certainty);
/* As records: "verdict=..." and its "step=..." lines. */
void why_print(struct print *out, const struct verdicts *v);

#endif

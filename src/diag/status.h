/* SPDX-License-Identifier: ISC */
#ifndef DIAG_STATUS_H
#define DIAG_STATUS_H

/*
 * The status records: one line of key=value for the interface, one per peer.
 * Keys and values are stable; nothing secret is in them.  Pure.
 */

#include "base/drift.h"
#include "base/print.h"
#include "datapath/datapath.h"
#include "diag/state.h"

/* What has become of the name servers and domains of the file; each text may be "". */
struct status_dns {
	const char *servers, *domains; /* words; "~.": all names */
	const char *by;                /* what knows them; "": nothing, they are not set... */
	const char *why;               /* ...for this reason; "": the file has none... */
	int error;                     /* ...and -errno */
	const char *aside;             /* a name server that programs ask as well */
	const char *outside;           /* one of the file that is asked past the tunnel */
};

struct status_interface {
	const char *name;
	uint16_t listen_port; /* 0: no socket */
	uint32_t fwmark, mtu;
	uint32_t segments;            /* our limit of a big packet from the device; 0: none */
	const char *jail;             /* "on", "log", "off" */
	const char *jail_lacks;       /* what it does not hold; "": nothing */
	const struct status_dns *dns; /* NULL: not known */
	uint64_t batch_bytes;         /* moved in one direction before the other gets its turn */
	const char *aead;
	uint32_t aead_ns_64, aead_ns_1424; /* 0: not measured */
	uint64_t mono;
	uint64_t timer_late_max;   /* ns, since the start */
	const struct drift *drift; /* NULL: none */
};

void status_interface(struct print *out, const struct datapath *path,
		      const struct status_interface *about);
/* Add endpoint, state and reason of a peer to a record about it. */
void status_state(struct print *out, const struct peer *peer, const struct state *state);
void status_peer(struct print *out, const struct peer *peer, const struct state *state,
		 uint64_t mono);

#endif

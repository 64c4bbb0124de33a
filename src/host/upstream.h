/* SPDX-License-Identifier: ISC */
#ifndef HOST_UPSTREAM_H
#define HOST_UPSTREAM_H

/*
 * Which name servers can tell where the peers of a tunnel are, before it is up.  The system's
 * resolver may be set to ask inside the tunnel; and one on this host itself (a stub) asks others,
 * with packets that go into the tunnel.  So we look for the servers behind it: in the files of
 * systemd-resolved, NetworkManager, resolvconf and dnsmasq, and among those of before the tunnel
 * changed anything, which are also kept in /run/taut/NAME/nameservers, in case it is killed.
 */

#include "base/nameserver.h"
#include "host/network.h"

enum { UPSTREAM_MOST = 16, UPSTREAM_CONF_MAX = 64 << 10 /* bytes of resolv.conf */ };

struct upstream_list {
	struct nameserver server[UPSTREAM_MOST];
	unsigned n;
};

struct upstream {
	const char *root; /* put before the paths of all files: a test has one, else it is "" */
	const char *name; /* of the interface; NULL: another has it, nothing is kept under it */
	struct upstream_list before;
	struct upstream_list printed; /* last */
	bool kept;                    /* the file is ours */
};

/*
 * Remember those of now, except for the ones that the tunnel itself brings, own: call it before
 * DNS is changed.  If there are no others, or all of them seem to be inside, those in the file
 * remain, from a tunnel that was killed.
 */
void upstream_remember(struct upstream *u, const struct conf *own);
/* The tunnel has ended, and what it changed is undone. */
void upstream_forget(struct upstream *u);

/* What decides about the order. */
struct upstream_view {
	const struct conf *own;        /* its DNS: they are inside */
	const struct network *network; /* of the tunnel */
	bool inside;                   /* those inside first: they can probably be reached */
};

/*
 * A resolv.conf: that of the host with other lines of servers, those that probably answer first.
 * 0; -EFBIG or another -errno: it cannot be read.
 */
int upstream_print(struct upstream *u, const struct upstream_view *view, struct print *out);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef NAMES_NAMES_H
#define NAMES_NAMES_H

/*
 * Peers whose endpoint is a name.  The addresses that our sockets can reach become
 * the candidates of the peer (proto/reach.h); when its handshakes go unanswered, the
 * name is resolved again.
 */

#include "names/resolver.h"
#include "proto/tunnel.h"

enum { NAMES_WHY = 96 };

struct names;

struct name {
	struct name *next, **at; /* at: the pointer to this one */
	struct names *names;
	struct key peer;
	char *host;
	uint16_t port;
	struct resolver_request *question;
	uint64_t asked_at;   /* the first time, mono ns */
	char why[NAMES_WHY]; /* why it has no address; "": it has one, or is not known yet */
	unsigned retry_seconds;
};

struct names {
	struct name *first;
	struct resolver *resolver;
	struct tunnel *tunnel;
	/* A socket of ours can send there. */
	bool (*reachable)(void *ctx, const struct endpoint *end);
	void *ctx;
};

/* Resolve this peer's endpoint from now on. No effect if the name is the same. 0 or -ENOMEM. */
int names_set(struct names *n, const struct key *peer, const char *host, uint16_t port);
void names_forget(struct names *n, const struct key *peer);
void names_forget_all(struct names *n);
/* Forget those of peers that are gone. */
void names_sweep(struct names *n);
/* NULL: its endpoint is not a name. */
const struct name *names_of(const struct names *n, const struct key *peer);
/* Its handshakes go unanswered: resolve again, if its endpoint is a name. */
void names_unanswered(struct names *n, const struct key *peer);
/* The network changed: resolve all names again. */
void names_again(struct names *n);

#endif

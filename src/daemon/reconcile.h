/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_RECONCILE_H
#define DAEMON_RECONCILE_H

/*
 * The one road from a configuration to another: the start, a reload, a request over the
 * control socket and the end are walks over the same table of parts.
 *
 * Whatever can fail is planned: first by the tunnel's side, whose refusal costs nothing,
 * then by the host's, each in the order of the table.  A plan that fails cancels those
 * before it, latest first, and nothing has changed.  Otherwise all parts commit, in the
 * order of the table.  Adds are planned, removes are committed: the end of a tunnel adds
 * nothing, so it has only commits, in reverse order, and cannot fail.
 */

#include "base/clock.h"
#include "base/print.h"
#include "conf/conf.h"
#include "daemon/rebind.h"
#include "host/network.h"
#include "netlink/link.h"

/* Nothing of one side refers to the other: only the plain values of struct change cross. */
enum side {
	SIDE_TUNNEL, /* needs no rights */
	SIDE_HOST,   /* touches the host, or opens what needs a right */
};

enum walk {
	WALK_START = 1 << 0,  /* nothing -> a file */
	WALK_RELOAD = 1 << 1, /* a file -> the next */
	WALK_SET = 1 << 2,    /* to: a request, which lists changes */
	WALK_END = 1 << 3,    /* whatever there is -> nothing */
};

struct change {
	enum walk walk;
	const struct conf *from, *to; /* empty: nothing */
	struct print *report;         /* gets a line for each change; NULL: not wanted */
	struct instant now;
	/* Crosses from the host's side to the tunnel's. */
	struct rebind_plan sockets;
	bool has_sockets;      /* there is a plan for them */
	bool rerouted;         /* addresses or routes changed */
	struct link_info link; /* as it came up; on a reload only its MTU */
	/* The host's side alone. */
	struct network wanted;
	bool raised; /* the MTU, to make room for IPv6 */
	/* Result: commits ran out of memory, -ENOMEM; what could be done is done. */
	int error;
};

struct part {
	const char *name;
	enum side side;
	unsigned walks;          /* those that visit it: bits of enum walk */
	const char *const *keys; /* of a file that it is responsible for, up to a NULL; or NULL */
	/* Each may be NULL.  plan: 0, or -errno: then it has changed nothing. */
	int (*plan)(struct daemon *d, struct change *c);
	void (*commit)(struct daemon *d, struct change *c);
	void (*cancel)(struct daemon *d, struct change *c);
};

/* 0 (see also c->error), or the error of a plan: nothing has changed. */
int reconcile(struct daemon *d, struct change *c);
/* The same over any table of n parts. */
int reconcile_parts(const struct part *table, size_t n, struct daemon *d, struct change *c);
/* The i-th part of the table; NULL: there are no more. */
const struct part *reconcile_part(size_t i);

#endif

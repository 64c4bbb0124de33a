/* SPDX-License-Identifier: ISC */
#ifndef PRIVSEP_RECONCILE_H
#define PRIVSEP_RECONCILE_H

/*
 * The one road from a configuration to another: the start, a reload, a request over the
 * control socket and the end are walks over tables of parts.  There are two: the worker's
 * parts change the tunnel and need no rights, the monitor's change the host.
 *
 * Whatever can fail is planned: first by the worker, whose refusal costs nothing, then by the
 * monitor, each in the order of its table.  A plan that fails cancels those before it, latest
 * first, and nothing has changed.  Otherwise all parts commit: those of the worker, then those
 * of the monitor.  Adds are planned, removes are committed: the end of a tunnel adds nothing,
 * so it has only commits, in reverse order, and cannot fail.
 */

#include "base/print.h"
#include "conf/conf.h"

enum walk {
	WALK_START = 1 << 0,  /* nothing -> a file */
	WALK_RELOAD = 1 << 1, /* a file -> the next */
	WALK_SET = 1 << 2,    /* to: a request, which lists changes */
	WALK_END = 1 << 3,    /* whatever there is -> nothing */
};

enum crossing {
	CROSSING_V4 = 1 << 0,       /* an IPv4 socket comes along... */
	CROSSING_V6 = 1 << 1,       /* ...and an IPv6 one */
	CROSSING_REROUTED = 1 << 2, /* addresses or routes changed */
	CROSSING_DIVERTS = 1 << 3,  /* all IPv4 goes into the tunnel, but what has the mark */
	CROSSING_IPV6 = 1 << 4,     /* the interface has IPv6 addresses or routes */
	CROSSING_EXPOSED = 1 << 5,  /* a default route, but nftables do not guard it */
};

struct change {
	enum walk walk;
	const struct conf *from, *to; /* empty: nothing */
	struct print *report;         /* gets a line for each change */
	/* Plain values, from the monitor to the worker. */
	uint16_t port;
	uint32_t mark;
	unsigned crossing; /* enum crossing */
	int fd[2];         /* sockets, -1: none or as before */
	/* From the worker to the monitor: its wish for the device; 0: none. */
	uint32_t mtu;
	/* Result of the commits: they ran out of memory, -ENOMEM; what could be done is done. */
	int error;
};

struct part {
	const char *name;
	unsigned walks;          /* those that visit it: bits of enum walk */
	const char *const *keys; /* of a file that it is responsible for, up to a NULL; or NULL */
	/* Each may be NULL; side is the monitor or the daemon.  plan: 0, or -errno. */
	int (*plan)(void *side, struct change *c);
	void (*commit)(void *side, struct change *c);
	void (*cancel)(void *side, struct change *c);
};

/* A table of parts. */
struct parts {
	const struct part *part;
	size_t n;
};

#define RECONCILE_KEYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* 0, or the error of a plan: nothing has changed. */
int reconcile_plan(const struct parts *parts, void *side, struct change *c);
void reconcile_cancel(const struct parts *parts, void *side, struct change *c);
void reconcile_commit(const struct parts *parts, void *side, struct change *c);

#endif

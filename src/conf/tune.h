/* SPDX-License-Identifier: ISC */
#ifndef CONF_TUNE_H
#define CONF_TUNE_H

/*
 * The knobs of the data path: not normally needed, except with a faulty kernel or network
 * card. In a file they are keys of [Interface] (TunTso = off), on the command line options
 * (--tun-tso=off). A zeroed struct leaves everything automatic.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum tune_switch { TUNE_AUTO, TUNE_ON, TUNE_OFF };

enum tune_kind {
	/* switches, in the order of the offloads in io/offload.h */
	TUNE_TUN_VNET,
	TUNE_TUN_TSO,
	TUNE_TUN_USO,
	TUNE_TUN_TCP_GRO,
	TUNE_TUN_UDP_GRO,
	TUNE_UDP_GSO,
	TUNE_UDP_GRO,
	TUNE_SWITCHES,
	/* numbers; 0: automatic */
	TUNE_UDP_RCVBUF = TUNE_SWITCHES, /* bytes */
	TUNE_UDP_SNDBUF,                 /* bytes */
	TUNE_TUN_QUEUE_LEN,              /* packets */
	TUNE_TUN_GSO_SEGS,               /* segments of a big packet from the device */
	TUNE_BATCH_BYTES,                /* bytes moved before other work gets its turn */
	TUNE_KINDS
};

struct tune {
	uint32_t value[TUNE_KINDS]; /* enum tune_switch, or the number */
	unsigned given;             /* a bit for each kind that was given */
};

/* "TunTso", "tun-tso". */
const char *tune_key(enum tune_kind kind);
const char *tune_option(enum tune_kind kind);
/* What it is for, in a few words. */
const char *tune_help(enum tune_kind kind);
/*
 * Take a value. NULL; else what is expected instead, to follow the word "expected", and
 * nothing has changed.
 */
const char *tune_set(struct tune *t, enum tune_kind kind, struct text value);
/* What is given in `over` takes precedence. */
void tune_override(struct tune *t, const struct tune *over);
/* A kind in which the two differ; TUNE_KINDS: none. Start with from = 0. */
enum tune_kind tune_differs(const struct tune *a, const struct tune *b, enum tune_kind from);

#endif

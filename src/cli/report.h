/* SPDX-License-Identifier: ISC */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

/* What a running tunnel says of itself, out of the lines of get=1 and status=1. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "conf/conf.h"

enum { REPORT_STATE = 16, REPORT_REASON = 256 };

struct report_peer {
	char name[CONF_PEER_NAME]; /* for people; "": none */
	char state[REPORT_STATE];  /* "" unknown: not taut's daemon */
	char reason[REPORT_REASON];
	struct text record; /* its line of the status; empty: none */
	bool rated;         /* by rates_between(), bytes per second: */
	double rx_rate, tx_rate;
};

struct report {
	char name[CONF_NAME_MAX + 1];
	struct conf conf;         /* as it runs */
	struct key public_key;    /* ours; zero: none */
	char state[REPORT_STATE]; /* of the interface; "": unknown */
	struct text record;       /* its line of the status; empty: none */
	char *status;             /* all those lines */
	struct report_peer *peer; /* one for each of conf.peer */
};

/* An empty report. report_fini() wipes and frees. */
void report_init(struct report *r, const char *name);
void report_fini(struct report *r);
/* The lines of an answer to get=1. 0, -EPROTO, or -ENOMEM. Once per report. */
int report_get(struct report *r, struct text lines);
/* The lines of an answer to status=1, after report_get(); without memory, they say nothing. */
void report_status(struct report *r, struct text lines);
/* It can carry packets: the interface is up and, if it has peers, not all are out of reach. */
bool report_is_up(const struct report *r);

#endif

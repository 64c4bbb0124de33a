/* SPDX-License-Identifier: ISC */
#ifndef VIEW_TUNNELVIEW_H
#define VIEW_TUNNELVIEW_H

/* What a running tunnel reports about itself, from the lines of get=1 and status=1. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "conf/conf.h"

enum { TUNNELVIEW_STATE = 16, TUNNELVIEW_REASON = 256 };

struct tunnelview_peer {
	char name[CONF_PEER_NAME];    /* for people; "": none */
	char state[TUNNELVIEW_STATE]; /* "" unknown: not taut's daemon */
	char reason[TUNNELVIEW_REASON];
	struct text record; /* its line of the status; empty: none */
	bool rated;         /* by rates_between(), bytes per second: */
	double rx_rate, tx_rate;
};

struct tunnelview {
	char name[CONF_NAME_MAX + 1];
	struct conf conf;             /* as it runs; without keys, if we may not see them */
	struct key public_key;        /* ours; zero: none */
	char state[TUNNELVIEW_STATE]; /* of the interface; "": unknown */
	struct text record;           /* its line of the status; empty: none */
	char *status;                 /* all those lines */
	struct tunnelview_peer *peer; /* one for each of conf.peer */
};

/* An empty report. tunnelview_fini() wipes and frees. */
void tunnelview_init(struct tunnelview *r, const char *name);
void tunnelview_fini(struct tunnelview *r);
/* The lines of an answer to get=1. 0, -EPROTO, or -ENOMEM. Once per report. */
int tunnelview_get(struct tunnelview *r, struct text lines);
/* The lines of an answer to status=1, after tunnelview_get(); without memory, they are ignored. */
void tunnelview_status(struct tunnelview *r, struct text lines);
/* It can carry packets: the interface is up and, if it has peers, at least one may be reachable. */
bool tunnelview_is_up(const struct tunnelview *r);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_WANTED_H
#define MONITOR_WANTED_H

/*
 * What is to be on the host, which of it others have taken away, when it is put back, and when
 * it is not any more: at most WANTED_TIMES in a minute.  Pure: others look at the host and
 * change it.  Times are ns, of one clock.
 */

#include <stddef.h>

#include "base/drift.h"
#include "host/objects.h"

enum { WANTED_TIMES = 10 };

/* What has happened to an object. */
struct lapse {
	uint64_t tried[WANTED_TIMES]; /* when it was tried to put it back, a ring */
	uint32_t tries;               /* in all... */
	uint32_t times;               /* ...and how many succeeded */
	uint32_t in_vain;             /* how many did not, since then */
	uint64_t at;                  /* it was taken away last */
	int error;                    /* of the last try; 0: none */
	bool confirmed;               /* a look since then has not found it */
	bool spent;                   /* it has to wait, since it was tried too often */
	unsigned told;                /* bits of enum wanted_kind */
	char by[DRIFT_BY];
};

struct wanted_item {
	struct object object;
	bool missing;
	bool quiet;          /* it went with the link, and comes back with it: that is no drift */
	uint64_t due;        /* when to put it back, if it is missing */
	struct lapse *lapse; /* NULL: nothing has happened of late */
};

/* Zeroed: nothing is wanted. */
struct wanted {
	struct wanted_item *item; /* sorted */
	size_t n;
	bool link_up, has_ipv6; /* of the device: what needs them and lacks them can wait */
	uint64_t due;           /* when something is to be done; UINT64_MAX: nothing is */
	uint32_t put_back;      /* since the start */
};

void wanted_fini(struct wanted *w);
/* This is wanted from now on; of what was wanted before, the past is kept. 0 or -ENOMEM. */
int wanted_set(struct wanted *w, const struct objects *list);
/* NULL: it is not wanted. */
struct wanted_item *wanted_find(const struct wanted *w, const struct object *o);
/* It cannot be there now, and nobody has taken it away. */
bool wanted_is_dormant(const struct wanted *w, const struct object *o);

/* It is not there any more, and may be put back after this pause. by: who did that; "": unknown. */
void wanted_gone(struct wanted *w, struct wanted_item *i, const char *by, uint64_t now,
		 uint64_t pause);
/* It is there. */
void wanted_back(struct wanted_item *i);
/* What held its place is gone: try again. */
void wanted_free(struct wanted *w, struct wanted_item *i, uint64_t now);
/*
 * This, sorted, is what there is on the host.  quiet: the link was down; it took along what
 * needs it.
 */
void wanted_look(struct wanted *w, const struct objects *there, const char *by, bool quiet,
		 uint64_t now);
/* An admin asks for all of it: forget how often it was put back, and do it now. */
void wanted_forgive(struct wanted *w, uint64_t now);

/* The next to be put back now, from *at on; NULL: no more.  The result goes to wanted_tried(). */
struct wanted_item *wanted_next(const struct wanted *w, size_t *at, uint64_t now);
/*
 * 1: it is back; 0: it was there; -EEXIST: it, or another in its place, is there; -ENETDOWN: it
 * turns out that the link is down; another -errno.
 */
void wanted_tried(struct wanted *w, struct wanted_item *i, int result, uint64_t now);
/* After all of these: forget what is long ago, and set due. */
void wanted_settle(struct wanted *w, uint64_t now);

/* There is something that was not told yet. */
bool wanted_has_news(const struct wanted *w);
/* What is to be logged, once: the first of each kind, and how many there are. */
enum wanted_kind {
	WANTED_BACK,  /* taken away and put back */
	WANTED_OFTEN, /* too often: it is missing */
	WANTED_STUCK, /* it cannot be put back: lapse->error */
	WANTED_KINDS
};
struct wanted_news {
	const struct wanted_item *first[WANTED_KINDS];
	size_t n[WANTED_KINDS];
};
void wanted_tell(const struct wanted *w, struct wanted_news *news);
/* For the worker. */
void wanted_report(const struct wanted *w, struct drift *drift, uint64_t now);

#endif

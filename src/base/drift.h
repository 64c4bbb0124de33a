/* SPDX-License-Identifier: ISC */
#ifndef BASE_DRIFT_H
#define BASE_DRIFT_H

/*
 * What others have taken away from the host side of a tunnel, as plain values: the monitor sees
 * it, and the worker tells it.
 */

#include <stdbool.h>
#include <stdint.h>

enum { DRIFT_WHAT = 96, DRIFT_BY = 48, DRIFT_ITEMS = 6 };

struct drift_item {
	char what[DRIFT_WHAT]; /* "route to 10.1.0.0/16" */
	char by[DRIFT_BY];     /* who, as far as known: "networkd (process 812)"; "": not known */
	/*
	 * Why it cannot be put back, -errno; -EEXIST: another is in its place.  0: it can, but
	 * not as often as it is taken away, or it is there again.
	 */
	int32_t error;
	uint32_t times;   /* that it was put back, of late */
	uint32_t age;     /* seconds since it was taken away last */
	uint32_t missing; /* 1: it still is; 0: it was put back */
};

/* Zeroed: nothing was taken away. */
struct drift {
	uint32_t missing;  /* how many are */
	uint32_t put_back; /* how often any of them was, since the start */
	uint32_t n;        /* of item; those that are missing first, the latest first */
	struct drift_item item[DRIFT_ITEMS];
};

#endif

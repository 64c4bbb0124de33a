/* SPDX-License-Identifier: ISC */
#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

/* A moment, as calls pass it on.  Only base/clock.h takes one from the system. */

#include <stdint.h>

#define SECOND_NS ((uint64_t)1000000000)
#define MILLI_NS  ((uint64_t)1000000)

struct instant {
	uint64_t mono; /* CLOCK_BOOTTIME, ns, > 0: every age and deadline; counts sleep */
	uint64_t wall; /* CLOCK_REALTIME, ns: only for TAI64N and the time of the last handshake */
};

#endif

/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

struct instant clock_now(void)
{
	/* BOOTTIME continues while the machine sleeps: keys age then, too. */
	return (struct instant){ .mono = read_ns(CLOCK_BOOTTIME), .wall = read_ns(CLOCK_REALTIME) };
}

uint64_t clock_monotonic_us(void)
{
	return read_ns(CLOCK_MONOTONIC) / 1000;
}

uint64_t clock_spent(void)
{
	return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

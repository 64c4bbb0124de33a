/* SPDX-License-Identifier: ISC */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* The only place that asks the system for the time. Once per callback; the value is passed on. */

#include "base/instant.h"

struct instant clock_now(void);
/* CLOCK_MONOTONIC, as service managers compare it: it stands still while the machine sleeps. */
uint64_t clock_monotonic_us(void);
/* The time that processors have spent on this process, ns. */
uint64_t clock_spent(void);

#endif

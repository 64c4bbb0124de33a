/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_CLOCK_H
#define DAEMON_CLOCK_H

/* The only place that asks the system for the time. Once per callback; the value is handed on. */

#include "proto/tunnel.h"

struct instant clock_now(void);
/* CLOCK_MONOTONIC, as service managers compare it: it stands still while the machine sleeps. */
uint64_t clock_monotonic_us(void);

#endif

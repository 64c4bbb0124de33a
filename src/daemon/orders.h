/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_ORDERS_H
#define DAEMON_ORDERS_H

/* What the monitor tells the worker to do. */

#include "daemon/elevate.h"

void orders_obey(struct daemon *d, enum message_kind kind, struct order *o);

#endif

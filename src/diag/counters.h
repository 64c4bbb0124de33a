/* SPDX-License-Identifier: ISC */
#ifndef DIAG_COUNTERS_H
#define DIAG_COUNTERS_H

/* How the data path is doing: offload states and counters, as key=value. Pure. */

#include "base/print.h"
#include "datapath/datapath.h"

void counters_print(struct print *out, const struct datapath *path);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef VIEW_DUMP_H
#define VIEW_DUMP_H

/* A report in the lines of `wg show NAME dump`, byte for byte: secrets are in it. Pure. */

#include <stdbool.h>

#include "base/print.h"
#include "view/tunnelview.h"

/* named: each line begins with the interface, as for `wg show all dump`. */
void dump_report(struct print *out, const struct tunnelview *r, bool named);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef VIEW_DUMP_H
#define VIEW_DUMP_H

/* A report in the format of `wg show NAME dump`, byte for byte: it contains secrets. Pure. */

#include <stdbool.h>

#include "base/print.h"
#include "view/tunnelview.h"

/* named: each line begins with the interface, as for `wg show all dump`. */
void dump_report(struct print *out, const struct tunnelview *r, bool named);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef VIEW_SHOW_H
#define VIEW_SHOW_H

/* A report as text, in the layout of `wg show`, with state and reason of each peer. */

#include <stdbool.h>
#include <stdint.h>

#include "base/print.h"
#include "view/tunnelview.h"

struct show_style {
	bool colour;  /* terminal escapes, wg's own */
	bool keys;    /* private and preshared keys in clear */
	uint64_t now; /* CLOCK_REALTIME, seconds */
};

void show_report(struct print *out, const struct tunnelview *r, const struct show_style *style);
/* "1 minute, 3 seconds ago", "Now"; wg's words. */
void show_ago(struct print *out, uint64_t then, const struct show_style *style);
/* "7.52 MiB" */
void show_bytes(struct print *out, uint64_t bytes, const struct show_style *style);

#endif

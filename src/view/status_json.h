/* SPDX-License-Identifier: ISC */
#ifndef VIEW_STATUS_JSON_H
#define VIEW_STATUS_JSON_H

/*
 * Reports as JSON, as docs/STATUS.md describes it and docs/status.schema.json defines it.
 * Contains no secrets. Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/print.h"
#include "view/tunnelview.h"

/* Increased when an existing part changes or is removed, not when something is added. */
enum { STATUS_JSON_SCHEMA = 1 };

/* now: CLOCK_REALTIME, ns. */
void status_json(struct print *out, const struct tunnelview *report, size_t n, uint64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef VIEW_STATUS_METRICS_H
#define VIEW_STATUS_METRICS_H

/*
 * Reports as metrics, in the text format of Prometheus. wireguard_* have the names and labels
 * that existing dashboards for WireGuard use; taut_* are our own, and only taut's daemon has
 * them. Contains no secrets. Pure.
 */

#include <stddef.h>

#include "base/print.h"
#include "view/tunnelview.h"

/* absent: a tunnel that is not running and is reported as down; or NULL. */
void status_metrics(struct print *out, const struct tunnelview *report, size_t n,
		    const char *absent);

#endif

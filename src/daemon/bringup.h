/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_BRINGUP_H
#define DAEMON_BRINGUP_H

/* Bring a tunnel up in order, and take it down in reverse. */

#include "daemon/internal.h"

/* Exit status: 0, or the failure has been logged; then call bringup_undo(). */
int bringup(struct daemon *d);
/*
 * Take down whatever is up, leaving nothing behind.  Down hooks run if the tunnel was
 * up.
 */
void bringup_undo(struct daemon *d);

#endif

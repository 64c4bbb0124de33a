/* SPDX-License-Identifier: ISC */
#ifndef JAIL_CAPS_H
#define JAIL_CAPS_H

/* Giving up capabilities. All functions return 0 or -errno. */

/*
 * Empty the bounding set, which nothing can fill again. *left: how many remain, because
 * CAP_SETPCAP is missing; then there is nothing to lose but what was never there.
 */
int caps_bound(unsigned *left);
/* Empty the ambient, inheritable, permitted and effective sets, and look that they are. */
int caps_drop(void);

#endif

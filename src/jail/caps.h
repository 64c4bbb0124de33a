/* SPDX-License-Identifier: ISC */
#ifndef JAIL_CAPS_H
#define JAIL_CAPS_H

/* Giving up capabilities. All functions return 0 or -errno. */

/*
 * Empty the bounding set, which nothing can fill again. *left: how many remain, because
 * CAP_SETPCAP is missing; then there is nothing to lose but what was never there.
 */
int caps_bound(unsigned *left);
/*
 * Empty the ambient, inheritable, permitted and effective sets, and look that they are. Where a
 * filter of somebody else forbids that, 0 if the last two are empty already: what is then
 * inheritable gives nothing to a process that has NoNewPrivs.
 */
int caps_drop(void);

#endif

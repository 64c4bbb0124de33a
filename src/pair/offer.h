/* SPDX-License-Identifier: ISC */
#ifndef PAIR_OFFER_H
#define PAIR_OFFER_H

/*
 * An offer that waits for its answer: the line that `taut new` printed, kept in
 * /etc/taut/NAME.pair until `taut accept` no longer needs it.
 */

#include <limits.h>
#include <stdbool.h>

#include "base/print.h"
#include "pair/pairline.h"

/* The text of that file. false: no valid line can hold this. */
bool offer_print(struct print *out, const struct pairline *offer);
void offer_path(char path[PATH_MAX], const char *name);
/* 0; -ENOENT: none waits; or another -errno, reported. Wipe it after use. */
int offer_load(const char *name, struct pairline *offer);
void offer_drop(const char *name);
/* The tunnel on this host that made the offer; false: another host made it. */
bool offer_find(const struct pairline *offer, char name[CONF_NAME_MAX + 1]);

#endif

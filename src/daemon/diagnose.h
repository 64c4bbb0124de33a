/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_DIAGNOSE_H
#define DAEMON_DIAGNOSE_H

/* The answer to why=1: collect the facts, have them judged, print the records. */

#include "base/print.h"

struct daemon;

/*
 * First one record for the tunnel: why=NAME, healthy=yes or no, problems, for how many
 * peers it is too early to tell (healthy=no as well), how many peers there are and how
 * many of them are up; then one per peer with its state; then the verdicts.
 */
void diagnose(struct daemon *d, struct print *out);

#endif

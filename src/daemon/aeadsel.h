/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_AEADSEL_H
#define DAEMON_AEADSEL_H

/* The AEAD backend: self-tested, chosen at start, and logged. */

#include <stdbool.h>

#include "conf/conf.h"

enum { AEADSEL_WHY = 256 };

/* Known-answer tests. Once, before anything secret is touched. 0 or -errno, logged. */
int aeadsel_check(void);
/*
 * Choose the backend of this name; NULL or "auto": the fastest here.  After fork() and
 * aeadsel_check(), before there is a session.  0 or -errno, logged.
 */
int aeadsel_choose(const char *name);
/* true: this machine or this build cannot use it; *why: the reason, and what is available. */
bool aeadsel_refused(const char *name, char why[AEADSEL_WHY]);
/* Check that the backend a configuration names works here. 0 or -EINVAL, reported. */
int aeadsel_accept(const struct conf *c, struct conf_report *r);

#endif

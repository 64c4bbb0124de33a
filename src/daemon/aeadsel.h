/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_AEADSEL_H
#define DAEMON_AEADSEL_H

/* What carries the packets: seen to be right, chosen at start, and told about. */

#include <stdbool.h>

#include "conf/conf.h"

enum { AEADSEL_WHY = 256 };

/* Once, before anything secret is touched: known answers. 0 or -errno, logged. */
int aeadsel_check(void);
/*
 * Choose the backend of this name; NULL or "auto": the fastest here.  After fork() and
 * aeadsel_check(), before there is a session.  0 or -errno, logged.
 */
int aeadsel_choose(const char *name);
/* This machine or this program cannot do it: why, and what can be had instead. */
bool aeadsel_refused(const char *name, char why[AEADSEL_WHY]);
/* What a configuration asks for can be done here. 0 or -EINVAL, reported. */
int aeadsel_accept(const struct conf *c, struct conf_report *r);

#endif

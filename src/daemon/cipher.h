/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_CIPHER_H
#define DAEMON_CIPHER_H

/* What carries the packets: seen to be right, chosen at start, and told about. */

#include <stdbool.h>

#include "conf/conf.h"

enum { CIPHER_WHY = 256 };

/* Once, before anything secret is touched: known answers. 0 or -errno, logged. */
int cipher_check(void);
/*
 * Choose the backend of this name; NULL or "auto": the fastest here.  After fork() and
 * cipher_check(), before there is a session.  0 or -errno, logged.
 */
int cipher_choose(const char *name);
/* This machine or this program cannot do it: why, and what can be had instead. */
bool cipher_refused(const char *name, char why[CIPHER_WHY]);
/* What a configuration asks for can be done here. 0 or -EINVAL, reported. */
int cipher_accept(const struct conf *c, struct conf_report *r);

#endif

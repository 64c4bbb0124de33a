/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_AEADSEL_H
#define DAEMON_AEADSEL_H

/* The AEAD backend: self-tested, chosen at start, and logged. */

#include "conf/conf.h"

/* Known-answer tests. Once, before anything secret is touched. 0 or -errno, logged. */
int aeadsel_check(void);
/*
 * Does the backend work that the option names, or else the file?  An exit status, logged.  For
 * the time before anything is made for the tunnel; nothing of the backend stays behind.
 */
int aeadsel_try(const char *option, const struct conf *c);
/*
 * Choose the backend of this name; NULL or "auto": the fastest here.  In the worker, after
 * aeadsel_check(), before there is a session.  0 or -errno, logged.
 */
int aeadsel_choose(const char *name);
/* Check that the backend a configuration names works here. 0 or -EINVAL, reported. */
int aeadsel_accept(const struct conf *c, struct conf_report *r);

#endif

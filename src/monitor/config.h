/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_CONFIG_H
#define MONITOR_CONFIG_H

/* Read the file and its keys, and check all of it, for start and reload. */

#include "conf/conf.h"

typedef void config_say_fn(void *ctx, enum conf_severity severity, const char *line);

/*
 * Fill an initialised conf.  0; -EINVAL: the file has errors; -EPERM: it has hooks
 * that others than root could have written; or the error from reading it.  Each
 * error is reported in at least one line.
 */
int config_read(struct conf *c, const char *path, config_say_fn *say, void *ctx);
bool config_same_dns(const struct conf *a, const struct conf *b);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

/* The file: read, with its keys, and checked whole, as start and reload need it. */

#include "conf/conf.h"

typedef void config_say_fn(void *ctx, enum conf_severity severity, const char *line);

/*
 * Fill an initialised conf.  0; -EINVAL when something is wrong with the file, -EPERM
 * when it has hooks and others than root could have written them, or what reading
 * it gave; each with at least one line said.
 */
int config_read(struct conf *c, const char *path, config_say_fn *say, void *ctx);
/* Wipe the keys that must be secret; the rest stays, to be compared with the next file. */
void config_forget_secrets(struct conf *c);
bool config_same_dns(const struct conf *a, const struct conf *b);

#endif

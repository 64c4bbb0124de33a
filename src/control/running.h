/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_RUNNING_H
#define CONTROL_RUNNING_H

/*
 * The names of the tunnels that have a control socket, in alphabetical order; without those of
 * other network namespaces.
 */

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

struct running {
	char (*name)[CONF_NAME_MAX + 1];
	size_t n;
};

/* 0, even if none is running, or -errno. */
int running_find(struct running *r);
bool running_has(const struct running *r, const char *name);
void running_free(struct running *r);

#endif

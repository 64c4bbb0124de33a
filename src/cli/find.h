/* SPDX-License-Identifier: ISC */
#ifndef CLI_FIND_H
#define CLI_FIND_H

#include <limits.h>
#include <stdbool.h>

#include "conf/conf.h"

/*
 * The file of a NAME|FILE argument, after what a killed command left half done has been undone
 * (pair/confdir.h). false: reported.
 */
bool find_file(const char *arg, char path[PATH_MAX], char name[CONF_NAME_MAX + 1]);

#endif

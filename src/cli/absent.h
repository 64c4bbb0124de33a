/* SPDX-License-Identifier: ISC */
#ifndef CLI_ABSENT_H
#define CLI_ABSENT_H

/*
 * Nobody runs the tunnel; whether it exists says its file.  Says so.  EXITCODE_DOWN or
 * EXITCODE_NONE.  arg: as it was given; name: what verb_name() made of it.
 */
int absent(const char *arg, const char *name);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CLI_ABSENT_H
#define CLI_ABSENT_H

/*
 * Nobody runs the tunnel; whether it exists says its file.  Says so.  VERB_DOWN or
 * VERB_NONE.  arg: as it was given; name: what verb_name() made of it.
 */
int absent(const char *arg, const char *name);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CONF_CREDENTIAL_H
#define CONF_CREDENTIAL_H

/*
 * What a service manager has read for us, as it was when it started us: files in
 * $CREDENTIALS_DIRECTORY, which nobody else can read.
 */

#include <stddef.h>

/*
 * Open the one of this file name; in name/with/folders each / stands for a _, as systemd names
 * them. path gets its path, of size bytes. Returns a descriptor, or -errno: -ENOENT if there is
 * none, or only the empty line that the unit passes where there is no such file, since systemd
 * would refuse the start otherwise.
 */
int credential_open(const char *name, char *path, size_t size);

#endif

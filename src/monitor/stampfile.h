/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_STAMPFILE_H
#define MONITOR_STAMPFILE_H

/*
 * The stamps of our initiations outlive the process: DIR/NAME.stamp, mode 0600, as
 * privsep/stamps.h has them, where DIR is $STATE_DIRECTORY, or else /var/lib/taut/NAME.  NAME is
 * that of the interface: it has no slash, and is no "." or "..", so it needs no escaping.  A
 * folder for each tunnel, since each unit has a user of its own.
 *
 * Without the file, or with one that cannot be used, the tunnel works as if it had never been
 * there; what is wrong is logged once.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf/conf.h"

/* Zeroed: there is no file. */
struct stampfile {
	char dir[PATH_MAX]; /* "": none */
	char name[CONF_NAME_MAX + sizeof(".stamp")];
	void *bytes; /* the latest stamps; NULL: none are known */
	size_t len;
	bool due;            /* the file has others */
	uint64_t written_at; /* mono ns; 0: never */
	bool said;           /* what is wrong */
	pid_t writer;        /* a child that writes the file; 0: none does */
};

/* Read the file of the tunnel with this name. */
void stampfile_open(struct stampfile *f, const char *name);
/* Write what is due; a disk that hangs is not waited for. */
void stampfile_close(struct stampfile *f);

/* What is in this blob is to be in the file.  0; -EINVAL: no stamps; or another -errno. */
int stampfile_take(struct stampfile *f, int blob);
/*
 * The latest stamps as a new blob, a descriptor, for a worker; -ENOENT: there are none; or another
 * -errno.  Where the clock has not passed them, the worker goes on from there, and may die before
 * it has handed over anything.  So from then on the file says two seconds more; that is waited
 * for, up to a second.
 */
int stampfile_blob(struct stampfile *f);
/*
 * Have what is due written, but not more than once a second, and go on.  Returns after how many
 * ms, at most ms, there is more to do; negative: whenever.
 */
int stampfile_work(struct stampfile *f, int ms);

#endif

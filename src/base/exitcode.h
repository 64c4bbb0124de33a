/* SPDX-License-Identifier: ISC */
#ifndef BASE_EXITCODE_H
#define BASE_EXITCODE_H

/* Exit statuses of the program. Scripts rely on them: see taut(8). */

enum {
	EXITCODE_OK = 0,
	EXITCODE_FAILED = 1,
	EXITCODE_USAGE = 2,
	EXITCODE_DOWN = 3,    /* status: the tunnel is not up */
	EXITCODE_NONE = 4,    /* status: no such tunnel */
	EXITCODE_EARLY = 5,   /* why: too early to tell */
	EXITCODE_LATE = 124,  /* wait: not within the time given, as timeout(1) */
	EXITCODE_CONFIG = 78, /* EX_CONFIG: run and up cannot work with this file */
};

#endif

/* SPDX-License-Identifier: ISC */
#ifndef JAIL_CALLS_H
#define JAIL_CALLS_H

/*
 * The system calls that the process which meets the network may still make, as data.
 * docs/JAIL.md lists them for people, and a test compares the two.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CALL_TESTS = 3 };

/*
 * (argument & mask) == value; a mask of 0 ends the list. The kernel reads 32 bits of each
 * argument that is tested here.
 */
struct call_test {
	uint8_t argument; /* from 0 on */
	bool self;        /* the value is our process ID */
	uint32_t mask, value;
};

/* Arguments with which a call is let through: all these tests hold. */
struct call_way {
	struct call_test test[CALL_TESTS];
};

/* What happens to a call that is not let through; one that the table lacks kills. */
enum call_otherwise {
	CALL_KILLS,   /* nothing of ours would ever do that */
	CALL_REFUSED, /* EACCES: a library may try, and can do without */
	CALL_UNKNOWN, /* ENOSYS: the C library falls back to another call */
};

enum call_when {
	CALL_ALWAYS,
	CALL_THREADS, /* only in a process with threads */
	CALL_NEVER,   /* in the table only because it does not kill */
};

struct call {
	const char *name; /* as libseccomp spells it; some machines lack some */
	enum call_when when;
	enum call_otherwise otherwise;
	const char *unless;    /* NULL, or never let through where there is a call of this name */
	const char *condition; /* the ways, for people; NULL: any arguments */
	const struct call_way *way;
	size_t ways;
};

extern const struct call calls_table[];
extern const size_t calls_count;

#endif

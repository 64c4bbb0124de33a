/* SPDX-License-Identifier: ISC */
#ifndef JAIL_JAIL_H
#define JAIL_JAIL_H

/*
 * What the process that meets the network may still do: next to nothing. It calls jail_enter()
 * once, as the only thread, with all that it holds already open, and there is no way back.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jail/user.h"

enum jail_mode {
	JAIL_ON,
	JAIL_LOG, /* the same, but the filter of system calls only notes them in the kernel's log */
	JAIL_OFF,
};

/* "on", "log", "off". */
const char *jail_mode_name(enum jail_mode mode);
/* false: none of these words. */
bool jail_mode_parse(enum jail_mode *mode, const char *word);

struct jail_plan {
	enum jail_mode mode;
	struct user user;         /* to become when root; user_find() */
	const char *const *files; /* that it may open and read, as in jail/landlock.h */
	uint16_t tcp_port;        /* to which it may connect; 0: 53, DNS */
	uint64_t file_max;        /* bytes of a memory file that it fills; 0: none */
	unsigned descriptors;     /* open at most; 0: as many as before */
	bool threads;             /* it will make some, after jail_enter() */
	bool leashed;             /* it is killed when its parent process dies */
};

/* All files that the program and its libraries read while a tunnel is up. */
extern const char *const jail_files[];

/* In the order in which they are taken away. */
enum jail_part {
	JAIL_BOUNDING, /* the bounding set of capabilities */
	JAIL_USER,     /* not root, without other groups, and no way back */
	JAIL_CAPS,     /* all other sets */
	JAIL_GAIN,     /* NoNewPrivs */
	JAIL_LIMITS,
	JAIL_FILES, /* Landlock */
	JAIL_CALLS, /* seccomp */
	JAIL_PARTS
};

/* "bounding-set", "user", "capabilities", "no-new-privs", "limits", "landlock", "seccomp". */
const char *jail_part_name(enum jail_part part);

enum { JAIL_TEXT = 96 };

struct jail_report {
	enum jail_mode mode;
	int landlock; /* the ABI version in use; 0: none */
	struct {
		bool held;
		char what[JAIL_TEXT]; /* what is in force; if not held, why not */
	} part[JAIL_PARTS];
};

/*
 * Give up all that the kernel lets us give up, and write down what came of it. 0 also when the
 * kernel cannot do a part, or is not allowed to: then that part is not held, and the caller
 * tells. -errno: a part failed that this kernel can do; the report says which, and the
 * process must end without having read a packet.
 */
int jail_enter(const struct jail_plan *plan, struct jail_report *report);

#endif

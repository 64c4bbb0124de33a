/* SPDX-License-Identifier: ISC */
#include "jail/jail.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/bytes.h"
#include "jail/caps.h"
#include "jail/filter.h"
#include "jail/landlock.h"
#include "jail/rlimits.h"

enum { DNS_PORT = 53 };

_Static_assert((int)USER_TEXT == (int)JAIL_TEXT && (int)RLIMITS_TEXT == (int)JAIL_TEXT,
	       "texts are written in place");

static const char *const mode_names[] = {
	[JAIL_ON] = "on",
	[JAIL_LOG] = "log",
	[JAIL_OFF] = "off",
};

const char *jail_mode_name(enum jail_mode mode)
{
	return mode_names[mode];
}

bool jail_mode_parse(enum jail_mode *mode, const char *word)
{
	for (size_t i = 0; i < LEN(mode_names); i++) {
		if (strcmp(mode_names[i], word) == 0) {
			*mode = (enum jail_mode)i;
			return true;
		}
	}
	return false;
}

/* For Landlock, a file that is replaced is another one. */
const char *const jail_files[] = {
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
	"/etc/host.conf",
	"/dev/urandom", /* without it, c-ares 1.18 makes IDs that can be guessed */
	"/proc/sys/net/ipv4/conf/",
	"/proc/sys/net/ipv6/conf/",
	NULL,
};

const char *jail_part_name(enum jail_part part)
{
	static const char *const names[] = {
		[JAIL_BOUNDING] = "bounding-set", [JAIL_USER] = "user",
		[JAIL_CAPS] = "capabilities",     [JAIL_GAIN] = "no-new-privs",
		[JAIL_LIMITS] = "limits",         [JAIL_FILES] = "landlock",
		[JAIL_CALLS] = "seccomp",
	};
	return names[part];
}

static void say(struct jail_report *r, enum jail_part part, bool held, const char *what)
{
	r->part[part].held = held;
	snprintf(r->part[part].what, JAIL_TEXT, "%s", what);
}

/* --- the parts --- */

static int enter_bounding(const struct jail_plan *plan, struct jail_report *report)
{
	unsigned left;
	int r = caps_bound(&left);

	(void)plan;
	if (r < 0)
		return r;
	say(report, JAIL_BOUNDING, left == 0, "empty");
	if (left > 0)
		snprintf(report->part[JAIL_BOUNDING].what, JAIL_TEXT,
			 "%u left: lowering it needs CAP_SETPCAP", left);
	return 0;
}

static int enter_user(const struct jail_plan *plan, struct jail_report *report)
{
	return user_become(&plan->user, &report->part[JAIL_USER].held,
			   report->part[JAIL_USER].what);
}

static int enter_caps(const struct jail_plan *plan, struct jail_report *report)
{
	int r = caps_drop();

	(void)plan;
	if (r == 0)
		say(report, JAIL_CAPS, true, "none");
	return r;
}

static int enter_gain(const struct jail_plan *plan, struct jail_report *report)
{
	/* Another user has none. */
	if (plan->leashed && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return -EPERM;
	say(report, JAIL_GAIN, true, "set");
	return 0;
}

static int enter_limits(const struct jail_plan *plan, struct jail_report *report)
{
	return rlimits_set(plan->file_max, plan->descriptors, plan->threads,
			   &report->part[JAIL_LIMITS].held, report->part[JAIL_LIMITS].what);
}

static int enter_files(const struct jail_plan *plan, struct jail_report *report)
{
	int abi = landlock_abi(), r;

	if (abi <= 0) {
		say(report, JAIL_FILES, false,
		    abi < 0 ? "Landlock may not be used here: all may be read that everybody may"
			    : "this kernel has no Landlock: all may be read that everybody may");
		return 0;
	}
	r = landlock_enter(abi, plan->files, plan->tcp_port ? plan->tcp_port : DNS_PORT);
	if (r < 0)
		return r;
	report->landlock = abi;
	report->part[JAIL_FILES].held = true;
	snprintf(report->part[JAIL_FILES].what, JAIL_TEXT, "ABI %d", abi);
	if (landlock_lacks(abi))
		say(report, JAIL_FILES, false, landlock_lacks(abi));
	return 0;
}

static int enter_calls(const struct jail_plan *plan, struct jail_report *report)
{
	const char *why = "";
	int r = filter_enter(plan->mode == JAIL_LOG, plan->threads, &why);

	if (r < 0 && r != -ENOSYS)
		return r;
	say(report, JAIL_CALLS, r == 0 && plan->mode == JAIL_ON, r < 0 ? why : "in force");
	if (r == 0 && plan->mode == JAIL_LOG)
		say(report, JAIL_CALLS, false, "only logged");
	return 0;
}

int jail_enter(const struct jail_plan *plan, struct jail_report *report)
{
	static int (*const enter[])(const struct jail_plan *, struct jail_report *) = {
		[JAIL_BOUNDING] = enter_bounding, [JAIL_USER] = enter_user,
		[JAIL_CAPS] = enter_caps,         [JAIL_GAIN] = enter_gain,
		[JAIL_LIMITS] = enter_limits,     [JAIL_FILES] = enter_files,
		[JAIL_CALLS] = enter_calls,
	};

	*report = (struct jail_report){ .mode = plan->mode };
	for (unsigned i = 0; i < JAIL_PARTS; i++)
		say(report, i, false, plan->mode == JAIL_OFF ? "off" : "not reached");
	for (unsigned i = 0; i < JAIL_PARTS && plan->mode != JAIL_OFF; i++) {
		int r = enter[i](plan, report);

		if (r < 0) {
			say(report, i, false, strerror(-r));
			return r;
		}
	}
	return 0;
}

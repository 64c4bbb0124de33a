/* SPDX-License-Identifier: ISC */
#include "host/hooks.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/shell.h"

enum { PATIENCE_MS = 1000 }; /* for a command that was terminated */

const char *hooks_name(enum conf_hook kind)
{
	static const char *const names[HOOK_KINDS] = {
		[HOOK_PRE_UP] = "PreUp",
		[HOOK_POST_UP] = "PostUp",
		[HOOK_PRE_DOWN] = "PreDown",
		[HOOK_POST_DOWN] = "PostDown",
	};

	return names[kind];
}

static bool only_root_writes(const char *path, char why[HOOKS_WHY])
{
	struct stat st;

	if (stat(path, &st) < 0) {
		snprintf(why, HOOKS_WHY, "cannot check %.300s: %s", path, strerror(errno));
		return false;
	}
	if (st.st_uid != 0) {
		snprintf(why, HOOKS_WHY, "%.300s is not owned by root; chown root it", path);
		return false;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		snprintf(why, HOOKS_WHY, "%.300s is writable by others than root; chmod go-w it",
			 path);
		return false;
	}
	return true;
}

/* "/a/b" becomes "/a", and that "/"; false: there is nothing above. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !slash[1])
		return false;
	slash[slash == path ? 1 : 0] = '\0';
	return true;
}

/*
 * Anyone who may rename a directory on the way can substitute another file.  In
 * sticky directories (/tmp) only owners may rename, so what belongs to root stays.
 * path is overwritten.
 */
static bool way_is_safe(char *path, char why[HOOKS_WHY])
{
	struct stat st;

	while (go_up(path)) {
		if (stat(path, &st) == 0 && st.st_uid == 0 && st.st_mode & S_ISVTX)
			continue;
		if (!only_root_writes(path, why))
			return false;
	}
	return true;
}

/* The file itself and its directory, then all above. */
static bool place_is_safe(char *path, char why[HOOKS_WHY])
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && st.st_uid != 0) {
		snprintf(why, HOOKS_WHY, "the link %.300s is not owned by root; chown -h root it",
			 path);
		return false;
	}
	if (!only_root_writes(path, why))
		return false;
	return go_up(path) && only_root_writes(path, why) && way_is_safe(path, why);
}

/* As given, without resolving links. NULL: no memory, or no such directory. */
static char *absolute(const char *path)
{
	char *whole = NULL, *here;

	if (*path == '/')
		return strdup(path);
	here = getcwd(NULL, 0);
	if (here && asprintf(&whole, "%s/%s", here, path) < 0)
		whole = NULL;
	free(here);
	return whole;
}

bool hooks_trusted(const char *path, char why[HOOKS_WHY])
{
	char *real = realpath(path, NULL), *given = absolute(path);
	bool ok = false;

	if (real && given)
		ok = place_is_safe(real, why) && place_is_safe(given, why);
	else
		snprintf(why, HOOKS_WHY, "cannot check %.300s: %s", path, strerror(errno));
	free(real);
	free(given);
	return ok;
}

bool hooks_any(const struct conf *c)
{
	for (int kind = 0; kind < HOOK_KINDS; kind++) {
		if (c->n_hook[kind])
			return true;
	}
	return false;
}

static void not_for_sh(enum conf_hook kind, const char *command, char why[HOOKS_WHY])
{
	snprintf(why, HOOKS_WHY,
		 "%s looks like bash, but there is no bash on this host, and %s runs it; install "
		 "bash: %.300s",
		 hooks_name(kind), shell_words(false), command);
}

bool hooks_fit_shell(const struct conf *c, char why[HOOKS_WHY])
{
	if (shell_is_bash())
		return true;
	for (enum conf_hook kind = 0; kind < HOOK_KINDS; kind++) {
		for (size_t i = 0; i < c->n_hook[kind]; i++) {
			if (!shell_wants_bash(c->hook[kind][i]))
				continue;
			not_for_sh(kind, c->hook[kind][i], why);
			return false;
		}
	}
	return true;
}

int hooks_run(struct host *h, const struct hooks_wait *wait, const char *name, const char *command)
{
	int fd, r;

	r = host_hook_start(h, name, command, &fd);
	if (r < 0)
		return r;
	while (wait->readable(wait->ctx, fd)) {
		if (host_hook_ended(h, 0))
			return host_hook_end(h);
	}
	host_hook_stop(h, false);
	host_hook_ended(h, PATIENCE_MS);
	host_hook_stop(h, true); /* it, or what it has started and is still there */
	host_hook_end(h);
	return -EINTR;
}

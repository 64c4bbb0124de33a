/* SPDX-License-Identifier: ISC */
#include "cli/launch.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli/verb.h"
#include "control/ask.h"
#include "control/control.h"
#include "pair/confdir.h"
#include "view/tunnelview.h"

enum {
	INSTANCE_TEXT = 4 * CONF_NAME_MAX + 1, /* each character escaped */
	UNIT_TEXT = sizeof("taut@.service") + INSTANCE_TEXT,
};

bool launch_by_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

bool launch_is_running(const char *name)
{
	int fd = control_connect(name);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/*
 * Run a program and wait for it, in our environment. Its output goes to stderr, since stdout
 * is for the line that people paste. true: it returned 0.
 */
static bool call(const char *program, char *const argv[])
{
	posix_spawn_file_actions_t actions;
	int status, err;
	pid_t pid;

	err = posix_spawn_file_actions_init(&actions);
	if (err == 0) {
		err = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
		if (err == 0)
			err = posix_spawnp(&pid, program, &actions, NULL, argv, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	if (err) {
		say("cannot run %s: %s", argv[0], strerror(err));
		return false;
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Our own binary, not what PATH finds. */
static bool call_taut(char *verb, char *name)
{
	char *argv[] = { "taut", verb, name, NULL };

	return call("/proc/self/exe", argv);
}

/*
 * As systemd-escape(1) does it, but only where it must be: names with - work without. The
 * generator of our units expects the same.
 */
static void name_instance(char instance[INSTANCE_TEXT], const char *name)
{
	bool must = strpbrk(name, "=+");
	size_t len = 0;

	for (; *name && len + sizeof("\\x2d") <= INSTANCE_TEXT; name++) {
		if (must && strchr("=+-", *name))
			len += (size_t)snprintf(instance + len, INSTANCE_TEXT - len, "\\x%02x",
						(unsigned char)*name);
		else
			instance[len++] = *name;
	}
	instance[len] = '\0';
}

static void name_unit(char unit[UNIT_TEXT], const char *name)
{
	char instance[INSTANCE_TEXT];

	name_instance(instance, name);
	snprintf(unit, UNIT_TEXT, "taut@%s.service", instance);
}

/* It was started by systemd, not by hand. */
static bool is_service(const char *name)
{
	char unit[UNIT_TEXT];
	char *asked[] = { "systemctl", "--quiet", "is-active", unit, NULL };

	name_unit(unit, name);
	return launch_by_systemd() && call("systemctl", asked);
}

void launch_command(char text[LAUNCH_TEXT], const char *name)
{
	bool runs = launch_is_running(name);
	bool by_systemd = runs ? is_service(name) : launch_by_systemd();
	char instance[INSTANCE_TEXT];
	const char *quote;

	if (!by_systemd) {
		snprintf(text, LAUNCH_TEXT, "taut %s %s", runs ? "reload" : "up", name);
		return;
	}
	name_instance(instance, name);
	quote = strchr(instance, '\\') ? "'" : "";
	snprintf(text, LAUNCH_TEXT, "systemctl %s %staut@%s%s", runs ? "restart" : "enable --now",
		 quote, instance, quote);
}

/* It is running with this key. */
static bool has_key(const char *name, const struct key *own)
{
	struct print lines = { 0 };
	struct tunnelview r;
	bool same;

	tunnelview_init(&r, name);
	same = ask(name, "get=1", &lines) == 0 &&
	       tunnelview_get(&r, text_from(lines.chars, lines.len)) == 0 &&
	       key_equal(&r.public_key, own);
	print_fini(&lines);
	tunnelview_fini(&r);
	return same;
}

/* A service may not read its file: it has a copy, made by systemd at its start. */
static bool has_copy(const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	gid_t group;

	confdir_path(path, name, ".conf");
	if (stat(path, &st) < 0 || st.st_mode & S_IROTH)
		return false;
	return !(st.st_mode & S_IRGRP) || !conf_service_group(&group) || st.st_gid != group;
}

/* true: the running tunnel has the current file and keys. */
static bool renew(const char *tunnel, const struct key *own, bool more_keys)
{
	char name[CONF_NAME_MAX + 1], unit[UNIT_TEXT];
	char *restart[] = { "systemctl", "--quiet", "restart", unit, NULL };

	snprintf(name, sizeof(name), "%s", tunnel);
	name_unit(unit, tunnel);
	if ((has_key(tunnel, own) && !more_keys && !has_copy(tunnel)) || !is_service(tunnel))
		return call_taut("reload", name);
	if (call("systemctl", restart))
		return true;
	say("systemctl could not restart %s; see: journalctl -u %s", unit, unit);
	return false;
}

bool launch_tunnel(const char *tunnel, bool enable, const struct key *own, bool more_keys)
{
	char name[CONF_NAME_MAX + 1], unit[UNIT_TEXT];
	char *now[] = { "systemctl", "--quiet", "enable", "--now", unit, NULL };
	char *at_boot[] = { "systemctl", "--quiet", "enable", unit, NULL };
	bool runs = launch_is_running(tunnel);

	snprintf(name, sizeof(name), "%s", tunnel);
	name_unit(unit, tunnel);
	if (runs && !renew(tunnel, own, more_keys))
		return false;
	if (!enable || !launch_by_systemd())
		return runs || call_taut("up", name);
	/* It may have been started by hand: a second one would not get the device. */
	if (call("systemctl", runs ? at_boot : now))
		return true;
	say("systemctl could not %s %s; see: journalctl -u %s", runs ? "enable" : "start", unit,
	    unit);
	return false;
}

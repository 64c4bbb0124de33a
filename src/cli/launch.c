/* SPDX-License-Identifier: ISC */
#include "cli/launch.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli/verb.h"
#include "daemon/control.h"

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

void launch_command(char text[LAUNCH_TEXT], const char *name)
{
	snprintf(text, LAUNCH_TEXT,
		 launch_by_systemd() ? "systemctl enable --now taut@%s" : "taut up %s", name);
}

/*
 * A program to its end, in our environment.  What it says goes to stderr, for stdout
 * is for the line that people paste.  true: it returned 0.
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
		verb_say("cannot run %s: %s", argv[0], strerror(err));
		return false;
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Ourselves, not what PATH finds. */
static bool call_taut(char *verb, char *name)
{
	char *argv[] = { "taut", verb, name, NULL };

	return call("/proc/self/exe", argv);
}

bool launch_tunnel(const char *tunnel, bool enable)
{
	char name[CONF_NAME_MAX + 1], unit[64];
	char *now[] = { "systemctl", "--quiet", "enable", "--now", unit, NULL };
	char *at_boot[] = { "systemctl", "--quiet", "enable", unit, NULL };
	bool runs = launch_is_running(tunnel);

	snprintf(name, sizeof(name), "%s", tunnel);
	snprintf(unit, sizeof(unit), "taut@%s.service", tunnel);
	if (runs && !call_taut("reload", name))
		return false;
	if (!enable || !launch_by_systemd())
		return runs || call_taut("up", name);
	/* It may have been started by hand: a second one would not get the device. */
	if (call("systemctl", runs ? at_boot : now))
		return true;
	verb_say("systemctl could not %s %s; why: journalctl -u %s", runs ? "enable" : "start",
		 unit, unit);
	return false;
}

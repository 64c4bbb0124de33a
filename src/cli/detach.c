/* SPDX-License-Identifier: ISC */
#include "cli/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/descriptors.h"
#include "cli/verb.h"

/* The syslog(3) name of a level of log.h. */
static int priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return LOG_ERR;
	case LOG_LEVEL_WARN:
		return LOG_WARNING;
	case LOG_LEVEL_DEBUG:
		return LOG_DEBUG;
	default:
		return LOG_INFO;
	}
}

static void to_syslog(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	syslog(priority(level), "%s", line);
}

/* The tunnel is up: leave the terminal, then tell the parent. */
static void stand_alone(void *ctx)
{
	const int *tell = ctx;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	ssize_t n;

	setsid();
	openlog("taut", LOG_PID, LOG_DAEMON);
	log_set_sink(to_syslog, NULL);
	if (chdir("/") < 0)
		log_warn("cannot leave the working directory: %m");
	if (fd >= 0) {
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		close(fd);
	}
	do {
		n = write(*tell, "", 1);
	} while (n < 0 && errno == EINTR);
	close(*tell);
}

/* The child exited instead of becoming ready: its status becomes ours. */
static int child_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXITCODE_FAILED;
	}
	if (WIFSIGNALED(status)) {
		say("killed by signal %d", WTERMSIG(status));
		return EXITCODE_FAILED;
	}
	return WEXITSTATUS(status) ? WEXITSTATUS(status) : EXITCODE_FAILED;
}

int detach_run(const struct monitor_options *options)
{
	struct monitor_options o = *options;
	int ends[2];
	char byte;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		say("cannot create a pipe: %m");
		return EXITCODE_FAILED;
	}
	fflush(NULL); /* or both processes would write what is buffered */
	pid = fork();
	if (pid < 0) {
		say("cannot fork: %m");
		return EXITCODE_FAILED;
	}
	if (pid == 0) {
		int keep[] = { ends[1], o.tun_fd, o.uapi_fd };

		descriptors_close_but(keep, LEN(keep));
		o.ready = stand_alone;
		o.background = true;
		o.ctx = &ends[1];
		return monitor_run(&o);
	}
	close(ends[1]);
	do {
		n = read(ends[0], &byte, 1);
	} while (n < 0 && errno == EINTR);
	close(ends[0]);
	return n == 1 ? EXITCODE_OK : child_status(pid);
}

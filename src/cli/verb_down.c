/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cli/verb.h"
#include "control/ask.h"
#include "control/control.h"
#include "host/host.h"

enum {
	WAIT_MS = 30000, /* a tunnel waits for its Down hooks, but less long */
	DYING_MS = 300,  /* the worker of a monitor that was killed a moment ago */
	STEP_MS = 50,
};

/* A pidfd of the process that listens there, which can be polled for its exit; -1: none. */
static int process_of(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || cred.pid <= 0)
		return -1;
	return (int)syscall(SYS_pidfd_open, cred.pid, 0);
}

/* Neither device nor socket exists. */
static bool is_gone(const char *name)
{
	int fd;

	if (if_nametoindex(name) != 0)
		return false;
	fd = control_connect(name);
	if (fd < 0)
		return true;
	close(fd);
	return false;
}

static bool has_ended(int process)
{
	struct pollfd p = { .fd = process, .events = POLLIN };

	return process < 0 || poll(&p, 1, 0) == 1;
}

/*
 * Wait until the process has exited, too: its last steps (hooks, DNS) would clash with those
 * of a following `up`.
 */
static bool wait_gone(const char *name, int process, int ms)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	int waited;

	for (waited = 0; waited < ms; waited += STEP_MS) {
		if (has_ended(process) && is_gone(name))
			return true;
		nanosleep(&step, NULL);
	}
	/* Another process made the socket (WG_UAPI_FD) and lives on: that is not our business. */
	return is_gone(name);
}

static int stop(const char *name, int fd)
{
	struct print lines = { 0 };
	int process = process_of(fd), r, status = EXITCODE_FAILED;

	r = ask_over(fd, "stop=1", &lines, 0);
	print_fini(&lines);
	if (r != 0)
		say("%s: %s", name, ask_error(r < 0 ? r : -r));
	else if (!wait_gone(name, process, WAIT_MS))
		say("%s has not stopped after %d seconds; its log may tell why", name,
		    WAIT_MS / 1000);
	else
		status = EXITCODE_OK;
	if (process >= 0)
		close(process);
	return status;
}

static void add_piece(struct print *said, unsigned n, const char *what)
{
	if (n == 0)
		return;
	print_add(said, said->len ? ", " : "");
	if (n > 1)
		print_add(said, "%u ", n);
	print_add(said, "%s%s", what, n > 1 ? "s" : "");
}

/* It is not running. If it was killed, it could not clean up after itself: do it now. */
static int sweep(const char *name, bool quiet)
{
	struct host_swept swept = { 0 };
	struct print said = { 0 };
	struct host *host;
	int r, sock, reopened;

	wait_gone(name, -1, DYING_MS);
	sock = control_sweep(name);
	r = host_open(&host);
	if (r == 0) {
		/* If a device of that name exists, the DNS servers are those of somebody else. */
		host_name(host, name);
		r = host_sweep(host, if_nametoindex(name) ? NULL : name, &swept);
		reopened = host_reopen(host, &swept);
		r = r < 0 ? r : reopened;
		host_close(host);
	}
	add_piece(&said, sock > 0, "its control socket");
	add_piece(&said, swept.rules, "policy rule");
	add_piece(&said, swept.closed, "the route that kept this host closed");
	add_piece(&said, swept.dns, "its DNS servers");
	if (said.len && !quiet)
		say("%s was not running; removed what a killed tunnel left behind: %s", name,
		    said.failed ? "" : said.chars);
	else if (!quiet)
		say("%s is not running", name);
	print_fini(&said);
	r = sock < 0 ? sock : r;
	if (r < 0)
		say("%s: cannot remove what a killed tunnel left behind: %s%s", name, strerror(-r),
		    geteuid() ? " (try sudo)" : "");
	return r < 0 ? EXITCODE_FAILED : EXITCODE_OK;
}

int verb_down(const struct command *c)
{
	char name[CONF_NAME_MAX + 1];
	int fd, status;

	if (!verb_name(c->arg, name))
		return EXITCODE_USAGE;
	fd = control_connect(name);
	if (fd == -ENOENT || fd == -ECONNREFUSED)
		return sweep(name, c->quiet);
	if (fd < 0) {
		say("%s: %s", name, ask_error(fd));
		return EXITCODE_FAILED;
	}
	status = stop(name, fd);
	close(fd);
	return status;
}

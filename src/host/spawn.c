/* SPDX-License-Identifier: ISC */
#include "host/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"

enum {
	INPUT_MAX = 4096,    /* PIPE_BUF: written at once, without anyone reading */
	PATIENCE_MS = 20000, /* for a program, less than a service manager's */
	MERCY_MS = 1000,     /* and until it is killed */
};

/* PATH is not trusted, as this runs with privileges. */
static const char *const dirs[] = { "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/" };

enum { PATH_SIZE = 256 };

/* false: too long.  Async-signal-safe. */
static bool put_path(char path[PATH_SIZE], const char *dir, const char *name)
{
	size_t len = strlen(dir), rest = strlen(name) + 1;

	if (len + rest > PATH_SIZE)
		return false;
	memcpy(path, dir, len);
	memcpy(path + len, name, rest);
	return true;
}

bool spawn_finds(const char *name)
{
	char path[PATH_SIZE];

	for (size_t i = 0; i < LEN(dirs); i++) {
		if (!put_path(path, dirs[i], name))
			return false;
		if (access(path, X_OK) == 0)
			return true;
		if (errno != ENOENT)
			return false;
	}
	return false;
}

/* Returns only on failure. */
static void exec_it(const char *const argv[])
{
	char *const *args = (char *const *)(const void *)argv;
	char path[PATH_SIZE];

	if (argv[0][0] == '/') {
		execv(argv[0], args);
		return;
	}
	for (size_t i = 0; i < LEN(dirs); i++) {
		if (!put_path(path, dirs[i], argv[0])) {
			errno = ENAMETOOLONG;
			return;
		}
		execv(path, args);
		if (errno != ENOENT)
			return;
	}
}

/* Only async-signal-safe calls from here to exec. */
static void become(const char *const argv[], int input, int null, bool quiet, int err)
{
	struct sigaction deflt = { .sa_handler = SIG_DFL };
	sigset_t none;
	int e;

	/* The loop blocks signals (signalfd), and we ignore SIGPIPE: children inherit neither. */
	for (int s = 1; s < NSIG; s++)
		sigaction(s, &deflt, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	if (dup2(input, STDIN_FILENO) < 0)
		goto fail;
	if (quiet && (dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0))
		goto fail;
	exec_it(argv);
fail:
	e = errno;
	if (write(err, &e, sizeof(e)) != sizeof(e))
		_exit(126);
	_exit(127);
}

static int dup_of(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	return copy < 0 ? -errno : copy;
}

static int open_input(const char *input, int null)
{
	size_t len = strlen(input);
	int pipes[2];

	if (len == 0)
		return dup_of(null);
	if (len > INPUT_MAX)
		return -E2BIG;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	if (write(pipes[1], input, len) != (ssize_t)len) {
		close(pipes[0]);
		close(pipes[1]);
		return -EIO;
	}
	close(pipes[1]);
	return pipes[0];
}

/* End of file: exec succeeded; otherwise the child sends its errno. */
static int await_exec(int fd)
{
	ssize_t n;
	int e = 0;

	do {
		n = read(fd, &e, sizeof(e));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(e) ? -e : 0;
}

static sigset_t only_child_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return set;
}

/*
 * Before the fork: afterwards SIGCHLD is pending when a child has ended, this one or the
 * worker, and only then.  Our parent may have left it ignored, and then no child could be
 * waited for.
 */
static void hold_child_signal(void)
{
	const struct sigaction deflt = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };
	const struct timespec now = { 0 };
	sigset_t set = only_child_signal();

	sigaction(SIGCHLD, &deflt, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (sigtimedwait(&set, NULL, &now) > 0)
		;
}

/*
 * Linux before 5.3 has no pidfd_open(2), and some containers refuse unknown system calls.  A
 * signal tells only that some child has ended.
 */
static int watch_end(struct spawn *s)
{
	sigset_t set = only_child_signal();

	s->fd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	s->by_signal = s->fd < 0 && (errno == ENOSYS || errno == EPERM);
	if (s->by_signal)
		s->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->fd < 0 ? -errno : 0;
}

static int fork_it(struct spawn *s, const char *const argv[], int input, int null, bool quiet)
{
	int err[2], r;

	if (pipe2(err, O_CLOEXEC) < 0)
		return -errno;
	hold_child_signal();
	s->pid = fork();
	if (s->pid == 0)
		become(argv, input, null, quiet, err[1]);
	r = s->pid < 0 ? -errno : 0;
	close(err[1]);
	if (r < 0)
		goto out;
	setpgid(s->pid, s->pid);
	r = await_exec(err[0]);
	if (r < 0)
		goto reap;
	r = watch_end(s);
	if (r == 0)
		goto out;
	kill(s->pid, SIGKILL);
reap:
	waitpid(s->pid, NULL, 0);
out:
	close(err[0]);
	return r;
}

int spawn_start(struct spawn *s, const char *const argv[], const char *input, bool quiet)
{
	int null, in, r;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	in = open_input(input ? input : "", null);
	r = in;
	if (in < 0)
		goto out;
	r = fork_it(s, argv, in, null, quiet);
	close(in);
out:
	close(null);
	return r;
}

int spawn_wait(struct spawn *s)
{
	int status = 0;
	pid_t r;

	do {
		r = waitpid(s->pid, &status, 0);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		r = -errno;
	close(s->fd);
	s->fd = -1;
	if (r < 0)
		return (int)r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void spawn_stop(const struct spawn *s, bool force)
{
	/* It has not been waited for yet, so the pid is still its own. */
	kill(-s->pid, force ? SIGKILL : SIGTERM);
}

static bool just_wait(void *ctx, int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	(void)ctx;
	return poll(&p, 1, ms) > 0;
}

static struct {
	spawn_idle_fn *fn;
	void *ctx;
} idle = { .fn = just_wait };

void spawn_set_idle(spawn_idle_fn *fn, void *ctx)
{
	idle.fn = fn ? fn : just_wait;
	idle.ctx = ctx;
}

/* Its status is left for spawn_wait(). */
static bool has_ended(const struct spawn *s)
{
	struct signalfd_siginfo signal;
	siginfo_t state = { 0 };

	/* First the signal: if it ends after that, there is another one. */
	while (s->by_signal && read(s->fd, &signal, sizeof(signal)) > 0)
		;
	return waitid(P_PID, (id_t)s->pid, &state, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       state.si_pid == s->pid;
}

bool spawn_ended(const struct spawn *s, int ms)
{
	uint64_t now = clock_monotonic_us(), until = now + (uint64_t)ms * 1000;

	while (!has_ended(s)) {
		if (now >= until)
			return false;
		idle.fn(idle.ctx, s->fd, (int)((until - now) / 1000) + 1);
		now = clock_monotonic_us();
	}
	return true;
}

int spawn_run(const char *const argv[], const char *input, bool quiet)
{
	mode_t mask = umask(0022);
	struct spawn s;
	int r;

	r = spawn_start(&s, argv, input, quiet);
	umask(mask);
	if (r < 0)
		return r;
	if (spawn_ended(&s, PATIENCE_MS))
		return spawn_wait(&s);
	spawn_stop(&s, false);
	if (!spawn_ended(&s, MERCY_MS))
		spawn_stop(&s, true);
	spawn_wait(&s);
	return -ETIMEDOUT;
}

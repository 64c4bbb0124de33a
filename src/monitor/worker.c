/* SPDX-License-Identifier: ISC */
#include "monitor/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exitcode.h"
#include "daemon/startup.h"
#include "monitor/hostside.h"
#include "monitor/turn.h"

enum {
	PATIENCE_MS = 20000, /* for an answer: less than a service manager's */
	HURRY_MS = 2000,     /* ...when told to stop: one that does not hang answers */
	END_MS = 5000,       /* for the end */
	DYING_MS = 100,      /* for a process whose socket is closed already */
	LAST_TURNS = 64,     /* to read what it has said until then */
	PAUSE_MS = 25,       /* peers take at most one handshake in 20 ms, the rest is dropped */
};

#define MS_NS (SECOND_NS / 1000)

static const uint64_t restart_period = 10 * SECOND_NS;

/* --- in the child --- */

static const char *aead_of(const struct monitor *m)
{
	return m->options.aead ? m->options.aead : m->conf.aead;
}

static int work(struct monitor *m, int sock, int state, int stamps)
{
	uint64_t watchdog = m->notify.watchdog_us;
	struct daemon_start start = {
		.ifindex = m->ifindex,
		.mtu_chosen = m->mtu_chosen,
		.has_file = m->options.path != NULL,
		.background = m->options.background,
		.aead_fixed = m->options.aead != NULL,
		.tune = m->conf.tune,
		.monitor = sock,
		.device = m->device,
		.control = m->control,
		.udp = { m->udp[0], m->udp[1] },
		.state = state,
		.stamps = stamps,
		.port = m->port,
		.mark = m->mark,
		.crossing = hostside_crossing(m, &m->network),
		.up = m->phase == PHASE_UP,
		.jail = m->options.jail,
		.user = m->user,
		.notifies = m->notify.fd >= 0,
		/* It may tell it more often. */
		.watchdog_us = watchdog < UINT32_MAX ? (uint32_t)watchdog : UINT32_MAX,
	};
	int r;

	snprintf(start.name, sizeof(start.name), "%s", m->options.name);
	if (aead_of(m))
		snprintf(start.aead, sizeof(start.aead), "%s", aead_of(m));
	r = startup_exec(&start);
	log_error("cannot start the worker process: %s%s", strerror(-r),
		  r == -ENOENT ? ": is /proc mounted?" : "");
	return EXITCODE_FAILED;
}

/* --- its life --- */

static int fork_it(struct monitor *m, int state, int stamps)
{
	int pair[2], r;
	pid_t pid;

	r = message_pair(pair);
	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0) {
		r = -errno;
		close(pair[0]);
		close(pair[1]);
		return r;
	}
	if (pid == 0) {
		r = work(m, pair[1], state, stamps);
		_exit(r);
	}
	close(pair[1]);
	m->worker = (struct child){
		.pid = pid,
		.sock = pair[0],
		.life = (int)syscall(SYS_pidfd_open, pid, 0),
	};
	return 0;
}

/* With what the last one ran, if there was one, and what it sent. */
static int fork_with_state(struct monitor *m)
{
	int state = keep_blob(&m->state), stamps, r;

	if (state < 0 && state != -ENOENT)
		return state;
	stamps = stampfile_blob(&m->stamps);
	r = fork_it(m, state < 0 ? -1 : state, stamps < 0 ? -1 : stamps);
	common_close(&stamps);
	common_close(&state);
	return r;
}

/* --- waiting for it --- */

static bool has_said(const struct monitor *m, int answer)
{
	return answer == MESSAGE_READY ? m->worker.ready : m->worker.answered == answer;
}

/* The tunnel is to end; or, if hooks ask a worker meanwhile, not to wait for them any more. */
static bool is_told(const struct monitor *m)
{
	return m->going_down ? m->impatient : phase_is_over(m->phase);
}

/* true: it has said that.  Else it is dead. */
static bool await(struct monitor *m, int answer)
{
	uint64_t now = clock_now().mono, until = now;

	/* While it goes down, a worker is there for the hooks only. */
	until += (m->going_down ? END_MS : PATIENCE_MS) * MS_NS;
	while (m->worker.pid && !has_said(m, answer) && now < until) {
		turn(m, -1, (int)((until - now) / MS_NS) + 1);
		now = clock_now().mono;
		if (is_told(m) && until > now + HURRY_MS * MS_NS)
			until = now + HURRY_MS * MS_NS;
	}
	if (m->worker.pid && !has_said(m, answer))
		worker_reap(m, -ETIMEDOUT);
	return m->worker.pid;
}

int worker_start(struct monitor *m)
{
	int r = fork_with_state(m);

	if (r < 0) {
		log_error("cannot start the worker process: %s", strerror(-r));
		return r;
	}
	return await(m, MESSAGE_READY) ? 0 : -EPIPE;
}

static void log_death(const struct monitor *m, int why, int status)
{
	if (why == -EPROTO)
		log_error("the worker process sent what it may not send and was killed; please "
			  "report this");
	else if (why != -EPIPE)
		log_error("the worker process did not answer and was killed");
	else if (WIFSIGNALED(status))
		log_error("the worker process died of signal %d (%s)", WTERMSIG(status),
			  strsignal(WTERMSIG(status)));
	else if (m->phase == PHASE_UP)
		log_error("the worker process has exited");
}

/* The socket of a process that dies is closed a moment before it is dead. */
static bool is_dead(pid_t pid, int *status)
{
	const struct timespec moment = { .tv_nsec = 1000 * 1000 };

	for (int i = 0; i < DYING_MS; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		nanosleep(&moment, NULL);
	}
	return false;
}

void worker_reap(struct monitor *m, int why)
{
	int status = 0;

	if (!m->worker.pid)
		return;
	/* It may have closed its socket and live on. */
	if (why != -EPIPE || !is_dead(m->worker.pid, &status)) {
		kill(m->worker.pid, SIGKILL);
		while (waitpid(m->worker.pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	message_drain(m->worker.sock);
	common_close(&m->worker.sock);
	common_close(&m->worker.life);
	m->worker = CHILD_NONE;
	log_death(m, why, status);
}

/* Its status is left for worker_reap(). */
static bool lives(pid_t pid)
{
	siginfo_t state = { 0 };

	return waitid(P_PID, (id_t)pid, &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       state.si_pid != pid;
}

void worker_look(struct monitor *m)
{
	if (!m->worker.pid || lives(m->worker.pid))
		return;
	common_close(&m->worker.life);
	message_shut(m->worker.sock);
}

void worker_lost(struct monitor *m, int why)
{
	/* What it said before it died counts, and fits into a socket. */
	for (int i = 0; i < LAST_TURNS && why == -EPIPE && m->worker.pid; i++)
		turn(m, -1, 0);
	worker_reap(m, why);
}

/* true: not too often. */
static bool may_restart(struct monitor *m)
{
	uint64_t now = clock_now().mono, first = m->restarted[RESTARTS - 1];

	if (first && now - first < restart_period)
		return false;
	memmove(m->restarted + 1, m->restarted, sizeof(m->restarted) - sizeof(m->restarted[0]));
	m->restarted[0] = now;
	return true;
}

int worker_restart(struct monitor *m)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int r;

	/* Those who asked are gone, but not what they asked for. */
	m->reload_mute |= m->reloads > 0;
	m->reloads = 0;
	if (m->control < 0)
		return -ELOOP;
	if (!may_restart(m)) {
		log_error("the worker process keeps dying; giving up");
		/* Nobody would answer there any more. */
		unixwatch_close(&m->watch);
		common_close(&m->control);
		return -ELOOP;
	}
	/* The last one may have begun one right before it died. */
	nanosleep(&pause, NULL);
	r = worker_start(m);
	if (r == 0)
		log_warn("a new worker process took over the interface; sessions begin anew");
	return r;
}

void worker_end(struct monitor *m)
{
	uint64_t until = clock_now().mono + END_MS * (uint64_t)1000000;

	worker_order(m, MESSAGE_END);
	while (m->worker.pid && clock_now().mono < until)
		turn(m, -1, 1000);
	worker_reap(m, -ETIMEDOUT);
}

/* --- orders --- */

static int order(struct monitor *m, const struct message *o, const int *fd, unsigned n_fd)
{
	int r;

	if (!m->worker.pid)
		return -EPIPE;
	r = message_send(m->worker.sock, o, NULL, 0, fd, n_fd);
	if (r < 0)
		worker_lost(m, r);
	return r < 0 ? -EPIPE : 0;
}

void worker_order(struct monitor *m, enum message_kind kind)
{
	const struct message o = { .kind = (uint8_t)kind };

	order(m, &o, NULL, 0);
}

int worker_ask(struct monitor *m, const struct message *o, const int *fd, unsigned n_fd)
{
	int answer = o->kind == MESSAGE_PLAN ? MESSAGE_PLANNED : MESSAGE_DONE;

	m->worker.answered = 0;
	if (order(m, o, fd, n_fd) < 0 || !await(m, answer))
		return -EPIPE;
	/* -EPIPE has one meaning. */
	return m->worker.result == -EPIPE ? -EIO : m->worker.result;
}

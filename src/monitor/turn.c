/* SPDX-License-Identifier: ISC */
#include "monitor/turn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "monitor/reload.h"
#include "monitor/serve.h"
#include "monitor/upkeep.h"
#include "monitor/worker.h"

enum {
	MESSAGES = 32,  /* of the worker, served in one turn */
	LIFE_MS = 1000, /* between two looks whether it lives, before Linux 5.3 */
};

static const uint64_t redo_pause = SECOND_NS, load_most = SECOND_NS / 10;

void turn_stop(struct monitor *m, int status)
{
	m->impatient = phase_is_over(m->phase);
	if (m->impatient)
		return;
	phase_set(&m->phase, m->phase == PHASE_UP ? PHASE_STOPPING : PHASE_ABORTED);
	m->status = status;
	notify_insist(&m->notify, "STOPPING=1\nSTATUS=stopping");
}

static void take_signal(struct monitor *m, uint32_t number)
{
	switch (number) {
	case SIGTERM:
	case SIGINT:
		log_info("stopping");
		turn_stop(m, 0);
		return;
	case SIGHUP:
		reload_by_signal(m);
		return;
	case SIGUSR1:
		worker_order(m, MESSAGE_DUMP);
		return;
	case SIGUSR2:
		worker_order(m, MESSAGE_KICK);
		return;
	}
}

static void read_signals(struct monitor *m)
{
	struct signalfd_siginfo info;

	while (read(m->signal_fd, &info, sizeof(info)) == sizeof(info))
		take_signal(m, info.ssi_signo);
}

/* A worker that has died cannot be answered, but what else it said before counts. */
static int serve_or_go_on(struct monitor *m, struct message_in *in)
{
	int r = serve(m, in);

	return r == -EPIPE ? 0 : r;
}

/* false: there is none, or it was the last. */
static bool read_message(struct monitor *m)
{
	struct message_in in;
	int r = message_recv(m->worker.sock, &in);

	if (r == 0)
		return false;
	if (r > 0)
		r = serve_or_go_on(m, &in);
	/* Once it is dead, it can do nothing more to what came along. */
	if (r < 0)
		worker_reap(m, r);
	message_close_fds(&in);
	return m->worker.pid;
}

static int sooner(int ms, int other)
{
	return ms < 0 || other < ms ? other : ms;
}

/*
 * Whatever the worker sends, half of a processor is enough for it: what it took beyond that is
 * forgotten by and by, and meanwhile it is not listened to.
 */
static bool listens(struct monitor *m, int *ms)
{
	uint64_t now = clock_now().mono, forgotten = (now - m->load.at) / 2;

	m->load.spent -= forgotten < m->load.spent ? forgotten : m->load.spent;
	m->load.at = now;
	if (m->load.spent < load_most)
		return true;
	*ms = sooner(*ms, (int)((m->load.spent - load_most) * 2 / 1000000) + 1);
	return false;
}

/* Few of them may take long: signals do not wait. */
static void read_worker(struct monitor *m)
{
	const uint64_t until = clock_now().mono + SECOND_NS / 20;

	for (int i = 0; i < MESSAGES && read_message(m) && clock_now().mono < until; i++)
		;
}

static void look_at_control(struct monitor *m)
{
	if (!*m->watch.path || m->control_gone || unixwatch_look(&m->watch))
		return;
	m->control_gone = true;
	log_info("control socket %s was removed: stopping", m->watch.path);
	turn_stop(m, 0);
}

/* What the kernel has removed from a link that flapped; often in vain, so not at once. */
static int redo(struct monitor *m, int ms)
{
	uint64_t now = clock_now().mono;

	if (!m->redo)
		return ms;
	if (now - m->redo_at < redo_pause)
		return sooner(ms, (int)((redo_pause - (now - m->redo_at)) / 1000000) + 1);
	m->redo = false;
	m->redo_at = now;
	host_redo(m->host, m->ifindex);
	return ms;
}

bool turn(struct monitor *m, int fd, int ms)
{
	struct pollfd p[] = {
		{ .fd = m->signal_fd, .events = POLLIN },
		{ .fd = listens(m, &ms) ? m->worker.sock : -1, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
		{ .fd = m->watch.fd, .events = POLLIN },
		{ .fd = m->worker.life, .events = POLLIN },
		{ .fd = upkeep_fd(m), .events = POLLIN },
	};
	bool looks = *m->watch.path && m->watch.fd < 0;
	uint64_t before = clock_spent();
	int n;

	ms = redo(m, looks ? sooner(ms, UNIXWATCH_LOOK_MS) : ms);
	ms = upkeep_work(m, ms);
	ms = stampfile_work(&m->stamps, ms);
	if (m->worker.pid && m->worker.life < 0)
		ms = sooner(ms, LIFE_MS);
	n = poll(p, LEN(p), ms);
	if (looks || (n > 0 && p[3].revents))
		look_at_control(m);
	if (m->worker.life < 0 || (n > 0 && p[4].revents))
		worker_look(m);
	if (n <= 0)
		return false;
	if (p[0].revents)
		read_signals(m);
	if (p[5].revents)
		upkeep_read(m);
	if (p[1].revents) {
		read_worker(m);
		m->load.spent += clock_spent() - before;
	}
	return p[2].revents != 0;
}

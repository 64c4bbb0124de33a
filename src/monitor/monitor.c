/* SPDX-License-Identifier: ISC */
#include "monitor/monitor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/exitcode.h"
#include "base/mem.h"
#include "base/pages.h"
#include "daemon/aeadsel.h"
#include "host/spawn.h"
#include "monitor/bringup.h"
#include "monitor/config.h"
#include "monitor/reload.h"
#include "monitor/sockets.h"
#include "monitor/turn.h"
#include "monitor/upkeep.h"
#include "monitor/worker.h"

#define WORKER_USER "taut"

/* Keys must not end up in a core file. */
static void keep_secrets(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void log_diag(void *ctx, enum conf_severity severity, const char *line)
{
	(void)ctx;
	if (severity == CONF_ERROR)
		log_error("%s", line);
	else
		log_warn("%s", line);
}

/* They stay blocked in the worker: what becomes of a tunnel is decided here. */
static int open_signals(struct monitor *m)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	m->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return m->signal_fd < 0 ? -errno : 0;
}

/* --- the life of a tunnel --- */

/* A reload that was asked for while hooks ran counts now. */
static void be_ready(struct monitor *m)
{
	char line[sizeof("READY=1\n") + sizeof(m->note)];
	int r;

	phase_set(&m->phase, phase_is_over(m->phase) ? PHASE_STOPPING : PHASE_UP);
	log_info("ready");
	snprintf(line, sizeof(line), "READY=1\n%s", m->note);
	r = phase_is_over(m->phase) ? 0 : notify_insist(&m->notify, line);
	if (r < 0)
		log_warn("cannot tell the service manager that the tunnel is up: %s", strerror(-r));
	if (m->options.ready)
		m->options.ready(m->options.ctx);
	worker_order(m, MESSAGE_UP);
}

static void live(struct monitor *m)
{
	while (!phase_is_over(m->phase)) {
		/* One that does not come up is one more that has died. */
		if (!m->worker.pid && worker_restart(m) == -ELOOP) {
			turn_stop(m, EXITCODE_FAILED);
			return;
		}
		if (m->worker.pid)
			reload_next(m);
		if (m->worker.pid && !phase_is_over(m->phase))
			turn(m, -1, m->reloads || m->reload_mute ? 0 : TURN_FOREVER);
	}
}

static int run(struct monitor *m)
{
	bool was_up;
	int r;

	r = bringup(m);
	/* What reading the file took is done with. */
	pages_drop();
	if (r == 0) {
		upkeep_open(m);
		be_ready(m);
		live(m);
	} else if (!phase_is_over(m->phase)) {
		m->status = EXITCODE_FAILED;
	}
	was_up = phase_was_up(m->phase);
	upkeep_close(m);
	bringup_undo(m);
	if (was_up)
		log_info("stopped");
	return m->status;
}

/* A DNS helper may hang: the worker is served meanwhile. */
static bool idle(void *ctx, int fd, int ms)
{
	return turn(ctx, fd, ms);
}

static int run_checked(struct monitor *m)
{
	int r, status;

	if (m->options.path && config_read(&m->conf, m->options.path, log_diag, NULL) < 0)
		return EXITCODE_CONFIG;
	tune_override(&m->conf.tune, &m->options.tune);
	status = aeadsel_try(m->options.aead, &m->conf);
	if (status != EXITCODE_OK)
		return status;
	r = open_signals(m);
	if (r == 0)
		r = host_open(&m->host);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return EXITCODE_FAILED;
	}
	if (!user_find(&m->user, WORKER_USER) && m->options.jail != JAIL_OFF && geteuid() == 0)
		log_warn("there is no user " WORKER_USER ": the worker process runs as %s",
			 m->user.name);
	spawn_set_idle(idle, m);
	status = run(m);
	spawn_set_idle(NULL, NULL);
	host_close(m->host);
	common_close(&m->signal_fd);
	common_close(&m->device);
	common_close(&m->control);
	sockets_close(m->udp);
	keep_drop(&m->state);
	keep_drop(&m->state_next);
	return status;
}

int monitor_run(const struct monitor_options *options)
{
	struct monitor *m;
	int status;

	keep_secrets();
	mem_steady();
	/* As under wg-quick, what hooks and helpers print is read by other programs. */
	setenv("LC_ALL", "C", 1);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* whatever our parent did */
	log_set_name(*options->name ? options->name : NULL);
	m = mem_new(sizeof(*m));
	if (!m) {
		log_error("out of memory");
		return EXITCODE_FAILED;
	}
	*m = (struct monitor){
		.options = *options,
		.signal_fd = -1,
		.device = -1,
		.control = -1,
		.watch = { .fd = -1 },
		.upstream = { .root = "" },
		.worker = CHILD_NONE,
	};
	sockets_none(m->udp);
	conf_init(&m->conf);
	notify_open(&m->notify);
	status = run_checked(m);
	notify_close(&m->notify);
	network_fini(&m->network);
	conf_fini(&m->conf);
	mem_free(m);
	return status;
}

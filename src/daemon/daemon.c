/* SPDX-License-Identifier: ISC */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/pages.h"
#include "crypto/aead.h"
#include "daemon/aeadsel.h"
#include "daemon/bringup.h"
#include "daemon/config.h"
#include "daemon/events.h"
#include "daemon/linkwatch.h"
#include "daemon/reload.h"
#include "daemon/requests.h"
#include "proto/admin.h"

void daemon_peer_context(const struct daemon *d, const struct peer *p, struct state_context *around)
{
	const struct name *name = NULL;

	/* Once it has an address its name no longer matters, and searching many names is slow. */
	if (!endpoint_known(&p->endpoint))
		name = names_of(&d->names, &p->public_key);
	*around = (struct state_context){
		.link_up = d->datapath.tunnel.up,
		.have_key = !key_is_zero(admin_public_key(&d->datapath.tunnel)),
		.host = name ? name->host : NULL,
		.why = name && *name->why ? name->why : NULL,
		.retry_seconds = name ? name->retry_seconds : 0,
		.asked_at = name ? name->asked_at : 0,
	};
}

void daemon_peer_state(const struct daemon *d, const struct peer *p, uint64_t mono,
		       struct state *state)
{
	struct state_context around;

	daemon_peer_context(d, p, &around);
	state_of(state, p, &around, mono);
}

enum state_word daemon_peer_word(const struct daemon *d, const struct peer *p, uint64_t mono)
{
	struct state_context around;

	daemon_peer_context(d, p, &around);
	return state_glance(p, &around, mono);
}

void daemon_stop(struct daemon *d, int status)
{
	if (!phase_is_over(d->phase)) {
		phase_set(&d->phase, d->phase == PHASE_UP ? PHASE_STOPPING : PHASE_ABORTED);
		d->status = status;
		service_stopping(d);
	}
	loop_break(&d->loop);
}

/* --- called by the loop --- */

/* The dump was requested, so it is logged at any log level. */
static void dump_status(struct daemon *d)
{
	enum log_level level = log_level();
	struct print text = { 0 };
	struct text rest, line;

	requests_status(d, &text);
	if (text.failed) {
		log_error("not enough memory for the status");
		goto out;
	}
	if (level < LOG_LEVEL_INFO)
		log_set_level(LOG_LEVEL_INFO);
	rest = text_from(text.chars, text.len);
	while (text_split(&rest, '\n', &line)) {
		if (text_len(line))
			log_info("%.*s", (int)text_len(line), line.at);
	}
	log_set_level(level);
out:
	print_fini(&text);
}

static void on_signal(void *ctx, int number)
{
	struct print report = { 0 };
	struct daemon *d = ctx;

	switch (number) {
	case SIGTERM:
	case SIGINT:
		log_info("stopping");
		daemon_stop(d, 0);
		return;
	case SIGHUP:
		if (d->phase == PHASE_STARTING)
			phase_set(&d->phase, PHASE_STALE);
		else if (d->phase != PHASE_STALE)
			reload(d, &report);
		print_fini(&report);
		return;
	case SIGUSR1:
		dump_status(d);
		return;
	case SIGUSR2:
		linkwatch_kick(d);
		return;
	}
}

static void on_netlink(void *ctx)
{
	struct daemon *d = ctx;

	linkwatch_read(d);
	service_look(d);
	peerwatch_soon(d);
}

static void on_event(void *ctx, const struct event *e, struct instant now)
{
	struct daemon *d = ctx;

	events_handle(d, e, now);
	service_look(d);
	peerwatch_soon(d);
}

static void on_device_gone(void *ctx)
{
	log_info("the interface was deleted: stopping");
	daemon_stop(ctx, 0);
}

static const struct loop_calls calls = {
	.signal = on_signal,
	.netlink = on_netlink,
	.event = on_event,
	.device_gone = on_device_gone,
};

static bool is_reachable(void *ctx, const struct endpoint *end)
{
	const struct daemon *d = ctx;

	return d->datapath.udp.fd[end->remote.sa.sa_family == AF_INET6 ? UDP_V6 : UDP_V4] >= 0;
}

/* --- start and stop --- */

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

static int open_parts(struct daemon *d)
{
	int r;

	r = datapath_init(&d->datapath, &rng_system);
	if (r < 0)
		goto no_path;
	r = host_open(&d->host);
	if (r < 0)
		goto no_host;
	r = loop_open(&d->loop, &d->datapath, &calls, d);
	if (r < 0)
		goto no_loop;
	r = resolver_open(&d->resolver, d->loop.ev);
	if (r < 0)
		goto no_resolver;
	r = watch_open(&d->watch);
	if (r < 0)
		goto no_watch;
	d->names = (struct names){
		.resolver = d->resolver,
		.tunnel = &d->datapath.tunnel,
		.reachable = is_reachable,
		.ctx = d,
	};
	return 0;

no_watch:
	resolver_close(d->resolver);
no_resolver:
	loop_close(&d->loop);
no_loop:
	host_close(d->host);
no_host:
	datapath_fini(&d->datapath);
no_path:
	log_error("cannot start: %s", strerror(-r));
	return r;
}

static void close_parts(struct daemon *d)
{
	service_close(&d->service);
	watch_close(&d->watch);
	resolver_close(d->resolver);
	loop_close(&d->loop);
	host_close(d->host);
	datapath_fini(&d->datapath);
}

static int run_parts(struct daemon *d)
{
	bool was_up;
	int status;

	if (open_parts(d) < 0)
		return 1;
	status = bringup(d);
	/* Self-tests, benchmarks and file reading are done. */
	pages_drop();
	if (d->phase == PHASE_UP)
		loop_run(&d->loop);
	if (status == 0)
		status = d->status;
	was_up = phase_was_up(d->phase);
	bringup_undo(d);
	close_parts(d);
	if (was_up)
		log_info("stopped");
	return status;
}

/* Read the file, choose the AEAD that it or the caller wants, then run the tunnel. */
static int run_checked(struct daemon *d)
{
	struct conf_report report = { .say = log_diag };
	const char *aead = d->options.aead;

	if (d->options.path && config_read(&d->conf, d->options.path, log_diag, NULL) < 0)
		return EXITCODE_CONFIG;
	tune_override(&d->conf.tune, &d->options.tune);
	if (!aead && aeadsel_accept(&d->conf, &report) < 0)
		return EXITCODE_CONFIG;
	if (aeadsel_choose(aead ? aead : d->conf.aead) < 0)
		return 1;
	return run_parts(d);
}

int daemon_run(const struct daemon_options *options)
{
	char why[AEADSEL_WHY];
	struct daemon *d;
	int status;

	keep_secrets();
	mem_steady();
	signal(SIGPIPE, SIG_IGN);
	log_set_name(*options->name ? options->name : NULL);
	if (aeadsel_check() < 0)
		return 1;
	if (options->aead && aeadsel_refused(options->aead, why)) {
		log_error("--aead: %s", why);
		return EXITCODE_USAGE;
	}
	d = mem_new(sizeof(*d));
	if (!d) {
		log_error("out of memory");
		return 1;
	}
	d->options = *options;
	conf_init(&d->conf);
	service_open(&d->service);
	status = run_checked(d);
	aead_thread_end();
	service_close(&d->service);
	conf_fini(&d->conf);
	mem_free(d);
	return status;
}

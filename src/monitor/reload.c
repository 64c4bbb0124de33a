/* SPDX-License-Identifier: ISC */
#include "monitor/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "monitor/config.h"
#include "monitor/serve.h"
#include "monitor/upkeep.h"
#include "monitor/walk.h"
#include "monitor/worker.h"
#include "privsep/blob.h"

/* To the report, and to the log. */
static void report_diag(void *ctx, enum conf_severity severity, const char *line)
{
	struct print *report = ctx;

	print_add(report, "%s\n", line);
	if (severity == CONF_ERROR)
		log_error("%s", line);
	else
		log_warn("%s", line);
}

static int fail(struct print *report, const char *why, int error)
{
	print_add(report, "%s\n", why);
	log_warn("reload: %s", why);
	return error;
}

/* What could be done is done. */
static int fail_halfway(struct print *report, int error)
{
	char why[128];

	snprintf(why, sizeof(why), "the new file is in force, but not all of it: %s",
		 strerror(-error));
	print_add(report, "%s\n", why);
	log_error("reload: %s; restart the tunnel", why);
	return -ENOTRECOVERABLE;
}

static int change_all(struct monitor *m, struct conf *next, struct print *report)
{
	struct change change = {
		.walk = WALK_RELOAD,
		.from = &m->conf,
		.to = next,
		.report = report,
	};
	size_t from = report->len;
	int r;

	r = walk(m, &change);
	if (r < 0)
		return r;
	conf_fini(&m->conf);
	m->conf = *next;
	conf_init(next);
	conf_forget_secrets(&m->conf);
	upkeep_reload(m, report);
	if (!report->failed && report->len > from)
		log_lines("reload: ", text_from(report->chars + from, report->len - from));
	return change.error < 0 ? fail_halfway(report, change.error) : 0;
}

/* 0: it may begin, if not now. */
static int may_reload(const struct monitor *m, struct print *report)
{
	if (!m->options.path)
		return fail(report, "no file to reload: configured over the control socket",
			    -ENOENT);
	if (phase_is_over(m->phase))
		return fail(report, "the tunnel is stopping", -ESHUTDOWN);
	if (m->phase != PHASE_UP)
		return fail(report, "the tunnel is still coming up; try again when it is up",
			    -EBUSY);
	if (m->reloads == LEN(m->reload_seq))
		return fail(report, "too many reloads at once", -EBUSY);
	return 0;
}

/* The service manager reads it only once. */
static int refuse_copy(const struct conf *next, const char *path, struct print *report)
{
	char why[3 * PATH_MAX + 256];
	int len;

	len = snprintf(why, sizeof(why),
		       "%s is for root only, so the service has it as it was at the start; restart "
		       "the service",
		       path);
	if (!next->holds_keys)
		snprintf(why + len, sizeof(why) - (size_t)len,
			 ", or, as there are no keys in it, let it read the file: "
			 "chown root:taut %s; chmod 640 %s",
			 path, path);
	return fail(report, why, -EOPNOTSUPP);
}

static void tell_reloading(const struct monitor *m)
{
	char line[64];

	snprintf(line, sizeof(line), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_monotonic_us());
	notify_insist(&m->notify, line);
}

/* The worker died meanwhile.  The next one gets it, but only that: it may have died of it. */
static bool try_again(struct monitor *m, int r)
{
	bool again = r == -EPIPE && !m->reload_last && !phase_is_over(m->phase);

	m->reload_last = again;
	m->reload_mute |= again;
	return again;
}

static int reload(struct monitor *m, struct print *report)
{
	struct conf next;
	int r;

	tell_reloading(m);
	conf_init(&next);
	r = config_read(&next, m->options.path, report_diag, report);
	tune_override(&next.tune, &m->options.tune);
	if (next.copied)
		r = refuse_copy(&next, m->options.path, report);
	if (r == 0)
		r = change_all(m, &next, report);
	conf_fini(&next);
	if (try_again(m, r)) {
		log_warn("the worker process died during the reload: the next one repeats it");
		return r;
	}
	if (r < 0 && r != -ENOTRECOVERABLE)
		log_error("reload failed (%s): the tunnel %s",
			  r == -EPIPE ? "the worker process died" : strerror(-r),
			  phase_is_over(m->phase) ? "is stopping" : "keeps running as before");
	notify_insist(&m->notify, "READY=1");
	return r;
}

static int tell(struct monitor *m, uint32_t seq, int r, const struct print *report)
{
	struct message reply = { .kind = MESSAGE_RELOADED, .seq = seq, .result = r };
	int fd = -1;

	if (!m->worker.pid)
		return 0;
	if (report->len && !report->failed)
		fd = blob_make(report->chars, report->len);
	r = message_send(m->worker.sock, &reply, NULL, 0, &fd, fd >= 0);
	if (fd >= 0)
		close(fd);
	return r;
}

int reload_asked(struct monitor *m, uint32_t seq)
{
	struct print report = { 0 };
	int r = serve_may_log(m) ? may_reload(m, &report) : -EBUSY;

	/* Refusals are logged; they may be many. */
	if (r < 0)
		r = tell(m, seq, r, &report);
	else
		m->reload_seq[m->reloads++] = seq;
	print_fini(&report);
	return r;
}

static void reload_once(struct monitor *m, uint32_t seq)
{
	struct print report = { 0 };
	int r = reload(m, &report);

	r = tell(m, seq, r, &report);
	if (r < 0)
		worker_lost(m, r);
	print_fini(&report);
}

void reload_by_signal(struct monitor *m)
{
	struct print report = { 0 };

	if ((m->phase == PHASE_STARTING && m->options.path) || may_reload(m, &report) == 0)
		m->reload_mute = true;
	print_fini(&report);
}

void reload_next(struct monitor *m)
{
	if (m->reload_mute && !phase_is_over(m->phase)) {
		m->reload_mute = false;
		reload_once(m, 0);
	}
	if (m->reloads && m->worker.pid && !phase_is_over(m->phase)) {
		uint32_t seq = m->reload_seq[0];

		memmove(m->reload_seq, m->reload_seq + 1, --m->reloads * sizeof(m->reload_seq[0]));
		reload_once(m, seq);
	}
}

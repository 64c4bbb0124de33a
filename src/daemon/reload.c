/* SPDX-License-Identifier: ISC */
#include "daemon/reload.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/config.h"
#include "daemon/publish.h"
#include "daemon/reconcile.h"

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

static void log_lines(const struct print *report, size_t from)
{
	struct text rest, line;

	if (report->failed || report->len <= from)
		return;
	rest = text_from(report->chars + from, report->len - from);
	while (text_split(&rest, '\n', &line)) {
		if (text_len(line))
			log_info("reload: %.*s", (int)text_len(line), line.at);
	}
}

static int change_all(struct daemon *d, struct conf *next, struct print *report)
{
	struct change change = {
		.walk = WALK_RELOAD,
		.from = &d->conf,
		.to = next,
		.report = report,
		.now = clock_now(),
	};
	size_t from = report->len;
	int r;

	r = reconcile(d, &change);
	if (r < 0)
		return r;
	conf_fini(&d->conf);
	d->conf = *next;
	conf_init(next);
	config_forget_secrets(&d->conf);
	if (report->len == from)
		print_add(report, "nothing to change\n");
	log_lines(report, from);
	return change.error;
}

/* Hooks of the running configuration may be running then, and the loop with them. */
static int refuse(struct print *report, const char *why, int error)
{
	print_add(report, "%s\n", why);
	log_warn("reload: %s", why);
	return error;
}

int reload(struct daemon *d, struct print *report)
{
	size_t from = report->len;
	struct conf next;
	int r;

	if (!d->options.path)
		return refuse(report, "no file to reload: configured over the control socket",
			      -ENOENT);
	if (phase_is_over(d->phase))
		return refuse(report, "the tunnel is stopping", -ESHUTDOWN);
	if (d->phase != PHASE_UP)
		return refuse(report, "the tunnel is still coming up; try again when it is up",
			      -EBUSY);
	service_reloading(d);
	conf_init(&next);
	r = config_read(&next, d->options.path, report_diag, report);
	tune_override(&next.tune, &d->options.tune);
	if (r == 0)
		r = change_all(d, &next, report);
	if (r < 0)
		log_error("reload failed (%s): the tunnel keeps running as before", strerror(-r));
	publish_reload(d, r, report, from);
	conf_fini(&next);
	service_ready(d);
	return r;
}

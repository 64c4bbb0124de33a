/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/absent.h"
#include "cli/statusopts.h"
#include "cli/trouble.h"
#include "cli/verb.h"
#include "view/dump.h"
#include "view/gather.h"
#include "view/live.h"
#include "view/show.h"
#include "view/status_json.h"
#include "view/status_metrics.h"
#include "view/textfile.h"

static const char status_usage[] =
	"Usage: taut status [OPTION]... [NAME]\n\n"
	"Show one tunnel, or all running tunnels.\n\n"
	"      --json           as JSON; see docs/STATUS.md\n"
	"      --prometheus     as metrics for Prometheus\n"
	"      --textfile PATH  write these metrics to a file, for node_exporter\n"
	"      --watch          refresh every second, with rates; q quits\n"
	"  -q, --quiet          print errors only\n"
	"  -h, --help           print this\n\n"
	"Exit status of status NAME: 0 up, 3 not up, 4 no such tunnel.\n";

static const char show_usage[] =
	"Usage: taut show [NAME|all] [dump]\n\n"
	"Show what taut status shows; with dump, print the lines of `wg show NAME dump`,\n"
	"including all keys.\n\n"
	"  -q, --quiet          print errors only\n"
	"  -h, --help           print this\n";

/* How to show it. */
struct form {
	unsigned given;
	const char *textfile;
	bool dump, dump_named;
};

static bool wants_colour(void)
{
	const char *mode = getenv("WG_COLOR_MODE"), *never = getenv("NO_COLOR");

	if (mode && strcmp(mode, "always") == 0)
		return true;
	if (mode && strcmp(mode, "never") == 0)
		return false;
	return !(never && *never) && isatty(STDOUT_FILENO);
}

static struct show_style wanted_style(void)
{
	const char *hide = getenv("WG_HIDE_KEYS");
	time_t now = time(NULL);

	return (struct show_style){
		.colour = wants_colour(),
		.keys = hide && strcmp(hide, "never") == 0,
		.now = now > 0 ? (uint64_t)now : 0,
	};
}

static void show_all(struct print *out, const struct gather *g)
{
	const struct show_style style = wanted_style();
	size_t i;

	for (i = 0; i < g->n; i++) {
		if (i)
			print_add(out, "\n");
		show_report(out, &g->report[i], &style);
	}
}

static bool as_metrics(const struct form *f)
{
	return f->given & (STATUSOPT_PROMETHEUS | STATUSOPT_TEXTFILE);
}

/* The formats that can also show a tunnel that is not running. */
static bool says_absent(const struct form *f)
{
	return f->given & STATUSOPT_JSON || as_metrics(f);
}

/* absent: NULL, or a tunnel that is not running. EXITCODE_OK or EXITCODE_FAILED. */
static int render(const struct gather *g, const struct form *f, const char *absent)
{
	struct print out = { 0 };
	int r = EXITCODE_OK, err;
	size_t i;

	if (f->given & STATUSOPT_JSON)
		status_json(&out, g->report, g->n, clock_now().wall);
	else if (as_metrics(f))
		status_metrics(&out, g->report, g->n, absent);
	else if (f->dump)
		for (i = 0; i < g->n; i++)
			dump_report(&out, &g->report[i], f->dump_named);
	else
		show_all(&out, g);
	if (out.failed) {
		say("no memory");
		r = EXITCODE_FAILED;
	} else if (f->textfile) {
		err = textfile_write(f->textfile, out.chars ? out.chars : "", out.len);
		if (err < 0) {
			say("%s: %s", f->textfile, strerror(-err));
			r = EXITCODE_FAILED;
		}
	} else if (out.len) {
		fwrite(out.chars, 1, out.len, stdout);
	}
	print_fini(&out);
	return r;
}

static int status_of(const char *arg, const struct form *f)
{
	char name[CONF_NAME_MAX + 1];
	struct gather g;
	int r, status;

	if (!verb_name(arg, name))
		return EXITCODE_USAGE;
	r = gather(&g, name);
	if (r == -ENOENT || r == -ECONNREFUSED) {
		status = absent(arg, name);
		if (says_absent(f) &&
		    render(&g, f, status == EXITCODE_DOWN ? name : NULL) != EXITCODE_OK)
			status = EXITCODE_FAILED;
	} else if (r < 0) {
		trouble("status", name, r);
		status = EXITCODE_FAILED;
	} else if (f->given & STATUSOPT_WATCH) {
		status = live_view(name, wanted_style());
	} else {
		status = render(&g, f, NULL);
		if (status == EXITCODE_OK && !tunnelview_is_up(&g.report[0]))
			status = EXITCODE_DOWN;
	}
	gather_free(&g);
	return status;
}

static int status_of_all(const struct form *f)
{
	struct gather g;
	int status;

	if (f->given & STATUSOPT_WATCH)
		return live_view(NULL, wanted_style());
	status = gather(&g, NULL) < 0 ? EXITCODE_FAILED : render(&g, f, NULL);
	if (g.failed && !g.n)
		status = EXITCODE_FAILED;
	gather_free(&g);
	return status;
}

static bool is_one_form(unsigned given)
{
	if (given & STATUSOPT_TEXTFILE)
		given &= ~(unsigned)STATUSOPT_PROMETHEUS;
	return (given & (given - 1)) == 0;
}

int verb_status(const struct command *c)
{
	struct statusopts o;
	struct form f;
	int status;

	if (!statusopts_read(&o, c, status_usage,
			     STATUSOPT_JSON | STATUSOPT_PROMETHEUS | STATUSOPT_TEXTFILE |
				     STATUSOPT_WATCH,
			     1, &status))
		return status;
	if (!is_one_form(o.given))
		return say_usage("status: give only one of --json, --prometheus and --watch");
	f = (struct form){ .given = o.given, .textfile = o.textfile };
	return o.arg ? status_of(o.arg, &f) : status_of_all(&f);
}

int verb_show(const struct command *c)
{
	struct form f = { 0 };
	struct statusopts o;
	int status;

	if (!statusopts_read(&o, c, show_usage, 0, 2, &status))
		return status;
	if (o.more && strcmp(o.more, "dump") != 0)
		return say_usage("show: unknown word '%s'; only dump is known here, for the rest "
				 "use wg(8)",
				 o.more);
	f.dump = o.more;
	f.dump_named = !o.arg || strcmp(o.arg, "all") == 0;
	return f.dump_named ? status_of_all(&f) : status_of(o.arg, &f);
}

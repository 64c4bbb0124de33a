/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/statusopts.h"
#include "cli/trouble.h"
#include "cli/verb.h"
#include "control/ask.h"
#include "view/verdict.h"

static const char usage[] =
	"Usage: taut why [--json] NAME\n\n"
	"Explain why a tunnel does not work: what happened, the evidence, and what to\n"
	"type here and on the other host. Nothing is sent to find out.\n\n"
	"      --json           as JSON\n"
	"  -q, --quiet          print errors only\n"
	"  -h, --help           print this\n\n"
	"Exit status: 0 no known problem, 1 a problem, 4 no such tunnel, 5 too\n"
	"early: asked a moment ago, and not answered yet.\n";

static int print_list(const struct verdict_list *l, bool json)
{
	struct print out = { 0 };
	bool failed;

	if (json)
		verdict_json(&out, l);
	else
		verdict_show(&out, l);
	failed = out.failed;
	if (failed)
		say("no memory");
	else
		fwrite(out.chars, 1, out.len, stdout);
	print_fini(&out);
	if (failed || l->problems)
		return EXITCODE_FAILED;
	return l->early ? EXITCODE_EARLY : EXITCODE_OK;
}

/* The first error in the file. */
struct complaint {
	char line[VERDICT_TEXT];
	unsigned errors;
};

static void hear(void *ctx, enum conf_severity severity, const char *line)
{
	struct complaint *c = ctx;

	if (severity != CONF_ERROR)
		return;
	if (c->errors++ == 0)
		snprintf(c->line, sizeof(c->line), "%s", line);
}

static void add_step(struct verdict_item *v, const char *verb, const char *arg)
{
	struct verdict_step *s = &v->step[v->n_steps++];

	snprintf(s->text, sizeof(s->text), "taut %s %.500s", verb, arg);
}

/* It has a file but is not running. */
static int not_running(const char *arg, const char *path, const char *name, bool json)
{
	struct complaint wrong = { .errors = 0 };
	struct conf_report report = { .say = hear, .ctx = &wrong };
	struct verdict_list l = { .problems = 1 };
	struct verdict_item *v = verdict_add(&l);
	int status;

	if (!v || !verb_crypto()) {
		verdict_free(&l);
		return EXITCODE_FAILED;
	}
	snprintf(l.name, sizeof(l.name), "%s", name);
	verb_check_conf(path, &report);
	v->problem = true;
	snprintf(v->certainty, sizeof(v->certainty), "sure");
	snprintf(v->code, sizeof(v->code), "%s", wrong.errors ? "E-CONFIG" : "E-NOT-RUNNING");
	snprintf(v->what, sizeof(v->what), "the tunnel is not running%s",
		 wrong.errors ? ", and its file has errors" : "");
	if (wrong.errors)
		snprintf(v->because, sizeof(v->because), "%.600s%s", wrong.line,
			 wrong.errors > 1 ? " (and more)" : "");
	else
		snprintf(v->because, sizeof(v->because),
			 "Nothing answers on its control socket. Its file, %.500s, is valid.",
			 path);
	add_step(v, wrong.errors ? "check" : "up", arg);
	status = print_list(&l, json);
	verdict_free(&l);
	return status;
}

static int absent_tunnel(const char *arg, const char *name, bool json)
{
	char path[PATH_MAX], found[CONF_NAME_MAX + 1];
	int r = conf_find(arg, path, sizeof(path), found);

	if (r == 0)
		return not_running(arg, path, name, json);
	if (r == -EACCES) {
		say("%s: only root can check whether this file exists (try sudo)", path);
		return EXITCODE_FAILED;
	}
	say("%s is not running and has no file", name);
	return EXITCODE_NONE;
}

static int judge(const char *name, struct text lines, bool json)
{
	struct verdict_list l = { .n = 0 };
	int r = verdict_read(&l, lines), status = EXITCODE_FAILED;

	if (r < 0)
		trouble("why", name, r);
	else
		status = print_list(&l, json);
	verdict_free(&l);
	return status;
}

int verb_why(const struct command *c)
{
	struct print lines = { 0 };
	char name[CONF_NAME_MAX + 1];
	struct statusopts o;
	bool json;
	int r, status;

	if (!statusopts_read(&o, c, usage, STATUSOPT_JSON, 1, &status))
		return status;
	if (!o.arg)
		return say_usage("why needs %s", c->verb->args);
	if (!verb_name(o.arg, name))
		return EXITCODE_USAGE;
	json = o.given & STATUSOPT_JSON;
	r = ask(name, "why=1", &lines);
	if (r == 0) {
		status = judge(name, text_from(lines.chars, lines.len), json);
	} else if (r == -ENOENT || r == -ECONNREFUSED) {
		status = absent_tunnel(o.arg, name, json);
	} else {
		trouble("why", name, r < 0 ? r : -r);
		status = EXITCODE_FAILED;
	}
	print_fini(&lines);
	return status;
}

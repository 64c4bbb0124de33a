/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/absent.h"
#include "cli/statusopts.h"
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

static struct verdict_item *add_problem(struct verdict_list *l, const char *code)
{
	struct verdict_item *v = verdict_add(l);

	if (!v)
		return NULL;
	l->problems++;
	v->problem = true;
	snprintf(v->certainty, sizeof(v->certainty), "sure");
	snprintf(v->code, sizeof(v->code), "%s", code);
	return v;
}

/* The file is good, or what is wrong with it.  false: no memory, or no cryptography. */
static bool add_not_running(struct verdict_list *l, const char *arg, const char *path)
{
	struct complaint wrong = { .errors = 0 };
	struct conf_report report = { .say = hear, .ctx = &wrong };
	struct verdict_item *v;

	if (!verb_crypto())
		return false;
	verb_check_conf(path, &report);
	v = add_problem(l, wrong.errors ? "E-CONFIG" : "E-NOT-RUNNING");
	if (!v)
		return false;
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
	return true;
}

static bool add_closed(struct verdict_list *l, const char *arg)
{
	struct verdict_item *v = add_problem(l, "E-CLOSED");

	if (!v)
		return false;
	snprintf(v->what, sizeof(v->what),
		 "the tunnel was killed, or has failed, and keeps this host closed");
	snprintf(v->because, sizeof(v->because),
		 "It held the default route. So that nothing leaves in clear, only networks with "
		 "routes of their own can be reached until it is up again.");
	/* "down" opens the host. */
	add_step(v, "up", arg);
	add_step(v, "down", arg);
	return true;
}

/* It is not running.  path: its file; NULL: it has none. */
static int not_running(const char *arg, const char *path, const char *name, bool json, bool closed)
{
	struct verdict_list l = { .n = 0 };
	int status = EXITCODE_FAILED;

	snprintf(l.name, sizeof(l.name), "%s", name);
	if ((!path || add_not_running(&l, arg, path)) && (!closed || add_closed(&l, arg)))
		status = print_list(&l, json);
	verdict_free(&l);
	return status;
}

static int absent_tunnel(const char *arg, const char *name, bool json)
{
	char path[PATH_MAX], found[CONF_NAME_MAX + 1];
	int r = conf_find(arg, path, sizeof(path), found);
	bool closed = absent_closes(name);

	if (r == 0 || closed)
		return not_running(arg, r == 0 ? path : NULL, name, json, closed);
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
		say("%s: %s", name, ask_error(r));
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
		say("%s: %s", name, ask_error(r < 0 ? r : -r));
		status = EXITCODE_FAILED;
	}
	print_fini(&lines);
	return status;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/find.h"
#include "cli/verb.h"
#include "conf/diag_line.h"
#include "crypto/dh.h"
#include "daemon/aeadsel.h"
#include "host/hooks.h"
#include "host/shell.h"

static void print_diag(void *ctx, enum conf_severity severity, const char *line)
{
	const struct command *c = ctx;

	if (severity == CONF_ERROR)
		fprintf(stderr, "%s\n", line);
	else if (!c->quiet)
		fprintf(stderr, "%s (warning)\n", line);
}

static const char *s_if(unsigned n)
{
	return n == 1 ? "" : "s";
}

/* Each step adds what it finds to the report. */
bool verb_check_conf(const char *path, struct conf_report *report)
{
	struct conf conf;
	struct conf_place nowhere = { 0 };
	struct key public_key;
	char why[HOOKS_WHY];
	bool have_key, hooks = false;
	int r;

	conf_init(&conf);
	r = conf_read_file(&conf, path, report);
	if (r < 0 && report->errors == 0)
		report->errors = 1;
	if (r < 0 && r != -EINVAL) /* not read, so there is nothing more to find */
		goto out;
	if (conf_load_keys(&conf, report) < 0 && report->errors == 0)
		report->errors = 1;
	if (aeadsel_accept(&conf, report) < 0 && report->errors == 0)
		report->errors = 1;
	have_key = (conf.set & CONF_PRIVATE_KEY) && !key_is_zero(&conf.private_key);
	if (have_key)
		dh_public(&public_key, &conf.private_key);
	conf_settle(&conf, have_key ? &public_key : NULL, report);
	if (conf_check(&conf, have_key ? &public_key : NULL, report) < 0 && report->errors == 0)
		report->errors = 1;
	hooks = hooks_any(&conf);
	if (!hooks_fit_shell(&conf, why))
		diag_line_warning(report, path, nowhere, "%s", why);
	if (strcmp(path, "-") != 0 && hooks && !hooks_trusted(path, why))
		diag_line_warning(report, path, nowhere, "its hooks will be refused: %s", why);
out:
	conf_fini(&conf);
	return hooks;
}

int verb_check(const struct command *c)
{
	struct command asked = *c;
	struct conf_report report = { .say = print_diag, .ctx = &asked };
	char path[PATH_MAX], name[CONF_NAME_MAX + 1];
	bool hooks;

	if (strcmp(c->arg, "-") == 0)
		memcpy(path, "-", sizeof("-"));
	else if (!find_file(c->arg, path, name))
		return EXITCODE_FAILED;
	if (!verb_crypto())
		return EXITCODE_FAILED;
	hooks = verb_check_conf(path, &report);
	if (report.errors) {
		say("%s: %u error%s, %u warning%s", path, report.errors, s_if(report.errors),
		    report.warnings, s_if(report.warnings));
		return EXITCODE_FAILED;
	}
	if (!c->quiet && hooks)
		printf("%s: hooks are run by %s\n", path, shell_words(shell_is_bash()));
	if (!c->quiet)
		printf("%s: good\n", path);
	return EXITCODE_OK;
}

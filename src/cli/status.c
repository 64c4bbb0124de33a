/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "cli/ask.h"
#include "cli/report.h"
#include "cli/show.h"
#include "cli/verb.h"
#include "daemon/control.h"

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

/* Fill an initialised report. 0 or -errno; whoever is not taut answers the first question only. */
static int inquire(struct report *r)
{
	struct print lines = { 0 };
	int err = ask(r->name, "get=1", &lines);

	if (err == 0)
		err = report_get(r, text_from(lines.chars, lines.len));
	else if (err > 0)
		err = -err;
	print_fini(&lines);
	if (err < 0)
		return err;
	if (ask(r->name, "status=1", &lines) == 0)
		report_status(r, text_from(lines.chars, lines.len));
	print_fini(&lines);
	return 0;
}

/* 0 or -errno. *up is what the report says. */
static int show_one(const char *name, const char *before, bool *up)
{
	const struct show_style style = wanted_style();
	struct print text = { 0 };
	struct report report;
	int r;

	report_init(&report, name);
	r = inquire(&report);
	if (r == 0) {
		show_report(&text, &report, &style);
		*up = report_is_up(&report);
		r = text.failed ? -ENOMEM : 0;
	}
	if (r == 0) {
		fputs(before, stdout);
		fwrite(text.chars, 1, text.len, stdout);
	}
	print_fini(&text);
	report_fini(&report);
	return r;
}

/* Nobody runs it; whether it exists says its file. */
static int absent(const char *arg, const char *name)
{
	char path[4096], found[CONF_NAME_MAX + 1];

	if (conf_find(arg, path, sizeof(path), found) == 0 && access(path, F_OK) == 0) {
		verb_say("%s does not run", name);
		return VERB_DOWN;
	}
	verb_say("%s does not run, and has no file", name);
	return VERB_NONE;
}

static int status_of(const char *arg)
{
	char name[CONF_NAME_MAX + 1];
	bool up = false;
	int r;

	if (!verb_name(arg, name))
		return VERB_USAGE;
	r = show_one(name, "", &up);
	if (r == -ENOENT || r == -ECONNREFUSED)
		return absent(arg, name);
	if (r < 0) {
		verb_say("%s: %s", name, ask_error(r));
		return VERB_FAILED;
	}
	return up ? VERB_OK : VERB_DOWN;
}

static int is_socket(const struct dirent *entry)
{
	static const char suffix[] = ".sock";
	size_t len = strlen(entry->d_name), tail = strlen(suffix);

	return len > tail && len - tail <= CONF_NAME_MAX &&
	       strcmp(entry->d_name + len - tail, suffix) == 0;
}

/* A socket that nobody listens on any more is passed over, as wg does. */
static int status_of_all(void)
{
	struct dirent **entries = NULL;
	unsigned shown = 0, failed = 0;
	int i, n = scandir(CONTROL_DIR, &entries, is_socket, alphasort);

	if (n < 0 && errno != ENOENT) {
		verb_say("%s: %m", CONTROL_DIR);
		return VERB_FAILED;
	}
	for (i = 0; i < n; i++) {
		char *name = entries[i]->d_name;
		bool up = false;
		int r;

		name[strlen(name) - strlen(".sock")] = '\0';
		r = show_one(name, shown ? "\n" : "", &up);
		if (r == 0) {
			shown++;
		} else if (r != -ENOENT && r != -ECONNREFUSED && r != -EINVAL) {
			verb_say("%s: %s", name, ask_error(r));
			failed++;
		}
		free(entries[i]);
	}
	free(entries);
	return failed && !shown ? VERB_FAILED : VERB_OK;
}

int status_print(const struct command *c)
{
	return c->arg ? status_of(c->arg) : status_of_all();
}

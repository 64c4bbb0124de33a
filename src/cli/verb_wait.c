/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/trouble.h"
#include "cli/verb.h"
#include "control/ask.h"
#include "view/gather.h"

enum { STEP_MS = 200, SHAKE_MS = 10000, MOST_SECONDS = 365 * 24 * 3600 };

static const char usage[] =
	"Usage: taut wait [--timeout SECONDS] NAME\n\n"
	"Wait until a tunnel is up, with a working session to at least one of its peers.\n"
	"Peers that have an endpoint but no session are asked for one.\n\n"
	"      --timeout S      give up after S seconds (default: never)\n"
	"  -q, --quiet          do not print why it gave up\n"
	"  -h, --help           print this\n\n"
	"Exit status: 0 up, 124 timed out, 4 no such tunnel.\n";

static const struct option options[] = {
	{ "timeout", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ 0 },
};

struct wait {
	const char *arg;
	uint64_t timeout; /* ms; UINT64_MAX: no limit */
	char name[CONF_NAME_MAX + 1];
	char reason[TUNNELVIEW_REASON]; /* the last reason given */
	uint64_t waited, shake_at;      /* ms */
};

/* EXITCODE_OK: go on; -1: help was printed; EXITCODE_USAGE: reported. */
static int take_options(struct wait *w, const struct command *c)
{
	static char program[] = "taut";
	uint64_t seconds;
	int opt;

	c->argv[0] = program;
	optind = 0;
	while ((opt = getopt_long(c->argc, c->argv, "t:hqv", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(usage, stdout);
			return -1;
		}
		if (opt == '?') {
			fputs("Try 'taut wait --help'.\n", stderr);
			return EXITCODE_USAGE;
		}
		if (opt != 't')
			continue;
		if (!text_u64(text_from_str(optarg), MOST_SECONDS, &seconds))
			return say_usage("--timeout: '%s' is not a number of seconds", optarg);
		w->timeout = seconds * 1000;
	}
	if (c->argc - optind != 1)
		return say_usage("wait needs %s", c->verb->args);
	w->arg = c->argv[optind];
	return EXITCODE_OK;
}

static bool any_is_up(struct wait *w, const struct tunnelview *r)
{
	size_t i;

	if (strcmp(r->state, "up") != 0) {
		snprintf(w->reason, sizeof(w->reason), "the interface is down");
		return false;
	}
	if (r->conf.n_peer == 0)
		snprintf(w->reason, sizeof(w->reason), "it has no peers");
	for (i = 0; i < r->conf.n_peer; i++) {
		if (strcmp(r->peer[i].state, "up") == 0)
			return true;
		snprintf(w->reason, sizeof(w->reason), "%s", r->peer[i].reason);
	}
	return false;
}

static bool any_rests(const struct tunnelview *r)
{
	size_t i;

	for (i = 0; i < r->conf.n_peer; i++) {
		if (strcmp(r->peer[i].state, "idle") == 0 || strcmp(r->peer[i].state, "dead") == 0)
			return true;
	}
	return false;
}

/* A peer that is idle, or has given up, would stay so, as nothing is sent. */
static void shake(struct wait *w, const struct tunnelview *r)
{
	struct print lines = { 0 };
	int err;

	if (w->waited < w->shake_at || !any_rests(r))
		return;
	err = ask(w->name, "handshake=1", &lines);
	print_fini(&lines);
	if (err == 0)
		w->shake_at = w->waited + SHAKE_MS;
	if (err != EPERM)
		return;
	say("%s: only root may start a handshake; waiting for one", w->name);
	w->shake_at = UINT64_MAX;
}

/* -1: not yet. */
static int look(struct wait *w)
{
	char path[PATH_MAX], found[CONF_NAME_MAX + 1];
	struct gather g;
	bool up = false;
	int r = gather(&g, w->name);

	if (r == 0)
		up = g.n && any_is_up(w, &g.report[0]);
	if (g.n && !up)
		shake(w, &g.report[0]);
	gather_free(&g);
	if (r == 0)
		return up ? EXITCODE_OK : -1;
	if (r != -ENOENT && r != -ECONNREFUSED && r != -EXDEV) {
		trouble("wait", w->name, r);
		return EXITCODE_FAILED;
	}
	/* It may be about to start. */
	snprintf(w->reason, sizeof(w->reason), "it is not running");
	if (conf_find(w->arg, path, sizeof(path), found) == 0)
		return -1;
	if (r == -EXDEV) {
		trouble("wait", w->name, r);
		return EXITCODE_FAILED;
	}
	say("%s is not running and has no file", w->name);
	return EXITCODE_NONE;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	timespec_get(&ts, TIME_UTC);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int verb_wait(const struct command *c)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	struct wait w = { .timeout = UINT64_MAX };
	uint64_t last;
	int r = take_options(&w, c);

	if (r != EXITCODE_OK)
		return r < 0 ? EXITCODE_OK : r;
	if (!verb_name(w.arg, w.name))
		return EXITCODE_USAGE;
	last = now_ms();
	while ((r = look(&w)) < 0 && w.waited < w.timeout) {
		uint64_t now;

		nanosleep(&step, NULL);
		now = now_ms();
		/* Setting the clock while we wait must not matter. */
		w.waited += now > last && now - last < 10 * STEP_MS ? now - last : STEP_MS;
		last = now;
	}
	if (r >= 0)
		return r;
	if (!c->quiet)
		say("%s is not up: %s", w.name, w.reason);
	return EXITCODE_LATE;
}

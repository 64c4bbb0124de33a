/* SPDX-License-Identifier: ISC */
#include "view/live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/say.h"
#include "control/ask.h"
#include "view/gather.h"
#include "view/rates.h"
#include "view/screen.h"

struct watch {
	const char *name;
	struct show_style style;
	bool tty;
	struct screen screen;
	struct gather now, before;
	double now_at, before_at; /* seconds, monotonic */
	sigset_t usual;           /* signals allowed while we wait */
};

static volatile sig_atomic_t told_to_end, told_to_stop;

static void on_signal(int number)
{
	if (number == SIGTSTP)
		told_to_stop = 1;
	else if (number != SIGWINCH)
		told_to_end = 1;
}

/* Signals are delivered only while we wait. */
static void take_signals(struct watch *w)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH };
	const struct sigaction action = { .sa_handler = on_signal };
	struct sigaction was;
	sigset_t held;
	size_t i;

	sigemptyset(&held);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		/* Already ignored: nohup and shells without job control rely on that. */
		if (sigaction(numbers[i], NULL, &was) == 0 && was.sa_handler == SIG_IGN)
			continue;
		sigaction(numbers[i], &action, NULL);
		sigaddset(&held, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, &held, &w->usual);
}

static double monotonic(void)
{
	return (double)clock_monotonic_us() / 1e6;
}

/* Ctrl-Z: give the terminal back to the shell until fg. */
static void stop(struct watch *w)
{
	told_to_stop = 0;
	screen_close(&w->screen);
	raise(SIGSTOP);
	if (w->tty)
		screen_open(&w->screen);
}

enum turn { TURN_END, TURN_TIME, TURN_REDRAW };

/* Until that time, or until something happens. */
static enum turn wait_until(struct watch *w, double then)
{
	for (;;) {
		struct pollfd keys = { .fd = w->screen.keys ? STDIN_FILENO : -1, .events = POLLIN };
		double left = then - monotonic();
		struct timespec ts = { .tv_sec = (time_t)left };
		char key;
		int n;

		if (left <= 0)
			return TURN_TIME;
		ts.tv_nsec = (long)((left - (double)ts.tv_sec) * 1e9);
		n = ppoll(&keys, 1, &ts, &w->usual);
		if (told_to_end || (n < 0 && errno != EINTR))
			return TURN_END;
		if (n < 0) {
			if (told_to_stop)
				stop(w);
			return TURN_REDRAW;
		}
		if (n && !(keys.revents & POLLIN))
			return TURN_END; /* the terminal went away */
		key = n ? screen_key(&w->screen) : 0;
		if (key == 'q' || key == 'Q')
			return TURN_END;
	}
}

static const struct tunnelview *find(const struct gather *g, const char *name)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		if (strcmp(g->report[i].name, name) == 0)
			return &g->report[i];
	}
	return NULL;
}

/* 0 or -errno. */
static int look(struct watch *w)
{
	size_t i;
	int r;

	gather_free(&w->before);
	w->before = w->now;
	w->before_at = w->now_at;
	r = gather(&w->now, w->name);
	w->now_at = monotonic();
	for (i = 0; i < w->now.n; i++) {
		const struct tunnelview *old = find(&w->before, w->now.report[i].name);

		if (old)
			rates_between(&w->now.report[i], old, w->now_at - w->before_at);
	}
	return r;
}

static void draw(struct watch *w, int trouble)
{
	time_t now = time(NULL);
	struct print text = { 0 };
	char footer[64], clock[16] = "";
	struct tm tm;
	size_t i;

	w->style.now = now > 0 ? (uint64_t)now : 0;
	for (i = 0; i < w->now.n; i++) {
		if (i)
			print_add(&text, "\n");
		show_report(&text, &w->now.report[i], &w->style);
	}
	if (trouble < 0)
		print_add(&text, "%s: %s\n", w->name ? w->name : "taut", ask_error(trouble));
	else if (w->now.n == 0)
		print_add(&text, "no tunnel is running\n");
	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	snprintf(footer, sizeof(footer), "%s  q: quit", clock);
	if (w->tty)
		screen_draw(&w->screen, text_from(text.chars, text.len), footer);
	else
		printf("%s\n", text.failed ? "no memory\n" : text.chars);
	fflush(stdout);
	print_fini(&text);
}

int live_view(const char *name, struct show_style style)
{
	struct watch w = { .name = name, .style = style, .tty = isatty(STDOUT_FILENO) };
	double next = monotonic();
	enum turn turn;
	int trouble;

	take_signals(&w);
	if (w.tty)
		screen_open(&w.screen);
	do {
		trouble = look(&w);
		draw(&w, trouble);
		next += 1;
		/* Do not catch up after a suspend or a slow answer. */
		if (next < monotonic())
			next = monotonic() + 1;
		while ((turn = wait_until(&w, next)) == TURN_REDRAW) {
			if (w.tty)
				draw(&w, trouble);
		}
	} while (turn == TURN_TIME && !ferror(stdout));
	screen_close(&w.screen);
	gather_free(&w.now);
	gather_free(&w.before);
	return EXITCODE_OK;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/absent.h"
#include "cli/statusopts.h"
#include "cli/trouble.h"
#include "cli/verb.h"
#include "control/control.h"
#include "control/record.h"
#include "control/running.h"
#include "view/event_json.h"

enum { LINE = 8192, SOURCES = 64, LOOK_MS = 1000, RETRY_LOOKS = 10 };

static const char usage[] =
	"Usage: taut events [OPTION]... [NAME]\n\n"
	"Print what happens in one tunnel, or in all running tunnels, as it happens,\n"
	"until the tunnel stops or you press Ctrl-C.\n\n"
	"      --json           as JSON, one object per line; see docs/STATUS.md\n"
	"  -q, --quiet          print errors only\n"
	"  -h, --help           print this\n";

/* A tunnel whose events are read. */
struct source {
	char name[CONF_NAME_MAX + 1];
	int fd;           /* -1: it refused */
	unsigned retries; /* looks until the next attempt */
	bool heard;       /* it has sent anything */
	bool ending;      /* it announced its end */
	size_t len;
	char line[LINE];
};

struct events {
	bool json;
	struct source *source;
	size_t n;
};

/* 0 or -errno. */
static int open_source(struct source *s, const char *name)
{
	static const char request[] = "events=1\n\n";

	*s = (struct source){ .fd = control_connect(name) };
	snprintf(s->name, sizeof(s->name), "%s", name);
	if (s->fd < 0)
		return s->fd;
	if (send(s->fd, request, strlen(request), MSG_NOSIGNAL) < 0) {
		close(s->fd);
		s->fd = -1;
		return -EPROTO;
	}
	return 0;
}

/* 0: go on; 1: the stream was refused or is not a stream; reported if talk. */
static int take_line(const struct events *e, struct source *s, struct text line, bool talk)
{
	struct print out = { 0 };
	char event[32];
	uint64_t err;
	bool good;

	if (!s->heard && record_number(line, "errno", &err)) {
		if (talk && err == EBUSY)
			say("%s: too many listeners already", s->name);
		else if (talk)
			trouble("events", s->name, -(int)err);
		return 1;
	}
	s->heard = true;
	if (record_get(line, "event", event, sizeof(event)) && strcmp(event, "ending") == 0)
		s->ending = true;
	good = e->json ? event_json(&out, line) : event_text(&out, line);
	if (good && !out.failed)
		fwrite(out.chars, 1, out.len, stdout);
	print_fini(&out);
	return 0;
}

/* Like take_line(), for all complete lines. */
static int take_lines(const struct events *e, struct source *s, bool talk)
{
	char *newline;
	int r = 0;

	while (r == 0 && (newline = memchr(s->line, '\n', s->len))) {
		size_t used = (size_t)(newline - s->line) + 1;

		if (used > 1)
			r = take_line(e, s, text_from(s->line, used - 1), talk);
		s->len -= used;
		memmove(s->line, s->line + used, s->len);
	}
	if (s->len == sizeof(s->line))
		return 1;
	fflush(stdout);
	return r;
}

/* 0: go on; 1: the stream has ended. */
static int hear(const struct events *e, struct source *s, bool talk)
{
	ssize_t n = recv(s->fd, s->line + s->len, sizeof(s->line) - s->len, MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n > 0) {
		s->len += (size_t)n;
		return take_lines(e, s, talk);
	}
	if (talk && !s->heard)
		say("%s: the process there does not support events", s->name);
	else if (talk && !s->ending)
		say("%s: connection closed", s->name);
	return 1;
}

static int events_of(const char *arg, struct events *e)
{
	char name[CONF_NAME_MAX + 1];
	struct source *s = &e->source[0];
	int r;

	if (!verb_name(arg, name))
		return EXITCODE_USAGE;
	r = open_source(s, name);
	if (r == -ENOENT || r == -ECONNREFUSED)
		return absent(arg, name);
	if (r < 0) {
		trouble("events", name, r);
		return EXITCODE_FAILED;
	}
	do {
		struct pollfd p = { .fd = s->fd, .events = POLLIN };

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			break;
	} while (hear(e, s, true) == 0 && !ferror(stdout));
	close(s->fd);
	return s->ending && !ferror(stdout) ? EXITCODE_OK : EXITCODE_FAILED;
}

/* --- all running tunnels --- */

static void forget(struct events *e, size_t i)
{
	if (e->source[i].fd >= 0)
		close(e->source[i].fd);
	memmove(&e->source[i], &e->source[i + 1], (e->n - i - 1) * sizeof(*e->source));
	e->n--;
}

static struct source *find(struct events *e, const char *name)
{
	size_t i;

	for (i = 0; i < e->n; i++) {
		if (strcmp(e->source[i].name, name) == 0)
			return &e->source[i];
	}
	return NULL;
}

/* Add new tunnels, and retry those that refused before. */
static void look(struct events *e)
{
	struct running running;
	size_t i;

	if (running_find(&running) < 0)
		return;
	for (i = e->n; i-- > 0;) {
		struct source *s = &e->source[i];

		if (s->fd < 0 && (!running_has(&running, s->name) || s->retries-- == 0))
			forget(e, i);
	}
	for (i = 0; i < running.n && e->n < SOURCES; i++) {
		if (find(e, running.name[i]))
			continue;
		open_source(&e->source[e->n], running.name[i]);
		e->source[e->n++].retries = RETRY_LOOKS;
	}
	running_free(&running);
}

static void hear_all(struct events *e, const struct pollfd *p)
{
	size_t i;

	for (i = e->n; i-- > 0;) {
		struct source *s = &e->source[i];

		if (!p[i].revents || hear(e, s, false) == 0)
			continue;
		if (s->heard) {
			forget(e, i);
			continue;
		}
		close(s->fd);
		s->fd = -1;
	}
}

static int events_of_all(struct events *e)
{
	struct pollfd p[SOURCES];
	uint64_t next = 0, now; /* milliseconds */
	size_t i;

	while (!ferror(stdout)) {
		now = clock_monotonic_us() / 1000;
		if (now >= next) {
			look(e);
			next = now + LOOK_MS;
		}
		for (i = 0; i < e->n; i++)
			p[i] = (struct pollfd){ .fd = e->source[i].fd, .events = POLLIN };
		if (poll(p, e->n, (int)(next - now) + 1) < 0 && errno != EINTR)
			break;
		hear_all(e, p);
	}
	for (i = e->n; i-- > 0;)
		forget(e, i);
	return EXITCODE_FAILED;
}

int verb_events(const struct command *c)
{
	struct events e = { 0 };
	struct statusopts o;
	int status;

	if (!statusopts_read(&o, c, usage, STATUSOPT_JSON, 1, &status))
		return status;
	e.json = o.given & STATUSOPT_JSON;
	e.source = mem_new_array(SOURCES, sizeof(*e.source));
	if (!e.source) {
		say("no memory");
		return EXITCODE_FAILED;
	}
	status = o.arg ? events_of(o.arg, &e) : events_of_all(&e);
	mem_free(e.source);
	return status;
}

/* SPDX-License-Identifier: ISC */
#include "daemon/publish.h"

#include <string.h>

#include "base/text.h"
#include "control/record.h"
#include "control/subscribers.h"
#include "daemon/internal.h"

enum { DETAIL = 3000 }; /* so that its line is not cut */

/* NULL: nobody listens. */
static struct subscribers *subscribers_of(struct daemon *d)
{
	struct subscribers *f = control_subscribers(d->control);

	return f && f->n ? f : NULL;
}

static void add_peer(struct print *line, const struct peer *p)
{
	char base64[KEY_BASE64_LEN + 1], end[ENDPOINT_TEXT];

	key_to_base64(base64, &p->public_key);
	endpoint_print(end, &p->endpoint);
	record_add(line, "peer", "%s", base64);
	record_add(line, "endpoint", "%s", *end ? end : "none");
}

void publish_link(struct daemon *d, bool up)
{
	struct subscribers *f = subscribers_of(d);
	struct print line = { 0 };

	if (!f)
		return;
	subscribers_begin(f, &line, "link");
	record_add(&line, "state", up ? "up" : "down");
	subscribers_publish(f, &line);
}

void publish_state(struct daemon *d, const struct peer *p, int previous, struct instant now)
{
	struct subscribers *f = subscribers_of(d);
	struct print line = { 0 };
	struct state state;

	if (!f)
		return;
	daemon_peer_state(d, p, now.mono, &state);
	subscribers_begin(f, &line, "state");
	add_peer(&line, p);
	record_add(&line, "state", "%s", vocabulary_state(state.word));
	record_add(&line, "previous", "%s",
		   previous < 0 ? "none" : vocabulary_state((enum state_word)previous));
	record_text(&line, "reason", "%s", state.reason);
	subscribers_publish(f, &line);
}

static void publish_endpoint(struct daemon *d, const struct peer *p)
{
	struct subscribers *f = subscribers_of(d);
	struct print line = { 0 };

	if (!f)
		return;
	subscribers_begin(f, &line, "endpoint");
	add_peer(&line, p);
	subscribers_publish(f, &line);
}

void publish_event(struct daemon *d, const struct event *e)
{
	struct subscribers *f = subscribers_of(d);
	struct print line = { 0 };

	if (!f || !e->peer)
		return;
	if (e->kind == EVENT_ENDPOINT || e->kind == EVENT_TRYING)
		publish_endpoint(d, e->peer);
	if (e->kind != EVENT_HANDSHAKE)
		return;
	subscribers_begin(f, &line, "handshake");
	add_peer(&line, e->peer);
	record_add(&line, "first", e->peer->handshakes <= 1 ? "yes" : "no");
	subscribers_publish(f, &line);
}

/* Several lines as one. */
static void join_lines(struct print *text, const char *chars, size_t len)
{
	struct text rest = text_from(chars, len), line;

	while (rest.at < rest.end && rest.end[-1] == '\n')
		rest.end--;
	while (text_split(&rest, '\n', &line))
		print_add(text, "%s%.*s", text->len ? "; " : "", (int)text_len(line), line.at);
}

void publish_reload(struct daemon *d, int r, const struct print *report)
{
	struct subscribers *f = subscribers_of(d);
	struct print line = { 0 }, detail = { 0 };

	if (!f)
		return;
	if (!report->failed && report->len)
		join_lines(&detail, report->chars, report->len);
	subscribers_begin(f, &line, "reload");
	record_add(&line, "ok", r < 0 ? "no" : "yes");
	record_text(&line, "error", "%s", r < 0 ? strerror(-r) : "");
	record_text(&line, "detail", "%.*s", DETAIL, detail.len ? detail.chars : "");
	print_fini(&detail);
	subscribers_publish(f, &line);
}

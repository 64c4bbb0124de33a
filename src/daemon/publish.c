/* SPDX-License-Identifier: ISC */
#include "daemon/publish.h"

#include <string.h>

#include "control/subscribers.h"
#include "daemon/internal.h"

enum { DETAIL = 3000 };

/* NULL: nobody listens. */
static struct subscribers *subscribers_of(struct daemon *d)
{
	struct subscribers *f = control_subscribers(d->control);

	return f && f->n ? f : NULL;
}

struct who {
	char key[KEY_BASE64_LEN + 1], end[ENDPOINT_TEXT];
};

static void name_peer(struct who *w, const struct peer *p)
{
	key_to_base64(w->key, &p->public_key);
	endpoint_print(w->end, &p->endpoint);
	if (!*w->end)
		memcpy(w->end, "none", sizeof("none"));
}

void publish_link(struct daemon *d, bool up)
{
	struct subscribers *f = subscribers_of(d);

	if (f)
		subscribers_publish(f, "link", " state=%s", up ? "up" : "down");
}

void publish_state(struct daemon *d, const struct peer *p, int previous, struct instant now)
{
	struct subscribers *f = subscribers_of(d);
	struct state state;
	struct who who;

	if (!f)
		return;
	daemon_peer_state(d, p, now.mono, &state);
	name_peer(&who, p);
	subscribers_publish(f, "state", " peer=%s endpoint=%s state=%s previous=%s reason=\"%s\"",
			    who.key, who.end, state_name(state.word),
			    previous < 0 ? "none" : state_name((enum state_word)previous),
			    state.reason);
}

void publish_endpoint(struct daemon *d, const struct peer *p)
{
	struct subscribers *f = subscribers_of(d);
	struct who who;

	if (!f)
		return;
	name_peer(&who, p);
	subscribers_publish(f, "endpoint", " peer=%s endpoint=%s", who.key, who.end);
}

void publish_event(struct daemon *d, const struct event *e)
{
	struct subscribers *f = subscribers_of(d);
	struct who who;

	if (!f || !e->peer)
		return;
	if (e->kind == EVENT_ENDPOINT)
		publish_endpoint(d, e->peer);
	if (e->kind != EVENT_HANDSHAKE)
		return;
	name_peer(&who, e->peer);
	subscribers_publish(f, "handshake", " peer=%s endpoint=%s first=%s", who.key, who.end,
			    e->peer->handshakes <= 1 ? "yes" : "no");
}

/* Join the lines into one that is safe inside quotes. */
static void join_lines(char text[DETAIL], const char *lines, size_t len)
{
	size_t i, n = 0;

	while (len && lines[len - 1] == '\n')
		len--;
	for (i = 0; i < len && n + 3 < DETAIL; i++) {
		unsigned char c = (unsigned char)lines[i];

		if (c == '\n') {
			text[n++] = ';';
			text[n++] = ' ';
		} else {
			text[n++] = c == '"' || c == '\\' || c < ' ' || c == 127 ? '\'' : (char)c;
		}
	}
	text[n] = '\0';
}

void publish_reload(struct daemon *d, int r, const struct print *report, size_t from)
{
	struct subscribers *f = subscribers_of(d);
	char detail[DETAIL] = "";

	if (!f)
		return;
	if (!report->failed && report->len > from)
		join_lines(detail, report->chars + from, report->len - from);
	subscribers_publish(f, "reload", " ok=%s error=\"%s\" detail=\"%s\"", r < 0 ? "no" : "yes",
			    r < 0 ? strerror(-r) : "", detail);
}

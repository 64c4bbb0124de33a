/* SPDX-License-Identifier: ISC */
#include "control/answer.h"

#include <errno.h>

#include "base/bytes.h"

enum own { OWN_STATUS, OWN_WHY, OWN_HANDSHAKE, OWN_RELOAD, OWN_STOP };

static const char *const own_verbs[] = {
	[OWN_STATUS] = "status=1", [OWN_WHY] = "why=1",   [OWN_HANDSHAKE] = "handshake=1",
	[OWN_RELOAD] = "reload=1", [OWN_STOP] = "stop=1",
};

/* The request is this one line and nothing else. */
static bool is_only(struct text request, const char *line)
{
	struct text first = { 0 };

	if (!text_split(&request, '\n', &first) || !text_is(first, line))
		return false;
	return text_len(request) == 0;
}

bool answer_is_events(struct text request)
{
	return is_only(request, "events=1");
}

static void hide_secrets(struct conf *c)
{
	size_t i;

	wipe(&c->private_key, sizeof(c->private_key));
	c->set &= ~(unsigned)CONF_PRIVATE_KEY;
	for (i = 0; i < c->n_peer; i++) {
		wipe(&c->peer[i].psk, sizeof(c->peer[i].psk));
		c->peer[i].set &= ~(unsigned)CONF_PEER_PSK;
	}
}

/* wg(8) reads the errno of a get as a number without a sign. */
static void answer_get(const struct control_calls *calls, void *ctx, struct text request,
		       bool secrets, struct print *out)
{
	struct conf c;
	int r;

	if (!is_only(request, "get=1")) {
		uapi_errno(out, EINVAL);
		return;
	}
	conf_init(&c);
	r = calls->get(ctx, &c);
	if (!secrets)
		hide_secrets(&c);
	if (r < 0)
		uapi_errno(out, -r);
	else
		uapi_get(out, &c);
	conf_fini(&c);
}

/* ...and that of a set as one with a minus. */
static int answer_set(const struct control_calls *calls, void *ctx, struct text request,
		      uint64_t ticket, struct print *out)
{
	struct conf c;
	int r;

	conf_init(&c);
	r = uapi_set(&c, request);
	if (r == 0)
		r = calls->set(ctx, &c, ticket);
	conf_fini(&c);
	if (r != CONTROL_LATER)
		uapi_errno(out, r);
	return r;
}

/* An answer has no empty line before its end, and its last line is whole. */
static void end_lines(struct print *out)
{
	size_t i, kept = 0;

	for (i = 0; i < out->len; i++) {
		if (out->chars[i] == '\n' && (kept == 0 || out->chars[kept - 1] == '\n'))
			continue;
		out->chars[kept++] = out->chars[i];
	}
	if (out->len)
		out->chars[kept] = '\0';
	out->len = kept;
	if (kept && out->chars[kept - 1] != '\n')
		print_add(out, "\n");
}

static int answer_own(const struct control_calls *calls, void *ctx, enum own verb, uint64_t ticket,
		      struct print *out)
{
	int r = 0;

	switch (verb) {
	case OWN_STATUS:
		calls->status(ctx, out);
		break;
	case OWN_WHY:
		calls->why(ctx, out);
		break;
	case OWN_HANDSHAKE:
		calls->handshake(ctx);
		break;
	case OWN_RELOAD:
		r = calls->reload(ctx, out, ticket);
		break;
	case OWN_STOP:
		calls->stop(ctx);
		break;
	}
	if (r == CONTROL_LATER)
		return r;
	end_lines(out);
	uapi_errno(out, -r);
	return r;
}

enum answer answer(const struct control_calls *calls, void *ctx, enum uapi_verb verb,
		   struct text request, bool secrets, uint64_t ticket, struct print *out)
{
	int r = 0;
	size_t i;

	if (verb == UAPI_GET)
		answer_get(calls, ctx, request, secrets, out);
	else if (verb == UAPI_SET)
		r = answer_set(calls, ctx, request, ticket, out);
	else {
		for (i = 0; i < LEN(own_verbs) && !is_only(request, own_verbs[i]); i++)
			;
		if (i == LEN(own_verbs))
			uapi_errno(out, EINVAL);
		else
			r = answer_own(calls, ctx, (enum own)i, ticket, out);
	}
	if (r == CONTROL_LATER)
		return ANSWER_LATER;
	return !out->failed && out->len > 0 ? ANSWER_GIVEN : ANSWER_NONE;
}

bool answer_later(enum uapi_verb verb, int result, const struct print *lines, struct print *out)
{
	if (lines && lines->len)
		print_bytes(out, lines->chars, lines->len);
	end_lines(out);
	uapi_errno(out, verb == UAPI_SET ? result : -result);
	return !out->failed;
}

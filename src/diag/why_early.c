/* SPDX-License-Identifier: ISC */
/*
 * What was asked a moment ago, and may still be answered: not healthy, because nothing
 * works yet, and not a problem, because nothing is known to be wrong.
 */
#include "diag/why_rules.h"
#include "proto/limits.h"

enum {
	ANSWER_S = 6,   /* an initiation is answered, or repeated, within this time */
	RESOLVE_S = 10, /* the resolver answers within this time, or counts as silent */
};

static struct verdict *too_early(const struct why_look *l, uint64_t asked_at, uint64_t due)
{
	struct verdict *v = why_begin(l, WHY_TOO_EARLY, WHY_SURE, false, asked_at);
	uint64_t left = due > l->about->mono ? due - l->about->mono : 0;

	why_here(v, "ask again in %lu s: taut why %s", (unsigned long)(left / SECOND_NS) + 1,
		 l->about->name);
	return v;
}

bool why_early_name(const struct why_look *l)
{
	const struct state_context *a = &l->around->around;
	struct verdict *v = too_early(l, a->asked_at, a->asked_at + RESOLVE_S * SECOND_NS);

	why_what(v, "the resolver was asked for the address of %s %lu s ago", a->host,
		 why_ago(l, a->asked_at));
	why_because(v, "It has not answered yet.");
	why_here(v, "getent ahosts %s", a->host);
	return true;
}

/* We asked, once. */
static bool early_question(const struct why_look *l)
{
	const struct timers *t = &l->p->timers;
	uint64_t asked_at = t->unanswered ? t->asked_at : 0;
	struct verdict *v = too_early(l, asked_at, t->at[TIMER_RETRANSMIT]);

	if (asked_at)
		why_what(v, "%s was asked for a session %lu s ago", l->end, why_ago(l, asked_at));
	else
		why_what(v, "%s is about to be asked for a session", l->end);
	why_because(v, "There is no answer yet. One datagram may get lost; if no answer comes, "
		       "the next one follows after five seconds.");
	return true;
}

/* It asked, once. */
static bool early_answer(const struct why_look *l)
{
	uint64_t since = l->p->faults.unconfirmed_since;
	struct verdict *v = too_early(l, since, since + ANSWER_S * SECOND_NS);
	char from[ENDPOINT_TEXT];

	endpoint_print(from, &l->p->faults.unconfirmed_to);
	why_what(v, "%s asked for a session %lu s ago, and was answered", from, why_ago(l, since));
	why_because(v, "Its first packet has not come yet. If our answer is lost, it asks again "
		       "within a few seconds.");
	return true;
}

bool why_early_session(const struct why_look *l)
{
	const struct peer *p = l->p;

	if (l->around->state.word != STATE_HANDSHAKING)
		return false;
	if (p->timers.at[TIMER_RETRANSMIT])
		return endpoint_known(&p->endpoint) && early_question(l);
	return why_within(l, p->faults.unconfirmed_since, ANSWER_S) && early_answer(l);
}

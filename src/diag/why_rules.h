/* SPDX-License-Identifier: ISC */
#ifndef DIAG_WHY_RULES_H
#define DIAG_WHY_RULES_H

/* What the files of the verdicts share: only for why*.c. */

#include "base/endpoint.h"
#include "base/ip.h"
#include "diag/why.h"

/* One look at the facts: all that a rule may read, and where its verdict goes. */
struct why_look {
	struct verdicts *out;
	const struct tunnel *t;
	const struct why_about *about;
	const struct peer *p; /* NULL: the tunnel as a whole */
	const struct why_around *around;
	/* texts that many rules need */
	char ours[KEY_BASE64_LEN + 1], theirs[KEY_BASE64_LEN + 1];
	char end[ENDPOINT_TEXT], ip[IP_TEXT];
	uint16_t port; /* of the peer's endpoint */
};

/* true: there is a verdict. */
typedef bool why_rule_fn(const struct why_look *l);

/*
 * A new verdict, about something last seen at that time (mono).  Never NULL: one too
 * many replaces the last.
 */
struct verdict *why_begin(const struct why_look *l, enum why_code code,
			  enum why_certainty certainty, bool problem, uint64_t at);
void why_what(struct verdict *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
void why_because(struct verdict *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What to type, here and on the other host. */
void why_here(struct verdict *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
void why_there(struct verdict *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Seconds since then. */
unsigned long why_ago(const struct why_look *l, uint64_t at);
/* Seen within that many seconds. */
bool why_within(const struct why_look *l, uint64_t at, unsigned seconds);

/* Too early to tell: a name and a handshake that are not answered yet. why_early.c */
why_rule_fn why_early_name, why_early_session;
/* Its endpoint is a name, which has no address. why_name.c */
why_rule_fn why_name;
/* Why nothing is heard from the peer: the first rule that applies is enough. why_reach.c */
extern why_rule_fn *const why_reach[];
/* What is wrong although there may be a session: all rules that apply. why_inside.c */
extern why_rule_fn *const why_inside[];
/* About the tunnel as a whole: all rules that apply. why_whole.c */
extern why_rule_fn *const why_whole[];

#endif

/* SPDX-License-Identifier: ISC */
/* See liar.h.  TAUT_LIE=list prints the lies; TAUT_LIE=NAME tells one. */
#include "netns/liar.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "privsep/blob.h"
#include "privsep/reconcile.h"

enum { LONG_MS = 3600 * 1000, ANSWER_MS = 5000 };

int __wrap_daemon_run(const struct daemon_start *start);

/* --- the lies --- */

static const struct lie *find(const struct lie *table, const char *name)
{
	for (; table->name; table++) {
		if (strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

static const struct lie *the_lie(void)
{
	const char *name = getenv("TAUT_LIE");
	const struct lie *lie = name ? find(lies_messages, name) : NULL;

	if (!lie && name)
		lie = find(lies_deeds, name);
	if (name && *name && !lie) {
		fprintf(stderr, "liar: no such lie: %s\n", name);
		_exit(2);
	}
	return lie;
}

static void list(const struct lie *table, const char *kind)
{
	for (; table->name; table++)
		printf("%s\t%s\t%s\n", kind, table->deadly ? "deadly" : "harmless", table->name);
}

__attribute__((constructor)) static void list_all(void)
{
	const char *name = getenv("TAUT_LIE");

	if (!name || strcmp(name, "list") != 0)
		return;
	list(lies_messages, "message");
	list(lies_deeds, "deed");
	exit(0);
}

/* --- what is said and heard --- */

/* Not by way of the monitor, which has a limit. */
void liar_say(const char *format, ...)
{
	char text[200] = "liar: ";
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, format);
	vsnprintf(text + len, sizeof(text) - len - 1, format, ap);
	va_end(ap);
	len = strlen(text);
	text[len] = '\n';
	if (write(STDERR_FILENO, text, len + 1) < 0)
		_exit(3);
}

void liar_send(struct liar *l, const struct message *m)
{
	message_insist(l->sock, m, NULL, 0, NULL, 0, ANSWER_MS);
}

bool liar_hear(struct liar *l, struct message_in *in, int ms)
{
	struct pollfd p = { .fd = l->sock, .events = POLLIN };
	int r = poll(&p, 1, ms) == 1 ? message_recv(l->sock, in) : 0;

	/* The monitor has died, or has closed the socket. */
	if (r < 0)
		_exit(3);
	return r > 0;
}

bool liar_ask(struct liar *l, struct message m, struct message_in *answer)
{
	m.seq = ++l->seq;
	liar_send(l, &m);
	while (liar_hear(l, answer, ANSWER_MS)) {
		if (answer->head.kind == m.kind && answer->head.seq == m.seq)
			return true;
		liar_obey(l, answer);
		message_close_fds(answer);
	}
	liar_say("wrong: no answer to verb %u", m.kind);
	l->wrong++;
	return false;
}

/* --- an honest worker, but for one moment --- */

static bool is_now(const struct liar *l, unsigned moment)
{
	const struct lie *lie = the_lie();

	if (!lie || l->start->up)
		return false;
	return lie->moment ==
	       (l->commits || moment == AT_UP || moment == AT_READY ? moment : moment | AT_START);
}

/* true: it was the moment. */
static bool lie_at(struct liar *l, unsigned moment)
{
	const struct lie *lie = the_lie();

	if (!is_now(l, moment))
		return false;
	if (lie->tell)
		lie->tell(l, lie);
	else
		liar_tell_message(l, lie);
	liar_say(l->wrong ? "wrong: %u times" : "the lie is told", l->wrong);
	return true;
}

void liar_agree(struct liar *l, int kind, int result)
{
	const struct message m = { .kind = (uint8_t)kind, .result = result };

	liar_send(l, &m);
}

void liar_hand_over(struct liar *l)
{
	const struct message m = { .kind = MESSAGE_STATE };
	char text[16];
	int fd;

	snprintf(text, sizeof(text), "%u", l->commits);
	fd = blob_make(text, strlen(text));
	message_insist(l->sock, &m, NULL, 0, &fd, 1, ANSWER_MS);
	close(fd);
}

static void obey_plan(struct liar *l)
{
	if (!lie_at(l, AT_PLAN))
		liar_agree(l, MESSAGE_PLANNED, 0);
	lie_at(l, AFTER_PLAN);
}

/* The lies of a commit know the number of those before. */
static void obey_commit(struct liar *l)
{
	bool answered = lie_at(l, AT_COMMIT);
	bool after_state = is_now(l, AFTER_STATE), after_all = is_now(l, AFTER_COMMIT);

	l->commits++;
	liar_hand_over(l);
	liar_say("commit %u", l->commits);
	if (after_state)
		the_lie()->tell(l, the_lie());
	if (!answered)
		liar_agree(l, MESSAGE_DONE, 0);
	if (after_all)
		the_lie()->tell(l, the_lie());
}

void liar_obey(struct liar *l, struct message_in *in)
{
	switch (in->head.kind) {
	case MESSAGE_PLAN:
		obey_plan(l);
		break;
	case MESSAGE_COMMIT:
		obey_commit(l);
		break;
	case MESSAGE_UP:
		lie_at(l, AT_UP);
		break;
	case MESSAGE_END:
		l->over = true;
		break;
	default:
		break;
	}
}

static void take_over(struct liar *l)
{
	struct print text = { 0 };

	if (l->start->state >= 0 && blob_read(l->start->state, &text) == 0) {
		print_add(&text, "%c", '\0');
		l->commits = (unsigned)strtoul(text.chars, NULL, 10);
	}
	print_fini(&text);
	if (l->start->up)
		liar_say("took over after commit %u", l->commits);
}

int __wrap_daemon_run(const struct daemon_start *start)
{
	struct liar l = { .start = start, .sock = start->monitor };
	struct message_in in;

	take_over(&l);
	if (!lie_at(&l, AT_READY))
		liar_agree(&l, MESSAGE_READY, 0);
	while (!l.over) {
		if (!liar_hear(&l, &in, LONG_MS))
			continue;
		liar_obey(&l, &in);
		message_close_fds(&in);
	}
	return 0;
}

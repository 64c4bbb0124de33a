/* SPDX-License-Identifier: ISC */
#include "diag/summary.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "diag/label.h"

/* The greater, the more attention is needed. */
static unsigned gravity(enum state_word word)
{
	static const unsigned char of[STATE_COUNT] = {
		[STATE_UP] = 0,          [STATE_IDLE] = 1,  [STATE_RESOLVING] = 2,
		[STATE_HANDSHAKING] = 3, [STATE_STALE] = 4, [STATE_DEAD] = 5,
	};

	return (unsigned)word < LEN(of) ? of[word] : 0;
}

void summary_add(struct summary *s, const struct peer *peer, const struct state *state)
{
	if ((unsigned)state->word < STATE_COUNT)
		s->count[state->word]++;
	if (s->n++ && gravity(state->word) <= gravity(s->worst.word))
		return;
	s->worst = *state;
	label_peer(s->who, peer);
}

static void add(char text[SUMMARY_TEXT], size_t *len, const char *what)
{
	int n = snprintf(text + *len, SUMMARY_TEXT - *len, "%s", what);

	if (n > 0)
		*len += (size_t)n;
	if (*len >= SUMMARY_TEXT)
		*len = SUMMARY_TEXT - 1;
}

/* "3 peers: 2 up, 1 dead" */
static void add_counts(char text[SUMMARY_TEXT], size_t *len, const struct summary *s)
{
	const char *between = ": ";
	char piece[64];

	snprintf(piece, sizeof(piece), "%u peers", s->n);
	add(text, len, piece);
	for (unsigned grave = 0; grave < STATE_COUNT; grave++) {
		for (unsigned word = 0; word < STATE_COUNT; word++) {
			if (gravity((enum state_word)word) != grave || !s->count[word])
				continue;
			snprintf(piece, sizeof(piece), "%s%u %s", between, s->count[word],
				 vocabulary_state((enum state_word)word));
			add(text, len, piece);
			between = ", ";
		}
	}
}

void summary_print(char text[SUMMARY_TEXT], const struct summary *s)
{
	size_t len = 0;

	text[0] = '\0';
	if (s->n == 0) {
		add(text, &len, "no peers");
		return;
	}
	if (s->n == 1) {
		add(text, &len, vocabulary_state(s->worst.word));
	} else {
		add_counts(text, &len, s);
		if (gravity(s->worst.word) <= gravity(STATE_IDLE))
			return;
		add(text, &len, "; ");
		add(text, &len, s->who);
	}
	add(text, &len, ": ");
	add(text, &len, s->worst.reason);
}

bool summary_equal(const struct summary *a, const struct summary *b)
{
	return a->n == b->n && memcmp(a->count, b->count, sizeof(a->count)) == 0 &&
	       strcmp(a->who, b->who) == 0;
}

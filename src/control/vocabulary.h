/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VOCABULARY_H
#define CONTROL_VOCABULARY_H

/*
 * The words of the records on the control socket, for those who write them and
 * those who read them.  Pure.
 *
 * A key whose value is a number needs no entry here: JSON has it among the
 * "figures".  An entry gives it more: a JSON field of its own, a line in `taut
 * status`, a metric.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/print.h"
#include "base/text.h"

/* How a peer is. */
enum state_word {
	STATE_RESOLVING,   /* its name has no address yet */
	STATE_HANDSHAKING, /* asked, not answered yet */
	STATE_UP,          /* it has a session that answers */
	STATE_IDLE,        /* nothing wrong, nothing to do */
	STATE_STALE,       /* it has a session, but nothing comes back */
	STATE_DEAD,        /* nothing will happen until somebody acts */
	STATE_COUNT
};

/* "up"; NULL from STATE_COUNT on. */
const char *vocabulary_state(enum state_word word);
/* The other way round. false: no state has this name. */
bool vocabulary_state_from(const char *name, enum state_word *word);

enum vocabulary_record { VOCABULARY_INTERFACE, VOCABULARY_PEER, VOCABULARY_EVENT };

enum vocabulary_kind {
	VOCABULARY_NUMBER,
	VOCABULARY_YES,        /* see vocabulary_is_yes() */
	VOCABULARY_WORD,       /* one word, or a sentence in quotes */
	VOCABULARY_STATE,      /* a name of vocabulary_state() */
	VOCABULARY_TIME,       /* Unix time, with nine digits behind the point */
	VOCABULARY_COUNTS,     /* all keys that start with this one: numbers */
	VOCABULARY_OFFLOADS,   /* all keys that start with this one: see vocabulary_offload() */
	VOCABULARY_DOWNGRADES, /* the same keys, for the metric of their downgrades */
	VOCABULARY_ELSEWHERE,  /* JSON shows it as part of something else: no figure */
};

struct vocabulary_metric {
	const char *name; /* NULL: none */
	const char *type; /* "counter" or "gauge" */
	const char *help;
	double unit; /* what one of it is worth; 0: one */
};

struct vocabulary_word {
	enum vocabulary_record record;
	enum vocabulary_kind kind;
	const char *key;
	const char *json;  /* its field; NULL: a number is a figure, other kinds are left out */
	const char *label; /* before its value in `taut status`; NULL: it is not shown there */
	struct vocabulary_metric metric;
};

/* All of them, metrics in the order in which they are shown. NULL after the last. */
const struct vocabulary_word *vocabulary_at(size_t i);
/* The first that fits a key of that record; NULL: it has no entry. */
const struct vocabulary_word *vocabulary_find(enum vocabulary_record record, struct text key);

/*
 * The key starts with prefix: name gets the rest, in snake_case. false: it does not, or it is
 * longer than any of ours.
 */
enum { VOCABULARY_NAME = 64 };
bool vocabulary_name(struct text key, const char *prefix, char name[VOCABULARY_NAME]);

/* "yes" or "on". */
bool vocabulary_is_yes(const char *value);

struct vocabulary_offload {
	bool on;
	char why[32]; /* why it is off; "": no reason given */
	uint64_t downgrades;
};

/* The value of an offload_*: "on", "off(kernel)", "off,2-downgrades". */
void vocabulary_offload(struct vocabulary_offload *o, const char *value);
/* Add the pair of an offload ("tun-tso") to a record; why may be NULL. */
void vocabulary_add_offload(struct print *out, const char *name, bool on, const char *why,
			    uint64_t downgrades);

#endif

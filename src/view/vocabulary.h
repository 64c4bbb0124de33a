/* SPDX-License-Identifier: ISC */
#ifndef VIEW_VOCABULARY_H
#define VIEW_VOCABULARY_H

/* What the words in a status record mean, for machine-readable output. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { VOCABULARY_NAME = 64 };

struct vocabulary_offload {
	bool on;
	char why[32]; /* why it is off; "": no reason given */
	uint64_t downgrades;
};

/* The value of an offload_*: "on", "off(kernel)", "off,2-downgrades". */
void vocabulary_offload(struct vocabulary_offload *o, const char *value);

/* The states that a peer may be in. NULL after the last. */
const char *vocabulary_state(size_t i);

/*
 * The key starts with prefix: name gets the rest, in snake_case. false: it does not, or it is
 * longer than any of ours.
 */
bool vocabulary_name(struct text key, const char *prefix, char name[VOCABULARY_NAME]);

#endif

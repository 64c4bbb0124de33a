/* SPDX-License-Identifier: ISC */
#ifndef VIEW_VERDICT_H
#define VIEW_VERDICT_H

/*
 * Why a tunnel does not work, from the records of why=1, and as text for people. docs/WHY.md
 * explains the codes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/key.h"
#include "base/print.h"
#include "base/text.h"
#include "conf/conf.h"

enum { VERDICT_CODE = 24, VERDICT_TEXT = 672, VERDICT_STEPS = 4 };

struct verdict_step {
	bool there; /* on the other host */
	char text[VERDICT_TEXT];
};

struct verdict_item {
	char code[VERDICT_CODE], certainty[VERDICT_CODE];
	bool problem;                  /* else a remark */
	char peer[KEY_BASE64_LEN + 1]; /* "": about the tunnel */
	uint64_t age;                  /* seconds */
	char what[VERDICT_TEXT], because[VERDICT_TEXT];
	struct verdict_step step[VERDICT_STEPS];
	size_t n_steps;
};

/* Zeroed: empty. */
struct verdict_list {
	char name[CONF_NAME_MAX + 1];
	uint64_t peers, up, problems;
	uint64_t early; /* peers for which it is too early to tell: their answer is still due */
	struct verdict_item *item;
	size_t n, cap;
	struct text peer_records; /* from the first to the last, borrowed */
};

/* The lines of an answer to why=1; they stay while the list lives. 0, -EPROTO, -ENOMEM. */
int verdict_read(struct verdict_list *l, struct text lines);
/* Add a verdict of our own; NULL without memory. */
struct verdict_item *verdict_add(struct verdict_list *l);
void verdict_free(struct verdict_list *l);

/* For people. */
void verdict_show(struct print *out, const struct verdict_list *l);
/* For machines. */
void verdict_json(struct print *out, const struct verdict_list *l);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_SAID_H
#define TESTS_UNIT_SAID_H

/* Keeps what a parser reports: each line with "E " or "W " before it. */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"

struct said {
	struct conf_report report;
	size_t len;
	char text[16384];
};

static inline void said_line(void *ctx, enum conf_severity severity, const char *line)
{
	struct said *s = ctx;
	size_t room = sizeof(s->text) - s->len;
	int n = snprintf(s->text + s->len, room, "%c %s\n", severity == CONF_ERROR ? 'E' : 'W',
			 line);

	assert(n > 0 && (size_t)n < room);
	s->len += (size_t)n;
}

static inline void said_init(struct said *s)
{
	memset(s, 0, sizeof(*s));
	s->report.say = said_line;
	s->report.ctx = s;
}

#endif

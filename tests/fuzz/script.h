/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_SCRIPT_H
#define FUZZ_SCRIPT_H

/* An input read as a script: numbers, one after another; zeros once it has ended. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct script {
	const uint8_t *at, *end;
};

static inline bool script_over(const struct script *s)
{
	return s->at == s->end;
}

static inline uint8_t script_byte(struct script *s)
{
	return script_over(s) ? 0 : *s->at++;
}

static inline uint32_t script_number(struct script *s, unsigned bytes)
{
	uint32_t n = 0;

	while (bytes--)
		n = n << 8 | script_byte(s);
	return n;
}

#endif

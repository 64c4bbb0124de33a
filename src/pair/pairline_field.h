/* SPDX-License-Identifier: ISC */
#ifndef PAIR_PAIRLINE_FIELD_H
#define PAIR_PAIRLINE_FIELD_H

/* The fields of a pairing line as bytes, and what they may say; for pairline.c. */

#include "pair/pairline.h"

/* How many bytes; 0: size is too small, or there is none. */
size_t pairline_field_write(uint8_t *bytes, size_t size, const struct pairline *line);
/* Into a line whose kind and key are set, and all else zero. */
bool pairline_field_read(struct pairline *line, const uint8_t *bytes, size_t len);
/* All that a line of its kind needs is there and can be, and nothing else. */
bool pairline_field_ok(const struct pairline *line);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef PAIR_PAIRLINE_FIELD_H
#define PAIR_PAIRLINE_FIELD_H

/* The fields of a pairing line as bytes, and their allowed values; for pairline.c. */

#include "pair/pairline.h"

/* Number of bytes; 0: size is too small, or there are none. */
size_t pairline_field_write(uint8_t *bytes, size_t size, const struct pairline *line);
/* Read into a line whose kind and key are set, and everything else zero. */
bool pairline_field_read(struct pairline *line, const uint8_t *bytes, size_t len);
/* The line has everything that its kind needs, with possible values, and nothing else. */
bool pairline_field_ok(const struct pairline *line);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef PAIR_PAIRLINE_TEXT_H
#define PAIR_PAIRLINE_TEXT_H

/* Bytes as base64url without padding, for pairline.c. Time does not depend on their values. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters for so many bytes. */
size_t pairline_text_len(size_t n);
/* Writes pairline_text_len(n) characters, no NUL. */
void pairline_text_write(char *text, const uint8_t *bytes, size_t n);
/*
 * Reads n bytes from pairline_text_len(n) characters; false: there is a foreign
 * character, or spare bits are not zero.
 */
bool pairline_text_read(uint8_t *bytes, size_t n, const char *text);
/* The first of len characters that does not belong to the alphabet; len: all do. */
size_t pairline_text_foreign(const char *text, size_t len);

#endif

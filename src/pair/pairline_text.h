/* SPDX-License-Identifier: ISC */
#ifndef PAIR_PAIRLINE_TEXT_H
#define PAIR_PAIRLINE_TEXT_H

/* Bytes as base64url without padding, for pairline.c. Constant time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number of characters for n bytes. */
size_t pairline_text_len(size_t n);
/* Writes pairline_text_len(n) characters, no NUL. */
void pairline_text_write(char *text, const uint8_t *bytes, size_t n);
/*
 * Reads n bytes from pairline_text_len(n) characters; false: a character is not in the
 * alphabet, or spare bits are not zero.
 */
bool pairline_text_read(uint8_t *bytes, size_t n, const char *text);
/* Index of the first of len characters that is not in the alphabet; len: all are. */
size_t pairline_text_foreign(const char *text, size_t len);

#endif

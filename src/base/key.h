/* SPDX-License-Identifier: ISC */
#ifndef BASE_KEY_H
#define BASE_KEY_H

/*
 * Keys as WireGuard's tools write them: 32 bytes, as base64 (44 characters) in
 * files and as hex (64 characters) on the control socket.  Every function here
 * runs in time independent of the key's value, for a key may be a secret.  A
 * zeroed struct is "no key".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_LEN = 32, KEY_BASE64_LEN = 44, KEY_HEX_LEN = 64 };

struct key {
	uint8_t bytes[KEY_LEN];
};

/*
 * Read a key from exactly len characters of text (no terminator needed).  false
 * unless len is right, each character belongs to the alphabet (hex: either
 * case), and, for base64, the one '=' stands last and the two spare bits before
 * it are zero (RFC 4648 3.5).  *key is untouched on false.
 */
bool key_from_base64(struct key *key, const char *text, size_t len);
bool key_from_hex(struct key *key, const char *text, size_t len);

/* Write a key and a terminating NUL. Hex is lower case. */
void key_to_base64(char text[KEY_BASE64_LEN + 1], const struct key *key);
void key_to_hex(char text[KEY_HEX_LEN + 1], const struct key *key);

bool key_is_zero(const struct key *key);
bool key_equal(const struct key *a, const struct key *b);
/*
 * Whether it is a placeholder from the examples that we ship: its base64 begins with
 * "put/", and everyone knows it.  Also in the form that tools show of a private key in
 * use, with the bits of key_clamp().
 */
bool key_is_placeholder(const struct key *key);

/* Make 32 random bytes a Curve25519 private key (RFC 7748 5). */
void key_clamp(struct key *key);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CLI_KEYTEXT_H
#define CLI_KEYTEXT_H

/* Keys on standard output and input, in the format of wg(8), without stdio's buffers. */

#include <stdbool.h>

#include "base/key.h"

/* Base64 and a newline. false: reported. */
bool keytext_write(const struct key *key);
/*
 * 44 characters, then nothing but white space and NUL; not a placeholder.  false: reported,
 * in wg's words where wg has the error.
 */
bool keytext_read(struct key *key);
/* wg's warning, if others can read what we are about to write a secret to. */
void keytext_warn(void);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_SELFTEST_H
#define CRYPTO_SELFTEST_H

/* Known-answer tests of all primitives, at start (aead_init() checks the AEAD backends). */

/* NULL if all are right, else the name of the primitive that gave a wrong answer: refuse to run. */
const char *selftest(void);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

/*
 * A fuzz target: one file with these two, linked either with libFuzzer
 * (-fsanitize=fuzzer), or with main.c, which replays files and generates
 * inputs.  A target that finds a fault reports it and aborts.
 */

#include <stddef.h>
#include <stdint.h>

#include "sim/prng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Generate a plausible input; its length, at most cap. */
size_t target_make(struct prng *prng, uint8_t *out, size_t cap);
extern const size_t target_cap;

/* Say what is wrong, and abort. */
void target_wrong(const char *target, const char *what) __attribute__((noreturn));

#endif

/* SPDX-License-Identifier: ISC */
#ifndef PAIR_QR_H
#define PAIR_QR_H

/* A text as a QR code for a terminal. libqrencode makes the code, if configure found it. */

#include <stdbool.h>
#include <stdint.h>

#include "base/print.h"

/* 0; -ENOTSUP: built without libqrencode; -ERANGE: too long for any code; -ENOMEM. */
int qr_print(struct print *out, const struct print *text, bool colour);
/*
 * width rows of width modules; lowest bit set: dark. Drawn as half blocks, two rows per line,
 * with the light margin that the standard requires. With colour, it is true black and white;
 * without, light is the terminal's foreground, so its background must be dark.
 */
void qr_draw(struct print *out, const uint8_t *module, unsigned width, bool colour);

#endif

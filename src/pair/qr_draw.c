/* SPDX-License-Identifier: ISC */
#include "pair/qr.h"

enum { MARGIN = 4 };

/* Everything beyond the code is light. */
static bool is_light(const uint8_t *module, unsigned width, unsigned row, unsigned column)
{
	if (row < MARGIN || column < MARGIN || row >= MARGIN + width || column >= MARGIN + width)
		return true;
	return !(module[(row - MARGIN) * width + column - MARGIN] & 1);
}

void qr_draw(struct print *out, const uint8_t *module, unsigned width, bool colour)
{
	/* Upper half first, then lower half: light is the foreground. */
	static const char *const block[2][2] = { { " ", "\u2584" }, { "\u2580", "\u2588" } };
	unsigned all = width + 2 * MARGIN, row, column;

	for (row = 0; row < all; row += 2) {
		if (colour)
			print_add(out, "\033[38;5;231;48;5;16m");
		for (column = 0; column < all; column++) {
			bool upper = is_light(module, width, row, column);
			/* The code has an odd number of rows: below the last one is margin. */
			bool lower = is_light(module, width, row + 1, column);

			print_add(out, "%s", block[upper][lower]);
		}
		print_add(out, "%s\n", colour ? "\033[0m" : "");
	}
}

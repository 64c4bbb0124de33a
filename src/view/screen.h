/* SPDX-License-Identifier: ISC */
#ifndef VIEW_SCREEN_H
#define VIEW_SCREEN_H

/* A whole terminal to draw on, restored afterwards. */

#include <stdbool.h>
#include <termios.h>

#include "base/text.h"

struct screen {
	bool open, keys;
	struct termios before; /* of standard input, if keys */
};

/* Take over the terminal on standard output; if input is one too, keys come one by one. */
void screen_open(struct screen *s);
/* Restore it; may be called twice. */
void screen_close(struct screen *s);
/* Replace everything shown: what does not fit is cut off, and the footer is the last line. */
void screen_draw(struct screen *s, struct text lines, const char *footer);
/* The key that was pressed; 0: none. Only if keys can come. */
char screen_key(struct screen *s);

#endif

/* SPDX-License-Identifier: ISC */
#include "view/screen.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/print.h"

enum { ROWS_USUALLY = 24 };

/* Switch to the alternate screen; hide the cursor; cut long lines at the edge. */
static const char enter[] = "\x1b[?1049h\x1b[?25l\x1b[?7l";
static const char leave[] = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

void screen_open(struct screen *s)
{
	struct termios t;

	if (s->open)
		return;
	s->keys = isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
		  tcgetattr(STDIN_FILENO, &s->before) == 0;
	if (s->keys) {
		t = s->before;
		t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		t.c_cc[VMIN] = 0;
		t.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &t);
	}
	s->open = true;
	fputs(enter, stdout);
	fflush(stdout);
}

void screen_close(struct screen *s)
{
	if (!s->open)
		return;
	s->open = false;
	fputs(leave, stdout);
	fflush(stdout);
	if (s->keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
}

static unsigned rows(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
		return ROWS_USUALLY;
	return size.ws_row;
}

void screen_draw(struct screen *s, struct text lines, const char *footer)
{
	unsigned left = rows() - 1;
	struct print out = { 0 };
	struct text line;

	if (!s->open)
		return;
	/* Overwrite from the top, and only then clear the rest, so that nothing flickers. */
	print_add(&out, "\x1b[H");
	while (left && text_split(&lines, '\n', &line)) {
		print_bytes(&out, line.at, text_len(line));
		print_add(&out, "\x1b[0m\x1b[K\r\n");
		left--;
	}
	print_add(&out, "\x1b[J\x1b[999;1H%s\x1b[K", footer);
	if (!out.failed)
		fwrite(out.chars, 1, out.len, stdout);
	fflush(stdout);
	print_fini(&out);
}

char screen_key(struct screen *s)
{
	char key = 0;

	if (!s->keys || read(STDIN_FILENO, &key, 1) != 1)
		return 0;
	return key;
}

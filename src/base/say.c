/* SPDX-License-Identifier: ISC */
#include "base/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static void __attribute__((format(printf, 1, 0))) vsay(const char *format, va_list ap)
{
	int err = errno;

	fputs("taut: ", stderr);
	errno = err;
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
}

void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsay(format, ap);
	va_end(ap);
}

int say_usage(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsay(format, ap);
	va_end(ap);
	fputs("Try 'taut help'.\n", stderr);
	return EXITCODE_USAGE;
}

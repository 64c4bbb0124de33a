/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "pair/qr.h"

int qr_print(struct print *out, const struct print *text, bool colour)
{
	(void)out;
	(void)text;
	(void)colour;
	return -ENOTSUP;
}

/* SPDX-License-Identifier: ISC */
#include "pair/qr.h"

#include <errno.h>
#include <qrencode.h>

#include "base/bytes.h"

/* The lowest level of correction: a screen has no scratches, and small codes scan best. */
int qr_print(struct print *out, const struct print *text, bool colour)
{
	QRcode *code;

	code = QRcode_encodeString8bit(text->chars, 0, QR_ECLEVEL_L);
	if (!code)
		return errno == ERANGE || errno == ENOMEM ? -errno : -EINVAL;
	qr_draw(out, code->data, (unsigned)code->width, colour);
	wipe(code->data, (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
	return out->failed ? -ENOMEM : 0;
}

/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_UAPI_H
#define CONTROL_UAPI_H

/*
 * WireGuard's cross-platform control protocol as text
 * (https://www.wireguard.com/xplatform/), without a socket.
 */

#include "base/print.h"
#include "base/text.h"
#include "conf/conf.h"

enum {
	UAPI_LINE_MAX = 4096,        /* longer lines: -EPROTO */
	UAPI_REQUEST_MAX = 64 << 20, /* longer requests: the connection is closed */
};

enum uapi_verb {
	UAPI_NONE, /* the request is not complete yet */
	UAPI_GET,
	UAPI_SET,
	UAPI_OTHER, /* first line is neither: taut's own verbs ("status=1"), or garbage */
};

/*
 * A request ends at its empty line.  Looks for that in the len bytes received so
 * far, from *scanned on (0 at first; kept by the caller so that a request of
 * megabytes is scanned once).  If it is complete: *request is all of it without the
 * empty line and the newline before that, *used the number of bytes to consume,
 * *scanned 0 again.  UAPI_GET may have lines after "get=1": EINVAL.
 */
enum uapi_verb uapi_frame(const char *bytes, size_t len, size_t *scanned, struct text *request,
			  size_t *used);

/*
 * Parse the lines of a set request (the first, "set=1", included) into *c, an empty
 * conf.  0, or -EINVAL / -EPROTO / -ENOMEM as in the protocol (the first error
 * counts); after an error discard *c: nothing is applied.  Device keys after the
 * first public_key are errors.
 */
int uapi_set(struct conf *c, struct text request);

/*
 * The answer to a get request: all lines of c, "errno=0" and the empty line. A peer without
 * CONF_PEER_PSK has no preshared_key line.
 */
void uapi_get(struct print *out, const struct conf *c);
/* An answer of only an errno, printed as it is (set: negative), and an empty line. */
void uapi_errno(struct print *out, int number);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CLI_AWAIT_H
#define CLI_AWAIT_H

/* Wait for the first handshake of one peer of a running tunnel. */

#include <stdbool.h>
#include <stdint.h>

#include "base/key.h"
#include "view/tunnelview.h"

struct await {
	struct key peer;                /* whom to wait for */
	char reason[TUNNELVIEW_REASON]; /* what the daemon said of it last; "": nothing */
	uint16_t port;                  /* that the tunnel listens on */
};

/* false: not within so many seconds. Asks at least once. */
bool await_handshake(struct await *w, const char *name, unsigned seconds);

#endif

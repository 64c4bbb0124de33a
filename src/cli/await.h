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
	char reason[TUNNELVIEW_REASON]; /* the daemon's last word on it; "": nothing */
	uint16_t port;                  /* the tunnel listens on it */
};

/* false: not within that time. Asks at least once. */
bool await_handshake(struct await *w, const char *name, unsigned seconds);

#endif

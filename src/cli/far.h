/* SPDX-License-Identifier: ISC */
#ifndef CLI_FAR_H
#define CLI_FAR_H

/* The far end of a tunnel, as the file here describes it, and what a file there must say. */

#include <limits.h>
#include <stdbool.h>

#include "base/text.h"
#include "cli/pairline.h"
#include "cli/pairopts.h"
#include "conf/conf.h"

struct far {
	struct pairopts o; /* set these three, all else zero */
	char path[PATH_MAX];
	char name[CONF_NAME_MAX + 1];

	struct print text; /* our file; with the new peer, once far_make() is done */
	size_t kept;       /* of it: what was there */
	struct conf conf;
	struct key own; /* public */
	bool is_new, has_psk;
	struct key private_key, public_key, psk; /* the peer's; no private key unless it is new */
	struct prefix address[PAIROPT_LIST];     /* the peer's */
	size_t n_address;
	struct prefix allowed[PAIROPT_LIST]; /* what it sends to us */
	size_t n_allowed;
	char endpoint[PAIRLINE_ENDPOINT_TEXT]; /* ours; "": it is we who dial */
	uint16_t port;                         /* that the peer listens on; 0: any */
};

/* Read our file. false: said why. */
bool far_open(struct far *f);
/* Choose or make the peer that the options mean, and write its file. false: said why. */
bool far_make(struct far *f, struct print *out);
/* A peer that is new goes into our file. false: said why. */
bool far_commit(struct far *f);
/* Wipe and free; also after far_open() failed. */
void far_close(struct far *f);

#endif

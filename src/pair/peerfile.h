/* SPDX-License-Identifier: ISC */
#ifndef PAIR_PEERFILE_H
#define PAIR_PEERFILE_H

/* The far end of a tunnel, as described by the file here, and what a file there must say. */

#include <limits.h>
#include <stdbool.h>

#include "base/print.h"
#include "conf/conf.h"
#include "pair/conftext.h"
#include "pair/pairline.h"
#include "pair/pairopts.h"

struct peerfile {
	struct pairopts o; /* set these three and zero the rest */
	char path[PATH_MAX];
	char name[CONF_NAME_MAX + 1];

	struct print text; /* our file; with the new peer, once peerfile_make() is done */
	size_t kept;       /* bytes of it that were there before */
	char psk_file[CONFTEXT_PSK_FILE]; /* of the new peer */
	struct conf conf;
	struct key own; /* public */
	bool is_new, has_psk;
	struct key private_key, public_key, psk; /* the peer's; no private key unless it is new */
	struct prefix address[PAIROPT_LIST];     /* the peer's */
	size_t n_address;
	struct prefix allowed[PAIROPT_LIST]; /* what it sends to us */
	size_t n_allowed;
	char endpoint[PAIRLINE_ENDPOINT_TEXT]; /* ours; "": we dial */
	uint16_t port;                         /* the peer listens on it; 0: any */
};

/* Read our file. false: reported. */
bool peerfile_open(struct peerfile *f);
/* Choose or create the peer that the options name, and write its file. false: reported. */
bool peerfile_make(struct peerfile *f, struct print *out);
/* Add a new peer to our file. false: reported. */
bool peerfile_commit(struct peerfile *f);
/* Wipe and free; also after peerfile_open() failed. */
void peerfile_close(struct peerfile *f);

#endif

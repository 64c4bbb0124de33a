/* SPDX-License-Identifier: ISC */
#ifndef PAIR_PAIROPTS_H
#define PAIR_PAIROPTS_H

/* The options of new, join, accept, export and import. None takes a secret. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/exitcode.h"

enum pairopt {
	PAIROPT_START = 1 << 0,
	PAIROPT_FORCE = 1 << 1,
	PAIROPT_LISTEN = 1 << 2,
	PAIROPT_ENDPOINT = 1 << 3,
	PAIROPT_ADDRESS = 1 << 4,
	PAIROPT_PSK = 1 << 5, /* and --no-psk, which is the default */
	PAIROPT_PEER = 1 << 6,
	PAIROPT_WG_QUICK = 1 << 7,
	PAIROPT_QR = 1 << 8,
	PAIROPT_NEW_PEER = 1 << 9,
	PAIROPT_ALLOWED = 1 << 10,
	PAIROPT_TIMEOUT = 1 << 11,
};

enum { PAIROPT_LIST = 8, PAIROPT_PORT = 51820, PAIROPT_TIMEOUT_S = 45 };

struct pairopts {
	unsigned given;      /* enum pairopt; PAIROPT_PSK: --psk, with no --no-psk after it */
	const char *word[2]; /* non-option words; NULL: not given */
	uint16_t port;       /* of --listen; 0: any free one */
	const char *endpoint[PAIROPT_LIST], *address[PAIROPT_LIST], *allowed[PAIROPT_LIST];
	size_t n_endpoint, n_address, n_allowed;
	const char *peer;
	unsigned timeout_s;
	bool quiet;
};

/* What a verb understands. */
struct pairopts_of {
	unsigned known; /* enum pairopt */
	unsigned min_words, max_words;
	const char *usage; /* for --help, all of it */
};

/*
 * Read a verb's words. false: nothing more to do, and *status is the exit status (after
 * --help, or an error that was reported).
 */
bool pairopts_read(struct pairopts *o, const struct pairopts_of *of, int argc, char **argv,
		   bool quiet, int *status);

#endif

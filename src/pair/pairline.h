/* SPDX-License-Identifier: ISC */
#ifndef PAIR_PAIRLINE_H
#define PAIR_PAIRLINE_H

/*
 * The line that pairs two hosts: "taut-pair:" and one word of base64url.
 *
 * 	version 1 | kind 1 | length of all 2 | public key 32 | fields | check 5
 *
 * A field is its type, its length (a byte each), and its value; check is the BLAKE2s of
 * everything before it. Numbers are big-endian. Each meaning has exactly one text, so a line
 * changed anywhere is refused.
 *
 * The name is that of the sender's tunnel and, after an '@', of its host, if known.
 *
 * The offer goes from `taut new` to `taut join`, the answer from there to `taut
 * accept`.  Neither holds a private key.  An offer may hold a preshared key: then
 * it is a secret.  An answer never is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/ip.h"
#include "base/key.h"
#include "base/prefix.h"
#include "conf/conf.h"

enum {
	PAIRLINE_ENDPOINTS = 8,
	PAIRLINE_HOST = 253,   /* characters of a name */
	PAIRLINE_SENDER = 63,  /* characters of the sender's host name */
	PAIRLINE_ID = 8,       /* bytes of the offer's fingerprint */
	PAIRLINE_TEXT = 1024,  /* characters of any line, with its NUL */
	PAIRLINE_WHY = 160,    /* a sentence, with its NUL */
	PAIRLINE_FAMILIES = 2, /* inner addresses: [0] IPv4, [1] IPv6 */
};

enum pairline_kind { PAIRLINE_OFFER = 1, PAIRLINE_ANSWER = 2 };

/* Where the sender can be dialled. */
struct pairline_endpoint {
	struct ip ip; /* family 0: use host */
	char host[PAIRLINE_HOST + 1];
	uint16_t port; /* not 0 */
};

struct pairline {
	enum pairline_kind kind;
	char name[CONF_NAME_MAX + 1];                          /* of the sender's tunnel */
	char sender[PAIRLINE_SENDER + 1];                      /* its host; "": not given */
	struct key public_key;                                 /* the sender's */
	struct pairline_endpoint endpoint[PAIRLINE_ENDPOINTS]; /* the best first */
	size_t n_endpoint;
	/*
	 * Of an offer: the inner addresses of its sender and of the host that answers, each
	 * pair in one network. family 0: none of this family.
	 */
	struct prefix ours[PAIRLINE_FAMILIES], theirs[PAIRLINE_FAMILIES];
	struct key psk;          /* of an offer; zero: none */
	uint8_t id[PAIRLINE_ID]; /* of an answer: the offer's pairline_id() */
};

/* Write the text and a NUL; false: pairline_read() would not accept this line. */
bool pairline_write(char text[PAIRLINE_TEXT], const struct pairline *line);
/*
 * 0; -EAGAIN: the text ends too early, more of it may follow; -EINVAL. On error *why is a
 * sentence for the user, and *line is wiped.
 */
int pairline_read(struct pairline *line, const char *text, size_t len, char why[PAIRLINE_WHY]);
/* The id by which an answer names the offer. It does not cover the preshared key. */
void pairline_id(uint8_t id[PAIRLINE_ID], const struct pairline *offer);

/* Fill in this host as the sender. */
void pairline_sign(struct pairline *line);
/* What the other end calls the sender: its host, else its tunnel. */
const char *pairline_called(const struct pairline *line);
bool pairline_has_psk(const struct pairline *line);
/*
 * Why the inner addresses of an offer cannot be those of two hosts in one tunnel, as the end of
 * a sentence ("its network is wider than ..."); NULL: they can, or it is no offer. They get
 * routes at both ends, so the maker of a line must not choose more than two of them, nor those
 * that every host uses for itself.
 */
const char *pairline_inner_fault(const struct pairline *line);
/*
 * The sender says that it can be dialled at an address that the offer gives to one of the hosts
 * inside the tunnel: its own packets would go in circles.
 */
bool pairline_dials_inside(const struct pairline *sender, const struct pairline *offer);
/* A place that another host can dial, not a word for this one ("localhost", "127.1"). */
bool pairline_endpoint_ok(const struct pairline_endpoint *e);
/* "203.0.113.7:51820", "[2001:db8::7]:51820", "vpn.example.org:51820" */
enum { PAIRLINE_ENDPOINT_TEXT = PAIRLINE_HOST + 8 };
void pairline_print_endpoint(char text[PAIRLINE_ENDPOINT_TEXT], const struct pairline_endpoint *e);
/* HOST, HOST:PORT, ADDRESS, [V6]:PORT; port is the default. true: pairline_endpoint_ok(). */
bool pairline_parse_endpoint(struct pairline_endpoint *e, const char *text, uint16_t port);
/* A name as the resolver accepts it: letters, digits, '-', '_' and '.'. */
bool pairline_host_ok(const char *host, size_t len);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef PAIR_CONFTEXT_H
#define PAIR_CONFTEXT_H

/* Configuration as text, in the format of wg-quick, and whether it is valid. */

#include <stdbool.h>

#include "base/key.h"
#include "base/prefix.h"
#include "base/print.h"
#include "base/text.h"
#include "conf/conf.h"

struct conftext_interface {
	const char *key_file;          /* where its private key is; NULL: in the text */
	const struct key *private_key; /* NULL: to be filled in by hand, as a comment says */
	const struct key *public_key;  /* of that key, for the comment */
	uint16_t port;                 /* 0: none */
	uint32_t mtu;                  /* 0: none */
	const struct prefix *address;  /* family 0: skipped */
	size_t n_address;
	bool hosts; /* only these addresses, not their networks */
};

struct conftext_peer {
	const char *name; /* for people; NULL: none */
	const struct key *public_key;
	const struct key *psk; /* NULL or zero: none */
	const char *psk_file;  /* where it is; NULL: in the text */
	const char *endpoint;  /* NULL: none */
	bool dial;             /* keep the way open through NAT */
	/* family 0: skipped */
	const struct prefix *allowed;
	size_t n_allowed;
	bool hosts; /* only the addresses of allowed, not their networks */
};

/* The file for a private or preshared key. */
void conftext_key(struct print *out, const struct key *key);
/* Its name, next to the configuration: NAME.key. */
enum { CONFTEXT_KEY_FILE = CONF_NAME_MAX + 5 };
void conftext_key_file(char text[CONFTEXT_KEY_FILE], const char *name);
/* A file for the key that we share with the peer of that public key: NAME.psk/PEER. */
enum { CONFTEXT_PSK_FILE = CONF_NAME_MAX + 5 + KEY_BASE64_LEN };
void conftext_psk_file(char text[CONFTEXT_PSK_FILE], const char *name, const struct key *peer);
/*
 * A configuration with the private key moved to that file: the line of this number, which held
 * the key or named another file, now names that one; its comment stays.
 */
void conftext_move_key(struct print *out, struct text from, uint32_t number, const char *key_file);
void conftext_interface(struct print *out, const struct conftext_interface *d);
void conftext_peer(struct print *out, const struct conftext_peer *d);
/* "10.0.0.1/31, fd00::1/64"; the addresses alone, or with their bits. */
void conftext_addresses(struct print *out, const struct prefix *p, size_t n, bool bits);

/*
 * Read a text as the file that name stands for, including its key files, and check it as a
 * whole. *conf is initialised here, and valid only on true. *public_key is its own key. false:
 * each error was reported. Warnings are reported too, unless quiet. settle: it is somebody's
 * finished file, in which all that wg(8) accepts has its meaning (conf_settle()).
 */
bool conftext_read(struct conf *conf, struct key *public_key, const char *name,
		   const struct print *text, bool quiet, bool settle);

#endif

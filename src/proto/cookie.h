/* SPDX-License-Identifier: ISC */
#ifndef PROTO_COOKIE_H
#define PROTO_COOKIE_H

/*
 * mac1, mac2 and cookies (whitepaper 5.3, 5.4.4, 5.4.7): the proof that a
 * handshake message is meant for us, and, under load, that its sender can be
 * reached at its address.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/key.h"
#include "crypto/rng.h"
#include "proto/wire.h"

/* The two keys derived from a public key. */
struct cookie_keys {
	uint8_t mac1[32];
	uint8_t cookie[32];
};

/* Our side: checks what arrives, makes cookie replies. In the vault. */
struct cookie_checker {
	struct cookie_keys keys; /* of our public key */
	uint8_t secret[32];      /* changes every 120 s; all cookies die with it */
	uint64_t secret_born;    /* 0: there is none yet */
};

/*
 * One peer's side: adds macs to what we send to it, remembers its cookie. A zeroed struct has
 * none.
 */
struct cookie_maker {
	struct cookie_keys keys; /* of its public key */
	uint8_t cookie[COOKIE_LEN];
	uint64_t born;
	bool valid; /* there is a cookie */
	bool sent;  /* last_mac1 is of a message that no cookie reply has answered yet */
	uint8_t last_mac1[MAC_LEN];
};

void cookie_keys_set(struct cookie_keys *k, const struct key *public_key);

/* macs are the last 32 bytes of the message of len bytes. */
bool cookie_mac1_ok(const struct cookie_checker *c, const void *message, size_t len)
	__attribute__((warn_unused_result));
/* Its sender claims to have a cookie. */
bool cookie_has_mac2(const void *message, size_t len);
bool cookie_mac2_ok(struct cookie_checker *c, const void *message, size_t len,
		    const struct endpoint *from, uint64_t now, const struct rng *rng)
	__attribute__((warn_unused_result));
/* The reply to a message with a valid mac1 from this address. */
void cookie_reply(struct cookie_checker *c, struct wire_cookie *reply, const void *message,
		  size_t len, const struct endpoint *from, uint64_t now, const struct rng *rng);

/* Fill in both macs of a message to the peer and remember mac1. */
void cookie_add_macs(struct cookie_maker *m, void *message, size_t len, uint64_t now);
/* true: the cookie is authentic, answers our last message, and is kept. */
bool cookie_take(struct cookie_maker *m, const struct wire_cookie *reply, uint64_t now)
	__attribute__((warn_unused_result));

#endif

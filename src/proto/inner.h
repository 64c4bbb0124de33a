/* SPDX-License-Identifier: ISC */
#ifndef PROTO_INNER_H
#define PROTO_INNER_H

/*
 * Inner packets: the few fields of an IPv4 or IPv6 header that a tunnel needs. Nothing here
 * trusts a length field before it is checked.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/allowed.h"

/* 4 or 6 if the first len bytes can hold the header of that version; 0: not IP. */
int inner_version(const uint8_t *data, size_t len);
/*
 * The length that the header states; 0 if it is longer than len, or shorter than the header,
 * which with IPv4 states its own length, too: at least 20. Version as above.
 */
size_t inner_length(const uint8_t *data, size_t len, int version);

/* The peer that owns the destination or source address; NULL: none. */
struct peer *inner_destination(const struct allowed *a, const uint8_t *data, int version);
struct peer *inner_source(const struct allowed *a, const uint8_t *data, int version);
void inner_source_ip(const uint8_t *data, int version, struct ip *out);
void inner_destination_ip(const uint8_t *data, int version, struct ip *out);
/* For one host: neither multicast nor broadcast, such as hosts send unprompted. */
bool inner_is_for_one(const uint8_t *data, int version);
/* It requires an answer: TCP, or a ping. */
bool inner_wants_answer(const uint8_t *data, size_t len, int version);

/*
 * ECN through the tunnel (RFC 6040, compatibility of never dropping): the outer TOS for a
 * packet to send, and the mark of a received outer TOS copied into the inner header.
 */
uint8_t inner_ecn_out(const uint8_t *data, int version);
void inner_ecn_in(uint8_t *data, int version, uint8_t outer_tos);

#endif

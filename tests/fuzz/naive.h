/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_NAIVE_H
#define FUZZ_NAIVE_H

/*
 * Cutting big packets up and judging joined ones, written as plainly as the rules
 * read (RFC 1071, 791, 8200, 9293, 768, and what Linux' own segmenter does): byte by
 * byte, slowly, and with nothing taken over from the code that it is to judge.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/batch.h"
#include "io/vnet.h"

enum { NAIVE_PACKET = 65535 };

/* The checksum over some bytes and a pseudo-header for them (of ip, protocol). */
uint16_t naive_csum(const uint8_t *bytes, size_t len, uint32_t start);
uint16_t naive_l4_csum(const uint8_t *ip, size_t l4, size_t len, uint8_t protocol);

/*
 * Segment number i of what a device gave (virtio header in front), its length in
 * *len.  false: there is none; for i 0: the whole makes no sense.
 */
bool naive_segment(const uint8_t *data, size_t data_len, size_t l2len, uint32_t i, uint8_t *out,
		   size_t *len);

/*
 * Two packets mean the same on the wire: equal, but for both ways to write a zero
 * checksum, and for the number of an IPv4 packet that must not be fragmented.
 */
bool naive_same(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);

/* Which flow a packet is of, as a number; -1: none that is ever joined; -2: may be of any. */
long naive_flow(const uint8_t *packet, size_t len);

#endif

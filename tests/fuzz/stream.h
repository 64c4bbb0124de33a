/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_STREAM_H
#define FUZZ_STREAM_H

/*
 * Packets of a few interleaved flows, made from four bytes each: mostly what a
 * sender of a stream would send next, and now and then with a disturbance.
 */

#include <stddef.h>
#include <stdint.h>

enum { STREAM_OP = 4, STREAM_FLOWS = 8, STREAM_MOST = 1600 };

struct stream_flow {
	uint32_t seq, ack;
	uint16_t window, id;
	uint8_t ttl, tos, options;
};

struct stream {
	struct stream_flow flow[STREAM_FLOWS];
	uint32_t made;
};

/* Even numbers of flows are IPv4; 0..3 are TCP. */
void stream_init(struct stream *s);
/* The packet that op stands for; its length. out has STREAM_MOST bytes. */
size_t stream_packet(struct stream *s, const uint8_t op[STREAM_OP], uint8_t *out);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef UNIT_PAIR_H
#define UNIT_PAIR_H

/*
 * Two tunnels that communicate through memory.  The clock is a variable; what a side
 * sends stays in its `out` until the test delivers, changes or discards it.
 *
 *	struct pair *p = pair_new(false);
 *	side_send(p, &p->a, 84);	an inner packet for the other side
 *	pair_pump(p);			deliver until both are quiet
 *	pair_run(p, 10 * SECOND_NS);	the same, with ticks when they are due
 *	pair_free(p);
 */

#include "proto/admin.h"
#include "proto/tunnel.h"
#include "seed.h"

enum { DATAGRAM_MAX = 2048, QUEUE_MAX = 512, LOG_MAX = 2048 };

struct datagram {
	uint8_t data[DATAGRAM_MAX];
	uint32_t len;
	uint8_t tos;
	struct endpoint from, to;
};

/* Datagrams, or plain packets, in order. */
struct queue {
	struct datagram d[QUEUE_MAX];
	uint32_t n;
};

struct side {
	struct tunnel t;
	struct batch batch;
	struct seed seed;
	struct key private_key, public_key;
	struct endpoint at; /* where the other side sees it */
	struct peer *peer;  /* the other side, as this one knows it */
	uint8_t inner[4];   /* its address inside the tunnel */
	struct queue out;   /* sent, not delivered yet */
	struct queue dev;   /* came out of the tunnel */
	struct {
		uint64_t at;
		uint32_t type, len;
	} log[LOG_MAX]; /* all that it ever sent */
	uint32_t n_log;
};

struct pair {
	struct side a, b; /* a starts the handshakes of pair_connect() */
	struct instant now;
	bool cut; /* nothing arrives */
};

/* Both are up, know each other, allow each other's inner address; no handshake yet. */
struct pair *pair_new(bool psk);
void pair_free(struct pair *p);
struct side *pair_other(struct pair *p, const struct side *s);
/* Another tunnel, down, without a key; and how to free it. */
void side_init(struct side *s, uint64_t seed);
void side_fini(struct side *s);

/* Only the clocks move. */
void pair_pass(struct pair *p, uint64_t ns);
/* Deliver until nothing is left. */
void pair_pump(struct pair *p);
/* For that long: tick when it is due, and deliver. */
void pair_run(struct pair *p, uint64_t ns);
/* A handshake from a, confirmed; queues and logs are empty after it. */
void pair_connect(struct pair *p);

/* Write an IPv4 packet of len bytes, the payload following from len. */
void side_packet(uint8_t *out, const uint8_t from[4], const uint8_t to[4], size_t len);
/* A packet of len bytes from the inside of this side to the other; its fate. */
enum fate side_send(struct pair *p, struct side *s, size_t len);
/* Any bytes from the inside; their fate. */
enum fate side_write(struct pair *p, struct side *s, const void *data, size_t len);
/* A datagram arrives; what became of it in the end, the handshake lane included. */
enum fate side_hear(struct pair *p, struct side *s, const struct datagram *d);
void side_tick(struct pair *p, struct side *s);
/* The oldest of what it sent, taken out; it must be of this type. */
struct datagram side_take(struct side *s, uint32_t type);
/* An authentic data message of this side's current session with any content and counter. */
struct datagram side_forge(struct side *s, uint64_t counter, const void *plain, size_t len);
/* How many messages of this type it sent since the log was emptied. */
uint32_t side_said(const struct side *s, uint32_t type);
/* What the log says it sent last. */
uint64_t side_last_at(const struct side *s);
void side_forget(struct side *s);
/* Take events until one of this kind; false if there is none. All older ones are lost. */
bool side_event(struct side *s, enum event_kind kind, struct event *e);

/* All that a stranger must not be able to change, as bytes to compare. */
struct picture {
	uint8_t bytes[1 << 16];
	size_t len;
};

void side_picture(const struct side *s, struct picture *picture);

#endif

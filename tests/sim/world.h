/* SPDX-License-Identifier: ISC */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

/*
 * A world: a few tunnels, a bad wire between them, one virtual clock, and one
 * seed that everything follows from.
 *
 *   node 0 (fixed address) --- wire: loss, delay, duplication, reordering,
 *   node 1..3 (they roam)      corruption, partitions --- and an attacker who has
 *                              seen every datagram and may send any
 *
 * First chaos, in which every step is checked for safety; then all faults end,
 * and payload must flow both ways within a bound; then silence, which must stay
 * silent.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/admin.h"
#include "proto/tunnel.h"
#include "sim/prng.h"
#include "unit/seed.h"

enum {
	NODES_MAX = 4,
	HOMES = 3, /* addresses of a node */
	DATAGRAM_MAX = 1600,
	HISTORY = 512, /* datagrams the attacker remembers */
	SUBMITTED_MAX = 1 << 14,
	BATCH_PACKETS = 512,
	BURST = 6, /* units of a node in flight together */
};

/* What a seed switches on, and how badly. Parts per million, or ns. */
struct wire_faults {
	uint32_t loss, duplicate, corrupt, mark_ce;
	uint64_t delay, jitter;
	uint32_t one_way_loss; /* of node 0 -> others, on top */
	uint64_t partition_every, partition_for;
	uint64_t roam_every, restart_every, flap_every, rekey_every, attack_every;
	uint64_t clock_step_every;
	uint64_t flood_every; /* valid mac1 from many addresses */
	uint64_t grain;       /* datagrams arrive at multiples of it only, so several at once */
	uint32_t clump;       /* the most packets that are sent at once */
};

struct datagram {
	uint64_t at, order;
	struct endpoint from, to;
	uint64_t id;  /* of the transmission it is a copy of; 0: made up */
	int sender;   /* node, or -1: the attacker */
	int origin;   /* node that made it, if genuine */
	bool genuine; /* bytes as a node sent them */
	uint8_t tos;
	uint32_t len;
	uint8_t data[DATAGRAM_MAX];
};

/* What one node gave its tunnel for another. */
struct flow {
	uint32_t submitted;
	uint8_t delivered[SUBMITTED_MAX / 8];
	uint64_t last_submitted_at;
	uint64_t first_delivered_at; /* since the last look; 0: nothing */
};

/* What the checks remember of one node's view of one peer. */
struct watch {
	uint64_t initiation_at; /* 0: none since the gate was last reset */
	uint32_t initiations;   /* since the last packet submitted for, or heard from, the peer */
	uint8_t timestamp[12];  /* of the last initiation */
};

struct node {
	bool alive;
	struct tunnel tunnel;
	struct prng prng; /* the tunnel's own chance */
	struct rng rng;
	struct key private_key, public_key;
	struct endpoint address;
	struct endpoint home[HOMES];
	unsigned homes; /* a bit for each home where it is; 0: it is at its address alone */
	int64_t skew;   /* of its wall clock, ns */
	uint16_t keepalive;
	struct flow flow[NODES_MAX];
	struct watch watch[NODES_MAX];
	uint8_t sent[NODES_MAX][TIMESTAMP_LEN]; /* what outlives a restart */
	uint64_t next_traffic;
	uint32_t burst_left;
	int burst_to;
	uint64_t emitted; /* datagrams */
};

/* A packet or datagram of a burst, on its way through a tunnel. */
struct unit {
	struct batch batch;
	struct flight flight;
	struct datagram *datagram; /* NULL: a packet to send */
};

/* Highest nonce seen under each sending key, to prove that none comes twice. */
struct nonce_slot {
	uint8_t key[32];
	uint64_t next;
	bool used;
};

struct world {
	uint64_t seed, now;
	struct prng prng;
	struct prng coarse; /* for grain and clumps */
	bool adversary;     /* the jobs of a burst are done in any order */
	struct seed disorder;
	struct unit unit[BURST]; /* of one node, in one direction */
	uint32_t n_units;
	int unit_node;
	bool sweeping;   /* at the end of a burst only */
	uint64_t bursts; /* of more than one unit */
	int n_nodes;
	struct node node[NODES_MAX];
	struct key psk[NODES_MAX][NODES_MAX];
	int outsider; /* this node has wrong preshared keys; -1: none */
	struct wire_faults faults;
	bool partitioned;
	uint64_t next_partition, next_roam, next_restart, next_flap, next_rekey, next_attack,
		next_flood, next_clock_step;
	/* the wire: a heap by (at, order) */
	struct datagram **heap;
	uint32_t n_heap, cap_heap;
	uint64_t order, transmissions;
	struct datagram *history[HISTORY];
	uint32_t n_history;
	/* what came of it */
	struct nonce_slot *nonces;
	uint32_t n_nonces, cap_nonces;
	uint8_t *seen; /* [transmission ids] delivered to a node: bit per id */
	uint64_t cap_seen;
	uint64_t digest; /* of every byte that was sent or delivered, and when */
	uint64_t delivered, emitted, attacker_out, attacker_in, handshakes;
	uint64_t tries; /* how often a node looked for another elsewhere */
	bool healing, quiet;
	struct batch batch;
	char failure[256]; /* empty: all well */
};

/*
 * adversary: every burst has all its units in flight together, and their jobs are done in
 * a seeded random order.  Nothing that a node sends or delivers may change by it.
 */
int world_init(struct world *w, uint64_t seed, bool adversary);
/*
 * Two nodes that say nothing of themselves; node 1 knows node 0 at its first home, where it
 * is. Only these faults of the wire.
 */
int world_init_calm(struct world *w, uint64_t seed, const struct wire_faults *faults);
/* A packet from one node to the other. */
void world_send(struct world *w, int from, int to);
void world_fini(struct world *w);
/* Run until this time, or until something fails. */
void world_run(struct world *w, uint64_t until);
/* All faults end, everyone is back; traffic every second both ways. */
void world_heal(struct world *w);
/*
 * The longest any pair (that should connect) waited for payload since healing, ns;
 * UINT64_MAX: it still waits.
 */
uint64_t world_connected_after(const struct world *w, uint64_t healed_at);
void world_hush(struct world *w);
void world_digest(struct world *w, const void *what, size_t len);
bool world_should_connect(const struct world *w, int a, int b);

/* --- check.c --- */

void check_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A datagram leaves the node. */
void check_emitted(struct world *w, int node, const struct pkt *p);
/* A plain packet reaches the node's device. */
void check_delivered(struct world *w, int node, const struct pkt *p, uint64_t session_born);
/* After each step of the node. */
void check_node(struct world *w, int node);
/* The packet that node i gives its tunnel as number seq for node k. Its length. */
size_t packet_make(uint8_t *out, int from, int to, uint32_t seq, uint64_t seed);

#endif

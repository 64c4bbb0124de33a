/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_INTERNAL_H
#define DAEMON_INTERNAL_H

/* The one struct that the files of the running daemon share; private to them. */

#include "base/log.h"
#include "control/control.h"
#include "daemon/daemon.h"
#include "daemon/loop.h"
#include "daemon/peerwatch.h"
#include "daemon/phase.h"
#include "daemon/service.h"
#include "datapath/datapath.h"
#include "host/host.h"
#include "host/network.h"
#include "names/names.h"
#include "netlink/watch.h"

/* Log lines that a stranger or a flapping network can cause. */
enum ratelimit {
	RATELIMIT_UNKNOWN,
	RATELIMIT_PSK,
	RATELIMIT_TIMESTAMP,
	RATELIMIT_ENDPOINT,
	RATELIMIT_RETRY,
	RATELIMIT_COUNT
};

struct daemon {
	struct daemon_options options;
	struct datapath datapath;
	struct loop loop;
	struct service service;
	struct peerwatch peerwatch;
	struct host *host;
	struct control *control;
	struct resolver *resolver;
	struct names names;
	struct watch watch;     /* fd -1: closed */
	struct conf conf;       /* of the file, without its secrets; empty: there is no file */
	struct network network; /* the part of it that is on the host */
	uint32_t ifindex;
	bool link_lost;        /* the device is where netlink cannot see it: in any phase */
	uint32_t mtu;          /* of the device */
	uint32_t segments;     /* limit of a big packet, as we set it; 0: never... */
	uint32_t segments_mtu; /* ...and the mtu then */
	uint32_t segments_met; /* as we found it, on a device that outlives us */
	uint32_t mtu_chosen;   /* by us, the last time; 0: never */
	uint16_t port;         /* of the sockets; 0: none are open */
	uint32_t mark;
	uint32_t table;    /* chosen for the default route; 0: none */
	ev_timer debounce; /* runs for a moment after the network or an endpoint changed */
	bool changed_again, moved_again;
	struct log_ratelimit ratelimit[RATELIMIT_COUNT];
	bool said_no_v6, said_strict; /* log lines that appear once per start */
	enum phase phase;
	int status; /* for the exit, once it was told to stop */
};

/* The state of a peer, with all that is known around it. */
void daemon_peer_state(const struct daemon *d, const struct peer *p, uint64_t mono,
		       struct state *state);
/* The word alone. */
enum state_word daemon_peer_word(const struct daemon *d, const struct peer *p, uint64_t mono);
/* What is known around it. */
void daemon_peer_context(const struct daemon *d, const struct peer *p,
			 struct state_context *around);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_INTERNAL_H
#define DAEMON_INTERNAL_H

/* The one struct that the files of the worker share; private to them. */

#include "base/drift.h"
#include "base/log.h"
#include "control/control.h"
#include "daemon/daemon.h"
#include "daemon/elevate.h"
#include "daemon/handover.h"
#include "daemon/loop.h"
#include "daemon/nameservers.h"
#include "daemon/peerwatch.h"
#include "daemon/service.h"
#include "daemon/stamping.h"
#include "datapath/datapath.h"
#include "diag/status.h"
#include "names/names.h"
#include "netlink/rtnl.h"
#include "netlink/watch.h"
#include "privsep/dnsstate.h"
#include "privsep/reconcile.h"

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
	char name[CONF_NAME_MAX + 1];
	bool has_file;    /* else it is configured over the control socket */
	const char *aead; /* chosen by an option: the file has no say; NULL: it has */
	struct datapath datapath;
	struct loop loop;
	struct elevate elevate;
	struct handover handover;
	struct stamping stamping;
	struct service service;
	struct peerwatch peerwatch;
	struct control *control;
	struct jail_report jail;
	struct resolver *resolver;
	struct names names;
	struct nameservers nameservers;
	struct rtnl rtnl;     /* for questions */
	struct watch watch;   /* fd -1: closed */
	unsigned routes_read; /* notices about routes, since the last debounce */
	struct conf conf;     /* of the file, without its secrets; empty: there is no file */
	struct conf next;     /* that the monitor plans; empty: none */
	enum walk next_walk;
	uint32_t mtu_wish;   /* for the device, as that was planned */
	struct print report; /* lines about the last change, until the monitor has added its own */
	uint32_t ifindex;
	bool link_lost;        /* the device is where netlink cannot see it */
	uint32_t mtu;          /* of the device */
	uint32_t segments;     /* limit of a big packet, as we set it; 0: never... */
	uint32_t segments_mtu; /* ...and the mtu then */
	uint32_t segments_met; /* as we found it, on a device that outlives us */
	uint32_t mtu_chosen;   /* by us, the last time; 0: never */
	struct dns_state dns;  /* by the monitor */
	uint16_t port;         /* of the sockets; 0: none are open */
	uint32_t mark;
	unsigned crossing;  /* what is on the host: CROSSING_DIVERTS, CROSSING_IPV6 */
	struct drift drift; /* what others have taken away from the host, by the monitor... */
	uint64_t drift_at;  /* ...then */
	ev_timer debounce;  /* runs for a moment after the network or an endpoint changed */
	bool changed_again, moved_again;
	struct log_ratelimit ratelimit[RATELIMIT_COUNT];
	bool said_strict; /* a log line that appears once */
	bool configured;  /* the link counts: what a file says is in effect, or there is none */
	bool opening;     /* sockets were asked for, because the link came up */
	bool up;          /* the tunnel is fully up, by the monitor */
	bool over;        /* told to exit */
};

/* Answer the control socket from now on. */
void daemon_serve(struct daemon *d);

/* The state of a peer, with all that is known around it. */
void daemon_peer_state(const struct daemon *d, const struct peer *p, uint64_t mono,
		       struct state *state);
/* The word alone. */
enum state_word daemon_peer_word(const struct daemon *d, const struct peer *p, uint64_t mono);
/* What is known around it. */
void daemon_peer_context(const struct daemon *d, const struct peer *p,
			 struct state_context *around);

/* What has become of the name servers of the file; the texts are the daemon's. */
struct status_dns daemon_dns(const struct daemon *d);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_COMMON_H
#define MONITOR_COMMON_H

/* The one struct that the files of the monitor share; private to them. */

#include <sys/types.h>
#include <unistd.h>

#include "base/log.h"
#include "control/control.h"
#include "control/unixwatch.h"
#include "host/host.h"
#include "host/network.h"
#include "host/upstream.h"
#include "monitor/keep.h"
#include "monitor/monitor.h"
#include "monitor/notify.h"
#include "monitor/phase.h"
#include "monitor/stampfile.h"
#include "monitor/wanted.h"
#include "netlink/notices.h"
#include "privsep/dnsstate.h"
#include "privsep/message.h"
#include "privsep/reconcile.h"

enum { RESTARTS = 5 }; /* of the worker, within 10 s */

/* The worker, as the monitor sees it. */
struct child {
	pid_t pid;    /* 0: there is none */
	int sock;     /* to it; -1: there is none */
	int life;     /* readable when it is dead; -1: not known, it has to be looked at */
	bool ready;   /* it has said so */
	int answered; /* what it said to an order: MESSAGE_PLANNED, MESSAGE_DONE; 0: nothing yet */
	int result;   /* ...and with this result */
	uint32_t mtu; /* ...and this wish for the device; 0: none */
};

#define CHILD_NONE ((struct child){ .sock = -1, .life = -1 })

/* How the UDP sockets are to change: see sockets.h. */
struct sockets_plan {
	int fd[RECONCILE_SOCKETS]; /* new ones, or -1 */
	uint16_t port;
	uint32_t mark;
	bool reopen; /* else only the mark may change */
	bool remark;
};

/* Looking after what is ours on the host: see upkeep.h. Zeroed: it is not done. */
struct upkeep {
	struct notices notices;
	struct wanted wanted;
	bool blind;          /* the device is gone, or where we cannot see it */
	bool look;           /* compare all of it with the host... */
	bool quiet;          /* ...since the link was down: what it took along is no drift */
	uint64_t look_at;    /* when */
	uint64_t looked_at;  /* the last time... */
	uint64_t look_pause; /* ...and how long to wait after it */
	char by[DRIFT_BY];   /* who made a look necessary */
	char name[DRIFT_BY]; /* of the program that had this port in the last notice */
	uint32_t port;
	bool changed; /* something has, that may have to be told... */
	bool tell;    /* ...to the worker... */
	uint64_t told_at;
	bool untold; /* ...and in the log */
	uint64_t log_at;
	struct log_ratelimit lines;
};

struct monitor {
	struct monitor_options options;
	struct user user; /* that the worker becomes */
	struct host *host;
	struct notify notify;
	struct conf conf;       /* of the file, without its secrets; empty: there is no file */
	struct network network; /* the part of it that is on the host... */
	struct upkeep upkeep;   /* ...and is to stay there */
	enum phase phase;
	int status;           /* for the exit, once it was told to stop */
	bool control_gone;    /* somebody has removed the control socket's file */
	bool going_down;      /* bringup_undo() has begun */
	uint64_t hooks_until; /* when Down hooks are given up: clock_monotonic_us() */
	bool impatient;       /* it was told so twice: the hook that runs then is given up */
	int signal_fd;
	int device;                 /* descriptor of the device, for the next worker, too */
	struct unixwatch watch;     /* of the control socket's file */
	int control;                /* the same of the control socket */
	bool name_taken;            /* by a tunnel in another network namespace: control_listen() */
	int udp[RECONCILE_SOCKETS]; /* and of the sockets, -1: none */
	struct keep state;          /* what the worker runs, for the next one */
	struct keep state_next;     /* the same of a commit that the worker has not confirmed yet */
	struct stampfile stamps;
	bool said_unlocked; /* that these may be written to swap space */
	bool committing;    /* it is in the middle of one */
	uint16_t port;      /* of the sockets; 0: none are open */
	uint32_t mark;      /* of the sockets, also of later ones */
	uint32_t table;     /* chosen for the default route; 0: none */
	uint32_t ifindex;   /* of the device; 0: netlink cannot see it */
	bool said_no_v6;
	struct dns_state dns; /* zeroed: the file has none */
	bool said_unguarded;  /* that nftables do not guard the default route */
	bool was_closed;      /* the host, since this tunnel was killed; until it is up again */
	struct {
		struct sockets_plan sockets;
		struct network wanted;
		uint32_t raised_from; /* the MTU, to make room for IPv6; 0: it was not */
	} planned;
	char note[MESSAGE_TEXT +
		  sizeof("STATUS=")]; /* the worker's last, for the service manager */
	struct child worker;
	uint64_t restarted[RESTARTS]; /* when, the latest first */
	unsigned reloads;             /* asked for by the worker, not yet begun */
	uint32_t reload_seq[8];       /* ...and with these numbers */
	bool reload_mute;       /* and one that nobody waits for: by SIGHUP, or the worker died */
	bool reload_last;       /* ...that is not tried again if another worker dies */
	uint64_t redo_at;       /* when the host was last restored */
	bool redo;              /* and is to be again */
	bool walking;           /* a configuration is on its way */
	struct message held[8]; /* that have to wait until then */
	unsigned n_held;
	uint32_t mtu_chosen;          /* that the worker has asked for last; 0: none */
	struct log_ratelimit notes;   /* to the service manager */
	struct log_ratelimit lines;   /* of the worker */
	struct log_ratelimit resolvs; /* readings of resolv.conf for the worker */
	struct log_ratelimit queries; /* sockets for its questions to name servers */
	struct upstream upstream;     /* name servers of before DNS was changed */
	/* Processor time that the worker's messages took, ns, as far as not forgotten by then. */
	struct {
		uint64_t at, spent;
	} load;
};

static inline void common_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#endif

/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

/*
 * The worker: moves the packets, answers the control socket, resolves names, follows the
 * network.  It has no rights; what needs some it asks of the monitor, its parent process
 * (monitor/monitor.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "jail/jail.h"

struct daemon;

/*
 * What it starts with: plain values, since they go from one program to another, and no padding,
 * which could be anything.  It owns the descriptors.
 */
struct daemon_start {
	char name[CONF_NAME_MAX + 1]; /* of the device */
	uint32_t ifindex; /* of the device, whatever its name is by now; 0: netlink cannot see it */
	uint32_t mtu_chosen; /* for the device, by another worker; 0: none was */
	char aead[16];       /* one of aeadname()'s; "": the fastest */
	struct tune tune;
	int monitor; /* socket to it */
	int device;
	int control;       /* listens */
	int udp[2];        /* -1: none */
	int state;         /* a blob that another worker left (handover.h); -1: this is the first */
	int stamps;        /* a blob: those of earlier processes (stamping.h); -1: none are known */
	uint32_t mark;     /* of the sockets */
	unsigned crossing; /* enum crossing: what is on the host already */
	enum jail_mode jail;
	struct user user;     /* to become */
	uint32_t watchdog_us; /* the service manager wants to hear of us so often; 0: not */
	uint16_t port;        /* of the sockets */
	bool notifies;        /* there is a service manager */
	bool has_file;        /* the monitor will hand over its content; else there is none */
	bool background;      /* it leaves the terminal */
	bool aead_fixed;      /* by an option, whatever the file says later */
	bool up;              /* the tunnel is up: take over */
	uint8_t zero;
};

/* Work until the monitor says so.  Returns the exit status of the process. */
int daemon_run(const struct daemon_start *start);

/* Ask that the tunnel is stopped, with this exit status. */
void daemon_stop(struct daemon *d, int status);

#endif

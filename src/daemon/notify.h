/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/*
 * The service manager's notify socket: the protocol of sd_notify(3), and nothing
 * else of systemd.  Lines of KEY=value in one datagram.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd; /* -1: nobody wants to be told */
	struct sockaddr_un to;
	socklen_t to_len;
	uint64_t watchdog_us; /* tell that we live at least that often; 0: nobody waits for it */
};

/*
 * Learn from the environment (NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID), and take
 * those out of it: what we start must not speak for us.  Once, at start.
 */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/*
 * Tell.  Without waiting, for what is said again soon; notify_insist() waits a
 * moment for what is said once.  0, also when nobody wants to be told, or -errno.
 */
int notify_send(const struct notify *n, const char *text);
int notify_insist(const struct notify *n, const char *text);

#endif

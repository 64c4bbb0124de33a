/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_NOTIFY_H
#define MONITOR_NOTIFY_H

/*
 * The service manager's notify socket: the protocol of sd_notify(3), and nothing
 * else of systemd.  Lines of KEY=value in one datagram.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd; /* -1: no service manager */
	struct sockaddr_un to;
	socklen_t to_len;
	uint64_t watchdog_us; /* report that we are alive at least this often; 0: no watchdog */
};

/*
 * Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment, and
 * remove them from it: programs we start must not speak for us.  Once, at start.
 */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/*
 * Send text.  notify_send() does not wait, for what is repeated soon; notify_insist()
 * waits a moment, for what is sent once.  0 (also without a service manager) or
 * -errno.
 */
int notify_send(const struct notify *n, const char *text);
int notify_insist(const struct notify *n, const char *text);

#endif

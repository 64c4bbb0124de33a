/* SPDX-License-Identifier: ISC */
#ifndef NAMES_WIRES_H
#define NAMES_WIRES_H

/*
 * The sockets of c-ares.  One that would send its questions into the tunnel, which may be waiting
 * for their answers, is replaced by one that leads past the tunnel.  To make that takes rights, so
 * somebody is asked for it; questions that c-ares sends meanwhile are kept until it has come.
 */

#include <ares.h>
#include <ev.h>

#include "base/ip.h"
#include "names/scopes.h"

/* Shared by all wires that may be asked for. A zeroed one: all sockets are ordinary ones. */
struct wires_past {
	/*
	 * A socket to this server is needed.  true: wires_take() will bring one for this number;
	 * false: an ordinary one will do.
	 */
	bool (*ask)(void *ctx, const struct ip *server, bool tcp, uint32_t number);
	void *ctx;
	uint32_t number; /* the last one that was given out */
};

struct wires {
	struct ev_loop *loop;
	struct scopes scopes;
	struct wires_past *past;
	struct wire *first;
	/* The socket that c-ares knows by this number is ready for EV_READ or EV_WRITE. */
	void (*ready)(struct wires *w, int fd, int events);
};

/* For ares_set_socket_functions(), with the wires, which must stay where they are. */
extern const struct ares_socket_functions wires_functions;

/* Watch a socket of c-ares for these events; 0: not any more. */
void wires_watch(struct wires *w, int fd, int events);
/*
 * The socket of this number has come; -1: there is none, so an ordinary one has to do.  false:
 * nobody here waits for it (any more), and it is still the caller's.
 */
bool wires_take(struct wires *w, uint32_t number, int fd);

#endif

/* SPDX-License-Identifier: ISC */
#include "names/wires.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/print.h"

enum { KEPT_MAX = 64 << 10 }; /* bytes of questions that wait for a socket; others get lost */

union address {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct wire {
	struct wire *next;
	struct wires *home;
	ev_io io;
	int fd;            /* as c-ares knows it */
	int past;          /* used instead of it; -1: none */
	bool tcp, broken;  /* broken: c-ares is to learn it when it reads or writes */
	uint32_t number;   /* that was asked for and has not come; 0: none */
	int events;        /* that c-ares waits for */
	union address to;  /* of the server, if a socket was asked for */
	struct print kept; /* datagrams: the length of each, as two bytes, and its bytes */
};

static struct wire *find(const struct wires *w, int fd)
{
	struct wire *wire = w->first;

	while (wire && wire->fd != fd)
		wire = wire->next;
	return wire;
}

static int file_of(const struct wire *wire)
{
	return wire->past >= 0 ? wire->past : wire->fd;
}

static socklen_t address_len(const union address *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof(a->v6) : sizeof(a->v4);
}

/* --- watching --- */

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
	struct wire *wire = CONTAINER(io, struct wire, io);

	(void)loop;
	wire->home->ready(wire->home, wire->fd, events); /* the wire may be gone after this */
}

static void watch(struct wire *wire)
{
	ev_io_stop(wire->home->loop, &wire->io);
	if (!wire->events || wire->number || wire->broken)
		return;
	ev_io_set(&wire->io, file_of(wire), wire->events);
	ev_io_start(wire->home->loop, &wire->io);
}

void wires_watch(struct wires *w, int fd, int events)
{
	struct wire *wire = find(w, fd);

	if (!wire)
		return;
	wire->events = events;
	watch(wire);
}

/* --- what c-ares calls --- */

static ares_socket_t make(int family, int type, int protocol, void *ctx)
{
	struct wires *w = ctx;
	struct wire *wire = mem_new(sizeof(*wire));

	if (!wire) {
		errno = ENOMEM;
		return -1;
	}
	wire->fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (wire->fd < 0) {
		mem_free(wire);
		return -1;
	}
	wire->home = w;
	wire->past = -1;
	wire->tcp = type == SOCK_STREAM;
	ev_init(&wire->io, on_ready);
	wire->next = w->first;
	w->first = wire;
	return wire->fd;
}

static int end(ares_socket_t fd, void *ctx)
{
	struct wires *w = ctx;
	struct wire **at = &w->first, *wire;

	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	wire = *at;
	if (!wire)
		return close(fd);
	*at = wire->next;
	ev_io_stop(w->loop, &wire->io);
	if (wire->past >= 0)
		close(wire->past);
	print_fini(&wire->kept);
	mem_free(wire);
	return close(fd);
}

static bool asks_past(struct wires *w, struct wire *wire, const union address *to)
{
	struct wires_past *past = w->past;
	struct ip server = { .family = (uint8_t)to->sa.sa_family };

	/* With port 0 it only wants to know from which address it would be sent. */
	if (!wire || !past->ask || !to->v4.sin_port)
		return false;
	if (server.family == AF_INET6)
		server.v6 = to->v6.sin6_addr;
	else
		server.v4 = to->v4.sin_addr;
	past->number = past->number == UINT32_MAX ? 1 : past->number + 1;
	if (!past->ask(past->ctx, &server, wire->tcp, past->number))
		return false;
	wire->number = past->number;
	wire->to = *to;
	return true;
}

static int reach(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t len, void *ctx)
{
	struct wires *w = ctx;
	struct wire *wire = find(w, fd);
	union address to = { 0 };

	if (len > sizeof(to)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(&to, address, len);
	if (to.sa.sa_family == AF_INET6 && !to.v6.sin6_scope_id)
		to.v6.sin6_scope_id = scopes_find(&w->scopes, &to.v6.sin6_addr);
	if (!asks_past(w, wire, &to))
		return connect(fd, &to.sa, len);
	if (!wire->tcp)
		return 0;
	errno = EINPROGRESS;
	return -1;
}

static ares_ssize_t hear(ares_socket_t fd, void *at, size_t len, int flags, struct sockaddr *from,
			 ares_socklen_t *from_len, void *ctx)
{
	const struct wire *wire = find(ctx, fd);

	if (wire && (wire->broken || wire->number)) {
		errno = wire->broken ? ECONNREFUSED : EAGAIN;
		return -1;
	}
	return recvfrom(wire ? file_of(wire) : fd, at, len, flags, from, from_len);
}

/* As if it had been sent: what gets lost is asked again. */
static ares_ssize_t keep(struct wire *wire, const struct iovec *parts, int n)
{
	uint8_t head[2];
	size_t len = 0;

	for (int i = 0; i < n; i++)
		len += parts[i].iov_len;
	if (len > UINT16_MAX || wire->kept.len + sizeof(head) + len > KEPT_MAX)
		return (ares_ssize_t)len;
	store_be16(head, (uint16_t)len);
	print_bytes(&wire->kept, head, sizeof(head));
	for (int i = 0; i < n; i++)
		print_bytes(&wire->kept, parts[i].iov_base, parts[i].iov_len);
	return (ares_ssize_t)len;
}

static ares_ssize_t say(ares_socket_t fd, const struct iovec *parts, int n, void *ctx)
{
	struct wire *wire = find(ctx, fd);

	if (wire && wire->number && !wire->tcp)
		return keep(wire, parts, n);
	if (wire && (wire->broken || wire->number)) {
		errno = wire->broken ? ECONNREFUSED : EAGAIN;
		return -1;
	}
	return writev(wire ? file_of(wire) : fd, parts, n);
}

const struct ares_socket_functions wires_functions = { make, end, reach, hear, say };

/* --- the socket has come --- */

static bool send_kept(struct wire *wire)
{
	const char *at = wire->kept.chars;
	size_t left = wire->kept.failed ? 0 : wire->kept.len;
	bool good = true;

	while (left && good) {
		size_t len = load_be16((const uint8_t *)at);

		good = send(file_of(wire), at + 2, len, MSG_NOSIGNAL) >= 0 || errno == EAGAIN;
		at += 2 + len;
		left -= 2 + len;
	}
	print_fini(&wire->kept);
	return good;
}

static bool begin(struct wire *wire)
{
	if (connect(file_of(wire), &wire->to.sa, address_len(&wire->to)) < 0 &&
	    errno != EINPROGRESS)
		return false;
	return send_kept(wire);
}

bool wires_take(struct wires *w, uint32_t number, int fd)
{
	struct wire *wire = w->first;

	while (wire && wire->number != number)
		wire = wire->next;
	if (!wire || !number)
		return false;
	wire->number = 0;
	wire->past = fd;
	wire->broken = !begin(wire);
	watch(wire);
	if (wire->broken)
		w->ready(w, wire->fd, EV_READ);
	return true;
}

/* SPDX-License-Identifier: ISC */
#include "privsep/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(sizeof(struct message) == 24, "no padding");

enum {
	RESETS = 8,
	FDS_MOST = 253, /* SCM_MAX_FD: no message has more */
};

union rights {
	char room[CMSG_SPACE(MESSAGE_FDS * sizeof(int))];
	struct cmsghdr align;
};

/* For all that may come: what there is no room for the kernel closes, see drop(). */
union all_rights {
	char room[CMSG_SPACE(FDS_MOST * sizeof(int))];
	struct cmsghdr align;
};

int message_pair(int fd[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) < 0)
		return -errno;
	return 0;
}

int message_insist(int sock, const struct message *m, const char *text, size_t len, const int *fd,
		   unsigned n_fd, int ms)
{
	struct pollfd p = { .fd = sock, .events = POLLOUT };
	int r = message_send(sock, m, text, len, fd, n_fd);

	if (r != -EAGAIN || poll(&p, 1, ms) <= 0)
		return r;
	return message_send(sock, m, text, len, fd, n_fd);
}

int message_send(int sock, const struct message *m, const char *text, size_t len, const int *fd,
		 unsigned n_fd)
{
	struct iovec part[2] = { { (void *)(uintptr_t)m, sizeof(*m) },
				 { (void *)(uintptr_t)text, len } };
	struct msghdr h = { .msg_iov = part, .msg_iovlen = len ? 2 : 1 };
	union rights rights = { 0 };
	struct cmsghdr *c;
	ssize_t n;

	if (n_fd) {
		h.msg_control = rights.room;
		h.msg_controllen = CMSG_SPACE(n_fd * sizeof(int));
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fd * sizeof(int));
		memcpy(CMSG_DATA(c), fd, n_fd * sizeof(int));
	}
	do {
		n = sendmsg(sock, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	return errno == ECONNRESET || errno == ENOTCONN ? -EPIPE : -errno;
}

/* Its sender may have arranged that we wait until somebody reads its last byte. */
static void drop(int fd)
{
	const struct linger none = { 0 };

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

/* Returns how many came; those for which in has no place are closed. */
static size_t take_fds(struct message_in *in, struct msghdr *h)
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		size_t end = n + (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		const unsigned char *at = CMSG_DATA(c);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (; n < end; n++, at += sizeof(int)) {
			int fd;

			memcpy(&fd, at, sizeof(fd));
			if (n < MESSAGE_FDS)
				in->fd[in->n_fd++] = fd;
			else
				drop(fd);
		}
	}
	return n;
}

void message_close_fds(struct message_in *in)
{
	for (unsigned i = 0; i < in->n_fd; i++) {
		drop(in->fd[i]);
		in->fd[i] = -1;
	}
	in->n_fd = 0;
}

void message_shut(int sock)
{
	shutdown(sock, SHUT_RD);
}

void message_drain(int sock)
{
	struct message_in in;
	int r;

	message_shut(sock);
	do {
		r = message_recv(sock, &in);
		message_close_fds(&in);
	} while (r > 0 || r == -EPROTO);
}

static bool is_message(const struct message_in *in, ssize_t n, size_t n_fd, int flags)
{
	return n_fd <= MESSAGE_FDS && !(flags & (MSG_TRUNC | MSG_CTRUNC)) &&
	       n >= (ssize_t)sizeof(in->head) && !in->head.zero[0] && !in->head.zero[1] &&
	       !in->head.zero[2];
}

void message_empty(struct message_in *in)
{
	*in = (struct message_in){ 0 };
	for (int i = 0; i < MESSAGE_FDS; i++)
		in->fd[i] = -1;
}

int message_recv(int sock, struct message_in *in)
{
	struct iovec part[2] = { { &in->head, sizeof(in->head) }, { in->text, MESSAGE_TEXT } };
	union all_rights rights;
	struct msghdr h = {
		.msg_iov = part,
		.msg_iovlen = 2,
		.msg_control = rights.room,
		.msg_controllen = sizeof(rights.room),
	};
	ssize_t n = -1;
	size_t n_fd;

	message_empty(in);
	/* A reset is told once, before what was sent earlier. */
	for (int i = 0; i < RESETS; i++) {
		n = recvmsg(sock, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n >= 0 || (errno != EINTR && errno != ECONNRESET))
			break;
	}
	if (n < 0)
		return errno == EAGAIN ? 0 : -EPIPE;
	n_fd = take_fds(in, &h);
	if (n == 0 && !in->n_fd)
		return -EPIPE;
	if (!is_message(in, n, n_fd, h.msg_flags)) {
		message_close_fds(in);
		return -EPROTO;
	}
	in->len = (size_t)n - sizeof(in->head);
	in->text[in->len] = '\0';
	return 1;
}

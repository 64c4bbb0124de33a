/* SPDX-License-Identifier: ISC */
#include "control/ask.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "control/control.h"

enum { ANSWER_MAX = 256 << 20, DYING_TRIES = 20 };

static int send_request(int fd, const char *request)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%s\n\n", request);
	ssize_t n;

	do {
		n = send(fd, text, (size_t)len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == len ? 0 : -EIO; /* short enough to be sent as a whole or not at all */
}

static bool is_whole(const struct print *p)
{
	return p->len >= 2 && memcmp(p->chars + p->len - 2, "\n\n", 2) == 0;
}

/* For each of the next calls. */
static void be_patient(int fd, uint64_t us)
{
	const struct timeval t = { .tv_sec = (time_t)(us / 1000000),
				   .tv_usec = (suseconds_t)(us % 1000000) };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

/* Until then (by the clock, us), all must be there; 0: while something comes. */
static int receive(int fd, struct print *p, uint64_t until)
{
	char some[4096];
	ssize_t n = 0;
	int r = 0;

	while (!is_whole(p) && r == 0) {
		uint64_t now = until ? clock_monotonic_us() : 0;

		if (until && now >= until) {
			r = -EAGAIN;
			continue;
		}
		if (until)
			be_patient(fd, until - now);
		n = recv(fd, some, sizeof(some), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		else if (n == 0 || p->len > ANSWER_MAX)
			r = -EPROTO;
		else
			print_bytes(p, some, (size_t)n);
		if (p->failed)
			r = -ENOMEM;
	}
	wipe(some, sizeof(some));
	return r == -ECONNRESET || r == -EPIPE ? -EPROTO : r;
}

/* Cut off "errno=N" and the empty line. */
static int take_errno(struct print *p)
{
	static const char word[] = "errno=";
	struct text line, value;
	uint64_t number;
	char *newline;

	p->len -= 2;
	p->chars[p->len] = '\0';
	newline = memrchr(p->chars, '\n', p->len);
	line = text_from_str(newline ? newline + 1 : p->chars);
	if (text_len(line) < strlen(word) || memcmp(line.at, word, strlen(word)) != 0)
		return -EPROTO;
	value = text_from(line.at + strlen(word), text_len(line) - strlen(word));
	if (text_len(value) && *value.at == '-')
		value.at++;
	if (!text_u64(value, INT_MAX, &number))
		return -EPROTO;
	p->len = (size_t)(line.at - p->chars);
	p->chars[p->len] = '\0';
	return (int)number;
}

int ask_over(int fd, const char *request, struct print *lines, unsigned ms)
{
	const uint64_t until = ms ? clock_monotonic_us() + (uint64_t)ms * 1000 : 0;
	int r;

	be_patient(fd, (uint64_t)(ms ? ms : CONTROL_PATIENCE_MS) * 1000);
	r = send_request(fd, request);
	if (r == -EPIPE)
		r = -EPROTO;
	if (r == 0)
		r = receive(fd, lines, until);
	if (r == 0)
		r = take_errno(lines);
	return r;
}

int ask_within(const char *name, const char *request, struct print *lines, unsigned ms)
{
	int fd = control_connect_within(name, ms ? ms : CONTROL_PATIENCE_MS), r;

	if (fd < 0)
		return fd;
	r = ask_over(fd, request, lines, ms);
	close(fd);
	return r;
}

/* A tunnel that was killed may accept a connection while it dies. */
int ask(const char *name, const char *request, struct print *lines)
{
	const struct timespec moment = { .tv_nsec = 50 * 1000 * 1000 };
	int r = ask_within(name, request, lines, 0);
	bool again = strcmp(request, "stop=1") == 0; /* others may have had their effect */

	for (int i = 0; i < DYING_TRIES && again && r == -EPROTO && !lines->len; i++) {
		nanosleep(&moment, NULL);
		r = ask_within(name, request, lines, 0);
	}
	return r;
}

const char *ask_error(int err)
{
	switch (err) {
	case -ENOENT:
	case -ECONNREFUSED:
		return "it is not running";
	case -EACCES:
		return "only root and the group taut may query it (try sudo)";
	case -EPERM:
		return "only root may do this (try sudo)";
	case -EAGAIN:
		return "no answer";
	case -EKEYREJECTED:
		return "its control socket belongs to another user, neither root nor its service, "
		       "and so may be an impostor's; see: ls -l " CONTROL_DIR;
	case -EPROTO:
		return "the process there is not taut, or closed the connection";
	default:
		return strerror(-err);
	}
}

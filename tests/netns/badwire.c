/* SPDX-License-Identifier: ISC */
/*
 * For tests only: a bad wire for UDP, between two ends that each take it for the
 * other end.
 *
 *	badwire SEED LOST LATE TWICE BROKEN PORT_A ADDRESS_A:PORT PORT_B ADDRESS_B:PORT
 *
 * What comes to PORT_A goes on from PORT_B to the address of b, and the other way
 * round.  Of a million datagrams LOST vanish, LATE come up to 30 places later, TWICE
 * come twice, and of BROKEN one bit is flipped; SEED determines which.  On
 * SIGTERM it prints how many of each there were, and exits.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { DATAGRAM = 65536, AT_ONCE = 32, HELD = 64, LATEST = 30, BUFFER = 16 << 20, IDLE_MS = 2 };

struct held {
	int places; /* how many datagrams may still pass it; 0: free */
	size_t len;
	uint8_t bytes[DATAGRAM];
};

struct way {
	int in, out; /* sockets */
	struct sockaddr_in to;
	struct held held[HELD];
};

static struct way ways[2];
static uint8_t room[AT_ONCE][DATAGRAM];
static uint64_t dice;
static uint32_t lost, late, twice, broken;
static unsigned long n_all, n_lost, n_late, n_twice, n_broken;
static volatile sig_atomic_t over;

static void end(int number)
{
	(void)number;
	over = 1;
}

/* splitmix64 */
static uint64_t roll(uint64_t below)
{
	uint64_t x = dice += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (x ^ x >> 31) % below;
}

static void fail(const char *what)
{
	fprintf(stderr, "badwire: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void say(const struct way *w, const uint8_t *bytes, size_t len)
{
	/* The wire is bad anyway, and a full queue may lose one more. */
	while (sendto(w->out, bytes, len, 0, (const struct sockaddr *)&w->to, sizeof(w->to)) < 0) {
		if (errno != EINTR)
			return;
	}
}

/* One has passed: whose turn is it?  all: nothing comes any more. */
static void release(struct way *w, int all)
{
	for (unsigned i = 0; i < HELD; i++) {
		struct held *h = &w->held[i];

		if (h->places == 0 || (--h->places > 0 && !all))
			continue;
		h->places = 0;
		say(w, h->bytes, h->len);
	}
}

static int hold(struct way *w, const uint8_t *bytes, size_t len)
{
	for (unsigned i = 0; i < HELD; i++) {
		struct held *h = &w->held[i];

		if (h->places)
			continue;
		h->places = 2 + (int)roll(LATEST - 1);
		h->len = len;
		memcpy(h->bytes, bytes, len);
		return 1;
	}
	return 0;
}

static void carry(struct way *w, uint8_t *bytes, size_t len)
{
	uint64_t fate = roll(1000000);

	n_all++;
	if (fate < lost) {
		n_lost++;
		return;
	}
	fate -= lost;
	if (fate < late && hold(w, bytes, len)) {
		n_late++;
		return;
	}
	fate -= late;
	if (fate < broken && len > 0) {
		n_broken++;
		bytes[roll(len)] ^= (uint8_t)(1u << roll(8));
	}
	fate -= broken;
	if (fate < twice) {
		n_twice++;
		say(w, bytes, len);
	}
	say(w, bytes, len);
	release(w, 0);
}

static void pass_on(struct way *w)
{
	struct iovec iov[AT_ONCE];
	struct mmsghdr vec[AT_ONCE];
	int n;

	memset(vec, 0, sizeof(vec));
	for (unsigned i = 0; i < AT_ONCE; i++) {
		iov[i] = (struct iovec){ .iov_base = room[i], .iov_len = DATAGRAM };
		vec[i].msg_hdr.msg_iov = &iov[i];
		vec[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(w->in, vec, AT_ONCE, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		carry(w, room[i], vec[i].msg_len);
}

static int open_socket(const char *port)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = BUFFER;

	if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof(here)) < 0)
		fail(port);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return fd;
}

static struct sockaddr_in address(char *text)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	char *colon = strchr(text, ':');

	errno = EINVAL;
	if (!colon)
		fail(text);
	*colon = '\0';
	a.sin_port = htons((uint16_t)atoi(colon + 1));
	if (inet_pton(AF_INET, text, &a.sin_addr) != 1)
		fail(text);
	return a;
}

int main(int argc, char **argv)
{
	struct pollfd fds[2];

	if (argc != 10)
		return 2;
	dice = strtoull(argv[1], NULL, 0);
	lost = (uint32_t)atoi(argv[2]);
	late = (uint32_t)atoi(argv[3]);
	twice = (uint32_t)atoi(argv[4]);
	broken = (uint32_t)atoi(argv[5]);
	signal(SIGTERM, end);
	for (int i = 0; i < 2; i++) {
		ways[i].in = open_socket(argv[6 + 2 * i]);
		ways[!i].out = ways[i].in;
		ways[!i].to = address(argv[7 + 2 * i]);
		fds[i] = (struct pollfd){ .fd = ways[i].in, .events = POLLIN };
	}
	puts("ready");
	fflush(stdout);
	while (!over) {
		int n = poll(fds, 2, IDLE_MS);

		for (int i = 0; i < 2; i++) {
			if (n > 0 && fds[i].revents)
				pass_on(&ways[i]);
			else
				release(&ways[i], 1);
		}
	}
	printf("all=%lu lost=%lu late=%lu twice=%lu broken=%lu\n", n_all, n_lost, n_late, n_twice,
	       n_broken);
	return 0;
}

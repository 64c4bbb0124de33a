/* SPDX-License-Identifier: ISC */
/*
 * Sends datagrams at a steady rate, and prints how many there were:
 *
 *	flood FILE TO PORT PER_SECOND SECONDS [FROM]
 *
 * FILE holds their contents, each of SIZE bytes. FROM is the IPv4 address that they are from, each
 * port in turn; without it, every one has an invented sender.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { SIZE = 148, MOST = 8192, BURST = 64 };

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	uint8_t data[SIZE];
} __attribute__((packed));

static uint8_t content[MOST][SIZE];
static size_t contents;
static struct datagram datagram[BURST];

static void read_contents(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		err(1, "%s", path);
	contents = fread(content, SIZE, MOST, file);
	fclose(file);
	if (!contents)
		errx(1, "%s: empty", path);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint32_t dice(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

/* 11.0.0.0 up to 104.255.255.255: nothing that is special. */
static uint32_t invent(void)
{
	return htonl((11u << 24) + dice() % (94u << 24));
}

static void make(struct datagram *d, struct in_addr to, uint16_t port, struct in_addr from)
{
	*d = (struct datagram){
		.ip = { .version = 4,
			.ihl = 5,
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.saddr = from.s_addr ? from.s_addr : invent(),
			.daddr = to.s_addr },
		.udp = { .source = htons((uint16_t)(1024 + dice() % 60000)),
			 .dest = htons(port),
			 .len = htons(sizeof(d->udp) + SIZE) },
	};
	__builtin_memcpy(d->data, content[dice() % contents], SIZE);
}

/* How many have left. */
static unsigned send_burst(int fd, struct in_addr to, uint16_t port, struct in_addr from)
{
	static struct mmsghdr message[BURST];
	static struct iovec part[BURST];
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_addr = to };
	int n;

	for (unsigned i = 0; i < BURST; i++) {
		make(&datagram[i], to, port, from);
		part[i] = (struct iovec){ &datagram[i], sizeof(datagram[i]) };
		message[i].msg_hdr = (struct msghdr){ .msg_name = &there,
						      .msg_namelen = sizeof(there),
						      .msg_iov = &part[i],
						      .msg_iovlen = 1 };
	}
	n = sendmmsg(fd, message, BURST, 0);
	if (n < 0 && errno != ENOBUFS && errno != EAGAIN)
		err(1, "sendmmsg");
	return n < 0 ? 0 : (unsigned)n;
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	struct in_addr to, from = { 0 };
	uint64_t rate, start, end, sent = 0;
	uint16_t port;
	int fd;

	if (argc < 6 || !inet_aton(argv[2], &to) || (argc > 6 && !inet_aton(argv[6], &from)))
		errx(2, "usage: flood FILE TO PORT PER_SECOND SECONDS [FROM]");
	read_contents(argv[1]);
	port = (uint16_t)atoi(argv[3]);
	rate = (uint64_t)atoi(argv[4]);
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0)
		err(1, "socket");
	start = now_ns();
	end = start + (uint64_t)atoi(argv[5]) * 1000000000u;
	for (uint64_t now = start; now < end; now = now_ns()) {
		if (sent < (now - start) / 1000 * rate / 1000000)
			sent += send_burst(fd, to, port, from);
		else
			nanosleep(&pause, NULL);
	}
	printf("%llu\n", (unsigned long long)sent);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * Sends datagrams at a steady rate, and prints how many there were:
 *
 *	flood FILE DEVICE MAC TO PORT PER_SECOND SECONDS [FROM]
 *
 * FILE holds their contents, each of SIZE bytes. They leave by DEVICE for the station MAC, past
 * routes and queues, which would cost more than the datagram. FROM is the IPv4 address that they
 * are from, each port in turn; without it, every one has an invented sender.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { SIZE = 148, MOST = 8192, BURST = 64 };

struct target {
	struct sockaddr_ll station;
	struct in_addr to, from; /* from: 0: invented */
	uint16_t port;
};

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

static uint16_t ip_check(const struct iphdr *ip)
{
	const uint16_t *word = (const uint16_t *)(const void *)ip;
	uint32_t sum = 0;

	for (int i = 0; i < 10; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void make(struct datagram *d, const struct target *t)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(*d)),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = t->from.s_addr ? t->from.s_addr : invent(),
		.daddr = t->to.s_addr,
	};

	ip.check = ip_check(&ip);
	d->ip = ip;
	d->udp = (struct udphdr){
		.source = htons((uint16_t)(1024 + dice() % 60000)),
		.dest = htons(t->port),
		.len = htons(sizeof(d->udp) + SIZE),
	};
	__builtin_memcpy(d->data, content[dice() % contents], SIZE);
}

/* How many have left. */
static unsigned send_burst(int fd, struct target *t)
{
	static struct mmsghdr message[BURST];
	static struct iovec part[BURST];
	int n;

	for (unsigned i = 0; i < BURST; i++) {
		make(&datagram[i], t);
		part[i] = (struct iovec){ &datagram[i], sizeof(datagram[i]) };
		message[i].msg_hdr = (struct msghdr){ .msg_name = &t->station,
						      .msg_namelen = sizeof(t->station),
						      .msg_iov = &part[i],
						      .msg_iovlen = 1 };
	}
	n = sendmmsg(fd, message, BURST, 0);
	if (n < 0 && errno != ENOBUFS && errno != EAGAIN)
		err(1, "sendmmsg");
	return n < 0 ? 0 : (unsigned)n;
}

static struct target target_of(char **argv, int argc)
{
	const struct ether_addr *mac = ether_aton(argv[3]);
	struct target t = {
		.station = { .sll_family = AF_PACKET,
			     .sll_protocol = htons(ETH_P_IP),
			     .sll_ifindex = (int)if_nametoindex(argv[2]),
			     .sll_halen = ETH_ALEN },
		.port = (uint16_t)atoi(argv[5]),
	};

	if (!mac || !t.station.sll_ifindex || !inet_aton(argv[4], &t.to) ||
	    (argc > 8 && !inet_aton(argv[8], &t.from)))
		errx(2, "no such target");
	__builtin_memcpy(t.station.sll_addr, mac, ETH_ALEN);
	return t;
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	uint64_t rate, start, end, sent = 0;
	struct target target;
	int fd, on = 1;

	if (argc < 8)
		errx(2, "usage: flood FILE DEVICE MAC TO PORT PER_SECOND SECONDS [FROM]");
	read_contents(argv[1]);
	target = target_of(argv, argc);
	rate = (uint64_t)atoi(argv[6]);
	fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	start = now_ns();
	end = start + (uint64_t)atoi(argv[7]) * 1000000000u;
	for (uint64_t now = start; now < end; now = now_ns()) {
		if (sent < (now - start) / 1000 * rate / 1000000)
			sent += send_burst(fd, &target);
		else
			nanosleep(&pause, NULL);
	}
	printf("%llu\n", (unsigned long long)sent);
	return 0;
}

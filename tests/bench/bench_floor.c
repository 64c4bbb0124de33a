/* SPDX-License-Identifier: ISC */
/*
 * A tunnel that does nothing, to measure the minimum cost of any tunnel on a machine: large
 * packets go from TUN to UDP and back in one piece, in as many datagrams of the same size
 * as WireGuard needs, one call each.  No splitting, no joining, no checksum, no
 * session.  With "cipher", each datagram is sealed and opened as well, by the fastest
 * AEAD of this machine, always with the same key and nonce: the cost
 * is real, but it protects nothing.  Whatever a daemon takes beyond that is its own work.
 *
 *   bench_floor IFNAME ADDRESS PORT [cipher]     path.py starts it, one at each end
 *
 * For TCP over IPv4 between these two ends: any other packet may be lost.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "io/tun.h"
#include "io/udp.h"

enum {
	STRIDE = 1452, /* a full datagram at an MTU of 1420 */
	HEADERS = 52,  /* of a packet in it: IPv4, and TCP with timestamps */
	LONE = 1472,   /* not smaller than a datagram with a single packet */
	SMALL = 128,   /* one with an acknowledgement */
	COLLECT = 32,  /* of them in one send */
	SEGMENTS = 64, /* at most, in one message */
	SLOTS = 2,     /* messages in one receive */
	SLOT = 1 << 16,
	ROUNDS = 8, /* of reading, before it may sleep; like src/daemon/loop.c */
	ANSWER_ROUNDS = 4,
};

/* Of each datagram, as long as WireGuard's. Behind the first of a big packet's it is data. */
struct head {
	uint32_t len;    /* of the packet, with its virtio header */
	uint32_t stride; /* of the datagrams that carry it */
	uint64_t unused;
};

enum { ROOM = sizeof(struct head) + AEAD_TAG };

static int tun, udp;
static struct sockaddr_in there;
static bool cipher;
static struct key key;
static uint8_t out[SLOT * 2], in[SLOTS][SLOT];
static uint8_t small[COLLECT * SMALL];
static size_t n_small;
static bool bulk; /* the device last had a big packet */

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static size_t lay_out(uint8_t *run, size_t total, size_t stride, struct aead_job *jobs)
{
	size_t n = 0;

	for (size_t at = 0; at + ROOM < total && n < SEGMENTS; at += stride) {
		size_t len = total - at < stride ? total - at : stride;

		jobs[n++] = (struct aead_job){ .key = &key,
					       .data = run + at + sizeof(struct head),
					       .len = (uint32_t)(len - ROOM) };
	}
	return n;
}

/*
 * A big packet lies in one piece across its datagrams; what their tags overwrite is
 * kept behind it, in the last of them, which has the room.
 */
static void keep_tags(uint8_t *run, size_t total, size_t n, bool back)
{
	for (size_t i = 0; i + 1 < n; i++) {
		uint8_t *tag = run + (i + 1) * STRIDE - AEAD_TAG;
		uint8_t *kept = run + total - AEAD_TAG * (n - i);

		memcpy(back ? tag : kept, back ? kept : tag, AEAD_TAG);
	}
}

static void seal(uint8_t *run, size_t total, size_t stride)
{
	struct aead_job jobs[SEGMENTS];
	size_t n = lay_out(run, total, stride, jobs);

	if (stride == STRIDE)
		keep_tags(run, total, n, false);
	aead_seal(jobs, n);
}

static bool unseal(uint8_t *run, size_t total, size_t stride)
{
	struct aead_job jobs[SEGMENTS];
	size_t n = lay_out(run, total, stride, jobs);
	bool good = true;

	for (size_t i = 0; i < n; i++)
		jobs[i].len += AEAD_TAG;
	aead_open(jobs, n);
	for (size_t i = 0; i < n; i++)
		good = good && jobs[i].authentic;
	if (stride == STRIDE)
		keep_tags(run, total, n, true);
	return good;
}

static void send_run(uint8_t *run, size_t total, size_t stride)
{
	_Alignas(size_t) char control[CMSG_SPACE(sizeof(uint16_t))] = { 0 };
	struct iovec iov = { .iov_base = run, .iov_len = total };
	struct msghdr msg = {
		.msg_name = &there, .msg_namelen = sizeof(there), .msg_iov = &iov, .msg_iovlen = 1
	};
	uint16_t each = (uint16_t)stride;

	if (cipher)
		seal(run, total, stride);
	if (total > stride) {
		struct cmsghdr *c = (struct cmsghdr *)(void *)control;

		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		*c = (struct cmsghdr){ .cmsg_level = SOL_UDP,
				       .cmsg_type = UDP_SEGMENT,
				       .cmsg_len = CMSG_LEN(sizeof(each)) };
		memcpy(CMSG_DATA(c), &each, sizeof(each));
	}
	(void)sendmsg(udp, &msg, MSG_DONTWAIT);
}

static void flush(void)
{
	if (n_small > 0)
		send_run(small, n_small * SMALL, SMALL);
	n_small = 0;
}

static void collect(const void *packet, size_t len)
{
	struct head head = { .len = (uint32_t)len, .stride = SMALL };
	uint8_t *at = small + SMALL * n_small++;

	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), packet, len);
	if (n_small == COLLECT)
		flush();
}

/* As many datagrams as with WireGuard; the last one is shorter and ends the run. */
static void send_big(size_t len)
{
	struct head head = { .len = (uint32_t)len, .stride = LONE };
	struct virtio_net_hdr vnet;
	size_t total = len + ROOM, n;

	memcpy(&vnet, out + sizeof(head), sizeof(vnet));
	if (vnet.gso_type) {
		n = (len - sizeof(vnet) - HEADERS + vnet.gso_size - 1) / vnet.gso_size;
		if (n > SEGMENTS || n * STRIDE < total + AEAD_TAG * (n + 1))
			return;
		head.stride = STRIDE;
		total = n * STRIDE - AEAD_TAG;
	}
	memcpy(out, &head, sizeof(head));
	send_run(out, total, head.stride);
}

static bool from_device(void)
{
	for (;;) {
		uint8_t *packet = out + sizeof(struct head);
		ssize_t len = read(tun, packet, SLOT + sizeof(struct virtio_net_hdr));

		bulk = len + ROOM > SMALL;
		if (len <= 0 || bulk)
			flush();
		if (len <= 0)
			return false;
		if (bulk) {
			send_big((size_t)len);
			return true;
		}
		collect(packet, (size_t)len);
	}
}

static void deliver(uint8_t *message, size_t total)
{
	struct head head;

	if (total < sizeof(head))
		return;
	memcpy(&head, message, sizeof(head));
	if (head.stride != SMALL && head.stride != STRIDE && head.stride != LONE)
		return;
	/* The kernel joins what comes behind it, if that is no longer: lost. */
	if (head.stride == LONE && head.len < total && total - head.len > ROOM)
		total = head.len + ROOM;
	if (cipher && !unseal(message, total, head.stride))
		return;
	for (size_t at = 0; at + sizeof(head) <= total; at += SMALL) {
		memcpy(&head, message + at, sizeof(head));
		if (head.len <= total - at - sizeof(head))
			(void)!write(tun, message + at + sizeof(head), head.len);
		if (head.stride != SMALL)
			return;
	}
}

static bool from_network(void)
{
	struct mmsghdr msg[SLOTS];
	struct iovec iov[SLOTS];
	int n;

	for (size_t i = 0; i < SLOTS; i++) {
		iov[i] = (struct iovec){ .iov_base = in[i], .iov_len = SLOT };
		msg[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &iov[i], .msg_iovlen = 1 } };
	}
	n = recvmmsg(udp, msg, SLOTS, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		deliver(in[i], msg[i].msg_len);
	return n > 0;
}

/* Not taut's sockets, which report ICMP errors that must be read. */
static int open_socket(uint16_t port)
{
	const struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int on = 1;

	udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (udp < 0 || setsockopt(udp, SOL_UDP, UDP_GRO, &on, sizeof(on)) < 0 ||
	    bind(udp, (const struct sockaddr *)&here, sizeof(here)) < 0)
		return -errno;
	udp_buffers(udp, 8 << 20, 2 << 20);
	return 0;
}

static void serve(void)
{
	struct pollfd wait[] = { { .fd = tun, .events = POLLIN }, { .fd = udp, .events = POLLIN } };

	while (poll(wait, 2, -1) >= 0) {
		bool device = true, network = true;

		for (int i = 1; i <= ROUNDS && (device || network); i++) {
			network = network && from_network();
			if (device && (!network || bulk || i % ANSWER_ROUNDS == 0))
				device = from_device();
		}
	}
}

int main(int argc, char **argv)
{
	struct offloads offloads = { .kind[OFFLOAD_TUN_USO].wish = OFFLOAD_OFF };
	char name[DEV_NAME_MAX];
	int port, r;

	if (argc != 4 && (argc != 5 || strcmp(argv[4], "cipher") != 0)) {
		fprintf(stderr, "usage: bench_floor IFNAME ADDRESS PORT [cipher]\n");
		return 2;
	}
	cipher = argc == 5;
	port = atoi(argv[3]);
	there = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	if (inet_pton(AF_INET, argv[2], &there.sin_addr) != 1)
		return 2;
	snprintf(name, sizeof(name), "%s", argv[1]);
	r = aead_init(NULL);
	if (r == 0)
		aead_measure(clock_ns);
	if (r == 0)
		r = tun_create(name, true, &tun);
	if (r == 0)
		r = tun_offer(tun, true, &offloads);
	if (r == 0)
		r = open_socket((uint16_t)port);
	if (r < 0) {
		fprintf(stderr, "bench_floor: %s\n", strerror(-r));
		return 1;
	}
	serve();
	return 1;
}

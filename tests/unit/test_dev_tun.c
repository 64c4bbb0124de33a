/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/batch.h"
#include "base/bytes.h"
#include "io/tun.h"
#include "lab.h"

enum { WAIT_MS = 2000, HEADERS = 28, NOBODY = 65534 };

struct rig {
	struct dev dev;
	struct offloads offloads;
	struct batch batch;
	int sock; /* on 10.7.0.1, port 700; what it sends to 10.7.0.2 comes out of the device */
};

static struct sockaddr_in address(const char *text, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons(port);
	assert_int_equal(inet_pton(AF_INET, text, &a.sin_addr), 1);
	return a;
}

static int set_up(void **state)
{
	static struct rig rig;
	char name[DEV_NAME_MAX] = "rig0";
	struct sockaddr_in me = address("10.7.0.1", 700);
	int fd = -1;

	rig.offloads = (struct offloads){ 0 }; /* a test that was skipped has left its wishes */
	assert_int_equal(tun_create(name, true, &fd), 0);
	assert_int_equal(dev_tun_open(&rig.dev, fd, &rig.offloads), 0);
	assert_int_equal(batch_init(&rig.batch, 64, 1, 256 << 10), 0);
	lab_run("ip addr add 10.7.0.1/24 dev rig0 && ip link set rig0 mtu 1420 up");
	rig.sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(rig.sock, (struct sockaddr *)&me, sizeof(me)), 0);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	dev_close(&rig->dev);
	batch_fini(&rig->batch);
	close(rig->sock);
	return 0;
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, WAIT_MS) == 1;
}

/* Have the kernel route a datagram of len equal bytes into the device. */
static void inject(struct rig *rig, size_t len, uint8_t byte)
{
	struct sockaddr_in to = address("10.7.0.2", 9);
	uint8_t bytes[2000];

	memset(bytes, byte, sizeof(bytes));
	assert_int_equal(sendto(rig->sock, bytes, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
}

/* An IPv4 packet with a UDP datagram from 10.7.0.2 to our socket. */
static struct pkt *put(struct batch *b, size_t len, uint8_t byte)
{
	struct pkt *p = batch_add(b, HEADERS + len);
	struct sockaddr_in from = address("10.7.0.2", 9), to = address("10.7.0.1", 700);
	uint32_t sum = 0;

	assert_non_null(p);
	memset(p->data, 0, HEADERS);
	memset(p->data + HEADERS, byte, len);
	p->data[0] = 0x45;
	store_be16(p->data + 2, (uint16_t)p->len);
	p->data[8] = 64;
	p->data[9] = IPPROTO_UDP;
	memcpy(p->data + 12, &from.sin_addr, 4);
	memcpy(p->data + 16, &to.sin_addr, 4);
	for (unsigned i = 0; i < 20; i += 2)
		sum += load_be16(p->data + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	store_be16(p->data + 10, (uint16_t)~sum);
	store_be16(p->data + 20, 9);
	store_be16(p->data + 22, 700);
	store_be16(p->data + 24, (uint16_t)(len + 8)); /* checksum 0: none */
	p->fate = FATE_DEV;
	return p;
}

static void test_create_gives_a_quiet_device_of_that_name(void **state)
{
	char name[DEV_NAME_MAX] = "quiet0";
	struct offloads offloads = { 0 };
	struct dev dev;
	struct ifreq req = { .ifr_name = "quiet0" };
	int fd = -1;

	(void)state;
	assert_int_equal(tun_create(name, true, &fd), 0);
	assert_string_equal(name, "quiet0");
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(ioctl(fd, TUNGETIFF, &req), 0);
	assert_int_equal(req.ifr_flags & (IFF_TUN | IFF_TAP), IFF_TUN);
	assert_false(req.ifr_flags & IFF_PERSIST);
	assert_int_equal(lab_try("ip link show quiet0 | grep -q 'state DOWN'"), 0);
	/* TUNGETIFF cannot tell: its bit for NO_PI also says that there is no filter. */
	assert_int_equal(lab_try("ip -d link show quiet0 | grep -q 'pi off vnet_hdr on'"), 0);
	assert_int_not_equal(lab_try("ip link show up | grep -q quiet0"), 0);

	assert_int_equal(dev_tun_open(&dev, fd, &offloads), 0);
	assert_string_equal(dev.name, "quiet0");
	assert_string_equal(dev.ops->kind, "tun");
	assert_int_equal(dev.fd, fd);
	dev_close(&dev);
	assert_int_equal(dev.fd, -1);
	assert_int_not_equal(lab_try("ip link show quiet0 2>/dev/null"), 0);
	dev_close(&dev); /* once more does no harm */
}

static void test_create_without_a_name_tells_the_one_that_came_about(void **state)
{
	char name[DEV_NAME_MAX] = "";
	int fd = -1;

	(void)state;
	assert_int_equal(tun_create(name, true, &fd), 0);
	assert_true(strlen(name) > 0);
	assert_true(if_nametoindex(name) > 0);
	close(fd);
}

static void test_create_refuses_names_that_are_taken_or_no_names(void **state)
{
	char used[DEV_NAME_MAX] = "rig0", other[DEV_NAME_MAX] = "lo", odd[DEV_NAME_MAX] = "a/b";
	char endless[DEV_NAME_MAX];
	int fd = -1, r;

	(void)state;
	assert_int_equal(tun_create(used, true, &fd), -EBUSY);
	r = tun_create(other, true, &fd);
	assert_true(r == -EINVAL || r == -EEXIST);
	assert_int_equal(tun_create(odd, true, &fd), -EINVAL);
	memset(endless, 'x', sizeof(endless));
	assert_int_equal(tun_create(endless, true, &fd), -EINVAL);
	assert_int_equal(fd, -1);
}

/* As another user, without rights: what TUNSETIFF says (0 or errno); 255: could not become one. */
static int attach_as_nobody(const char *name)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct ifreq req = { .ifr_flags = IFF_TUN | IFF_NO_PI };
		/* Before that: on some machines only root can open it. */
		int fd = open("/dev/net/tun", O_RDWR);

		snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
		if (fd < 0 || setuid(NOBODY) < 0)
			_exit(255);
		_exit(ioctl(fd, TUNSETIFF, &req) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_other_users_cannot_attach(void **state)
{
	int r = attach_as_nobody("rig0");

	(void)state;
	if (r == 255)
		skip();
	/* A device without an owner would answer EBUSY: anybody may, it is only in use. */
	assert_int_equal(r, EPERM);
}

static void test_prepared_device_keeps_its_owner_and_stays(void **state)
{
	char name[DEV_NAME_MAX] = "kept0";
	int fd = -1;

	(void)state;
	if (lab_try("ip tuntap add dev kept0 mode tun user 4711 2>/dev/null") != 0)
		skip(); /* a user namespace that does not know this user */
	assert_int_equal(tun_create(name, true, &fd), 0);
	close(fd);
	assert_int_equal(lab_try("ip -d link show kept0 | grep -qw 'user 4711'"), 0);
	lab_run("ip link del kept0");
}

static int open_raw(const char *name, int flags)
{
	struct ifreq req = { .ifr_flags = (short)flags };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	assert_int_equal(ioctl(fd, TUNSETIFF, &req), 0);
	return fd;
}

static void test_open_refuses_what_does_not_carry_plain_packets(void **state)
{
	static const int bad[] = { IFF_TAP | IFF_NO_PI, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	struct offloads offloads = { 0 };
	struct dev dev;
	int fd;

	(void)state;
	for (unsigned i = 0; i < LEN(bad); i++) {
		fd = open_raw("bad0", bad[i]);
		assert_int_equal(dev_tun_open(&dev, fd, &offloads), -EINVAL);
		assert_true(fcntl(fd, F_GETFD) >= 0); /* still ours */
		close(fd);
	}
	fd = open("/dev/null", O_RDWR);
	assert_int_equal(dev_tun_open(&dev, fd, &offloads), -ENOTTY);
	close(fd);
	assert_int_equal(dev_tun_open(&dev, fd, &offloads), -EBADF);
}

static void test_open_makes_a_given_descriptor_non_blocking(void **state)
{
	struct offloads offloads = { 0 };
	struct dev dev;
	int fd = open_raw("given0", IFF_TUN | IFF_NO_PI);

	(void)state;
	assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(dev_tun_open(&dev, fd, &offloads), 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_string_equal(dev.name, "given0");
	dev_close(&dev);
}

static void test_read_gives_all_that_waits_in_order(void **state)
{
	struct rig *rig = *state;

	for (uint8_t i = 0; i < 10; i++)
		inject(rig, 1u + i * 100u, i);
	assert_true(readable(rig->dev.fd));
	assert_int_equal(dev_read(&rig->dev, &rig->batch), 10);
	assert_int_equal(rig->batch.n, 10);
	for (uint8_t i = 0; i < 10; i++) {
		const struct pkt *p = &rig->batch.pkt[i];

		assert_int_equal(p->fate, FATE_NONE);
		assert_int_equal(p->len, HEADERS + 1 + i * 100);
		assert_int_equal(p->data[0], 0x45);
		assert_int_equal(load_be16(p->data + 2), p->len);
		assert_int_equal(p->data[p->len - 1], i);
	}
	batch_reset(&rig->batch);
	assert_int_equal(dev_read(&rig->dev, &rig->batch), 0);
	assert_int_equal(rig->dev.reads, 12);
}

static void test_read_takes_no_packet_that_it_might_have_to_cut(void **state)
{
	struct rig *rig = *state;
	struct batch small;

	assert_int_equal(batch_init(&small, 8, 1, PKT_HEAD + PKT_MAX + PKT_PAD + PKT_TAG), 0);
	inject(rig, 100, 1);
	inject(rig, 1300, 2);
	assert_true(readable(rig->dev.fd));
	for (uint8_t i = 1; i <= 2; i++) {
		batch_reset(&small);
		assert_int_equal(dev_read(&rig->dev, &small), 1);
		assert_int_equal(small.pkt[0].len, HEADERS + (i == 1 ? 100 : 1300));
		assert_int_equal(small.pkt[0].data[HEADERS], i);
	}
	batch_fini(&small);
	/* Full by number. */
	assert_int_equal(batch_init(&small, 1, 1, 256 << 10), 0);
	inject(rig, 100, 3);
	inject(rig, 100, 4);
	assert_int_equal(dev_read(&rig->dev, &small), 1);
	assert_int_equal(dev_read(&rig->dev, &small), 0);
	assert_int_equal(dev_read(&rig->dev, &rig->batch), 1);
	assert_int_equal(rig->batch.pkt[0].data[HEADERS], 4);
	batch_fini(&small);
}

static void test_written_packets_are_delivered_in_order(void **state)
{
	struct rig *rig = *state;
	uint8_t bytes[2000];

	put(&rig->batch, 10, 1);
	put(&rig->batch, 20, 2)->fate = FATE_NET;
	put(&rig->batch, 1392, 3);
	assert_int_equal(dev_write(&rig->dev, &rig->batch), 0);
	assert_int_equal(rig->dev.writes, 2);
	assert_int_equal(rig->batch.pkt[0].fate, FATE_DEV);
	assert_true(readable(rig->sock));
	assert_int_equal(recv(rig->sock, bytes, sizeof(bytes), MSG_DONTWAIT), 10);
	assert_int_equal(bytes[9], 1);
	assert_true(readable(rig->sock));
	assert_int_equal(recv(rig->sock, bytes, sizeof(bytes), MSG_DONTWAIT), 1392);
	assert_int_equal(bytes[1391], 3);
	assert_int_equal(recv(rig->sock, bytes, sizeof(bytes), MSG_DONTWAIT), -1);
}

static void test_refused_packet_is_marked_and_the_rest_goes(void **state)
{
	struct rig *rig = *state;
	uint8_t bytes[100];

	put(&rig->batch, 10, 1)->data[0] = 0x25; /* no IP version */
	put(&rig->batch, 20, 2);
	assert_int_equal(dev_write(&rig->dev, &rig->batch), 0);
	assert_int_equal(rig->batch.pkt[0].fate, FATE_DEVICE);
	assert_int_equal(rig->batch.pkt[0].err, EINVAL);
	assert_int_equal(rig->batch.pkt[1].fate, FATE_DEV);
	assert_true(readable(rig->sock));
	assert_int_equal(recv(rig->sock, bytes, sizeof(bytes), MSG_DONTWAIT), 20);
}

static void test_link_that_is_down_refuses_packets_but_is_not_gone(void **state)
{
	struct rig *rig = *state;

	lab_run("ip link set rig0 down");
	put(&rig->batch, 10, 1);
	put(&rig->batch, 10, 2);
	assert_int_equal(dev_write(&rig->dev, &rig->batch), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(rig->batch.pkt[i].fate, FATE_DEVICE);
		assert_int_equal(rig->batch.pkt[i].err, EIO);
	}
	batch_reset(&rig->batch);
	assert_int_equal(dev_read(&rig->dev, &rig->batch), 0);
}

static void test_deleted_link_is_gone(void **state)
{
	struct rig *rig = *state;

	lab_run("ip link del rig0");
	assert_int_equal(dev_read(&rig->dev, &rig->batch), -EBADFD);
	put(&rig->batch, 10, 1);
	put(&rig->batch, 10, 2);
	assert_int_equal(dev_write(&rig->dev, &rig->batch), -EBADFD);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(rig->batch.pkt[i].fate, FATE_DEVICE);
		assert_int_equal(rig->batch.pkt[i].err, EBADFD);
	}
}

/* One send of several datagrams, which the kernel may leave in one piece. */
static void inject_run(struct rig *rig, size_t len, uint16_t each)
{
	struct sockaddr_in to = address("10.7.0.2", 9);
	_Alignas(size_t) char control[CMSG_SPACE(sizeof(each))] = { 0 };
	static uint8_t bytes[60000];
	struct iovec iov = { .iov_base = bytes, .iov_len = len };
	struct msghdr msg = { .msg_name = &to,
			      .msg_namelen = sizeof(to),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	assert_true(len <= sizeof(bytes));
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i / each);
	c->cmsg_level = SOL_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(each));
	memcpy(CMSG_DATA(c), &each, sizeof(each));
	if (sendmsg(rig->sock, &msg, 0) < 0)
		skip(); /* Linux before 4.18; before 6.11 if the device computes no checksums */
}

static void expect_run(const struct batch *b, uint32_t n, size_t each, size_t last)
{
	assert_int_equal(b->n, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct pkt *p = &b->pkt[i];
		size_t want = i == n - 1 ? last : each;

		assert_int_equal(p->len, HEADERS + want);
		assert_int_equal(load_be16(p->data + 2), p->len);
		assert_int_equal(load_be16(p->data + 24), want + 8);
		assert_int_equal(p->data[HEADERS], i);
		assert_int_equal(p->data[p->len - 1], i);
		/* Complete, for the other end will look. */
		assert_int_equal(csum_fold(csum_portable.add(0, p->data, 20)), 0xffff);
		assert_int_equal(csum_fold(csum_portable.add(csum_be16(17) + csum_be16(p->len - 20),
							     p->data + 12, p->len - 12)),
				 0xffff);
	}
}

static void test_big_packet_of_the_kernel_is_read_in_one_call_and_cut(void **state)
{
	struct rig *rig = *state;

	if (!offload_on(&rig->offloads, OFFLOAD_TUN_USO))
		skip(); /* Linux before 6.2 */
	inject_run(rig, 20 * 1000 + 7, 1000);
	assert_true(readable(rig->dev.fd));
	assert_int_equal(dev_read(&rig->dev, &rig->batch), 21);
	assert_int_equal(rig->dev.reads, 1);
	assert_int_equal(rig->dev.stats.big_read, 1);
	assert_int_equal(rig->dev.stats.big_read_segments, 21);
	expect_run(&rig->batch, 21, 1000, 7);
}

static void test_big_packet_that_fits_no_batch_comes_in_portions(void **state)
{
	struct rig *rig = *state;
	struct batch small;
	uint32_t all = 0;

	if (!offload_on(&rig->offloads, OFFLOAD_TUN_USO))
		skip();
	assert_int_equal(batch_init(&small, 9, 1, 256 << 10), 0);
	inject_run(rig, 30 * 500, 500);
	inject(rig, 10, 77);
	assert_true(readable(rig->dev.fd));
	while (all < 31) {
		int n;

		batch_reset(&small);
		n = dev_read(&rig->dev, &small);
		assert_true(n > 0 && n <= 9);
		for (int i = 0; i < n; i++, all++)
			assert_int_equal(small.pkt[i].data[HEADERS], all < 30 ? all : 77);
	}
	assert_int_equal(all, 31);
	batch_fini(&small);
}

static void test_without_offloads_the_kernel_cuts_by_itself(void **state)
{
	struct rig *rig = *state;
	char name[DEV_NAME_MAX] = "rig0";
	int fd = -1;

	(void)state;
	/* Every one alone, and all: the packets are the same. */
	for (unsigned off = 0; off < 1u << OFFLOADS; off = off ? 2 * off : 1) {
		dev_close(&rig->dev);
		for (unsigned i = 0; i < OFFLOADS; i++)
			rig->offloads.kind[i].wish = off == 0 || off & 1u << i ? OFFLOAD_OFF
									       : OFFLOAD_AUTO;
		assert_int_equal(
			tun_create(name, offload_wanted(&rig->offloads, OFFLOAD_TUN_VNET), &fd), 0);
		assert_int_equal(dev_tun_open(&rig->dev, fd, &rig->offloads), 0);
		lab_run("ip addr add 10.7.0.1/24 dev rig0 && ip link set rig0 mtu 1420 up");
		for (unsigned i = 0; i < OFFLOADS; i++) {
			if (rig->offloads.kind[i].wish != OFFLOAD_OFF || i >= OFFLOAD_UDP_GSO)
				continue;
			assert_false(offload_on(&rig->offloads, (enum offload_kind)i));
			assert_string_equal(rig->offloads.kind[i].why, "configured");
		}
		inject_run(rig, 10 * 1000 + 7, 1000);
		batch_reset(&rig->batch);
		while (rig->batch.n < 11) {
			assert_true(readable(rig->dev.fd));
			assert_true(dev_read(&rig->dev, &rig->batch) > 0);
		}
		expect_run(&rig->batch, 11, 1000, 7);
	}
}

static void test_equal_packets_are_written_in_one_call_and_arrive_as_they_were(void **state)
{
	struct rig *rig = *state;
	uint8_t bytes[2000];

	if (!offload_on(&rig->offloads, OFFLOAD_TUN_USO))
		skip(); /* Linux before 6.2 */
	dev_probe(&rig->dev);
	rig->dev.writes = 0;
	for (uint8_t i = 0; i < 30; i++) {
		struct pkt *p = put(&rig->batch, i < 29 ? 1000 : 77, i);
		uint64_t sum = csum_be16(17) + csum_be16(p->len - 20);
		uint16_t csum;

		store_be16(p->data + 4, i); /* without DF they must count */
		store_be16(p->data + 10, 0);
		csum = (uint16_t)~csum_fold(csum_portable.add(0, p->data, 20));
		memcpy(p->data + 10, &csum, 2);
		csum = (uint16_t)~csum_fold(csum_portable.add(sum, p->data + 12, p->len - 12));
		memcpy(p->data + 26, &csum, 2);
	}
	assert_int_equal(dev_write(&rig->dev, &rig->batch), 0);
	assert_true(offload_on(&rig->offloads, OFFLOAD_TUN_UDP_GRO));
	assert_int_equal(rig->dev.writes, 1);
	assert_int_equal(rig->dev.stats.big_written, 1);
	assert_int_equal(rig->dev.stats.big_written_segments, 30);
	for (uint8_t i = 0; i < 30; i++) {
		size_t want = i < 29 ? 1000 : 77;

		assert_true(readable(rig->sock));
		assert_int_equal(recv(rig->sock, bytes, sizeof(bytes), MSG_DONTWAIT), want);
		assert_int_equal(bytes[0], i);
		assert_int_equal(bytes[want - 1], i);
	}
	assert_int_equal(recv(rig->sock, bytes, sizeof(bytes), MSG_DONTWAIT), -1);
}

static void test_probe_finds_out_once_and_is_heard_by_nobody(void **state)
{
	struct rig *rig = *state;
	/* Linux before 6.2 refuses joined UDP packets even if the link is down. */
	unsigned all = offload_on(&rig->offloads, OFFLOAD_TUN_USO) ? 4 : 3;
	uint8_t byte;

	lab_run("ip link set rig0 down");
	dev_probe(&rig->dev);
	assert_int_equal(rig->dev.writes, 2); /* refused: it proves nothing */
	lab_run("ip link set rig0 up");
	dev_probe(&rig->dev);
	assert_int_equal(rig->dev.writes, all);
	dev_probe(&rig->dev);
	assert_int_equal(rig->dev.writes, all);
	assert_int_equal(recv(rig->sock, &byte, 1, MSG_DONTWAIT), -1);
	batch_reset(&rig->batch);
	assert_int_equal(dev_read(&rig->dev, &rig->batch), 0); /* nor is it answered */
}

static void test_prepared_device_is_left_without_offloads(void **state)
{
	struct offloads offloads = { 0 };
	char name[DEV_NAME_MAX] = "kept1";
	static struct rig plain;
	struct sockaddr_in me = address("10.9.0.1", 700);
	uint8_t bytes[2000];
	int fd = -1;

	(void)state;
	lab_run("ip tuntap add dev kept1 mode tun");
	assert_int_equal(tun_create(name, true, &fd), 0);
	assert_int_equal(dev_tun_open(&plain.dev, fd, &offloads), 0);
	dev_close(&plain.dev);
	/* A program that opens it next without virtio headers must get packets it understands. */
	fd = open_raw("kept1", IFF_TUN | IFF_NO_PI);
	lab_run("ip addr add 10.9.0.1/24 dev kept1 && ip link set kept1 mtu 1420 up &&"
		"ip route add 10.7.0.2/32 dev kept1");
	plain.sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(plain.sock, (struct sockaddr *)&me, sizeof(me)), 0);
	inject_run(&plain, 5 * 1000, 1000);
	for (unsigned i = 0; i < 5; i++) {
		assert_true(readable(fd));
		assert_int_equal(read(fd, bytes, sizeof(bytes)), HEADERS + 1000);
	}
	close(plain.sock);
	close(fd);
	lab_run("ip link del kept1");
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create_gives_a_quiet_device_of_that_name),
		cmocka_unit_test(test_create_without_a_name_tells_the_one_that_came_about),
		WITH_RIG(test_create_refuses_names_that_are_taken_or_no_names),
		WITH_RIG(test_other_users_cannot_attach),
		cmocka_unit_test(test_prepared_device_keeps_its_owner_and_stays),
		cmocka_unit_test(test_open_refuses_what_does_not_carry_plain_packets),
		cmocka_unit_test(test_open_makes_a_given_descriptor_non_blocking),
		WITH_RIG(test_read_gives_all_that_waits_in_order),
		WITH_RIG(test_read_takes_no_packet_that_it_might_have_to_cut),
		WITH_RIG(test_written_packets_are_delivered_in_order),
		WITH_RIG(test_refused_packet_is_marked_and_the_rest_goes),
		WITH_RIG(test_big_packet_of_the_kernel_is_read_in_one_call_and_cut),
		WITH_RIG(test_big_packet_that_fits_no_batch_comes_in_portions),
		WITH_RIG(test_without_offloads_the_kernel_cuts_by_itself),
		WITH_RIG(test_equal_packets_are_written_in_one_call_and_arrive_as_they_were),
		WITH_RIG(test_probe_finds_out_once_and_is_heard_by_nobody),
		cmocka_unit_test(test_prepared_device_is_left_without_offloads),
		WITH_RIG(test_link_that_is_down_refuses_packets_but_is_not_gone),
		WITH_RIG(test_deleted_link_is_gone),
	};

	lab_enter();
	lab_needs("/dev/net/tun");
	/* The kernel's own multicast would come out of the device between our packets. */
	lab_try("test ! -d /proc/sys/net/ipv6 ||"
		"echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include "io/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "io/vnet.h"

_Static_assert(DEV_NAME_MAX == IFNAMSIZ, "an interface name with its NUL");

/* TUNSETOFFLOAD; those for UDP came with 6.2, and must be requested together. */
enum {
	TAKE_CSUM = 0x01,
	TAKE_TCP = 0x02 | 0x04,
	TAKE_ECN = 0x08,
	TAKE_UDP = 0x20 | 0x40,
};

/*
 * Without an owner any user could attach to the device once its queue is free. A device that
 * existed before us (persistent) keeps its owner.
 */
static int own(int fd)
{
	struct ifreq req = { 0 };

	if (ioctl(fd, TUNGETIFF, &req) < 0)
		return -errno;
	if (req.ifr_flags & IFF_PERSIST)
		return 0;
	return ioctl(fd, TUNSETOWNER, (unsigned long)geteuid()) < 0 ? -errno : 0;
}

static bool knows_vnet(int fd)
{
	unsigned features = 0;

	return ioctl(fd, TUNGETFEATURES, &features) == 0 && (features & IFF_VNET_HDR);
}

int tun_create(char name[DEV_NAME_MAX], bool vnet, int *fd)
{
	struct ifreq req = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int tun, r;

	if (strnlen(name, DEV_NAME_MAX) == DEV_NAME_MAX)
		return -EINVAL;
	memcpy(req.ifr_name, name, strlen(name));
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (tun < 0)
		return -errno;
	if (vnet && knows_vnet(tun))
		req.ifr_flags |= IFF_VNET_HDR;
	if (ioctl(tun, TUNSETIFF, &req) < 0) {
		r = -errno;
		goto out;
	}
	r = own(tun);
	if (r < 0)
		goto out;
	if (ioctl(tun, TUNSETOFFLOAD, 0) < 0) {
		r = -errno;
		goto out;
	}
	memcpy(name, req.ifr_name, DEV_NAME_MAX);
	name[DEV_NAME_MAX - 1] = '\0';
	*fd = tun;
	return 0;
out:
	close(tun);
	return r;
}

/* The opener may have set a longer header, or another byte order. */
static int plain_header(int fd)
{
	int len = VNET_HDR, off = 0, little = 0, big = 0;

	if (ioctl(fd, TUNSETVNETHDRSZ, &len) < 0)
		return -errno;
	/* Old kernels, and most builds, lack one or both of these: then nobody has set them. */
	if (ioctl(fd, TUNGETVNETLE, &little) == 0 && little)
		ioctl(fd, TUNSETVNETLE, &off);
	if (ioctl(fd, TUNGETVNETBE, &big) == 0 && big)
		ioctl(fd, TUNSETVNETBE, &off);
	return 0;
}

int tun_about(int fd, struct tun_about *about)
{
	struct ifreq req = { 0 };

	if (ioctl(fd, TUNGETIFF, &req) < 0)
		return -errno;
	/*
	 * Frames would be read as packets. IFF_NO_PI cannot be queried: its bit here also
	 * means that there is no filter.
	 */
	if (!(req.ifr_flags & IFF_TUN))
		return -EINVAL;
	*about = (struct tun_about){ .vnet = req.ifr_flags & IFF_VNET_HDR,
				     .persist = req.ifr_flags & IFF_PERSIST };
	memcpy(about->name, req.ifr_name, DEV_NAME_MAX);
	about->name[DEV_NAME_MAX - 1] = '\0';
	return about->vnet ? plain_header(fd) : 0;
}

/* The first of these that the kernel accepts; -errno. */
static int take_most(int fd, unsigned wanted)
{
	static const unsigned without[] = {
		0, TAKE_UDP, TAKE_ECN, TAKE_UDP | TAKE_ECN, TAKE_UDP | TAKE_ECN | TAKE_TCP,
	};

	for (size_t i = 0; i < LEN(without); i++) {
		unsigned long take = wanted & ~without[i];

		if (ioctl(fd, TUNSETOFFLOAD, take) == 0)
			return (int)take;
	}
	return ioctl(fd, TUNSETOFFLOAD, 0UL) < 0 ? -errno : 0;
}

int tun_offer(int fd, bool vnet, struct offloads *o)
{
	unsigned wanted = 0;
	const char *why = vnet ? "kernel" : "tun-vnet";
	int taken;

	if (vnet && offload_wanted(o, OFFLOAD_TUN_TSO))
		wanted |= TAKE_CSUM | TAKE_TCP | TAKE_ECN;
	if (vnet && offload_wanted(o, OFFLOAD_TUN_USO))
		wanted |= TAKE_CSUM | TAKE_UDP;
	taken = take_most(fd, wanted);
	if (taken < 0)
		return taken;
	offload_found(o, OFFLOAD_TUN_VNET, vnet, vnet ? NULL : "kernel");
	offload_found(o, OFFLOAD_TUN_TSO, taken & TAKE_TCP, taken & TAKE_TCP ? NULL : why);
	offload_found(o, OFFLOAD_TUN_USO, taken & TAKE_UDP, taken & TAKE_UDP ? NULL : why);
	offload_found(o, OFFLOAD_TUN_TCP_GRO, vnet, vnet ? NULL : why);
	offload_found(o, OFFLOAD_TUN_UDP_GRO, vnet, vnet ? NULL : why);
	return 0;
}

void tun_withdraw(int fd)
{
	ioctl(fd, TUNSETOFFLOAD, 0UL);
}

enum { PROBE_IP = VNET_HDR, PROBE_L4 = PROBE_IP + 20, PROBE_SIZE = 8 };

/*
 * Two segments, the second one shorter. Addresses from the documentation's block, a TTL of
 * zero, and no header checksum: IP drops it at once, silently.
 */
int tun_probe(int fd, enum offload_kind kind)
{
	static const uint8_t from[] = { 192, 0, 2, 1 }, to[] = { 192, 0, 2, 2 };
	bool tcp = kind == OFFLOAD_TUN_TCP_GRO;
	uint8_t bytes[PROBE_L4 + 20 + 2 * PROBE_SIZE - 1] = { 0 };
	uint8_t *ip = bytes + PROBE_IP, *l4 = bytes + PROBE_L4;
	size_t l4_header = tcp ? 20 : 8, len = 20 + l4_header + 2 * PROBE_SIZE - 1;
	struct vnet_hdr h = { .flags = VNET_NEEDS_CSUM,
			      .type = tcp ? VNET_TCP4 : VNET_UDP,
			      .header = (uint16_t)(20 + l4_header),
			      .size = PROBE_SIZE,
			      .start = 20,
			      .offset = tcp ? 16 : 6 };

	memcpy(bytes, &h, VNET_HDR);
	ip[0] = 0x45;
	store_be16(ip + 2, (uint16_t)len);
	store_be16(ip + 6, 0x4000);
	ip[9] = tcp ? IPPROTO_TCP : IPPROTO_UDP;
	memcpy(ip + 12, from, 4);
	memcpy(ip + 16, to, 4);
	store_be16(l4, 9); /* discard */
	store_be16(l4 + 2, 9);
	if (tcp) {
		l4[12] = 5 << 4;
		l4[13] = 0x10;
	} else {
		store_be16(l4 + 4, (uint16_t)(len - 20));
	}
	if (write(fd, bytes, VNET_HDR + len) >= 0)
		return 0;
	return -errno;
}

/* SPDX-License-Identifier: ISC */
#include "io/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/bytes.h"

_Static_assert(DEV_NAME_MAX == IFNAMSIZ, "an interface name with its NUL");

static int tun_read(struct dev *dev, struct batch *batch)
{
	int added = 0;

	for (;;) {
		size_t room;
		uint8_t *at = batch_space(batch, &room);
		ssize_t len;

		/* What does not fit the buffer is cut off: offer room for the longest. */
		if (!at || room < PKT_MAX)
			return added;
		dev->reads++;
		len = read(dev->fd, at, PKT_MAX);
		if (len > 0) {
			batch_commit(batch, (size_t)len);
			added++;
			continue;
		}
		if (len == 0 || errno == EAGAIN)
			return added;
		if (errno == EINTR)
			continue;
		/* What is in the batch must not be lost; the error will come again. */
		return added ? added : -errno;
	}
}

/* 0 or errno. */
static int write_packet(struct dev *dev, const struct pkt *p)
{
	for (;;) {
		dev->writes++;
		if (write(dev->fd, p->data, p->len) >= 0)
			return 0;
		if (errno != EINTR)
			return errno;
	}
}

static int tun_write(struct dev *dev, struct batch *batch)
{
	bool gone = false;

	for (uint32_t i = 0; i < batch->n; i++) {
		struct pkt *p = &batch->pkt[i];
		int err;

		if (p->fate != FATE_DEV)
			continue;
		err = gone ? EBADFD : write_packet(dev, p);
		if (err == 0)
			continue;
		gone = err == EBADFD;
		p->fate = FATE_DEVICE;
		p->err = (uint8_t)err;
	}
	return gone ? -EBADFD : 0;
}

static void tun_close(struct dev *dev)
{
	close(dev->fd);
}

static const struct dev_ops tun_ops = {
	.kind = "tun",
	.read = tun_read,
	.write = tun_write,
	.close = tun_close,
};

int dev_tun_open(struct dev *dev, int fd)
{
	struct ifreq req = { 0 };
	int flags;

	if (ioctl(fd, TUNGETIFF, &req) < 0)
		return -errno;
	/*
	 * Frames, or anything in front of the IP header, would be read as packets.  But
	 * IFF_NO_PI cannot be asked for: its bit here also says that there is no filter.
	 */
	if (!(req.ifr_flags & IFF_TUN) || (req.ifr_flags & IFF_VNET_HDR))
		return -EINVAL;
	/* Offloads belong to the device: a persistent one may have kept those of its last user. */
	if (ioctl(fd, TUNSETOFFLOAD, 0) < 0)
		return -errno;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	*dev = (struct dev){ .ops = &tun_ops, .fd = fd };
	memcpy(dev->name, req.ifr_name, DEV_NAME_MAX);
	dev->name[DEV_NAME_MAX - 1] = '\0';
	return 0;
}

/*
 * Without an owner any user could attach to the device once its queue is free.  A
 * device that was there before us (persistent) keeps the owner that it was given.
 */
static int tun_own(int fd)
{
	struct ifreq req = { 0 };

	if (ioctl(fd, TUNGETIFF, &req) < 0)
		return -errno;
	if (req.ifr_flags & IFF_PERSIST)
		return 0;
	return ioctl(fd, TUNSETOWNER, (unsigned long)geteuid()) < 0 ? -errno : 0;
}

int tun_create(char name[DEV_NAME_MAX], int *fd)
{
	struct ifreq req = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int tun, r;

	if (strnlen(name, DEV_NAME_MAX) == DEV_NAME_MAX)
		return -EINVAL;
	memcpy(req.ifr_name, name, strlen(name));
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (tun < 0)
		return -errno;
	if (ioctl(tun, TUNSETIFF, &req) < 0) {
		r = -errno;
		goto out;
	}
	r = tun_own(tun);
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

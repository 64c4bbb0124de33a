/* SPDX-License-Identifier: ISC */
#ifndef IO_DEV_H
#define IO_DEV_H

/*
 * The network device that plain packets come from and go to, behind a small
 * table of functions, so that a test can put memory in its place.
 *
 * Offloads (virtio-net headers, super-packets) stay inside read and write: the
 * batch only ever holds plain packets of at most the MTU.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"

enum { DEV_NAME_MAX = 16 }; /* IFNAMSIZ, with the NUL */

struct dev;

struct dev_ops {
	const char *kind; /* "tun"; in tests "memory" */
	/*
	 * Add what is waiting to the batch, as plain packets with FATE_NONE, until
	 * nothing waits or the batch has no room for one more of any size.
	 * Packets added; 0 when none waited; -errno: -EBADFD when the device is gone.
	 */
	int (*read)(struct dev *dev, struct batch *batch);
	/*
	 * Write the packets with FATE_DEV, in order.  One that the device refuses gets
	 * FATE_DEVICE and err; the rest still goes.  0, or -EBADFD: the device is gone.
	 */
	int (*write)(struct dev *dev, struct batch *batch);
	void (*close)(struct dev *dev);
};

struct dev {
	const struct dev_ops *ops;
	int fd; /* to watch for reading; -1: closed */
	char name[DEV_NAME_MAX];
	uint64_t reads, writes; /* system calls, for status */
	void *ctx;              /* of the kind */
};

int dev_read(struct dev *dev, struct batch *batch);
int dev_write(struct dev *dev, struct batch *batch);
void dev_close(struct dev *dev);

/*
 * Take a TUN descriptor that is open already (from tun_create(), or WG_TUN_FD);
 * it is set non-blocking and belongs to dev from now on.  The name is asked from
 * the kernel.  0 or -errno; on error fd stays the caller's.
 */
int dev_tun_open(struct dev *dev, int fd);

/*
 * Make a TUN device: IFF_TUN | IFF_NO_PI, owner set before it can be brought up,
 * not persistent.  The link stays down.  *fd is non-blocking and close-on-exec.
 * 0 or -errno: -ENOENT no /dev/net/tun, -EPERM / -EACCES no right, -EBUSY the
 * name is a TUN in use, -EEXIST / -EINVAL the name is another kind of device.
 * name "" lets the kernel choose; it gets the name that came about.
 */
int tun_create(char name[DEV_NAME_MAX], int *fd);

#endif

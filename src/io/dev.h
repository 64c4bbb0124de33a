/* SPDX-License-Identifier: ISC */
#ifndef IO_DEV_H
#define IO_DEV_H

/*
 * The network device that plain packets come from and go to, as a small table of functions, so
 * that a test can use memory instead.
 *
 * Offloads (virtio-net headers, super-packets) stay inside read and write: the
 * batch only ever holds plain packets of at most the MTU.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/batch.h"
#include "io/offload.h"
#include "io/vnet.h"

enum { DEV_NAME_MAX = 16 }; /* IFNAMSIZ, with the NUL */

struct dev;

struct dev_ops {
	const char *kind; /* "tun"; in tests "memory" */
	/*
	 * Add what is waiting to the batch, as plain packets with FATE_NONE: one big packet
	 * cut into segments, or small ones until none waits, until there are many, or until
	 * the batch is nearly full. Returns packets added; 0: none waited; -errno: -EBADFD
	 * when the device is gone.
	 */
	int (*read)(struct dev *dev, struct batch *batch);
	/*
	 * Write the packets with FATE_DEV, those of a flow in order; the PKT_HEAD bytes before
	 * each may be overwritten. A packet that the device refuses gets FATE_DEVICE and err;
	 * the rest is still written. 0, or -EBADFD: the device is gone.
	 */
	int (*write)(struct dev *dev, struct batch *batch);
	/* The link came up: probe what else works. May be NULL. */
	void (*probe)(struct dev *dev);
	void (*close)(struct dev *dev);
};

/* For status. */
struct dev_stats {
	uint64_t idle;                 /* reads that found nothing */
	uint64_t big_read;             /* big packets read... */
	uint64_t big_read_segments;    /* ...and what they were cut into */
	uint64_t malformed;            /* malformed big packets read: lost */
	uint64_t big_written;          /* joined packets written... */
	uint64_t big_written_segments; /* ...and what they were made of */
	uint64_t big_refused;          /* joined packets that the device refused */
	uint64_t singles;              /* packets written singly */
	uint64_t errors;               /* packets that the device refused */
	int last_error;                /* errno of the latest of them */
	uint64_t breaks[VNET_BREAKS];  /* what kept packets from being joined */
};

struct dev {
	const struct dev_ops *ops;
	int fd; /* to watch for reading; -1: closed */
	char name[DEV_NAME_MAX];
	uint64_t reads, writes; /* system calls, for status */
	struct dev_stats stats;
	struct offloads *offloads; /* borrowed */
	void *ctx;                 /* of that kind of device */
};

int dev_read(struct dev *dev, struct batch *batch);
int dev_write(struct dev *dev, struct batch *batch);
/* Call each time the link comes up. */
void dev_probe(struct dev *dev);
void dev_close(struct dev *dev);

/*
 * Take over an open TUN descriptor (from tun_create(), or WG_TUN_FD), with or without
 * virtio-net headers; it is set non-blocking and then belongs to dev. The name is queried from the
 * kernel. Offloads are set up as offloads requests, which is borrowed until dev_close(). 0 or
 * -errno; on error fd stays the caller's.
 */
int dev_tun_open(struct dev *dev, int fd, struct offloads *offloads);

#endif

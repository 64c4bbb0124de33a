/* SPDX-License-Identifier: ISC */
#ifndef IO_TUN_H
#define IO_TUN_H

/* The TUN driver's own calls: create a device, and negotiate offloads with it. */

#include <stdbool.h>

#include "io/dev.h"

/*
 * Create a TUN device: IFF_TUN | IFF_NO_PI, with IFF_VNET_HDR if vnet is set and the kernel
 * supports it; owner set before it can be brought up, not persistent. The link stays down. *fd
 * is non-blocking and close-on-exec. 0 or -errno: -ENOENT no /dev/net/tun, -EPERM / -EACCES no
 * permission, -EBUSY the name is a TUN in use, -EEXIST / -EINVAL the name is another kind of
 * device. name "" lets the kernel choose; it receives the resulting name.
 */
int tun_create(char name[DEV_NAME_MAX], bool vnet, int *fd);

/* What a descriptor is attached to. */
struct tun_about {
	char name[DEV_NAME_MAX];
	bool vnet;    /* virtio-net headers, of the plain length and byte order */
	bool persist; /* it survives being closed */
};

/* 0; -EINVAL: it does not carry plain packets; -errno. */
int tun_about(int fd, struct tun_about *about);

/*
 * Tell the kernel which big packets we accept, as far as wanted and supported, and record the
 * result. Without vnet: none. 0 or -errno.
 */
int tun_offer(int fd, bool vnet, struct offloads *offloads);
/* Switch them off: offloads belong to the device, and a persistent one would keep them. */
void tun_withdraw(int fd);

/*
 * Write a joined packet of this kind (OFFLOAD_TUN_TCP_GRO, OFFLOAD_TUN_UDP_GRO) that
 * nobody receives.  0; -EINVAL: the kernel refuses such packets; -EIO: the link is
 * down, which proves nothing; -errno.
 */
int tun_probe(int fd, enum offload_kind kind);

#endif

/* SPDX-License-Identifier: ISC */
/* The device and the sockets. */
#include "host/host.h"

#include <stdio.h>
#include <string.h>

#include "host/sysctl.h"
#include "io/tun.h"
#include "io/udp.h"

int host_tun(struct host *h, char name[16], bool vnet, int *fd)
{
	char path[80];
	int r;

	(void)h;
	r = tun_create(name, vnet, fd);
	if (r < 0)
		return r;
	/* Otherwise replacing an address also removes its neighbours and all routes. */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/promote_secondaries", name);
	sysctl_write(path, '1');
	return 0;
}

int host_tun_name(struct host *h, int fd, char name[16])
{
	struct tun_about about;
	int r = tun_about(fd, &about);

	(void)h;
	if (r == 0)
		memcpy(name, about.name, sizeof(about.name));
	return r;
}

_Static_assert((int)HOST_SOCKETS == (int)UDP_WAYS, "all sockets");

int host_udp(struct host *h, uint16_t port, uint32_t mark, int fd[HOST_SOCKETS], uint16_t *bound)
{
	int r;

	(void)h;
	r = udp_pair(port, mark, fd, bound);
	if (r == 0)
		udp_apart(fd, mark, fd + UDP_SOCKETS);
	return r;
}

void host_buffers(struct host *h, const int fd[HOST_SOCKETS], uint32_t recv_bytes,
		  uint32_t send_bytes)
{
	(void)h;
	for (int i = 0; i < UDP_WAYS; i++)
		udp_buffers(fd[i], i < UDP_SOCKETS ? recv_bytes : 0, send_bytes);
}

int host_mark(struct host *h, const int fd[HOST_SOCKETS], uint32_t mark)
{
	(void)h;
	for (int i = 0; i < UDP_WAYS; i++) {
		int r = fd[i] < 0 ? 0 : udp_mark(fd[i], mark);

		if (r < 0)
			return r;
	}
	return 0;
}

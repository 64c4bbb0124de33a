/* SPDX-License-Identifier: ISC */
#include "io/query.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ifname.h"
#include "io/udp.h"

static int bind_to(int fd, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	if (!ifindex)
		return 0;
	if (!ifname_of(ifindex, name))
		return -ENODEV;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) < 0)
		return -errno;
	return 0;
}

int query_socket(int family, bool tcp, uint32_t mark, uint32_t ifindex)
{
	int type = tcp ? SOCK_STREAM : SOCK_DGRAM;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	r = udp_mark(fd, mark);
	if (r == 0)
		r = bind_to(fd, ifindex);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

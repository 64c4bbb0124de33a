/* SPDX-License-Identifier: ISC */
#include "base/ifname.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool ask(unsigned long what, struct ifreq *req)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool told;

	if (fd < 0)
		return false;
	told = ioctl(fd, what, req) == 0;
	close(fd);
	return told;
}

uint32_t ifname_index(const char *name)
{
	struct ifreq req = { 0 };
	size_t len = strlen(name);

	if (len >= sizeof(req.ifr_name))
		return 0;
	memcpy(req.ifr_name, name, len);
	return ask(SIOCGIFINDEX, &req) ? (uint32_t)req.ifr_ifindex : 0;
}

bool ifname_of(uint32_t ifindex, char name[IF_NAMESIZE])
{
	struct ifreq req = { .ifr_ifindex = (int)ifindex };

	if (!ask(SIOCGIFNAME, &req))
		return false;
	memcpy(name, req.ifr_name, IF_NAMESIZE);
	name[IF_NAMESIZE - 1] = '\0';
	return true;
}

/* SPDX-License-Identifier: ISC */
#include "host/sysctl.h"

#include <fcntl.h>
#include <unistd.h>

char sysctl_read(const char *path)
{
	char value = 0;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, &value, 1) != 1)
		value = 0;
	close(fd);
	return value;
}

bool sysctl_ipv6_is_off(void)
{
	return sysctl_read("/proc/sys/net/ipv6/conf/all/disable_ipv6") == '1';
}

void sysctl_write(const char *path, char value)
{
	char now = 0;
	int fd;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, &now, 1) == 1 && now != value && pwrite(fd, &value, 1, 0) < 0)
		now = 0;
	close(fd);
}

/* SPDX-License-Identifier: ISC */
#include "monitor/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/text.h"

static const struct timeval patience = { .tv_sec = 1 };

/* "/path", or "@name" in the abstract namespace; nothing else is supported. */
static bool address(struct notify *n, const char *name)
{
	size_t len = strlen(name);

	if ((*name != '/' && *name != '@') || len < 2 || len > sizeof(n->to.sun_path))
		return false;
	n->to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(n->to.sun_path, name, len);
	if (*name == '@')
		n->to.sun_path[0] = '\0';
	/* A trailing NUL would be part of an abstract name. */
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

/* It may be meant for our parent process. */
static uint64_t watchdog(const char *usec, const char *pid)
{
	uint64_t us, whom;

	if (!usec || !text_u64(text_from_str(usec), UINT64_MAX - 1, &us))
		return 0;
	if (!pid)
		return us;
	if (!text_u64(text_from_str(pid), INT32_MAX, &whom) || whom != (uint64_t)getpid())
		return 0;
	return us;
}

void notify_open(struct notify *n)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*n = (struct notify){ .fd = -1 };
	if (name && address(n, name))
		n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd >= 0) {
		setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		n->watchdog_us = watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

static int tell(const struct notify *n, const char *text, int flags)
{
	const struct sockaddr *to = (const struct sockaddr *)&n->to;
	ssize_t r;

	if (n->fd < 0)
		return 0;
	do {
		r = sendto(n->fd, text, strlen(text), flags | MSG_NOSIGNAL, to, n->to_len);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int notify_send(const struct notify *n, const char *text)
{
	return tell(n, text, MSG_DONTWAIT);
}

int notify_insist(const struct notify *n, const char *text)
{
	return tell(n, text, 0);
}

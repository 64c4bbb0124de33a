/* SPDX-License-Identifier: ISC */
#include "jail/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bytes.h"

/*
 * The kernel's interface. The header of the C library is often older than the kernel, so that
 * it would hide what the kernel can do. The numbers are the same on all machines but Alpha.
 */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { ABI_OF_KERNEL = 1 << 0 };
enum { RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2 };
enum { FS_READ_FILE = 1 << 2 };
enum { NET_CONNECT_TCP = 1 << 1 };

struct ruleset {
	uint64_t fs, net, scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

struct net_port {
	uint64_t allowed, port;
};

/* What each version adds. */
static const struct ruleset added[] = {
	{ .fs = 0x1fff },                    /* execute, read, write, list, remove and make files */
	{ .fs = 1 << 13 },                   /* link and rename into another directory */
	{ .fs = 1 << 14 },                   /* truncate */
	{ .net = 1 << 0 | NET_CONNECT_TCP }, /* bind and connect */
	{ .fs = 1 << 15 },                   /* ioctl of devices */
	{ .scoped = 1 << 0 | 1 << 1 },       /* abstract sockets, signals */
};

int landlock_abi(void)
{
	long abi = syscall(CREATE_RULESET, NULL, 0, ABI_OF_KERNEL);

	if (abi < 0 && errno != ENOSYS && errno != EOPNOTSUPP)
		return -errno;
	return abi < 0 ? 0 : (int)abi;
}

const char *landlock_lacks(int abi)
{
	/* The filter of system calls also holds back what came with other versions. */
	return abi < 4 ? "this kernel cannot hold back TCP" : NULL;
}

/* Older kernels know only the beginning of the struct. */
static size_t size_for(int abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static int create(int abi)
{
	struct ruleset all = { 0 };

	for (size_t i = 0; i < LEN(added) && (int)i < abi; i++) {
		all.fs |= added[i].fs;
		all.net |= added[i].net;
		all.scoped |= added[i].scoped;
	}
	return (int)syscall(CREATE_RULESET, &all, size_for(abi), 0);
}

static int allow_file(int ruleset, const char *name)
{
	struct path_beneath rule = { .allowed = FS_READ_FILE };
	int kind = name[0] && name[strlen(name) - 1] == '/' ? O_DIRECTORY : 0;
	long r;

	rule.parent = open(name, O_PATH | O_CLOEXEC | kind);
	if (rule.parent < 0) {
		r = errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
		return (int)r;
	}
	r = syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) < 0 ? -errno : 0;
	close(rule.parent);
	return (int)r;
}

static int allow_port(int ruleset, uint16_t port)
{
	const struct net_port rule = { .allowed = NET_CONNECT_TCP, .port = port };

	return syscall(ADD_RULE, ruleset, RULE_NET_PORT, &rule, 0) < 0 ? -errno : 0;
}

static int fill(int ruleset, int abi, const char *const *files, uint16_t tcp_port)
{
	int r = 0;

	for (; files && *files && r == 0; files++)
		r = allow_file(ruleset, *files);
	if (r == 0 && abi >= 4)
		r = allow_port(ruleset, tcp_port);
	if (r == 0 && syscall(RESTRICT_SELF, ruleset, 0) < 0)
		r = -errno;
	return r;
}

int landlock_enter(int abi, const char *const *files, uint16_t tcp_port)
{
	int ruleset = create(abi), r;

	if (ruleset < 0)
		return -errno;
	r = fill(ruleset, abi, files, tcp_port);
	close(ruleset);
	return r;
}

/* SPDX-License-Identifier: ISC */
#include "jail/calls.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/bytes.h"

/* What older headers lack. */
enum {
	OF_OLD_DETACHED = 0x00400000, /* of clone(): without effect, but musl sets it */
	OF_NEW_NOEXEC_SEAL = 8,       /* of memfd_create() */
};

#define ALL      UINT32_MAX
#define IS(a, v) .test[0] = { .argument = (a), .mask = ALL, .value = (uint32_t)(v) }
#define IS_BOTH(a, v, b, w) \
	IS(a, v), .test[1] = { .argument = (b), .mask = ALL, .value = (uint32_t)(w) }
/* None of these bits. */
#define LACKS(a, bits) .test[0] = { .argument = (a), .mask = (uint32_t)(bits) }

/* Where clone() has its flags. */
#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

#define SOCKET(family, type, protocol)                                       \
	.test = { { .argument = 0, .mask = ALL, .value = (family) },         \
		  { .argument = 1,                                           \
		    .mask = ALL & ~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), \
		    .value = (type) },                                       \
		  { .argument = 2, .mask = ALL, .value = (protocol) } }

static const struct call_way socket_ways[] = {
	{ SOCKET(AF_INET, SOCK_DGRAM, 0) },   { SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP) },
	{ SOCKET(AF_INET, SOCK_STREAM, 0) },  { SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP) },
	{ SOCKET(AF_INET6, SOCK_DGRAM, 0) },  { SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP) },
	{ SOCKET(AF_INET6, SOCK_STREAM, 0) }, { SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP) },
};

static const struct call_way setsockopt_ways[] = {
	{ IS_BOTH(1, SOL_SOCKET, 2, SO_RCVBUF) },
	{ IS_BOTH(1, SOL_SOCKET, 2, SO_SNDBUF) },
	{ IS_BOTH(1, SOL_UDP, 2, UDP_GRO) },
	{ IS_BOTH(1, IPPROTO_TCP, 2, TCP_NODELAY) },
};

static const struct call_way getsockopt_ways[] = {
	{ IS_BOTH(1, SOL_SOCKET, 2, SO_ERROR) },    { IS_BOTH(1, SOL_SOCKET, 2, SO_MARK) },
	{ IS_BOTH(1, SOL_SOCKET, 2, SO_PEERCRED) }, { IS_BOTH(1, SOL_SOCKET, 2, SO_PEERGROUPS) },
	{ IS_BOTH(1, SOL_SOCKET, 2, SO_RCVBUF) },   { IS_BOTH(1, SOL_SOCKET, 2, SO_SNDBUF) },
	{ IS_BOTH(1, SOL_UDP, 2, UDP_GRO) },        { IS_BOTH(1, SOL_UDP, 2, UDP_SEGMENT) },
};

static const struct call_way ioctl_ways[] = {
	{ IS(1, TUNSETOFFLOAD) }, { IS(1, TUNSETCARRIER) }, { IS(1, TUNGETIFF) },
	{ IS(1, TIOCOUTQ) },      { IS(1, FIONREAD) },      { IS(1, SIOCGIFINDEX) },
	{ IS(1, SIOCGIFNAME) },
};

static const struct call_way fcntl_ways[] = {
	{ IS(1, F_GETFD) }, { IS(1, F_SETFD) },     { IS(1, F_GETFL) },
	{ IS(1, F_SETFL) }, { IS(1, F_ADD_SEALS) }, { IS(1, F_GET_SEALS) },
};

#define NO_READING (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_PATH | (O_TMPFILE & ~O_DIRECTORY))
static const struct call_way open_ways[] = { { LACKS(1, NO_READING) } };
static const struct call_way openat_ways[] = { { LACKS(2, NO_READING) } };

#define NO_PLAIN_MEMORY ~(uint32_t)(MFD_CLOEXEC | MFD_ALLOW_SEALING | OF_NEW_NOEXEC_SEAL)
static const struct call_way memfd_ways[] = { { LACKS(1, NO_PLAIN_MEMORY) } };
static const struct call_way protection_ways[] = { { LACKS(2, PROT_EXEC) } };

#define FUTEX(op)                                                                            \
	{                                                                                    \
		.test[0] = {.argument = 1, .mask = (uint32_t)FUTEX_CMD_MASK, .value = (op) } \
	}
static const struct call_way futex_ways[] = {
	FUTEX(FUTEX_WAIT),
	FUTEX(FUTEX_WAKE),
	FUTEX(FUTEX_REQUEUE),
	FUTEX(FUTEX_WAIT_BITSET),
};

static const struct call_way tgkill_ways[] = {
	{ .test[0] = { .argument = 0, .mask = ALL, .self = true } },
};

#define THREAD                                                                              \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
	 CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
static const struct call_way clone_ways[] = {
	{ .test[0] = { .argument = CLONE_FLAGS,
		       .mask = ALL & ~(uint32_t)OF_OLD_DETACHED,
		       .value = THREAD } },
};

/* AddressSanitizer gives its signal stack back when a thread or the process ends. */
#ifdef __SANITIZE_ADDRESS__
#define ONLY_SANITIZED { .name = "sigaltstack" },
#else
#define ONLY_SANITIZED
#endif

#define WAYS(ways_, text) .condition = (text), .way = (ways_), .ways = LEN(ways_)
#define SOFT              .otherwise = CALL_REFUSED
#define WITH_THREADS      .when = CALL_THREADS
#define NEVER             .when = CALL_NEVER, SOFT

#define NO_EXEC "no PROT_EXEC"
#define READING "for reading; Landlock tells which files"
#define WAITING "FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_WAIT_BITSET"
#define FLAGS   "F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_ADD_SEALS, F_GET_SEALS"

const struct call calls_table[] = {
	/* Packets, messages, and files that are open. */
	{ .name = "read" },
	{ .name = "write" },
	{ .name = "writev" },
	{ .name = "close" },
	{ .name = "lseek" },
	{ .name = "_llseek" },
	{ .name = "recvmsg" },
	{ .name = "sendmsg" },
	{ .name = "recvmmsg" },
	{ .name = "recvmmsg_time64" },
	{ .name = "recvfrom" },
	{ .name = "sendto" },
	{ .name = "accept4" },
	{ .name = "fcntl", SOFT, .unless = "fcntl64", WAYS(fcntl_ways, FLAGS) },
	{ .name = "fcntl64", SOFT, WAYS(fcntl_ways, FLAGS) },
	{ .name = "ioctl",
	  SOFT,
	  WAYS(ioctl_ways, "TUNSETOFFLOAD, TUNSETCARRIER, TUNGETIFF, TIOCOUTQ, FIONREAD, "
			   "SIOCGIFINDEX, SIOCGIFNAME") },

	/* New sockets: for name servers. */
	{ .name = "socket",
	  SOFT,
	  WAYS(socket_ways, "AF_INET or AF_INET6, and SOCK_DGRAM for UDP or SOCK_STREAM for TCP") },
	{ .name = "connect" },
	{ .name = "getsockname" },
	{ .name = "setsockopt",
	  SOFT,
	  WAYS(setsockopt_ways, "SO_RCVBUF, SO_SNDBUF, UDP_GRO, TCP_NODELAY") },
	{ .name = "getsockopt",
	  SOFT,
	  WAYS(getsockopt_ways,
	       "SO_ERROR, SO_MARK, SO_PEERCRED, SO_PEERGROUPS, SO_RCVBUF, SO_SNDBUF, UDP_GRO, "
	       "UDP_SEGMENT") },
	{ .name = "bind", NEVER },

	/* Files. */
	{ .name = "open", SOFT, WAYS(open_ways, READING) },
	{ .name = "openat", SOFT, WAYS(openat_ways, READING) },
	{ .name = "fstat" },
	{ .name = "fstat64" },
	{ .name = "newfstatat" },
	{ .name = "fstatat64" },
	{ .name = "statx", .unless = "newfstatat", SOFT },
	{ .name = "stat", NEVER },
	{ .name = "lstat", NEVER },
	{ .name = "access", NEVER },
	{ .name = "faccessat", NEVER },
	{ .name = "faccessat2", NEVER },
	{ .name = "readlink", NEVER },
	{ .name = "readlinkat", NEVER },

	/* Waiting. */
	{ .name = "epoll_create1" }, /* libev makes another one when events do not fit */
	{ .name = "epoll_ctl" },
	{ .name = "epoll_wait" },
	{ .name = "epoll_pwait", .unless = "epoll_wait" },
	{ .name = "poll" },
	{ .name = "ppoll", .unless = "poll" },
	{ .name = "ppoll_time64" },
	{ .name = "timerfd_settime" },
	{ .name = "timerfd_settime64" },
	{ .name = "signalfd4", NEVER },
	{ .name = "restart_syscall" },

	/* Time and chance. */
	{ .name = "clock_gettime" },
	{ .name = "clock_gettime64" },
	{ .name = "time", NEVER }, /* where the kernel answers it without a call, it still does */
	{ .name = "getrandom" },

	/* Memory. */
	{ .name = "mmap", .unless = "mmap2", WAYS(protection_ways, NO_EXEC) },
	{ .name = "mmap2", WAYS(protection_ways, NO_EXEC) },
	{ .name = "mprotect", WAYS(protection_ways, NO_EXEC) },
	{ .name = "mremap" },
	{ .name = "munmap" },
	{ .name = "brk" },
	{ .name = "madvise" },
	{ .name = "mlock" },
	{ .name = "memfd_create", WAYS(memfd_ways, "no huge pages, not executable") },

	/* The process itself. */
	{ .name = "rt_sigaction" },
	{ .name = "rt_sigprocmask" },
	{ .name = "rt_sigreturn" },
	{ .name = "sigreturn" },
	{ .name = "tgkill", WAYS(tgkill_ways, "own process") },
	{ .name = "getpid" },
	{ .name = "gettid" },
	{ .name = "geteuid" },
	{ .name = "geteuid32" },
	{ .name = "uname" },   /* c-ares asks for the name of the host */
	{ .name = "sysinfo" }, /* qsort() does, before it sorts much */
	{ .name = "prctl", NEVER },
	{ .name = "prlimit64", NEVER },
	{ .name = "seccomp", NEVER }, /* the second filter is loaded under the first */
	{ .name = "exit_group" },
	ONLY_SANITIZED

	/* Threads. */
	{ .name = "futex", WAYS(futex_ways, WAITING) },
	{ .name = "futex_time64", WAYS(futex_ways, WAITING) },
	{ .name = "clone", WITH_THREADS, WAYS(clone_ways, "a thread of the C library") },
	{ .name = "clone3", WITH_THREADS, .otherwise = CALL_UNKNOWN },
	{ .name = "rseq", WITH_THREADS },
	{ .name = "set_robust_list", WITH_THREADS },
	{ .name = "sched_setaffinity", WITH_THREADS },
	{ .name = "exit", WITH_THREADS },
	{ .name = "sched_getaffinity", WITH_THREADS, SOFT },
};
const size_t calls_count = LEN(calls_table);

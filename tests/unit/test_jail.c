/* SPDX-License-Identifier: ISC */
/*
 * What the jail forbids.  Each attempt is made three times, each in its own child: free, where
 * it must come out differently, with the filter only logging, which shows what holds without
 * it, and in the jail.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/fib_rules.h>
#include <linux/futex.h>
#include <linux/if_addr.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "jail/landlock.h"
#include "jailed.h"
#include "lab.h"

enum { KILLED = JAILED_DIED + SIGSYS, PORT = 8053, IGNORED = -1 };

/* What the children find open or on the disk. */
static struct scene {
	pid_t parent;
	char folder[64], kept[96], other[96], key[96], socket[96];
	int stream, abstract, netlink, tty;
	struct sockaddr_un abstract_name;
	socklen_t abstract_len;
} scene;

static int result(long r)
{
	return r < 0 ? -errno : 0;
}

/* --- programs and processes --- */

static int try_execve(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	return result(execve("/bin/true", argv, argv + 1));
}

static int try_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (child > 0)
		waitpid(child, NULL, 0);
	return result(child);
}

static int try_clone_user_namespace(void)
{
	long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (child == 0)
		_exit(0);
	return result(child);
}

static int try_unshare_user_namespace(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static int try_ptrace_parent(void)
{
	return result(ptrace(PTRACE_SEIZE, scene.parent, NULL, NULL));
}

static int try_kill_parent(void)
{
	return result(kill(scene.parent, 0));
}

static int try_tgkill_parent(void)
{
	return result(syscall(SYS_tgkill, scene.parent, scene.parent, 0));
}

static int try_tkill_parent(void)
{
	return result(syscall(SYS_tkill, scene.parent, 0));
}

static int try_queue_signal_to_parent(void)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	return result(syscall(SYS_rt_sigqueueinfo, scene.parent, 0, &info));
}

static int try_signal_parent_by_descriptor(void)
{
	long fd = syscall(SYS_pidfd_open, scene.parent, 0);

	return fd < 0 ? -errno : result(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
}

static int try_take_descriptor_of_parent(void)
{
	long fd = syscall(SYS_pidfd_open, scene.parent, 0);

	return fd < 0 ? -errno : result(syscall(SYS_pidfd_getfd, fd, scene.tty, 0));
}

static int open_of_parent(const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", scene.parent, name);
	return result(open(path, flags));
}

static int try_open_memory_of_parent(void)
{
	return open_of_parent("mem", O_RDWR);
}

static int try_open_environment_of_parent(void)
{
	return open_of_parent("environ", O_RDONLY);
}

static int try_read_memory_of_parent(void)
{
	char byte;
	struct iovec mine = { &byte, 1 }, theirs = { &scene, 1 };

	return result(process_vm_readv(scene.parent, &mine, 1, &theirs, 1, 0));
}

static int try_setuid(void)
{
	return result(setuid(0));
}

static int try_setresuid(void)
{
	return result(setresuid(0, 0, 0));
}

static int try_setgid(void)
{
	return result(setgid(0));
}

static int try_setgroups(void)
{
	return result(setgroups(1, &(const gid_t){ 0 }));
}

static int try_capset(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = 1 << CAP_NET_ADMIN,
						    .permitted = 1 << CAP_NET_ADMIN } };

	return result(syscall(SYS_capset, &head, data));
}

static int try_dumpable(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int try_another_filter(void)
{
	return result(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0,
			      &(const uint32_t){ SECCOMP_RET_ALLOW }));
}

static int try_raise_limit(void)
{
	const struct rlimit more = { .rlim_cur = 100, .rlim_max = 100 };

	return result(setrlimit(RLIMIT_CORE, &more));
}

/* --- files --- */

static int try_many_descriptors(void)
{
	const struct rlimit more = { 4096, 4096 };

	/* Where it is not possible, it is not needed, or that is the point. */
	setrlimit(RLIMIT_NOFILE, &more);
	for (int i = 0; i < 300; i++) {
		if (socket(AF_INET, SOCK_DGRAM, 0) < 0)
			return -errno;
	}
	return 0;
}

static int try_open_shadow(void)
{
	return result(open("/etc/shadow", O_RDONLY));
}

static int try_open_other(void)
{
	return result(open(scene.other, O_RDONLY));
}

static int try_open_key(void)
{
	return result(open(scene.key, O_RDONLY));
}

static int try_open_device(void)
{
	return result(open("/dev/null", O_RDWR));
}

static int try_write_kept(void)
{
	return result(open(scene.kept, O_WRONLY));
}

static int try_path_of_kept(void)
{
	return result(open(scene.kept, O_PATH));
}

static int try_create(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/new", scene.folder);
	return result(open(path, O_RDWR | O_CREAT, 0600));
}

static int try_list(void)
{
	char bytes[1024];
	int fd = open(scene.folder, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? -errno : result(syscall(SYS_getdents64, fd, bytes, sizeof(bytes)));
}

static int try_unlink(void)
{
	return result(unlink("/etc/does-not-exist"));
}

static int try_chroot(void)
{
	return result(chroot("/"));
}

static int try_mount(void)
{
	return result(mount("none", "/", "no-such-thing", 0, NULL));
}

static int try_unmount(void)
{
	return result(umount2("/does-not-exist", MNT_DETACH));
}

static int try_setns(void)
{
	return result(setns(scene.tty, 0));
}

static int try_open_by_handle(void)
{
	union {
		struct file_handle head;
		char bytes[sizeof(struct file_handle) + 8];
	} handle = { .head = { .handle_bytes = 8 } };

	return result(open_by_handle_at(AT_FDCWD, &handle.head, O_RDONLY));
}

/* --- memory --- */

static int try_mmap_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -errno : 0;
}

static int try_mprotect_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -EIO : result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int try_executable_memfd(void)
{
	enum { MFD_EXEC_ = 0x10 };
	long r = syscall(SYS_memfd_create, "x", MFD_EXEC_);

	/* Kernels before 6.3 do not know the flag. */
	return r < 0 && errno == EINVAL ? 0 : result(r);
}

static int try_priority_futex(void)
{
	uint32_t word = 0;

	return result(syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
}

/* --- sockets --- */

static int try_packet_socket(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static int try_raw_socket(void)
{
	return result(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int try_unix_socket(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_netlink_socket(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
}

/* As long as one of the UNIX domain was inherited. */
static int try_connect_to_control_socket(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	memcpy(to.sun_path, scene.socket, strlen(scene.socket) + 1);
	return result(connect(scene.stream, (struct sockaddr *)&to, sizeof(to)));
}

static int try_connect_to_abstract_socket(void)
{
	return result(connect(scene.abstract, (struct sockaddr *)&scene.abstract_name,
			      scene.abstract_len));
}

static int try_tcp_to_another_port(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd < 0 ? -EIO : result(connect(fd, (struct sockaddr *)&to, sizeof(to)));
}

static int try_bind(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return fd < 0 ? -EIO : result(bind(fd, (struct sockaddr *)&at, sizeof(at)));
}

static int try_listen(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -EIO : result(listen(fd, 1));
}

static int set_option(int name, const void *value, socklen_t len)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return fd < 0 ? -EIO : result(setsockopt(fd, SOL_SOCKET, name, value, len));
}

static int try_mark(void)
{
	int mark = 1;

	return set_option(SO_MARK, &mark, sizeof(mark));
}

static int try_big_buffer(void)
{
	int bytes = 1 << 26;

	return set_option(SO_RCVBUFFORCE, &bytes, sizeof(bytes));
}

/* --- what changes the host --- */

/* To a socket that was opened with all rights. */
struct order {
	struct nlmsghdr head;
	char rest[240];
};

static void begin_order(struct order *o, int type, const void *body, size_t len)
{
	*o = (struct order){ .head = { .nlmsg_len = NLMSG_LENGTH(len),
				       .nlmsg_type = (uint16_t)type,
				       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE } };
	memcpy(NLMSG_DATA(&o->head), body, len);
}

static void add_number(struct order *o, int type, uint32_t value)
{
	struct rtattr *a = (void *)((char *)&o->head + NLMSG_ALIGN(o->head.nlmsg_len));

	*a = (struct rtattr){ .rta_len = RTA_LENGTH(4), .rta_type = (uint16_t)type };
	memcpy(RTA_DATA(a), &value, 4);
	o->head.nlmsg_len = NLMSG_ALIGN(o->head.nlmsg_len) + RTA_SPACE(4);
}

static int give_order(const struct order *o)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[512];
	} answer;

	if (send(scene.netlink, o, o->head.nlmsg_len, 0) < 0)
		return -errno;
	if (recv(scene.netlink, &answer, sizeof(answer), 0) < 0)
		return -errno;
	return answer.head.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EBADMSG;
}

enum { LOOPBACK = 1 };

static int try_new_route(void)
{
	const struct rtmsg route = { .rtm_family = AF_INET,
				     .rtm_dst_len = 24,
				     .rtm_table = RT_TABLE_MAIN,
				     .rtm_protocol = RTPROT_STATIC,
				     .rtm_scope = RT_SCOPE_LINK,
				     .rtm_type = RTN_UNICAST };
	struct order o;

	begin_order(&o, RTM_NEWROUTE, &route, sizeof(route));
	add_number(&o, RTA_DST, htonl(0x0a090900));
	add_number(&o, RTA_OIF, LOOPBACK);
	return give_order(&o);
}

static int try_new_address(void)
{
	const struct ifaddrmsg address = { .ifa_family = AF_INET,
					   .ifa_prefixlen = 32,
					   .ifa_index = LOOPBACK };
	struct order o;

	begin_order(&o, RTM_NEWADDR, &address, sizeof(address));
	add_number(&o, IFA_LOCAL, htonl(0x0a080807));
	return give_order(&o);
}

static int try_new_rule(void)
{
	const struct fib_rule_hdr rule = { .family = AF_INET,
					   .table = RT_TABLE_MAIN,
					   .action = FR_ACT_TO_TBL };
	struct order o;

	begin_order(&o, RTM_NEWRULE, &rule, sizeof(rule));
	add_number(&o, FRA_FWMARK, 7);
	return give_order(&o);
}

static int try_new_neighbour(void)
{
	const struct ndmsg neighbour = { .ndm_family = AF_INET,
					 .ndm_ifindex = LOOPBACK,
					 .ndm_flags = NTF_PROXY };
	struct order o;

	begin_order(&o, RTM_NEWNEIGH, &neighbour, sizeof(neighbour));
	add_number(&o, NDA_DST, htonl(0x0a080809));
	return give_order(&o);
}

static int change_link(const struct ifinfomsg *link, uint32_t mtu)
{
	struct order o;

	begin_order(&o, RTM_SETLINK, link, sizeof(*link));
	if (mtu)
		add_number(&o, IFLA_MTU, mtu);
	return give_order(&o);
}

static int try_link_up(void)
{
	return change_link(&(const struct ifinfomsg){ .ifi_index = LOOPBACK,
						      .ifi_flags = IFF_UP,
						      .ifi_change = IFF_UP },
			   0);
}

static int try_mtu(void)
{
	return change_link(&(const struct ifinfomsg){ .ifi_index = LOOPBACK }, 60000);
}

/* --- the rest of the kernel --- */

static int try_bpf(void)
{
	union bpf_attr attr = { 0 };

	return result(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int try_io_uring(void)
{
	return result(syscall(SYS_io_uring_setup, 1, NULL));
}

static int try_keyctl(void)
{
	return result(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
}

static int try_type_into_terminal(void)
{
	return result(ioctl(scene.tty, TIOCSTI, "x"));
}

static int try_call_of_another_machine(void)
{
	return result(syscall(0x40000000 | SYS_getpid));
}

/* --- the table --- */

/* What comes of it: 0, an errno, KILLED; IGNORED: it depends on the machine. */
static const struct attempt {
	const char *name;
	jailed_fn *fn;
	int free, logged, held;
	int abi; /* of Landlock, without which the latter two depend on the machine */
} attempts[] = {
	{ "execve", try_execve, 0, EACCES, KILLED, 1 },
	{ "fork", try_fork, 0, EAGAIN, KILLED, 0 },
	{ "clone a user namespace", try_clone_user_namespace, 0, EAGAIN, KILLED, 0 },
	{ "unshare a user namespace", try_unshare_user_namespace, 0, IGNORED, KILLED, 0 },
	{ "ptrace the parent", try_ptrace_parent, 0, EPERM, KILLED, 0 },
	{ "kill the parent", try_kill_parent, 0, EPERM, KILLED, 0 },
	{ "tgkill the parent", try_tgkill_parent, 0, EPERM, KILLED, 0 },
	{ "tkill the parent", try_tkill_parent, 0, EPERM, KILLED, 0 },
	{ "queue a signal to the parent", try_queue_signal_to_parent, 0, EPERM, KILLED, 0 },
	{ "signal the parent by descriptor", try_signal_parent_by_descriptor, 0, EPERM, KILLED, 0 },
	{ "take a descriptor of the parent", try_take_descriptor_of_parent, 0, EPERM, KILLED, 0 },
	{ "open the memory of the parent", try_open_memory_of_parent, 0, EACCES, EACCES, 0 },
	{ "open its environment", try_open_environment_of_parent, 0, EACCES, EACCES, 0 },
	{ "read the memory of the parent", try_read_memory_of_parent, 0, EPERM, KILLED, 0 },
	{ "setuid", try_setuid, 0, EPERM, KILLED, 0 },
	{ "setresuid", try_setresuid, 0, EPERM, KILLED, 0 },
	{ "setgid", try_setgid, 0, EPERM, KILLED, 0 },
	{ "setgroups", try_setgroups, 0, EPERM, KILLED, 0 },
	{ "capset", try_capset, 0, EPERM, KILLED, 0 },
	{ "be dumpable", try_dumpable, 0, 0, EACCES, 0 },
	{ "ask about filters", try_another_filter, 0, 0, EACCES, 0 },
	{ "raise a limit", try_raise_limit, 0, EPERM, EACCES, 0 },
	{ "open many descriptors", try_many_descriptors, 0, EMFILE, EMFILE, 0 },
	{ "open /etc/shadow", try_open_shadow, 0, EACCES, EACCES, 0 },
	{ "open another file", try_open_other, 0, EACCES, EACCES, 1 },
	{ "open a key", try_open_key, 0, EACCES, EACCES, 0 },
	{ "open a device", try_open_device, 0, EACCES, EACCES, 1 },
	{ "open for writing", try_write_kept, 0, EACCES, EACCES, 1 },
	{ "open a path", try_path_of_kept, 0, 0, EACCES, 0 },
	{ "create a file", try_create, 0, EACCES, EACCES, 0 },
	{ "list a directory", try_list, 0, EACCES, EACCES, 1 },
	{ "unlink", try_unlink, ENOENT, ENOENT, KILLED, 0 },
	{ "chroot", try_chroot, 0, EPERM, KILLED, 0 },
	{ "mount", try_mount, ENODEV, EPERM, KILLED, 0 },
	{ "unmount", try_unmount, ENOENT, IGNORED, KILLED, 0 },
	{ "enter a namespace", try_setns, EINVAL, EINVAL, KILLED, 0 },
	{ "open by handle", try_open_by_handle, ESTALE, EPERM, KILLED, 0 },
	{ "mmap executable memory", try_mmap_exec, 0, 0, KILLED, 0 },
	{ "mprotect to executable", try_mprotect_exec, 0, 0, KILLED, 0 },
	{ "executable memory file", try_executable_memfd, 0, 0, KILLED, 0 },
	{ "lock a futex that lends priority", try_priority_futex, 0, 0, KILLED, 0 },
	{ "packet socket", try_packet_socket, 0, EPERM, EACCES, 0 },
	{ "raw socket", try_raw_socket, 0, EPERM, EACCES, 0 },
	{ "UNIX socket", try_unix_socket, 0, 0, EACCES, 0 },
	{ "netlink socket", try_netlink_socket, 0, 0, EACCES, 0 },
	{ "control socket", try_connect_to_control_socket, 0, EACCES, EACCES, 0 },
	{ "abstract socket", try_connect_to_abstract_socket, 0, EPERM, EPERM, 6 },
	{ "TCP to another port", try_tcp_to_another_port, 0, EACCES, EACCES, 4 },
	{ "bind", try_bind, 0, 0, EACCES, 0 },
	{ "listen", try_listen, 0, 0, KILLED, 0 },
	{ "set a mark", try_mark, 0, EPERM, EACCES, 0 },
	{ "force a big buffer", try_big_buffer, 0, EPERM, EACCES, 0 },
	{ "add a route", try_new_route, 0, EPERM, EPERM, 0 },
	{ "add an address", try_new_address, 0, EPERM, EPERM, 0 },
	{ "add a rule", try_new_rule, 0, EPERM, EPERM, 0 },
	{ "add a neighbour", try_new_neighbour, 0, EPERM, EPERM, 0 },
	{ "set a link up", try_link_up, 0, EPERM, EPERM, 0 },
	{ "set an MTU", try_mtu, 0, EPERM, EPERM, 0 },
	{ "bpf", try_bpf, EINVAL, IGNORED, KILLED, 0 },
	{ "io_uring", try_io_uring, EFAULT, IGNORED, KILLED, 0 },
	{ "keyctl", try_keyctl, 0, 0, KILLED, 0 },
	{ "type into a terminal", try_type_into_terminal, 0, IGNORED, EACCES, 0 },
	{ "a call of another machine", try_call_of_another_machine, ENOSYS, ENOSYS, KILLED, 0 },
};

/* Children share them, and a socket connects once. */
static int try_with_new_sockets(jailed_fn *fn, enum jailed_where where)
{
	int got;

	scene.stream = socket(AF_UNIX, SOCK_STREAM, 0);
	scene.abstract = socket(AF_UNIX, SOCK_STREAM, 0);
	got = jailed_try(fn, where);
	close(scene.stream);
	close(scene.abstract);
	return got;
}

static int abi; /* of this kernel's Landlock */

static void judge(enum jailed_where where, int (*wanted)(const struct attempt *))
{
	unsigned wrong = 0;

	for (size_t i = 0; i < LEN(attempts); i++) {
		int got = try_with_new_sockets(attempts[i].fn, where), want = wanted(&attempts[i]);

		if (got == want || want == IGNORED)
			continue;
		print_error("%s: %d (%s), not %d\n", attempts[i].name, got,
			    got < JAILED_DIED ? strerror(got) : "died", want);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static int when_free(const struct attempt *a)
{
	return a->free;
}

static int when_logged(const struct attempt *a)
{
	return a->abi > abi ? IGNORED : a->logged;
}

static int when_held(const struct attempt *a)
{
	return a->abi > abi && a->held != KILLED ? IGNORED : a->held;
}

static void test_each_attempt_comes_out_otherwise_without_a_jail(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(attempts); i++)
		assert_int_not_equal(attempts[i].free, attempts[i].held);
	judge(JAILED_FREE, when_free);
}

static void test_much_is_refused_without_the_filter_of_calls(void **state)
{
	(void)state;
	judge(JAILED_LOGGED, when_logged);
}

static void test_each_attempt_is_refused_or_deadly(void **state)
{
	(void)state;
	judge(JAILED_HELD, when_held);
}

static void test_threads_open_no_door(void **state)
{
	(void)state;
	judge(JAILED_THREADED, when_held);
}

/* --- what the kernel says --- */

/* The value of this line in /proc/PID/status of a child, which waits in the jail. */
static void read_status(pid_t pid, const char *key, char *value, size_t size)
{
	char path[64], line[256];
	size_t len = strlen(key);
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	assert_non_null(file);
	value[0] = '\0';
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			snprintf(value, size, "%s", line + len + 1 + strspn(line + len + 1, "\t "));
	}
	fclose(file);
}

static void assert_status(pid_t pid, const char *key, const char *want)
{
	char got[256];

	read_status(pid, key, got, sizeof(got));
	assert_string_equal(got, want);
}

/* A child in the jail that ends when its standard input does. */
static pid_t prisoner(int *leash)
{
	struct jail_report report;
	int line[2], ready[2];
	pid_t child;
	char byte = 0;

	assert_int_equal(pipe(line), 0);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(line[1]);
		byte = jailed_enter(JAILED_HELD, &report);
		if (write(ready[1], &byte, 1) != 1 || read(line[0], &byte, 1) != 0)
			_exit(1);
		_exit(0);
	}
	close(line[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	assert_int_equal(byte, 1);
	*leash = line[1];
	return child;
}

static void test_the_kernel_confirms_it(void **state)
{
	static const char none[] = "0000000000000000";
	int leash, status;
	pid_t pid = prisoner(&leash);

	(void)state;
	assert_status(pid, "Uid", "65534\t65534\t65534\t65534");
	assert_status(pid, "Gid", "65534\t65534\t65534\t65534");
	assert_status(pid, "Groups", "");
	assert_status(pid, "CapInh", none);
	assert_status(pid, "CapPrm", none);
	assert_status(pid, "CapEff", none);
	assert_status(pid, "CapBnd", none);
	assert_status(pid, "CapAmb", none);
	assert_status(pid, "NoNewPrivs", "1");
	assert_status(pid, "Seccomp", "2");
	assert_status(pid, "Seccomp_filters", "2");
	close(leash);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Not dumpable: a process of the same user may not look at it. */
static int look_at_prisoner(void)
{
	char path[64];

	if (setgid(jailed_nobody.gid) < 0 || setuid(jailed_nobody.uid) < 0)
		return -EIO;
	snprintf(path, sizeof(path), "/proc/%d/maps", scene.parent);
	return result(open(path, O_RDONLY));
}

static void test_a_process_of_the_same_user_cannot_look_inside(void **state)
{
	pid_t parent = scene.parent;
	int leash;

	(void)state;
	scene.parent = prisoner(&leash);
	assert_int_equal(jailed_try(look_at_prisoner, JAILED_FREE), EACCES);
	close(leash);
	waitpid(scene.parent, NULL, 0);
	scene.parent = parent;
}

/* --- the scene --- */

static void make_file(char *path, size_t size, const char *name, mode_t mode)
{
	int fd;

	assert_true(snprintf(path, size, "%s/%s", scene.folder, name) < (int)size);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x\n", 2), 2);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void listen_on_unix_sockets(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	/* As a control socket: for its owner, root. */
	assert_true(snprintf(scene.socket, sizeof(scene.socket), "%s/sock", scene.folder) > 0);
	memcpy(at.sun_path, scene.socket, strlen(scene.socket) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(chmod(scene.socket, 0600), 0);
	assert_int_equal(listen(fd, 9), 0);

	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(sa_family_t)), 0);
	scene.abstract_len = sizeof(scene.abstract_name);
	assert_int_equal(
		getsockname(fd, (struct sockaddr *)&scene.abstract_name, &scene.abstract_len), 0);
	assert_int_equal(listen(fd, 9), 0);
}

static void listen_on_tcp(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 9), 0);
}

static int set_up(void **state)
{
	static const char *files[] = { scene.kept, NULL };
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	scene.parent = getpid();
	snprintf(scene.folder, sizeof(scene.folder), "/tmp/test_jail.XXXXXX");
	assert_non_null(mkdtemp(scene.folder));
	assert_int_equal(chmod(scene.folder, 0755), 0);
	make_file(scene.kept, sizeof(scene.kept), "kept", 0666);
	make_file(scene.other, sizeof(scene.other), "other", 0666);
	make_file(scene.key, sizeof(scene.key), "key", 0600);
	jailed_files = files;
	listen_on_unix_sockets();
	listen_on_tcp();
	scene.netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	assert_true(scene.netlink >= 0);
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	scene.tty = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(scene.tty >= 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lab_run("rm -r %s", scene.folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_attempt_comes_out_otherwise_without_a_jail),
		cmocka_unit_test(test_much_is_refused_without_the_filter_of_calls),
		cmocka_unit_test(test_each_attempt_is_refused_or_deadly),
		cmocka_unit_test(test_threads_open_no_door),
		cmocka_unit_test(test_the_kernel_confirms_it),
		cmocka_unit_test(test_a_process_of_the_same_user_cannot_look_inside),
	};

	jailed_needs_root();
	lab_enter();
	abi = landlock_abi();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

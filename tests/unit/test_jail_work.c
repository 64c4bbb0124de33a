/* SPDX-License-Identifier: ISC */
/* What the jail must leave possible: all that a running tunnel and its libraries do. */
#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/batch.h"
#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/vault.h"
#include "crypto/aead.h"
#include "crypto/rng.h"
#include "crypto/selftest.h"
#include "io/dev.h"
#include "io/tun.h"
#include "io/udp.h"
#include "jailed.h"
#include "lab.h"
#include "names/resolver.h"
#include "netlink/route.h"
#include "netlink/rtnl.h"
#include "netlink/watch.h"

enum { BLOCK = 64 << 20, MANY = 20000, STACK = 256 << 10, DNS_TYPE_A = 1, DNS_TYPE_AAAA = 28 };

/* All that is open before. */
static struct scene {
	char folder[64], conf[96];
	struct udp udp;
	struct offloads udp_offloads, dev_offloads;
	uint16_t port;
	struct dev dev;
	struct batch batch;
	struct rtnl rtnl;
	struct watch watch;
	int listener, memory; /* memory: the socket that memory files come by */
	int text;             /* one of them */
	struct sockaddr_un control;
	socklen_t control_len;
	struct ev_loop *loop;
	ev_signal signal;
	int signals;
	struct resolver *resolver;
	bool resolved;
	struct endpoint found;
	bool mute; /* stderr goes nowhere: with make check it is a file, and files then may grow */
} scene;

/* --- datagrams and packets --- */

static int work_udp(void)
{
	struct endpoint to = { .remote.v4 = { .sin_family = AF_INET,
					      .sin_port = htons(scene.port) } };
	uint32_t next = 0;
	int which, n, got = 0;

	to.remote.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	batch_reset(&scene.batch);
	for (unsigned i = 0; i < 20; i++) {
		struct pkt *p = batch_add(&scene.batch, 100);

		JAILED_MUST(p);
		memset(p->data, 7, 100);
		p->fate = FATE_NET;
		p->end = &to;
	}
	JAILED_MUST(udp_send(&scene.udp, &scene.batch, &next, &which) == 0);
	JAILED_MUST(scene.udp.stats.errors == 0);
	while (got < 20) {
		batch_reset(&scene.batch);
		n = udp_recv(&scene.udp, UDP_V4, &scene.batch);
		JAILED_MUST(n > 0);
		/* Its destination came in a control message. */
		JAILED_MUST(scene.batch.pkt[0].end->local.family == AF_INET);
		got += n;
	}
	return 0;
}

static int work_settings_of_udp(void)
{
	struct offloads none = { 0 };
	uint16_t port;
	int fd[UDP_SOCKETS] = { scene.udp.fd[0], scene.udp.fd[1] };
	struct udp udp;
	bool refused;

	udp_buffers(fd[UDP_V4], 100000, 100000);
	JAILED_MUST(udp_mark(fd[UDP_V4], 0) == 0);
	refused = udp_mark(fd[UDP_V4], 1) == -EACCES;
	udp_mark(fd[UDP_V4], 0); /* the other children have the same socket */
	JAILED_MUST(refused);
	JAILED_MUST(udp_init(&udp, &none) == 0);
	udp_use(&udp, fd);
	JAILED_MUST(udp_pair(0, 0, fd, &port) == -EACCES);
	return 0;
}

static int work_tun(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int carrier = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { 0 };

	JAILED_MUST(ioctl(scene.dev.fd, TUNGETIFF, &req) == 0);
	JAILED_MUST(strcmp(req.ifr_name, "work0") == 0);
	JAILED_MUST(ioctl(scene.dev.fd, TUNSETCARRIER, &carrier) == 0);
	JAILED_MUST(tun_offer(scene.dev.fd, true, &scene.dev_offloads) == 0);
	dev_probe(&scene.dev);
	/* What the kernel routes into the device is read, and what we write gets out of it. */
	JAILED_MUST(inet_pton(AF_INET, "10.7.0.2", &to.sin_addr) == 1);
	JAILED_MUST(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1);
	batch_reset(&scene.batch);
	JAILED_MUST(dev_read(&scene.dev, &scene.batch) >= 1);
	for (uint32_t i = 0; i < scene.batch.n; i++)
		scene.batch.pkt[i].fate = FATE_DEV;
	JAILED_MUST(dev_write(&scene.dev, &scene.batch) == 0);
	JAILED_MUST(scene.dev.stats.errors == 0);
	return 0;
}

/* It must end with the tunnel. */
static int work_lasting_device(void)
{
	return ioctl(scene.dev.fd, TUNSETPERSIST, 0) < 0 ? -errno : 0;
}

static int work_owner_of_device(void)
{
	return ioctl(scene.dev.fd, TUNSETOWNER, 0) < 0 ? -errno : 0;
}

/* --- the loop --- */

static void on_signal(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)w;
	(void)events;
	scene.signals++;
	ev_break(loop, EVBREAK_ALL);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	raise(SIGUSR1);
}

static int work_loop(void)
{
	ev_timer timer;

	ev_timer_init(&timer, on_timer, 0.01, 0);
	ev_timer_start(scene.loop, &timer);
	ev_run(scene.loop, 0);
	JAILED_MUST(scene.signals == 1);
	/* libev makes a new epoll descriptor when it meets events that it does not expect. */
	ev_loop_fork(scene.loop);
	ev_timer_start(scene.loop, &timer);
	ev_run(scene.loop, 0);
	JAILED_MUST(scene.signals == 2);
	ev_signal_stop(scene.loop, &scene.signal);
	ev_loop_destroy(scene.loop);
	return 0;
}

/* --- the kernel's tables --- */

static int work_netlink(void)
{
	struct ip to = { .family = AF_INET };
	struct route_path path;
	struct watch_news news;
	bool empty, changed;

	to.v4.s_addr = htonl(0x0a070002);
	JAILED_MUST(route_get(&scene.rtnl, &to, 0, &path) == 0);
	JAILED_MUST(path.ifindex > 0);
	JAILED_MUST(route_get(&scene.rtnl, &to, 51820, &path) == 0);
	JAILED_MUST(route_table_is_empty(&scene.rtnl, ROUTE_TABLE_MAIN, &empty) == 0);
	JAILED_MUST(!empty);
	JAILED_MUST(watch_read(&scene.watch, path.ifindex, &news) == 0);
	JAILED_MUST(watch_read_routes(&scene.watch, path.ifindex, &changed) >= 0);
	return 0;
}

static int work_scope(void)
{
	static const char local[] = "[fe80::1%lo]:51820";
	char text[ENDPOINT_TEXT];
	struct endpoint e;

	JAILED_MUST(endpoint_parse(&e, local, strlen(local)));
	JAILED_MUST(e.remote.v6.sin6_scope_id > 0);
	endpoint_print(text, &e);
	JAILED_MUST(strcmp(text, local) == 0);
	return 0;
}

/* --- the control socket --- */

static int work_accept(void)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	char bytes[64];
	int queued, fd;

	fd = accept4(scene.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	JAILED_MUST(fd >= 0);
	JAILED_MUST(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && cred.uid == 0);
	JAILED_MUST(recv(fd, bytes, sizeof(bytes), 0) == 6);
	JAILED_MUST(send(fd, "errno=0\n\n", 9, MSG_NOSIGNAL) == 9);
	JAILED_MUST(ioctl(fd, TIOCOUTQ, &queued) == 0 && queued > 0);
	JAILED_MUST(close(fd) == 0);
	JAILED_MUST(accept4(scene.listener, NULL, NULL, SOCK_NONBLOCK) < 0 && errno == EAGAIN);
	return 0;
}

/* --- memory files --- */

static int send_file(int sock, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (char[]){ "x" }, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };

	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(sock, &m, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static int receive_file(int sock)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC) != 1 || control.head.cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

static int sealed_file(const char *text)
{
	int fd = memfd_create("conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return -1;
	return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0
		       ? -1
		       : fd;
}

static int work_memory_files(void)
{
	int fd = receive_file(scene.memory);
	struct stat st;
	char *text;

	JAILED_MUST(fd >= 0);
	JAILED_MUST(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE);
	JAILED_MUST(fstat(fd, &st) == 0 && st.st_size == 5);
	text = mmap(NULL, 5, PROT_READ, MAP_PRIVATE, fd, 0);
	JAILED_MUST(text != MAP_FAILED && memcmp(text, "hello", 5) == 0);
	JAILED_MUST(munmap(text, 5) == 0);
	fd = sealed_file("and back");
	JAILED_MUST(fd >= 0 && send_file(scene.memory, fd) == 0);
	return 0;
}

/* --- names --- */

static void on_answer(void *ctx, const struct endpoint *ends, unsigned n, const char *why,
		      unsigned retry)
{
	(void)ctx;
	(void)retry;
	scene.resolved = n == 1;
	if (n == 1)
		scene.found = ends[0];
	else
		fprintf(stderr, "%u addresses: %s\n", n, why ? why : "");
	ev_break(scene.loop, EVBREAK_ALL);
}

static int resolve(const char *name, const char *want)
{
	char text[ENDPOINT_TEXT];
	struct resolver_request *q = resolver_ask(scene.resolver, name, 9, on_answer, NULL);

	scene.resolved = false;
	JAILED_MUST(q);
	ev_run(scene.loop, 0);
	JAILED_MUST(scene.resolved);
	endpoint_print(text, &scene.found);
	JAILED_MUST(strcmp(text, want) == 0);
	resolver_cancel(q);
	return 0;
}

/* With rights, and asked for the text of resolv.conf. */
static bool nobody_fetches(void *ctx, unsigned failures)
{
	(void)ctx;
	(void)failures;
	return false;
}

static int work_names(void)
{
	resolver_set_fetch(scene.resolver, nobody_fetches, NULL);
	JAILED_MUST(resolve("short.test", "192.0.2.1:9") == 0); /* one datagram */
	JAILED_MUST(resolve("long.test", "192.0.2.2:9") == 0);  /* then TCP */
	/* A name server that replaces resolv.conf before it answers. */
	JAILED_MUST(resolve("replace.test", "192.0.2.2:9") == 0);
	JAILED_MUST(resolve("short.test", "192.0.2.1:9") == 0);
	JAILED_MUST(resolve("localhost", "127.0.0.1:9") == 0 ||
		    resolve("localhost", "[::1]:9") == 0);
	return 0;
}

static int work_files(void)
{
	char line[64];
	struct stat st;
	FILE *file = fopen(scene.conf, "re");

	JAILED_MUST(file && fgets(line, sizeof(line), file));
	JAILED_MUST(fclose(file) == 0);
	JAILED_MUST(stat(scene.conf, &st) == 0);
	file = fopen("/dev/urandom", "r");
	JAILED_MUST(file && fgetc(file) != EOF && fclose(file) == 0);
	/* A memory file can be opened by name: so somebody with rights can hand over any text. */
	snprintf(line, sizeof(line), "/proc/self/fd/%d", scene.text);
	JAILED_MUST(stat(line, &st) == 0 && st.st_size == 5);
	file = fopen(line, "re");
	JAILED_MUST(file && fgets(line, sizeof(line), file) && strcmp(line, "hello") == 0);
	return 0;
}

/* --- memory, randomness, time, the log --- */

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(uint64_t));
}

static int work_memory(void)
{
	uint64_t *many = mem_new_array(MANY, sizeof(*many));
	char *block = malloc(BLOCK), *small[1000];

	JAILED_MUST(many && block);
	rng_fill(&rng_system, many, MANY * sizeof(*many));
	qsort(many, MANY, sizeof(*many), compare);
	memset(block, 1, BLOCK);
	block = realloc(block, BLOCK * 2);
	JAILED_MUST(block);
	free(block);
	for (size_t i = 0; i < LEN(small); i++)
		JAILED_MUST((small[i] = malloc(3000)));
	for (size_t i = 0; i < LEN(small); i++)
		free(small[i]);
	mem_trim();
	mem_free(many);
	return 0;
}

static int work_secrets(void)
{
	char *secret = vault_new(100000);

	JAILED_MUST(secret);
	memset(secret, 1, 100000);
	vault_free(secret, 100000);
	JAILED_MUST(!selftest());
	JAILED_MUST(aead_init("auto") == 0);
	return 0;
}

static int work_log(void)
{
	char name[256];

	log_set_level(LOG_LEVEL_INFO);
	log_info("a line from the jail");
	JAILED_MUST(gethostname(name, sizeof(name)) == 0);
	JAILED_MUST(geteuid() == jailed_nobody.uid);
	JAILED_MUST(getpid() > 1);
	return 0;
}

static int work_abort(void)
{
	abort();
}

/* More than the plan allows is an error, and no signal. */
static int work_too_much_memory_file(void)
{
	static const char bytes[1 << 20];
	int fd = memfd_create("big", MFD_CLOEXEC), r = 0;

	while (r >= 0 && r < 64)
		r = write(fd, bytes, sizeof(bytes)) < 0 ? -errno : r + 1;
	return r;
}

/* --- threads --- */

static void *add_up(void *arg)
{
	char *block = malloc(1 << 20);

	if (block)
		memset(block, 1, 1 << 20);
	free(block);
	*(int *)arg += 1;
	return NULL;
}

static int work_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread[4];
	int sum[4] = { 0 };
	cpu_set_t all;

	CPU_ZERO(&all);
	CPU_SET(0, &all);
	JAILED_MUST(pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, STACK) == 0);
	for (size_t i = 0; i < LEN(thread); i++)
		JAILED_MUST(pthread_create(&thread[i], &attr, add_up, &sum[i]) == 0);
	JAILED_MUST(sched_setaffinity(0, sizeof(all), &all) == 0);
	for (size_t i = 0; i < LEN(thread); i++)
		JAILED_MUST(pthread_join(thread[i], NULL) == 0 && sum[i] == 1);
	return 0;
}

static int work_one_thread(void)
{
	pthread_t thread;
	int sum = 0;

	return -pthread_create(&thread, NULL, add_up, &sum);
}

/* --- a name server --- */

/* Reply to the query in m, of n bytes: a datagram says "too long" where the name has more than
 * five letters in its first part. */
static size_t answer(uint8_t *m, size_t n, bool datagram)
{
	bool cut = datagram && m[12] != 5, is_long = m[12] != 5;
	size_t end = 12;

	while (end < n && m[end])
		end += m[end] + 1u;
	end += 5;
	store_be16(m + 2, cut ? 0x8380 : 0x8180);
	store_be16(m + 4, 1);
	memset(m + 6, 0, 6);
	if (cut || load_be16(m + end - 4) != DNS_TYPE_A)
		return end;
	store_be16(m + 6, 1);
	store_be16(m + end, 0xc00c);
	store_be16(m + end + 2, DNS_TYPE_A);
	store_be16(m + end + 4, 1);
	store_be32(m + end + 6, 0);
	store_be16(m + end + 10, 4);
	store_be32(m + end + 12, is_long ? 0xc0000202 : 0xc0000201);
	return end + 16;
}

/* As programs do that manage it: another file of the same name. */
static void write_conf(void)
{
	char new[sizeof(scene.conf) + 4];
	FILE *file;

	snprintf(new, sizeof(new), "%s.new", scene.conf);
	file = fopen(new, "w");
	if (!file || fputs("nameserver 127.0.0.2\n", file) < 0 || fclose(file) != 0 ||
	    chmod(new, 0644) < 0 || rename(new, scene.conf) < 0)
		_exit(1);
}

static void answer_datagram(int fd)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t m[600];
	ssize_t n = recvfrom(fd, m, 512, 0, (struct sockaddr *)&from, &len);

	if (n > 17 && m[12] == strlen("replace"))
		write_conf();
	if (n > 17)
		sendto(fd, m, answer(m, (size_t)n, true), 0, (struct sockaddr *)&from, len);
}

static void answer_stream(int listener)
{
	int fd = accept(listener, NULL, NULL);
	uint8_t m[600];
	ssize_t n;

	/* A length before each query; c-ares may send several. */
	while ((n = recv(fd, m, 2, MSG_WAITALL)) == 2) {
		n = recv(fd, m + 2, load_be16(m), MSG_WAITALL);
		if (n < 18)
			break;
		n = (ssize_t)answer(m + 2, (size_t)n, false);
		store_be16(m, (uint16_t)n);
		if (send(fd, m, (size_t)n + 2, MSG_NOSIGNAL) < 0)
			break;
	}
	close(fd);
}

static void serve(int datagrams, int streams)
{
	struct pollfd p[] = { { .fd = datagrams, .events = POLLIN },
			      { .fd = streams, .events = POLLIN } };

	while (poll(p, 2, -1) > 0) {
		if (p[0].revents)
			answer_datagram(datagrams);
		if (p[1].revents)
			answer_stream(streams);
	}
}

static pid_t start_name_server(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(53) };
	int datagrams = socket(AF_INET, SOCK_DGRAM, 0), streams = socket(AF_INET, SOCK_STREAM, 0);
	pid_t child;

	/* c-ares would find one on 127.0.0.1 without any file. */
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	assert_int_equal(bind(datagrams, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(bind(streams, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(streams, 9), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(datagrams, streams);
		_exit(0);
	}
	close(datagrams);
	close(streams);
	return child;
}

/* --- the table --- */

static const struct job {
	const char *name;
	jailed_fn *fn;
	int free, held;
} jobs[] = {
	{ "datagrams", work_udp, 0, 0 },
	{ "settings of UDP sockets", work_settings_of_udp, EPROTO, 0 },
	{ "the device", work_tun, 0, 0 },
	{ "how long the device lasts", work_lasting_device, 0, EACCES },
	{ "whom the device belongs to", work_owner_of_device, 0, EACCES },
	{ "the loop", work_loop, 0, 0 },
	{ "the kernel's tables", work_netlink, 0, 0 },
	{ "a link-local endpoint", work_scope, 0, 0 },
	{ "the control socket", work_accept, 0, 0 },
	{ "memory files", work_memory_files, 0, 0 },
	{ "names", work_names, 0, 0 },
	{ "files of the resolver", work_files, 0, 0 },
	{ "memory", work_memory, 0, 0 },
	{ "secrets", work_secrets, 0, 0 },
	{ "the log", work_log, EPROTO, 0 },
	{ "abort", work_abort, JAILED_DIED + SIGABRT, JAILED_DIED + SIGABRT },
	{ "too big a memory file", work_too_much_memory_file, 64, EFBIG },
	{ "one thread", work_one_thread, 0, JAILED_DIED + SIGSYS },
};

/* What the other end of the descriptors does meanwhile. */
static int try_with_company(jailed_fn *fn, enum jailed_where where)
{
	int client = socket(AF_UNIX, SOCK_STREAM, 0), pair[2], sealed = sealed_file("hello"), got;

	assert_int_equal(connect(client, (struct sockaddr *)&scene.control, scene.control_len), 0);
	assert_int_equal(send(client, "get=1\n", 6, 0), 6);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(send_file(pair[0], sealed), 0);
	scene.memory = pair[1];
	scene.text = sealed;
	scene.mute = fn == work_too_much_memory_file;
	got = jailed_try(fn, where);
	if (fn == work_memory_files && got == 0) {
		int back = receive_file(pair[0]);
		char text[16];

		assert_int_equal(pread(back, text, sizeof(text), 0), 8);
		assert_memory_equal(text, "and back", 8);
		close(back);
	}
	/* Who did not accept it must not leave it to the next one. */
	close(accept4(scene.listener, NULL, NULL, SOCK_NONBLOCK));
	close(client);
	close(sealed);
	close(pair[0]);
	close(pair[1]);
	return got;
}

static void judge(enum jailed_where where)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < LEN(jobs); i++) {
		int got = try_with_company(jobs[i].fn, where);
		int want = where == JAILED_FREE ? jobs[i].free : jobs[i].held;

		if (where == JAILED_THREADED && jobs[i].fn == work_one_thread)
			want = 0;
		if (got == want)
			continue;
		print_error("%s: %d, not %d\n", jobs[i].name, got, want);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void test_all_works_without_a_jail(void **state)
{
	(void)state;
	judge(JAILED_FREE);
}

static void test_all_works_in_the_jail(void **state)
{
	(void)state;
	judge(JAILED_HELD);
}

static void test_all_works_in_a_jail_for_threads(void **state)
{
	(void)state;
	judge(JAILED_THREADED);
	assert_int_equal(jailed_try(work_threads, JAILED_THREADED), 0);
}

/* --- the scene --- */

static void open_files(void)
{
	static const char *files[] = { scene.conf, "/etc/hosts", "/dev/urandom", NULL };

	snprintf(scene.folder, sizeof(scene.folder), "/tmp/test_jail_work.XXXXXX");
	assert_non_null(mkdtemp(scene.folder));
	assert_int_equal(chmod(scene.folder, 0755), 0);
	assert_true(snprintf(scene.conf, sizeof(scene.conf), "%s/conf", scene.folder) > 0);
	write_conf();
	jailed_files = files;
}

static void open_device(void)
{
	char name[DEV_NAME_MAX] = "work0";
	int fd = -1;

	assert_int_equal(tun_create(name, true, &fd), 0);
	assert_int_equal(dev_tun_open(&scene.dev, fd, &scene.dev_offloads), 0);
	lab_run("ip addr add 10.7.0.1/24 dev work0 && ip link set work0 up");
}

static void open_sockets(void)
{
	int fd[UDP_SOCKETS];

	assert_int_equal(udp_init(&scene.udp, &scene.udp_offloads), 0);
	assert_int_equal(udp_pair(0, 0, fd, &scene.port), 0);
	udp_use(&scene.udp, fd);
	assert_int_equal(batch_init(&scene.batch, 1024, 64, UDP_RECV_BYTES), 0);
	assert_int_equal(rtnl_open(&scene.rtnl), 0);
	assert_int_equal(watch_open(&scene.watch), 0);
	scene.control.sun_family = AF_UNIX;
	scene.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(scene.listener, (struct sockaddr *)&scene.control, sizeof(sa_family_t)), 0);
	scene.control_len = sizeof(scene.control);
	assert_int_equal(
		getsockname(scene.listener, (struct sockaddr *)&scene.control, &scene.control_len),
		0);
	assert_int_equal(listen(scene.listener, 9), 0);
}

/* Neither epoll nor a signalfd survives a fork. */
static void open_before(void)
{
	const struct resolver_limits limits = { .resolv_conf = scene.conf };

	if (scene.mute && dup2(open("/dev/null", O_WRONLY), STDERR_FILENO) < 0)
		_exit(JAILED_CANNOT);
	scene.loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_SIGNALFD);
	if (!scene.loop || resolver_open_with(&scene.resolver, scene.loop, &limits) < 0)
		_exit(JAILED_CANNOT);
	ev_signal_init(&scene.signal, on_signal, SIGUSR1);
	ev_signal_start(scene.loop, &scene.signal);
}

static int set_up(void **state)
{
	static pid_t server;

	open_files();
	open_device();
	open_sockets();
	jailed_before = open_before;
	server = start_name_server();
	*state = &server;
	return 0;
}

static int tear_down(void **state)
{
	pid_t server = *(pid_t *)*state;

	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	lab_run("rm -r %s", scene.folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_works_without_a_jail),
		cmocka_unit_test(test_all_works_in_the_jail),
		cmocka_unit_test(test_all_works_in_a_jail_for_threads),
	};

	jailed_needs_root();
	lab_enter();
	lab_needs("/dev/net/tun");
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "big.h"
#include "crypto/dh.h"
#include "datapath/datapath.h"
#include "proto/admin.h"
#include "proto/wire.h"
#include "sim/prng.h"

/*
 * Two whole paths, device to device; only the system calls are ours (linked with
 * --wrap): device reads come from a list, device writes go into one, a message sent
 * on one side is what the other one receives.  Then each of them fails, each way
 * there is, at each of its calls: what arrives must be what was sent, in order, but
 * for the packets that were counted as refused; and no nonce may ever be seen with
 * two contents.
 */

ssize_t __wrap_read(int fd, void *out, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);
int __wrap_recvmmsg(int fd, struct mmsghdr *vec, unsigned n, int flags, struct timespec *timeout);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __real_read(int fd, void *out, size_t len);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __real_writev(int fd, const struct iovec *iov, int n);

enum { FRAMES = 64, FRAME = VNET_HDR + PKT_MAX, MESSAGES = 512, NONCES = 4096, PORT = 51820 };
enum call { CALL_READ, CALL_WRITEV, CALL_SENDMSG, CALL_RECVMMSG, CALLS };

struct frame {
	size_t len;
	uint8_t bytes[FRAME];
};

struct message {
	size_t len;
	uint16_t each; /* 0: one datagram */
	uint8_t bytes[PKT_MAX];
};

struct side {
	struct datapath path;
	int tun;
	struct frame in[FRAMES], out[FRAMES * 8];
	unsigned in_first, in_n, out_n;
	struct message wire[MESSAGES]; /* to be received here */
	unsigned wire_first, wire_n;
};

static struct side sides[2];
static struct instant now;

/* Of side 0's and side 1's calls of a kind, the nth from now on fails, and `more` behind it. */
static struct fault {
	bool armed;
	enum call call;
	unsigned nth, more;
	int err;      /* 0: it does less than it could */
	int then;     /* the second failure, if it is another one; 0: the same */
	bool all_big; /* instead: each run of datagrams, each joined packet, and never a single one */
	unsigned seen, failed;
} fault;

/* Any call may fail in any way that is of its kind. */
static struct prng chaos;
static bool in_chaos;

static struct nonce {
	uint32_t receiver;
	uint64_t counter;
	uint32_t len;
	uint64_t content;
} nonces[NONCES];
static unsigned n_nonces;

/* --- the system --- */

static bool fails_by_chance(enum call call, bool *partly)
{
	static const int errors[CALLS][8] = {
		[CALL_READ] = { EIO, EINTR, EAGAIN, ENOMEM, EINVAL, ENOBUFS, EMSGSIZE, EAGAIN },
		[CALL_WRITEV] = { EIO, EINTR, EAGAIN, ENOMEM, EINVAL, ENOBUFS, EMSGSIZE, EINVAL },
		[CALL_SENDMSG] = { EIO, EINTR, EAGAIN, ENOMEM, EINVAL, ENOBUFS, EMSGSIZE, EPERM },
		[CALL_RECVMMSG] = { EIO, EINTR, EAGAIN, ENOMEM, EINVAL, ENOBUFS, EMSGSIZE, 0 },
	};

	if (prng_below(&chaos, 4))
		return false;
	errno = errors[call][prng_below(&chaos, 8)];
	*partly = errno == 0;
	fault.failed++;
	return errno != 0;
}

static bool big_fails(enum call call, bool big)
{
	if (!fault.armed || !fault.all_big || fault.call != call || !big)
		return false;
	fault.failed++;
	errno = fault.err;
	return true;
}

static bool fails(enum call call, bool *partly)
{
	*partly = false;
	if (in_chaos)
		return fails_by_chance(call, partly);
	if (!fault.armed || fault.call != call || fault.all_big)
		return false;
	if (fault.seen++ < fault.nth || fault.failed > fault.more)
		return false;
	fault.failed++;
	*partly = fault.err == 0;
	errno = fault.failed == 2 && fault.then ? fault.then : fault.err;
	return errno != 0;
}

static struct side *side_with_tun(int fd)
{
	for (unsigned i = 0; i < 2; i++) {
		if (sides[i].tun == fd)
			return &sides[i];
	}
	return NULL;
}

static struct side *side_with_socket(int fd)
{
	for (unsigned i = 0; i < 2; i++) {
		if (sides[i].path.udp.fd[UDP_V4] == fd)
			return &sides[i];
	}
	fail_msg("a call on a strange socket");
	return NULL;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct ifreq *req;
	va_list ap;

	assert_non_null(side_with_tun(fd));
	if (request == TUNGETVNETLE || request == TUNGETVNETBE) {
		errno = EINVAL;
		return -1;
	}
	if (request != TUNGETIFF)
		return 0;
	va_start(ap, request);
	req = va_arg(ap, struct ifreq *);
	va_end(ap);
	snprintf(req->ifr_name, sizeof(req->ifr_name), "fake");
	req->ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
	return 0;
}

ssize_t __wrap_read(int fd, void *out, size_t len)
{
	struct side *s = side_with_tun(fd);
	struct frame *f;
	bool partly;

	if (!s)
		return __real_read(fd, out, len);
	if (fails(CALL_READ, &partly))
		return -1;
	if (s->in_first == s->in_n) {
		errno = EAGAIN;
		return -1;
	}
	f = &s->in[s->in_first++];
	assert_true(len >= f->len);
	memcpy(out, f->bytes, f->len);
	return (ssize_t)f->len;
}

static size_t flatten(uint8_t *out, size_t room, const struct iovec *iov, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		assert_true(iov[i].iov_len <= room - len);
		memcpy(out + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	return len;
}

static uint8_t type_of(const struct iovec *iov)
{
	struct vnet_hdr h;

	memcpy(&h, iov->iov_base, VNET_HDR);
	return h.type;
}

ssize_t __wrap_writev(int fd, const struct iovec *iov, int n)
{
	struct side *s = side_with_tun(fd);
	struct frame *f;
	bool partly;

	if (!s)
		return __real_writev(fd, iov, n);
	if (fails(CALL_WRITEV, &partly) || big_fails(CALL_WRITEV, type_of(iov) != VNET_PLAIN))
		return -1;
	assert_true(s->out_n < LEN(s->out));
	f = &s->out[s->out_n++];
	f->len = flatten(f->bytes, sizeof(f->bytes), iov, (size_t)n);
	return (ssize_t)f->len;
}

/* What the device does itself: it asks whether joined packets of our own are accepted. */
static unsigned probes;
static int probe_error;

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	if (!side_with_tun(fd))
		return __real_write(fd, data, len);
	probes++;
	errno = probe_error;
	return probe_error ? -1 : (ssize_t)len;
}

/* FNV-1a */
static uint64_t hash(const uint8_t *bytes, size_t len)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * 1099511628211u;
	return h;
}

/* A listener on the wire sees every try, even one that we are told has failed. */
static void see_nonce(const uint8_t *data, size_t len)
{
	struct nonce n = { .len = (uint32_t)len, .content = hash(data, len) };

	if (len < WIRE_DATA_MIN || data[0] != MESSAGE_DATA)
		return;
	n.receiver = load_le32(data + 4);
	n.counter = load_le64(data + 8);
	for (unsigned i = 0; i < n_nonces; i++) {
		if (nonces[i].receiver != n.receiver || nonces[i].counter != n.counter)
			continue;
		assert_true(nonces[i].len == n.len && nonces[i].content == n.content);
		return;
	}
	assert_true(n_nonces < NONCES);
	nonces[n_nonces++] = n;
}

static uint16_t each_of(const struct msghdr *msg)
{
	uint16_t each = 0;

	for (struct cmsghdr *c = msg->msg_control ? CMSG_FIRSTHDR(msg) : NULL; c;
	     c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)msg, c)) {
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT)
			memcpy(&each, CMSG_DATA(c), sizeof(each));
	}
	return each;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct side *to = side_with_socket(fd) == &sides[0] ? &sides[1] : &sides[0];
	struct message *m;
	bool partly;

	(void)flags;
	assert_true(to->wire_n < MESSAGES);
	m = &to->wire[to->wire_n];
	m->len = flatten(m->bytes, sizeof(m->bytes), msg->msg_iov, msg->msg_iovlen);
	m->each = each_of(msg);
	for (size_t at = 0; at < m->len; at += m->each ? m->each : m->len)
		see_nonce(m->bytes + at, m->each && m->len - at > m->each ? m->each : m->len - at);
	assert_true(m->each == 0 || (m->len + m->each - 1) / m->each <= 64);
	if (fails(CALL_SENDMSG, &partly) || big_fails(CALL_SENDMSG, m->each != 0))
		return -1;
	to->wire_n++;
	return (ssize_t)m->len;
}

static void receive(const struct message *m, struct mmsghdr *v)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int each = m->each;
	struct cmsghdr *c;

	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(v->msg_hdr.msg_iov->iov_len >= m->len);
	memcpy(v->msg_hdr.msg_iov->iov_base, m->bytes, m->len);
	memcpy(v->msg_hdr.msg_name, &from, sizeof(from));
	v->msg_hdr.msg_namelen = sizeof(from);
	v->msg_hdr.msg_flags = 0;
	v->msg_len = (unsigned)m->len;
	if (each) {
		c = CMSG_FIRSTHDR(&v->msg_hdr);
		c->cmsg_level = SOL_UDP;
		c->cmsg_type = UDP_GRO;
		c->cmsg_len = CMSG_LEN(sizeof(each));
		memcpy(CMSG_DATA(c), &each, sizeof(each));
	}
	v->msg_hdr.msg_controllen = each ? CMSG_SPACE(sizeof(each)) : 0;
}

int __wrap_recvmmsg(int fd, struct mmsghdr *vec, unsigned n, int flags, struct timespec *timeout)
{
	struct side *s = side_with_socket(fd);
	unsigned got = 0;
	bool partly;

	(void)flags;
	(void)timeout;
	if (fails(CALL_RECVMMSG, &partly))
		return -1;
	while (got < n && s->wire_first < s->wire_n && !(partly && got > 0))
		receive(&s->wire[s->wire_first++], &vec[got++]);
	if (got)
		return (int)got;
	errno = EAGAIN;
	return -1;
}

/* --- the sides --- */

static void open_side(struct side *s)
{
	int fd[UDP_SOCKETS];
	uint16_t port;

	assert_int_equal(datapath_init(&s->path, &rng_system), 0);
	s->tun = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_true(s->tun >= 0);
	assert_int_equal(dev_tun_open(&s->path.dev, s->tun, &s->path.offloads), 0);
	assert_int_equal(udp_pair(0, 0, fd, &port), 0);
	udp_use(&s->path.udp, fd);
	datapath_mtu(&s->path, 1420);
	s->in_first = s->in_n = s->out_n = s->wire_first = s->wire_n = 0;
}

static void carry(void)
{
	for (unsigned i = 0; i < 40; i++) {
		for (unsigned k = 0; k < 2; k++) {
			struct datapath *p = &sides[k].path;

			datapath_unblock(p, now);
			datapath_from_device(p, now);
			datapath_from_network(p, UDP_V4, now);
			if (tunnel_deadline(&p->tunnel) <= now.mono)
				datapath_tick(p, now);
		}
	}
}

static struct frame *offer(const struct shape *shape, uint16_t size)
{
	struct side *s = &sides[0];
	struct frame *f = &s->in[s->in_n++];

	assert_true(s->in_n <= FRAMES);
	f->len = big_read(shape, size, f->bytes);
	if (size == 0)
		memset(f->bytes, 0, VNET_HDR);
	return f;
}

static int set_up(void **state)
{
	static const char *const net[] = { "10.0.0.2/32", "10.0.0.1/32" };
	struct key private_key[2], public_key[2];
	struct endpoint end = { 0 };
	struct shape hello = { .payload = 20, .port = 7 };

	(void)state;
	fault.armed = in_chaos = false;
	probes = 0;
	probe_error = 0;
	n_nonces = 0;
	now = (struct instant){ .mono = 1000 * SECOND_NS, .wall = 1700000000 * SECOND_NS };
	assert_true(endpoint_parse(&end, "127.0.0.1:51820", 15));
	for (unsigned i = 0; i < 2; i++) {
		open_side(&sides[i]);
		rng_fill(&rng_system, &private_key[i], sizeof(private_key[i]));
		key_clamp(&private_key[i]);
		dh_public(&public_key[i], &private_key[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct tunnel *t = &sides[i].path.tunnel;
		struct prefix inside;
		struct peer *p;

		assert_true(prefix_parse(&inside, net[i], strlen(net[i])));
		admin_private_key(t, &private_key[i], now);
		assert_int_equal(admin_add(t, &public_key[!i], &p), 0);
		assert_int_equal(admin_allow(t, p, &inside), 0);
		admin_endpoint(t, p, &end);
		admin_up(t, now);
	}
	offer(&hello, 0);
	carry();
	assert_int_equal(sides[1].out_n, 1);
	sides[0].in_first = sides[0].in_n = sides[1].out_n = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fault.armed = false;
	datapath_fini(&sides[0].path);
	datapath_fini(&sides[1].path);
	return 0;
}

/* --- what was sent, and what came --- */

/* Two TCP streams and one of datagrams, big packets and small ones, and some that go alone. */
static void offer_all(void)
{
	struct shape a = { .tcp = true, .payload = 20000, .port = 1, .flags = 0x18 };
	struct shape b = { .tcp = true, .payload = 5400, .port = 2, .options = 12 };
	struct shape c = { .payload = 300, .port = 3, .fragmentable = true };
	struct shape d = { .tcp = true, .port = 4 }; /* bare acknowledgements */

	for (unsigned i = 0; i < 3; i++) {
		offer(&a, 1000);
		a.seq += a.payload;
		a.id = (uint16_t)(a.id + 20);
		for (unsigned k = 0; k < 5; k++) {
			offer(&c, 0);
			c.id++;
			c.fill++;
		}
		offer(&b, 1300);
		b.seq += b.payload;
		offer(&d, 0);
		d.seq++;
	}
}

/* Another one, behind all that. */
static void offer_one(void)
{
	struct shape d = { .payload = 77, .port = 3, .id = 999, .fill = 99 };

	offer(&d, 0);
}

enum { PACKETS = 3 * (20 + 5 + 5 + 1) };

struct undo {
	unsigned sent, came, missing;
};

/* Match each packet that came with one that was sent; of each port they come in order. */
static void settle(struct undo *l)
{
	static uint8_t want[PKT_MAX + 1], got[PKT_MAX + 1];
	static bool taken[FRAMES][64];
	static unsigned place[5]; /* of the last one of each port: frame * 64 + segment */
	size_t want_len, got_len;

	memset(l, 0, sizeof(*l));
	memset(taken, 0, sizeof(taken));
	memset(place, 0, sizeof(place));
	for (unsigned i = 0; i < sides[0].in_n; i++) {
		const struct frame *f = &sides[0].in[i];

		for (uint32_t k = 0; naive_segment(f->bytes, f->len, 0, k, want, &want_len); k++)
			l->sent++;
	}
	for (unsigned i = 0; i < sides[1].out_n; i++) {
		const struct frame *o = &sides[1].out[i];

		for (uint32_t s = 0; naive_segment(o->bytes, o->len, 0, s, got, &got_len); s++) {
			unsigned port = load_be16(got + 20), at = FRAMES * 64;

			assert_true(port >= 1 && port <= 4);
			for (unsigned n = 0; n < sides[0].in_n * 64 && at == FRAMES * 64; n++) {
				const struct frame *f = &sides[0].in[n / 64];

				if (!taken[n / 64][n % 64] &&
				    naive_segment(f->bytes, f->len, 0, n % 64, want, &want_len) &&
				    naive_same(want, want_len, got, got_len))
					at = n;
			}
			assert_true(at < FRAMES * 64); /* else it was never sent, or came twice */
			taken[at / 64][at % 64] = true;
			assert_true(at + 1 > place[port]);
			place[port] = at + 1;
			l->came++;
		}
	}
	l->missing = l->sent - l->came;
}

static uint64_t refused(void)
{
	return sides[0].path.tunnel.count[FATE_SEND] + sides[1].path.tunnel.count[FATE_DEVICE];
}

/* The nth call of its kind fails; how many packets are missing. *hit: there was such a call. */
static unsigned try_faults(struct fault wanted, bool *hit)
{
	struct undo l;

	set_up(NULL);
	fault = wanted;
	fault.armed = true;
	offer_all();
	carry();
	*hit = fault.failed > 0;
	settle(&l);
	assert_int_equal(l.sent, PACKETS);
	/* Nothing is lost in silence. */
	assert_int_equal(l.missing, refused());
	tear_down(NULL);
	return l.missing;
}

static unsigned try_fault(enum call call, unsigned nth, unsigned more, int err, bool *hit)
{
	return try_faults((struct fault){ .call = call, .nth = nth, .more = more, .err = err },
			  hit);
}

struct expectation {
	int err;
	unsigned most; /* packets that one failure may cost */
};

static void try_each(enum call call, const struct expectation *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned worst = 0, hits = 0;
		bool hit = true;

		for (unsigned nth = 0; hit; nth++) {
			unsigned missing = try_fault(call, nth, 0, e[i].err, &hit);

			if (missing > worst)
				worst = missing;
			hits += hit;
		}
		if (worst > e[i].most)
			print_error("%s: %u packets lost\n", strerror(e[i].err), worst);
		assert_true(worst <= e[i].most);
		assert_true(hits > 3);
	}
}

static void test_without_faults_everything_comes_and_in_few_writes(void **state)
{
	struct undo l;

	(void)state;
	set_up(NULL);
	offer_all();
	carry();
	settle(&l);
	assert_int_equal(l.sent, PACKETS);
	assert_int_equal(l.missing, 0);
	assert_int_equal(n_nonces, PACKETS + 1); /* with the first one of all */
	assert_true(sides[1].out_n < 27);
	tear_down(NULL);
}

static void test_failed_reads_of_the_device_lose_nothing(void **state)
{
	static const struct expectation e[] = { { EIO, 0 },     { EINTR, 0 },  { EAGAIN, 0 },
						{ ENOMEM, 0 },  { EINVAL, 0 }, { ENOBUFS, 0 },
						{ EMSGSIZE, 0 } };

	(void)state;
	try_each(CALL_READ, e, LEN(e));
}

static void test_failed_receives_lose_nothing(void **state)
{
	static const struct expectation
		e[] = {
			{ EIO, 0 },      { EINTR, 0 },   { EAGAIN, 0 },
			{ ENOMEM, 0 },   { ENOBUFS, 0 }, { ECONNREFUSED, 0 },
			{ EMSGSIZE, 0 }, { EINVAL, 0 },  { 0, 0 }, /* fewer than there are */
		};

	(void)state;
	try_each(CALL_RECVMMSG, e, LEN(e));
}

static void test_failed_sends_cost_at_most_the_run_that_they_name(void **state)
{
	static const struct expectation e[] = {
		{ EAGAIN, 0 },
		{ EINTR, 0 },
		/* Of a run: its packets go one by one.  A single one is lost. */
		{ EIO, 1 },
		{ EINVAL, 1 },
		{ EMSGSIZE, 1 },
		/* The device's queue is full: to insist would only make it worse. */
		{ ENOBUFS, 20 },
		{ EPERM, 20 },
	};

	(void)state;
	try_each(CALL_SENDMSG, e, LEN(e));
}

static void test_failed_writes_cost_at_most_the_packet_that_they_name(void **state)
{
	static const struct expectation e[] = {
		{ EINTR, 0 },
		/* Of joined packets: they go one by one. */
		{ EINVAL, 1 },
		{ ENOBUFS, 1 },
		{ ENOMEM, 1 },
		{ EAGAIN, 1 },
		{ EMSGSIZE, 1 },
		/* The link is down: for each of them. */
		{ EIO, 64 },
	};

	(void)state;
	try_each(CALL_WRITEV, e, LEN(e));
}

/* An empty batch for the device, n times. */
static void pass_batches(struct side *s, unsigned n)
{
	struct batch *b = &s->path.own;

	batch_reset(b);
	while (n--)
		assert_int_equal(dev_write(&s->path.dev, b), 0);
}

static void test_joined_packet_that_alone_is_refused_costs_nobody_else(void **state)
{
	const struct offload *tcp = &sides[1].path.offloads.kind[OFFLOAD_TUN_TCP_GRO];
	struct undo l;

	(void)state;
	set_up(NULL);
	fault = (struct fault){
		.armed = true, .call = CALL_WRITEV, .err = EINVAL, .all_big = true
	};
	offer_all();
	carry();
	settle(&l);
	assert_int_equal(l.missing, 0);
	assert_true(fault.failed > 3);
	assert_int_equal(sides[1].path.dev.stats.big_refused, fault.failed);
	assert_true(tcp->on);
	assert_int_equal(tcp->downgrades, 0);
	assert_int_equal(probes, 2); /* once a kind, however many were refused */
	tear_down(NULL);
}

static void test_kernel_that_refuses_joined_packets_is_given_none(void **state)
{
	const struct offload *tcp = &sides[1].path.offloads.kind[OFFLOAD_TUN_TCP_GRO];
	const struct offload *udp = &sides[1].path.offloads.kind[OFFLOAD_TUN_UDP_GRO];
	struct undo l;

	(void)state;
	set_up(NULL);
	assert_true(tcp->on && udp->on);
	probe_error = EINVAL;
	fault = (struct fault){ .armed = true, .call = CALL_WRITEV, .err = EINVAL };
	offer_all();
	carry();
	settle(&l);
	assert_int_equal(l.missing, 0);
	/* The first write was of the first stream. */
	assert_false(tcp->on);
	assert_string_equal(tcp->why, "refused-for-now");
	assert_int_equal(tcp->downgrades, 1);
	assert_true(udp->on);
	assert_int_equal(udp->downgrades, 0);
	for (unsigned i = 0; i < sides[1].out_n; i++)
		assert_true(sides[1].out[i].bytes[1] != VNET_TCP4);
	/* It is asked again, now and then. */
	probes = 0;
	for (unsigned i = 0; i < 4096 && probes == 0; i++)
		pass_batches(&sides[1], 1);
	assert_int_equal(probes, 1);
	assert_false(tcp->on);
	probe_error = 0;
	pass_batches(&sides[1], 4095);
	assert_false(tcp->on);
	pass_batches(&sides[1], 1);
	assert_true(tcp->on);
	assert_null(tcp->why);
	tear_down(NULL);
}

static void test_path_that_never_takes_runs_gets_all_packets_singly(void **state)
{
	static const int errors[] = { EIO, EINVAL, EMSGSIZE };
	const struct offload *gso = &sides[0].path.offloads.kind[OFFLOAD_UDP_GSO];
	const struct datapath *path = &sides[0].path;
	struct undo l;

	(void)state;
	for (unsigned i = 0; i < LEN(errors); i++) {
		set_up(NULL);
		assert_true(gso->on);
		fault = (struct fault){ .armed = true, .call = CALL_SENDMSG, .err = errors[i] };
		if (errors[i] == EMSGSIZE)
			fault.more = 2; /* the first might be about an earlier datagram */
		offer_all();
		carry();
		settle(&l);
		assert_int_equal(l.missing, 0);
		/* The peer is to blame, nobody else. */
		assert_true(gso->on);
		assert_int_equal(gso->downgrades, 0);
		assert_int_equal(path->udp.stats.runs_refused, 1);
		assert_int_equal(path->udp.stats.send_runs, 0);
		assert_true(path->tunnel.peers.first->alone > ALONE_PACKETS - PACKETS);
		tear_down(NULL);
	}
}

/* As to port 0, or without a route: that says nothing about runs. */
static void test_end_that_takes_nothing_says_nothing_about_runs(void **state)
{
	const struct datapath *path = &sides[0].path;

	(void)state;
	set_up(NULL);
	fault = (struct fault){ .armed = true, .call = CALL_SENDMSG, .more = 9999, .err = EINVAL };
	offer_all();
	carry();
	assert_true(path->udp.stats.runs_refused > 3);
	assert_int_equal(path->tunnel.peers.first->alone, 0);
	assert_true(path->tunnel.count[FATE_SEND] >= PACKETS);
	tear_down(NULL);
}

static void test_full_socket_holds_the_device_and_loses_nothing(void **state)
{
	unsigned missing;
	bool hit;

	(void)state;
	for (unsigned more = 0; more < 6; more++) {
		missing = try_fault(CALL_SENDMSG, 2, more, EAGAIN, &hit);
		assert_true(hit);
		assert_int_equal(missing, 0);
	}
}

static void test_device_that_is_gone_is_noticed(void **state)
{
	struct undo l;

	(void)state;
	set_up(NULL);
	fault = (struct fault){
		.armed = true, .call = CALL_WRITEV, .nth = 1, .more = 9999, .err = EBADFD
	};
	offer_all();
	carry();
	settle(&l);
	assert_true(sides[1].path.device_gone);
	assert_true(l.came > 0);
	assert_int_equal(l.missing, refused());
	tear_down(NULL);
	set_up(NULL);
	fault = (struct fault){ .armed = true, .call = CALL_READ, .more = 9999, .err = EBADFD };
	offer_all();
	carry();
	assert_true(sides[0].path.device_gone);
	tear_down(NULL);
}

/* As where the path takes less than a segment unfragmented, or the kernel joins nothing. */
static void test_all_big_ones_refused_still_all_comes(void **state)
{
	static const int errors[] = { EIO, EINVAL, EMSGSIZE, ENOMEM };
	static const enum call calls[] = { CALL_SENDMSG, CALL_WRITEV };
	struct undo l;

	(void)state;
	for (unsigned i = 0; i < LEN(calls) * LEN(errors); i++) {
		int err = errors[i / 2];

		if (calls[i % 2] == CALL_SENDMSG ? err == ENOMEM : err == EIO)
			continue; /* these are not about big ones */
		set_up(NULL);
		fault = (struct fault){
			.armed = true, .call = calls[i % 2], .err = err, .all_big = true
		};
		offer_all();
		carry();
		settle(&l);
		assert_true(fault.failed > 0);
		assert_int_equal(l.missing, 0);
		assert_int_equal(n_nonces, PACKETS + 1);
		tear_down(NULL);
	}
}

/* What is tried again because of the first may fail as well, and otherwise. */
static void test_second_failure_behind_the_first_is_counted_too(void **state)
{
	static const int errors[] = { EAGAIN, EINTR, EIO, EINVAL, EMSGSIZE, ENOBUFS };
	static const enum call calls[] = { CALL_WRITEV, CALL_SENDMSG };

	(void)state;
	for (unsigned i = 0; i < LEN(errors) * LEN(errors) * LEN(calls); i++) {
		struct fault f = { .call = calls[i % 2],
				   .more = 1,
				   .err = errors[i / 2 % LEN(errors)],
				   .then = errors[i / 2 / LEN(errors)] };
		bool hit = true;

		for (f.nth = 0; hit; f.nth++)
			try_faults(f, &hit);
		assert_true(f.nth > 3);
	}
}

/*
 * A quarter of all calls fails, for a while: nothing comes changed, twice or out of
 * order, nothing is lost in silence, no nonce is used again; and then all is well.
 */
static void test_chaos_loses_nothing_in_silence(void **state)
{
	unsigned lost = 0;
	struct undo l;

	(void)state;
	for (unsigned seed = 1; seed <= 200; seed++) {
		unsigned before;

		set_up(NULL);
		chaos.state = seed;
		fault = (struct fault){ .armed = true };
		in_chaos = true;
		offer_all();
		carry();
		in_chaos = false;
		assert_true(fault.failed > 3);
		fault.armed = false;
		carry();
		settle(&l);
		if (l.missing != refused())
			print_error("seed %u\n", seed);
		assert_int_equal(l.sent, PACKETS);
		assert_int_equal(l.missing, refused());
		lost += l.missing;
		before = l.missing;
		offer_one();
		carry();
		settle(&l);
		assert_int_equal(l.missing, before);
		tear_down(NULL);
	}
	/* Some were refused, but for most there was a way. */
	assert_true(lost > 0 && lost < 200 * PACKETS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_faults_everything_comes_and_in_few_writes),
		cmocka_unit_test(test_failed_reads_of_the_device_lose_nothing),
		cmocka_unit_test(test_failed_receives_lose_nothing),
		cmocka_unit_test(test_failed_sends_cost_at_most_the_run_that_they_name),
		cmocka_unit_test(test_failed_writes_cost_at_most_the_packet_that_they_name),
		cmocka_unit_test(test_joined_packet_that_alone_is_refused_costs_nobody_else),
		cmocka_unit_test(test_kernel_that_refuses_joined_packets_is_given_none),
		cmocka_unit_test(test_path_that_never_takes_runs_gets_all_packets_singly),
		cmocka_unit_test(test_end_that_takes_nothing_says_nothing_about_runs),
		cmocka_unit_test(test_full_socket_holds_the_device_and_loses_nothing),
		cmocka_unit_test(test_all_big_ones_refused_still_all_comes),
		cmocka_unit_test(test_second_failure_behind_the_first_is_counted_too),
		cmocka_unit_test(test_chaos_loses_nothing_in_silence),
		cmocka_unit_test(test_device_that_is_gone_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

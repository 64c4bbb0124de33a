/* SPDX-License-Identifier: ISC */
/*
 * A worker that lies: arbitrary messages to the monitor, in each phase, with descriptors that
 * are not what they should be.  The host is faked: what the monitor would have done to it is
 * checked, and that no descriptor is left open.  An input is a byte for the monitor's state,
 * then a sequence of messages: how many descriptors and of which kind, the length of the text,
 * the head, the text.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "monitor/serve.h"
#include "monitor/sockets.h"
#include "privsep/blob.h"
#include "privsep/stamps.h"
#include "target.h"

enum {
	HEAD = 2 + (int)sizeof(struct message),
	FILE_PORT = 53,
	SEEN = 256, /* descriptors from 0 on that are looked for */
	/* That the monitor may keep: also two blobs, and the worker's socket. */
	HELD = HOST_SOCKETS + 3,
};

const size_t target_cap = 1 + 16 * HEAD;

static struct monitor m;
static unsigned calls; /* of the host, for one message */

/* --- the host, faked --- */

int __wrap_host_udp(struct host *h, uint16_t port, uint32_t mark, int fd[2], uint16_t *bound);
void __wrap_host_buffers(struct host *h, const int fd[2], uint32_t r, uint32_t s);
int __wrap_host_mark(struct host *h, const int fd[2], uint32_t mark);
int __wrap_host_mtu(struct host *h, uint32_t ifindex, uint32_t mtu);
int __wrap_host_segments(struct host *h, uint32_t ifindex, uint32_t segments);
int __wrap_host_query(struct host *h, struct host_query *q, int *fd);
int __wrap_upstream_print(struct upstream *u, const struct upstream_view *view, struct print *out);

int __wrap_host_udp(struct host *h, uint16_t port, uint32_t mark, int fd[2], uint16_t *bound)
{
	(void)h;
	calls++;
	if (m.options.path && port && port < 1024 && port != FILE_PORT)
		target_wrong("fuzz_serve", "a port that the file does not name");
	if (mark % 7 == 0)
		return -EADDRINUSE;
	fd[0] = mark % 5 ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	for (int i = 1; i < HOST_SOCKETS; i++) /* some apart may be missing */
		fd[i] = mark % 3 || i % 3 ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	*bound = port ? port : 40000;
	return 0;
}

void __wrap_host_buffers(struct host *h, const int fd[2], uint32_t r, uint32_t s)
{
	(void)h;
	(void)fd;
	(void)r;
	(void)s;
}

int __wrap_host_mark(struct host *h, const int fd[2], uint32_t mark)
{
	(void)h;
	(void)fd;
	calls++;
	return mark % 3 ? 0 : -EPERM;
}

int __wrap_host_mtu(struct host *h, uint32_t ifindex, uint32_t mtu)
{
	(void)h;
	calls++;
	if (ifindex != m.ifindex || mtu < CONF_MTU_IPV6 || mtu > CONF_MTU_MAX)
		target_wrong("fuzz_serve", "an MTU out of range, or another device");
	return 0;
}

int __wrap_host_segments(struct host *h, uint32_t ifindex, uint32_t segments)
{
	(void)h;
	calls++;
	if (ifindex != m.ifindex || !segments || segments > 65535)
		target_wrong("fuzz_serve", "segments out of range, or another device");
	return 0;
}

int __wrap_host_query(struct host *h, struct host_query *q, int *fd)
{
	static const struct ip none;

	(void)h;
	calls++;
	if ((q->server.family != AF_INET && q->server.family != AF_INET6) ||
	    (memcmp(q->server.bytes, none.bytes, sizeof(none.bytes)) &&
	     !ip_equal(&q->server, &m.upstream.printed.server[0].ip)) ||
	    q->mark != (m.committing ? m.planned.sockets.mark : m.mark) ||
	    (q->around && q->around != m.ifindex))
		target_wrong("fuzz_serve", "a socket for a query that the worker may not have");
	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return 0;
}

int __wrap_upstream_print(struct upstream *u, const struct upstream_view *view, struct print *out)
{
	const struct network *now = m.committing ? &m.planned.wanted : &m.network;

	calls++;
	if (u != &m.upstream || view->own != &m.conf || view->network != now)
		target_wrong("fuzz_serve", "name servers of another tunnel");
	u->printed.n = 1;
	u->printed.server[0].ip = (struct ip){ .family = AF_INET, .bytes = { 192, 0, 2, 1 } };
	nameserver_print(out, &u->printed.server[0]);
	return 0;
}

/* --- the monitor --- */

static void drop_line(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	for (; *line; line++) {
		if ((unsigned char)*line < ' ')
			target_wrong("fuzz_serve", "a control character in the log");
	}
}

static unsigned descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < SEEN; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* state: the phase; and bits: there is a file, a configuration is on its way, is committed. */
static int open_worker(unsigned state)
{
	static const uint32_t ifindexes[] = { 0, 7 };
	unsigned bits = state / PHASES;
	int pair[2];

	if (message_pair(pair) < 0)
		target_wrong("fuzz_serve", "no socket pair");
	m = (struct monitor){ .signal_fd = -1,
			      .device = -1,
			      .control = -1,
			      .notify = { .fd = -1 },
			      .watch = { .fd = -1 },
			      .ifindex = ifindexes[!(bits & 8)],
			      .phase = (enum phase)(state % PHASES),
			      .walking = bits & 2,
			      .committing = bits & 4,
			      .worker = { .pid = 1 << 30, .sock = pair[0] } };
	sockets_none(m.udp);
	m.options.path = bits & 1 ? "/nowhere" : NULL;
	m.conf.listen_port = bits & 1 ? FILE_PORT : 0;
	log_set_sink(drop_line, NULL);
	return pair[1];
}

static void close_worker(int sock)
{
	int all[] = { sock, m.worker.sock };

	sockets_close(m.udp);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i] >= 0)
			close(all[i]);
	}
	keep_drop(&m.state);
	keep_drop(&m.state_next);
	stampfile_close(&m.stamps);
}

/* Of one peer, or with one wrong bit. */
static int make_stamps(unsigned wrong)
{
	static const struct key key = { { 7 } };
	uint8_t at[STAMPS_AT] = { 0x40, 0, 0, 0, 1 };
	struct print bytes = { 0 };
	int fd;

	stamps_begin(&bytes);
	stamps_add(&bytes, &key, at);
	stamps_end(&bytes);
	if (wrong)
		bytes.chars[wrong % bytes.len] ^= 1;
	fd = blob_make(bytes.chars, bytes.len);
	print_fini(&bytes);
	return fd;
}

static int make_fd(unsigned kind)
{
	switch (kind % 4) {
	case 0:
		return blob_make("state", 5);
	case 1:
		return memfd_create("open", MFD_ALLOW_SEALING);
	case 2:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	default:
		return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	}
}

/* Whether it counts says judge_stamps(). */
static int make_fd_for(unsigned verb, unsigned kind)
{
	return verb == MESSAGE_STAMP && kind % 4 != 2 ? make_stamps(kind % 4 == 3 ? kind : 0)
						      : make_fd(kind);
}

static bool is_verb(unsigned kind)
{
	return kind >= MESSAGE_UDP && kind <= MESSAGE_STOP;
}

static void judge_keep(const struct keep *k)
{
	if (k->bytes && (k->len != 5 || memcmp(k->bytes, "state", 5) != 0))
		target_wrong("fuzz_serve", "kept what is no blob");
}

static void judge_stamps(void)
{
	if (m.stamps.bytes && stamps_count(m.stamps.bytes, m.stamps.len) != 1)
		target_wrong("fuzz_serve", "took what are no stamps");
	if (m.stamps.due)
		target_wrong("fuzz_serve", "would write a file where there is none");
}

static void judge_phase(enum phase before)
{
	if (m.phase != before && !phase_may_follow(before, m.phase))
		target_wrong("fuzz_serve", "a phase that may not follow");
	if (phase_is_over(before) && m.impatient)
		target_wrong("fuzz_serve", "hooks given up because a worker said so");
	if (m.status < 0 || m.status > 255)
		target_wrong("fuzz_serve", "no exit status");
}

/* What the monitor holds after a message, whatever that was. */
static void judge(enum phase before)
{
	judge_phase(before);
	judge_keep(&m.state);
	judge_keep(&m.state_next);
	judge_stamps();
	if (m.state_next.bytes && !m.committing)
		target_wrong("fuzz_serve", "a state for a commit that there is not");
	if (m.reloads > LEN(m.reload_seq) || m.n_held > LEN(m.held) || (m.n_held && !m.walking))
		target_wrong("fuzz_serve", "a queue that it must not have");
	if (m.worker.result > 0 || m.worker.mtu > CONF_MTU_MAX || m.mtu_chosen > CONF_MTU_MAX)
		target_wrong("fuzz_serve", "an answer out of range");
	if (strpbrk(m.note, "\n\r\t"))
		target_wrong("fuzz_serve", "a note of more than one line");
}

/* Returns the bytes used; 0: the input is at its end, or the worker was ended. */
static size_t one_message(const uint8_t *data, size_t len, int sock)
{
	struct message_in in, answer;
	enum phase before = m.phase;
	size_t text;
	int r;

	if (len < HEAD)
		return 0;
	message_empty(&in);
	memcpy(&in.head, data + 2, sizeof(in.head));
	in.n_fd = data[0] % (MESSAGE_FDS + 1);
	for (unsigned i = 0; i < in.n_fd; i++)
		in.fd[i] = make_fd_for(in.head.kind, (unsigned)data[0] >> (2 + 2 * i));
	text = data[1] < len - HEAD ? data[1] : len - HEAD;
	memcpy(in.text, data + HEAD, text);
	in.len = text;
	calls = 0;
	r = serve(&m, &in);
	message_close_fds(&in);
	if (calls > 2)
		target_wrong("fuzz_serve", "more work than one message is worth");
	if (r == 0 && !is_verb(in.head.kind))
		target_wrong("fuzz_serve", "served what is no verb");
	judge(before);
	while (message_recv(sock, &answer) > 0)
		message_close_fds(&answer);
	return r < 0 ? 0 : HEAD + text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned before = descriptors();
	int sock = open_worker(len ? data[0] : 0);
	size_t used = len ? 1 : 0;

	do {
		data += used;
		len -= used;
		used = one_message(data, len, sock);
		if (descriptors() > before + 1 + HELD)
			target_wrong("fuzz_serve", "descriptors that it has no use for");
	} while (used);
	m.walking = false;
	calls = 0;
	serve_held(&m);
	if (m.n_held || calls > 2 * LEN(m.held))
		target_wrong("fuzz_serve", "more was held back than there is room for");
	close_worker(sock);
	if (descriptors() != before)
		target_wrong("fuzz_serve", "a descriptor was left open");
	return 0;
}

/* Mostly verbs, so that the sequence goes on. */
size_t target_make(struct prng *prng, uint8_t *out, size_t cap)
{
	static const uint64_t most[] = { 8, 256, 70000, UINT32_MAX };
	size_t n = 0;

	out[n++] = (uint8_t)prng_below(prng, 256);
	while (n + HEAD <= cap && prng_below(prng, 12)) {
		struct message head = { 0 };

		head.kind = (uint8_t)(prng_below(prng, 8) ? 1 + prng_below(prng, MESSAGE_STOP)
							  : prng_below(prng, 256));
		head.zero[0] = 0;
		head.seq = (uint32_t)prng_below(prng, 3);
		head.a = (uint32_t)prng_below(prng, most[prng_below(prng, LEN(most))]);
		head.b = (uint32_t)prng_below(prng, 100);
		out[n] = (uint8_t)(prng_below(prng, 4) ? 0 : prng_below(prng, 256));
		if (head.kind == MESSAGE_STATE || head.kind == MESSAGE_STAMP)
			out[n] = (uint8_t)(prng_below(prng, 3) ? 1 : prng_below(prng, 256));
		out[n + 1] = 0;
		memcpy(out + n + 2, &head, sizeof(head));
		n += HEAD;
	}
	return n;
}

/* SPDX-License-Identifier: ISC */
/* Lies that take more than one message: floods, wrong values by the hundred, bad ends. */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "netns/liar.h"
#include "privsep/blob.h"

enum {
	FLOOD_MS = 3000,
	WAITING = 64, /* answers, as with an honest worker */
	LINGERERS = 8,
	TASKS = 150,
	PORTS_LOW = 1024,
	PORT_MOST = 65535,
	SEGMENTS = 65535,
	RESOLVS = 5, /* in a second */
	QUESTIONS = 100
};

static const int fine_or_not = 1; /* of a result: it depends on the kernel */

/* --- values --- */

static uint32_t device_mtu(const struct liar *l)
{
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", l->start->name);
	if (ioctl(fd, SIOCGIFMTU, &req) < 0)
		_exit(4);
	close(fd);
	return (uint32_t)req.ifr_mtu;
}

/* The result that the monitor owes us. */
static int owed(const struct message *m)
{
	const char *file = getenv("LIAR_PORT"); /* the port in the file; NULL: there is no file */

	switch (m->kind) {
	case MESSAGE_UDP:
		if (m->a > PORT_MOST)
			return -EACCES;
		return m->a && m->a < PORTS_LOW && file && strtoul(file, NULL, 10) != m->a ? -EACCES
											   : 0;
	case MESSAGE_MTU:
		return m->a < CONF_MTU_IPV6 || m->a > CONF_MTU_MAX ? -EINVAL : 0;
	case MESSAGE_SEGMENTS:
		return m->a < 1 || m->a > SEGMENTS ? -EINVAL : fine_or_not;
	default:
		return 0;
	}
}

static bool is_socket(int fd, uint32_t port, uint32_t mark)
{
	struct sockaddr_in6 at = { 0 };
	socklen_t len = sizeof(at), size = sizeof(int);
	int type = 0;
	uint32_t has = 0;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM &&
	       getsockopt(fd, SOL_SOCKET, SO_MARK, &has, &size) == 0 && has == mark &&
	       getsockname(fd, (struct sockaddr *)&at, &len) == 0 && ntohs(at.sin6_port) == port;
}

static bool has_sockets(const struct message *m, const struct message_in *in)
{
	if (in->n_fd < 1 || (m->a && in->head.a != m->a))
		return false;
	for (unsigned i = 0; i < in->n_fd; i++) {
		if (!is_socket(in->fd[i], in->head.a, m->b))
			return false;
	}
	return true;
}

/* What it says, or: not so often. */
static bool is_resolv(const struct message_in *in)
{
	size_t len;

	if (in->head.result == 0)
		return in->n_fd == 1 && blob_size(in->fd[0], &len) == 0;
	return in->n_fd == 0 && (in->head.result == -EBUSY || in->head.result == -ENOENT);
}

static void judge(struct liar *l, const struct message *m)
{
	struct message_in in;
	int want = owed(m);
	bool good;

	if (!liar_ask(l, *m, &in))
		return;
	good = want == fine_or_not ? in.head.result <= 0 : in.head.result == want;
	if (good && m->kind == MESSAGE_UDP && want == 0)
		good = has_sockets(m, &in);
	else if (m->kind == MESSAGE_RESOLV)
		good = is_resolv(&in);
	else if (good)
		good = in.n_fd == 0;
	if (!good) {
		liar_say("wrong: verb %u a %u b %u: result %d, %u descriptors", m->kind, m->a, m->b,
			 in.head.result, in.n_fd);
		l->wrong++;
	}
	message_close_fds(&in);
}

/* The port, the mark and the MTU are what they were before. */
static void restore(struct liar *l, uint32_t mtu)
{
	judge(l, &(struct message){ .kind = MESSAGE_MTU, .a = mtu });
	judge(l,
	      &(struct message){ .kind = MESSAGE_UDP, .a = l->start->port, .b = l->start->mark });
	judge(l, &(struct message){ .kind = MESSAGE_MARK, .a = l->start->mark });
}

static void tell_values(struct liar *l, const struct lie *lie)
{
	static const uint32_t edges[] = {
		0,
		1,
		2,
		53,
		54,
		1023,
		1024,
		1279,
		1280,
		1281,
		65534,
		65535,
		65536,
		65537,
		1 << 20,
		INT32_MAX,
		1u << 31,
		(1u << 31) + 1,
		UINT32_MAX - 1,
		UINT32_MAX,
	};
	static const int results[] = { 0, 1, -1, INT_MIN };
	static const uint8_t verbs[] = { MESSAGE_UDP,      MESSAGE_MARK, MESSAGE_MTU,
					 MESSAGE_SEGMENTS, MESSAGE_REDO, MESSAGE_RESOLV };
	uint32_t mtu = device_mtu(l);

	(void)lie;
	for (size_t v = 0; v < LEN(verbs); v++) {
		for (size_t i = 0; i < LEN(edges) * LEN(results); i++) {
			struct message m = { .kind = verbs[v],
					     .result = results[i % LEN(results)],
					     .a = edges[i / LEN(results)],
					     .b = edges[(i * 7) % LEN(edges)],
					     .c = edges[(i * 11) % LEN(edges)] };

			judge(l, &m);
		}
	}
	restore(l, mtu);
}

/* --- floods --- */

static uint64_t now_ms(void)
{
	return clock_now().mono / 1000000;
}

/* Returns how many answers there were; ms: how long to wait for the first. */
static unsigned hear_all(struct liar *l, int ms)
{
	struct message_in in;
	unsigned n = 0;

	while (!l->over && liar_hear(l, &in, ms)) {
		n += in.head.kind < MESSAGE_PLAN || in.head.kind == MESSAGE_RELOADED;
		liar_obey(l, &in);
		message_close_fds(&in);
		ms = 0;
	}
	return n;
}

/* As fast as the monitor reads; its answers are read, too. */
static unsigned flood(struct liar *l, const struct lie *lie)
{
	uint64_t until = now_ms() + FLOOD_MS;
	char text[MESSAGE_TEXT];
	struct message m = lie->m;
	int fd = liar_thing(l, lie->thing), r = 0;
	unsigned sent = 0, heard = 0;

	memset(text, 'f', sizeof(text));
	while (!l->over && now_ms() < until) {
		m.seq = lie->m.seq ? ++l->seq : 0;
		if (m.kind == MESSAGE_MTU || m.kind == MESSAGE_SEGMENTS)
			m.a ^= 1;
		r = message_send(l->sock, &m, text, lie->text, &fd, fd >= 0);
		sent += r == 0;
		heard += hear_all(l, r == -EAGAIN || (m.seq && sent - heard >= WAITING));
	}
	close(fd);
	while (!l->over && m.seq && heard < sent && (r = (int)hear_all(l, FLOOD_MS)) > 0)
		heard += (unsigned)r;
	return sent;
}

static void tell_flood(struct liar *l, const struct lie *lie)
{
	uint32_t mtu = device_mtu(l);
	unsigned sent = flood(l, lie);

	if (l->over)
		return;
	restore(l, mtu);
	liar_say("sent %u", sent);
}

static void tell_without_reading(struct liar *l, const struct lie *lie)
{
	for (;;)
		message_insist(l->sock, &lie->m, NULL, 0, NULL, 0, FLOOD_MS);
}

/* None of them is worth a line, so this one is not the one too many. */
static void tell_marks(struct liar *l, const struct lie *lie)
{
	static const char text[] = "a line after the marks";
	const struct message line = { .kind = MESSAGE_LOG, .a = LOG_LEVEL_INFO };

	flood(l, lie);
	message_insist(l->sock, &line, text, strlen(text), NULL, 0, FLOOD_MS);
	judge(l, &(struct message){ .kind = MESSAGE_MARK, .a = l->start->mark });
}

/* The monitor reads a file for each, so only some are answered. */
static void tell_questions(struct liar *l, const struct lie *lie)
{
	uint64_t start = now_ms();
	struct message_in in;
	unsigned answered = 0;

	for (int i = 0; i < QUESTIONS; i++) {
		if (!liar_ask(l, lie->m, &in))
			return;
		answered += in.head.result != -EBUSY;
		message_close_fds(&in);
	}
	if (answered >= RESOLVS && answered <= RESOLVS * (1 + (now_ms() - start) / 1000))
		return;
	liar_say("wrong: %u of %d questions answered", answered, QUESTIONS);
	l->wrong++;
}

/* Until the end. */
static void tell_big_states(struct liar *l, const struct lie *lie)
{
	uint64_t until = now_ms() + FLOOD_MS;
	int fd = liar_thing(l, lie->thing), r;
	bool said = false;

	while (!l->over) {
		r = message_send(l->sock, &lie->m, NULL, 0, &fd, 1);
		hear_all(l, r == -EAGAIN);
		if (!said && now_ms() >= until)
			liar_say("sent all the time");
		said = now_ms() >= until;
	}
	close(fd);
}

/* --- answers --- */

static void tell_answers_unasked(struct liar *l, const struct lie *lie)
{
	(void)lie;
	for (int i = 0; i < 1000; i++) {
		liar_agree(l, MESSAGE_READY, 0);
		liar_agree(l, MESSAGE_PLANNED, i % 2 ? -EINVAL : 0);
		liar_agree(l, MESSAGE_DONE, i % 3 ? -ENOMEM : 0);
	}
}

static void tell_answers_before(struct liar *l, const struct lie *lie)
{
	(void)lie;
	liar_agree(l, MESSAGE_DONE, -ENOMEM);
	liar_agree(l, MESSAGE_PLANNED, 0);
	liar_agree(l, MESSAGE_DONE, 0);
	liar_agree(l, MESSAGE_PLANNED, -EINVAL);
}

static void tell_agreement(struct liar *l, const struct lie *lie)
{
	liar_send(l, &lie->m);
}

/* --- ends --- */

static void tell_end(struct liar *l, const struct lie *lie)
{
	(void)l;
	(void)lie;
	kill(getpid(), SIGKILL);
}

static void tell_exit(struct liar *l, const struct lie *lie)
{
	(void)l;
	_exit(lie->m.result);
}

static void tell_abort(struct liar *l, const struct lie *lie)
{
	(void)l;
	(void)lie;
	abort();
}

static void tell_hang(struct liar *l, const struct lie *lie)
{
	(void)l;
	(void)lie;
	liar_say("the lie is told");
	for (;;)
		pause();
}

static void tell_stopped(struct liar *l, const struct lie *lie)
{
	(void)l;
	(void)lie;
	liar_say("the lie is told");
	raise(SIGSTOP);
}

static void tell_close(struct liar *l, const struct lie *lie)
{
	close(l->sock);
	tell_hang(l, lie);
}

static void tell_close_rest(struct liar *l, const struct lie *lie)
{
	(void)lie;
	close(l->start->device);
	close(l->start->control);
	close(l->start->udp[0]);
	close(l->start->udp[1]);
}

/* The tunnel is to end: said more than once, that is no reason to give up a hook. */
static void tell_stop_often(struct liar *l, const struct lie *lie)
{
	const struct timespec moment = { .tv_nsec = 20 * 1000 * 1000 };

	for (int i = 0; i < 20; i++) {
		liar_send(l, &lie->m);
		nanosleep(&moment, NULL);
	}
}

/*
 * Sockets whose last end, if it is closed by the monitor, keeps it for a minute each.  That it
 * has the last end takes some other work for it meanwhile.
 */
static void keep_busy(struct liar *l)
{
	const struct message sockets = { .kind = MESSAGE_UDP };

	for (int i = 0; i < TASKS; i++)
		liar_send(l, &sockets);
}

static void tell_lingerers(struct liar *l, const struct lie *lie)
{
	int fd[LINGERERS];

	for (int i = 0; i < LINGERERS; i++)
		fd[i] = liar_thing(l, A_LINGERER);
	keep_busy(l);
	for (int i = 0; i < LINGERERS; i++)
		message_insist(l->sock, &lie->m, NULL, 0, &fd[i], 1, FLOOD_MS);
	for (int i = 0; i < LINGERERS; i++)
		close(fd[i]);
}

static void tell_lingerers_at_once(struct liar *l, const struct lie *lie)
{
	const struct lie one = { .m = lie->m, .thing = A_LINGERER, .things = LINGERERS };

	keep_busy(l);
	liar_tell_message(l, &one);
}

#define FLOOD(what, ...)                                                  \
	{                                                                 \
		.name = "flood of " what, .tell = tell_flood, __VA_ARGS__ \
	}
#define END(what, when, how)                                              \
	{                                                                 \
		.name = what, .moment = when, .deadly = true, .tell = how \
	}

const struct lie lies_deeds[] = {
	{ .name = "values", .tell = tell_values },
	{ .name = "answers to no question", .tell = tell_answers_unasked },
	{ .name = "answers before the question", .moment = AT_PLAN, .tell = tell_answers_before },
	{ .name = "refusal",
	  .moment = AT_PLAN,
	  .tell = tell_agreement,
	  .m = { .kind = MESSAGE_PLANNED, .result = -EINVAL } },
	{ .name = "error that means death",
	  .moment = AT_PLAN,
	  .tell = tell_agreement,
	  .m = { .kind = MESSAGE_PLANNED, .result = -EPIPE } },
	{ .name = "failed commit",
	  .moment = AT_COMMIT,
	  .tell = tell_agreement,
	  .m = { .kind = MESSAGE_DONE, .result = -ENOMEM } },
	FLOOD("sockets", .m = { .kind = MESSAGE_UDP, .seq = 1 }),
	FLOOD("ports refused", .m = { .kind = MESSAGE_UDP, .seq = 1, .a = 1 }),
	FLOOD("marks", .m = { .kind = MESSAGE_MARK, .seq = 1, .a = 7 }),
	FLOOD("MTUs", .m = { .kind = MESSAGE_MTU, .seq = 1, .a = 1400 }),
	FLOOD("MTUs without a number", .m = { .kind = MESSAGE_MTU, .a = 1400 }),
	FLOOD("segments", .m = { .kind = MESSAGE_SEGMENTS, .seq = 1, .a = 8 }),
	FLOOD("link flaps", .m = { .kind = MESSAGE_REDO, .seq = 1 }),
	FLOOD("questions for resolv.conf", .m = { .kind = MESSAGE_RESOLV, .seq = 1 }),
	FLOOD("reloads", .m = { .kind = MESSAGE_RELOAD, .seq = 1 }),
	FLOOD("notes", .m = { .kind = MESSAGE_NOTE }, .text = MESSAGE_TEXT),
	FLOOD("log lines", .m = { .kind = MESSAGE_LOG, .a = 3 }, .text = 100),
	FLOOD("signs of life", .m = { .kind = MESSAGE_ALIVE }),
	FLOOD("states", .m = { .kind = MESSAGE_STATE }, .thing = A_BLOB),
	FLOOD("stamps", .m = { .kind = MESSAGE_STAMP }, .thing = STAMPS),
	{ .name = "big states",
	  .tell = tell_big_states,
	  .m = { .kind = MESSAGE_STATE },
	  .thing = AS_BIG_AS_MAY_BE },
	{ .name = "marks, then a line",
	  .tell = tell_marks,
	  .m = { .kind = MESSAGE_MARK, .seq = 1, .a = 7 } },
	{ .name = "questions, often", .tell = tell_questions, .m = { .kind = MESSAGE_RESOLV } },
	{ .name = "closes all but its channel", .tell = tell_close_rest },
	{ .name = "stop, often", .tell = tell_stop_often, .m = { .kind = MESSAGE_STOP } },
	{ .name = "hangs", .tell = tell_hang },
	{ .name = "is stopped", .tell = tell_stopped },
	END("closes its channel", AT_UP, tell_close),
	END("exits", AT_UP, tell_exit),
	END("aborts", AT_UP, tell_abort),
	END("is killed", AT_UP, tell_end),
	{ .name = "lingering sockets",
	  .deadly = true,
	  .tell = tell_lingerers,
	  .m = { .kind = MESSAGE_STATE } },
	{ .name = "lingering sockets at once",
	  .deadly = true,
	  .tell = tell_lingerers_at_once,
	  .m = { .kind = MESSAGE_STATE } },
	{ .name = "reads no answers",
	  .deadly = true,
	  .tell = tell_without_reading,
	  .m = { .kind = MESSAGE_REDO, .seq = 1 } },
	/* Half-way through a handover. */
	END("dies at the plan of a reload", AT_PLAN, tell_end),
	END("dies after the plan of a reload", AFTER_PLAN, tell_end),
	END("dies at the commit of a reload", AT_COMMIT, tell_end),
	END("dies after the state of a reload", AFTER_STATE, tell_end),
	END("dies after the commit of a reload", AFTER_COMMIT, tell_end),
	END("dies before it is ready", AT_READY, tell_end),
	END("dies at the plan of the start", AT_PLAN | AT_START, tell_end),
	END("dies after the plan of the start", AFTER_PLAN | AT_START, tell_end),
	END("dies at the commit of the start", AT_COMMIT | AT_START, tell_end),
	END("dies after the state of the start", AFTER_STATE | AT_START, tell_end),
	END("dies after the commit of the start", AFTER_COMMIT | AT_START, tell_end),
	/* The monitor has 20 seconds of patience. */
	END("hangs at the plan of a reload", AT_PLAN, tell_hang),
	END("hangs after the state of a reload", AFTER_STATE, tell_hang),
	END("hangs before it is ready", AT_READY, tell_hang),
	{ 0 },
};

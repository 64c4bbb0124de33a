/* SPDX-License-Identifier: ISC */
/* The control socket with a dummy daemon behind it and all kinds of clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/ask.h"
#include "control/control.h"
#include "control/record.h"
#include "control/subscribers.h"
#include "control/uapi.h"
#include "control/unixsock.h"

static const enum rights none = RIGHTS_NONE, reads = RIGHTS_READ;

struct daemon {
	unsigned sets, gets, stops, reloads;
	int set_result, get_result, reload_result;
	size_t allowed; /* of the last set; of the next get */
	uint16_t port;
	uint64_t ticket; /* of the last request that may be answered later */
	bool secrets;    /* it has keys */
	unsigned shakes;
};

static int cardboard_set(void *ctx, struct conf *request, uint64_t ticket)
{
	struct daemon *d = ctx;

	d->sets++;
	d->ticket = ticket;
	d->allowed = request->n_peer ? request->peer[0].n_allowed : 0;
	if (d->set_result == 0 && (request->set & CONF_LISTEN_PORT))
		d->port = request->listen_port;
	return d->set_result;
}

static int cardboard_get(void *ctx, struct conf *out)
{
	struct daemon *d = ctx;
	struct prefix prefix = { .ip.family = AF_INET, .bits = 32 };
	struct conf_peer *p;
	size_t i;

	d->gets++;
	if (d->get_result)
		return d->get_result;
	out->listen_port = d->port;
	out->set |= CONF_LISTEN_PORT;
	p = conf_add_peer(out);
	assert_non_null(p);
	memset(p->public_key.bytes, 0x11, KEY_LEN);
	if (d->secrets) {
		out->set |= CONF_PRIVATE_KEY;
		p->set |= CONF_PEER_PSK;
		memset(out->private_key.bytes, 0x22, KEY_LEN);
		memset(p->psk.bytes, 0x33, KEY_LEN);
	}
	for (i = 0; i < d->allowed; i++) {
		store_be32(prefix.ip.bytes, 0x0a000000 + (uint32_t)i);
		assert_true(conf_peer_allow(p, &prefix, false));
	}
	return 0;
}

static void cardboard_status(void *ctx, struct print *out)
{
	struct daemon *d = ctx;

	print_add(out, "interface=t0 state=up listen_port=%u\n", d->port);
}

static void cardboard_why(void *ctx, struct print *out)
{
	(void)ctx;
	print_add(out, "verdict=E-TEST\n");
}

static void cardboard_shake(void *ctx)
{
	struct daemon *d = ctx;

	d->shakes++;
}

static int cardboard_reload(void *ctx, struct print *report, uint64_t ticket)
{
	struct daemon *d = ctx;

	d->reloads++;
	d->ticket = ticket;
	if (d->reload_result == CONTROL_LATER)
		return CONTROL_LATER;
	print_add(report, "\n\nt0.conf:1:1: one\n\n\ntwo");
	return d->reload_result;
}

static void cardboard_stop(void *ctx)
{
	struct daemon *d = ctx;

	d->stops++;
}

static const struct control_calls cardboard = {
	.set = cardboard_set,
	.get = cardboard_get,
	.status = cardboard_status,
	.why = cardboard_why,
	.handshake = cardboard_shake,
	.reload = cardboard_reload,
	.stop = cardboard_stop,
};

struct lab {
	struct ev_loop *loop;
	struct control *c;
	struct daemon d;
	char dir[64], path[128];
	unsigned turns; /* of the loop, in the last pump() */
};

static void on_end(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* Let the daemon's side run for that long. */
static void pump(struct lab *l, int ms)
{
	unsigned before = ev_iteration(l->loop);
	ev_timer end;

	ev_now_update(l->loop);
	ev_timer_init(&end, on_end, ms / 1000.0, 0);
	ev_timer_start(l->loop, &end);
	ev_run(l->loop, 0);
	ev_timer_stop(l->loop, &end);
	l->turns = ev_iteration(l->loop) - before;
}

static void open_with(struct lab *l, struct control_limits limits)
{
	int fd;

	assert_int_equal(unixsock_listen(l->dir, "t0", (gid_t)-1, &fd), 0);
	assert_int_equal(control_open_with(&l->c, l->loop, &cardboard, &l->d, "t0", fd, &limits),
			 0);
	control_serve(l->c);
}

static int set_up(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	l->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	strcpy(l->dir, "/tmp/taut-control-XXXXXX");
	assert_non_null(mkdtemp(l->dir));
	snprintf(l->path, sizeof(l->path), "%s/t0.sock", l->dir);
	l->d.port = 51820;
	*state = l;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *l = *state;

	control_close(l->c);
	unlink(l->path);
	rmdir(l->dir);
	ev_loop_destroy(l->loop);
	free(l);
	return 0;
}

static int client(struct lab *l)
{
	int fd = unixsock_connect(l->dir, "t0", 1000);

	assert_true(fd >= 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Write all while the daemon reads; false when it hung up first. */
static bool tell(struct lab *l, int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return false;
		if (n < 0) {
			pump(l, 1);
			continue;
		}
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/*
 * What comes back until an empty line, at most ms milliseconds of it.  *closed:
 * the daemon hung up.  The text is valid until the next call.
 */
static const char *hear(struct lab *l, int fd, int ms, bool *closed)
{
	static struct print heard;
	char some[65536];

	*closed = false;
	print_fini(&heard);
	print_add(&heard, "%s", "");
	while (ms-- > 0) {
		ssize_t n = recv(fd, some, sizeof(some), 0);

		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			*closed = true;
			break;
		}
		if (n < 0) {
			pump(l, 1);
			continue;
		}
		ms++;
		print_bytes(&heard, some, (size_t)n);
		if (heard.len >= 2 && strcmp(heard.chars + heard.len - 2, "\n\n") == 0)
			break;
	}
	return heard.chars ? heard.chars : "";
}

static void expect_answer(struct lab *l, int fd, const char *request, const char *answer)
{
	bool closed;

	assert_true(tell(l, fd, request, strlen(request)));
	assert_string_equal(hear(l, fd, 500, &closed), answer);
	assert_false(closed);
}

/* Within ms, not before `from`, and without a word. */
static void expect_hang_up(struct lab *l, int fd, int from, int ms)
{
	bool closed;

	if (from) {
		assert_string_equal(hear(l, fd, from, &closed), "");
		assert_false(closed);
	}
	assert_string_equal(hear(l, fd, ms, &closed), "");
	assert_true(closed);
}

#define GET_HEAD "listen_port=51820\npublic_key="

static void test_get_answers_what_runs(void **state)
{
	struct lab *l = *state;
	bool closed;
	int fd;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	assert_true(tell(l, fd, "get=1\n\n", 7));
	const char *heard = hear(l, fd, 500, &closed);

	assert_memory_equal(heard, GET_HEAD, strlen(GET_HEAD));
	assert_non_null(strstr(heard, "\nerrno=0\n\n"));
	assert_int_equal(l->d.gets, 1);
	close(fd);
}

static void test_errno_of_a_set_is_negative_and_of_a_get_positive(void **state)
{
	struct lab *l = *state;
	int fd;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	expect_answer(l, fd, "set=1\nlisten_port=1\n\n", "errno=0\n\n");
	l->d.set_result = -EADDRINUSE;
	expect_answer(l, fd, "set=1\nlisten_port=2\n\n", "errno=-98\n\n");
	assert_int_equal(l->d.sets, 2);
	expect_answer(l, fd, "set=1\nlisten_port=65536\n\n", "errno=-22\n\n");
	expect_answer(l, fd, "set=1\nlisten_port\n\n", "errno=-71\n\n");
	assert_int_equal(l->d.sets, 2);
	expect_answer(l, fd, "get=1\nlisten_port=1\n\n", "errno=22\n\n");
	l->d.get_result = -ENOMEM;
	expect_answer(l, fd, "get=1\n\n", "errno=12\n\n");
	close(fd);
}

static void test_own_verbs_are_served(void **state)
{
	struct lab *l = *state;
	int fd;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	expect_answer(l, fd, "status=1\n\n",
		      "interface=t0 state=up listen_port=51820\nerrno=0\n\n");
	expect_answer(l, fd, "reload=1\n\n", "t0.conf:1:1: one\ntwo\nerrno=0\n\n");
	l->d.reload_result = -EINVAL;
	expect_answer(l, fd, "reload=1\n\n", "t0.conf:1:1: one\ntwo\nerrno=22\n\n");
	expect_answer(l, fd, "stop=1\nnow=1\n\n", "errno=22\n\n");
	assert_int_equal(l->d.stops, 0);
	expect_answer(l, fd, "stop=1\n\n", "errno=0\n\n");
	assert_int_equal(l->d.stops, 1);
	close(fd);
}

static void test_a_request_may_come_byte_by_byte(void **state)
{
	static const char request[] = "set=1\nlisten_port=7\n\n";
	struct lab *l = *state;
	bool closed;
	size_t i;
	int fd;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	for (i = 0; i < strlen(request); i++) {
		assert_int_equal(l->d.sets, 0);
		assert_true(tell(l, fd, request + i, 1));
		pump(l, 2);
	}
	assert_string_equal(hear(l, fd, 500, &closed), "errno=0\n\n");
	assert_int_equal(l->d.port, 7);
	close(fd);
}

static void test_pipelined_requests_are_answered_in_order(void **state)
{
	static const char requests[] =
		"set=1\nlisten_port=x\n\nstatus=1\n\nset=1\nlisten_port=9\n\n"
		"status=1\n\nget";
	static const char answers[] = "errno=-22\n\n"
				      "interface=t0 state=up listen_port=51820\nerrno=0\n\n"
				      "errno=0\n\n"
				      "interface=t0 state=up listen_port=9\nerrno=0\n\n";
	struct lab *l = *state;
	char heard[512] = "";
	ssize_t n;
	int fd;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	assert_true(tell(l, fd, requests, strlen(requests)));
	pump(l, 50);
	n = recv(fd, heard, sizeof(heard) - 1, 0);
	assert_true(n > 0);
	assert_string_equal(heard, answers);
	expect_answer(l, fd, "=1\nx=1\n\n", "errno=22\n\n");
	close(fd);
}

static void test_many_pipelined_lines_are_not_taken_for_a_long_one(void **state)
{
	struct lab *l = *state;
	struct print text = { 0 };
	unsigned answers = 0;
	bool closed;
	int fd, i;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	for (i = 0; i < 2000; i++)
		print_add(&text, "set=1\nlisten_port=9\n\n");
	assert_true(tell(l, fd, text.chars, text.len));
	while (answers < 2000) {
		const char *heard = hear(l, fd, 2000, &closed);

		assert_false(closed);
		assert_true(*heard != '\0');
		while ((heard = strstr(heard, "errno=0\n\n"))) {
			heard += strlen("errno=0\n\n");
			answers++;
		}
	}
	assert_int_equal(l->d.sets, 2000);
	print_fini(&text);
	close(fd);
}

static void test_an_end_without_request_is_silent(void **state)
{
	struct lab *l = *state;
	int i, fd;

	open_with(l, (struct control_limits){ 0 });
	for (i = 0; i < 50; i++) {
		fd = client(l);
		if (i % 2)
			pump(l, 1);
		close(fd);
	}
	fd = client(l);
	shutdown(fd, SHUT_WR);
	expect_hang_up(l, fd, 0, 200);
	close(fd);
	assert_int_equal(l->d.gets + l->d.sets + l->d.stops, 0);
}

static void test_an_end_inside_a_request_discards_it(void **state)
{
	struct lab *l = *state;
	int fd;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	assert_true(tell(l, fd, "set=1\nlisten_port=5\n", 20));
	shutdown(fd, SHUT_WR);
	expect_hang_up(l, fd, 0, 200);
	assert_int_equal(l->d.sets, 0);
	close(fd);
}

static void test_who_closes_one_way_still_gets_all_answers(void **state)
{
	struct lab *l = *state;
	bool closed;
	char heard[256] = "";
	int fd;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	assert_true(tell(l, fd, "set=1\n\nset=1\n\nset=1\n\n", 21));
	shutdown(fd, SHUT_WR);
	pump(l, 50);
	assert_true(recv(fd, heard, sizeof(heard) - 1, 0) > 0);
	assert_string_equal(heard, "errno=0\n\nerrno=0\n\nerrno=0\n\n");
	hear(l, fd, 200, &closed);
	assert_true(closed);
	close(fd);
}

static void test_an_unknown_first_line_closes_at_once(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rubbish[] = {
		{ "\n", 1 },        { "get=2\n", 6 },  { "GET / HTTP/1.1\r\n", 16 },
		{ "get=1\r\n", 7 }, { " get=1\n", 7 }, { "get=1\0\n", 7 },
		{ "\0\0\0\n", 4 },  { "stop=2\n", 7 }, { "get=1 \n", 7 },
	};
	struct lab *l = *state;
	size_t i;

	open_with(l, (struct control_limits){ 0 });
	for (i = 0; i < LEN(rubbish); i++) {
		int fd = client(l);

		assert_true(tell(l, fd, rubbish[i].bytes, rubbish[i].len));
		expect_hang_up(l, fd, 0, 200);
		close(fd);
	}
	assert_int_equal(l->d.gets + l->d.sets + l->d.stops, 0);
}

static void test_a_first_line_without_end_closes(void **state)
{
	struct lab *l = *state;
	char *text = malloc(16 << 20);
	int fd;

	memset(text, 'a', 16 << 20);
	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	assert_false(tell(l, fd, text, 16 << 20));
	close(fd);
	free(text);
}

static void test_a_long_line_is_drained_then_refused_and_the_next_request_served(void **state)
{
	struct lab *l = *state;
	size_t len = 16 << 20;
	char *text = malloc(len);
	int fd;

	memset(text, 'a', len);
	memcpy(text, "set=1\n", 6);
	memcpy(text + len - 40, "\nlisten_port=3\nlisten_port=4\n", 29);
	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	assert_true(tell(l, fd, text, len));
	expect_answer(l, fd, "\n\n", "errno=-71\n\n");
	assert_int_equal(l->d.sets, 0);
	expect_answer(l, fd, "set=1\nlisten_port=3\n\n", "errno=0\n\n");
	memcpy(text, "get=1\n", 6);
	assert_true(tell(l, fd, text, 9000));
	expect_answer(l, fd, "\n\n", "errno=22\n\n");
	close(fd);
	free(text);
}

static void test_a_long_line_does_not_touch_the_requests_before_it(void **state)
{
	static const char before[] = "set=1\nlisten_port=7\n\nwhy=1\n\n";
	/* Of a set, of a get, of an end of a set that is good otherwise, and in two long lines. */
	static const struct {
		const char *begin, *answer;
	} table[] = {
		{ "set=1\n", "errno=-71\n\n" },
		{ "get=1\n", "errno=22\n\n" },
		{ "set=1\nlisten_port=8\n", "errno=-71\n\n" },
		{ "set=1\nlisten_port=x\n", "errno=-22\n\n" }, /* the first error counts */
		{ "status=1\n", "errno=22\n\n" },
		{ "events=1\n", "errno=22\n\n" },
	};
	struct lab *l = *state;
	struct print text = { 0 }, heard = { 0 };
	bool closed;
	size_t i, n;
	int fd;

	open_with(l, (struct control_limits){ 0 });
	for (i = 0; i < LEN(table); i++) {
		fd = client(l);
		print_add(&text, "%s%s", before, table[i].begin);
		for (n = 0; n < 20000; n++)
			print_add(&text, "=");
		l->d.port = 1;
		/* All in one, so that the daemon reads it at once. */
		assert_int_equal(send(fd, text.chars, text.len, MSG_NOSIGNAL), (ssize_t)text.len);
		print_add(&heard, "%s", hear(l, fd, 500, &closed));
		if (heard.len < sizeof("errno=0\n\n"))
			print_add(&heard, "%s", hear(l, fd, 500, &closed));
		assert_string_equal(heard.chars, "errno=0\n\nverdict=E-TEST\nerrno=0\n\n");
		assert_int_equal(l->d.port, 7);
		expect_answer(l, fd, "=\nlisten_port=9\n\n", table[i].answer);
		assert_int_equal(l->d.port, 7);
		expect_answer(l, fd, "set=1\nlisten_port=3\n\n", "errno=0\n\n");
		assert_int_equal(l->d.port, 3);
		close(fd);
		print_fini(&text);
		print_fini(&heard);
	}
}

static void test_a_long_first_line_behind_a_request_closes_after_its_answer(void **state)
{
	struct lab *l = *state;
	struct print text = { 0 };
	bool closed;
	int fd, i;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	print_add(&text, "set=1\nlisten_port=7\n\n");
	for (i = 0; i < 20000; i++)
		print_add(&text, "a");
	assert_int_equal(send(fd, text.chars, text.len, MSG_NOSIGNAL), (ssize_t)text.len);
	assert_string_equal(hear(l, fd, 500, &closed), "errno=0\n\n");
	assert_int_equal(l->d.port, 7);
	expect_hang_up(l, fd, 0, 500);
	close(fd);
	print_fini(&text);
}

static void test_a_request_beyond_the_limit_closes(void **state)
{
	struct lab *l = *state;
	struct print text = { 0 };
	bool taken = true;
	int i, fd;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	for (i = 0; i < 1 << 15; i++)
		print_add(&text, "allowed_ip=10.0.0.0/24.........\n");
	assert_true(tell(l, fd, "set=1\n", 6));
	for (i = 0; taken && i < (UAPI_REQUEST_MAX >> 20) + 4; i++)
		taken = tell(l, fd, text.chars, text.len);
	assert_false(taken);
	assert_int_equal(l->d.sets, 0);
	close(fd);
	print_fini(&text);
	/* What it held is free for others. */
	fd = client(l);
	expect_answer(l, fd, "set=1\n\n", "errno=0\n\n");
	close(fd);
}

static void test_a_big_set_and_a_big_get_pass_while_others_are_served(void **state)
{
	enum { MANY = 130560 };
	struct lab *l = *state;
	struct print text = { 0 };
	size_t heard = 0, i;
	char some[4096], tail[16] = "";
	bool closed;
	int fd, other;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	other = client(l);
	print_add(&text, "set=1\npublic_key=%064d\n", 1);
	for (i = 0; i < MANY; i++)
		print_add(&text, "allowed_ip=10.%zu.%zu.%zu/32\n", i >> 16, i >> 8 & 255, i & 255);
	print_add(&text, "\n");
	assert_true(tell(l, fd, text.chars, text.len));
	assert_string_equal(hear(l, fd, 2000, &closed), "errno=0\n\n");
	assert_int_equal(l->d.allowed, MANY);
	assert_true(tell(l, fd, "get=1\n\n", 7));
	pump(l, 20);
	expect_answer(l, other, "status=1\n\n",
		      "interface=t0 state=up listen_port=51820\nerrno=0\n\n");
	while (strcmp(tail, "errno=0\n\n") != 0) {
		ssize_t n = recv(fd, some, sizeof(some), 0);

		assert_true(n > 0 || (n < 0 && errno == EAGAIN));
		if (n < 0) {
			pump(l, 1);
			continue;
		}
		heard += (size_t)n;
		if (n >= 9) {
			memcpy(tail, some + n - 9, 9);
			tail[9] = '\0';
		}
	}
	assert_true(heard > (size_t)MANY * 20);
	print_fini(&text);
	close(fd);
	close(other);
}

static void test_silent_clients_are_dropped_after_a_while(void **state)
{
	struct lab *l = *state;
	int fd, half;

	open_with(l, (struct control_limits){ .stall_s = 0.1, .idle_s = 0.5 });
	fd = client(l);
	half = client(l);
	assert_true(tell(l, half, "set=1\nlisten", 12));
	pump(l, 60);
	expect_hang_up(l, half, 0, 150);
	expect_hang_up(l, fd, 100, 600);
	assert_int_equal(l->d.sets, 0);
	close(fd);
	close(half);
}

static void test_an_answer_that_nobody_reads_is_dropped(void **state)
{
	struct lab *l = *state;
	struct print heard = { 0 };
	char some[65536];
	ssize_t n;
	int fd;

	l->d.allowed = 100000;
	open_with(l, (struct control_limits){ .stall_s = 0.1 });
	fd = client(l);
	assert_true(tell(l, fd, "get=1\n\n", 7));
	pump(l, 400);
	while ((n = recv(fd, some, sizeof(some), 0)) > 0)
		print_bytes(&heard, some, (size_t)n);
	assert_int_equal(n, 0);
	assert_true(heard.len > 0);
	assert_null(strstr(heard.chars, "errno="));
	print_fini(&heard);
	close(fd);
}

static void test_a_trickle_does_not_hold_its_place_for_ever(void **state)
{
	struct lab *l = *state;
	int fd, i;

	open_with(l, (struct control_limits){ .stall_s = 0.2, .request_s = 0.4 });
	fd = client(l);
	assert_true(tell(l, fd, "set=1\n", 6));
	for (i = 0; i < 100 && tell(l, fd, "x", 1); i++)
		pump(l, 20);
	assert_in_range(i, 5, 60);
	close(fd);
}

static void test_more_clients_than_allowed_wait_for_their_turn(void **state)
{
	struct lab *l = *state;
	int fd[4];
	size_t i;

	open_with(l, (struct control_limits){ .clients = 2, .quiet_s = 10 });
	for (i = 0; i < LEN(fd); i++)
		fd[i] = client(l);
	expect_answer(l, fd[0], "set=1\n\n", "errno=0\n\n");
	assert_true(tell(l, fd[2], "set=1\nlisten_port=5\n\n", 21));
	pump(l, 50);
	assert_int_equal(l->d.port, 51820);
	assert_in_range(l->turns, 0, 20); /* nor does the loop spin */
	close(fd[1]);
	expect_answer(l, fd[2], "", "errno=0\n\n");
	assert_int_equal(l->d.port, 5);
	for (i = 0; i < LEN(fd); i++) {
		if (i != 1)
			close(fd[i]);
	}
}

static void test_who_has_been_silent_longest_makes_room_for_another(void **state)
{
	struct lab *l = *state;
	int fd[3];
	size_t i;

	open_with(l, (struct control_limits){ .clients = 2, .quiet_s = 0.1 });
	for (i = 0; i < 2; i++) {
		fd[i] = client(l);
		pump(l, 5);
	}
	pump(l, 60);
	expect_answer(l, fd[0], "set=1\n\n", "errno=0\n\n"); /* the older one, but it speaks */
	fd[2] = client(l);
	expect_answer(l, fd[2], "set=1\n\n", "errno=0\n\n");
	expect_hang_up(l, fd[1], 0, 500);
	expect_answer(l, fd[0], "set=1\n\n", "errno=0\n\n");
	/* Half a request is no better than none. */
	assert_true(tell(l, fd[0], "set=1\nlisten_port=", 18));
	pump(l, 60);
	expect_answer(l, fd[2], "set=1\n\n", "errno=0\n\n");
	fd[1] = client(l);
	expect_answer(l, fd[1], "set=1\n\n", "errno=0\n\n");
	expect_hang_up(l, fd[0], 0, 500);
	for (i = 0; i < LEN(fd); i++)
		close(fd[i]);
}

static void test_who_waits_for_us_keeps_the_place(void **state)
{
	struct lab *l = *state;
	bool closed;
	int first, second;

	open_with(l, (struct control_limits){ .clients = 1, .quiet_s = 0.02 });
	l->d.reload_result = CONTROL_LATER;
	first = client(l);
	assert_true(tell(l, first, "reload=1\n\n", 10));
	pump(l, 20);
	second = client(l);
	assert_true(tell(l, second, "why=1\n\n", 7));
	pump(l, 200);
	assert_in_range(l->turns, 0, 40); /* nor does the loop spin */
	control_answer(l->c, l->d.ticket, 0, NULL);
	assert_string_equal(hear(l, first, 500, &closed), "errno=0\n\n");
	assert_string_equal(hear(l, second, 500, &closed), "verdict=E-TEST\nerrno=0\n\n");
	expect_hang_up(l, first, 0, 500);
	close(first);
	close(second);
}

static void test_silent_guests_make_room_for_guests(void **state)
{
	struct lab *l = *state;
	int fd[3];
	size_t i;

	open_with(l, (struct control_limits){ .clients = 4, .rights = &reads, .quiet_s = 0.05 });
	for (i = 0; i < 2; i++) {
		fd[i] = client(l);
		pump(l, 5);
	}
	pump(l, 60);
	fd[2] = client(l);
	expect_answer(l, fd[2], "why=1\n\n", "verdict=E-TEST\nerrno=0\n\n");
	expect_hang_up(l, fd[0], 0, 500);
	for (i = 0; i < LEN(fd); i++)
		close(fd[i]);
}

/* In a process of its own: many connections that say nothing, until it is killed. */
static pid_t crowd(const struct lab *l)
{
	pid_t pid = fork();
	int i;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	alarm(60);
	for (i = 0; i < 600; i++)
		unixsock_connect(l->dir, "t0", 1000);
	for (;;)
		pause();
}

/* And one that asks for the status. */
static pid_t asker(const struct lab *l)
{
	pid_t pid = fork();
	struct print lines = { 0 };
	int fd;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	fd = unixsock_connect(l->dir, "t0", 15000);
	_exit(fd >= 0 && ask_over(fd, "status=1", &lines, 0) == 0 ? 0 : 1);
}

static void test_a_crowd_of_silent_clients_keeps_nobody_waiting(void **state)
{
	struct lab *l = *state;
	pid_t silent, asks;
	int status = 0, i;

	open_with(l, (struct control_limits){ 0 });
	silent = crowd(l);
	pump(l, 500);
	asks = asker(l);
	for (i = 0; i < 1000 && waitpid(asks, &status, WNOHANG) == 0; i++)
		pump(l, 10);
	kill(silent, SIGKILL);
	assert_int_equal(waitpid(silent, NULL, 0), silent);
	if (i == 1000) {
		kill(asks, SIGKILL);
		waitpid(asks, NULL, 0);
		fail_msg("no answer in 10 s");
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Nobody accepts, as in a tunnel that hangs: a full backlog, and one that never answers. */
static void test_a_tunnel_that_hangs_is_left_after_the_time_given(void **state)
{
	struct lab *l = *state;
	struct print lines = { 0 };
	int fd[64], n = 0, listener;
	uint64_t begin;

	assert_int_equal(unixsock_listen(l->dir, "t0", (gid_t)-1, &listener), 0);
	for (fd[0] = -1; n < (int)LEN(fd); n++) {
		fd[n] = unixsock_connect(l->dir, "t0", 100);
		if (fd[n] < 0)
			break;
	}
	assert_in_range(n, 1, LEN(fd) - 1);
	assert_int_equal(fd[n], -EAGAIN);
	begin = clock_monotonic_us();
	assert_int_equal(ask_over(fd[0], "get=1", &lines, 100), -EAGAIN);
	assert_in_range(clock_monotonic_us() - begin, 90000, 5000000);
	print_fini(&lines);
	while (n-- > 0)
		close(fd[n]);
	close(listener);
}

static void test_an_answer_in_drops_is_left_after_the_time_given(void **state)
{
	struct lab *l = *state;
	struct print lines = { 0 };
	int fd, listener, other;
	pid_t pid;

	assert_int_equal(unixsock_listen(l->dir, "t0", (gid_t)-1, &listener), 0);
	fd = unixsock_connect(l->dir, "t0", 100);
	assert_true(fd >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60);
		fcntl(listener, F_SETFL, 0);
		other = accept(listener, NULL, NULL);
		for (;;) {
			send(other, "x", 1, MSG_NOSIGNAL);
			poll(NULL, 0, 10);
		}
	}
	assert_int_equal(ask_over(fd, "get=1", &lines, 300), -EAGAIN);
	assert_true(lines.len > 1); /* they came */
	print_fini(&lines);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fd);
	close(listener);
}

static void test_without_descriptors_accept_pauses_and_does_not_spin(void **state)
{
	struct lab *l = *state;
	struct rlimit before, low;
	int fd, top;

	log_set_level(LOG_LEVEL_SILENT);
	open_with(l, (struct control_limits){ .pause_s = 0.1 });
	pump(l, 1); /* the loop makes its own descriptors */
	fd = client(l);
	top = dup(fd);
	close(top);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = (rlim_t)top;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_true(tell(l, fd, "set=1\n\n", 7));
	pump(l, 350);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(l->d.sets, 0);
	assert_in_range(l->turns, 1, 30);
	expect_answer(l, fd, "", "errno=0\n\n");
	close(fd);
}

static void test_answers_may_come_later_and_in_any_order(void **state)
{
	struct lab *l = *state;
	struct print lines = { 0 };
	uint64_t first, second;
	bool closed;
	int a, b;

	open_with(l, (struct control_limits){ .stall_s = 0.05, .request_s = 5 });
	a = client(l);
	b = client(l);
	l->d.set_result = l->d.reload_result = CONTROL_LATER;
	assert_true(tell(l, a, "set=1\nlisten_port=1\n\nget=1\n\n", 29));
	pump(l, 10);
	first = l->d.ticket;
	assert_true(tell(l, b, "reload=1\n\n", 10));
	/* Longer than a client may stall: it is us who keep it waiting. */
	pump(l, 150);
	second = l->d.ticket;
	assert_true(first && second && first != second);
	assert_int_equal(l->d.gets, 0);
	assert_string_equal(hear(l, a, 5, &closed), "");
	assert_false(closed);
	print_add(&lines, "one\n");
	control_answer(l->c, second, -EINVAL, &lines);
	assert_string_equal(hear(l, b, 100, &closed), "one\nerrno=22\n\n");
	control_answer(l->c, second, 0, &lines); /* already given */
	assert_string_equal(hear(l, b, 5, &closed), "");
	control_answer(l->c, first, -EADDRINUSE, NULL);
	assert_string_equal(hear(l, a, 100, &closed), "errno=-98\n\n");
	pump(l, 20);
	assert_int_equal(l->d.gets, 1); /* the request behind it */
	close(a);
	close(b);
	print_fini(&lines);
}

static void test_answer_for_a_client_that_has_gone_is_dropped(void **state)
{
	struct lab *l = *state;
	uint64_t first;
	int fd;

	open_with(l, (struct control_limits){ .request_s = 0.05 });
	fd = client(l);
	l->d.set_result = CONTROL_LATER;
	assert_true(tell(l, fd, "set=1\nlisten_port=1\n\n", 22));
	pump(l, 10);
	first = l->d.ticket;
	pump(l, 100); /* its patience is over */
	control_answer(l->c, first, 0, NULL);
	control_answer(l->c, first + 1, 0, NULL);
	close(fd);
	fd = client(l);
	l->d.set_result = 0;
	expect_answer(l, fd, "set=1\nlisten_port=2\n\n", "errno=0\n\n");
	close(fd);
}

static void test_listen_replaces_the_stale_and_respects_the_living(void **state)
{
	struct lab *l = *state;
	int fd, second = -1;

	assert_int_equal(unixsock_listen(l->dir, "t0", (gid_t)-1, &fd), 0);
	assert_int_equal(unixsock_listen(l->dir, "t0", (gid_t)-1, &second), -EADDRINUSE);
	close(fd);
	assert_int_equal(unixsock_connect(l->dir, "t0", 1000), -ECONNREFUSED);
	assert_int_equal(unixsock_listen(l->dir, "t0", (gid_t)-1, &fd), 0);
	second = unixsock_connect(l->dir, "t0", 1000);
	assert_true(second >= 0);
	close(second);
	close(fd);
	unlink(l->path);
	assert_int_equal(unixsock_connect(l->dir, "t0", 1000), -ENOENT);

	/* A file that is not a socket must not be removed. */
	close(open(l->path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(unixsock_listen(l->dir, "t0", (gid_t)-1, &fd), -EADDRINUSE);
	assert_int_equal(access(l->path, F_OK), 0);
	assert_int_equal(unixsock_listen(l->dir, "../t0", (gid_t)-1, &fd), -EINVAL);
}

static void make_file(const char *dir, const char *name, long pid)
{
	char path[UNIXSOCK_PATH_MAX + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/.%s.%ld", dir, name, pid);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
}

/* Whether it was there, too. */
static bool remove_file(const char *dir, const char *name, long pid)
{
	char path[UNIXSOCK_PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/.%s.%ld", dir, name, pid);
	return unlink(path) == 0;
}

static void test_what_killed_processes_left_is_swept(void **state)
{
	struct lab *l = *state;
	char path[UNIXSOCK_PATH_MAX];
	pid_t gone = fork();
	int fd;

	assert_true(gone >= 0);
	if (gone == 0)
		_exit(0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	make_file(l->dir, "t7", gone);
	make_file(l->dir, "t7", getppid()); /* it lives */
	make_file(l->dir, "t77", gone);     /* another tunnel's */
	assert_int_equal(unixsock_listen(l->dir, "t7", (gid_t)-1, &fd), 0);
	close(fd);
	assert_false(remove_file(l->dir, "t7", gone));
	assert_true(remove_file(l->dir, "t7", getppid()));
	assert_true(remove_file(l->dir, "t77", gone));
	snprintf(path, sizeof(path), "%s/t7.sock", l->dir);
	assert_int_equal(unlink(path), 0);
}

static void test_without_a_group_the_socket_is_for_its_owner_alone(void **state)
{
	struct lab *l = *state;
	char dir[80], path[128];
	mode_t mask = umask(0);
	struct stat st;
	int fd;

	snprintf(dir, sizeof(dir), "%s/new", l->dir);
	assert_int_equal(unixsock_listen(dir, "t0", (gid_t)-1, &fd), 0);
	assert_int_equal(umask(mask), 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	snprintf(path, sizeof(path), "%s/t0.sock", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
	close(fd);
	unlink(path);
	assert_int_equal(rmdir(dir), 0); /* the hidden name is gone */
}

static void test_with_a_group_the_socket_is_for_its_members_too(void **state)
{
	struct lab *l = *state;
	char dir[80], path[128];
	mode_t mask = umask(0);
	struct stat st;
	int fd;

	snprintf(dir, sizeof(dir), "%s/new", l->dir);
	assert_int_equal(unixsock_listen(dir, "t0", getegid(), &fd), 0);
	assert_int_equal(umask(mask), 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 01775);
	assert_int_equal(st.st_gid, getegid());
	snprintf(path, sizeof(path), "%s/t0.sock", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_gid, getegid());
	close(fd);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

static bool modes_fail;

int __real_fchmodat(int dir, const char *path, mode_t mode, int flags);
int __wrap_fchmodat(int dir, const char *path, mode_t mode, int flags);

/* As with an old C library, or without /proc. */
int __wrap_fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	if (!modes_fail)
		return __real_fchmodat(dir, path, mode, flags);
	errno = EOPNOTSUPP;
	return -1;
}

static void test_a_socket_whose_mode_cannot_be_set_is_kept(void **state)
{
	struct lab *l = *state;
	struct stat st;
	int fd, r;

	modes_fail = true;
	r = unixsock_listen(l->dir, "t0", getegid(), &fd);
	modes_fail = false;
	assert_int_equal(r, 0);
	close(fd);
	assert_int_equal(lstat(l->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_an_existing_directory_keeps_its_rights(void **state)
{
	struct lab *l = *state;
	struct stat st;
	int fd;

	assert_int_equal(unixsock_listen(l->dir, "t0", getegid(), &fd), 0);
	assert_int_equal(stat(l->dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	close(fd);
}

/* Users and a group that are nobody's on a usual host. */
enum { FIRST = 64321, SECOND = 64322, GROUP = 64400, OTHER_GROUP = 64401 };

/* Run it as that user, a member of GROUP or not; returns what it returns, 0 to 127. */
static int as_user(uid_t uid, bool member, int (*run)(const struct lab *l), struct lab *l)
{
	const gid_t groups[] = { GROUP };
	int status = -1, i;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgroups(member, groups) < 0 || setgid(OTHER_GROUP) < 0 || setuid(uid) < 0)
			_exit(127);
		_exit(run(l));
	}
	for (i = 0; i < 500 && waitpid(pid, &status, WNOHANG) == 0; i++)
		pump(l, 10);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 127);
	return WEXITSTATUS(status);
}

/* Listen with the group, and leave the socket behind, stale. */
static int listen_and_leave(const struct lab *l)
{
	int fd, r = unixsock_listen(l->dir, "t0", GROUP, &fd);

	return -r;
}

static int sweep_it(const struct lab *l)
{
	int r = unixsock_sweep(l->dir, "t0");

	return r < 0 ? -r : 100 + r;
}

static int connect_it(const struct lab *l)
{
	int fd = unixsock_connect(l->dir, "t0", 1000);

	return fd < 0 ? -fd : 0;
}

/* By all other means: 0 if one of them worked. */
static int take_it_away(const struct lab *l)
{
	char other[160];

	snprintf(other, sizeof(other), "%s/x.sock", l->dir);
	if (unlink(l->path) == 0 || rename(l->path, other) == 0 || link(l->path, other) == 0 ||
	    chmod(l->path, 0777) == 0 || truncate(l->path, 0) == 0)
		return 0;
	close(open(other, O_CREAT | O_WRONLY, 0600));
	if (access(other, F_OK) < 0)
		return 2; /* a member may make files here */
	if (rename(other, l->path) == 0)
		return 0;
	unlink(other);
	return 1;
}

static bool open_to_the_group(struct lab *l)
{
	if (geteuid() != 0)
		return false;
	assert_int_equal(chown(l->dir, 0, GROUP), 0);
	assert_int_equal(chmod(l->dir, 01775), 0);
	return true;
}

static void test_who_may_not_give_the_socket_away_keeps_it(void **state)
{
	struct lab *l = *state;
	struct stat st;

	if (!open_to_the_group(l))
		skip();
	assert_int_equal(chmod(l->dir, 01777), 0);
	assert_int_equal(as_user(FIRST, false, listen_and_leave, l), 0);
	assert_int_equal(lstat(l->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_gid, OTHER_GROUP);
	assert_int_equal(as_user(SECOND, true, listen_and_leave, l), EPERM);
}

static void test_nobody_removes_the_socket_of_another_user(void **state)
{
	struct lab *l = *state;
	struct stat st;
	int fd;

	if (!open_to_the_group(l))
		skip();
	/* a stale one */
	assert_int_equal(as_user(FIRST, true, listen_and_leave, l), 0);
	assert_int_equal(lstat(l->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_uid, FIRST);
	assert_int_equal(st.st_gid, GROUP);
	assert_int_equal(as_user(SECOND, true, take_it_away, l), 1);
	assert_int_equal(as_user(SECOND, true, sweep_it, l), EPERM);
	assert_int_equal(as_user(SECOND, true, listen_and_leave, l), EPERM);
	assert_int_equal(as_user(SECOND, false, listen_and_leave, l), EACCES);
	assert_true(unixsock_is(l->path, &st));
	/* its own user may, and root */
	assert_int_equal(as_user(FIRST, true, listen_and_leave, l), 0);
	assert_int_equal(unixsock_sweep(l->dir, "t0"), 1);
	/* a living one */
	assert_int_equal(unixsock_listen(l->dir, "t0", GROUP, &fd), 0);
	assert_int_equal(lstat(l->path, &st), 0);
	assert_int_equal(as_user(SECOND, true, take_it_away, l), 1);
	assert_int_equal(as_user(SECOND, true, listen_and_leave, l), EADDRINUSE);
	assert_int_equal(as_user(SECOND, true, connect_it, l), 0);
	assert_int_equal(as_user(SECOND, false, connect_it, l), EACCES);
	assert_true(unixsock_is(l->path, &st));
	close(fd);
}

/* What root gets who connects to a socket of that user. */
static int connect_to(struct lab *l, uid_t uid)
{
	int fd, r;

	assert_int_equal(seteuid(uid), 0);
	r = unixsock_listen(l->dir, "t0", (gid_t)-1, &fd);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, 0);
	r = connect_it(l);
	assert_int_equal(as_user(uid, true, connect_it, l), 0);
	close(fd);
	assert_int_equal(unixsock_sweep(l->dir, "t0"), 1);
	return r;
}

/* What root gets when the process that made the socket has ended, but another one has it still. */
static int connect_to_one_that_left(struct lab *l)
{
	int hold[2], status, fd, r;
	pid_t pid;
	char c;

	assert_int_equal(pipe(hold), 0);
	pid = fork();
	if (pid == 0) {
		r = seteuid(FIRST) < 0 ? -errno : unixsock_listen(l->dir, "t0", (gid_t)-1, &fd);
		close(hold[1]);
		if (r == 0 && fork() == 0)
			_exit(read(hold[0], &c, 1) != 0);
		_exit(r < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	r = connect_it(l);
	close(hold[0]);
	close(hold[1]);
	assert_int_equal(unlink(l->path), 0);
	return r;
}

static void test_root_asks_no_process_that_need_not_be_the_tunnel(void **state)
{
	struct lab *l = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(l->dir, 01777), 0);
	assert_int_equal(connect_to(l, 0), 0);
	assert_int_equal(connect_to(l, FIRST), EKEYREJECTED);
	assert_int_equal(connect_to_one_that_left(l), ECONNREFUSED);
	/* Whose directory it is could do anything there. */
	assert_int_equal(chown(l->dir, FIRST, (gid_t)-1), 0);
	assert_int_equal(connect_to(l, FIRST), 0);
	assert_int_equal(connect_to(l, SECOND), EKEYREJECTED);
	assert_int_equal(connect_to(l, 0), 0);
	/* That number may be anybody's of another namespace. */
	assert_int_equal(chown(l->dir, 65534, (gid_t)-1), 0);
	assert_int_equal(connect_to(l, 65534), EKEYREJECTED);
}

/* 0: EACCES for a set, as wg(8) reads it. */
static int be_told(const struct lab *l)
{
	static const char request[] = "set=1\nlisten_port=1\n\n";
	int fd = unixsock_connect(l->dir, "t0", 1000);
	char answer[64] = { 0 };

	if (fd < 0 || send(fd, request, strlen(request), MSG_NOSIGNAL) < 0 ||
	    recv(fd, answer, sizeof(answer) - 1, 0) <= 0)
		return 2;
	return strcmp(answer, "errno=-13\n\n") != 0;
}

static void test_strangers_are_told_so(void **state)
{
	struct lab *l = *state;

	if (geteuid() != 0)
		skip();
	open_with(l, (struct control_limits){ 0 });
	assert_int_equal(chmod(l->dir, 0755), 0);
	assert_int_equal(chmod(l->path, 0777), 0);
	assert_int_equal(as_user(FIRST, false, be_told, l), 0);
	assert_int_equal(l->d.sets, 0);
}

static void test_readers_see_everything_but_secrets(void **state)
{
	struct lab *l = *state;
	const char *heard;
	bool closed;
	int fd;

	l->d.secrets = true;
	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	assert_true(tell(l, fd, "get=1\n\n", 7));
	heard = hear(l, fd, 500, &closed);
	assert_non_null(strstr(heard, "private_key=22"));
	assert_non_null(strstr(heard, "preshared_key=33"));
	close(fd);
	control_close(l->c);

	open_with(l, (struct control_limits){ .rights = &reads });
	fd = client(l);
	assert_true(tell(l, fd, "get=1\n\n", 7));
	heard = hear(l, fd, 500, &closed);
	assert_memory_equal(heard, GET_HEAD, strlen(GET_HEAD));
	assert_non_null(strstr(heard, "\npersistent_keepalive_interval=0\nerrno=0\n\n"));
	assert_null(strstr(heard, "private_key"));
	assert_null(strstr(heard, "preshared_key"));
	assert_null(strstr(heard, "22"));
	assert_null(strstr(heard, "33"));
	expect_answer(l, fd, "status=1\n\n",
		      "interface=t0 state=up listen_port=51820\nerrno=0\n\n");
	expect_answer(l, fd, "why=1\n\n", "verdict=E-TEST\nerrno=0\n\n");
	assert_true(tell(l, fd, "events=1\n\n", 10));
	pump(l, 10);
	assert_true(recv(fd, (char[64]){ 0 }, 64, MSG_PEEK) > 0);
	assert_int_equal(control_subscribers(l->c)->n, 1);
	close(fd);
}

static void expect_refusals(struct lab *l, int fd, const char *set, const char *other)
{
	expect_answer(l, fd, "set=1\nlisten_port=1\n\n", set);
	expect_answer(l, fd, "set=1\n\n", set);
	expect_answer(l, fd, "reload=1\n\n", other);
	expect_answer(l, fd, "handshake=1\n\n", other);
	expect_answer(l, fd, "stop=1\n\n", other);
	/* Not even what is wrong with it. */
	expect_answer(l, fd, "stop=1\nnow=1\n\n", other);
	expect_answer(l, fd, "set=1\nlisten_port\n\n", set);
	assert_int_equal(l->d.sets + l->d.reloads + l->d.shakes + l->d.stops, 0);
	assert_int_equal(l->d.port, 51820);
}

static void test_readers_change_nothing(void **state)
{
	struct lab *l = *state;
	int fd;

	open_with(l, (struct control_limits){ .rights = &reads });
	fd = client(l);
	expect_refusals(l, fd, "errno=-1\n\n", "errno=1\n\n");
	/* The next request on the connection has its own price. */
	expect_answer(l, fd, "why=1\n\n", "verdict=E-TEST\nerrno=0\n\n");
	expect_answer(l, fd, "stop=1\n\n", "errno=1\n\n");
	close(fd);
}

static void test_a_stranger_is_refused_every_request(void **state)
{
	struct lab *l = *state;
	int fd;

	open_with(l, (struct control_limits){ .rights = &none });
	fd = client(l);
	expect_refusals(l, fd, "errno=-13\n\n", "errno=13\n\n");
	expect_answer(l, fd, "get=1\n\n", "errno=13\n\n");
	expect_answer(l, fd, "status=1\n\n", "errno=13\n\n");
	expect_answer(l, fd, "why=1\n\n", "errno=13\n\n");
	expect_answer(l, fd, "events=1\n\n", "errno=13\n\n");
	assert_int_equal(l->d.gets, 0);
	assert_int_equal(control_subscribers(l->c)->n, 0);
	assert_true(tell(l, fd, "nonsense=1\n", 11));
	expect_hang_up(l, fd, 0, 500);
	close(fd);
}

static void test_a_guest_who_sends_much_is_hung_up_on(void **state)
{
	static const char line[] = "allowed_ip=10.0.0.0/8\n";
	struct lab *l = *state;
	unsigned i;
	int fd;

	open_with(l, (struct control_limits){ .rights = &reads });
	fd = client(l);
	assert_true(tell(l, fd, "set=1\n", 6));
	for (i = 0; i < 1000; i++)
		assert_true(tell(l, fd, line, strlen(line)));
	expect_answer(l, fd, "\n", "errno=-1\n\n");
	assert_true(tell(l, fd, "set=1\n", 6));
	for (i = 0; i < 10000 && tell(l, fd, line, strlen(line)); i++)
		;
	assert_in_range(i, 2000, 9999);
	close(fd);
}

/* Somebody who may stop the tunnel always finds one. */
static void test_guests_leave_half_of_the_places(void **state)
{
	struct lab *l = *state;
	int fd[4], i;

	open_with(l, (struct control_limits){ .clients = 5, .rights = &reads, .quiet_s = 10 });
	for (i = 0; i < 3; i++) {
		fd[i] = client(l);
		expect_answer(l, fd[i], "why=1\n\n", "verdict=E-TEST\nerrno=0\n\n");
	}
	fd[3] = client(l);
	expect_hang_up(l, fd[3], 0, 500);
	close(fd[3]);
	close(fd[0]);
	pump(l, 10);
	fd[0] = client(l);
	expect_answer(l, fd[0], "why=1\n\n", "verdict=E-TEST\nerrno=0\n\n");
	for (i = 0; i < 3; i++)
		close(fd[i]);
}

static uint32_t seed = 1;

static uint32_t chance(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Requests and junk, in pieces, by clients that disconnect at any time. */
static void test_rubbish_is_answered_or_hung_up_on_and_harms_nobody(void **state)
{
	static const char *const pieces[] = {
		"get=1\n",
		"set=1\n",
		"status=1\n",
		"\n",
		"\n\n",
		"listen_port=5\n",
		"=",
		"\r\n",
		"private_key=",
		"00000000",
		"public_key",
		"allowed_ip=::/0\n",
		"\xff\xfe",
		"x",
		"remove=true\n",
		"endpoint=[::1]:1\n",
	};
	struct lab *l = *state;
	int fd[8] = { 0 }, i;
	bool closed;

	open_with(l, (struct control_limits){ 0 });
	for (i = 0; i < 20000; i++) {
		int *at = &fd[chance(LEN(fd))];
		const char *piece = pieces[chance(LEN(pieces))];

		if (*at == 0)
			*at = client(l);
		if (!tell(l, *at, piece, strlen(piece)) || chance(30) == 0) {
			close(*at);
			*at = 0;
		}
		if (chance(20) == 0) {
			pump(l, 1);
			hear(l, *at ? *at : -1, 1, &closed);
		}
	}
	for (i = 0; i < (int)LEN(fd); i++) {
		if (fd[i])
			close(fd[i]);
	}
	fd[0] = client(l);
	expect_answer(l, fd[0], "set=1\nlisten_port=5\n\n", "errno=0\n\n");
	assert_int_equal(l->d.stops, 0);
	close(fd[0]);
}

/* What arrived within ms milliseconds, without waiting for an empty line. */
static const char *overhear(struct lab *l, int fd, int ms)
{
	static char heard[4096];
	ssize_t n;

	pump(l, ms);
	n = recv(fd, heard, sizeof(heard) - 1, 0);
	heard[n > 0 ? n : 0] = '\0';
	return heard;
}

static void test_listeners_outlive_the_patience_for_clients(void **state)
{
	struct lab *l = *state;
	int fd[SUBSCRIBERS_MAX], extra;
	struct print line = { 0 };
	size_t i;

	/* more listeners than clients at a time */
	open_with(l, (struct control_limits){ .clients = 2, .idle_s = .2, .stall_s = .2 });
	for (i = 0; i < LEN(fd); i++) {
		fd[i] = client(l);
		assert_true(tell(l, fd[i], "events=1\n\n", 10));
		assert_memory_equal(overhear(l, fd[i], 10), "event=listening time=", 21);
	}
	pump(l, 500);
	extra = client(l);
	expect_answer(l, extra, "events=1\n\n", "errno=16\n\n");
	expect_answer(l, extra, "events=1\nx=1\n\n", "errno=22\n\n");
	expect_answer(l, extra, "set=1\nlisten_port=5\n\n", "errno=0\n\n");
	subscribers_begin(control_subscribers(l->c), &line, "x");
	record_add(&line, "n", "1");
	subscribers_publish(control_subscribers(l->c), &line);
	for (i = 0; i < LEN(fd); i++) {
		const char *heard = overhear(l, fd[i], 1);

		assert_memory_equal(heard, "event=x time=", 13);
		assert_non_null(strstr(heard, " interface=t0 n=1\n"));
	}
	close(fd[0]);
	pump(l, 5);
	assert_true(tell(l, extra, "events=1\n\n", 10));
	assert_memory_equal(overhear(l, extra, 10), "event=listening time=", 21);
	for (i = 1; i < LEN(fd); i++)
		close(fd[i]);
	close(extra);
}

static void test_answers_before_a_stream_of_events_come_first(void **state)
{
	struct lab *l = *state;
	const char *heard;
	int fd;

	open_with(l, (struct control_limits){ 0 });
	fd = client(l);
	assert_true(tell(l, fd, "set=1\n\nevents=1\n\nset=1\n\n", 24));
	heard = overhear(l, fd, 50);
	assert_memory_equal(heard, "errno=0\n\nevent=listening time=", 30);
	assert_null(strstr(heard + 9, "errno="));
	assert_int_equal(l->d.sets, 1);
	control_close(l->c);
	l->c = NULL;
	assert_memory_equal(overhear(l, fd, 1), "event=ending time=", 18);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_get_answers_what_runs),
		TEST(test_errno_of_a_set_is_negative_and_of_a_get_positive),
		TEST(test_own_verbs_are_served),
		TEST(test_a_request_may_come_byte_by_byte),
		TEST(test_pipelined_requests_are_answered_in_order),
		TEST(test_many_pipelined_lines_are_not_taken_for_a_long_one),
		TEST(test_an_end_without_request_is_silent),
		TEST(test_an_end_inside_a_request_discards_it),
		TEST(test_who_closes_one_way_still_gets_all_answers),
		TEST(test_an_unknown_first_line_closes_at_once),
		TEST(test_a_first_line_without_end_closes),
		TEST(test_a_long_line_is_drained_then_refused_and_the_next_request_served),
		TEST(test_a_long_line_does_not_touch_the_requests_before_it),
		TEST(test_a_long_first_line_behind_a_request_closes_after_its_answer),
		TEST(test_rubbish_is_answered_or_hung_up_on_and_harms_nobody),
		TEST(test_a_request_beyond_the_limit_closes),
		TEST(test_a_big_set_and_a_big_get_pass_while_others_are_served),
		TEST(test_silent_clients_are_dropped_after_a_while),
		TEST(test_an_answer_that_nobody_reads_is_dropped),
		TEST(test_a_trickle_does_not_hold_its_place_for_ever),
		TEST(test_more_clients_than_allowed_wait_for_their_turn),
		TEST(test_who_has_been_silent_longest_makes_room_for_another),
		TEST(test_who_waits_for_us_keeps_the_place),
		TEST(test_silent_guests_make_room_for_guests),
		TEST(test_a_crowd_of_silent_clients_keeps_nobody_waiting),
		TEST(test_a_tunnel_that_hangs_is_left_after_the_time_given),
		TEST(test_an_answer_in_drops_is_left_after_the_time_given),
		TEST(test_without_descriptors_accept_pauses_and_does_not_spin),
		TEST(test_answers_may_come_later_and_in_any_order),
		TEST(test_answer_for_a_client_that_has_gone_is_dropped),
		TEST(test_listen_replaces_the_stale_and_respects_the_living),
		TEST(test_what_killed_processes_left_is_swept),
		TEST(test_without_a_group_the_socket_is_for_its_owner_alone),
		TEST(test_with_a_group_the_socket_is_for_its_members_too),
		TEST(test_a_socket_whose_mode_cannot_be_set_is_kept),
		TEST(test_an_existing_directory_keeps_its_rights),
		TEST(test_who_may_not_give_the_socket_away_keeps_it),
		TEST(test_nobody_removes_the_socket_of_another_user),
		TEST(test_root_asks_no_process_that_need_not_be_the_tunnel),
		TEST(test_strangers_are_told_so),
		TEST(test_readers_see_everything_but_secrets),
		TEST(test_readers_change_nothing),
		TEST(test_a_stranger_is_refused_every_request),
		TEST(test_a_guest_who_sends_much_is_hung_up_on),
		TEST(test_guests_leave_half_of_the_places),
		TEST(test_listeners_outlive_the_patience_for_clients),
		TEST(test_answers_before_a_stream_of_events_come_first),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

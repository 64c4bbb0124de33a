/* SPDX-License-Identifier: ISC */
/* Name lookups, with a tiny name server that runs in the same loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "names/resolver.h"

enum { TYPE_A = 1, TYPE_AAAA = 28, NO_ERROR = 0, SERVER_FAILED = 2, NO_NAME = 3, NOBODY = 65534 };

/* A name server that gives the same answer for all names. */
struct server {
	int fd;
	ev_io io;
	uint16_t port;
	unsigned asked; /* for IPv4 addresses */
	bool silent;
	int rcode;
	const char *v4, *v6; /* NULL: no such address */
};

struct lab {
	struct ev_loop *loop;
	struct server server;
	struct resolver *r;
	struct resolver_request *q;
	char conf[64];
	/* what was told */
	unsigned told, failures, want;
	bool cancel, again;
	unsigned fetches; /* of resolv.conf */
	bool no_fetch;    /* it cannot be fetched */
	unsigned n, pauses[16];
	char why[64];
	struct endpoint ends[4];
};

static size_t put_answer(uint8_t *at, int type, const char *text)
{
	size_t len = type == TYPE_A ? 4 : 16;

	store_be16(at, 0xc00c); /* the name of the question */
	store_be16(at + 2, (uint16_t)type);
	store_be16(at + 4, 1);
	store_be32(at + 6, 0);
	store_be16(at + 10, (uint16_t)len);
	inet_pton(type == TYPE_A ? AF_INET : AF_INET6, text, at + 12);
	return 12 + len;
}

static void on_query(struct ev_loop *loop, ev_io *io, int events)
{
	struct server *s = CONTAINER(io, struct server, io);
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	uint8_t m[1024];
	ssize_t n = recvfrom(s->fd, m, 512, 0, (struct sockaddr *)&from, &from_len);
	size_t end = 12;
	const char *text;
	int type;

	(void)loop;
	(void)events;
	if (n < 17)
		return;
	while (end < (size_t)n && m[end])
		end += m[end] + 1u;
	end += 5;
	type = load_be16(m + end - 4);
	s->asked += type == TYPE_A;
	if (s->silent)
		return;
	text = type == TYPE_A ? s->v4 : type == TYPE_AAAA ? s->v6 : NULL;
	store_be16(m + 2, (uint16_t)(0x8180 | s->rcode));
	store_be16(m + 4, 1);
	memset(m + 6, 0, 6);
	if (s->rcode == NO_ERROR && text) {
		store_be16(m + 6, 1);
		end += put_answer(m + end, type, text);
	}
	sendto(s->fd, m, end, 0, (struct sockaddr *)&from, from_len);
}

static void serve(struct lab *l, struct server *s, const char *address, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof(sin);

	inet_pton(AF_INET, address, &sin.sin_addr);
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sin, &len), 0);
	s->port = ntohs(sin.sin_port);
	ev_io_init(&s->io, on_query, s->fd, EV_READ);
	ev_io_start(l->loop, &s->io);
}

static void unserve(struct lab *l, struct server *s)
{
	ev_io_stop(l->loop, &s->io);
	close(s->fd);
}

static void write_conf(struct lab *l, const char *text)
{
	FILE *f = fopen(l->conf, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	l->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	strcpy(l->conf, "/tmp/taut-resolve-XXXXXX");
	close(mkstemp(l->conf));
	serve(l, &l->server, "127.0.0.1", 0);
	l->server.v4 = "192.0.2.7";
	*state = l;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *l = *state;

	resolver_close(l->r);
	unserve(l, &l->server);
	unlink(l->conf);
	ev_loop_destroy(l->loop);
	free(l);
	return 0;
}

static void on_told(void *ctx, const struct endpoint *ends, unsigned n, const char *why,
		    unsigned retry_seconds)
{
	struct lab *l = ctx;

	l->told++;
	l->n = n;
	if (n == 0) {
		assert_non_null(why);
		l->pauses[l->failures++ % LEN(l->pauses)] = retry_seconds;
		snprintf(l->why, sizeof(l->why), "%s", why);
	} else {
		memcpy(l->ends, ends, sizeof(*ends) * (n < 4 ? n : 4));
	}
	if (l->cancel) {
		resolver_cancel(l->q);
		l->q = NULL;
	}
	if (l->again)
		resolver_again(l->q);
	if (l->told == l->want)
		ev_break(l->loop, EVBREAK_ALL);
}

/* unit_ms: one "second" of back-off. */
static void open_resolver(struct lab *l, int unit_ms, bool own_server)
{
	char servers[64];
	struct resolver_limits limits = {
		.resolv_conf = l->conf,
		.servers = own_server ? servers : NULL,
		/* A busy machine does not always answer within 150 ms, which 50 come to. */
		.timeout_ms = l->server.silent ? 50 : 1000,
		.unit_s = unit_ms / 1000.0,
	};

	snprintf(servers, sizeof(servers), "127.0.0.1:%u", l->server.port);
	assert_int_equal(resolver_open_with(&l->r, l->loop, &limits), 0);
}

static void ask(struct lab *l, const char *host)
{
	l->q = resolver_ask(l->r, host, 51820, on_told, l);
	assert_non_null(l->q);
	assert_int_equal(l->told, 0);
}

static void on_end(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void run_for(struct lab *l, int ms)
{
	ev_timer end;

	ev_now_update(l->loop);
	ev_timer_init(&end, on_end, ms / 1000.0, 0);
	ev_timer_start(l->loop, &end);
	ev_run(l->loop, 0);
	ev_timer_stop(l->loop, &end);
}

/* Until that many results were reported, at most 3 s. */
static void run_until_told(struct lab *l, unsigned told)
{
	int i;

	l->want = told;
	for (i = 0; i < 600 && l->told < told; i++)
		run_for(l, 5);
	assert_int_equal(l->told, told);
}

static void expect_address(const struct lab *l, const char *text)
{
	char printed[ENDPOINT_TEXT];
	unsigned i;

	for (i = 0; i < l->n; i++) {
		endpoint_print(printed, &l->ends[i]);
		if (strcmp(printed, text) == 0)
			return;
	}
	fail_msg("%s is not among the answers", text);
}

static void test_a_name_is_answered_with_both_families_and_the_port(void **state)
{
	struct lab *l = *state;

	l->server.v6 = "2001:db8::7";
	open_resolver(l, 20, true);
	ask(l, "vpn.example");
	run_until_told(l, 1);
	assert_int_equal(l->n, 2);
	expect_address(l, "192.0.2.7:51820");
	expect_address(l, "[2001:db8::7]:51820");
	run_for(l, 100);
	assert_int_equal(l->told, 1); /* answered: not asked again without a request */
}

static void test_a_name_that_comes_into_being_is_found(void **state)
{
	struct lab *l = *state;

	l->server.rcode = NO_NAME;
	open_resolver(l, 20, true);
	ask(l, "vpn.example");
	run_until_told(l, 2);
	assert_int_equal(l->n, 0);
	assert_string_equal(l->why, "name does not exist");
	l->server.rcode = NO_ERROR;
	run_until_told(l, 3);
	assert_int_equal(l->n, 1);
	expect_address(l, "192.0.2.7:51820");
}

static void test_pauses_double_up_to_sixty(void **state)
{
	static const unsigned pauses[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct lab *l = *state;

	l->server.rcode = SERVER_FAILED;
	open_resolver(l, 2, true);
	ask(l, "vpn.example");
	run_until_told(l, LEN(pauses));
	assert_memory_equal(l->pauses, pauses, sizeof(pauses));
	/* An answer takes them back to one. */
	l->server.rcode = NO_ERROR;
	run_until_told(l, LEN(pauses) + 1);
	assert_int_equal(l->n, 1);
	l->server.rcode = SERVER_FAILED;
	resolver_again(l->q);
	run_until_told(l, LEN(pauses) + 2);
	assert_int_equal(l->pauses[LEN(pauses)], 1);
}

static void test_a_pause_lasts_as_long_as_was_told(void **state)
{
	struct lab *l = *state;
	ev_tstamp first;

	l->server.rcode = NO_NAME;
	open_resolver(l, 200, true);
	ask(l, "vpn.example");
	run_until_told(l, 1);
	first = ev_time();
	run_until_told(l, 2);
	assert_true(ev_time() - first >= 0.17);
	assert_true(ev_time() - first < 1.0);
}

static void test_silence_of_the_server_is_a_failure_and_is_tried_again(void **state)
{
	struct lab *l = *state;

	l->server.silent = true;
	open_resolver(l, 20, true);
	ask(l, "vpn.example");
	run_until_told(l, 1);
	assert_string_equal(l->why, "no answer from the name servers");
	l->server.silent = false;
	run_until_told(l, 2);
	assert_int_equal(l->n, 1);
}

static void test_a_name_without_address_is_a_failure(void **state)
{
	struct lab *l = *state;

	l->server.v4 = NULL;
	open_resolver(l, 1000, true);
	ask(l, "vpn.example");
	run_until_told(l, 1);
	assert_int_equal(l->n, 0);
	assert_true(strlen(l->why) > 0);
}

static void test_an_address_needs_no_server(void **state)
{
	struct lab *l = *state;

	l->server.silent = true;
	open_resolver(l, 1000, true);
	ask(l, "192.0.2.99");
	run_until_told(l, 1);
	expect_address(l, "192.0.2.99:51820");
	assert_int_equal(l->server.asked, 0);
}

static void test_asking_again_does_not_wait_for_its_turn(void **state)
{
	struct lab *l = *state;

	l->server.rcode = NO_NAME;
	open_resolver(l, 60000, true);
	ask(l, "vpn.example");
	run_until_told(l, 1);
	l->server.rcode = NO_ERROR;
	resolver_again(l->q);
	run_until_told(l, 2);
	assert_int_equal(l->n, 1);
	l->server.v4 = "192.0.2.8";
	resolver_again(l->q);
	run_until_told(l, 3);
	expect_address(l, "192.0.2.8:51820");
}

static void test_asking_again_does_nothing_while_an_asking_is_under_way(void **state)
{
	struct lab *l = *state;
	unsigned asked;

	l->server.silent = true;
	open_resolver(l, 60000, true);
	ask(l, "vpn.example");
	run_for(l, 20);
	asked = l->server.asked;
	assert_int_equal(asked, 1);
	resolver_again(l->q);
	resolver_again(l->q);
	run_for(l, 10);
	assert_int_equal(l->server.asked, asked);
	run_until_told(l, 1);
}

static void test_a_question_may_be_cancelled_from_its_own_answer(void **state)
{
	struct lab *l = *state;

	l->cancel = true;
	open_resolver(l, 5, true);
	ask(l, "vpn.example");
	run_until_told(l, 1);
	l->server.rcode = NO_NAME;
	l->q = resolver_ask(l->r, "other.example", 1, on_told, l);
	run_until_told(l, 2);
	/* and from one that arrives without a request */
	l->q = resolver_ask(l->r, "192.0.2.1", 1, on_told, l);
	run_until_told(l, 3);
	run_for(l, 50);
	assert_int_equal(l->told, 3);
	assert_null(l->q);
}

static void test_a_question_may_ask_again_from_its_own_answer(void **state)
{
	struct lab *l = *state;

	l->again = true;
	open_resolver(l, 60000, true);
	ask(l, "vpn.example");
	run_until_told(l, 1);
	l->again = false;
	run_until_told(l, 2);
	run_for(l, 50);
	assert_int_equal(l->told, 2);
}

static void test_a_cancelled_question_is_never_told(void **state)
{
	struct lab *l = *state;

	open_resolver(l, 5, true);
	resolver_cancel(NULL);
	ask(l, "vpn.example");
	resolver_cancel(l->q);
	l->server.silent = true;
	ask(l, "vpn.example");
	run_for(l, 10);
	assert_int_equal(l->server.asked, 1);
	resolver_cancel(l->q);
	l->server.silent = false;
	run_for(l, 300);
	assert_int_equal(l->told, 0);
}

static void test_closing_forgets_what_is_under_way(void **state)
{
	struct lab *l = *state;
	int i;

	l->server.silent = true;
	open_resolver(l, 5, true);
	for (i = 0; i < 20; i++)
		ask(l, "vpn.example");
	run_for(l, 10);
	resolver_close(l->r);
	l->r = NULL;
	run_for(l, 100);
	assert_int_equal(l->told, 0);
}

static void test_many_names_share_few_descriptors(void **state)
{
	struct lab *l = *state;
	char name[32];
	int i, before, after;

	l->server.silent = true;
	open_resolver(l, 5, true);
	run_for(l, 1);
	before = dup(0);
	close(before);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n%d.example", i);
		ask(l, name);
	}
	run_for(l, 20);
	after = dup(0);
	close(after);
	assert_in_range(after - before, 0, 16);
	l->server.silent = false;
	run_until_told(l, 100);
}

/* Packets pass between two questions, also when a thousand names are to be asked for at once. */
static void test_many_names_are_asked_for_apart(void **state)
{
	struct lab *l = *state;
	uint64_t began;
	char name[32];
	int i;

	l->server.silent = true;
	open_resolver(l, 1000, true);
	began = clock_now().mono;
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "n%d.example", i);
		ask(l, name);
	}
	run_for(l, 30);
	assert_in_range(l->server.asked, 1, (clock_now().mono - began) / 1000000 + 2);
	l->server.silent = false;
	run_until_told(l, 200);
}

static bool bring_up_loopback(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &ifr) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* In its own network namespace, because resolv.conf can only use port 53. */
static void change_resolv_conf(struct lab *l)
{
	struct server first = { 0 }, second = { .v4 = "198.51.100.2" };

	first.rcode = NO_NAME;
	serve(l, &first, "127.0.0.2", 53);
	serve(l, &second, "127.0.0.3", 53);
	write_conf(l, "nameserver 127.0.0.2\n");
	open_resolver(l, 20, false);
	ask(l, "vpn.example");
	run_until_told(l, 1);
	assert_int_equal(second.asked, 0);
	assert_true(first.asked > 0);
	write_conf(l, "# moved\nnameserver 127.0.0.3\n");
	run_until_told(l, 2);
	expect_address(l, "198.51.100.2:51820");
	/* also when all went well, and with nothing but the time different */
	second.v4 = "198.51.100.3";
	write_conf(l, "# moved\nnameserver 127.0.0.2\n");
	first.rcode = NO_ERROR;
	first.v4 = "198.51.100.4";
	resolver_again(l->q);
	run_until_told(l, 3);
	expect_address(l, "198.51.100.4:51820");
	unserve(l, &first);
	unserve(l, &second);
}

/* No way back: from here on all tests are in it. */
static void enter_namespace(void)
{
	static bool inside;
	int flags = CLONE_NEWNET | (geteuid() == 0 ? 0 : CLONE_NEWUSER);

	if (!inside && (unshare(flags) < 0 || !bring_up_loopback()))
		skip();
	inside = true;
}

static void test_a_changed_resolv_conf_is_noticed(void **state)
{
	struct lab *l = *state;

	enter_namespace();
	change_resolv_conf(l);
}

static bool fetch(void *ctx)
{
	struct lab *l = ctx;

	l->fetches += !l->no_fetch;
	return !l->no_fetch;
}

static int memory_file(const char *text)
{
	int fd = memfd_create("resolv.conf", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

/* By another file, which only its owner may read. */
static void replace_conf(struct lab *l, const char *text)
{
	assert_int_equal(unlink(l->conf), 0);
	write_conf(l, text);
	assert_int_equal(chmod(l->conf, 0), 0);
}

static void fetch_conf(struct lab *l, struct server *first, struct server *second)
{
	struct resolver_request *other;

	/* All questions wait for the text. */
	replace_conf(l, "nameserver 127.0.0.3\n");
	assert_int_equal(geteuid() == 0 ? seteuid(NOBODY) : 0, 0);
	resolver_again(l->q);
	other = resolver_ask(l->r, "other.example", 1, on_told, l);
	run_for(l, 100);
	assert_int_equal(l->told, 1);
	assert_int_equal(l->fetches, 1);
	assert_int_equal(first->asked, 1);
	resolver_conf(l->r, memory_file("nameserver 127.0.0.3\n"));
	run_until_told(l, 3);
	assert_int_equal(first->asked, 1);
	assert_int_equal(second->asked, 2);
	resolver_cancel(other);

	/* It is good until the file changes again, whatever the servers say. */
	second->rcode = SERVER_FAILED;
	resolver_again(l->q);
	run_until_told(l, 4);
	second->rcode = NO_ERROR;
	run_until_told(l, 5);
	assert_int_equal(l->fetches, 1);
	assert_int_equal(first->asked, 1);
}

static void fail_to_fetch(struct lab *l, struct server *second)
{
	unsigned asked = second->asked;

	/* Without the new one, the last one counts... */
	l->no_fetch = true;
	resolver_again(l->q);
	run_until_told(l, 6);
	l->no_fetch = false;
	resolver_again(l->q);
	run_for(l, 50);
	assert_int_equal(l->fetches, 2);
	resolver_conf(l->r, -1);
	run_until_told(l, 7);
	assert_int_equal(second->asked, asked + 2);
	/* ...and the next question tries again; a cancelled one is not asked. */
	resolver_again(l->q);
	run_for(l, 50);
	assert_int_equal(l->fetches, 3);
	resolver_cancel(l->q);
	resolver_conf(l->r, memory_file("nameserver 127.0.0.2\n"));
	run_for(l, 50);
	assert_int_equal(l->told, 7);
	/* One that waits when all ends is forgotten. */
	resolver_ask(l->r, "vpn.example", 1, on_told, l);
}

static void test_a_forbidden_resolv_conf_is_fetched(void **state)
{
	struct server first = { .v4 = "198.51.100.1" }, second = { .v4 = "198.51.100.2" };
	struct lab *l = *state;
	uid_t user = geteuid();

	enter_namespace();
	serve(l, &first, "127.0.0.2", 53);
	serve(l, &second, "127.0.0.3", 53);
	write_conf(l, "nameserver 127.0.0.2\n");
	open_resolver(l, 20, false);
	resolver_set_fetch(l->r, fetch, l);
	ask(l, "vpn.example");
	run_until_told(l, 1);
	fetch_conf(l, &first, &second);
	assert_int_equal(seteuid(user), 0);
	replace_conf(l, "nameserver 127.0.0.2\n");
	assert_int_equal(user == 0 ? seteuid(NOBODY) : 0, 0);
	fail_to_fetch(l, &second);
	assert_int_equal(seteuid(user), 0);
	unserve(l, &first);
	unserve(l, &second);
}

static void serve_link_local(struct lab *l, struct server *s)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(53) };

	at.sin6_scope_id = if_nametoindex("lo");
	inet_pton(AF_INET6, "fe80::53", &at.sin6_addr);
	s->fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* The kernel answers for it a moment later. */
	if (s->fd < 0 || system("ip addr add fe80::53/64 dev lo nodad && for i in $(seq 500); do "
				"ip -6 route show table local | grep -q fe80::53 && exit; "
				"sleep 0.01; done; exit 1") != 0)
		skip();
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ev_io_init(&s->io, on_query, s->fd, EV_READ);
	ev_io_start(l->loop, &s->io);
}

static void test_name_servers_may_be_link_local(void **state)
{
	struct server near = { .v4 = "198.51.100.9" }, plain = { .v4 = "198.51.100.8" };
	struct lab *l = *state;

	enter_namespace();
	serve_link_local(l, &near);
	serve(l, &plain, "127.0.0.2", 53);
	write_conf(l, "nameserver fe80::54%none\nnameserver \tfe80::53%lo # near\n");
	open_resolver(l, 20, false);
	ask(l, "vpn.example");
	run_until_told(l, 1);
	expect_address(l, "198.51.100.9:51820");
	write_conf(l, "nameserver fe80::53%1\n");
	resolver_again(l->q);
	run_until_told(l, 2);
	expect_address(l, "198.51.100.9:51820");
	/* The others of such a file are asked, too: this one in its turn. */
	write_conf(l, "nameserver 127.0.0.2\nnameserver fe80::53%lo\n");
	resolver_again(l->q);
	run_until_told(l, 3);
	expect_address(l, "198.51.100.8:51820");
	unserve(l, &near);
	unserve(l, &plain);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_name_is_answered_with_both_families_and_the_port),
		TEST(test_a_name_that_comes_into_being_is_found),
		TEST(test_pauses_double_up_to_sixty),
		TEST(test_a_pause_lasts_as_long_as_was_told),
		TEST(test_silence_of_the_server_is_a_failure_and_is_tried_again),
		TEST(test_a_name_without_address_is_a_failure),
		TEST(test_an_address_needs_no_server),
		TEST(test_asking_again_does_not_wait_for_its_turn),
		TEST(test_asking_again_does_nothing_while_an_asking_is_under_way),
		TEST(test_a_question_may_be_cancelled_from_its_own_answer),
		TEST(test_a_question_may_ask_again_from_its_own_answer),
		TEST(test_a_cancelled_question_is_never_told),
		TEST(test_closing_forgets_what_is_under_way),
		TEST(test_many_names_share_few_descriptors),
		TEST(test_many_names_are_asked_for_apart),
		/* In a namespace: the last ones. */
		TEST(test_a_changed_resolv_conf_is_noticed),
		TEST(test_a_forbidden_resolv_conf_is_fetched),
		TEST(test_name_servers_may_be_link_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

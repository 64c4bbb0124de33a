/* SPDX-License-Identifier: ISC */
/* Reloads whose worker dies. What a walk does is faked. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "monitor/config.h"
#include "monitor/reload.h"
#include "monitor/walk.h"
#include "privsep/blob.h"

enum { NO_PROCESS = 1 << 30 };

static struct monitor m;
static int sock, worker;       /* its end, and that of the worker */
static unsigned walks, deaths; /* how many there were, and how many of them are yet to fail */
static int halfway;            /* -errno: some of it cannot be done */
static struct conf file;       /* that is read next */

int __wrap_walk(struct monitor *monitor, struct change *c);
int __wrap_config_read(struct conf *c, const char *path, config_say_fn *say, void *ctx);

int __wrap_walk(struct monitor *monitor, struct change *c)
{
	walks++;
	c->error = halfway;
	if (!deaths)
		return 0;
	deaths--;
	monitor->worker.pid = 0;
	return -EPIPE;
}

int __wrap_config_read(struct conf *c, const char *path, config_say_fn *say, void *ctx)
{
	*c = file;
	(void)path;
	(void)say;
	(void)ctx;
	return 0;
}

static void begin(unsigned die)
{
	m = (struct monitor){ .phase = PHASE_UP, .notify = { .fd = -1 } };
	m.options.path = "/nowhere";
	m.worker.pid = NO_PROCESS;
	m.worker.sock = sock;
	conf_init(&m.conf);
	walks = 0;
	deaths = die;
	halfway = 0;
	conf_init(&file);
}

/* As the loop does it: with a new worker each time.  How many reloads it is told of. */
static unsigned live(void)
{
	struct message_in in;
	unsigned told = 0;

	for (int i = 0; i < 5; i++) {
		m.worker.pid = NO_PROCESS;
		reload_next(&m);
	}
	while (message_recv(worker, &in) > 0)
		told += in.head.kind == MESSAGE_RELOADED;
	return told;
}

static void test_a_reload_is_repeated_with_the_next_worker(void **state)
{
	(void)state;
	begin(1);
	reload_by_signal(&m);
	assert_int_equal(live(), 1);
	assert_int_equal(walks, 2);
	/* The next one has its second chance, too. */
	deaths = 1;
	reload_by_signal(&m);
	assert_int_equal(live(), 1);
	assert_int_equal(walks, 4);
}

/* It may have died of it, and too many deaths end the tunnel. */
static void test_a_reload_that_costs_two_workers_is_given_up(void **state)
{
	(void)state;
	begin(9);
	reload_by_signal(&m);
	assert_int_equal(live(), 0);
	assert_int_equal(walks, 2);
}

static void test_a_client_gets_the_same(void **state)
{
	(void)state;
	begin(1);
	assert_int_equal(reload_asked(&m, 7), 0);
	assert_int_equal(live(), 1);
	assert_int_equal(walks, 2);
	assert_int_equal(m.reloads, 0);
	begin(9);
	assert_int_equal(reload_asked(&m, 7), 0);
	assert_int_equal(live(), 0);
	assert_int_equal(walks, 2);
}

static void test_a_tunnel_that_stops_reloads_nothing(void **state)
{
	(void)state;
	begin(1);
	reload_by_signal(&m);
	reload_next(&m);
	m.phase = PHASE_STOPPING;
	assert_int_equal(live(), 0);
	assert_int_equal(walks, 1);
}

/* What the one who asked is told: the result, and lines in text. */
static int ask(char *text, size_t size)
{
	struct print lines = { 0 };
	struct message_in in;
	int result;

	assert_int_equal(reload_asked(&m, 7), 0);
	reload_next(&m);
	assert_int_equal(message_recv(worker, &in), 1);
	assert_int_equal(in.head.seq, 7);
	result = in.head.result;
	if (in.n_fd)
		assert_int_equal(blob_read(in.fd[0], &lines), 0);
	snprintf(text, size, "%.*s", (int)lines.len, lines.len ? lines.chars : "");
	print_fini(&lines);
	message_close_fds(&in);
	return result;
}

/* Nobody shall think that the old file is in force. */
static void test_a_reload_that_stops_halfway_is_told_apart(void **state)
{
	char text[512];

	(void)state;
	begin(0);
	assert_int_equal(ask(text, sizeof(text)), 0);
	assert_string_equal(text, "");
	halfway = -ENOMEM;
	assert_int_equal(ask(text, sizeof(text)), -ENOTRECOVERABLE);
	assert_string_equal(text, "the new file is in force, but not all of it: Cannot allocate "
				  "memory\n");
}

/* To let other tunnels read it is no advice for a file with keys. */
static void test_a_copy_with_keys_stays_for_root_only(void **state)
{
	static const char said[] = "/nowhere is for root only, so the service has it as it was at "
				   "the start; restart the service";
	char text[512];

	(void)state;
	begin(0);
	file.copied = true;
	assert_int_equal(ask(text, sizeof(text)), -EOPNOTSUPP);
	assert_memory_equal(text, said, sizeof(said) - 1);
	assert_string_equal(text + sizeof(said) - 1,
			    ", or, as there are no keys in it, let it read the file: chown "
			    "root:taut /nowhere; chmod 640 /nowhere\n");
	file.holds_keys = true;
	assert_int_equal(ask(text, sizeof(text)), -EOPNOTSUPP);
	assert_memory_equal(text, said, sizeof(said) - 1);
	assert_string_equal(text + sizeof(said) - 1, "\n");
	assert_int_equal(walks, 0);
}

static int set_up(void **state)
{
	int pair[2];

	*state = NULL;
	if (message_pair(pair) < 0)
		return -1;
	sock = pair[0];
	worker = pair[1];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return close(sock) | close(worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_reload_is_repeated_with_the_next_worker),
		cmocka_unit_test(test_a_reload_that_costs_two_workers_is_given_up),
		cmocka_unit_test(test_a_client_gets_the_same),
		cmocka_unit_test(test_a_tunnel_that_stops_reloads_nothing),
		cmocka_unit_test(test_a_reload_that_stops_halfway_is_told_apart),
		cmocka_unit_test(test_a_copy_with_keys_stays_for_root_only),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

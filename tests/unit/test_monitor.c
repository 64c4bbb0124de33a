/* SPDX-License-Identifier: ISC */
/*
 * What a monitor refuses before it makes anything, and how it sees a worker die: the bring-up of the
 * tunnel is faked, and so is the worker.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/exitcode.h"
#include "base/log.h"
#include "crypto/aead.h"
#include "daemon/startup.h"
#include "monitor/bringup.h"
#include "monitor/monitor.h"
#include "monitor/sockets.h"
#include "monitor/turn.h"
#include "monitor/worker.h"

static const char config[] = "[Interface]\n"
			     "PrivateKey = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA=\n"
			     "Aead = sodium\n";
static const char lack[] = "this machine is too old";

static char path[] = "/tmp/taut-monitor-XXXXXX.conf", logged[512];
static unsigned begun;
static bool lacks;

int __wrap_bringup(struct monitor *m);
void __wrap_bringup_undo(struct monitor *m);
const char *__real_aead_lacks(const char *name);
const char *__wrap_aead_lacks(const char *name);

int __wrap_bringup(struct monitor *m)
{
	begun++;
	m->phase = PHASE_STARTING;
	return -1;
}

void __wrap_bringup_undo(struct monitor *m)
{
	(void)m;
}

const char *__wrap_aead_lacks(const char *name)
{
	return lacks && strcmp(name, "sodium") == 0 ? lack : __real_aead_lacks(name);
}

static void keep(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	if (level == LOG_LEVEL_ERROR)
		snprintf(logged, sizeof(logged), "%s", line);
}

static int run(const char *file, const char *aead)
{
	struct monitor_options o = {
		.name = "t",
		.path = file,
		.aead = aead,
		.tun_fd = -1,
		.uapi_fd = -1,
	};

	begun = 0;
	*logged = '\0';
	return monitor_run(&o);
}

static void expect(const char *words)
{
	if (!strstr(logged, words))
		fail_msg("logged: %s", logged);
}

static void test_an_aead_that_cannot_be_had_is_refused_at_first(void **state)
{
	char head[128];

	(void)state;
	lacks = true;
	assert_int_equal(run(path, NULL), EXITCODE_CONFIG);
	assert_int_equal(begun, 0);
	snprintf(head, sizeof(head), "%s:3:8: Aead: sodium cannot be used: ", path);
	expect(head);
	expect("too old; available here: auto");

	assert_int_equal(run(NULL, "sodium"), EXITCODE_USAGE);
	assert_int_equal(begun, 0);
	expect("--aead: sodium cannot be used: this machine is too old; available here: auto");
}

static void test_one_that_can_be_had_is_not(void **state)
{
	(void)state;
	lacks = false;
	assert_int_equal(run(path, NULL), EXITCODE_FAILED);
	assert_int_equal(begun, 1);
	assert_int_equal(run(NULL, "sodium"), EXITCODE_FAILED);
	assert_int_equal(begun, 1);
	/* The option counts. */
	lacks = true;
	assert_int_equal(run(path, "auto"), EXITCODE_FAILED);
	assert_int_equal(begun, 1);
	assert_int_equal(run(NULL, NULL), EXITCODE_FAILED);
	assert_int_equal(begun, 1);
}

/* --- a worker that dies, but not all that holds its end of the socket --- */

static int go[2], stay[2]; /* pipes: closed, the worker dies, and its accomplice */
static bool floods;

int __wrap_startup_exec(const struct daemon_start *s);

static void wait_for_end(int fd)
{
	char byte;

	while (read(fd, &byte, 1) > 0)
		;
}

static void be_accomplice(int sock)
{
	const struct message m = { .kind = MESSAGE_ALIVE };
	struct pollfd p = { .fd = stay[0], .events = POLLIN };
	int r = 0;

	/* Until nobody listens any more. */
	while (floods && r != -EPIPE && poll(&p, 1, 0) == 0)
		r = message_send(sock, &m, NULL, 0, NULL, 0);
	wait_for_end(stay[0]);
}

int __wrap_startup_exec(const struct daemon_start *s)
{
	const struct message m = { .kind = MESSAGE_READY };

	close(go[1]);
	close(stay[1]);
	message_send(s->monitor, &m, NULL, 0, NULL, 0);
	if (fork() == 0) {
		close(go[0]);
		be_accomplice(s->monitor);
		_exit(0);
	}
	wait_for_end(go[0]);
	_exit(0);
}

/* Before Linux 5.3 there is none, and some containers forbid it. */
static bool may_have_life(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd < 0)
		return errno != ENOSYS && errno != EPERM;
	close(fd);
	return true;
}

/* has_life: it is told of the death; else it has to look. */
static void check_death(bool has_life)
{
	static struct monitor m;
	uint64_t until;

	m = (struct monitor){
		.phase = PHASE_STARTING,
		.signal_fd = -1,
		.device = -1,
		.control = -1,
		.watch = { .fd = -1 },
		.notify = { .fd = -1 },
		.worker = CHILD_NONE,
	};
	sockets_none(m.udp);
	assert_int_equal(pipe(go) | pipe(stay), 0);
	assert_int_equal(worker_start(&m), 0);
	close(go[0]);
	close(stay[0]);
	if (may_have_life())
		assert_true(m.worker.life >= 0);
	if (!has_life && m.worker.life >= 0) {
		close(m.worker.life);
		m.worker.life = -1;
	}
	close(go[1]);
	until = clock_now().mono + 4 * SECOND_NS;
	while (m.worker.pid && clock_now().mono < until)
		turn(&m, -1, 4000);
	assert_int_equal(m.worker.pid, 0);
	assert_int_equal(m.worker.sock, -1);
	assert_int_equal(m.worker.life, -1);
	close(stay[1]);
}

static void test_death_is_seen_although_another_process_has_the_socket(void **state)
{
	(void)state;
	floods = false;
	check_death(true);
	check_death(false);
}

static void test_death_is_seen_although_another_process_sends_on(void **state)
{
	(void)state;
	floods = true;
	check_death(true);
	check_death(false);
}

static int set_up(void **state)
{
	int fd = mkstemps(path, 5);

	*state = NULL;
	log_set_sink(keep, NULL);
	if (fd < 0 || write(fd, config, strlen(config)) != (ssize_t)strlen(config))
		return -1;
	return close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_aead_that_cannot_be_had_is_refused_at_first),
		cmocka_unit_test(test_one_that_can_be_had_is_not),
		cmocka_unit_test(test_death_is_seen_although_another_process_has_the_socket),
		cmocka_unit_test(test_death_is_seen_although_another_process_sends_on),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

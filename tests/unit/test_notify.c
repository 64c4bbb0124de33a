/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "monitor/notify.h"

static char folder[32], path[64];
static int manager = -1;

static void bind_to(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(name);

	memcpy(sun.sun_path, name, len);
	if (*name == '@')
		sun.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(manager >= 0);
	assert_int_equal(bind(manager, (struct sockaddr *)&sun,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static int set_up(void **unused)
{
	(void)unused;
	strcpy(folder, "/tmp/taut-notify-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	if (manager >= 0)
		close(manager);
	manager = -1;
	unlink(path);
	return rmdir(folder);
}

static void expect(const char *want)
{
	char got[512] = "";
	ssize_t n = recv(manager, got, sizeof(got) - 1, 0);

	assert_int_equal(n, strlen(want));
	assert_string_equal(got, want);
}

static void expect_silence(void)
{
	char got[512];

	assert_int_equal(recv(manager, got, sizeof(got), 0), -1);
	assert_int_equal(errno, EAGAIN);
}

static void test_each_message_is_one_datagram(void **unused)
{
	struct notify n;

	(void)unused;
	bind_to(path);
	notify_open(&n);
	assert_int_equal(notify_insist(&n, "READY=1\nSTATUS=fine"), 0);
	assert_int_equal(notify_send(&n, "WATCHDOG=1"), 0);
	expect("READY=1\nSTATUS=fine");
	expect("WATCHDOG=1");
	expect_silence();
	notify_close(&n);
}

static void test_an_at_sign_is_the_abstract_namespace(void **unused)
{
	char name[64];
	struct notify n;

	(void)unused;
	snprintf(name, sizeof(name), "@taut-test-%ld", (long)getpid());
	bind_to(name);
	notify_open(&n);
	assert_int_equal(notify_send(&n, "READY=1"), 0);
	expect("READY=1");
	notify_close(&n);
}

static void test_the_longest_path_fits_and_no_longer_one(void **unused)
{
	char name[120];
	struct notify n;

	(void)unused;
	memset(name, 'x', sizeof(name));
	name[0] = '@';
	name[108] = '\0';
	bind_to(name);
	notify_open(&n);
	assert_int_equal(notify_send(&n, "READY=1"), 0);
	expect("READY=1");
	notify_close(&n);

	name[108] = 'x';
	name[109] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	notify_open(&n);
	assert_int_equal(n.fd, -1);
}

static void test_without_a_socket_nothing_is_told(void **unused)
{
	static const char *const names[] = { NULL, "", "/", "@", "relative", "vsock:2:1234" };
	struct notify n;

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i])
			setenv("NOTIFY_SOCKET", names[i], 1);
		setenv("WATCHDOG_USEC", "1000000", 1);
		notify_open(&n);
		assert_int_equal(n.fd, -1);
		assert_int_equal(n.watchdog_us, 0);
		assert_int_equal(notify_send(&n, "READY=1"), 0);
		assert_int_equal(notify_insist(&n, "READY=1"), 0);
		notify_close(&n);
	}
}

static void test_the_environment_is_clean_afterwards(void **unused)
{
	struct notify n;

	(void)unused;
	bind_to(path);
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	notify_open(&n);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	notify_close(&n);
}

static void test_the_watchdog_waits_for_us_only(void **unused)
{
	char self[32], other[32], longer[32];
	struct notify n;

	(void)unused;
	snprintf(self, sizeof(self), "%ld", (long)getpid());
	snprintf(other, sizeof(other), "%ld", (long)getpid() + 1);
	snprintf(longer, sizeof(longer), "%ldx", (long)getpid());
	const struct {
		const char *usec, *pid;
		uint64_t want;
	} fact[] = {
		{ "30000000", self, 30000000 },
		{ "30000000", NULL, 30000000 },
		{ "30000000", other, 0 },
		{ "30000000", longer, 0 },
		{ "30000000", "", 0 },
		{ NULL, self, 0 },
		{ "0", self, 0 },
		{ "", self, 0 },
		{ "-1", self, 0 },
		{ "30s", self, 0 },
		{ "18446744073709551615", self, 0 }, /* what systemd calls infinity */
	};

	for (size_t i = 0; i < sizeof(fact) / sizeof(*fact); i++) {
		if (manager >= 0)
			close(manager);
		unlink(path);
		bind_to(path);
		if (fact[i].usec)
			setenv("WATCHDOG_USEC", fact[i].usec, 1);
		if (fact[i].pid)
			setenv("WATCHDOG_PID", fact[i].pid, 1);
		notify_open(&n);
		assert_int_equal(n.watchdog_us, fact[i].want);
		notify_close(&n);
	}
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static void test_a_manager_that_does_not_read_holds_nobody_up(void **unused)
{
	struct notify n;
	double start;
	int r = 0;

	(void)unused;
	bind_to(path);
	notify_open(&n);
	for (int i = 0; i < 100000 && r == 0; i++)
		r = notify_send(&n, "WATCHDOG=1");
	assert_int_equal(r, -EAGAIN);
	start = seconds();
	assert_int_equal(notify_insist(&n, "READY=1"), -EAGAIN);
	assert_true(seconds() - start > 0.5);
	assert_true(seconds() - start < 5);
	expect("WATCHDOG=1");
	assert_int_equal(notify_insist(&n, "READY=1"), 0);
	notify_close(&n);
}

static void test_a_manager_that_went_away_is_an_error_and_no_signal(void **unused)
{
	struct notify n;

	(void)unused;
	bind_to(path);
	notify_open(&n);
	close(manager);
	manager = -1;
	assert_int_equal(notify_send(&n, "WATCHDOG=1"), -ECONNREFUSED);
	/* And back: the same name is another socket now. */
	unlink(path);
	bind_to(path);
	assert_int_equal(notify_send(&n, "WATCHDOG=1"), 0);
	expect("WATCHDOG=1");
	notify_close(&n);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_each_message_is_one_datagram),
		TEST(test_an_at_sign_is_the_abstract_namespace),
		TEST(test_the_longest_path_fits_and_no_longer_one),
		TEST(test_without_a_socket_nothing_is_told),
		TEST(test_the_environment_is_clean_afterwards),
		TEST(test_the_watchdog_waits_for_us_only),
		TEST(test_a_manager_that_does_not_read_holds_nobody_up),
		TEST(test_a_manager_that_went_away_is_an_error_and_no_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* What a monitor refuses before it makes anything: the bring-up of the tunnel is faked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/exitcode.h"
#include "base/log.h"
#include "crypto/aead.h"
#include "monitor/bringup.h"
#include "monitor/monitor.h"

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
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: ISC */
/* Who may ask for what on the control socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "control/rights.h"

enum { OWN = 64321, STRANGER = 64322, READERS = 64400, UNKNOWN = 65534, NOBODY = -1 };

static const struct rights_rule usual = {
	.own = OWN,
	.readers = READERS,
	.unknown_uid = UNKNOWN,
	.unknown_gid = UNKNOWN,
};

static void test_each_request_has_its_price(void **state)
{
	static const struct {
		const char *line;
		enum rights needed;
	} price[] = {
		{ "get=1", RIGHTS_READ }, { "status=1", RIGHTS_READ },
		{ "why=1", RIGHTS_READ }, { "events=1", RIGHTS_READ },
		{ "set=1", RIGHTS_ALL },  { "reload=1", RIGHTS_ALL },
		{ "stop=1", RIGHTS_ALL }, { "handshake=1", RIGHTS_ALL },
	};
	static const char *const none[] = { "",      "get=",  "get=2",    "get=1 ",  "set=1\n",
					    "Set=1", "stop=", "events=0", "rights=1" };
	enum rights needed;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(price); i++) {
		assert_true(rights_needed(text_from_str(price[i].line), &needed));
		assert_int_equal(needed, price[i].needed);
	}
	for (i = 0; i < LEN(none); i++)
		assert_false(rights_needed(text_from_str(none[i]), &needed));
}

static enum rights judge(const struct rights_rule *rule, uid_t uid, gid_t gid, gid_t more)
{
	const gid_t groups[] = { 7, more };
	const struct rights_peer peer = {
		.uid = uid,
		.gid = gid,
		.groups = groups,
		.n_groups = LEN(groups),
	};

	return rights_judge(rule, &peer);
}

static void test_root_and_the_daemons_own_user_have_all(void **state)
{
	unsigned bit;

	(void)state;
	assert_int_equal(judge(&usual, 0, 0, 0), RIGHTS_ALL);
	assert_int_equal(judge(&usual, 0, UNKNOWN, UNKNOWN), RIGHTS_ALL);
	assert_int_equal(judge(&usual, OWN, 5, 5), RIGHTS_ALL);
	for (bit = 0; bit < 32; bit++) {
		assert_int_equal(judge(&usual, OWN ^ (1U << bit), 5, 5), RIGHTS_NONE);
		assert_int_equal(judge(&usual, 1U << bit, 5, 5), RIGHTS_NONE);
	}
}

static void test_the_group_may_read_and_no_other_may(void **state)
{
	unsigned bit;

	(void)state;
	assert_int_equal(judge(&usual, STRANGER, READERS, 5), RIGHTS_READ);
	assert_int_equal(judge(&usual, STRANGER, 5, READERS), RIGHTS_READ);
	assert_int_equal(judge(&usual, STRANGER, 0, 0), RIGHTS_NONE);
	for (bit = 0; bit < 32; bit++)
		assert_int_equal(judge(&usual, STRANGER, READERS ^ (1U << bit), 5), RIGHTS_NONE);
}

/* A number that stands for every user of other namespaces is nobody's, not even if it is ours. */
static void test_the_overflow_ids_count_for_nobody(void **state)
{
	struct rights_rule rule = usual;

	(void)state;
	assert_int_equal(judge(&usual, UNKNOWN, UNKNOWN, UNKNOWN), RIGHTS_NONE);
	rule.own = UNKNOWN;
	rule.readers = UNKNOWN;
	assert_int_equal(judge(&rule, UNKNOWN, UNKNOWN, UNKNOWN), RIGHTS_NONE);
	rule.unknown_uid = rule.unknown_gid = 99;
	assert_int_equal(judge(&rule, UNKNOWN, 5, 5), RIGHTS_ALL);
	assert_int_equal(judge(&rule, STRANGER, 5, UNKNOWN), RIGHTS_READ);
	assert_int_equal(judge(&rule, 99, 99, 99), RIGHTS_NONE);
}

static void test_nobody_is_not_somebody(void **state)
{
	const struct rights_rule rule = {
		.own = (uid_t)NOBODY,
		.readers = (gid_t)NOBODY,
		.unknown_uid = UNKNOWN,
		.unknown_gid = UNKNOWN,
	};

	(void)state;
	assert_int_equal(judge(&rule, (uid_t)NOBODY, (gid_t)NOBODY, (gid_t)NOBODY), RIGHTS_NONE);
	assert_int_equal(judge(&rule, OWN, READERS, READERS), RIGHTS_NONE);
	assert_int_equal(judge(&rule, 0, 0, 0), RIGHTS_ALL);
	assert_int_equal(rights_of(&rule, -1), RIGHTS_NONE);
}

/* What the kernel says of a socket pair made by that user; -1: it could not become that user. */
static int rights_of_user(uid_t uid, gid_t gid, const gid_t *groups, size_t n)
{
	int pair[2], status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setgroups(n, groups) < 0 || setresgid(gid, gid, gid) < 0 ||
		    setresuid(uid, uid, uid) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			_exit(99);
		_exit((int)rights_of(&usual, pair[0]));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 99 ? -1 : WEXITSTATUS(status);
}

static void test_the_kernel_tells_users_and_groups(void **state)
{
	gid_t many[300];
	size_t i;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (i = 0; i < LEN(many); i++)
		many[i] = (gid_t)(1000 + i);
	assert_int_equal(rights_of_user(0, 5, NULL, 0), RIGHTS_ALL);
	assert_int_equal(rights_of_user(OWN, 5, NULL, 0), RIGHTS_ALL);
	assert_int_equal(rights_of_user(STRANGER, 5, NULL, 0), RIGHTS_NONE);
	assert_int_equal(rights_of_user(STRANGER, READERS, NULL, 0), RIGHTS_READ);
	assert_int_equal(rights_of_user(STRANGER, 5, many, LEN(many)), RIGHTS_NONE);
	many[1] = READERS;
	assert_int_equal(rights_of_user(STRANGER, 5, many, 2), RIGHTS_READ);
	assert_int_equal(rights_of_user(STRANGER, 5, many, 64), RIGHTS_READ);
	assert_int_equal(rights_of_user(STRANGER, 5, many, 65), RIGHTS_READ);
	assert_int_equal(rights_of_user(STRANGER, 5, many, LEN(many)), RIGHTS_READ);
	assert_int_equal(rights_of_user(STRANGER, 5, many, 1), RIGHTS_NONE);
}

static const char usual_first[] = "1:name=systemd:/init.scope\n0::/init.scope\n";

static bool in_unit(const char *groups, const char *first, const char *name)
{
	return rights_in_unit(text_from_str(groups), text_from_str(first), name);
}

static void test_a_process_is_in_the_unit_of_its_tunnel(void **state)
{
	static const char *const good[] = {
		"0::/system.slice/system-taut.slice/taut@wg0.service\n",
		"0::/taut@wg0.service\n",
		"0::/taut@wg0.service/own\n",
		"0::/x.slice/taut@w\\x67\\x30.service\n",
		"5:cpu:/\n1:name=systemd:/system.slice/taut@wg0.service\n0::/\n",
		"1:name=systemd:/\n0::/system.slice/taut@wg0.service\n",
	};
	static const char *const bad[] = {
		"",
		"\n",
		"0::\n",
		"0::/\n",
		"0::/x.slice\n",
		"0::taut@wg0.service\n",
		"0::/system.slice/taut@wg1.service\n",
		"0::/system.slice/taut@wg.service\n",
		"0::/system.slice/taut@wg00.service\n",
		"0::/system.slice/taut@wg0\\x2d.service\n",
		"0::/system.slice/taut@wg\\x3.service\n",
		"0::/system.slice/taut@w\\xg7\\x30.service\n",
		"0::/system.slice/taut@wg0.scope\n",
		"0::/system.slice/Taut@wg0.service\n",
		"0::/system.slice/taut@.service\n",
		"0::/system.slice/taut@\n",
		"0::/system.slice/ssh.service/taut@wg0.service\n",
		"0::/user.slice/user-1.slice/user@1.service/app.slice/taut@wg0.service\n",
		"0::/user.slice/user-1.slice/session-1.scope/taut@wg0.service\n",
		"0::/../system.slice/taut@wg0.service\n",
		"5:cpu:/system.slice/taut@wg0.service\n0::/\n",
		"1:name=other:/system.slice/taut@wg0.service\n0::/\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		assert_true(in_unit(good[i], usual_first, "wg0"));
	for (i = 0; i < LEN(bad); i++)
		assert_false(in_unit(bad[i], usual_first, "wg0"));
	assert_true(in_unit("0::/taut@a\\x2bb\\x2dc.service\n", usual_first, "a+b-c"));
	assert_false(in_unit("0::/taut@a\\x2bb\\x2ec.service\n", usual_first, "a+b-c"));
}

static void test_a_unit_of_a_container_is_one(void **state)
{
	static const char unit[] = "0::/system.slice/x-1.scope/system.slice/taut@wg0.service\n";
	static const char *const above[] = {
		"0::/system.slice/x-1.scope/init.scope\n",
		"0::/system.slice/x-1.scope\n",
	};
	static const char *const other[] = {
		"",
		"0::/init.scope\n",
		"0::/\n",
		"0::/system.slice/x-2.scope/init.scope\n",
		"0::/system.slice/x-1.scop/init.scope\n",
		"0::/system.slice/x-1.scope/\n",
		"0::/system.slice/x-1.scope/init.scope/\n",
		"1:name=systemd:/system.slice/x-1.scope/init.scope\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < LEN(above); i++)
		assert_true(in_unit(unit, above[i], "wg0"));
	for (i = 0; i < LEN(other); i++)
		assert_false(in_unit(unit, other[i], "wg0"));
}

static void test_the_user_who_runs_it_has_all(void **state)
{
	const struct rights_rule rule = rights_rule();
	int pair[2];

	(void)state;
	assert_int_equal(rule.own, geteuid());
	assert_int_equal(rule.unknown_uid, UNKNOWN);
	assert_int_equal(rule.unknown_gid, UNKNOWN);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(rights_of(&rule, pair[0]), RIGHTS_ALL);
	close(pair[0]);
	close(pair[1]);
}

/* In a user namespace that maps nobody, everybody looks like the daemon's own user. */
static void test_an_unmapped_user_is_not_its_own(void **state)
{
	struct rights_rule rule;
	int pair[2], status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(77);
		rule = rights_rule();
		if (rule.own != UNKNOWN || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			_exit(98);
		_exit((int)rights_of(&rule, pair[0]));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), RIGHTS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_request_has_its_price),
		cmocka_unit_test(test_root_and_the_daemons_own_user_have_all),
		cmocka_unit_test(test_the_group_may_read_and_no_other_may),
		cmocka_unit_test(test_the_overflow_ids_count_for_nobody),
		cmocka_unit_test(test_nobody_is_not_somebody),
		cmocka_unit_test(test_the_kernel_tells_users_and_groups),
		cmocka_unit_test(test_a_process_is_in_the_unit_of_its_tunnel),
		cmocka_unit_test(test_a_unit_of_a_container_is_one),
		cmocka_unit_test(test_the_user_who_runs_it_has_all),
		cmocka_unit_test(test_an_unmapped_user_is_not_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

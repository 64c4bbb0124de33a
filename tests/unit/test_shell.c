/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "host/shell.h"
#include "host/spawn.h"

/* Its exit status. */
static int run(bool bash, const char *command)
{
	const char *argv[SHELL_ARGS];

	shell_argv(argv, bash, command);
	return spawn_run(argv, NULL, true);
}

static void test_bash_runs_commands_as_wg_quick_does(void **state)
{
	static const struct {
		const char *command;
		int status;
	} fact[] = {
		{ "true", 0 },
		{ "exit 7", 7 },
		{ "[[ ab == a* ]]", 0 },
		{ "[[ $(cat <(echo x)) == x ]]", 0 },
		{ "a=(1 2 3); (( ${#a[@]} == 3 ))", 0 },
		{ "read -r x <<< y; [[ $x == y ]]", 0 },
		{ "[[ aab == +(a)b ]]; case aab in +(a)b) ;; *) false ;; esac", 0 },
		/* It ends at the first that fails, as a kill switch must. */
		{ "false; true", 1 },
		{ "(exit 3); true", 3 },
		{ "false | true", 1 },
		{ "false | true; exit 0", 1 },
		/* Where bash does not look at the status, neither do we. */
		{ "false || true", 0 },
		{ "if false; then exit 4; fi", 0 },
		{ "! false; ! true; true", 0 },
	};

	(void)state;
	if (!shell_is_bash())
		skip();
	for (size_t i = 0; i < LEN(fact); i++) {
		int status = run(true, fact[i].command);

		if (status != fact[i].status)
			fail_msg("%s: %d", fact[i].command, status);
	}
}

static void test_sh_ends_at_the_first_failure_too(void **state)
{
	(void)state;
	assert_int_equal(run(false, "true"), 0);
	assert_int_equal(run(false, "false; true"), 1);
	assert_int_equal(run(false, "(exit 3); true"), 3);
	assert_int_equal(run(false, "false || true"), 0);
}

static void test_text_that_only_bash_understands_is_recognized(void **state)
{
	static const char *const bash[] = {
		"wg set %i private-key <(cat /etc/key)",
		"echo x | tee >(cat)",
		"[[ -e /x ]] && y",
		"if [[ -e /x ]]; then y; fi",
		"x; [[ -e /x ]]",
		"while [[ 1 ]]; do x; done",
		"if x; then [[ y ]]; fi",
		"((i++))",
		"cat <<< x",
		"x &> /dev/null",
		"x |& y",
		"IFS=$'\\n'",
		"a=(1 2)",
		"echo ${x//a/b}",
		"echo \"${x//a/b}\"",
		"echo ${x:0:3}",
		"echo ${x^^}",
		"echo ${!x}",
		"echo ${x[0]}",
		"source /etc/x",
		"x && source /etc/x",
		"function f { x; }",
		"shopt -s nullglob",
		"set -o pipefail; x",
		"declare -A x",
		"iptables -A {INPUT,FORWARD} -j DROP",
		"for i in {1..3}; do x; done",
	};
	static const char *const plain[] = {
		"",
		"true",
		"iptables -A FORWARD -i %i -j ACCEPT; iptables -t nat -A POSTROUTING -j MASQUERADE",
		"[ -e /x ] && y",
		"x > /dev/null 2>&1 &",
		"x < /etc/y",
		"cat << x",
		"echo ${x:-y} ${x:+y} ${x-y} ${x%/*} ${x##*/} ${#x}",
		"awk '{ if ($1 == \"[[\") print a[1] }'",
		"echo '<(x)' '&>' '((' '[['",
		"echo \"<(x) &> [[ a=(\"",
		"echo \\<(x",
		"echo a[[b",
		"resource; echo source; /opt/source x; sources",
		"(a; b)",
		"$(x) || y",
		"echo $((1 + 1))",
		"x=$(y)",
		"test a = b",
		"echo 'unfinished [[",
		"f() { echo a,b; }; { f; }",
		"find / -exec x {} ;",
		"nft add rule t c tcp dport \\{ 22, 80 \\} accept",
		"nft add rule t c 'tcp dport {22,80} accept'",
		"echo {a} {a,b c}",
	};

	(void)state;
	for (size_t i = 0; i < LEN(bash); i++)
		if (!shell_wants_bash(bash[i]))
			fail_msg("not recognized: %s", bash[i]);
	for (size_t i = 0; i < LEN(plain); i++)
		if (shell_wants_bash(plain[i]))
			fail_msg("taken for bash: %s", plain[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bash_runs_commands_as_wg_quick_does),
		cmocka_unit_test(test_sh_ends_at_the_first_failure_too),
		cmocka_unit_test(test_text_that_only_bash_understands_is_recognized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

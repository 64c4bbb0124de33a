/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "hex.h"

struct heard {
	unsigned n;
	enum log_level level;
	char line[2048];
};

static void hear(void *ctx, enum log_level level, const char *line)
{
	struct heard *heard = ctx;

	heard->n++;
	heard->level = level;
	snprintf(heard->line, sizeof(heard->line), "%s", line);
}

static int set_up(void **state)
{
	static struct heard heard;

	heard = (struct heard){ 0 };
	*state = &heard;
	log_set_level(LOG_LEVEL_DEBUG);
	log_set_name(NULL);
	log_set_sink(hear, &heard);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	log_set_name(NULL);
	log_set_level(LOG_LEVEL_INFO);
	return 0;
}

static void say(enum log_level level)
{
	static void (*const speak[])(const char *format, ...) = {
		[LOG_LEVEL_ERROR] = log_error,
		[LOG_LEVEL_WARN] = log_warn,
		[LOG_LEVEL_INFO] = log_info,
		[LOG_LEVEL_DEBUG] = log_debug,
	};

	speak[level]("%s", "a line");
}

static void test_lines_up_to_the_level_are_heard(void **state)
{
	struct heard *heard = *state;
	enum log_level level, limit;

	for (limit = LOG_LEVEL_SILENT; limit <= LOG_LEVEL_DEBUG; limit++) {
		log_set_level(limit);
		assert_int_equal(log_level(), limit);
		for (level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
			heard->n = 0;
			say(level);
			assert_int_equal(heard->n, level <= limit);
			if (heard->n)
				assert_int_equal(heard->level, level);
		}
	}
}

static void test_levels_have_names(void **state)
{
	static const struct {
		const char *word;
		enum log_level level;
	} words[] = {
		{ "silent", LOG_LEVEL_SILENT }, { "error", LOG_LEVEL_ERROR },
		{ "warn", LOG_LEVEL_WARN },     { "info", LOG_LEVEL_INFO },
		{ "debug", LOG_LEVEL_DEBUG },   { "verbose", LOG_LEVEL_DEBUG },
	};
	static const char *const none[] = { "", "err", "loud", "infos", "INFO", " info" };
	enum log_level level;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(words); i++) {
		assert_true(log_level_parse(&level, words[i].word));
		assert_int_equal(level, words[i].level);
	}
	level = LOG_LEVEL_WARN;
	for (i = 0; i < LEN(none); i++)
		assert_false(log_level_parse(&level, none[i]));
	assert_int_equal(level, LOG_LEVEL_WARN);
}

static void test_the_name_stands_before_each_line(void **state)
{
	struct heard *heard = *state;
	char name[] = "wg0";

	log_set_name(name);
	name[2] = '9'; /* it was copied */
	log_info("peer %d came", 7);
	assert_string_equal(heard->line, "wg0: peer 7 came");
	log_set_name(NULL);
	log_info("peer %d came", 7);
	assert_string_equal(heard->line, "peer 7 came");
}

static void test_errno_is_told_and_kept(void **state)
{
	struct heard *heard = *state;
	char want[256];

	snprintf(want, sizeof(want), "no: %s", strerror(ENOENT));
	errno = ENOENT;
	log_error("no: %m");
	assert_string_equal(heard->line, want);
	assert_int_equal(errno, ENOENT);
}

static void test_one_event_stays_one_line(void **state)
{
	struct heard *heard = *state;

	log_warn("name '%s'", "a\nb\r\x1b[31m\tc\x7f");
	assert_string_equal(heard->line, "name 'a?b??[31m?c?'");
	log_warn("%s", "gr\xc3\xbc\xc3\x9f"); /* UTF-8 is fine */
	assert_string_equal(heard->line, "gr\xc3\xbc\xc3\x9f");
}

static void test_long_lines_end_in_dots(void **state)
{
	struct heard *heard = *state;
	char text[4096];
	size_t len;

	memset(text, 'x', sizeof(text));
	log_set_name("a-name");
	log_info("%.*s", 900, text);
	assert_int_equal(strlen(heard->line), 908);
	log_info("%.*s", (int)sizeof(text), text);
	len = strlen(heard->line);
	assert_in_range(len, 1000, 1100);
	assert_string_equal(heard->line + len - 4, "x...");
}

/* What log_info("hello") and log_error("bad") write to a stderr that is this file. */
static void write_to(FILE *file, char *text, size_t size)
{
	int saved = dup(STDERR_FILENO);
	size_t len;

	assert_true(saved >= 0);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	log_set_sink(NULL, NULL);
	log_set_name("wg0");
	log_info("hello");
	log_error("bad");
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
}

static void test_stderr_gets_priorities_only_if_it_is_the_journal(void **state)
{
	FILE *file = tmpfile(), *other = tmpfile();
	char text[512], want[512], stream[64];
	struct stat st;

	(void)state;
	assert_non_null(file);
	assert_non_null(other);
	assert_int_equal(fstat(fileno(file), &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	write_to(file, text, sizeof(text));
	assert_string_equal(text, "<6>wg0: hello\n<3>wg0: bad\n");

	/* Elsewhere, though the variable was inherited: somebody redirected stderr. */
	write_to(other, text, sizeof(text));
	snprintf(want, sizeof(want), "%s: wg0: hello\n%s: wg0: bad\n",
		 program_invocation_short_name, program_invocation_short_name);
	assert_string_equal(text, want);
	fclose(other);

	snprintf(stream, sizeof(stream), "%ju", (uintmax_t)st.st_dev);
	setenv("JOURNAL_STREAM", stream, 1);
	rewind(file);
	assert_int_equal(ftruncate(fileno(file), 0), 0);
	write_to(file, text, sizeof(text));
	assert_string_equal(text, want);
	unsetenv("JOURNAL_STREAM");
	fclose(file);
}

static void test_the_brake_passes_burst_lines_per_period_and_counts_the_rest(void **state)
{
	struct log_ratelimit ratelimit = { 0 };
	uint64_t now = 5000;
	uint32_t held = 99;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_true(log_ratelimit(&ratelimit, now + (uint64_t)i, 1000, 3, &held));
		assert_int_equal(held, 0);
	}
	for (i = 0; i < 10; i++)
		assert_false(log_ratelimit(&ratelimit, now + 999, 1000, 3, &held));
	assert_true(log_ratelimit(&ratelimit, now + 1000, 1000, 3, &held));
	assert_int_equal(held, 10);
	assert_true(log_ratelimit(&ratelimit, now + 1001, 1000, 3, &held));
	assert_int_equal(held, 0);
	assert_true(log_ratelimit(&ratelimit, now + 1002, 1000, 3, NULL));
	assert_false(log_ratelimit(&ratelimit, now + 1003, 1000, 3, NULL));
}

static void test_a_fresh_brake_lets_a_whole_burst_pass_at_any_time(void **state)
{
	static const uint64_t nows[] = { 0, 999, 1000, UINT64_MAX - 5 };
	size_t i;

	(void)state;
	for (i = 0; i < LEN(nows); i++) {
		struct log_ratelimit ratelimit = { 0 };
		uint32_t held;

		assert_true(log_ratelimit(&ratelimit, nows[i], 1000, 2, &held));
		assert_true(log_ratelimit(&ratelimit, nows[i] + 1, 1000, 2, &held));
		assert_false(log_ratelimit(&ratelimit, nows[i] + 2, 1000, 2, &held));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_up_to_the_level_are_heard),
		cmocka_unit_test(test_levels_have_names),
		cmocka_unit_test(test_the_name_stands_before_each_line),
		cmocka_unit_test(test_errno_is_told_and_kept),
		cmocka_unit_test(test_one_event_stays_one_line),
		cmocka_unit_test(test_long_lines_end_in_dots),
		cmocka_unit_test(test_stderr_gets_priorities_only_if_it_is_the_journal),
		cmocka_unit_test(test_the_brake_passes_burst_lines_per_period_and_counts_the_rest),
		cmocka_unit_test(test_a_fresh_brake_lets_a_whole_burst_pass_at_any_time),
	};
	struct CMUnitTest wrapped[LEN(tests)];
	size_t i;

	for (i = 0; i < LEN(tests); i++) {
		wrapped[i] = tests[i];
		wrapped[i].setup_func = set_up;
		wrapped[i].teardown_func = tear_down;
	}
	return cmocka_run_group_tests(wrapped, NULL, NULL);
}

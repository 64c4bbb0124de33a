/* SPDX-License-Identifier: ISC */
#include "daemon/aeadsel.h"

#include <errno.h>

#include "base/exitcode.h"
#include "base/log.h"
#include "crypto/aead.h"
#include "hex.h"
#include "said.h"

/* How the daemon handles the request for an AEAD, and what it logs. */

static char logged[1024];

static void keep(void *ctx, enum log_level level, const char *line)
{
	size_t len = strlen(logged);

	(void)ctx;
	snprintf(logged + len, sizeof(logged) - len, "%d %s\n", (int)level, line);
}

static int set_up(void **state)
{
	(void)state;
	*logged = '\0';
	log_set_sink(keep, NULL);
	log_set_level(LOG_LEVEL_INFO);
	return aeadsel_check();
}

static void test_the_backends_are_the_words_of_the_configuration(void **state)
{
	char list[AEADNAME_LIST];
	const struct aead_figures *f;
	size_t i;

	(void)state;
	assert_string_equal(aeadname(0), "auto");
	assert_null(aead_lacks(aeadname(0)));
	for (i = 0; (f = aead_figures(i)); i++)
		assert_ptr_equal(aeadname_find(text_from_str(f->name)), aeadname(i + 1));
	assert_true(i > 1);
	assert_null(aeadname(i + 1));
	aeadname_list(list, ", ", " or ");
	assert_string_equal(list, "auto, ipsec-mb, openssl or sodium");
}

static void test_the_choice_and_its_figures_are_logged_in_one_line(void **state)
{
	char head[96];
	size_t i;

	(void)state;
	assert_int_equal(aeadsel_choose(NULL), 0);
	snprintf(head, sizeof(head),
		 "%d packets are encrypted with %s: %u ns for 64 bytes, %u ns for 1424; ",
		 LOG_LEVEL_INFO, aead_name(), aead_in_use()->ns_64, aead_in_use()->ns_1424);
	assert_int_equal(strncmp(logged, head, strlen(head)), 0);
	assert_ptr_equal(strchr(logged, '\n'), logged + strlen(logged) - 1);
	for (i = 0; aead_figures(i); i++)
		assert_non_null(strstr(logged, aead_figures(i)->name));
	assert_string_equal(aead_in_use()->name, aead_name());
	assert_true(aead_in_use()->ns_64 > 0);
}

static void test_each_that_works_can_be_had_by_name(void **state)
{
	const struct conf nothing = { 0 };
	char tail[64];
	size_t i;

	(void)state;
	for (i = 0; aead_figures(i); i++) {
		const char *name = aead_figures(i)->name;

		if (aead_lacks(name))
			continue;
		assert_int_equal(aeadsel_try(name, &nothing), EXITCODE_OK);
		assert_string_equal(logged, "");
		assert_int_equal(aeadsel_choose(name), 0);
		assert_string_equal(aead_name(), name);
		snprintf(tail, sizeof(tail), " ns for 64 bytes, %u ns for 1424\n",
			 aead_in_use()->ns_1424);
		assert_non_null(strstr(logged, tail)); /* and no word of the others */
		*logged = '\0';
	}
	assert_int_equal(aeadsel_try("auto", &nothing), EXITCODE_OK);
	assert_int_equal(aeadsel_choose("auto"), 0);
}

static void test_what_cannot_be_had_is_refused_with_what_can(void **state)
{
	const struct conf nothing = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(aeadsel_try("rot13", &nothing), EXITCODE_USAGE);
	assert_non_null(strstr(logged, "--aead: rot13 cannot be used: there is no such backend; "
				       "available here: auto, "));
	assert_non_null(strstr(logged, ", sodium"));
	for (i = 0; aead_figures(i); i++) {
		char item[32];

		snprintf(item, sizeof(item), ", %s", aead_figures(i)->name);
		assert_int_equal(!!strstr(logged, item), !aead_lacks(aead_figures(i)->name));
	}
	assert_true(aeadsel_choose("rot13") < 0);
}

static void test_a_file_that_asks_for_too_much_is_told_where(void **state)
{
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;

	(void)state;
	conf_init(&c);
	said_init(s);
	assert_int_equal(aeadsel_accept(&c, &s->report), 0);
	c.set |= CONF_AEAD;
	c.aead = "sodium";
	assert_int_equal(aeadsel_accept(&c, &s->report), 0);
	assert_string_equal(s->text, "");
	c.aead = "rot13";
	c.aead_place = (struct conf_place){ .line = 4, .column = 8 };
	assert_int_equal(aeadsel_accept(&c, &s->report), -EINVAL);
	assert_int_equal(s->report.errors, 1);
	assert_int_equal(strncmp(s->text, "E Aead: rot13 cannot be used: ", 30), 0);
	conf_fini(&c);
	test_free(s);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup(test, set_up)
	const struct CMUnitTest tests[] = {
		EACH(test_the_backends_are_the_words_of_the_configuration),
		EACH(test_the_choice_and_its_figures_are_logged_in_one_line),
		EACH(test_each_that_works_can_be_had_by_name),
		EACH(test_what_cannot_be_had_is_refused_with_what_can),
		EACH(test_a_file_that_asks_for_too_much_is_told_where),
	};

	return cmocka_run_group_tests_name("cipher", tests, NULL, NULL);
}

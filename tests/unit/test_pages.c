/* SPDX-License-Identifier: ISC */
#include "base/pages.h"

#include "hex.h"
#include <stdlib.h>

/* Known to the file, changed by us, and only read. */
static int changed = 1;
static const volatile char text[1 << 16] = "read only";

static unsigned long resident(const char *what)
{
	unsigned long kib = 0;
	char line[128];
	FILE *f = fopen("/proc/self/status", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, what, strlen(what)) == 0)
			kib = strtoul(line + strlen(what), NULL, 10);
	}
	fclose(f);
	return kib;
}

static void test_what_was_read_is_let_go_and_what_was_written_stays(void **state)
{
	static const char what[] = "RssFile:";
	unsigned long before, after;
	char *heap = test_malloc(16);
	size_t i, sum = 0;
	int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		changed += 4;
		memcpy(heap, "kept", 5);
		for (i = 0; i < sizeof(text); i++)
			sum += (size_t)text[i];
		before = resident(what);
		pages_drop();
		after = resident(what);
		assert_true(after < before);
		assert_int_equal(changed, 1 + 4 * (round + 1));
		assert_string_equal(heap, "kept");
		assert_int_equal(text[0], 'r');
	}
	assert_true(sum > 0);
	test_free(heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_read_is_let_go_and_what_was_written_stays),
	};

	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}

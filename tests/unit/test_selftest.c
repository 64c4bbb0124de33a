/* SPDX-License-Identifier: ISC */
#include "crypto/selftest.h"

#include "crypto/aead.h"
#include "hex.h"

static void test_all_primitives_give_the_known_answers(void **state)
{
	const char *wrong;

	(void)state;
	assert_int_equal(aead_init(NULL), 0);
	wrong = selftest();
	if (wrong)
		fail_msg("%s", wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_primitives_give_the_known_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

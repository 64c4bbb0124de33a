/* SPDX-License-Identifier: ISC */
#include "base/vault.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"

enum { BIG = 1 << 17, CHILD_SKIP = 77 };

static bool is_filled(const uint8_t *p, size_t len, uint8_t with)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] != with)
			return false;
	}
	return true;
}

/* What the kernel says about the mapping around p: its VmFlags line, or nothing. */
static void flags_of(const void *p, char *flags, size_t size)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	char line[512];
	bool here = false;

	flags[0] = '\0';
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (uintptr_t)p >= from && (uintptr_t)p < to;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(flags, size, "%.*s ", (int)strcspn(line, "\n"), line);
	}
	fclose(f);
}

/* Sanitizers replace mlock() by nothing at all; then there is nothing to see. */
static bool locks_can_be_seen(void)
{
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);
	char flags[512];

	assert_true(page != MAP_FAILED);
	if (mlock(page, 4096) != 0)
		flags[0] = '\0';
	else
		flags_of(page, flags, sizeof(flags));
	munmap(page, 4096);
	return strstr(flags, " lo ") != NULL;
}

/* Run in a child and tell how it ended. */
static int status_of(void (*run)(void *ctx), void *ctx)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		/* cmocka would catch it and go on testing, in the child as well. */
		signal(SIGSEGV, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
		run(ctx);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool survives(void (*run)(void *ctx), void *ctx)
{
	int status = status_of(run, ctx);

	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool dies_of(int sig, void (*run)(void *ctx), void *ctx)
{
	int status = status_of(run, ctx);

	return WIFSIGNALED(status) && WTERMSIG(status) == sig;
}

static void test_a_new_secret_is_zero_aligned_and_alone(void **state)
{
	static const size_t sizes[] = { 1, 16, 17, 32, 40, 64, 100, 500, 4096, 5000, BIG };
	uint8_t *p[LEN(sizes)];
	size_t i, sum = 0;

	(void)state;
	for (i = 0; i < LEN(sizes); i++) {
		p[i] = vault_new(sizes[i]);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		assert_true(is_filled(p[i], sizes[i], 0));
		memset(p[i], (int)i + 1, sizes[i]);
		sum += sizes[i];
	}
	assert_in_range(vault_used(), sum, sum + 16 * LEN(sizes));
	for (i = 0; i < LEN(sizes); i++)
		assert_true(is_filled(p[i], sizes[i], (uint8_t)(i + 1)));
	for (i = 0; i < LEN(sizes); i++)
		vault_free(p[i], sizes[i]);
	assert_int_equal(vault_used(), 0);
	assert_int_equal(vault_locked(), 0);
}

static void test_what_is_freed_is_wiped_and_used_again(void **state)
{
	uint8_t *neighbour = vault_new(32), *p = vault_new(64), *again;

	(void)state;
	memset(neighbour, 0x11, 32);
	memset(p, 0x22, 64);
	vault_free(p, 64);
	assert_true(is_filled(p, 64, 0)); /* its page is still there, for the neighbour's sake */
	again = vault_new(64);
	assert_ptr_equal(again, p);
	assert_true(is_filled(again, 64, 0));
	assert_true(is_filled(neighbour, 32, 0x11));
	vault_free(again, 64);
	vault_free(neighbour, 32);
	vault_free(NULL, 32);
	assert_int_equal(vault_used(), 0);
}

static void test_empty_pages_go_back_to_the_system(void **state)
{
	uint8_t *p = vault_new(32), *big = vault_new(BIG);
	unsigned char resident[BIG / 4096];
	uint8_t *page = (uint8_t *)((uintptr_t)big & ~(uintptr_t)4095);

	(void)state;
	assert_non_null(p);
	assert_non_null(big);
	assert_int_equal(mincore(page, BIG, resident), 0);
	vault_free(big, BIG);
	assert_int_equal(mincore(page, BIG, resident), -1);
	assert_int_equal(errno, ENOMEM);
	vault_free(p, 32);
	assert_int_equal(vault_locked(), 0);
}

static void test_secrets_are_locked_and_kept_out_of_dumps_and_children(void **state)
{
	uint8_t *p = vault_new(32);
	char flags[512];

	(void)state;
	assert_non_null(p);
	assert_true(vault_locked() >= 32);
	flags_of(p, flags, sizeof(flags));
	if (!locks_can_be_seen()) {
		vault_free(p, 32);
		skip();
	}
	assert_non_null(strstr(flags, " lo "));
	assert_non_null(strstr(flags, " dd "));
	assert_non_null(strstr(flags, " wf "));
	vault_free(p, 32);
}

static void expect_zero(void *ctx)
{
	if (!is_filled(ctx, 32, 0))
		_exit(1);
}

static void test_a_forked_child_finds_no_secret(void **state)
{
	uint8_t *p = vault_new(32);

	(void)state;
	memset(p, 0x33, 32);
	assert_true(survives(expect_zero, p));
	assert_true(is_filled(p, 32, 0x33));
	vault_free(p, 32);
}

static void touch(void *ctx)
{
	*(volatile uint8_t *)ctx = 1;
}

static void test_an_overrun_at_either_end_of_the_pages_is_fatal(void **state)
{
	uint8_t *p = vault_new(BIG); /* a separate mapping, to the last byte */

	(void)state;
	assert_true(survives(touch, p));
	assert_true(survives(touch, p + BIG - 1));
	assert_true(dies_of(SIGSEGV, touch, p - 1));
	assert_true(dies_of(SIGSEGV, touch, p + BIG));
	vault_free(p, BIG);
}

static void free_twice(void *ctx)
{
	vault_free(ctx, 32);
	vault_free(ctx, 32);
}

static void free_more(void *ctx)
{
	vault_free(ctx, 64);
}

static void free_stray(void *ctx)
{
	(void)ctx;
	vault_free(&(char[32]){ 0 }, 32);
}

static void free_once(void *ctx)
{
	vault_free(ctx, 32);
}

static void test_a_wrong_free_is_fatal(void **state)
{
	uint8_t *p = vault_new(32), *other = vault_new(32);

	(void)state;
	assert_true(survives(free_once, other));
	assert_true(dies_of(SIGABRT, free_twice, other));
	assert_true(dies_of(SIGABRT, free_more, other));
	assert_true(dies_of(SIGABRT, free_stray, other));
	vault_free(p, 32);
	vault_free(other, 32);
}

/* Without rights and without an allowance, no page can be locked. */
static void try_without_lock(void *ctx)
{
	const struct rlimit none = { 0 };
	uint8_t *p;

	(void)ctx;
	if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && seteuid(65534) != 0))
		_exit(CHILD_SKIP);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mlock(p, 4096) == 0)
		_exit(CHILD_SKIP); /* a sanitizer's mlock() never fails */

	errno = 0;
	if (vault_new(32) || (errno != EPERM && errno != ENOMEM) || vault_used() != 0)
		_exit(1);
}

static void test_without_a_lock_there_is_no_secret(void **state)
{
	int status = status_of(try_without_lock, NULL);

	(void)state;
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CHILD_SKIP)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_failures_say_why_and_change_nothing(void **state)
{
	(void)state;
	errno = 0;
	assert_null(vault_new(SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(vault_new((size_t)2 << 30));
	assert_int_equal(errno, ENOMEM);
	mem_fail_after(0);
	errno = 0;
	assert_null(vault_new(32));
	mem_fail_after(-1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(vault_used(), 0);
	assert_int_equal(vault_locked(), 0);
}

static void test_many_secrets_that_come_and_go_never_touch_each_other(void **state)
{
	static struct {
		uint8_t *p;
		size_t size;
	} slot[200];
	uint32_t seed = 1;
	size_t round, i;

	(void)state;
	for (round = 0; round < 20000; round++) {
		seed = seed * 1664525 + 1013904223;
		i = (seed >> 8) % LEN(slot);
		if (slot[i].p) {
			assert_true(is_filled(slot[i].p, slot[i].size, (uint8_t)(i + 1)));
			vault_free(slot[i].p, slot[i].size);
			slot[i].p = NULL;
			continue;
		}
		slot[i].size = 1 + (seed >> 16) % (i % 8 == 0 ? 3000 : 200);
		slot[i].p = vault_new(slot[i].size);
		assert_non_null(slot[i].p);
		assert_true(is_filled(slot[i].p, slot[i].size, 0));
		memset(slot[i].p, (int)i + 1, slot[i].size);
	}
	for (i = 0; i < LEN(slot); i++) {
		assert_true(!slot[i].p || is_filled(slot[i].p, slot[i].size, (uint8_t)(i + 1)));
		vault_free(slot[i].p, slot[i].size);
	}
	assert_int_equal(vault_used(), 0);
	assert_int_equal(vault_locked(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_new_secret_is_zero_aligned_and_alone),
		cmocka_unit_test(test_what_is_freed_is_wiped_and_used_again),
		cmocka_unit_test(test_empty_pages_go_back_to_the_system),
		cmocka_unit_test(test_secrets_are_locked_and_kept_out_of_dumps_and_children),
		cmocka_unit_test(test_a_forked_child_finds_no_secret),
		cmocka_unit_test(test_an_overrun_at_either_end_of_the_pages_is_fatal),
		cmocka_unit_test(test_a_wrong_free_is_fatal),
		cmocka_unit_test(test_without_a_lock_there_is_no_secret),
		cmocka_unit_test(test_failures_say_why_and_change_nothing),
		cmocka_unit_test(test_many_secrets_that_come_and_go_never_touch_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include "crypto/aead.h"

#include "base/bytes.h"
#include "crypto/aead_ipsecmb.h"
#include "hex.h"

/*
 * What a library leaves on the stack of a packet's keystream is gone once the key
 * is retired.
 */

enum { STREAM = 1024, BELOW = 12288, NEAR = 256, HIDE = 6000 };

static uint8_t stream[STREAM + AEAD_TAG];

/*
 * Words of the keystream in the dead part of the stack. No calls in here, for they
 * would write to where it looks, and no sanitizer, for nobody owns what it reads.
 */
static size_t __attribute__((noinline, no_sanitize_address)) residue(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)7, at;
	const volatile uint64_t *words = (const volatile void *)stream;
	size_t found = 0, i;

	for (at = here - BELOW; at < here - NEAR; at += 8) {
		uint64_t word = *(const volatile uint64_t *)at;

		for (i = 0; i < STREAM / 8; i++)
			found += word == words[i];
	}
	return found;
}

/* What a careless library does. */
static void __attribute__((noinline)) leave_some(size_t at)
{
	uint8_t frame[HIDE];

	memset(frame, 0, sizeof(frame));
	memcpy(frame + at, stream, 64);
	__asm__ volatile("" : : "r"(frame) : "memory"); /* somebody could read it */
}

static void __attribute__((noinline)) seal_zeros(const struct key *key, uint8_t *data)
{
	struct aead_job job = { .key = key, .nonce = 3, .data = data, .len = STREAM };

	memset(data, 0, STREAM);
	aead_seal(&job, 1);
}

static void test_keystream_on_the_stack_goes_when_the_thread_rests(void **state)
{
	static const struct key key = { { 0x5e, 0xc2, 0xe7 } };
	static uint8_t data[STREAM + AEAD_TAG];
	static const size_t places[] = { 0, 1000, 3000, 5600 };
	size_t i;

	(void)state;
	/* Zeros sealed are the keystream itself. */
	seal_zeros(&key, stream);
	for (i = 0; i < LEN(places); i++) {
		leave_some(places[i]);
		assert_true(residue() >= 6); /* the eye sees */
		aead_thread_rest();
		assert_int_equal(residue(), 0);
	}
	seal_zeros(&key, data);
	assert_memory_equal(data, stream, sizeof(data));
	aead_thread_rest();
	assert_int_equal(residue(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keystream_on_the_stack_goes_when_the_thread_rests),
	};

	if (aead_init("ipsec-mb") < 0) {
		fputs("SKIP: ipsec-mb does not work here\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests_name("aead_scrub", tests, NULL, NULL);
}

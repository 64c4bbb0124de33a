/* SPDX-License-Identifier: ISC */
#include "io/csum.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/* 32-bit words, each added into a lane of 64 bits: no carry is ever lost. */
struct lanes {
	__m256i low, high;
};

AVX2 static inline void add_block(struct lanes *l, __m256i block)
{
	const __m256i zero = _mm256_setzero_si256();

	l->low = _mm256_add_epi64(l->low, _mm256_unpacklo_epi32(block, zero));
	l->high = _mm256_add_epi64(l->high, _mm256_unpackhi_epi32(block, zero));
}

AVX2 static inline uint64_t total(const struct lanes *a, const struct lanes *b)
{
	__m256i four = _mm256_add_epi64(_mm256_add_epi64(a->low, a->high),
					_mm256_add_epi64(b->low, b->high));
	__m128i two = _mm_add_epi64(_mm256_castsi256_si128(four),
				    _mm256_extracti128_si256(four, 1));

	return (uint64_t)_mm_extract_epi64(two, 0) + (uint64_t)_mm_extract_epi64(two, 1);
}

AVX2 static inline __m256i load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i_u *)p);
}

AVX2 static inline void store(uint8_t *p, __m256i block)
{
	_mm256_storeu_si256((__m256i_u *)p, block);
}

AVX2 static uint64_t avx2_add(uint64_t sum, const void *data, size_t len)
{
	const __m256i zero = _mm256_setzero_si256();
	struct lanes a = { zero, zero }, b = { zero, zero };
	const uint8_t *p = data;

	for (; len >= 64; p += 64, len -= 64) {
		add_block(&a, load(p));
		add_block(&b, load(p + 32));
	}
	if (len >= 32) {
		add_block(&a, load(p));
		p += 32;
		len -= 32;
	}
	return csum_portable.add(sum + total(&a, &b), p, len);
}

AVX2 static uint64_t avx2_copy(uint64_t sum, void *to, const void *from, size_t len)
{
	const __m256i zero = _mm256_setzero_si256();
	struct lanes a = { zero, zero }, b = { zero, zero };
	const uint8_t *p = from;
	uint8_t *q = to;

	for (; len >= 64; p += 64, q += 64, len -= 64) {
		__m256i one = load(p), two = load(p + 32);

		store(q, one);
		store(q + 32, two);
		add_block(&a, one);
		add_block(&b, two);
	}
	if (len >= 32) {
		__m256i one = load(p);

		store(q, one);
		add_block(&a, one);
		p += 32;
		q += 32;
		len -= 32;
	}
	return csum_portable.copy(sum + total(&a, &b), q, p, len);
}

static const struct csum avx2 = {
	.name = "avx2",
	.add = avx2_add,
	.copy = avx2_copy,
};

const struct csum *csum_avx2(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx2") ? &avx2 : NULL;
}

#else

const struct csum *csum_avx2(void)
{
	return NULL;
}

#endif

/* SPDX-License-Identifier: ISC */
#ifndef UNIT_IPSECMB_H
#define UNIT_IPSECMB_H

/*
 * Not the library: the part of the header of intel-ipsec-mb that our backend uses, to check
 * that it compiles with versions that are not installed.  FAKE_IMB_MAJOR 1 is 1.3, 2 is 2.0, which
 * lacks what was for CPUs with AVX but without AVX2, or without AES-NI.
 */

#include <stdint.h>

#define IMB_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#if FAKE_IMB_MAJOR >= 2
#define IMB_VERSION_NUM 0x20000
#else
#define IMB_VERSION_NUM 0x10300
#endif

typedef enum {
	IMB_ARCH_NONE,
#if FAKE_IMB_MAJOR < 2
	IMB_ARCH_NOAESNI,
#endif
	IMB_ARCH_SSE,
#if FAKE_IMB_MAJOR < 2
	IMB_ARCH_AVX,
#endif
	IMB_ARCH_AVX2,
	IMB_ARCH_AVX512,
} IMB_ARCH;

#define IMB_FEATURE_SELF_TEST      (1ULL << 20)
#define IMB_FEATURE_SELF_TEST_PASS (1ULL << 21)
#define IMB_CPUFLAGS_SSE           (1ULL << 1)
#if FAKE_IMB_MAJOR < 2
#define IMB_CPUFLAGS_AVX (1ULL << 2)
#endif
#define IMB_CPUFLAGS_AVX2   (1ULL << 3)
#define IMB_CPUFLAGS_AVX512 (1ULL << 4)

typedef enum { IMB_DIR_ENCRYPT = 1, IMB_DIR_DECRYPT } IMB_CIPHER_DIRECTION;
typedef enum { IMB_ORDER_CIPHER_HASH = 1 } IMB_CHAIN_ORDER;
typedef enum { IMB_STATUS_COMPLETED = 3 } IMB_STATUS;
typedef enum { IMB_CIPHER_CHACHA20_POLY1305 = 20 } IMB_CIPHER_MODE;
typedef enum { IMB_AUTH_CHACHA20_POLY1305 = 40 } IMB_HASH_ALG;

typedef struct {
	const void *enc_keys, *dec_keys;
	uint64_t key_len_in_bytes;
	const uint8_t *src;
	uint8_t *dst;
	uint64_t cipher_start_src_offset_in_bytes, msg_len_to_cipher_in_bytes;
	uint64_t hash_start_src_offset_in_bytes, msg_len_to_hash_in_bytes;
	const uint8_t *iv;
	uint64_t iv_len_in_bytes;
	uint8_t *auth_tag_output;
	uint64_t auth_tag_output_len_in_bytes;
	union {
		struct {
			const void *aad;
			uint64_t aad_len_in_bytes;
			void *ctx;
		} CHACHA20_POLY1305;
	} u;
	IMB_STATUS status;
	IMB_CIPHER_MODE cipher_mode;
	IMB_CIPHER_DIRECTION cipher_direction;
	IMB_HASH_ALG hash_alg;
	IMB_CHAIN_ORDER chain_order;
} IMB_JOB;

typedef struct IMB_MGR {
	uint64_t features;
	IMB_JOB *(*get_next_job)(struct IMB_MGR *mgr);
	IMB_JOB *(*submit_job_nocheck)(struct IMB_MGR *mgr);
	IMB_JOB *(*flush_job)(struct IMB_MGR *mgr);
} IMB_MGR;

#define IMB_GET_NEXT_JOB(mgr)       ((mgr)->get_next_job((mgr)))
#define IMB_SUBMIT_JOB_NOCHECK(mgr) ((mgr)->submit_job_nocheck((mgr)))
#define IMB_FLUSH_JOB(mgr)          ((mgr)->flush_job((mgr)))

IMB_MGR *alloc_mb_mgr(uint64_t flags);
void free_mb_mgr(IMB_MGR *mgr);
int imb_get_errno(IMB_MGR *mgr);
void init_mb_mgr_auto(IMB_MGR *mgr, IMB_ARCH *arch);
void init_mb_mgr_sse(IMB_MGR *mgr);
#if FAKE_IMB_MAJOR < 2
void init_mb_mgr_avx(IMB_MGR *mgr);
#endif
void init_mb_mgr_avx2(IMB_MGR *mgr);
void init_mb_mgr_avx512(IMB_MGR *mgr);

#endif

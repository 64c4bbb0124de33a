/* SPDX-License-Identifier: ISC */
#include "crypto/aead_ipsecmb.h"

#include <intel-ipsec-mb.h>
#include <sodium.h>
#include <unistd.h>

#include "base/bytes.h"

/* The library's stack frames and its keystream of 1 KiB fit well within this. */
enum { NONCE_LEN = 12, SCRUB = 16384 };

/* AVX without AVX2: version 2.0 has no code for it, and no CPU has all of these features. */
#if IMB_VERSION_NUM < IMB_VERSION(2, 0, 0)
#define AVX_NEEDS IMB_CPUFLAGS_AVX
#define AVX_INIT  init_mb_mgr_avx
#else
#define AVX_NEEDS UINT64_MAX
#define AVX_INIT  init_mb_mgr_sse
#endif

/* Not thread-safe, and must not be shared by processes: one for each thread. */
static _Thread_local struct {
	IMB_MGR *mgr;
	pid_t owner;
	const char *why; /* why it is not usable; NULL: it is */
} lib;

static const char *init(IMB_MGR *mgr)
{
	const uint64_t self_test = IMB_FEATURE_SELF_TEST | IMB_FEATURE_SELF_TEST_PASS;
	IMB_ARCH arch;

	/* Without AES-NI the library falls back to an emulation that its AEAD does not survive. */
	if ((mgr->features & IMB_CPUFLAGS_SSE) != IMB_CPUFLAGS_SSE)
		return "it needs a CPU with AES-NI";
	init_mb_mgr_auto(mgr, &arch);
	if (imb_get_errno(mgr) != 0 || arch < IMB_ARCH_SSE)
		return "it does not know this CPU";
	if ((mgr->features & self_test) != self_test)
		return "its self-test fails";
	return NULL;
}

static bool ipsecmb_begin(const char **why)
{
	if (lib.owner != getpid()) {
		lib.owner = getpid();
		lib.mgr = alloc_mb_mgr(0);
		lib.why = lib.mgr ? init(lib.mgr) : "no memory";
	}
	*why = lib.why;
	return !lib.why;
}

bool aead_ipsecmb_limit(const char *arch)
{
	static const struct {
		const char *name;
		uint64_t needs;
		void (*init)(IMB_MGR *mgr);
	} known[] = {
		{ "sse", IMB_CPUFLAGS_SSE, init_mb_mgr_sse },
		{ "avx", AVX_NEEDS, AVX_INIT },
		{ "avx2", IMB_CPUFLAGS_AVX2, init_mb_mgr_avx2 },
		{ "avx512", IMB_CPUFLAGS_AVX512, init_mb_mgr_avx512 },
	};
	const char *why;
	size_t i;

	if (!ipsecmb_begin(&why))
		return false;
	lib.why = init(lib.mgr);
	for (i = 0; arch && i < LEN(known); i++) {
		if (strcmp(known[i].name, arch) != 0)
			continue;
		if ((lib.mgr->features & known[i].needs) != known[i].needs)
			return false;
		known[i].init(lib.mgr);
		return imb_get_errno(lib.mgr) == 0;
	}
	return !arch;
}

/*
 * The library leaves keystream and one-time keys of its last packets on the stack, below its
 * caller. A key is retired at about the same stack depth.
 */
static void __attribute__((noinline)) scrub_stack(void)
{
	uint8_t below[SCRUB];

	wipe(below, sizeof(below));
}

static void ipsecmb_rest(void)
{
	scrub_stack();
}

static void ipsecmb_end(void)
{
	ipsecmb_rest();
	if (lib.mgr && lib.owner == getpid())
		free_mb_mgr(lib.mgr);
	lib.mgr = NULL;
	lib.owner = 0;
}

/*
 * For this cipher the library is done with a job as soon as it is submitted, and its ring is
 * empty again. false: it is not, which the start-up tests have ruled out. All fields are set
 * each time: slots rotate, and it costs next to nothing.
 */
static bool run(const struct aead_job *job, uint32_t len, IMB_CIPHER_DIRECTION direction,
		uint8_t tag[AEAD_TAG])
{
	uint8_t nonce[NONCE_LEN] = { 0 };
	IMB_JOB *slot = IMB_GET_NEXT_JOB(lib.mgr), *done;
	bool ok;

	store_le64(nonce + 4, job->nonce);
	slot->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
	slot->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
	slot->cipher_direction = direction;
	slot->chain_order = IMB_ORDER_CIPHER_HASH;
	slot->enc_keys = job->key->bytes;
	slot->dec_keys = job->key->bytes;
	slot->key_len_in_bytes = KEY_LEN;
	slot->iv = nonce;
	slot->iv_len_in_bytes = NONCE_LEN;
	slot->src = job->data;
	slot->dst = job->data;
	slot->cipher_start_src_offset_in_bytes = 0;
	slot->hash_start_src_offset_in_bytes = 0;
	slot->msg_len_to_cipher_in_bytes = len;
	slot->msg_len_to_hash_in_bytes = len;
	slot->u.CHACHA20_POLY1305.aad = NULL;
	slot->u.CHACHA20_POLY1305.aad_len_in_bytes = 0;
	slot->u.CHACHA20_POLY1305.ctx = NULL;
	slot->auth_tag_output = tag;
	slot->auth_tag_output_len_in_bytes = AEAD_TAG;
	done = IMB_SUBMIT_JOB_NOCHECK(lib.mgr);
	if (!done)
		done = IMB_FLUSH_JOB(lib.mgr);
	ok = done == slot && done->status == IMB_STATUS_COMPLETED;
	/* The slot outlives the session that the key belongs to. */
	slot->enc_keys = NULL;
	slot->dec_keys = NULL;
	return ok;
}

static void ipsecmb_seal(struct aead_job *jobs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct aead_job *job = &jobs[i];

		/* Better a packet that the peer refuses than one that is not encrypted. */
		if (!run(job, job->len, IMB_DIR_ENCRYPT, job->data + job->len))
			wipe(job->data, (size_t)job->len + AEAD_TAG);
	}
}

/* The library only computes the tag; comparing it with the packet's is up to us. */
static void ipsecmb_open(struct aead_job *jobs, size_t n)
{
	uint8_t tag[AEAD_TAG];
	size_t i;

	for (i = 0; i < n; i++) {
		struct aead_job *job = &jobs[i];
		uint32_t len = job->len - AEAD_TAG;

		job->authentic = job->len >= AEAD_TAG && run(job, len, IMB_DIR_DECRYPT, tag) &&
				 crypto_verify_16(tag, job->data + len) == 0;
		if (!job->authentic)
			wipe(job->data, job->len);
	}
	wipe(tag, sizeof(tag));
}

const struct aead_ops aead_ipsecmb = {
	.name = AEADNAME_IPSECMB,
	.begin = ipsecmb_begin,
	.rest = ipsecmb_rest,
	.end = ipsecmb_end,
	.seal = ipsecmb_seal,
	.open = ipsecmb_open,
};

/* SPDX-License-Identifier: ISC */
#include "base/bytes.h"
#include "cli/keytext.h"
#include "cli/verb.h"
#include "crypto/rng.h"

int verb_genkey(const struct command *c)
{
	struct key key;
	bool good;

	(void)c;
	if (!verb_crypto())
		return EXITCODE_FAILED;
	keytext_warn();
	rng_fill(&rng_system, key.bytes, sizeof(key.bytes));
	key_clamp(&key);
	good = keytext_write(&key);
	wipe(&key, sizeof(key));
	return good ? EXITCODE_OK : EXITCODE_FAILED;
}

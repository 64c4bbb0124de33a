/* SPDX-License-Identifier: ISC */
#include "base/bytes.h"
#include "cli/keytext.h"
#include "cli/verb.h"
#include "crypto/keygen.h"

int verb_genkey(const struct command *c)
{
	struct key key, public_key;
	bool good;

	(void)c;
	if (!verb_crypto())
		return EXITCODE_FAILED;
	keytext_warn();
	keygen_pair(&key, &public_key, &rng_system);
	good = keytext_write(&key);
	wipe(&key, sizeof(key));
	return good ? EXITCODE_OK : EXITCODE_FAILED;
}

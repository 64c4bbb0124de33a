/* SPDX-License-Identifier: ISC */
#include "base/bytes.h"
#include "cli/keytext.h"
#include "cli/verb.h"
#include "crypto/keygen.h"

int verb_genpsk(const struct command *c)
{
	struct key key;
	bool good;

	(void)c;
	if (!verb_crypto())
		return EXITCODE_FAILED;
	keytext_warn();
	keygen_psk(&key, &rng_system);
	good = keytext_write(&key);
	wipe(&key, sizeof(key));
	return good ? EXITCODE_OK : EXITCODE_FAILED;
}

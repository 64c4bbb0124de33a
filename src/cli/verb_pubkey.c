/* SPDX-License-Identifier: ISC */
#include "base/bytes.h"
#include "cli/keytext.h"
#include "cli/verb.h"
#include "crypto/dh.h"

int verb_pubkey(const struct command *c)
{
	struct key private_key, public_key;
	bool good;

	(void)c;
	if (!verb_crypto() || !keytext_read(&private_key))
		return EXITCODE_FAILED;
	dh_public(&public_key, &private_key);
	wipe(&private_key, sizeof(private_key));
	good = keytext_write(&public_key);
	return good ? EXITCODE_OK : EXITCODE_FAILED;
}

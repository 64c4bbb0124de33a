/* SPDX-License-Identifier: ISC */
#include "crypto/aead_ipsecmb.h"

/* Instead of aead_ipsecmb.c, in a build without the library: a name and a reason. */

static bool ipsecmb_begin(const char **why)
{
	*why = "this taut was built without it";
	return false;
}

bool aead_ipsecmb_limit(const char *arch)
{
	(void)arch;
	return false;
}

const struct aead_ops aead_ipsecmb = { .name = AEADNAME_IPSECMB, .begin = ipsecmb_begin };

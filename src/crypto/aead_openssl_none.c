/* SPDX-License-Identifier: ISC */
#include "crypto/aead_openssl.h"

/* Instead of aead_openssl.c, in a build without the library: a name and a reason. */

static bool openssl_begin(const char **why)
{
	*why = "this taut was built without it";
	return false;
}

const struct aead_ops aead_openssl = { .name = AEADNAME_OPENSSL, .begin = openssl_begin };

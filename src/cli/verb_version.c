/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "cli/verb.h"
#include "crypto/aead.h"

int verb_version(const struct command *c)
{
	const struct aead_ops *ops;
	size_t i;

	(void)c;
	printf("taut %s\naead:", PACKAGE_VERSION);
	for (i = 0; (ops = aead_backend(i)); i++)
		printf(" %s", ops->name);
	putchar('\n');
	return EXITCODE_OK;
}

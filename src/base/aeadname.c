/* SPDX-License-Identifier: ISC */
#include "base/aeadname.h"

#include <stdio.h>

#include "base/bytes.h"

static const char *const names[] = { AEADNAME_AUTO, AEADNAME_IPSECMB, AEADNAME_OPENSSL,
				     AEADNAME_SODIUM };

const char *aeadname(size_t i)
{
	return i < LEN(names) ? names[i] : NULL;
}

const char *aeadname_find(struct text word)
{
	for (size_t i = 0; i < LEN(names); i++) {
		if (text_is_nocase(word, names[i]))
			return names[i];
	}
	return NULL;
}

void aeadname_list(char text[AEADNAME_LIST], const char *between, const char *before_last)
{
	size_t len = 0;

	for (size_t i = 0; i < LEN(names) && len < AEADNAME_LIST; i++) {
		const char *gap = i == 0 ? "" : i + 1 < LEN(names) ? between : before_last;
		int n = snprintf(text + len, AEADNAME_LIST - len, "%s%s", gap, names[i]);

		len += n > 0 ? (size_t)n : 0;
	}
}

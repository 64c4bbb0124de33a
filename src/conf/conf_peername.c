/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/text.h"
#include "conf/conf.h"

/* Bytes of the UTF-8 character that starts here; 0: not valid UTF-8. */
static size_t utf8_len(struct text t)
{
	const unsigned char *c = (const unsigned char *)t.at;
	size_t n = c[0] < 0x80 ? 1 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4, i;

	if ((c[0] >= 0x80 && c[0] < 0xc2) || c[0] > 0xf4 || n > text_len(t))
		return 0;
	for (i = 1; i < n; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Overlong forms, surrogates, and beyond the last code point. */
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
	    (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
		return 0;
	return n;
}

/* Of 3 bytes: marks and brackets that change the direction of the text; line separators. */
static bool turns(const char *c)
{
	unsigned last = (unsigned char)c[2];

	if ((unsigned char)c[0] != 0xe2)
		return false;
	if ((unsigned char)c[1] == 0x80)
		return last == 0x8e || last == 0x8f || (last >= 0xa8 && last <= 0xae);
	return (unsigned char)c[1] == 0x81 && last >= 0xa6 && last <= 0xa9;
}

/* It would end a quoted value, move the cursor (C1 too), or reorder the text next to it. */
static bool is_bad(struct text t, size_t n)
{
	unsigned char c = (unsigned char)*t.at;

	return n == 0 || c < ' ' || c == 127 || c == '"' || c == '\\' ||
	       (n == 2 && c == 0xc2 && (unsigned char)t.at[1] < 0xa0) || (n == 3 && turns(t.at));
}

bool conf_peer_name(char name[CONF_PEER_NAME], struct text from)
{
	bool same = true;
	size_t len = 0, n;

	for (from = text_trim(from); from.at < from.end; from.at += n ? n : 1) {
		n = utf8_len(from);
		if (len + (n ? n : 1) >= CONF_PEER_NAME) {
			same = false;
			break;
		}
		if (is_bad(from, n)) {
			name[len++] = '_';
			same = false;
			continue;
		}
		memcpy(name + len, from.at, n);
		len += n;
	}
	name[len] = '\0';
	return same;
}

/* SPDX-License-Identifier: ISC */
#include "diag/label.h"

#include <stdio.h>

static void print_label(char *text, size_t size, int characters, const struct peer *p)
{
	char base64[KEY_BASE64_LEN + 1];

	key_to_base64(base64, &p->public_key);
	snprintf(text, size, "%.*s%s%s", characters, base64, p->note.name[0] ? " " : "",
		 p->note.name);
}

void label_peer(char text[LABEL_PEER], const struct peer *p)
{
	print_label(text, LABEL_PEER, 8, p);
}

void label_whole(char text[LABEL_WHOLE], const struct peer *p)
{
	print_label(text, LABEL_WHOLE, KEY_BASE64_LEN, p);
}

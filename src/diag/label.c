/* SPDX-License-Identifier: ISC */
#include "diag/label.h"

#include <stdio.h>

void label_short(char text[LABEL_SHORT], const struct key *key)
{
	char base64[KEY_BASE64_LEN + 1];

	key_to_base64(base64, key);
	snprintf(text, LABEL_SHORT, "%.8s", base64);
}

void label_peer(char text[LABEL_PEER], const struct peer *p)
{
	char key[LABEL_SHORT];

	label_short(key, &p->public_key);
	snprintf(text, LABEL_PEER, "%s%s%s", key, p->note.name[0] ? " " : "", p->note.name);
}

/* SPDX-License-Identifier: ISC */
#include "control/uapi.h"

#include <string.h>

static enum uapi_verb verb_of(struct text request)
{
	struct text first;

	if (!text_split(&request, '\n', &first))
		return UAPI_OTHER;
	if (text_is(first, "get=1"))
		return UAPI_GET;
	return text_is(first, "set=1") ? UAPI_SET : UAPI_OTHER;
}

enum uapi_verb uapi_frame(const char *bytes, size_t len, size_t *scanned, struct text *request,
			  size_t *used)
{
	const char *found;
	size_t at = *scanned;

	/* An empty line is a newline at the beginning, or one right after another. */
	while (at < len) {
		found = memchr(bytes + at, '\n', len - at);
		if (!found) {
			at = len;
			break;
		}
		at = (size_t)(found - bytes);
		if (at == 0 || bytes[at - 1] == '\n') {
			*request = text_from(bytes, at ? at - 1 : 0);
			*used = at + 1;
			*scanned = 0;
			return verb_of(*request);
		}
		at++;
	}
	*scanned = at;
	return UAPI_NONE;
}

/* SPDX-License-Identifier: ISC */
#include "control/running.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/control.h"

static const char suffix[] = ".sock";

static int is_socket(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), tail = strlen(suffix);

	return len > tail && len - tail <= CONF_NAME_MAX &&
	       strcmp(entry->d_name + len - tail, suffix) == 0;
}

int running_find(struct running *r)
{
	struct dirent **entries = NULL;
	int i, n = scandir(CONTROL_DIR, &entries, is_socket, alphasort);

	*r = (struct running){ 0 };
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	r->name = mem_new_array((size_t)n + 1, sizeof(*r->name));
	for (i = 0; i < n; i++) {
		if (r->name)
			memcpy(r->name[r->n++], entries[i]->d_name,
			       strlen(entries[i]->d_name) - strlen(suffix));
		free(entries[i]);
	}
	free(entries);
	return r->name ? 0 : -ENOMEM;
}

bool running_has(const struct running *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n && strcmp(r->name[i], name) != 0; i++)
		;
	return i < r->n;
}

void running_free(struct running *r)
{
	mem_free(r->name);
	*r = (struct running){ 0 };
}

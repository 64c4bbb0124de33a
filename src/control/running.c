/* SPDX-License-Identifier: ISC */
#include "control/running.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/control.h"

static int is_of_tunnel(const struct dirent *entry)
{
	size_t len = strcspn(entry->d_name, "@"), tail = strlen(".sock");

	if (entry->d_name[len])
		return len > 0 && len <= CONF_NAME_MAX;
	return len > tail && len - tail <= CONF_NAME_MAX &&
	       strcmp(entry->d_name + len - tail, ".sock") == 0;
}

/* false: it is not one that can be reached from here. */
static bool take_name(char name[CONF_NAME_MAX + 1], const char *file)
{
	size_t len = strcspn(file, "@");
	char own[UNIXSOCK_PATH_MAX];
	struct unixsock_elsewhere e;
	bool by_name = !file[len];

	if (by_name)
		len -= strlen(".sock");
	memcpy(name, file, len);
	name[len] = '\0';
	if (by_name)
		return !control_elsewhere(name, &e) || !e.has_name;
	return unixsock_own_path(own, CONTROL_DIR, name) == 0 &&
	       strcmp(own + strlen(CONTROL_DIR "/"), file) == 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A tunnel has two files. */
static void sort_out(struct running *r)
{
	size_t kept = 0;

	qsort(r->name, r->n, sizeof(*r->name), compare);
	for (size_t i = 0; i < r->n; i++) {
		if (!kept || strcmp(r->name[kept - 1], r->name[i]) != 0)
			memmove(r->name[kept++], r->name[i], sizeof(*r->name));
	}
	r->n = kept;
}

int running_find(struct running *r)
{
	struct dirent **entries = NULL;
	int i, n = scandir(CONTROL_DIR, &entries, is_of_tunnel, NULL);

	*r = (struct running){ 0 };
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	r->name = mem_new_array((size_t)n + 1, sizeof(*r->name));
	for (i = 0; i < n; i++) {
		if (r->name && take_name(r->name[r->n], entries[i]->d_name))
			r->n++;
		free(entries[i]);
	}
	free(entries);
	if (!r->name)
		return -ENOMEM;
	sort_out(r);
	return 0;
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

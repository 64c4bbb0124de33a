/* SPDX-License-Identifier: ISC */
#include "pair/offer.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/say.h"
#include "pair/confdir.h"

static const char suffix[] = ".pair";

bool offer_print(struct print *out, const struct pairline *offer)
{
	char line[PAIRLINE_TEXT];
	bool good = pairline_write(line, offer);

	if (good)
		print_add(out, "%s\n", line);
	wipe(line, sizeof(line));
	return good;
}

void offer_path(char path[PATH_MAX], const char *name)
{
	confdir_path(path, name, suffix);
}

static int load(const char *path, struct pairline *offer, char why[PAIRLINE_WHY])
{
	struct print text = { 0 };
	struct text line;
	int r = confdir_read(path, &text);

	why[0] = '\0';
	if (r == 0) {
		line = text_trim(text_from(text.len ? text.chars : "", text.len));
		r = pairline_read(offer, line.at, text_len(line), why);
		if (r < 0)
			r = -EBADMSG;
	}
	print_fini(&text);
	return r;
}

int offer_load(const char *name, struct pairline *offer)
{
	char path[PATH_MAX], why[PAIRLINE_WHY];
	int r;

	confdir_path(path, name, suffix);
	r = load(path, offer, why);
	if (r < 0 && r != -ENOENT)
		say("%s: %s", path, r == -EBADMSG ? why : strerror(-r));
	return r;
}

void offer_drop(const char *name)
{
	char path[PATH_MAX];

	confdir_path(path, name, suffix);
	if (unlink(path) < 0 && errno != ENOENT)
		say("cannot remove %s: %m", path);
}

static int is_pending(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), tail = sizeof(suffix) - 1;

	return len > tail && len - tail <= CONF_NAME_MAX &&
	       strcmp(entry->d_name + len - tail, suffix) == 0;
}

bool offer_find(const struct pairline *offer, char name[CONF_NAME_MAX + 1])
{
	char path[PATH_MAX], why[PAIRLINE_WHY];
	struct dirent **entries = NULL;
	struct pairline other;
	bool found = false;
	int i, n = scandir(CONFDIR, &entries, is_pending, alphasort);

	for (i = 0; i < n; i++) {
		size_t len = strlen(entries[i]->d_name) - (sizeof(suffix) - 1);

		entries[i]->d_name[len] = '\0';
		confdir_path(path, entries[i]->d_name, suffix);
		if (!found && load(path, &other, why) == 0 &&
		    key_equal(&other.public_key, &offer->public_key)) {
			memcpy(name, entries[i]->d_name, len + 1);
			found = true;
		}
		free(entries[i]);
	}
	free(entries);
	wipe(&other, sizeof(other));
	return found;
}

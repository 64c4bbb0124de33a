/* SPDX-License-Identifier: ISC */
#include "cli/keytext.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli/verb.h"

void keytext_warn(void)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & S_IRWXO))
		return;
	fputs("Warning: writing to world accessible file.\n"
	      "Consider setting the umask to 077 and trying again.\n",
	      stderr);
}

bool keytext_write(const struct key *key)
{
	char text[KEY_BASE64_LEN + 1];
	size_t done = 0;
	bool good = true;

	key_to_base64(text, key);
	text[KEY_BASE64_LEN] = '\n';
	while (good && done < sizeof(text)) {
		ssize_t n = write(STDOUT_FILENO, text + done, sizeof(text) - done);

		if (n < 0 && errno == EINTR)
			continue;
		good = n > 0;
		if (good)
			done += (size_t)n;
	}
	wipe(text, sizeof(text));
	if (!good)
		say("cannot write to standard output: %m");
	return good;
}

static ssize_t read_some(void *to, size_t len)
{
	ssize_t n;

	do {
		n = read(STDIN_FILENO, to, len);
	} while (n < 0 && errno == EINTR);
	return n;
}

static bool only_blanks_follow(void)
{
	char rest[256];
	bool good = true;
	ssize_t n, i;

	while (good && (n = read_some(rest, sizeof(rest))) > 0) {
		for (i = 0; i < n; i++)
			good = good && (rest[i] == '\0' || isspace((unsigned char)rest[i]));
	}
	wipe(rest, sizeof(rest));
	return good;
}

bool keytext_read(struct key *key)
{
	char text[KEY_BASE64_LEN];
	size_t len = 0;
	ssize_t n = 1;
	bool good;

	while (len < sizeof(text) && (n = read_some(text + len, sizeof(text) - len)) > 0)
		len += (size_t)n;
	if (n < 0) {
		say("cannot read standard input: %m");
		wipe(text, sizeof(text));
		return false;
	}
	if (len == sizeof(text) && !only_blanks_follow()) {
		say("Trailing characters found after key");
		wipe(text, sizeof(text));
		return false;
	}
	good = key_from_base64(key, text, len);
	wipe(text, sizeof(text));
	if (!good) {
		say("Key is not the correct length or format");
	} else if (key_is_placeholder(key)) {
		wipe(key, sizeof(*key));
		say("this is the placeholder from the examples, which everyone knows; make a key "
		    "with taut genkey");
		good = false;
	}
	return good;
}

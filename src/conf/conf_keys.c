/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"
#include "conf/credential.h"
#include "conf/diag_line.h"

enum { KEY_FILE_MAX = 4096 };

/* A key file on its way into the conf. */
struct key_file {
	char path[PATH_MAX];
	const char *file; /* the configuration that names it, and where */
	struct conf_place place;
	struct conf_report *report;
	mode_t forbidden; /* permission bits that must not be set */
	int fd;
};

static void bad(const struct key_file *k, const char *what)
{
	diag_line_error(k->report, k->file, k->place, "%s: %s", k->path, what);
}

/* O_NONBLOCK: a fifo must not block us; a key file is no symbolic link. */
static int open_at(struct key_file *k, const char *folder, size_t len, const char *name)
{
	int n = snprintf(k->path, sizeof(k->path), "%.*s%s%s", (int)len, folder, len ? "/" : "",
			 name);

	if (n < 0 || (size_t)n >= sizeof(k->path))
		return -ENAMETOOLONG;
	k->fd = open(k->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	return k->fd < 0 ? -errno : 0;
}

static int find(struct key_file *k, const char *name)
{
	const char *slash = k->file ? strrchr(k->file, '/') : NULL;
	size_t len = slash && slash > k->file ? (size_t)(slash - k->file) : 0;

	k->forbidden = S_IRWXG | S_IRWXO;
	if (*name == '/')
		return open_at(k, "", 0, name);
	k->fd = credential_open(name, k->path, sizeof(k->path));
	if (k->fd >= 0) {
		/*
		 * systemd gives access to a service's own user by an ACL, which stat() shows
		 * as read permission for the group.
		 */
		k->forbidden = S_IWGRP | S_IXGRP | S_IRWXO;
		return 0;
	}
	if (k->fd != -ENOENT)
		return k->fd;
	if (slash == k->file && slash)
		return open_at(k, "/.", 2, name);
	return open_at(k, len ? k->file : "", len, name);
}

static bool file_ok(const struct key_file *k)
{
	struct stat st;

	if (fstat(k->fd, &st)) {
		bad(k, strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		bad(k, "is not a regular file; name the file that holds the key");
		return false;
	}
	if (st.st_mode & k->forbidden) {
		diag_line_error(k->report, k->file, k->place,
				"%s: users other than its owner have access to it; chmod 600 %s",
				k->path, k->path);
		return false;
	}
	if (st.st_size > KEY_FILE_MAX) {
		bad(k, "is too long for a key; it must hold 44 characters and nothing else");
		return false;
	}
	return true;
}

static bool parse(const struct key_file *k, struct text t, struct key *key)
{
	t = text_trim(t);
	if (key_from_base64(key, t.at, text_len(t)))
		return true;
	if (text_len(t) == 0)
		bad(k, "is empty; write a key into it (taut genkey, taut genpsk)");
	else if (text_len(t) != KEY_BASE64_LEN)
		diag_line_error(k->report, k->file, k->place, "%s: %zu characters, expected 44%s",
				k->path, text_len(t),
				text_len(t) == KEY_BASE64_LEN - 1
					? ": was the trailing = lost?"
					: "; it must hold one base64 key and nothing else");
	else
		bad(k, "does not hold a base64 key; make a new one (taut genkey, taut genpsk)");
	return false;
}

static bool read_key(const struct key_file *k, struct key *key)
{
	char chars[KEY_FILE_MAX + 1];
	size_t len = 0;
	bool ok = false;
	ssize_t n;

	do {
		n = read(k->fd, chars + len, sizeof(chars) - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len < sizeof(chars)) || (n < 0 && errno == EINTR));
	if (n < 0)
		bad(k, strerror(errno));
	else
		ok = parse(k, text_from(chars, len), key);
	wipe(chars, sizeof(chars));
	return ok;
}

static bool load(struct key_file *k, const char *name, struct key *key)
{
	int err = find(k, name);
	bool ok;

	if (err == -ELOOP) {
		bad(k, "is a symbolic link; name the file itself");
		return false;
	}
	if (err) {
		diag_line_error(k->report, k->file, k->place, "%s: cannot open it: %s", k->path,
				strerror(-err));
		return false;
	}
	ok = file_ok(k) && read_key(k, key);
	close(k->fd);
	return ok;
}

int conf_load_keys(struct conf *c, struct conf_report *r)
{
	struct key_file k = { .file = c->path, .place = c->key_place, .report = r };
	unsigned errors = r->errors;
	struct conf_peer *p;
	size_t i;

	/* A key given both ways is left alone, for conf_check() to report. */
	if ((c->set & (CONF_PRIVATE_KEY | CONF_PRIVATE_KEY_FILE)) == CONF_PRIVATE_KEY_FILE &&
	    load(&k, c->private_key_file, &c->private_key)) {
		c->set ^= CONF_PRIVATE_KEY | CONF_PRIVATE_KEY_FILE;
		mem_free(c->private_key_file);
		c->private_key_file = NULL;
	}
	for (i = 0; i < c->n_peer; i++) {
		p = &c->peer[i];
		k.place = p->psk_place;
		if ((p->set & (CONF_PEER_PSK | CONF_PEER_PSK_FILE)) != CONF_PEER_PSK_FILE ||
		    !load(&k, p->psk_file, &p->psk))
			continue;
		p->set ^= CONF_PEER_PSK | CONF_PEER_PSK_FILE;
		mem_free(p->psk_file);
		p->psk_file = NULL;
	}
	return r->errors == errors ? 0 : -EINVAL;
}

/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "conf/credential.h"
#include "conf/diag_line.h"
#include "conf/directives.h"
#include "conf/line.h"

enum { FILE_MAX = 4 << 20, FILE_FIRST = 16 << 10 };

/* State kept between lines. */
struct reader {
	struct conf *conf;
	struct conf_peer *peer; /* of this section; NULL outside [Peer] */
	const char *file;
	struct conf_report *report;
	struct line line;
	enum section section;
	uint32_t seen[DIRECTIVES_MAX]; /* line of each key of this section; 0: not given */
	bool has_key;                  /* this [Peer] has its PublicKey, good or bad */
};

static void end_section(struct reader *rd)
{
	if (rd->peer && !rd->has_key)
		diag_line_error(rd->report, rd->file, rd->peer->place,
				"[Peer] without PublicKey; "
				"add the line PublicKey = KEY (at the other end: taut pubkey)");
	rd->peer = NULL;
}

static bool begin_peer(struct reader *rd, const char *at)
{
	rd->peer = conf_add_peer(rd->conf);
	if (!rd->peer)
		return false;
	rd->peer->place = line_place(&rd->line, at);
	/* A file describes a peer completely: what it does not list is not allowed. */
	rd->peer->set = CONF_PEER_REPLACE_ALLOWED;
	rd->has_key = false;
	memset(rd->seen, 0, sizeof(rd->seen));
	return true;
}

static bool take_section(struct reader *rd, const struct value *v)
{
	char quote[DIAG_LINE_QUOTE];
	struct text name = v->text;

	end_section(rd);
	if (text_is_nocase(name, "[Interface]")) {
		if (rd->section == SECTION_PEER)
			memset(rd->seen, 0, sizeof(rd->seen));
		rd->section = SECTION_INTERFACE;
		return true;
	}
	if (text_is_nocase(name, "[Peer]")) {
		rd->section = SECTION_PEER;
		return begin_peer(rd, name.at);
	}
	/* Its keys are skipped: one mistake, one line. */
	rd->section = SECTION_UNKNOWN;
	if (name.end[-1] != ']')
		value_error(v, name.at,
			    "no ] at the end of this line; write [Interface] or [Peer]");
	else
		value_error(v, name.at, "unknown section %s; write [Interface] or [Peer]",
			    diag_line_quote(quote, name));
	return true;
}

static void odd_space(const struct reader *rd, bool command)
{
	struct conf_place place = { .line = rd->line.number, .column = rd->line.odd_column };

	if (place.column == 0)
		return;
	diag_line_warning(rd->report, rd->file, place,
			  command ? "non-breaking space kept in a command: the shell treats it as "
				    "a letter; retype it"
				  : "non-breaking space read as a plain one; retype it");
}

/* seen: the line that had it before; 0: none. */
static bool take_word(struct reader *rd, const struct directive *word, uint32_t *seen,
		      struct value *v)
{
	struct text whole = word->flags & DIRECTIVE_COMMAND ? rd->line.raw : rd->line.bare;
	const char *equals = memchr(whole.at, '=', text_len(whole));

	v->key = word->name;
	v->raw = text_trim(text_from(equals + 1, (size_t)(whole.end - equals - 1)));
	if (word->flags & DIRECTIVE_PEER_KEY)
		rd->has_key = true;
	if (*seen && !(word->flags & DIRECTIVE_LIST))
		value_warning(v, rd->line.chars,
			      "%s given again; this one takes effect, remove line %u", word->name,
			      *seen);
	*seen = rd->line.number;
	if (text_len(word->flags & DIRECTIVE_COMMAND ? v->raw : v->text))
		return word->set(rd->conf, rd->peer, v);
	if (word->flags & DIRECTIVE_MAY_LACK)
		value_warning(v, v->text.at, "%s has no value, ignored; remove it", word->name);
	else
		value_error(v, v->text.at, "%s has no value; write it after the =", word->name);
	return true;
}

/* A line before the first section. */
static void homeless(const struct value *v, struct text key)
{
	struct directive word;
	bool known = directives_find(SECTION_PEER, key, &word) >= 0;
	const char *section = directives_section(known ? SECTION_PEER : SECTION_INTERFACE);

	known = known || directives_find(SECTION_INTERFACE, key, &word) >= 0;
	value_error(v, key.at, "%s before any section; put %s above it", known ? word.name : "key",
		    section);
}

static bool take_setting(struct reader *rd, struct value *v)
{
	const struct line *l = &rd->line;
	const char *equals = memchr(l->chars, '=', l->len);
	struct directive word;
	struct text key;
	int found;

	if (*l->chars == ';') {
		value_error(v, l->chars, "; does not start a comment; use # instead");
		return true;
	}
	if (!equals) {
		value_error(v, l->chars,
			    "no = in this line; write Key = Value, or put # before it");
		return true;
	}
	key = text_from(l->chars, (size_t)(equals - l->chars));
	v->text = text_from(equals + 1, (size_t)(l->chars + l->len - equals - 1));
	if (rd->section == SECTION_NONE) {
		homeless(v, key);
		return true;
	}
	found = directives_find(rd->section, key, &word);
	odd_space(rd, found >= 0 && word.flags & DIRECTIVE_COMMAND);
	if (found >= 0)
		return take_word(rd, &word, &rd->seen[found], v);
	directives_unknown(v, rd->section, key);
	return true;
}

/* "# friendly_name = x" in a [Peer]: otherwise a comment like any other. */
static void look_at_comment(struct conf_peer *peer, struct text raw)
{
	struct text key;

	raw = text_trim(raw);
	if (!text_len(raw) || *raw.at != '#')
		return;
	raw.at++;
	if (text_split(&raw, '=', &key) && text_is_nocase(text_trim(key), "friendly_name"))
		conf_peer_name(peer->name, raw);
}

/* false: no memory. */
static bool take_line(struct reader *rd, struct text raw, uint32_t number)
{
	struct conf_place start = { .line = number, .column = 1 };
	struct value v = { .line = &rd->line, .file = rd->file, .report = rd->report };

	if (text_len(raw) > LINE_BYTES) {
		diag_line_error(rd->report, rd->file, start,
				"line of %zu bytes, the limit is %d; split it into several lines",
				text_len(raw), LINE_BYTES);
		return true;
	}
	if (rd->peer)
		look_at_comment(rd->peer, raw);
	line_load(&rd->line, raw, number);
	if (rd->line.len == 0)
		return true;
	v.text = text_from(rd->line.chars, rd->line.len);
	if (*v.text.at == '[') {
		odd_space(rd, false);
		return take_section(rd, &v);
	}
	if (rd->section == SECTION_UNKNOWN)
		return true;
	return take_setting(rd, &v);
}

/* Skip a byte order mark, as some editors write it. */
static struct text without_mark(struct reader *rd, struct text t)
{
	struct conf_place start = { .line = 1, .column = 1 };

	if (text_len(t) < 3 || memcmp(t.at, "\xef\xbb\xbf", 3) != 0)
		return t;
	diag_line_warning(rd->report, rd->file, start,
			  "byte order mark ignored; save the file as UTF-8 without it");
	t.at += 3;
	return t;
}

static bool take_lines(struct reader *rd, struct text t)
{
	struct conf_place place = { .column = 1 };
	const char *end;
	struct text raw;

	t = without_mark(rd, t);
	for (; t.at < t.end; t.at = end + 1) {
		end = memchr(t.at, '\n', text_len(t));
		if (!end)
			end = t.end;
		raw = text_from(t.at, (size_t)(end - t.at));
		place.line++;
		if (memchr(raw.at, '\0', text_len(raw))) {
			diag_line_error(rd->report, rd->file, place,
					"not plain text, perhaps UTF-16; save the file as UTF-8");
			return true;
		}
		if (!take_line(rd, raw, place.line))
			return false;
		if (end == t.end)
			break;
	}
	end_section(rd);
	return true;
}

int conf_read_text(struct conf *c, const char *name, const char *text, size_t len,
		   struct conf_report *r)
{
	struct reader rd = { .conf = c, .file = name, .report = r };
	struct conf_place nowhere = { 0 };
	unsigned errors = r->errors;
	char *path = mem_text(name, strlen(name));
	bool whole = false;

	if (path) {
		mem_free(c->path);
		c->path = path;
		if (line_init(&rd.line) == 0) {
			whole = take_lines(&rd, text_from(text, len));
			line_fini(&rd.line);
		}
	}
	if (!whole) {
		diag_line_error(r, name, nowhere, "out of memory");
		return -ENOMEM;
	}
	return r->errors == errors ? 0 : -EINVAL;
}

bool conf_service_group(gid_t *group)
{
	const struct group *entry = getgrnam("taut");

	if (entry)
		*group = entry->gr_gid;
	return entry;
}

/* Besides its owner, only the group of the service may read it, and nobody may write it. */
static bool is_for_service(const struct stat *st)
{
	mode_t others = S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
	gid_t group;

	return (st->st_mode & others) == S_IRGRP && conf_service_group(&group) &&
	       group == st->st_gid;
}

/* Hooks run with our privileges, so anybody who can write the file has them. */
static void look_at_rights(const char *path, const struct stat *st, struct conf_report *r)
{
	struct conf_place nowhere = { 0 };
	mode_t readable = st->st_mode & (S_IRGRP | S_IROTH);

	if (!S_ISREG(st->st_mode))
		return;
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		diag_line_error(r, path, nowhere,
				"users other than its owner may write it; chmod 600 %s", path);
	else if (readable && !is_for_service(st))
		diag_line_warning(r, path, nowhere,
				  "users other than its owner may read it; chmod 600 %s", path);
}

/* Where the first one is, or NULL. */
static const struct conf_place *find_key(const struct conf *c)
{
	if (c->set & CONF_PRIVATE_KEY)
		return &c->key_place;
	for (size_t i = 0; i < c->n_peer; i++) {
		if (c->peer[i].set & CONF_PEER_PSK)
			return &c->peer[i].psk_place;
	}
	return NULL;
}

/* All tunnels of the host are in that group: one remark, at the first of them. */
static void look_for_keys(const struct conf *c, const struct stat *st, struct conf_report *r)
{
	const struct conf_place *place = find_key(c);

	if (place && S_ISREG(st->st_mode) && is_for_service(st))
		diag_line_warning(
			r, c->path, *place,
			"the group taut, and so every other tunnel, may read this key; "
			"chmod 600 %s, or put it into a %s",
			c->path, c->set & CONF_PRIVATE_KEY ? "PrivateKeyFile" : "PresharedKeyFile");
}

static void drop(char *text, size_t size)
{
	if (text)
		wipe(text, size);
	mem_free(text);
}

/* Read all of fd into memory of *size bytes, to be wiped. 0 or -errno. */
static int read_all(int fd, char **text, size_t *size, size_t *len)
{
	char *bigger;
	ssize_t n;

	for (;;) {
		if (*len > FILE_MAX)
			return -EFBIG;
		if (*len == *size) {
			/* Not mem_resize(): it could leave keys behind in freed memory. */
			bigger = mem_new(*size ? 2 * *size : FILE_FIRST);
			if (!bigger)
				return -ENOMEM;
			if (*len)
				memcpy(bigger, *text, *len);
			drop(*text, *size);
			*text = bigger;
			*size = *size ? 2 * *size : FILE_FIRST;
		}
		n = read(fd, *text + *len, *size - *len);
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		*len += (size_t)n;
	}
}

static void not_read(struct conf_report *r, const char *path, int err)
{
	struct conf_place nowhere = { 0 };
	gid_t group;

	if (err == -EFBIG)
		diag_line_error(r, path, nowhere,
				"more than %d MiB; this is not a configuration file",
				FILE_MAX >> 20);
	else if (err == -EACCES && conf_service_group(&group))
		diag_line_error(r, path, nowhere,
				"cannot read it: %s; for the service, if there are no keys in it: "
				"chown root:taut %s; chmod 640 %s",
				strerror(-err), path, path);
	else
		diag_line_error(r, path, nowhere, "cannot read it: %s", strerror(-err));
}

/* As the owner wrote it, or as the service manager has read it. */
static int open_file(const char *path, bool *copied)
{
	const char *slash = strrchr(path, '/');
	char credential[PATH_MAX];
	int fd, err, copy;

	*copied = false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	err = fd < 0 ? -errno : fd;
	if (err != -EACCES)
		return err;
	copy = credential_open(slash ? slash + 1 : path, credential, sizeof(credential));
	*copied = copy >= 0;
	return *copied ? copy : err;
}

int conf_read_file(struct conf *c, const char *path, struct conf_report *r)
{
	bool is_stdin = strcmp(path, "-") == 0, copied = false;
	int fd, err, parsed;
	unsigned errors = r->errors;
	size_t size = 0, len = 0;
	char *text = NULL;
	struct stat st;

	fd = is_stdin ? STDIN_FILENO : open_file(path, &copied);
	err = fd < 0 ? fd : 0;
	if (err == 0 && fstat(fd, &st) < 0)
		err = -errno;
	if (err == 0)
		err = read_all(fd, &text, &size, &len);
	if (fd >= 0 && !is_stdin)
		close(fd);
	if (err) {
		not_read(r, path, err);
		goto out;
	}
	if (!is_stdin && !copied)
		look_at_rights(path, &st, r);
	parsed = conf_read_text(c, path, text, len, r);
	c->copied = copied;
	c->holds_keys = find_key(c) != NULL;
	if (parsed != -ENOMEM && !is_stdin && !copied)
		look_for_keys(c, &st, r);
	err = parsed == 0 && r->errors != errors ? -EINVAL : parsed;
out:
	drop(text, size);
	return err;
}

/* SPDX-License-Identifier: ISC */
#include "control/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "conf/conf.h"

enum {
	UNKNOWN_ID = 65534, /* unless the sysctl says otherwise */
	FEW_GROUPS = 64,
};

/* An answer to get has secrets only for those who have all rights. */
static const struct {
	const char *line;
	enum rights needed;
} verbs[] = {
	{ "get=1", RIGHTS_READ },    { "status=1", RIGHTS_READ }, { "why=1", RIGHTS_READ },
	{ "events=1", RIGHTS_READ }, { "set=1", RIGHTS_ALL },     { "handshake=1", RIGHTS_ALL },
	{ "reload=1", RIGHTS_ALL },  { "stop=1", RIGHTS_ALL },
};

bool rights_needed(struct text first_line, enum rights *needed)
{
	size_t i;

	for (i = 0; i < LEN(verbs); i++) {
		if (!text_is(first_line, verbs[i].line))
			continue;
		*needed = verbs[i].needed;
		return true;
	}
	return false;
}

static const char overflow_uid[] = "/proc/sys/kernel/overflowuid";
static const char overflow_gid[] = "/proc/sys/kernel/overflowgid";

/* A whole file of /proc; empty if it cannot be read or does not fit. */
static struct text read_proc(int dir, const char *path, char *room, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return text_from(room, 0);
	n = read(fd, room, size);
	close(fd);
	return text_from(room, n > 0 && (size_t)n < size ? (size_t)n : 0);
}

static unsigned unknown_id(const char *path)
{
	uint64_t id;
	char line[16];

	if (!text_u64(text_trim(read_proc(AT_FDCWD, path, line, sizeof(line))), UINT32_MAX, &id))
		return UNKNOWN_ID;
	return (unsigned)id;
}

struct rights_rule rights_rule(void)
{
	struct rights_rule rule = {
		.own = geteuid(),
		.readers = (gid_t)-1,
		.unknown_uid = unknown_id(overflow_uid),
		.unknown_gid = unknown_id(overflow_gid),
	};
	const struct passwd *shared = getpwnam("taut");

	if (shared && shared->pw_uid == rule.own)
		rule.own = (uid_t)-1;
	conf_service_group(&rule.readers);
	return rule;
}

static bool is_reader(const struct rights_rule *rule, const struct rights_peer *peer)
{
	size_t i;

	if (rule->readers == (gid_t)-1 || rule->readers == rule->unknown_gid)
		return false;
	for (i = 0; i < peer->n_groups && peer->groups[i] != rule->readers; i++)
		;
	return peer->gid == rule->readers || i < peer->n_groups;
}

enum rights rights_judge(const struct rights_rule *rule, const struct rights_peer *peer)
{
	if (peer->uid == (uid_t)-1)
		return RIGHTS_NONE;
	if (peer->uid == 0)
		return RIGHTS_ALL;
	/* Any user of another namespace may hide behind that number. */
	if (peer->uid == rule->own && peer->uid != rule->unknown_uid)
		return RIGHTS_ALL;
	return is_reader(rule, peer) ? RIGHTS_READ : RIGHTS_NONE;
}

/* Returns how many there are; *groups is to be freed. */
static size_t ask_groups(int fd, gid_t **groups)
{
	socklen_t len = FEW_GROUPS * sizeof(gid_t);

	*groups = mem_new(len);
	if (*groups && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, *groups, &len) == 0)
		return len / sizeof(gid_t);
	mem_free(*groups);
	/* If there was too little room, len says how much it takes. */
	*groups = len > FEW_GROUPS * sizeof(gid_t) ? mem_new(len) : NULL;
	if (*groups && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, *groups, &len) == 0)
		return len / sizeof(gid_t);
	return 0;
}

enum rights rights_of(const struct rights_rule *rule, int fd)
{
	struct ucred cred = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	socklen_t len = sizeof(cred);
	struct rights_peer peer;
	enum rights rights;
	gid_t *groups;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return RIGHTS_NONE;
	peer = (struct rights_peer){ .uid = cred.uid, .gid = cred.gid };
	peer.n_groups = ask_groups(fd, &groups);
	peer.groups = groups;
	rights = rights_judge(rule, &peer);
	mem_free(groups);
	return rights;
}

/* One character of the name of a unit, in which \x2b may stand for +. */
static bool take_char(struct text *t, char *out)
{
	char hex[] = "0x..";
	uint64_t code;

	if (text_len(*t) < 4 || memcmp(t->at, "\\x", 2) != 0) {
		*out = t->at < t->end ? *t->at++ : '\0';
		return *out;
	}
	memcpy(hex + 2, t->at + 2, 2);
	t->at += 4;
	if (!text_hex(text_from_str(hex), UINT8_MAX, &code))
		return false;
	*out = (char)code;
	return true;
}

static bool begins_with(struct text t, const char *word)
{
	return text_len(t) >= strlen(word) && memcmp(t.at, word, strlen(word)) == 0;
}

static bool ends_with(struct text t, const char *word)
{
	return text_len(t) >= strlen(word) && memcmp(t.end - strlen(word), word, strlen(word)) == 0;
}

/* taut@NAME.service */
static bool is_unit_of(struct text t, const char *name)
{
	static const char before[] = "taut@", after[] = ".service";
	char c;

	if (!begins_with(t, before) || !ends_with(t, after))
		return false;
	t.at += strlen(before);
	t.end -= strlen(after);
	while (*name && t.at < t.end) {
		if (!take_char(&t, &c) || c != *name++)
			return false;
	}
	return !*name && t.at == t.end;
}

static bool find_path(struct text groups, const char *hierarchy, struct text *path)
{
	struct text line, part;

	while (text_split(&groups, '\n', &line)) {
		if (text_split(&line, ':', &part) && text_split(&line, ':', &part) &&
		    text_is(part, hierarchy)) {
			*path = line;
			return begins_with(line, "/");
		}
	}
	return false;
}

static bool is_below(struct text *path, struct text top)
{
	if (text_len(*path) < text_len(top) || memcmp(path->at, top.at, text_len(top)) != 0)
		return false;
	path->at += text_len(top);
	return begins_with(*path, "/");
}

static bool in_unit(struct text groups, struct text first, const char *hierarchy, const char *name)
{
	static const char init[] = "/init.scope";
	struct text path, top, part;

	if (!find_path(groups, hierarchy, &path) || !find_path(first, hierarchy, &top))
		return false;
	/* In a container there may be something above. */
	if (ends_with(top, init))
		top.end -= strlen(init);
	if (text_is(top, "/"))
		top.end = top.at;
	if (!is_below(&path, top))
		return false;
	path.at++;
	/* Below a unit, which may be one of a user, its processes make their own groups. */
	do {
		if (!text_split(&path, '/', &part))
			return false;
	} while (ends_with(part, ".slice"));
	return is_unit_of(part, name);
}

bool rights_in_unit(struct text groups, struct text first, const char *name)
{
	return in_unit(groups, first, "", name) || in_unit(groups, first, "name=systemd", name);
}

/* All that is read here is of one process, even if its number is used again. */
static int check_unit(const struct ucred *who, const char *name)
{
	char path[32], status[8192], groups[8192], first[8192];
	struct text text, line, part;
	uint64_t uid = 0;
	bool is = false;
	int dir;

	snprintf(path, sizeof(path), "/proc/%ld", (long)who->pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT && who->pid ? -ECONNREFUSED : -EKEYREJECTED;
	text = read_proc(dir, "status", status, sizeof(status));
	while (text_split(&text, '\n', &line)) {
		if (!text_split(&line, '\t', &part) || !text_is(part, "Uid:"))
			continue;
		is = text_split(&line, '\t', &part) && text_u64(part, UINT32_MAX, &uid) &&
		     uid == who->uid;
		break;
	}
	is = is &&
	     rights_in_unit(read_proc(dir, "cgroup", groups, sizeof(groups)),
			    read_proc(AT_FDCWD, "/proc/1/cgroup", first, sizeof(first)), name);
	close(dir);
	return is ? 0 : -EKEYREJECTED;
}

int rights_check_tunnel(int fd, const char *dir, const char *name)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(who);
	struct stat st;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return -EKEYREJECTED;
	if (who.uid == 0)
		return 0;
	if (who.uid == (uid_t)-1 || who.uid == unknown_id(overflow_uid))
		return -EKEYREJECTED;
	if (stat(dir, &st) == 0 && st.st_uid == who.uid)
		return 0;
	return check_unit(&who, name);
}

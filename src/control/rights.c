/* SPDX-License-Identifier: ISC */
#include "control/rights.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdint.h>
#include <sys/socket.h>
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

static unsigned unknown_id(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t id = UNKNOWN_ID;
	char line[16];
	ssize_t n;

	if (fd < 0)
		return UNKNOWN_ID;
	n = read(fd, line, sizeof(line));
	close(fd);
	if (n <= 0 || !text_u64(text_trim(text_from(line, (size_t)n)), UINT32_MAX, &id))
		return UNKNOWN_ID;
	return (unsigned)id;
}

struct rights_rule rights_rule(void)
{
	struct rights_rule rule = {
		.own = geteuid(),
		.readers = (gid_t)-1,
		.unknown_uid = unknown_id("/proc/sys/kernel/overflowuid"),
		.unknown_gid = unknown_id("/proc/sys/kernel/overflowgid"),
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

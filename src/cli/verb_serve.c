/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "cli/detach.h"
#include "cli/verb.h"

/* A descriptor that the caller passes by number; -1: none. false: reported. */
static bool handed_over(const char *variable, int *fd)
{
	const char *word = getenv(variable);
	uint64_t number;

	*fd = -1;
	if (!word || !*word)
		return true;
	if (!text_u64(text_from_str(word), INT_MAX, &number) || fcntl((int)number, F_GETFD) < 0) {
		say("%s=%s is not an open descriptor", variable, word);
		return false;
	}
	*fd = (int)number;
	fcntl(*fd, F_SETFD, FD_CLOEXEC);
	return true;
}

static void ready(void *ctx)
{
	(void)ctx;
}

bool verb_serve_is_meant(const char *word, const char *called)
{
	/* The first is wg-quick(8)'s, from its caller; the others are wireguard-go's. */
	static const char *const names[] = { "WG_QUICK_USERSPACE_IMPLEMENTATION",
					     "WG_PROCESS_FOREGROUND", "WG_TUN_FD", "WG_UAPI_FD" };
	char path[PATH_MAX], name[CONF_NAME_MAX + 1];
	const char *slash = strrchr(called, '/');
	size_t i;

	for (i = 0; i < LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return true;
	}
	/* Without the variable wg-quick(8) looks for a program of that name. */
	if (strcmp(slash ? slash + 1 : called, "wireguard-go") == 0)
		return true;
	return conf_name_ok(word) && conf_find(word, path, sizeof(path), name) == 0;
}

/*
 * `taut IFNAME`: what wg-quick(8) expects of a userspace implementation, with the environment
 * variables of wireguard-go.
 */
int verb_serve(const struct command *c)
{
	const char *stay = getenv("WG_PROCESS_FOREGROUND");
	struct monitor_options o = {
		.ready = ready, .aead = c->aead, .jail = c->jail, .tune = c->tune
	};

	if (!conf_name_ok(c->arg))
		return say_usage("'%s' is neither a verb nor the name of an interface", c->arg);
	memcpy(o.name, c->arg, strlen(c->arg) + 1);
	if (!handed_over("WG_TUN_FD", &o.tun_fd) || !handed_over("WG_UAPI_FD", &o.uapi_fd))
		return EXITCODE_FAILED;
	if (c->foreground || (stay && strcmp(stay, "1") == 0))
		return monitor_run(&o);
	return detach_run(&o);
}

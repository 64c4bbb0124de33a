/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "cli/find.h"
#include "cli/verb.h"
#include "monitor/monitor.h"

static void ready(void *ctx)
{
	(void)ctx;
}

int verb_run(const struct command *c)
{
	struct monitor_options o = { .tun_fd = -1,
				     .uapi_fd = -1,
				     .ready = ready,
				     .aead = c->aead,
				     .jail = c->jail,
				     .tune = c->tune };
	char path[PATH_MAX];

	if (!find_file(c->arg, path, o.name))
		return EXITCODE_CONFIG;
	o.path = path;
	return monitor_run(&o);
}

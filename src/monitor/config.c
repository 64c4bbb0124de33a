/* SPDX-License-Identifier: ISC */
#include "monitor/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/dh.h"
#include "host/hooks.h"

static int check_hooks(const struct conf *c, const char *path, config_say_fn *say, void *ctx)
{
	char why[HOOKS_WHY], line[HOOKS_WHY + 128];

	if (!hooks_any(c))
		return 0;
	if (!hooks_fit_shell(c, why))
		say(ctx, CONF_WARNING, why);
	if (hooks_trusted(path, why))
		return 0;
	snprintf(line, sizeof(line), "refusing to run PreUp, PostUp, PreDown or PostDown: %s", why);
	say(ctx, CONF_ERROR, line);
	return -EPERM;
}

static int check(struct conf *c, struct conf_report *report)
{
	struct key private_key = c->private_key, public_key = { 0 };
	bool known = c->set & CONF_PRIVATE_KEY && !key_is_zero(&private_key);

	if (known) {
		key_clamp(&private_key);
		dh_public(&public_key, &private_key);
	}
	wipe(&private_key, sizeof(private_key));
	if (conf_settle(c, known ? &public_key : NULL, report) < 0)
		return -ENOMEM;
	return conf_check(c, known ? &public_key : NULL, report);
}

int config_read(struct conf *c, const char *path, config_say_fn *say, void *ctx)
{
	struct conf_report report = { .say = say, .ctx = ctx };
	int r;

	r = conf_read_file(c, path, &report);
	if (r < 0)
		return r;
	r = conf_load_keys(c, &report);
	if (r < 0)
		return r;
	r = check(c, &report);
	if (r < 0)
		return r;
	return check_hooks(c, path, say, ctx);
}

bool config_same_dns(const struct conf *a, const struct conf *b)
{
	if (a->n_dns != b->n_dns)
		return false;
	for (size_t i = 0; i < a->n_dns; i++) {
		const struct conf_dns *x = &a->dns[i], *y = &b->dns[i];

		if (!ip_equal(&x->server, &y->server))
			return false;
		if (!x->server.family && strcmp(x->search, y->search) != 0)
			return false;
	}
	return true;
}

/* SPDX-License-Identifier: ISC */
#include "host/resolvconf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/print.h"
#include "host/spawn.h"

enum {
	WORDS = 64, /* of one command line */
	PATIENCE_MS = 5000,
};

struct command {
	const char *argv[WORDS + 1];
	size_t n;
	char ip[WORDS][IP_TEXT];
};

static bool add_word(struct command *c, const char *word)
{
	if (c->n == WORDS)
		return false;
	c->argv[c->n++] = word;
	c->argv[c->n] = NULL;
	return true;
}

static bool add_servers(struct command *c, const struct conf_dns *dns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!dns[i].server.family)
			continue;
		if (c->n == WORDS)
			return false;
		ip_print(c->ip[c->n], &dns[i].server);
		add_word(c, c->ip[c->n]);
	}
	return true;
}

/* Without search domains the tunnel serves all names, as wg-quick's resolvconf -x. */
static bool add_domains(struct command *c, const struct conf_dns *dns, size_t n)
{
	size_t before = c->n;

	for (size_t i = 0; i < n; i++) {
		if (!dns[i].server.family && !add_word(c, dns[i].domain))
			return false;
	}
	return c->n > before || add_word(c, "~.");
}

static int run(struct command *c, const char *input)
{
	int r = spawn_run(c->argv, input, PATIENCE_MS, NULL);

	return r > 0 ? -EIO : r;
}

static int resolvectl(const char *verb, const char *name, const struct conf_dns *dns, size_t n,
		      bool (*add)(struct command *, const struct conf_dns *, size_t))
{
	struct command *c = mem_new(sizeof(*c));
	int r = -E2BIG;

	if (!c)
		return -ENOMEM;
	add_word(c, "resolvectl");
	add_word(c, verb);
	add_word(c, name);
	if (!add || add(c, dns, n))
		r = run(c, NULL);
	mem_free(c);
	return r;
}

static int by_resolvectl(const char *name, const struct conf_dns *dns, size_t n)
{
	int r;

	r = resolvectl("dns", name, dns, n, add_servers);
	if (r == 0)
		r = resolvectl("domain", name, dns, n, add_domains);
	if (r < 0 && r != -ENOENT)
		resolvectl("revert", name, NULL, 0, NULL);
	return r;
}

/* Debian's resolvconf sorts its records by the kind of interface, in this file. */
static void record_name(char *out, size_t size, const char *name)
{
	bool sorted = access("/etc/resolvconf/interface-order", R_OK) == 0;

	snprintf(out, size, "%s%s", sorted ? "tun." : "", name);
}

static void print_resolv_conf(struct print *text, const struct conf_dns *dns, size_t n)
{
	char ip[IP_TEXT];
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		if (!dns[i].server.family)
			continue;
		ip_print(ip, &dns[i].server);
		print_add(text, "nameserver %s\n", ip);
	}
	for (size_t i = 0; i < n; i++) {
		if (dns[i].server.family)
			continue;
		print_add(text, "%s%s", first ? "search " : " ", dns[i].domain);
		first = false;
	}
	if (!first)
		print_add(text, "\n");
}

static int by_resolvconf(const char *name, const struct conf_dns *dns, size_t n)
{
	struct print text = { 0 };
	struct command *c = mem_new(sizeof(*c));
	char record[64];
	int r = -ENOMEM;

	if (!c)
		return -ENOMEM;
	record_name(record, sizeof(record), name);
	print_resolv_conf(&text, dns, n);
	if (text.failed)
		goto out;
	add_word(c, "resolvconf");
	add_word(c, "-a");
	add_word(c, record);
	add_word(c, "-m");
	add_word(c, "0");
	add_word(c, "-x");
	r = run(c, text.chars);
out:
	print_fini(&text);
	mem_free(c);
	return r;
}

int resolvconf_add(const char *name, const struct conf_dns *dns, size_t n,
		   enum resolvconf_helper *helper)
{
	int first, r;

	first = by_resolvectl(name, dns, n);
	if (first == 0) {
		*helper = RESOLVCONF_BY_RESOLVECTL;
		return 0;
	}
	r = by_resolvconf(name, dns, n);
	if (r == 0)
		*helper = RESOLVCONF_BY_RESOLVCONF;
	return r == -ENOENT ? first : r;
}

int resolvconf_del(const char *name, enum resolvconf_helper helper)
{
	char record[64];
	const char *const argv[] = { "resolvconf", "-d", record, "-f", NULL };
	int r;

	if (helper == RESOLVCONF_BY_RESOLVECTL)
		return resolvectl("revert", name, NULL, 0, NULL);
	if (helper != RESOLVCONF_BY_RESOLVCONF)
		return 0;
	record_name(record, sizeof(record), name);
	r = spawn_run(argv, NULL, PATIENCE_MS, NULL);
	return r > 0 ? -EIO : r;
}

int resolvconf_sweep(const char *name)
{
	/* Debian's resolvconf; openresolv, old and new. */
	static const char *const folder[] = { "interface", "interfaces", "keys" };
	char record[64], path[128];
	int r;

	record_name(record, sizeof(record), name);
	for (size_t i = 0; i < LEN(folder); i++) {
		snprintf(path, sizeof(path), "/run/resolvconf/%s/%s", folder[i], record);
		if (access(path, F_OK) < 0)
			continue;
		r = resolvconf_del(name, RESOLVCONF_BY_RESOLVCONF);
		return r < 0 ? r : 1;
	}
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include "host/resolvconf.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/print.h"

enum {
	WORDS = 64, /* of one command line */
	PATIENCE_MS = 5000,
	SERVER_TEXT = IP_TEXT + 1 + CONF_NAME_MAX,
};

/* A wish under way. */
struct task {
	const struct resolvconf_wish *wish;
	struct resolvconf_result *result;
	enum resolvconf_helper by;
	uint64_t until; /* clock_monotonic_us() */
};

struct command {
	const char *argv[WORDS + 1];
	size_t n;
	char server[WORDS][SERVER_TEXT];
};

const char *resolvconf_helper_name(enum resolvconf_helper helper)
{
	static const char *const names[] = {
		[RESOLVCONF_BY_RESOLVECTL] = "resolvectl",
		[RESOLVCONF_BY_RESOLVCONF] = "resolvconf",
	};

	return names[helper];
}

static bool add_word(struct command *c, const char *word)
{
	if (c->n == WORDS)
		return false;
	c->argv[c->n++] = word;
	c->argv[c->n] = NULL;
	return true;
}

/* --- what is wished --- */

/* resolvectl refuses a name server on another interface than its own. */
static bool takes(enum resolvconf_helper helper, const char *name, const struct conf_dns *dns)
{
	unsigned long index;

	if (!dns->server.family)
		return false;
	if (helper != RESOLVCONF_BY_RESOLVECTL || !dns->zone || strcmp(dns->zone, name) == 0)
		return true;
	index = strtoul(dns->zone, NULL, 10);
	return index && index == if_nametoindex(name);
}

static void print_server(char text[SERVER_TEXT], const struct conf_dns *dns)
{
	size_t len;

	ip_print(text, &dns->server);
	len = strlen(text);
	if (dns->zone)
		snprintf(text + len, SERVER_TEXT - len, "%%%s", dns->zone);
}

static bool has_server(const struct resolvconf_wish *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->dns[i].server.family)
			return true;
	}
	return false;
}

/* Domains without servers are only searched. */
static bool is_all(enum resolvconf_helper helper, const struct resolvconf_wish *w)
{
	bool any = false;

	if (!has_server(w))
		return false;
	if (w->all || helper == RESOLVCONF_BY_RESOLVCONF)
		return true;
	for (size_t i = 0; i < w->n; i++) {
		if (w->dns[i].domain && strcmp(w->dns[i].domain, "~.") == 0)
			return true;
		any |= w->dns[i].domain != NULL;
	}
	return !any;
}

/* Of all names, a domain needs to be named only if it is also searched. */
static bool needs(bool all, const struct conf_dns *dns)
{
	return dns->domain && !(all && *dns->domain == '~');
}

/* A blank and the word, or that there are more. */
static void append(char words[RESOLVCONF_WORDS], const char *word)
{
	size_t len = strlen(words), room = RESOLVCONF_WORDS - sizeof(" ...");

	if (len >= 3 && strcmp(words + len - 3, "...") == 0)
		return;
	if (len + 1 + strlen(word) > room)
		word = "...";
	snprintf(words + len, RESOLVCONF_WORDS - len, "%s%s", len ? " " : "", word);
}

static void describe(struct resolvconf_result *r, enum resolvconf_helper helper,
		     const struct resolvconf_wish *w)
{
	bool all = is_all(helper, w);
	char text[SERVER_TEXT];

	*r->servers = *r->domains = '\0';
	r->left_out = false;
	if (all)
		append(r->domains, "~.");
	for (size_t i = 0; i < w->n; i++) {
		if (needs(all, &w->dns[i]))
			append(r->domains, w->dns[i].domain);
		if (takes(helper, w->name, &w->dns[i])) {
			print_server(text, &w->dns[i]);
			append(r->servers, text);
		} else if (w->dns[i].server.family) {
			r->left_out = true;
		}
	}
}

/* --- running a helper --- */

/* All of them share the time. */
static int run(struct task *t, const char *const argv[], const char *input)
{
	uint64_t now = clock_monotonic_us();
	char said[SPAWN_SAID] = "";
	int r = -ETIMEDOUT;

	if (now < t->until) {
		r = spawn_run(argv, input, (int)((t->until - now) / 1000) + 1, said);
		if (r == -ETIMEDOUT)
			t->result->unsure = t->by;
	}
	if (r > 0)
		r = -EIO;
	/* The first that fails is the one that should have done it. */
	if (r < 0 && r != -ENOENT && !t->result->failed) {
		t->result->failed = t->by;
		memcpy(t->result->said, said, sizeof(said));
	}
	return r;
}

static bool add_servers(struct command *c, const struct resolvconf_wish *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (!takes(RESOLVCONF_BY_RESOLVECTL, w->name, &w->dns[i]))
			continue;
		if (c->n == WORDS)
			return false;
		print_server(c->server[c->n], &w->dns[i]);
		add_word(c, c->server[c->n]);
	}
	return true;
}

static bool add_domains(struct command *c, const struct resolvconf_wish *w)
{
	bool all = is_all(RESOLVCONF_BY_RESOLVECTL, w);

	if (all)
		add_word(c, "~.");
	for (size_t i = 0; i < w->n; i++) {
		if (needs(all, &w->dns[i]) && !add_word(c, w->dns[i].domain))
			return false;
	}
	return true;
}

static bool add_whether_default(struct command *c, const struct resolvconf_wish *w)
{
	return add_word(c, is_all(RESOLVCONF_BY_RESOLVECTL, w) ? "yes" : "no");
}

static int resolvectl(struct task *t, const char *verb,
		      bool (*add)(struct command *, const struct resolvconf_wish *))
{
	struct command *c = mem_new(sizeof(*c));
	int r = -E2BIG;

	if (!c)
		return -ENOMEM;
	add_word(c, "resolvectl");
	add_word(c, verb);
	add_word(c, t->wish->name);
	if (add(c, t->wish))
		r = run(t, c->argv, NULL);
	mem_free(c);
	return r;
}

/*
 * The servers come last: a link without any is not asked, and one with the wrong domains might be
 * asked what is none of its business.
 */
static int by_resolvectl(struct task *t)
{
	int r;

	describe(t->result, RESOLVCONF_BY_RESOLVECTL, t->wish);
	if (t->result->left_out && !*t->result->servers)
		return -EADDRNOTAVAIL;
	r = resolvectl(t, "domain", add_domains);
	if (r == 0)
		r = resolvectl(t, "default-route", add_whether_default);
	if (r == 0 && *t->result->servers)
		r = resolvectl(t, "dns", add_servers);
	return r;
}

/* Debian's resolvconf sorts its records by the kind of interface, in this file. */
static void record_name(char *out, size_t size, const char *name)
{
	bool sorted = access("/etc/resolvconf/interface-order", R_OK) == 0;

	snprintf(out, size, "%s%s", sorted ? "tun." : "", name);
}

static bool has_record(const char *record)
{
	/* Debian's resolvconf; openresolv, old and new. */
	static const char *const folder[] = { "interface", "interfaces", "keys" };
	char path[128];

	for (size_t i = 0; i < LEN(folder); i++) {
		snprintf(path, sizeof(path), "/run/resolvconf/%s/%s", folder[i], record);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static void print_resolv_conf(struct print *text, const struct resolvconf_wish *w)
{
	char server[SERVER_TEXT];
	bool first = true;

	for (size_t i = 0; i < w->n; i++) {
		if (!w->dns[i].server.family)
			continue;
		print_server(server, &w->dns[i]);
		print_add(text, "nameserver %s\n", server);
	}
	for (size_t i = 0; i < w->n; i++) {
		if (!needs(true, &w->dns[i]))
			continue;
		print_add(text, "%s%s", first ? "search " : " ", w->dns[i].domain);
		first = false;
	}
	if (!first)
		print_add(text, "\n");
}

/* resolved brings a resolvconf, too, which only is another name of resolvectl. */
static bool is_resolvectl(void)
{
	static const char *const path[] = { "/usr/sbin/resolvconf", "/usr/bin/resolvconf",
					    "/sbin/resolvconf", "/bin/resolvconf" };
	char real[PATH_MAX];

	for (size_t i = 0; i < LEN(path); i++) {
		if (realpath(path[i], real))
			return strcmp(strrchr(real, '/'), "/resolvectl") == 0;
	}
	return false;
}

static int by_resolvconf(struct task *t)
{
	char record[64];
	/* Without servers, the others must not be shut out. */
	const char *const only = has_server(t->wish) ? "-x" : NULL;
	const char *const set[] = { "resolvconf", "-a", record, "-m", "0", only, NULL };
	const char *const drop[] = { "resolvconf", "-d", record, "-f", NULL };
	struct print text = { 0 };
	int r = -ENOMEM;

	if (is_resolvectl())
		return -ENOENT;
	describe(t->result, RESOLVCONF_BY_RESOLVCONF, t->wish);
	record_name(record, sizeof(record), t->wish->name);
	print_resolv_conf(&text, t->wish);
	if (!text.failed)
		r = run(t, set, text.chars);
	/* It keeps the record even if it cannot do what follows from it. */
	if (r == -EIO && has_record(record) && run(t, drop, NULL) < 0)
		t->result->unsure = t->by;
	print_fini(&text);
	return r;
}

/* --- from outside --- */

static int set_by(struct task *t, enum resolvconf_helper helper)
{
	int r;

	t->by = helper;
	r = helper == RESOLVCONF_BY_RESOLVECTL ? by_resolvectl(t) : by_resolvconf(t);
	if (r == 0)
		t->result->helper = helper;
	return r;
}

void resolvconf_look(const struct resolvconf_wish *wish, struct resolvconf_result *result)
{
	if (!has_server(wish) || !asked_besides(result->aside, wish->dns, wish->n))
		*result->aside = '\0';
}

int resolvconf_set(const struct resolvconf_wish *wish, struct resolvconf_result *result)
{
	struct task t = { .wish = wish, .result = result };
	bool resolved = asked_resolved();
	int r, other;

	*result = (struct resolvconf_result){ 0 };
	t.until = clock_monotonic_us() + PATIENCE_MS * 1000;
	r = set_by(&t, resolved ? RESOLVCONF_BY_RESOLVECTL : RESOLVCONF_BY_RESOLVCONF);
	if (r < 0) {
		other = set_by(&t, resolved ? RESOLVCONF_BY_RESOLVCONF : RESOLVCONF_BY_RESOLVECTL);
		r = other == 0 || r == -ENOENT ? other : r;
	}
	if (r == 0)
		resolvconf_look(wish, result);
	else
		describe(result, RESOLVCONF_NONE, wish);
	return r;
}

static int run_alone(const char *const argv[])
{
	int r = spawn_run(argv, NULL, PATIENCE_MS, NULL);

	return r > 0 ? -EIO : r;
}

static int del(const char *name, enum resolvconf_helper helper)
{
	char record[64];
	const char *const by_resolvectl[] = { "resolvectl", "revert", name, NULL };
	const char *const by_resolvconf[] = { "resolvconf", "-d", record, "-f", NULL };

	if (helper == RESOLVCONF_BY_RESOLVECTL)
		/* resolved has forgotten a link that is gone. */
		return if_nametoindex(name) ? run_alone(by_resolvectl) : 0;
	if (helper != RESOLVCONF_BY_RESOLVCONF)
		return 0;
	record_name(record, sizeof(record), name);
	return run_alone(by_resolvconf);
}

unsigned resolvconf_used(const struct resolvconf_result *result)
{
	return (1U << result->helper | 1U << result->unsure) & ~(1U << RESOLVCONF_NONE);
}

int resolvconf_undo(const char *name, unsigned helpers)
{
	int r, first = 0;

	for (unsigned i = 0; i < RESOLVCONF_HELPERS; i++) {
		r = helpers & 1U << i ? del(name, (enum resolvconf_helper)i) : 0;
		first = first ? first : r;
	}
	return first;
}

int resolvconf_sweep(const char *name)
{
	char record[64];
	int r;

	record_name(record, sizeof(record), name);
	if (!has_record(record))
		return 0;
	r = del(name, RESOLVCONF_BY_RESOLVCONF);
	return r < 0 ? r : 1;
}

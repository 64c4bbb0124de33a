/* SPDX-License-Identifier: ISC */
#include "names/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "proto/admin.h"

/* Of thousands without searching, as long as the peer exists. */
static struct name *find(const struct names *n, const struct key *peer)
{
	const struct peer *p = admin_find(n->tunnel, peer);
	struct name *name = p ? p->note.named : n->first;

	while (!p && name && !key_equal(&name->peer, peer))
		name = name->next;
	return name;
}

const struct name *names_of(const struct names *n, const struct key *peer)
{
	return find(n, peer);
}

static void log_failure(struct name *name, const char *why, unsigned retry)
{
	bool news = strncmp(name->why, why, sizeof(name->why) - 1) != 0;

	snprintf(name->why, sizeof(name->why), "%s", why);
	name->retry_seconds = retry;
	/* One line per change, not per attempt. */
	if (news)
		log_warn("endpoint %s has no usable address: %s; retrying until it resolves, next "
			 "in %u s",
			 name->host, why, retry);
}

/* Those that a socket of ours can reach, of each family at least one. */
static unsigned filter(const struct names *n, struct endpoint usable[REACH_CANDIDATES],
		       const struct endpoint *ends, unsigned n_ends)
{
	unsigned found = 0;

	for (unsigned i = 0; i < n_ends; i++) {
		if (n->reachable(n->ctx, &ends[i]))
			found = endpoint_append(usable, found, REACH_CANDIDATES, &ends[i]);
	}
	return found;
}

static void answered(void *ctx, const struct endpoint *ends, unsigned n, const char *why,
		     unsigned retry)
{
	struct name *name = ctx;
	struct names *names = name->names;
	struct peer *p = admin_find(names->tunnel, &name->peer);
	struct endpoint usable[REACH_CANDIDATES], before;
	unsigned found = filter(names, usable, ends, n);
	char text[ENDPOINT_TEXT];

	if (n == 0) {
		log_failure(name, why ? why : "no answer", retry);
		return;
	}
	if (found == 0) {
		log_failure(name, "its addresses are of an address family this host does not have",
			    retry);
		return;
	}
	name->why[0] = '\0';
	if (!p)
		return;
	before = p->endpoint;
	admin_candidates(names->tunnel, p, usable, found, clock_now());
	if (endpoint_same_remote(&before, &p->endpoint))
		return;
	endpoint_print(text, &p->endpoint);
	log_info("endpoint %s resolves to %s", name->host, text);
}

/* name: of this peer from now on, or NULL. */
static void bind_to(struct names *n, const struct key *peer, struct name *name)
{
	struct peer *p = admin_find(n->tunnel, peer);

	if (p)
		p->note.named = name;
}

static void add(struct names *n, struct name *name)
{
	name->next = n->first;
	name->at = &n->first;
	if (name->next)
		name->next->at = &name->next;
	n->first = name;
	bind_to(n, &name->peer, name);
}

static void drop(struct name *name)
{
	if (name->question)
		resolver_cancel(name->question);
	mem_free(name->host);
	mem_free(name);
}

static void forget(struct name *name)
{
	bind_to(name->names, &name->peer, NULL);
	*name->at = name->next;
	if (name->next)
		name->next->at = name->at;
	drop(name);
}

int names_set(struct names *n, const struct key *peer, const char *host, uint16_t port)
{
	const struct name *old = names_of(n, peer);
	struct peer *p = admin_find(n->tunnel, peer);
	struct name *name;

	if (old && old->port == port && strcmp(old->host, host) == 0)
		return 0;
	name = mem_new(sizeof(*name));
	if (!name)
		return -ENOMEM;
	name->names = n;
	name->peer = *peer;
	name->port = port;
	name->asked_at = clock_now().mono;
	name->host = mem_text(host, strlen(host));
	if (!name->host)
		goto fail;
	name->question = resolver_ask(n->resolver, host, port, answered, name);
	if (!name->question)
		goto fail;
	names_forget(n, peer);
	/* What another name resolved to, or a literal endpoint, no longer counts. */
	if (p)
		admin_candidates(n->tunnel, p, NULL, 0, clock_now());
	add(n, name);
	return 0;

fail:
	drop(name);
	return -ENOMEM;
}

void names_forget(struct names *n, const struct key *peer)
{
	struct name *name = find(n, peer);

	if (name)
		forget(name);
}

void names_sweep(struct names *n)
{
	struct name *name = n->first, *next;

	for (; name; name = next) {
		next = name->next;
		if (!admin_find(n->tunnel, &name->peer))
			forget(name);
	}
}

void names_forget_all(struct names *n)
{
	while (n->first)
		forget(n->first);
}

void names_unanswered(struct names *n, const struct key *peer)
{
	struct name *name = find(n, peer);

	if (name)
		resolver_again(name->question);
}

void names_again(struct names *n)
{
	for (struct name *name = n->first; name; name = name->next)
		resolver_again(name->question);
}

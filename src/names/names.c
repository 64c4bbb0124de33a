/* SPDX-License-Identifier: ISC */
#include "names/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "proto/admin.h"

static struct name **place_of(struct names *n, const struct key *peer)
{
	struct name **at = &n->first;

	while (*at && !key_equal(&(*at)->peer, peer))
		at = &(*at)->next;
	return at;
}

const struct name *names_of(const struct names *n, const struct key *peer)
{
	const struct name *name = n->first;

	while (name && !key_equal(&name->peer, peer))
		name = name->next;
	return name;
}

/* Whether moving the endpoint could do harm. */
static bool works(const struct peer *p, uint64_t mono)
{
	return p->keyring.current && session_may_send(p->keyring.current, mono) &&
	       !p->timers.at[TIMER_RETRANSMIT];
}

/* Which of its addresses the peer has now; -1: none of them. */
static int current_end(const struct name *name, const struct peer *p)
{
	for (unsigned i = 0; i < name->n; i++) {
		if (endpoint_same_remote(&name->ends[i], &p->endpoint))
			return (int)i;
	}
	return -1;
}

static void move(struct name *name, struct peer *p, const struct endpoint *end)
{
	struct names *n = name->names;
	struct tunnel *t = n->tunnel;
	bool first = !endpoint_known(&p->endpoint);

	admin_endpoint(t, p, end);
	/* What has been waiting can be sent now. */
	if (first && (p->timers.interval || p->staged.n))
		admin_handshake(t, p, clock_now());
	admin_touched(t, p);
	n->moved(n->ctx, p);
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

static void answered(void *ctx, const struct endpoint *ends, unsigned n, const char *why,
		     unsigned retry)
{
	struct name *name = ctx;
	struct names *names = name->names;
	struct peer *p = admin_find(names->tunnel, &name->peer);
	char text[ENDPOINT_TEXT];

	if (n == 0) {
		log_failure(name, why ? why : "no answer", retry);
		return;
	}
	name->n = 0;
	for (unsigned i = 0; i < n && name->n < NAMES_ENDS; i++) {
		if (names->reachable(names->ctx, &ends[i]))
			name->ends[name->n++] = ends[i];
	}
	if (name->n == 0) {
		log_failure(name, "its addresses are of an address family this host does not have",
			    retry);
		return;
	}
	name->why[0] = '\0';
	if (!p || works(p, clock_now().mono) || current_end(name, p) >= 0)
		return;
	endpoint_print(text, &name->ends[0]);
	log_info("endpoint %s resolves to %s", name->host, text);
	move(name, p, &name->ends[0]);
}

static void drop(struct name *name)
{
	if (name->question)
		resolver_cancel(name->question);
	mem_free(name->host);
	mem_free(name);
}

int names_set(struct names *n, const struct key *peer, const char *host, uint16_t port)
{
	const struct name *old = names_of(n, peer);
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
	name->next = n->first;
	n->first = name;
	return 0;

fail:
	drop(name);
	return -ENOMEM;
}

void names_forget(struct names *n, const struct key *peer)
{
	struct name **at = place_of(n, peer);
	struct name *name = *at;

	if (!name)
		return;
	*at = name->next;
	drop(name);
}

void names_forget_all(struct names *n)
{
	while (n->first) {
		struct name *name = n->first;

		n->first = name->next;
		drop(name);
	}
}

void names_unanswered(struct names *n, struct peer *peer)
{
	struct name *name = *place_of(n, &peer->public_key);
	int i;

	if (!name)
		return;
	resolver_again(name->question);
	if (name->n == 0)
		return;
	i = current_end(name, peer);
	if (i >= 0 && name->n == 1)
		return;
	move(name, peer, &name->ends[(unsigned)(i + 1) % name->n]);
}

void names_again(struct names *n)
{
	for (struct name *name = n->first; name; name = name->next)
		resolver_again(name->question);
}

/* SPDX-License-Identifier: ISC */
#include "monitor/dns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "monitor/config.h"
#include "monitor/worker.h"

#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

static struct resolvconf_wish wish_of(const struct monitor *m, const struct conf *c)
{
	return (struct resolvconf_wish){
		.name = m->options.name, .dns = c->dns, .n = c->n_dns, .all = network_takes_all(c)
	};
}

static bool same(const struct conf *a, const struct conf *b)
{
	return config_same_dns(a, b) && (!b->n_dns || network_takes_all(a) == network_takes_all(b));
}

/* --- in words --- */

static void say_failed(char *why, size_t size, const struct resolvconf_result *r)
{
	const char *name = resolvconf_helper_name(r->failed);

	snprintf(why, size, "%s failed%s%s", name ? name : "it", *r->said ? ": " : "", r->said);
}

static void say_why(char *why, size_t size, int error, const struct resolvconf_result *r)
{
	const char *name = resolvconf_helper_name(r->failed);

	switch (error) {
	case -ENOENT:
		snprintf(why, size, "neither resolvectl nor resolvconf is installed");
		break;
	case -ETIMEDOUT:
		snprintf(why, size, "%s did not end within 5 s and was killed",
			 name ? name : "a helper");
		break;
	case -EADDRINUSE:
		snprintf(why, size, "a tunnel in another network namespace has the same name");
		break;
	case -EADDRNOTAVAIL:
		snprintf(why, size, "systemd-resolved takes no name server on another interface");
		break;
	case -EIO:
		say_failed(why, size, r);
		break;
	default:
		snprintf(why, size, "%s", strerror(-error));
	}
}

static const char *says_by(enum resolvconf_helper helper)
{
	return helper == RESOLVCONF_BY_RESOLVECTL ? "systemd-resolved" : "resolvconf";
}

/* --- setting and telling --- */

/* Of a tunnel that takes all traffic, but not that to one of its own servers. */
static void find_outside(struct dns_state *s, const struct conf *c)
{
	*s->outside = '\0';
	for (size_t i = 0; i < c->n_dns && network_takes_all(c); i++) {
		const struct ip *server = &c->dns[i].server;

		if (!server->family || ip_is_link_local(server) || asked_here(server) ||
		    network_contains(c, server))
			continue;
		ip_print(s->outside, server);
		return;
	}
}

static void log_state(const struct dns_state *s, const struct resolvconf_result *r)
{
	if (s->error) {
		log_warn("DNS not set: %s; the tunnel works without it%s", s->why,
			 s->error == -ENOENT ? " (install systemd-resolved or openresolv)" : "");
		return;
	}
	if (r->left_out)
		log_warn("DNS: systemd-resolved takes no name server on another interface: only %s "
			 "will be asked",
			 s->servers);
	if (*s->aside)
		log_warn("DNS is set by %s, but programs also ask %s, which /etc/resolv.conf names",
			 s->by, s->aside);
	if (*s->outside)
		log_warn("DNS: %s is in no AllowedIPs, so it is asked past the tunnel", s->outside);
}

static void set(struct monitor *m, const struct conf *to)
{
	const struct resolvconf_wish wish = wish_of(m, to);
	struct resolvconf_result result = { 0 };
	struct dns_state s = { 0 };

	/* Those who keep its settings know the tunnel by its name alone. */
	s.error = m->name_taken ? -EADDRINUSE : host_dns_set(m->host, &wish, &result);
	COPY(s.servers, result.servers);
	COPY(s.domains, result.domains);
	COPY(s.aside, result.aside);
	if (s.error) {
		say_why(s.why, sizeof(s.why), s.error, &result);
	} else {
		COPY(s.by, says_by(result.helper));
		find_outside(&s, to);
	}
	if (s.error || memcmp(&s, &m->dns, sizeof(s)) != 0)
		log_state(&s, &result);
	m->dns = s;
}

static void drop(struct monitor *m)
{
	int r = host_dns_drop(m->host, m->options.name);

	if (r < 0)
		log_warn("DNS settings not removed: %s",
			 r == -ETIMEDOUT ? "a helper did not end within 5 s and was killed"
					 : strerror(-r));
	m->dns = (struct dns_state){ 0 };
}

void dns_commit(void *side, struct change *c)
{
	struct monitor *m = side;
	bool changed = !same(c->from, c->to), failed = m->dns.error != 0;

	if (!c->to->n_dns && !c->from->n_dns)
		return;
	if (c->walk == WALK_RELOAD && !c->from->n_dns)
		upstream_remember(&m->upstream, c->to);
	if (!c->to->n_dns)
		drop(m);
	else
		set(m, c->to);
	if (changed)
		print_add(c->report, "DNS changed\n");
	else if (failed)
		print_add(c->report, m->dns.error ? "DNS still not set: %s\n" : "DNS set%s\n",
			  m->dns.why);
	worker_tell_dns(m);
}

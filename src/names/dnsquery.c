/* SPDX-License-Identifier: ISC */
#include "names/dnsquery.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/breath.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "names/channel.h"

enum { ENDS_MAX = 16 };

/* c-ares with one edition of resolv.conf. */
struct edition {
	struct edition *next;
	struct dnsquery_channel *home;
	struct channel channel;
	unsigned pending; /* queries not answered yet */
	bool failed;      /* one of them failed */
	ev_timer reap;    /* it must not be destroyed in its own callbacks */
};

struct dnsquery_channel {
	struct ev_loop *loop;
	struct edition *editions; /* the first takes new queries, the others run out */
	bool retired;             /* the first takes no new queries either */
	struct stat conf;         /* of resolv.conf when the first was made, or its text fetched */
	int text;                 /* of a resolv.conf that we may not read; -1: none */
	bool fetching;            /* that text is on its way */
	struct dnsquery *waiting; /* for it */
	dnsquery_fetch_fn *fetch;
	void *fetch_ctx;
	char *resolv_conf, *servers;
	int timeout_ms;
	bool library;
};

struct dnsquery {
	struct dnsquery *next; /* that waits, too */
	struct edition *edition;
	char *host;      /* while it waits */
	dnsquery_fn *fn; /* NULL: forgotten */
	void *ctx;
	uint16_t port;
};

static void edition_free(struct edition *e)
{
	struct edition **at = &e->home->editions;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	channel_close(&e->channel);
	ev_timer_stop(e->home->loop, &e->reap);
	mem_free(e);
}

/* Nobody waits on it, and nobody will. */
static bool is_over(const struct edition *e)
{
	return e->pending == 0 && (e != e->home->editions || e->home->retired);
}

static void on_reap(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct edition *e = CONTAINER(timer, struct edition, reap);

	(void)events;
	ev_timer_stop(loop, timer);
	if (is_over(e))
		edition_free(e);
}

static struct edition *edition_new(struct dnsquery_channel *l, char *resolv_conf)
{
	struct edition *e = mem_new(sizeof(*e));

	if (!e)
		return NULL;
	e->home = l;
	ev_timer_init(&e->reap, on_reap, 0, 0);
	if (channel_open(&e->channel, l->loop, resolv_conf, l->servers, l->timeout_ms) < 0) {
		mem_free(e);
		return NULL;
	}
	e->next = l->editions;
	l->editions = e;
	l->retired = false;
	return e;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/*
 * A process without rights can no longer read it once it was replaced. A new channel would then
 * fall back to a name server on this host.
 */
static bool is_forbidden(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return errno == EACCES;
	close(fd);
	return false;
}

static void forget_text(struct dnsquery_channel *l)
{
	if (l->text >= 0)
		close(l->text);
	l->text = -1;
}

/* In place of the first, which ends when nobody waits on it any more. */
static struct edition *renew(struct dnsquery_channel *l)
{
	char path[sizeof("/proc/self/fd/2147483647")];
	struct edition *e = l->editions;

	if (e && e->pending == 0) {
		l->retired = true;
		ev_timer_start(l->loop, &e->reap);
	}
	if (l->text < 0)
		return edition_new(l, l->resolv_conf);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", l->text);
	return edition_new(l, path);
}

/* NULL: no memory, or (l->fetching) what is asked now has to wait. */
static struct edition *edition_for_asking(struct dnsquery_channel *l, bool may_wait)
{
	struct edition *e = l->retired ? NULL : l->editions;
	struct stat conf;
	bool same;

	if (l->fetching && may_wait)
		return NULL;
	if (stat(l->resolv_conf, &conf) < 0)
		memset(&conf, 0, sizeof(conf));
	same = same_file(&conf, &l->conf);
	if (e && same && !(e->failed && e->pending == 0))
		return e;
	if (!is_forbidden(l->resolv_conf)) {
		forget_text(l);
		l->conf = conf;
		return renew(l);
	}
	if (same && l->text >= 0)
		return renew(l);
	if (may_wait && l->fetch && l->fetch(l->fetch_ctx)) {
		l->fetching = true;
		l->conf = conf;
		return NULL;
	}
	/* With the servers of then, it is better than one without any. */
	return e ? e : renew(l);
}

static const char *reason(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
		return "name does not exist";
	case ARES_SUCCESS:
	case ARES_ENODATA:
		return "name has no address";
	case ARES_ETIMEOUT:
		return "no answer from the name servers";
	case ARES_ECONNREFUSED:
		return "cannot reach the name servers";
	case ARES_ESERVFAIL:
		return "name server failed";
	case ARES_EREFUSED:
		return "name server refused to answer";
	default:
		return ares_strerror(status);
	}
}

static unsigned collect(struct endpoint ends[ENDS_MAX], const struct ares_addrinfo *info,
			uint16_t port)
{
	const struct ares_addrinfo_node *node;
	unsigned n = 0;

	for (node = info ? info->nodes : NULL; node; node = node->ai_next) {
		struct endpoint e = { 0 };

		if (node->ai_family == AF_INET && node->ai_addrlen >= sizeof(e.remote.v4)) {
			memcpy(&e.remote.v4, node->ai_addr, sizeof(e.remote.v4));
			e.remote.v4.sin_port = htons(port);
		} else if (node->ai_family == AF_INET6 && node->ai_addrlen >= sizeof(e.remote.v6)) {
			memcpy(&e.remote.v6, node->ai_addr, sizeof(e.remote.v6));
			e.remote.v6.sin6_port = htons(port);
		}
		if (endpoint_known(&e))
			n = endpoint_append(ends, n, ENDS_MAX, &e);
	}
	return n;
}

static void drop(struct dnsquery *a)
{
	mem_free(a->host);
	mem_free(a);
}

static void on_answer(void *ctx, int status, int timeouts, struct ares_addrinfo *info)
{
	struct dnsquery *a = ctx;
	struct edition *e = a->edition;
	struct endpoint ends[ENDS_MAX];
	dnsquery_fn *fn = a->fn;
	void *fn_ctx = a->ctx;
	unsigned n = 0;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		n = collect(ends, info, a->port);
	if (n == 0)
		e->failed = true;
	if (info)
		ares_freeaddrinfo(info);
	drop(a);
	e->pending--;
	if (is_over(e))
		ev_timer_start(e->home->loop, &e->reap);
	if (fn && status != ARES_EDESTRUCTION)
		fn(fn_ctx, ends, n, n ? NULL : reason(status));
}

/* An address written as text: c-ares 1.18 would ask the name servers for it. */
static bool is_address(const char *host, uint16_t port, struct endpoint *e)
{
	struct ip ip;

	if (!ip_parse(&ip, host, strlen(host)))
		return false;
	memset(e, 0, sizeof(*e));
	e->remote.sa.sa_family = ip.family;
	if (ip.family == AF_INET) {
		e->remote.v4.sin_addr = ip.v4;
		e->remote.v4.sin_port = htons(port);
	} else {
		e->remote.v6.sin6_addr = ip.v6;
		e->remote.v6.sin6_port = htons(port);
	}
	return true;
}

static int ask_edition(struct edition *e, struct dnsquery *a, const char *host)
{
	const struct ares_addrinfo_hints hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
	};

	if (!e)
		return -ENOMEM;
	a->edition = e;
	e->pending++;
	ares_getaddrinfo(e->channel.ares, host, NULL, &hints, on_answer, a);
	/* It outlives this call, as it is reaped only from the loop. */
	channel_expect(&e->channel);
	return 0;
}

static int wait_for_text(struct dnsquery_channel *l, struct dnsquery *a, const char *host)
{
	a->host = mem_text(host, strlen(host));
	if (!a->host)
		return -ENOMEM;
	a->next = l->waiting;
	l->waiting = a;
	return 0;
}

int dnsquery_ask(struct dnsquery_channel *l, const char *host, uint16_t port, dnsquery_fn *fn,
		 void *ctx, struct dnsquery **asking)
{
	struct endpoint end;
	struct dnsquery *a;
	struct edition *e;
	int r;

	if (is_address(host, port, &end)) {
		*asking = NULL;
		fn(ctx, &end, 1, NULL);
		return 0;
	}
	a = mem_new(sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->fn = fn;
	a->ctx = ctx;
	a->port = port;
	*asking = a;
	e = edition_for_asking(l, true);
	r = !e && l->fetching ? wait_for_text(l, a, host) : ask_edition(e, a, host);
	if (r < 0) {
		*asking = NULL;
		mem_free(a);
	}
	return r;
}

static void go_on(struct dnsquery_channel *l, struct dnsquery *a)
{
	dnsquery_fn *fn = a->fn;
	void *ctx = a->ctx;
	int r = fn ? ask_edition(edition_for_asking(l, false), a, a->host) : -ECANCELED;

	if (r == 0)
		return;
	drop(a);
	if (fn)
		fn(ctx, NULL, 0, "out of memory");
}

void dnsquery_conf(struct dnsquery_channel *l, int fd)
{
	struct dnsquery *a = l->waiting, *next;

	l->fetching = false;
	l->waiting = NULL;
	forget_text(l);
	l->text = fd;
	if (fd < 0)
		memset(&l->conf, 0, sizeof(l->conf)); /* ask again the next time */
	else
		renew(l);
	for (; a; a = next) {
		next = a->next;
		breath();
		go_on(l, a);
	}
}

void dnsquery_set_fetch(struct dnsquery_channel *l, dnsquery_fetch_fn *fetch, void *ctx)
{
	l->fetch = fetch;
	l->fetch_ctx = ctx;
}

void dnsquery_forget(struct dnsquery *asking)
{
	asking->fn = NULL;
}

int dnsquery_open(struct dnsquery_channel **out, struct ev_loop *loop, const char *resolv_conf,
		  const char *servers, int timeout_ms)
{
	struct dnsquery_channel *l = mem_new(sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->loop = loop;
	l->text = -1;
	l->timeout_ms = timeout_ms;
	l->resolv_conf = mem_text(resolv_conf, strlen(resolv_conf));
	l->servers = servers ? mem_text(servers, strlen(servers)) : NULL;
	l->library = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
	if (!l->resolv_conf || (servers && !l->servers) || !l->library) {
		dnsquery_close(l);
		return -ENOMEM;
	}
	*out = l;
	return 0;
}

void dnsquery_close(struct dnsquery_channel *l)
{
	struct dnsquery *a;

	if (!l)
		return;
	while (l->editions)
		edition_free(l->editions);
	while ((a = l->waiting)) {
		l->waiting = a->next;
		drop(a);
	}
	forget_text(l);
	if (l->library)
		ares_library_cleanup();
	mem_free(l->servers);
	mem_free(l->resolv_conf);
	mem_free(l);
}

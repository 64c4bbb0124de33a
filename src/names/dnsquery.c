/* SPDX-License-Identifier: ISC */
#include "names/dnsquery.h"

#include <ares.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"

enum { ENDS_MAX = 16, TRIES = 2 };

/* A socket of c-ares and its watcher. */
struct wire {
	struct wire *next;
	struct channel *channel;
	ev_io io;
};

struct channel {
	struct channel *next;
	struct dnsquery_channel *home;
	ares_channel ares;
	unsigned pending; /* queries not answered yet */
	bool failed;      /* one of them failed */
	struct wire *wires;
	ev_timer timer; /* c-ares' next timeout */
	ev_timer reap;  /* it must not be destroyed in its own callbacks */
};

struct dnsquery_channel {
	struct ev_loop *loop;
	struct channel *channels; /* the first takes new queries, the others run out */
	bool retired;             /* the first takes no new queries either */
	struct stat conf;         /* of resolv.conf when the first was made */
	char *resolv_conf, *servers;
	int timeout_ms;
	bool library;
};

struct dnsquery {
	struct channel *channel;
	dnsquery_fn *fn; /* NULL: forgotten */
	void *ctx;
	uint16_t port;
};

static void expect(struct channel *c)
{
	struct ev_loop *loop = c->home->loop;
	struct timeval left, *tv = ares_timeout(c->ares, NULL, &left);

	ev_timer_stop(loop, &c->timer);
	if (!tv)
		return;
	/* A little late: c-ares does nothing if it is called too early. */
	ev_timer_set(&c->timer, (double)tv->tv_sec + (double)tv->tv_usec / 1e6 + 0.002, 0);
	ev_timer_start(loop, &c->timer);
}

static void on_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct channel *c = CONTAINER(timer, struct channel, timer);

	(void)loop;
	(void)events;
	ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	expect(c);
}

static void on_wire(struct ev_loop *loop, ev_io *io, int events)
{
	struct wire *w = CONTAINER(io, struct wire, io);
	struct channel *c = w->channel;
	int fd = io->fd;

	(void)loop;
	/* The wire may be gone after this, but not the channel. */
	ares_process_fd(c->ares, events & EV_READ ? fd : ARES_SOCKET_BAD,
			events & EV_WRITE ? fd : ARES_SOCKET_BAD);
	expect(c);
}

/* c-ares reports what it waits for on a socket: neither, right before it closes it. */
static void on_socket(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct channel *c = ctx;
	struct wire **at = &c->wires, *w;
	int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);

	while (*at && (*at)->io.fd != fd)
		at = &(*at)->next;
	w = *at;
	if (!events) {
		if (!w)
			return;
		ev_io_stop(c->home->loop, &w->io);
		*at = w->next;
		mem_free(w);
		return;
	}
	if (!w) {
		w = mem_new(sizeof(*w));
		if (!w)
			return; /* the query times out */
		w->channel = c;
		w->next = c->wires;
		c->wires = w;
		ev_init(&w->io, on_wire);
	}
	ev_io_stop(c->home->loop, &w->io);
	ev_io_set(&w->io, fd, events);
	ev_io_start(c->home->loop, &w->io);
}

static void channel_free(struct channel *c)
{
	struct ev_loop *loop = c->home->loop;
	struct channel **at = &c->home->channels;
	struct wire *w;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	ares_destroy(c->ares); /* ends the remaining queries */
	while ((w = c->wires)) {
		c->wires = w->next;
		ev_io_stop(loop, &w->io);
		mem_free(w);
	}
	ev_timer_stop(loop, &c->timer);
	ev_timer_stop(loop, &c->reap);
	mem_free(c);
}

/* Nobody waits on it, and nobody will. */
static bool is_over(const struct channel *c)
{
	return c->pending == 0 && (c != c->home->channels || c->home->retired);
}

static void on_reap(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct channel *c = CONTAINER(timer, struct channel, reap);

	(void)events;
	ev_timer_stop(loop, timer);
	if (is_over(c))
		channel_free(c);
}

static struct channel *channel_new(struct dnsquery_channel *l)
{
	static char lookups[] = "fb"; /* files, then DNS */
	struct channel *c = mem_new(sizeof(*c));
	struct ares_options options = {
		.timeout = l->timeout_ms,
		.tries = TRIES,
		.lookups = lookups,
		.resolvconf_path = l->resolv_conf,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = c,
	};
	const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
			 ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB;

	if (!c)
		return NULL;
	c->home = l;
	ev_init(&c->timer, on_timeout);
	ev_timer_init(&c->reap, on_reap, 0, 0);
	if (ares_init_options(&c->ares, &options, mask) != ARES_SUCCESS)
		goto none;
	if (l->servers && ares_set_servers_ports_csv(c->ares, l->servers) != ARES_SUCCESS)
		goto no_servers;
	c->next = l->channels;
	l->channels = c;
	l->retired = false;
	return c;

no_servers:
	ares_destroy(c->ares);
none:
	mem_free(c);
	return NULL;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/*
 * A process without rights can no longer read it once it was replaced. A new channel would then
 * fall back to a name server on this host, so the old one, with the servers of then, is better.
 */
static bool is_forbidden(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return errno == EACCES;
	close(fd);
	return false;
}

static struct channel *channel_for_asking(struct dnsquery_channel *l)
{
	struct channel *c = l->channels;
	struct stat conf;

	if (stat(l->resolv_conf, &conf) < 0)
		memset(&conf, 0, sizeof(conf));
	if (c && !l->retired && same_file(&conf, &l->conf) && !(c->failed && c->pending == 0))
		return c;
	if (c && !l->retired && is_forbidden(l->resolv_conf))
		return c;
	l->conf = conf;
	if (c && c->pending == 0) {
		l->retired = true;
		ev_timer_start(l->loop, &c->reap);
	}
	return channel_new(l);
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

static void on_answer(void *ctx, int status, int timeouts, struct ares_addrinfo *info)
{
	struct dnsquery *a = ctx;
	struct channel *c = a->channel;
	struct endpoint ends[ENDS_MAX];
	dnsquery_fn *fn = a->fn;
	void *fn_ctx = a->ctx;
	unsigned n = 0;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		n = collect(ends, info, a->port);
	if (n == 0)
		c->failed = true;
	if (info)
		ares_freeaddrinfo(info);
	mem_free(a);
	c->pending--;
	if (is_over(c))
		ev_timer_start(c->home->loop, &c->reap);
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

int dnsquery_ask(struct dnsquery_channel *l, const char *host, uint16_t port, dnsquery_fn *fn,
		 void *ctx, struct dnsquery **asking)
{
	const struct ares_addrinfo_hints hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
	};
	struct endpoint end;
	struct channel *c;
	struct dnsquery *a;

	if (is_address(host, port, &end)) {
		*asking = NULL;
		fn(ctx, &end, 1, NULL);
		return 0;
	}
	a = mem_new(sizeof(*a));
	if (!a)
		return -ENOMEM;
	c = channel_for_asking(l);
	if (!c) {
		mem_free(a);
		return -ENOMEM;
	}
	a->channel = c;
	a->fn = fn;
	a->ctx = ctx;
	a->port = port;
	*asking = a;
	c->pending++;
	ares_getaddrinfo(c->ares, host, NULL, &hints, on_answer, a);
	/* The channel outlives this call, as it is reaped only from the loop. */
	expect(c);
	return 0;
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
	if (!l)
		return;
	while (l->channels)
		channel_free(l->channels);
	if (l->library)
		ares_library_cleanup();
	mem_free(l->servers);
	mem_free(l->resolv_conf);
	mem_free(l);
}

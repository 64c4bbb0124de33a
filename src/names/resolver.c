/* SPDX-License-Identifier: ISC */
#include "names/resolver.h"

#include <errno.h>
#include <ev.h>
#include <string.h>

#include "base/breath.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "crypto/rng.h"
#include "names/dnsquery.h"

enum { PAUSE_MAX = 60, TIMEOUT_MS = 2000 };

/* Thousands of questions at once would keep packets waiting: each reads the file of hosts. */
static const uint64_t apart = SECOND_NS / 1000;

#define RESOLV_CONF "/etc/resolv.conf"

struct resolver {
	struct ev_loop *loop;
	struct dnsquery_channel *lookup;
	struct resolver_request *first;
	double unit_s;
	uint64_t free_at; /* when the next question may be asked, mono ns */
};

struct resolver_request {
	struct resolver_request *next, *prev;
	struct resolver *r;
	struct dnsquery *asking; /* NULL: none pending */
	ev_timer timer;          /* the next query */
	bool queued;             /* its turn is when the timer says */
	unsigned pause;          /* units until then, if the next one fails too */
	char *host;
	uint16_t port;
	resolver_fn *fn;
	void *ctx;
};

int resolver_open_with(struct resolver **out, struct ev_loop *loop,
		       const struct resolver_limits *limits)
{
	struct resolver *r = mem_new(sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->loop = loop;
	r->unit_s = limits->unit_s > 0 ? limits->unit_s : 1.0;
	err = dnsquery_open(&r->lookup, loop,
			    limits->resolv_conf ? limits->resolv_conf : RESOLV_CONF,
			    limits->servers, limits->timeout_ms ? limits->timeout_ms : TIMEOUT_MS);
	if (err < 0) {
		mem_free(r);
		return err;
	}
	*out = r;
	return 0;
}

int resolver_open(struct resolver **r, struct ev_loop *loop)
{
	return resolver_open_with(r, loop, &(const struct resolver_limits){ 0 });
}

void resolver_close(struct resolver *r)
{
	if (!r)
		return;
	while (r->first)
		resolver_cancel(r->first);
	dnsquery_close(r->lookup);
	mem_free(r);
}

void resolver_set_fetch(struct resolver *r, resolver_fetch_fn *fetch, void *ctx)
{
	dnsquery_set_fetch(r->lookup, fetch, ctx);
}

void resolver_conf(struct resolver *r, int fd)
{
	dnsquery_conf(r->lookup, fd);
}

static void ask_after(struct resolver_request *q, double seconds)
{
	ev_timer_stop(q->r->loop, &q->timer);
	ev_timer_set(&q->timer, seconds, 0);
	ev_timer_start(q->r->loop, &q->timer);
}

/* Up to a tenth more or less, so that many names that failed at once do not stay in step. */
static double jitter(void)
{
	return 0.9 + 0.2 * (double)rng_below(&rng_system, 1001) / 1000.0;
}

static void failed(struct resolver_request *q, const char *why)
{
	unsigned pause = q->pause;

	ask_after(q, pause * q->r->unit_s * jitter());
	q->pause = pause * 2 < PAUSE_MAX ? pause * 2 : PAUSE_MAX;
	q->fn(q->ctx, NULL, 0, why, pause); /* may cancel q */
}

static void on_lookup(void *ctx, const struct endpoint *ends, unsigned n, const char *why)
{
	struct resolver_request *q = ctx;

	q->asking = NULL;
	if (n == 0) {
		failed(q, why);
		return;
	}
	q->pause = 1;
	q->fn(q->ctx, ends, n, NULL, 0); /* may cancel q */
}

/* false: others are asked first. */
static bool has_turn(struct resolver_request *q)
{
	struct resolver *r = q->r;
	uint64_t now = clock_now().mono, at = r->free_at > now ? r->free_at : now;

	if (q->queued) {
		q->queued = false;
		return true;
	}
	r->free_at = at + apart;
	if (at == now)
		return true;
	q->queued = true;
	ask_after(q, (double)(at - now) * 1e-9);
	return false;
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct resolver_request *q = CONTAINER(timer, struct resolver_request, timer);
	int r;

	(void)events;
	ev_timer_stop(loop, timer);
	if (q->asking || !has_turn(q))
		return;
	/* One may take longer than their distance, with a long file of hosts. */
	breath();
	r = dnsquery_ask(q->r->lookup, q->host, q->port, on_lookup, q, &q->asking);
	if (r < 0)
		failed(q, "out of memory");
}

struct resolver_request *resolver_ask(struct resolver *r, const char *host, uint16_t port,
				      resolver_fn *fn, void *ctx)
{
	struct resolver_request *q = mem_new(sizeof(*q));

	if (!q)
		return NULL;
	q->host = mem_text(host, strlen(host));
	if (!q->host) {
		mem_free(q);
		return NULL;
	}
	q->r = r;
	q->port = port;
	q->fn = fn;
	q->ctx = ctx;
	q->pause = 1;
	ev_init(&q->timer, on_timer);
	q->next = r->first;
	if (r->first)
		r->first->prev = q;
	r->first = q;
	/* From the loop, never from inside this call: the caller has no question yet. */
	ask_after(q, 0);
	return q;
}

void resolver_again(struct resolver_request *q)
{
	if (!q->asking && !q->queued)
		ask_after(q, 0);
}

void resolver_cancel(struct resolver_request *q)
{
	if (!q)
		return;
	ev_timer_stop(q->r->loop, &q->timer);
	if (q->asking)
		dnsquery_forget(q->asking);
	if (q->next)
		q->next->prev = q->prev;
	if (q->prev)
		q->prev->next = q->next;
	else
		q->r->first = q->next;
	mem_free(q->host);
	mem_free(q);
}

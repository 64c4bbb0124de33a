/* SPDX-License-Identifier: ISC */
#include "daemon/requests.h"

#include "base/clock.h"
#include "crypto/aead.h"
#include "daemon/diagnose.h"
#include "daemon/internal.h"
#include "daemon/peerwatch.h"
#include "daemon/reconcile.h"
#include "daemon/reload.h"
#include "daemon/snapshot.h"
#include "diag/status.h"
#include "proto/admin.h"

/* The other end gets only a number. */
static void say_refused(void *ctx, enum conf_severity severity, const char *line)
{
	(void)ctx;
	(void)severity;
	log_error("a request over the control socket is refused: %s", line);
}

static int set(void *ctx, struct conf *request)
{
	struct daemon *d = ctx;
	struct conf_report refused = { .say = say_refused };
	struct change change = {
		.walk = WALK_SET,
		.from = &d->conf,
		.to = request,
		.now = clock_now(),
	};
	int r;

	r = conf_check_placeholders(request, &refused);
	if (r == 0)
		r = reconcile(d, &change);
	return r < 0 ? r : change.error;
}

static int get(void *ctx, struct conf *out)
{
	struct daemon *d = ctx;

	if (d->port) {
		out->set |= CONF_LISTEN_PORT;
		out->listen_port = d->port;
	}
	if (d->mark) {
		out->set |= CONF_FWMARK;
		out->fwmark = d->mark;
	}
	return snapshot(&d->datapath.tunnel, out);
}

void requests_status(struct daemon *d, struct print *out)
{
	const struct tunnel *t = &d->datapath.tunnel;
	const struct aead_figures *aead = aead_in_use();
	struct instant now = clock_now();
	const struct status_interface about = {
		.name = d->options.name,
		.listen_port = d->port,
		.fwmark = d->mark,
		.mtu = d->mtu,
		.segments = d->segments,
		.batch_bytes = d->loop.pump.budget,
		.aead = aead->name,
		.aead_ns_64 = aead->ns_64,
		.aead_ns_1424 = aead->ns_1424,
		.mono = now.mono,
		.timer_late_max = d->loop.late_max,
	};
	struct state state;

	status_interface(out, &d->datapath, &about);
	for (struct peer *p = admin_first(t); p; p = p->next) {
		peerwatch_look(d, p, now);
		daemon_peer_state(d, p, now.mono, &state);
		status_peer(out, p, &state, now.mono);
	}
}

static void status(void *ctx, struct print *out)
{
	requests_status(ctx, out);
}

static void why(void *ctx, struct print *out)
{
	diagnose(ctx, out);
}

static void handshake(void *ctx)
{
	struct daemon *d = ctx;
	struct instant now = clock_now();

	for (struct peer *p = admin_first(&d->datapath.tunnel); p; p = p->next) {
		if (daemon_peer_word(d, p, now.mono) != STATE_UP)
			admin_handshake(&d->datapath.tunnel, p, now);
	}
}

static int read_again(void *ctx, struct print *report)
{
	return reload(ctx, report);
}

static void stop(void *ctx)
{
	daemon_stop(ctx, 0);
}

const struct control_calls requests_calls = {
	.set = set,
	.get = get,
	.status = status,
	.why = why,
	.handshake = handshake,
	.reload = read_again,
	.stop = stop,
};

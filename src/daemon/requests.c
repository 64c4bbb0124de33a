/* SPDX-License-Identifier: ISC */
#include "daemon/requests.h"

#include <errno.h>
#include <stdio.h>

#include "base/breath.h"
#include "base/clock.h"
#include "base/mem.h"
#include "crypto/aead.h"
#include "daemon/diagnose.h"
#include "daemon/internal.h"
#include "daemon/peerwatch.h"
#include "daemon/snapshot.h"
#include "daemon/tunnelside.h"
#include "diag/status.h"
#include "proto/admin.h"

/* The other end gets only a number. */
static void say_refused(void *ctx, enum conf_severity severity, const char *line)
{
	(void)ctx;
	(void)severity;
	log_error("a request over the control socket is refused: %s", line);
}

static int apply(struct daemon *d, struct conf *request, uint16_t port, uint32_t mark,
		 const int fd[RECONCILE_SOCKETS])
{
	struct print unread = { 0 };
	struct change change = {
		.walk = WALK_SET,
		.from = &d->conf,
		.to = request,
		.report = &unread,
		.port = port,
		.mark = mark,
	};

	memcpy(change.fd, fd, sizeof(change.fd));
	reconcile_commit(&tunnelside_parts, d, &change);
	print_fini(&unread);
	handover_changed(d);
	return change.error;
}

static void sockets_changed(struct daemon *d, const struct elevate_plea *plea,
			    const struct elevate_answer *a)
{
	uint16_t port = a->port ? a->port : d->port;
	int r = a->result;

	if (r == 0)
		r = apply(d, plea->request, port, plea->value, a->fd);
	conf_fini(plea->request);
	mem_free(plea->request);
	control_answer(d->control, plea->ticket, r, NULL);
}

/* The request is kept until the sockets are there. */
static int apply_later(struct daemon *d, enum message_kind kind, uint32_t port,
		       struct elevate_plea *plea, struct conf *request)
{
	int r;

	plea->then = sockets_changed;
	plea->request = mem_new(sizeof(*request));
	if (!plea->request)
		return -ENOMEM;
	r = elevate_ask(d, kind, kind == MESSAGE_UDP ? port : plea->value, plea->value, plea);
	if (r < 0) {
		mem_free(plea->request);
		return r;
	}
	*plea->request = *request;
	conf_init(request);
	return CONTROL_LATER;
}

/* Without sockets the mark is for later ones: they open with the link, or with a port. */
static int set(void *ctx, struct conf *request, uint64_t ticket)
{
	struct conf_report refused = { .say = say_refused };
	struct daemon *d = ctx;
	struct elevate_plea plea = { .ticket = ticket, .value = d->mark };
	const int same[RECONCILE_SOCKETS] = { -1, -1, -1, -1, -1, -1, -1, -1 };
	struct change change = { .walk = WALK_SET, .from = &d->conf, .to = request };
	bool other_port;
	int r;

	r = conf_check_placeholders(request, &refused);
	if (r == 0)
		r = reconcile_plan(&tunnelside_parts, d, &change);
	if (r < 0)
		return r;
	if (request->set & CONF_FWMARK)
		plea.value = request->fwmark;
	other_port = request->set & CONF_LISTEN_PORT &&
		     (request->listen_port == 0 || request->listen_port != d->port);
	if (other_port)
		return apply_later(d, MESSAGE_UDP, request->listen_port, &plea, request);
	if (plea.value != d->mark)
		return apply_later(d, MESSAGE_MARK, 0, &plea, request);
	return apply(d, request, d->port, d->mark, same);
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

enum { LACKS = JAIL_PARTS * (JAIL_TEXT + 24) };

/* What the jail does not hold: "part: why; part: why", or "". */
static void list_lacks(char text[LACKS], const struct jail_report *jail)
{
	size_t len = 0;

	*text = '\0';
	for (unsigned i = 0; i < JAIL_PARTS && jail->mode != JAIL_OFF; i++) {
		if (!jail->part[i].held && len < LACKS)
			len += (size_t)snprintf(text + len, LACKS - len, "%s%s: %s",
						len ? "; " : "", jail_part_name(i),
						jail->part[i].what);
	}
}

static void print_status(struct daemon *d, struct print *out)
{
	const struct tunnel *t = &d->datapath.tunnel;
	const struct aead_figures *aead = aead_in_use();
	struct instant now = clock_now();
	const struct status_dns dns = daemon_dns(d);
	char lacks[LACKS];
	const struct status_interface about = {
		.name = d->name,
		.listen_port = d->port,
		.fwmark = d->mark,
		.mtu = d->mtu,
		.segments = d->segments,
		.jail = jail_mode_name(d->jail.mode),
		.jail_lacks = lacks,
		.dns = &dns,
		.batch_bytes = d->loop.pump.budget,
		.aead = aead->name,
		.aead_ns_64 = aead->ns_64,
		.aead_ns_1424 = aead->ns_1424,
		.mono = now.mono,
		.timer_late_max = d->loop.late_max,
		.drift = &d->drift,
	};
	struct state state;

	list_lacks(lacks, &d->jail);
	status_interface(out, &d->datapath, &about);
	for (struct peer *p = admin_first(t); p; p = p->next) {
		breath();
		peerwatch_look(d, p, now);
		daemon_peer_state(d, p, now.mono, &state);
		status_peer(out, p, &state, now.mono);
	}
}

/* The dump was requested, so it is logged at any log level. */
void requests_dump(struct daemon *d)
{
	enum log_level level = log_level();
	struct print text = { 0 };

	print_status(d, &text);
	if (text.failed) {
		log_error("not enough memory for the status");
		goto out;
	}
	if (level < LOG_LEVEL_INFO)
		log_set_level(LOG_LEVEL_INFO);
	log_lines("", text_from(text.chars, text.len));
	log_set_level(level);
out:
	print_fini(&text);
}

static void status(void *ctx, struct print *out)
{
	print_status(ctx, out);
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

/* The monitor reads the file, and answers by an order: see orders.c. */
static int reload(void *ctx, struct print *report, uint64_t ticket)
{
	const struct elevate_plea plea = { .ticket = ticket };
	int r = elevate_ask(ctx, MESSAGE_RELOAD, 0, 0, &plea);

	(void)report;
	return r < 0 ? r : CONTROL_LATER;
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
	.reload = reload,
	.stop = stop,
};

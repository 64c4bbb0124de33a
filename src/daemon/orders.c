/* SPDX-License-Identifier: ISC */
#include "daemon/orders.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf_pack.h"
#include "daemon/internal.h"
#include "daemon/linkwatch.h"
#include "daemon/publish.h"
#include "daemon/requests.h"
#include "daemon/tunnelside.h"
#include "privsep/blob.h"

/* --- a configuration --- */

static void forget_next(struct daemon *d)
{
	conf_fini(&d->next);
	conf_init(&d->next);
}

static int read_next(struct daemon *d, int fd)
{
	struct print bytes = { 0 };
	struct text rest;
	int r = blob_read(fd, &bytes);

	rest = text_from(bytes.chars, bytes.len);
	if (r == 0)
		r = conf_unpack(&d->next, &rest);
	print_fini(&bytes);
	return r;
}

static void plan(struct daemon *d, const struct order *o)
{
	struct change change = {
		.walk = (enum walk)o->a,
		.from = &d->conf,
		.to = &d->next,
		.report = &d->report,
		.mark = o->b,
	};
	int r;

	forget_next(d);
	print_fini(&d->report);
	r = read_next(d, o->fd[0]);
	if (r == 0)
		r = reconcile_plan(&tunnelside_parts, d, &change);
	d->next_walk = change.walk;
	d->mtu_wish = change.mtu;
	if (r < 0)
		forget_next(d);
	elevate_reply(d, MESSAGE_PLANNED, r, change.mtu, -1);
}

static void commit(struct daemon *d, struct order *o)
{
	struct conf from = d->conf;
	struct change change = {
		.walk = d->next_walk,
		.from = &from,
		.to = &d->conf,
		.report = &d->report,
		.port = (uint16_t)o->a,
		.mark = o->b,
		.crossing = o->crossing,
		.mtu = d->mtu_wish,
	};

	memcpy(change.fd, o->fd, sizeof(change.fd));
	d->conf = d->next;
	conf_init(&d->next);
	reconcile_commit(&tunnelside_parts, d, &change);
	conf_fini(&from);
	conf_forget_secrets(&d->conf);
	if (change.walk == WALK_RELOAD && !d->report.failed)
		log_lines("reload: ", text_from(d->report.chars, d->report.len));
	if (change.walk == WALK_START)
		service_tell(d);
	handover_save(d);
	elevate_reply(d, MESSAGE_DONE, change.error, 0, -1);
}

static void cancel(struct daemon *d)
{
	struct change change = { .walk = d->next_walk, .from = &d->conf, .to = &d->next };

	reconcile_cancel(&tunnelside_parts, d, &change);
	forget_next(d);
}

/* --- a reload has ended --- */

static void reloaded(struct daemon *d, const struct order *o)
{
	struct elevate_plea plea = { 0 };
	struct print *report = &d->report;

	if (o->fd[0] >= 0)
		blob_read(o->fd[0], report);
	if (o->result == 0 && !report->len) {
		print_add(report, "nothing to change\n");
		log_info("reload: nothing to change");
	}
	publish_reload(d, o->result, report);
	if (o->seq && elevate_take(d, o->seq, &plea))
		control_answer(d->control, plea.ticket, o->result, report);
	print_fini(report);
}

static void take_dns(struct daemon *d, const struct order *o)
{
	if (o->len == sizeof(d->dns))
		memcpy(&d->dns, o->text, sizeof(d->dns));
}

static void be_up(struct daemon *d)
{
	d->up = true;
	daemon_serve(d);
	service_up(d);
}

static void take_drift(struct daemon *d, const struct order *o)
{
	if (o->len != sizeof(d->drift))
		return;
	memcpy(&d->drift, o->text, sizeof(d->drift));
	d->drift_at = clock_now().mono;
}

static void end(struct daemon *d)
{
	d->over = true;
	loop_break(&d->loop);
}

void orders_obey(struct daemon *d, enum message_kind kind, struct order *o)
{
	switch (kind) {
	case MESSAGE_PLAN:
		plan(d, o);
		break;
	case MESSAGE_COMMIT:
		commit(d, o);
		break;
	case MESSAGE_CANCEL:
		cancel(d);
		break;
	case MESSAGE_RELOADED:
		reloaded(d, o);
		break;
	case MESSAGE_SERVE:
		daemon_serve(d);
		break;
	case MESSAGE_UP:
		be_up(d);
		break;
	case MESSAGE_DUMP:
		requests_dump(d);
		break;
	case MESSAGE_KICK:
		linkwatch_kick(d);
		break;
	case MESSAGE_DNS:
		take_dns(d, o);
		break;
	case MESSAGE_DRIFT:
		take_drift(d, o);
		break;
	case MESSAGE_END:
		end(d);
		break;
	default:
		break;
	}
}

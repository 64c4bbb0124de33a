/* SPDX-License-Identifier: ISC */
#include "daemon/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/aead.h"
#include "daemon/aeadsel.h"
#include "daemon/apply.h"
#include "daemon/bringup.h"
#include "daemon/config.h"
#include "daemon/linkwatch.h"
#include "daemon/mtu.h"
#include "daemon/publish.h"
#include "daemon/rebind.h"
#include "daemon/rpfilter.h"
#include "daemon/tuning.h"

/* To the report, and to the log. */
static void report_diag(void *ctx, enum conf_severity severity, const char *line)
{
	struct print *report = ctx;

	print_add(report, "%s\n", line);
	if (severity == CONF_ERROR)
		log_error("%s", line);
	else
		log_warn("%s", line);
}

static void log_lines(const struct print *report, size_t from)
{
	struct text rest, line;

	if (report->failed || report->len <= from)
		return;
	rest = text_from(report->chars + from, report->len - from);
	while (text_split(&rest, '\n', &line)) {
		if (text_len(line))
			log_info("reload: %.*s", (int)text_len(line), line.at);
	}
}

/* A port of 0 in both files: the one we have is as random as any other. */
static int wanted_port(const struct daemon *d, const struct conf *next)
{
	return next->listen_port == d->conf.listen_port ? REBIND_KEEP_PORT : next->listen_port;
}

static void change_mtu(struct daemon *d, bool was_set, struct print *report)
{
	uint32_t before = d->mtu;
	int r = 0;

	if (d->conf.set & CONF_MTU) {
		if (d->conf.mtu != d->mtu)
			r = host_mtu(d->host, d->ifindex, d->conf.mtu);
		if (r == 0)
			datapath_mtu(&d->datapath, d->mtu = d->conf.mtu);
		d->mtu_chosen = 0;
	} else {
		if (was_set)
			d->mtu_chosen = 0;
		r = linkwatch_mtu(d);
	}
	if (r < 0)
		print_add(report, "MTU not changed: %s\n", strerror(-r));
	else if (d->mtu != before)
		print_add(report, "MTU changed from %" PRIu32 " to %" PRIu32 "\n", before, d->mtu);
}

static void change_dns(struct daemon *d, const struct conf *next, struct print *report)
{
	if (config_same_dns(&d->conf, next))
		return;
	if (next->n_dns)
		bringup_dns(d, next);
	else
		host_dns(d->host, false, d->options.name, NULL, 0);
	print_add(report, "DNS changed\n");
}

/* Keys in use belong to the backend that seals with them. */
static void note_cipher(const struct daemon *d, const struct conf *next, struct print *report)
{
	if (d->options.aead || !next->aead || strcmp(next->aead, "auto") == 0 ||
	    strcmp(next->aead, aead_name()) == 0)
		return;
	print_add(report, "Aead = %s takes effect at the next start; until then %s is used\n",
		  next->aead, aead_name());
}

/*
 * Below that MTU the kernel has removed all IPv6 from the device, and lets none be added.
 * An MTU that only an admin set stays.  true: raised, change_mtu() does the rest.
 */
static bool make_room_for_ipv6(struct daemon *d, const struct conf *next,
			       const struct network *wanted)
{
	if (d->mtu >= MTU_MIN || !network_has_ipv6(wanted) ||
	    !((next->set | d->conf.set) & CONF_MTU) || host_mtu(d->host, d->ifindex, MTU_MIN) < 0)
		return false;
	host_redo(d->host);
	return true;
}

/* Sockets and network: may fail, and then leaves everything as it was. */
static int change_host(struct daemon *d, const struct conf *next, struct instant now,
		       struct print *report)
{
	struct network wanted = { 0 };
	struct rebind_plan plan;
	uint16_t port = d->port;
	uint32_t mark_before = d->mark;
	char what[128] = "";
	uint32_t mark;
	bool raised;
	int r;

	r = bringup_mark(d, next, &mark);
	if (r == 0)
		r = bringup_network(d, next, mark, &wanted);
	if (r < 0)
		goto out;
	r = rebind_plan(&plan, d, wanted_port(d, next), mark);
	if (r < 0) {
		bringup_log_port(r, next->listen_port);
		print_add(report, "cannot use UDP port %u: %s\n", next->listen_port, strerror(-r));
		goto out;
	}
	raised = make_room_for_ipv6(d, next, &wanted);
	r = network_change(d->host, d->ifindex, &d->network, &wanted, what);
	if (r < 0 && raised)
		host_mtu(d->host, d->ifindex, d->mtu);
	if (r < 0) {
		bringup_log_network(r, what);
		print_add(report, "cannot add the %s: %s\n", what, strerror(-r));
		rebind_cancel(&plan, d);
		goto out;
	}
	rebind_commit(&plan, d, now);
	if (d->port != port)
		print_add(report, "UDP port changed from %u to %u\n", port, d->port);
	/* Our own packets may then take another path. */
	if (d->mark != mark_before || !network_equal(&d->network, &wanted))
		mtu_forget(&d->datapath.tunnel);
	if (d->mark != mark_before)
		print_add(report, "FwMark changed from 0x%" PRIx32 " to 0x%" PRIx32 "\n",
			  mark_before, d->mark);
	if (!network_equal(&d->network, &wanted))
		print_add(report, "addresses or routes changed\n");
	network_fini(&d->network);
	d->network = wanted;
	rpfilter_warn(d, NULL);
	return 0;
out:
	network_fini(&wanted);
	return r;
}

static int change_all(struct daemon *d, struct conf *next, struct print *report)
{
	struct instant now = clock_now();
	bool mtu_was_set = d->conf.set & CONF_MTU;
	size_t from = report->len;
	int r;

	r = apply_check(&d->datapath.tunnel, next);
	if (r == 0)
		r = change_host(d, next, now, report);
	if (r < 0)
		return r;
	datapath_quiesce(&d->datapath, now);
	r = apply_file(&d->datapath.tunnel, &d->names, next, &d->conf, now, report);
	change_dns(d, next, report);
	note_cipher(d, next, report);
	tuning_compare(&d->conf.tune, &next->tune, report);
	conf_fini(&d->conf);
	d->conf = *next;
	conf_init(next);
	config_forget_secrets(&d->conf);
	change_mtu(d, mtu_was_set, report);
	if (report->len == from)
		print_add(report, "nothing to change\n");
	log_lines(report, from);
	return r;
}

/* Hooks of the running configuration may be running then, and the loop with them. */
static int refuse(struct print *report, const char *why, int error)
{
	print_add(report, "%s\n", why);
	log_warn("reload: %s", why);
	return error;
}

int reload(struct daemon *d, struct print *report)
{
	size_t from = report->len;
	struct conf next;
	int r;

	if (!d->options.path)
		return refuse(report, "no file to reload: configured over the control socket",
			      -ENOENT);
	if (phase_is_over(d->phase))
		return refuse(report, "the tunnel is stopping", -ESHUTDOWN);
	if (d->phase != PHASE_UP)
		return refuse(report, "the tunnel is still coming up; try again when it is up",
			      -EBUSY);
	service_reloading(d);
	conf_init(&next);
	r = config_read(&next, d->options.path, report_diag, report);
	tune_override(&next.tune, &d->options.tune);
	if (r == 0)
		r = change_all(d, &next, report);
	if (r < 0)
		log_error("reload failed (%s): the tunnel keeps running as before", strerror(-r));
	publish_reload(d, r, report, from);
	conf_fini(&next);
	service_ready(d);
	return r;
}

/* SPDX-License-Identifier: ISC */
#include "diag/why.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "control/record.h"
#include "diag/why_rules.h"
#include "proto/admin.h"

const char *why_code_name(enum why_code code)
{
	static const char *const names[WHY_CODES] = {
		[WHY_OWN_KEY] = "E-OWN-KEY",
		[WHY_LINK_DOWN] = "E-LINK-DOWN",
		[WHY_NO_KEY] = "E-NO-KEY",
		[WHY_NO_PEERS] = "E-NO-PEERS",
		[WHY_NAME] = "E-NAME",
		[WHY_NAME_LOOP] = "E-NAME-LOOP",
		[WHY_BAD_KEY] = "E-BAD-KEY",
		[WHY_ROUTE_LOOP] = "E-ROUTE-LOOP",
		[WHY_FIREWALL_LOCAL] = "E-FIREWALL-LOCAL",
		[WHY_NO_ROUTE] = "E-NO-ROUTE",
		[WHY_NO_FAMILY] = "E-NO-FAMILY",
		[WHY_SEND] = "E-SEND",
		[WHY_PORT_CLOSED] = "E-PORT-CLOSED",
		[WHY_FILTERED] = "E-FILTERED",
		[WHY_UNREACHABLE] = "E-UNREACHABLE",
		[WHY_PSK_MISMATCH] = "E-PSK-MISMATCH",
		[WHY_CLOCK] = "E-CLOCK",
		[WHY_ONE_WAY] = "E-ONE-WAY",
		[WHY_MAC1] = "E-MAC1",
		[WHY_RP_FILTER] = "E-RP-FILTER",
		[WHY_LOAD] = "E-LOAD",
		[WHY_SILENCE] = "E-SILENCE",
		[WHY_NO_ENDPOINT] = "E-NO-ENDPOINT",
		[WHY_SOURCE] = "E-SOURCE",
		[WHY_NO_RETURN] = "E-NO-RETURN",
		[WHY_TWO_PLACES] = "E-TWO-PLACES",
		[WHY_UNKNOWN_PEER] = "E-UNKNOWN-PEER",
		[WHY_NO_PEER] = "E-NO-PEER",
		[WHY_OWN_CLOCK] = "E-OWN-CLOCK",
		[WHY_DNS] = "E-DNS",
		[WHY_DRIFT] = "E-DRIFT",
		[WHY_UNGUARDED] = "E-UNGUARDED",
		[WHY_TOO_EARLY] = "E-TOO-EARLY",
	};

	return (unsigned)code < LEN(names) ? names[code] : "?";
}

const char *why_certainty_name(enum why_certainty certainty)
{
	static const char *const names[WHY_CERTAINTIES] = {
		[WHY_SURE] = "sure",
		[WHY_LIKELY] = "likely",
		[WHY_HINT] = "hint",
		[WHY_OPEN] = "open",
	};

	return (unsigned)certainty < LEN(names) ? names[certainty] : "?";
}

/* --- for the rules --- */

unsigned long why_ago(const struct why_look *l, uint64_t at)
{
	return l->about->mono > at ? (unsigned long)((l->about->mono - at) / SECOND_NS) : 0;
}

bool why_within(const struct why_look *l, uint64_t at, unsigned seconds)
{
	return at && l->about->mono < at + seconds * SECOND_NS;
}

struct verdict *why_begin(const struct why_look *l, enum why_code code,
			  enum why_certainty certainty, bool problem, uint64_t at)
{
	struct verdicts *out = l->out;
	struct verdict *v;

	if (out->n < WHY_VERDICTS)
		out->n++;
	v = &out->verdict[out->n - 1];
	*v = (struct verdict){ .code = code,
			       .certainty = certainty,
			       .problem = problem,
			       .of_peer = l->p,
			       .age = at ? why_ago(l, at) : 0 };
	if (l->p)
		v->peer = l->p->public_key;
	return v;
}

void why_what(struct verdict *v, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(v->what, sizeof(v->what), format, ap);
	va_end(ap);
}

void why_because(struct verdict *v, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(v->because, sizeof(v->because), format, ap);
	va_end(ap);
}

static struct why_step *next_step(struct verdict *v, bool there)
{
	struct why_step *s;

	if (v->n_steps < WHY_STEPS)
		v->n_steps++;
	s = &v->step[v->n_steps - 1];
	s->there = there;
	return s;
}

void why_here(struct verdict *v, const char *format, ...)
{
	struct why_step *s = next_step(v, false);
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->text, sizeof(s->text), format, ap);
	va_end(ap);
}

void why_there(struct verdict *v, const char *format, ...)
{
	struct why_step *s = next_step(v, true);
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->text, sizeof(s->text), format, ap);
	va_end(ap);
}

/* --- the looks --- */

static struct why_look look_at(struct verdicts *out, const struct tunnel *t,
			       const struct why_about *about, const struct peer *p,
			       const struct why_around *around)
{
	struct why_look l = { .out = out, .t = t, .about = about, .p = p, .around = around };

	key_to_base64(l.ours, admin_public_key(t));
	if (p) {
		struct ip ip = endpoint_ip(&p->endpoint);

		key_to_base64(l.theirs, &p->public_key);
		endpoint_print(l.end, &p->endpoint);
		if (endpoint_known(&p->endpoint)) {
			ip_print(l.ip, &ip);
			l.port = endpoint_port(&p->endpoint);
		}
	}
	return l;
}

void why_tunnel(struct verdicts *v, const struct tunnel *t, const struct why_about *about)
{
	const struct why_look l = look_at(v, t, about, NULL, NULL);

	for (why_rule_fn *const *rule = why_whole; *rule; rule++)
		(*rule)(&l);
}

void why_peer(struct verdicts *v, const struct tunnel *t, const struct why_about *about,
	      const struct peer *p, const struct why_around *around)
{
	const struct why_look l = look_at(v, t, about, p, around);
	why_rule_fn *const *rule;

	for (rule = why_reach; *rule && !(*rule)(&l); rule++)
		;
	for (rule = why_inside; *rule; rule++)
		(*rule)(&l);
}

unsigned why_count_early(const struct verdicts *v)
{
	unsigned early = 0;

	for (unsigned i = 0; i < v->n; i++)
		early += v->verdict[i].code == WHY_TOO_EARLY;
	return early;
}

bool why_ends_there(const struct verdicts *v)
{
	for (unsigned i = 0; i < v->n; i++) {
		enum why_code code = v->verdict[i].code;

		if (code == WHY_LINK_DOWN || code == WHY_NO_KEY)
			return true;
	}
	return false;
}

static void print_steps(struct print *out, const struct verdict *v)
{
	for (unsigned i = 0; i < v->n_steps; i++) {
		record_begin(out, "step", v->step[i].there ? "there" : "here");
		record_text(out, "text", "%s", v->step[i].text);
		record_end(out);
	}
}

void why_print(struct print *out, const struct verdicts *v)
{
	for (unsigned i = 0; i < v->n; i++) {
		const struct verdict *d = &v->verdict[i];
		char base64[KEY_BASE64_LEN + 1] = "none";

		if (d->of_peer)
			key_to_base64(base64, &d->peer);
		record_begin(out, "verdict", "%s", why_code_name(d->code));
		record_add(out, "certainty", "%s", why_certainty_name(d->certainty));
		record_add(out, "problem", d->problem ? "yes" : "no");
		record_add(out, "peer", "%s", base64);
		record_add(out, "age", "%" PRIu64, d->age);
		record_text(out, "what", "%s", d->what);
		record_text(out, "because", "%s", d->because);
		record_end(out);
		print_steps(out, d);
	}
}

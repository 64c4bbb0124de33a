/* SPDX-License-Identifier: ISC */
#include "diag/status.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "control/record.h"
#include "diag/counters.h"
#include "proto/admin.h"

static void add_drops(struct print *out, const uint64_t count[FATE_COUNT])
{
	char key[64];

	for (int fate = FATE_DROPPED; fate < FATE_COUNT; fate++) {
		snprintf(key, sizeof(key), "drop_%s", fate_name((enum fate)fate));
		record_count(out, key, count[fate]);
	}
}

static void add_number(struct print *out, const char *key, uint64_t n)
{
	record_add(out, key, "%" PRIu64, n);
}

static void add_key(struct print *out, const char *name, const struct key *key)
{
	char base64[KEY_BASE64_LEN + 1] = "none";

	if (!key_is_zero(key))
		key_to_base64(base64, key);
	record_add(out, name, "%s", base64);
}

static void add_age(struct print *out, const char *key, uint64_t since, uint64_t mono,
		    const char *never)
{
	if (since)
		add_number(out, key, mono > since ? (mono - since) / SECOND_NS : 0);
	else
		record_add(out, key, "%s", never);
}

static void add_trouble_of_all(struct print *out, const struct faults_tunnel *t)
{
	char end[ENDPOINT_TEXT];
	unsigned strangers = 0;

	for (unsigned i = 0; i < FAULTS_STRANGERS; i++)
		strangers += t->stranger[i].count > 0;
	record_count(out, "strangers", strangers);
	if (t->mac_at) {
		endpoint_print(end, &t->mac_from);
		record_add(out, "mac1_wrong_from", "%s", end);
	}
	if (t->icmp) {
		add_number(out, "icmp", t->icmp);
		add_number(out, "icmp_unmatched", t->icmp_unmatched);
	}
	if (t->own_key)
		record_add(out, "own_key_as_peer", "yes");
}

/* What is missing on the host. */
static void add_drift(struct print *out, const struct drift *d)
{
	char more[32] = "";

	if (!d)
		return;
	add_number(out, "missing", d->missing);
	record_count(out, "put_back", d->put_back);
	if (!d->missing || !d->n)
		return;
	if (d->missing > 1)
		snprintf(more, sizeof(more), " and %" PRIu32 " more", d->missing - 1);
	record_text(out, "drift", "%s%s, removed by others", d->item[0].what, more);
}

static void add_udp(struct print *out, const struct udp *udp)
{
	const struct udp_stats *s = &udp->stats;

	record_add(out, "udp4", udp->fd[UDP_V4] >= 0 ? "on" : "off");
	record_add(out, "udp6", udp->fd[UDP_V6] >= 0 ? "on" : "off");
	add_number(out, "recv_calls", s->recv_calls);
	add_number(out, "recv_datagrams", s->recv_datagrams);
	add_number(out, "send_calls", s->send_calls);
	add_number(out, "send_datagrams", s->send_datagrams);
	record_count(out, "truncated", s->truncated);
	record_count(out, "pending_errors", s->pending_errors);
	record_count(out, "source_retries", s->source_retries);
	if (s->errors) {
		add_number(out, "send_errors", s->errors);
		record_add(out, "last_send_error", "%d", s->last_error);
	}
}

/* What its peers have sent and received together. */
static void add_bytes(struct print *out, const struct tunnel *t)
{
	uint64_t rx = 0, tx = 0;

	for (const struct peer *p = admin_first(t); p; p = p->next) {
		rx += p->rx_bytes;
		tx += p->tx_bytes;
	}
	add_number(out, "rx_bytes", rx);
	add_number(out, "tx_bytes", tx);
}

static void add_word(struct print *out, const char *key, const char *value)
{
	if (*value)
		record_text(out, key, "%s", value);
}

static void add_dns(struct print *out, const struct status_dns *dns)
{
	if (!dns || (!*dns->by && !*dns->why))
		return;
	record_add(out, "dns", "%s", *dns->by ? "on" : "off");
	add_word(out, "dns_servers", dns->servers);
	add_word(out, "dns_domains", dns->domains);
	add_word(out, "dns_by", dns->by);
	add_word(out, "dns_error", dns->why);
	add_word(out, "dns_aside", dns->aside);
	add_word(out, "dns_outside", dns->outside);
}

void status_interface(struct print *out, const struct datapath *path,
		      const struct status_interface *about)
{
	const struct tunnel *t = &path->tunnel;

	record_begin(out, "interface", "%s", about->name);
	record_add(out, "state", t->up ? "up" : "down");
	record_add(out, "listen_port", "%u", about->listen_port);
	if (about->fwmark)
		record_add(out, "fwmark", "0x%" PRIx32, about->fwmark);
	else
		record_add(out, "fwmark", "off");
	add_number(out, "mtu", about->mtu);
	record_count(out, "tun_gso_segs", about->segments);
	add_number(out, "batch_bytes", about->batch_bytes);
	add_number(out, "peers", admin_count(t));
	add_key(out, "public_key", admin_public_key(t));
	add_bytes(out, t);
	record_add(out, "aead", "%s", about->aead);
	add_number(out, "aead_ns_64", about->aead_ns_64);
	add_number(out, "aead_ns_1424", about->aead_ns_1424);
	record_add(out, "jail", "%s", about->jail);
	if (*about->jail_lacks)
		record_text(out, "jail_lacks", "%s", about->jail_lacks);
	add_dns(out, about->dns);
	add_drift(out, about->drift);
	record_add(out, "under_load", about->mono < t->under_load_until ? "yes" : "no");
	add_number(out, "cookies_sent", t->count[FATE_COOKIE_SENT]);
	add_number(out, "cookies_received", t->cookies_received);
	add_udp(out, &path->udp);
	add_number(out, "dev_reads", path->dev.reads);
	add_number(out, "dev_writes", path->dev.writes);
	add_number(out, "timer_late_max_us", about->timer_late_max / 1000);
	counters_print(out, path);
	add_trouble_of_all(out, &t->faults);
	add_drops(out, t->count);
	record_end(out);
}

static void add_trouble(struct print *out, const struct peer *p, uint64_t mono)
{
	const struct faults *t = &p->faults;
	char key[32];

	for (const struct faults_send *s = t->send; s < t->send + FAULTS_ERRORS; s++) {
		snprintf(key, sizeof(key), "send_error_%d", s->err);
		record_count(out, key, s->count);
	}
	if (t->icmp.count) {
		add_number(out, "icmp", t->icmp.count);
		record_add(out, "icmp_last", "%u/%u", t->icmp.type, t->icmp.code);
	}
	record_count(out, "cookies_received", t->cookies);
	record_count(out, "timestamps_old", t->timestamps);
	record_count(out, "responses_unconfirmed", t->unconfirmed);
	record_count(out, "tx_unreturned", t->unreturned);
	record_count(out, "endpoint_flips", faults_flips(t, mono));
	record_count(out, "runs_refused", p->alone > 0); /* its datagrams leave one by one */
}

static void add_packets(struct print *out, const struct peer *p)
{
	add_number(out, "rx_bytes", p->rx_bytes);
	add_number(out, "tx_bytes", p->tx_bytes);
	add_number(out, "rx_packets", p->rx_packets);
	add_number(out, "tx_packets", p->tx_packets);
	if (p->keyring.current) {
		add_number(out, "session_rx_packets", p->rx_packets - p->session_rx);
		add_number(out, "session_tx_packets", p->tx_packets - p->session_tx);
	}
}

void status_state(struct print *out, const struct peer *p, const struct state *state)
{
	char end[ENDPOINT_TEXT];

	endpoint_print(end, &p->endpoint);
	record_add(out, "endpoint", "%s", *end ? end : "none");
	record_add(out, "state", "%s", vocabulary_state(state->word));
	record_text(out, "reason", "%s", state->reason);
}

void status_peer(struct print *out, const struct peer *p, const struct state *state, uint64_t mono)
{
	const struct session *current = p->keyring.current;
	char base64[KEY_BASE64_LEN + 1];

	key_to_base64(base64, &p->public_key);
	record_begin(out, "peer", "%s", base64);
	if (p->note.name[0])
		record_text(out, "name", "%s", p->note.name);
	status_state(out, p, state);
	add_age(out, "state_age", p->note.since, mono, "0");
	add_age(out, "handshake_age", p->handshake_at, mono, "never");
	add_age(out, "key_age", current ? current->born : 0, mono, "none");
	add_age(out, "heard_age", p->heard_at, mono, "never");
	add_packets(out, p);
	if (p->timers.interval)
		record_add(out, "keepalive", "%u", p->timers.interval);
	else
		record_add(out, "keepalive", "off");
	add_number(out, "handshakes", p->handshakes);
	add_number(out, "initiations_sent", p->initiations_sent);
	add_number(out, "initiations_received", p->initiations_received);
	add_number(out, "responses_sent", p->responses_sent);
	add_number(out, "allowed_ips", p->allowed.n);
	add_trouble(out, p, mono);
	add_drops(out, p->count);
	record_end(out);
}

/* SPDX-License-Identifier: ISC */
#include "diag/status.h"

#include <inttypes.h>

#include "base/bytes.h"
#include "diag/counters.h"
#include "proto/admin.h"

static void print_drops(struct print *out, const uint64_t count[FATE_COUNT])
{
	for (int fate = FATE_DROPPED; fate < FATE_COUNT; fate++) {
		if (count[fate])
			print_add(out, " drop_%s=%" PRIu64, fate_name((enum fate)fate),
				  count[fate]);
	}
}

static void print_age(struct print *out, const char *key, uint64_t since, uint64_t mono,
		      const char *never)
{
	if (!since) {
		print_add(out, " %s=%s", key, never);
		return;
	}
	print_add(out, " %s=%" PRIu64, key, mono > since ? (mono - since) / SECOND_NS : 0);
}

static void print_trouble_of_all(struct print *out, const struct faults_tunnel *t)
{
	char end[ENDPOINT_TEXT];
	unsigned strangers = 0;

	for (unsigned i = 0; i < FAULTS_STRANGERS; i++)
		strangers += t->stranger[i].count > 0;
	if (strangers)
		print_add(out, " strangers=%u", strangers);
	if (t->mac_at) {
		endpoint_print(end, &t->mac_from);
		print_add(out, " mac1_wrong_from=%s", end);
	}
	if (t->icmp)
		print_add(out, " icmp=%" PRIu64 " icmp_unmatched=%" PRIu64, t->icmp,
			  t->icmp_unmatched);
	if (t->own_key)
		print_add(out, " own_key_as_peer=yes");
}

static void print_udp(struct print *out, const struct udp *udp)
{
	const struct udp_stats *s = &udp->stats;

	print_add(out, " udp4=%s udp6=%s", udp->fd[UDP_V4] >= 0 ? "on" : "off",
		  udp->fd[UDP_V6] >= 0 ? "on" : "off");
	print_add(out, " recv_calls=%" PRIu64 " recv_datagrams=%" PRIu64, s->recv_calls,
		  s->recv_datagrams);
	print_add(out, " send_calls=%" PRIu64 " send_datagrams=%" PRIu64, s->send_calls,
		  s->send_datagrams);
	if (s->truncated)
		print_add(out, " truncated=%" PRIu64, s->truncated);
	if (s->pending_errors)
		print_add(out, " pending_errors=%" PRIu64, s->pending_errors);
	if (s->source_retries)
		print_add(out, " source_retries=%" PRIu64, s->source_retries);
	if (s->errors)
		print_add(out, " send_errors=%" PRIu64 " last_send_error=%d", s->errors,
			  s->last_error);
}

void status_interface(struct print *out, const struct datapath *path,
		      const struct status_interface *about)
{
	const struct tunnel *t = &path->tunnel;
	const struct key *public_key = admin_public_key(t);
	char base64[KEY_BASE64_LEN + 1];
	uint64_t rx = 0, tx = 0;

	for (const struct peer *p = admin_first(t); p; p = p->next) {
		rx += p->rx_bytes;
		tx += p->tx_bytes;
	}
	print_add(out, "interface=%s state=%s listen_port=%u", about->name, t->up ? "up" : "down",
		  about->listen_port);
	if (about->fwmark)
		print_add(out, " fwmark=0x%" PRIx32, about->fwmark);
	else
		print_add(out, " fwmark=off");
	print_add(out, " mtu=%" PRIu32, about->mtu);
	if (about->segments)
		print_add(out, " tun_gso_segs=%" PRIu32, about->segments);
	print_add(out, " peers=%zu", admin_count(t));
	if (key_is_zero(public_key)) {
		print_add(out, " public_key=none");
	} else {
		key_to_base64(base64, public_key);
		print_add(out, " public_key=%s", base64);
	}
	print_add(out, " rx_bytes=%" PRIu64 " tx_bytes=%" PRIu64 " aead=%s", rx, tx, about->aead);
	print_add(out, " aead_ns_64=%" PRIu32 " aead_ns_1424=%" PRIu32, about->aead_ns_64,
		  about->aead_ns_1424);
	print_add(out, " under_load=%s cookies_sent=%" PRIu64 " cookies_received=%" PRIu64,
		  about->mono < t->under_load_until ? "yes" : "no", t->count[FATE_COOKIE_SENT],
		  t->cookies_received);
	print_udp(out, &path->udp);
	print_add(out, " dev_reads=%" PRIu64 " dev_writes=%" PRIu64, path->dev.reads,
		  path->dev.writes);
	print_add(out, " timer_late_max_us=%" PRIu64, about->timer_late_max / 1000);
	counters_print(out, path);
	print_trouble_of_all(out, &t->faults);
	print_drops(out, t->count);
	print_add(out, "\n");
}

static void print_trouble(struct print *out, const struct peer *p, uint64_t mono)
{
	const struct faults *t = &p->faults;

	for (const struct faults_send *s = t->send; s < t->send + FAULTS_ERRORS; s++) {
		if (s->count)
			print_add(out, " send_error_%d=%" PRIu64, s->err, s->count);
	}
	if (t->icmp.count)
		print_add(out, " icmp=%" PRIu64 " icmp_last=%u/%u", t->icmp.count, t->icmp.type,
			  t->icmp.code);
	if (t->cookies)
		print_add(out, " cookies_received=%" PRIu64, t->cookies);
	if (t->timestamps)
		print_add(out, " timestamps_old=%" PRIu64, t->timestamps);
	if (t->unconfirmed)
		print_add(out, " responses_unconfirmed=%" PRIu64, t->unconfirmed);
	if (t->unreturned)
		print_add(out, " tx_unreturned=%" PRIu64, t->unreturned);
	if (faults_flips(t, mono))
		print_add(out, " endpoint_flips=%" PRIu32, faults_flips(t, mono));
}

void status_peer(struct print *out, const struct peer *p, const struct state *state, uint64_t mono)
{
	char base64[KEY_BASE64_LEN + 1], end[ENDPOINT_TEXT];
	const struct session *current = p->keyring.current;

	key_to_base64(base64, &p->public_key);
	endpoint_print(end, &p->endpoint);
	print_add(out, "peer=%s", base64);
	if (p->note.name[0])
		print_add(out, " name=\"%s\"", p->note.name);
	print_add(out, " endpoint=%s state=%s reason=\"%s\"", *end ? end : "none",
		  state_name(state->word), state->reason);
	print_age(out, "state_age", p->note.since, mono, "0");
	print_age(out, "handshake_age", p->handshake_at, mono, "never");
	print_age(out, "key_age", current ? current->born : 0, mono, "none");
	print_age(out, "heard_age", p->heard_at, mono, "never");
	print_add(out, " rx_bytes=%" PRIu64 " tx_bytes=%" PRIu64, p->rx_bytes, p->tx_bytes);
	print_add(out, " rx_packets=%" PRIu64 " tx_packets=%" PRIu64, p->rx_packets, p->tx_packets);
	if (current)
		print_add(out, " session_rx_packets=%" PRIu64 " session_tx_packets=%" PRIu64,
			  p->rx_packets - p->session_rx, p->tx_packets - p->session_tx);
	if (p->timers.interval)
		print_add(out, " keepalive=%u", p->timers.interval);
	else
		print_add(out, " keepalive=off");
	print_add(out, " handshakes=%" PRIu64 " initiations_sent=%" PRIu64, p->handshakes,
		  p->initiations_sent);
	print_add(out, " initiations_received=%" PRIu64 " responses_sent=%" PRIu64,
		  p->initiations_received, p->responses_sent);
	print_add(out, " allowed_ips=%zu", p->allowed.n);
	print_trouble(out, p, mono);
	print_drops(out, p->count);
	print_add(out, "\n");
}

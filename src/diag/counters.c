/* SPDX-License-Identifier: ISC */
#include "diag/counters.h"

#include <inttypes.h>
#include <stdio.h>

#include "control/record.h"
#include "control/vocabulary.h"

static void add_offloads(struct print *out, const struct offloads *o)
{
	for (unsigned i = 0; i < OFFLOADS; i++) {
		const struct offload *k = &o->kind[i];

		vocabulary_add_offload(out, offload_name((enum offload_kind)i), k->on, k->why,
				       k->downgrades);
	}
}

static void add_device(struct print *out, const struct dev *dev)
{
	const struct dev_stats *s = &dev->stats;
	char key[64];

	record_count(out, "dev_idle", s->idle);
	record_count(out, "dev_big_reads", s->big_read);
	record_count(out, "dev_big_read_segments", s->big_read_segments);
	record_count(out, "dev_malformed", s->malformed);
	record_count(out, "dev_big_writes", s->big_written);
	record_count(out, "dev_big_write_segments", s->big_written_segments);
	record_count(out, "dev_big_refused", s->big_refused);
	record_count(out, "dev_single_writes", s->singles);
	if (s->errors) {
		record_count(out, "dev_errors", s->errors);
		record_add(out, "last_dev_error", "%d", s->last_error);
	}
	for (unsigned i = 0; i < VNET_BREAKS; i++) {
		snprintf(key, sizeof(key), "join_break_%s", vnet_break_name((enum vnet_break)i));
		record_count(out, key, s->breaks[i]);
	}
}

static void add_udp(struct print *out, const struct udp_stats *s)
{
	static const char *const runs_of[UDP_SIZES] = { "send_runs_of_1",    "send_runs_of_2",
							"send_runs_of_3_4",  "send_runs_of_5_8",
							"send_runs_of_9_16", "send_runs_of_17_32",
							"send_runs_of_33_64" };
	uint64_t sends = 0;

	record_count(out, "recv_idle", s->recv_idle);
	record_count(out, "recv_runs", s->recv_runs);
	record_count(out, "recv_run_datagrams", s->recv_run_datagrams);
	record_count(out, "send_blocked", s->send_blocked);
	record_count(out, "send_runs", s->send_runs);
	record_count(out, "send_run_datagrams", s->send_run_datagrams);
	record_count(out, "send_runs_refused", s->runs_refused);
	for (unsigned i = 0; i < UDP_SIZES; i++) {
		sends += s->send_sizes[i];
		record_count(out, runs_of[i], s->send_sizes[i]);
	}
	record_add(out, "segments_per_run", "%.1f",
		   sends ? (double)s->send_datagrams / (double)sends : 0.);
}

void counters_print(struct print *out, const struct datapath *path)
{
	const struct udp_stats *s = &path->udp.stats;
	uint64_t calls = path->dev.reads + path->dev.writes + s->recv_calls + s->send_calls;

	add_offloads(out, &path->offloads);
	add_device(out, &path->dev);
	add_udp(out, s);
	record_add(out, "syscalls_per_mb", "%.1f",
		   path->bytes ? (double)calls * 1e6 / (double)path->bytes : 0.);
}

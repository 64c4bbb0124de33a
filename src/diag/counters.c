/* SPDX-License-Identifier: ISC */
#include "diag/counters.h"

#include <inttypes.h>

static void print_count(struct print *out, const char *key, uint64_t n)
{
	if (n)
		print_add(out, " %s=%" PRIu64, key, n);
}

/* offload_tun_tso=on, or off(kernel), and how often it was downgraded. */
static void print_offloads(struct print *out, const struct offloads *o)
{
	for (unsigned i = 0; i < OFFLOADS; i++) {
		const struct offload *k = &o->kind[i];
		const char *name = offload_name((enum offload_kind)i);

		print_add(out, " offload_");
		for (; *name; name++)
			print_add(out, "%c", *name == '-' ? '_' : *name);
		print_add(out, "=%s", k->on ? "on" : "off");
		if (k->why)
			print_add(out, "(%s)", k->why);
		if (k->downgrades)
			print_add(out, ",%" PRIu64 "-downgrades", k->downgrades);
	}
}

static void print_device(struct print *out, const struct dev *dev)
{
	const struct dev_stats *s = &dev->stats;

	print_count(out, "dev_idle", s->idle);
	print_count(out, "dev_big_reads", s->big_read);
	print_count(out, "dev_big_read_segments", s->big_read_segments);
	print_count(out, "dev_malformed", s->malformed);
	print_count(out, "dev_big_writes", s->big_written);
	print_count(out, "dev_big_write_segments", s->big_written_segments);
	print_count(out, "dev_single_writes", s->singles);
	if (s->errors)
		print_add(out, " dev_errors=%" PRIu64 " last_dev_error=%d", s->errors,
			  s->last_error);
	for (unsigned i = 0; i < VNET_BREAKS; i++) {
		if (s->breaks[i])
			print_add(out, " join_break_%s=%" PRIu64,
				  vnet_break_name((enum vnet_break)i), s->breaks[i]);
	}
}

static void print_udp(struct print *out, const struct udp_stats *s)
{
	static const char *const sizes[UDP_SIZES] = { "1",    "2",     "3_4",  "5_8",
						      "9_16", "17_32", "33_64" };
	uint64_t sends = 0;

	print_count(out, "recv_idle", s->recv_idle);
	print_count(out, "recv_runs", s->recv_runs);
	print_count(out, "recv_run_datagrams", s->recv_run_datagrams);
	print_count(out, "send_blocked", s->send_blocked);
	print_count(out, "send_runs", s->send_runs);
	print_count(out, "send_run_datagrams", s->send_run_datagrams);
	print_count(out, "send_runs_refused", s->runs_refused);
	for (unsigned i = 0; i < UDP_SIZES; i++) {
		sends += s->send_sizes[i];
		if (s->send_sizes[i])
			print_add(out, " send_runs_of_%s=%" PRIu64, sizes[i], s->send_sizes[i]);
	}
	print_add(out, " segments_per_run=%.1f",
		  sends ? (double)s->send_datagrams / (double)sends : 0.);
}

void counters_print(struct print *out, const struct datapath *path)
{
	const struct udp_stats *s = &path->udp.stats;
	uint64_t calls = path->dev.reads + path->dev.writes + s->recv_calls + s->send_calls;

	print_offloads(out, &path->offloads);
	print_device(out, &path->dev);
	print_udp(out, s);
	print_add(out, " syscalls_per_mb=%.1f",
		  path->bytes ? (double)calls * 1e6 / (double)path->bytes : 0.);
}

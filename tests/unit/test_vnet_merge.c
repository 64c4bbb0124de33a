/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "big.h"
#include "fuzz/judge.h"
#include "fuzz/stream.h"
#include "io/vnet.h"
#include "sim/prng.h"

enum { FIN = 1, PSH = 8, ACK = 16, ECE = 64, BOTH = VNET_JOIN_TCP | VNET_JOIN_UDP, MOST = 1200 };

static struct batch batch;
static struct vnet_merge merge;
static struct vnet_out out;
static uint64_t breaks[VNET_BREAKS];

static int set_up(void **state)
{
	(void)state;
	memset(&merge, 0, sizeof(merge));
	return batch_init(&batch, MOST, 1, 2 << 20);
}

static int tear_down(void **state)
{
	(void)state;
	batch_fini(&batch);
	return 0;
}

static struct pkt *put(const struct shape *s)
{
	struct pkt *p = batch_add(&batch, big_header(s) + s->payload);

	assert_non_null(p);
	big_packet(s, p->data);
	p->fate = FATE_DEV;
	return p;
}

/* The next packet of a stream. */
static struct pkt *put_next(struct shape *s)
{
	struct pkt *p = put(s);

	s->seq += s->payload;
	s->id++;
	s->fill++;
	return p;
}

/* Each write as a digit: how many packets are in it ("9" and more: "+"). */
static const char *writes(unsigned joins)
{
	static char text[MOST + 1];
	const char *wrong;
	uint32_t n;
	size_t len = 0;

	wrong = judge_merge(csum_best(), &batch, joins, &n);
	if (!wrong)
		wrong = judge_merge(&csum_portable, &batch, joins, &n);
	if (wrong)
		print_error("%s\n", wrong);
	assert_null(wrong);
	memset(breaks, 0, sizeof(breaks));
	for (uint32_t from = 0; from < batch.n; from = merge.after) {
		vnet_merge_plan(&merge, csum_best(), &batch, from, joins, breaks);
		while (vnet_write_next(&merge, &batch, &out))
			text[len++] = out.n > 9 ? '+' : (char)('0' + out.n);
	}
	assert_int_equal(len, n);
	text[len] = '\0';
	return text;
}

static void test_stream_of_each_kind_becomes_one_packet(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 8; kind++) {
		struct shape s = { .v6 = kind & 1,
				   .tcp = kind & 2,
				   .payload = 1368,
				   .options = kind & 4 ? 12 : 0,
				   .fragmentable = kind & 4,
				   .seq = 0xffff8000,
				   .id = 65520 };

		batch_reset(&batch);
		for (unsigned i = 0; i < 44; i++)
			put_next(&s);
		s.payload = 99;
		s.flags = ACK | PSH;
		put_next(&s);
		assert_string_equal(writes(BOTH), "+");
		assert_int_equal(out.n, 45);
		assert_int_equal(out.first, 0);
		assert_int_equal(out.n_iov, 46);
		/* The PSH of the last is the PSH of the whole. */
		if (s.tcp)
			assert_int_equal(out.head[VNET_HDR + big_l3(&s) + 13], ACK | PSH);
	}
}

static void test_only_the_kinds_that_are_asked_for_are_joined(void **state)
{
	struct shape tcp = { .tcp = true, .payload = 100 }, udp = { .payload = 100 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		put_next(&tcp);
		put_next(&udp);
	}
	assert_string_equal(writes(BOTH), "33");
	assert_string_equal(writes(VNET_JOIN_TCP), "3111");
	assert_string_equal(writes(VNET_JOIN_UDP), "1311");
	assert_string_equal(writes(0), "111111");
}

/* Behind an extension header there may be the next packet of any flow, also of TCP alone. */
static void test_unknown_packet_is_passed_by_none_of_the_kinds_that_are_joined(void **state)
{
	static const unsigned joins[] = { BOTH, VNET_JOIN_TCP, VNET_JOIN_UDP };

	(void)state;
	for (unsigned i = 0; i < LEN(joins); i++) {
		struct shape s = { .v6 = true, .tcp = joins[i] != VNET_JOIN_UDP, .payload = 100 };

		batch_reset(&batch);
		put_next(&s);
		put(&s)->data[6] = IPPROTO_HOPOPTS;
		put_next(&s);
		assert_string_equal(writes(joins[i]), "111");
	}
}

/* Packets that the kernel cannot have split this way: alike, but must not be joined. */
static void test_packets_with_flags_that_are_not_for_many_are_not_joined(void **state)
{
	static const uint8_t flags[] = { FIN, 2, 4, 32, 128, ECE | 128, PSH | FIN };

	(void)state;
	for (unsigned i = 0; i < LEN(flags); i++) {
		struct shape s = { .tcp = true, .payload = 100, .flags = ACK | flags[i] };

		batch_reset(&batch);
		put_next(&s);
		put_next(&s);
		put_next(&s);
		assert_string_equal(writes(BOTH), "111");
	}
}

static void test_packets_that_go_elsewhere_are_left_alone(void **state)
{
	struct shape s = { .tcp = true, .payload = 100 };

	(void)state;
	put_next(&s);
	put(&s)->fate = FATE_NET;
	put(&s)->fate = FATE_REPLAY;
	put_next(&s);
	assert_string_equal(writes(BOTH), "2");
	batch_reset(&batch);
	put(&s)->fate = FATE_KEEPALIVE;
	assert_string_equal(writes(BOTH), "");
	batch_reset(&batch);
	assert_string_equal(writes(BOTH), "");
}

static void test_flows_are_told_apart_and_keep_their_order(void **state)
{
	struct shape s[6] = {
		{ .tcp = true, .payload = 100 },
		{ .tcp = true, .payload = 100, .port = 1001 },
		{ .tcp = true, .payload = 100, .v6 = true },
		{ .payload = 100 },
		{ .payload = 100, .port = 1001 },
		{ .payload = 100, .v6 = true },
	};

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		for (unsigned k = 0; k < 6; k++)
			put_next(&s[k]);
	}
	assert_string_equal(writes(BOTH), "777777");
	/* Back to back: the table is not even asked. */
	batch_reset(&batch);
	for (unsigned k = 0; k < 6; k++) {
		for (unsigned i = 0; i < 7; i++)
			put_next(&s[k]);
	}
	assert_string_equal(writes(BOTH), "777777");
}

/* More flows than the table has places: some joining is lost, nothing else. */
static void test_crowd_of_flows_loses_no_packet(void **state)
{
	struct shape s[200] = { 0 };

	(void)state;
	for (unsigned k = 0; k < 200; k++)
		s[k] = (struct shape){ .tcp = true, .payload = 60, .port = (uint16_t)(2000 + k) };
	for (unsigned i = 0; i < 5; i++) {
		for (unsigned k = 0; k < 200; k++)
			put_next(&s[k]);
	}
	writes(BOTH);
}

/* Differences that stop the second of three packets from continuing its flow. */
struct odd {
	const char *what;
	bool v6, tcp;
	uint8_t at;   /* byte of the packet */
	uint8_t flip; /* what of it */
	bool bad;     /* leave the checksums as they were */
	const char *gives;
	enum vnet_break why;
};

static const struct odd oddities[] = {
	{ "TOS", false, true, 1, 4, false, "111", VNET_BREAK_HEADER },
	{ "ECN", false, true, 1, 1, false, "111", VNET_BREAK_HEADER },
	{ "TTL", false, true, 8, 1, false, "111", VNET_BREAK_HEADER },
	{ "DF", false, true, 6, 0x40, false, "111", VNET_BREAK_HEADER },
	{ "reserved bit", false, true, 6, 0x80, false, "111", VNET_BREAK_HEADER },
	{ "more fragments", false, true, 6, 0x20, false, "111", VNET_BREAK_ODD },
	{ "fragment", false, true, 7, 1, false, "111", VNET_BREAK_ODD },
	{ "header length", false, true, 0, 3, false, "111", VNET_BREAK_ODD },
	{ "IP length", false, true, 3, 1, false, "111", VNET_BREAK_ODD },
	{ "traffic class", true, true, 0, 1, false, "111", VNET_BREAK_HEADER },
	{ "flow label", true, true, 3, 1, false, "111", VNET_BREAK_HEADER },
	{ "hop limit", true, true, 7, 1, false, "111", VNET_BREAK_HEADER },
	{ "v6 length", true, true, 5, 1, false, "111", VNET_BREAK_ODD },
	{ "extension", true, true, 6, IPPROTO_TCP ^ 60, false, "111", VNET_BREAK_ODD },
	{ "other protocol", false, true, 9, IPPROTO_TCP ^ 50, false, "21", VNET_BREAKS },
	{ "ICMPv6", true, true, 6, IPPROTO_TCP ^ 58, false, "21", VNET_BREAKS },
	{ "source", false, true, 15, 8, false, "21", VNET_BREAKS },
	{ "destination", true, true, 39, 8, false, "21", VNET_BREAKS },
	{ "source port", false, true, 21, 1, false, "21", VNET_BREAKS },
	{ "sequence", false, true, 27, 1, false, "111", VNET_BREAK_SEQ },
	{ "acknowledgement", false, true, 31, 1, false, "111", VNET_BREAK_ACK },
	{ "window", false, true, 35, 1, false, "111", VNET_BREAK_ACK },
	{ "urgent pointer", false, true, 39, 1, false, "111", VNET_BREAK_ACK },
	{ "options", false, true, 45, 1, false, "111", VNET_BREAK_OPTIONS },
	{ "reserved bits", false, true, 32, 1, false, "111", VNET_BREAK_FLAGS },
	{ "data offset", false, true, 32, 0x10, false, "111", VNET_BREAK_OPTIONS },
	{ "data offset below the least", false, true, 32, 0x80 ^ 0x40, false, "111",
	  VNET_BREAK_SIZE },
	{ "PSH", false, true, 33, PSH, false, "21", VNET_BREAK_END },
	{ "FIN", false, true, 33, FIN, false, "111", VNET_BREAK_FLAGS },
	{ "SYN", false, true, 33, 2, false, "111", VNET_BREAK_FLAGS },
	{ "RST", false, true, 33, 4, false, "111", VNET_BREAK_FLAGS },
	{ "URG", false, true, 33, 32, false, "111", VNET_BREAK_FLAGS },
	{ "ECE", false, true, 33, ECE, false, "111", VNET_BREAK_FLAGS },
	{ "CWR", false, true, 33, 128, false, "111", VNET_BREAK_FLAGS },
	{ "no ACK", false, true, 33, ACK, false, "111", VNET_BREAK_FLAGS },
	{ "TCP checksum", false, true, 36, 1, true, "111", VNET_BREAK_CSUM },
	{ "payload", false, true, 77, 1, true, "111", VNET_BREAK_CSUM },
	{ "last byte", true, true, 171, 0x80, true, "111", VNET_BREAK_CSUM },
	{ "IP checksum", false, true, 10, 1, true, "111", VNET_BREAK_CSUM },
	{ "UDP length", false, false, 25, 1, false, "111", VNET_BREAK_SIZE },
	{ "UDP checksum", false, false, 26, 1, true, "111", VNET_BREAK_CSUM },
	{ "UDP payload", true, false, 100, 1, true, "111", VNET_BREAK_CSUM },
};

static void test_packet_that_differs_stays_alone_and_ends_the_joining(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LEN(oddities); i++) {
		const struct odd *o = &oddities[i];
		struct shape s = {
			.v6 = o->v6, .tcp = o->tcp, .payload = 100, .options = o->tcp ? 12 : 0
		};
		struct pkt *p;

		batch_reset(&batch);
		put_next(&s);
		p = put_next(&s);
		p->data[o->at] ^= o->flip;
		if (!o->bad)
			big_sum(&s, p->data);
		/* Of another flow: then the third follows on the first. */
		if (o->why == VNET_BREAKS)
			s.seq -= s.payload;
		put_next(&s);
		/* In any case, the third is never joined to the first past it. */
		if (strcmp(writes(BOTH), o->gives) != 0)
			print_error("%s: %s\n", o->what, writes(BOTH));
		assert_string_equal(writes(BOTH), o->gives);
		if (o->why != VNET_BREAKS)
			assert_true(breaks[o->why] > 0);
	}
}

static void test_first_packet_with_a_wrong_checksum_gets_no_company(void **state)
{
	struct shape s = { .tcp = true, .payload = 100 };

	(void)state;
	put_next(&s)->data[50] ^= 1;
	put_next(&s);
	put_next(&s);
	assert_string_equal(writes(BOTH), "12");
	assert_int_equal(breaks[VNET_BREAK_CSUM], 1);
}

static void test_datagram_without_checksum_stays_alone(void **state)
{
	struct shape s = { .payload = 100 };
	struct pkt *p;

	(void)state;
	put_next(&s);
	store_be16(put_next(&s)->data + 26, 0);
	put_next(&s);
	assert_string_equal(writes(BOTH), "111");
	/* Even where zero happens to be the right sum. */
	batch_reset(&batch);
	for (unsigned i = 0; i < 2; i++) {
		p = put(&s);
		store_be16(p->data + 26, 0);
		store_be16(p->data + 126, 0);
		store_be16(p->data + 126, (uint16_t)~naive_l4_csum(p->data, 20, 108, IPPROTO_UDP));
		assert_int_equal(naive_l4_csum(p->data, 20, 108, IPPROTO_UDP), 0xffff);
	}
	assert_string_equal(writes(BOTH), "11");
}

static void test_echo_of_congestion_is_joined_with_its_like(void **state)
{
	struct shape s = { .tcp = true, .payload = 100, .flags = ACK | ECE };

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		put_next(&s);
	s.flags = ACK;
	put_next(&s);
	put_next(&s);
	assert_string_equal(writes(BOTH), "42");
}

static void test_shorter_packet_is_the_last_and_longer_one_the_first(void **state)
{
	struct shape s = { .tcp = true, .payload = 100 };

	(void)state;
	put_next(&s);
	put_next(&s);
	s.payload = 99;
	put_next(&s);
	put_next(&s);
	s.payload = 100;
	put_next(&s);
	put_next(&s);
	assert_string_equal(writes(BOTH), "312");
	assert_int_equal(breaks[VNET_BREAK_END], 1);
	assert_int_equal(breaks[VNET_BREAK_SIZE], 1);
}

static void test_acknowledgements_without_data_go_alone_in_their_place(void **state)
{
	struct shape s = { .tcp = true, .payload = 100 };

	(void)state;
	put_next(&s);
	put_next(&s);
	s.payload = 0;
	put_next(&s);
	put_next(&s);
	s.payload = 100;
	put_next(&s);
	put_next(&s);
	assert_string_equal(writes(BOTH), "2112");
}

static void test_tiny_segments_that_the_kernel_would_refuse_go_alone(void **state)
{
	struct shape s = { .tcp = true, .payload = 7 };

	(void)state;
	put_next(&s);
	put_next(&s);
	s.payload = 8;
	put_next(&s);
	put_next(&s);
	put_next(&s);
	assert_string_equal(writes(BOTH), "113");
	/* UDP has no such limit. */
	s = (struct shape){ .payload = 1 };
	batch_reset(&batch);
	put_next(&s);
	put_next(&s);
	assert_string_equal(writes(BOTH), "2");
}

static void test_fragmentable_packets_must_be_numbered_one_by_one(void **state)
{
	struct shape s = { .payload = 100, .fragmentable = true, .id = 0xfffe };

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		put_next(&s);
	s.id++;
	put_next(&s);
	put_next(&s);
	assert_string_equal(writes(BOTH), "42");
	assert_int_equal(breaks[VNET_BREAK_ID], 1);
	/* With DF the IP id does not matter. */
	batch_reset(&batch);
	s = (struct shape){ .payload = 100 };
	for (unsigned i = 0; i < 4; i++) {
		s.id = (uint16_t)(i * 999);
		put(&s);
	}
	assert_string_equal(writes(BOTH), "4");
}

static void test_joined_packets_stay_within_the_limits_of_the_kernel(void **state)
{
	struct shape s = { .tcp = true, .payload = 1448 };

	(void)state;
	/* 45 * 1448 + 40 = 65200. */
	for (unsigned i = 0; i < 46; i++)
		put_next(&s);
	assert_string_equal(writes(BOTH), "+1");
	assert_int_equal(breaks[VNET_BREAK_FULL], 1);
	batch_reset(&batch);
	s.payload = 10;
	for (unsigned i = 0; i < 65; i++)
		put_next(&s);
	assert_string_equal(writes(BOTH), "+1");
	/* To the byte: 40 + 65495 = 65535. */
	batch_reset(&batch);
	s.payload = 32768;
	put_next(&s);
	s.payload = 32727;
	put_next(&s);
	assert_string_equal(writes(BOTH), "2");
	batch_reset(&batch);
	s.payload = 32768;
	put_next(&s);
	s.payload = 32728;
	put_next(&s);
	assert_string_equal(writes(BOTH), "11");
}

static void test_tcp_and_udp_of_the_same_ports_are_two_flows(void **state)
{
	struct shape tcp = { .tcp = true, .payload = 100, .fill = 9 };
	struct shape udp = { .payload = 112, .fill = 9 };

	(void)state;
	put_next(&tcp);
	put_next(&udp);
	put_next(&tcp);
	put_next(&udp);
	assert_string_equal(writes(BOTH), "22");
}

static void test_lying_headers_are_not_followed_beyond_the_packet(void **state)
{
	struct shape s = { .tcp = true, .payload = 10 };
	struct pkt *p;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		p = put_next(&s);
		p->data[32] = 0xf0; /* a header of 60 bytes, of which 30 exist */
		big_sum(&s, p->data);
	}
	assert_string_equal(writes(BOTH), "111");
	/* A packet with wrong lengths starts no run that others could join. */
	assert_int_equal(breaks[VNET_BREAK_SEQ], 0);
	batch_reset(&batch);
	for (uint32_t len = 1; len < 45; len++) {
		put(&s)->len = len;
		store_be16(batch.pkt[batch.n - 1].data + 2, (uint16_t)len);
	}
	writes(BOTH);
}

static void test_a_batch_longer_than_the_window_is_done_in_parts(void **state)
{
	struct shape s = { .tcp = true, .payload = 100 };

	(void)state;
	for (unsigned i = 0; i < MOST; i++)
		put_next(&s);
	/* 512 = 8 * 64, twice; then 176 = 2 * 64 + 48. */
	assert_string_equal(writes(BOTH), "+++++++++++++++++++");
}

static void test_nothing_is_remembered_from_one_batch_to_the_next(void **state)
{
	struct shape s = { .tcp = true, .payload = 100 };

	(void)state;
	merge.turn = UINT32_MAX - 1; /* it wraps on the way */
	for (unsigned i = 0; i < 6; i++) {
		batch_reset(&batch);
		s.port = i ? 1007 : 1000; /* one does not come again after the wrap */
		put_next(&s);
		assert_string_equal(writes(BOTH), "1");
	}
	for (unsigned i = 0; i < VNET_FLOWS; i++)
		assert_true(merge.flow[i].turn <= merge.turn);
}

/* Eight flows through each other, and now and then every kind of trouble. */
static void test_random_streams_survive_joining_and_cutting(void **state)
{
	struct prng prng = { 42 };
	uint64_t packets = 0, all = 0;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct stream stream;
		uint32_t n = 1 + (uint32_t)prng_below(&prng, 120), w;
		uint32_t odd = (uint32_t)prng_below(&prng, 4) * 50000;
		const char *wrong;

		stream_init(&stream);
		batch_reset(&batch);
		for (uint32_t i = 0; i < n; i++) {
			uint8_t op[STREAM_OP], bytes[STREAM_MOST];
			struct pkt *p;
			size_t len;

			prng_fill(&prng, op, sizeof(op));
			if (!prng_ppm(&prng, odd))
				op[1] = 255;
			len = stream_packet(&stream, op, bytes);
			p = batch_add(&batch, len);
			assert_non_null(p);
			memcpy(p->data, bytes, len);
			p->fate = FATE_DEV;
		}
		wrong = judge_merge(csum_best(), &batch, BOTH, &w);
		if (wrong)
			print_error("round %u: %s\n", round, wrong);
		assert_null(wrong);
		packets += batch.n;
		all += w;
	}
	/* They were joined, too. */
	assert_true(all * 2 < packets);
}

#define WITH_BATCH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BATCH(test_stream_of_each_kind_becomes_one_packet),
		WITH_BATCH(test_only_the_kinds_that_are_asked_for_are_joined),
		WITH_BATCH(test_unknown_packet_is_passed_by_none_of_the_kinds_that_are_joined),
		WITH_BATCH(test_packets_with_flags_that_are_not_for_many_are_not_joined),
		WITH_BATCH(test_packets_that_go_elsewhere_are_left_alone),
		WITH_BATCH(test_flows_are_told_apart_and_keep_their_order),
		WITH_BATCH(test_crowd_of_flows_loses_no_packet),
		WITH_BATCH(test_packet_that_differs_stays_alone_and_ends_the_joining),
		WITH_BATCH(test_first_packet_with_a_wrong_checksum_gets_no_company),
		WITH_BATCH(test_datagram_without_checksum_stays_alone),
		WITH_BATCH(test_echo_of_congestion_is_joined_with_its_like),
		WITH_BATCH(test_shorter_packet_is_the_last_and_longer_one_the_first),
		WITH_BATCH(test_acknowledgements_without_data_go_alone_in_their_place),
		WITH_BATCH(test_tiny_segments_that_the_kernel_would_refuse_go_alone),
		WITH_BATCH(test_fragmentable_packets_must_be_numbered_one_by_one),
		WITH_BATCH(test_joined_packets_stay_within_the_limits_of_the_kernel),
		WITH_BATCH(test_tcp_and_udp_of_the_same_ports_are_two_flows),
		WITH_BATCH(test_lying_headers_are_not_followed_beyond_the_packet),
		WITH_BATCH(test_a_batch_longer_than_the_window_is_done_in_parts),
		WITH_BATCH(test_nothing_is_remembered_from_one_batch_to_the_next),
		WITH_BATCH(test_random_streams_survive_joining_and_cutting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "big.h"
#include "fuzz/judge.h"
#include "io/vnet.h"

enum { FIN = 1, PSH = 8, ACK = 16, CWR = 128, ALL = 4096 };

static uint8_t big[VNET_HDR + PKT_MAX + 64];
static struct batch batch;

static int set_up(void **state)
{
	(void)state;
	return batch_init(&batch, 2048, 1, 4 << 20);
}

static int tear_down(void **state)
{
	(void)state;
	batch_fini(&batch);
	return 0;
}

static void agree(const uint8_t *data, size_t len, size_t l2len)
{
	const struct csum *ways[] = { &csum_portable, csum_best() };

	for (unsigned i = 0; i < LEN(ways); i++) {
		const char *wrong = judge_split(ways[i], data, len, l2len, 60, 61);

		if (wrong)
			print_error("%s\n", wrong);
		assert_null(wrong);
	}
}

/* Cut it all up into the batch. */
static uint32_t cut(uint8_t *data, size_t len)
{
	struct vnet_split s;

	batch_reset(&batch);
	assert_int_equal(vnet_split_begin(&s, csum_best(), data, len, 0), 0);
	assert_true(vnet_split_pending(&s));
	vnet_split_more(&s, csum_best(), &batch, ALL);
	assert_false(vnet_split_pending(&s));
	return batch.n;
}

static bool sums_are_right(const struct pkt *p)
{
	size_t l3 = p->data[0] >> 4 == 4 ? 20 : 40;
	uint8_t protocol = l3 == 20 ? p->data[9] : p->data[6];

	if (l3 == 20 && naive_csum(p->data, 20, 0) != 0xffff)
		return false;
	return naive_l4_csum(p->data, l3, p->len - l3, protocol) == 0xffff;
}

static void test_big_packets_of_every_kind_are_cut_as_the_rules_say(void **state)
{
	static const uint32_t payloads[] = { 1,    100,  1367,  1368,  1369, 2736,
					     4096, 9999, 30000, 64000, 65000 };
	static const uint16_t sizes[] = { 88, 536, 1000, 1368, 9000, 65535 };

	(void)state;
	for (unsigned kind = 0; kind < 8; kind++) {
		for (unsigned i = 0; i < LEN(payloads); i++) {
			struct shape s = { .v6 = kind & 1,
					   .tcp = kind & 2,
					   .fragmentable = kind & 4,
					   .options = kind & 4 ? 12 : 0,
					   .flags = ACK | PSH | FIN | CWR,
					   .seq = 0xffff0000,
					   .id = 65530,
					   .payload = payloads[i] };

			for (unsigned k = 0; k < LEN(sizes); k++) {
				size_t len = big_read(&s, sizes[k], big);

				agree(big, len, 0);
				assert_int_equal(cut(big, len),
						 (s.payload + sizes[k] - 1u) / sizes[k]);
				for (uint32_t n = 0; n < batch.n; n++)
					assert_true(sums_are_right(&batch.pkt[n]));
			}
		}
	}
}

static void test_flags_stay_on_the_segment_that_they_are_meant_for(void **state)
{
	struct shape s = { .tcp = true, .flags = ACK | PSH | FIN | CWR, .payload = 3000 };
	size_t len = big_read(&s, 1000, big);

	(void)state;
	assert_int_equal(cut(big, len), 3);
	assert_int_equal(batch.pkt[0].data[33], ACK | CWR);
	assert_int_equal(batch.pkt[1].data[33], ACK);
	assert_int_equal(batch.pkt[2].data[33], ACK | PSH | FIN);
	len = big_read(&s, 3000, big);
	assert_int_equal(cut(big, len), 1);
	assert_int_equal(batch.pkt[0].data[33], ACK | PSH | FIN | CWR);
}

/* The kernel marks a big packet that carries CWR. */
static void test_mark_of_congestion_in_the_type_is_no_other_type(void **state)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct shape s = { .v6 = v6, .tcp = true, .flags = ACK | CWR, .payload = 3000 };
		size_t len = big_read(&s, 1000, big);

		(void)state;
		big[1] |= VNET_ECN;
		agree(big, len, 0);
		assert_int_equal(cut(big, len), 3);
		assert_int_equal(batch.pkt[0].data[big_l3(&s) + 13], ACK | CWR);
		assert_int_equal(batch.pkt[1].data[big_l3(&s) + 13], ACK);
	}
}

static void test_numbers_count_on_and_wrap(void **state)
{
	struct shape s = { .tcp = true, .seq = 0xfffffffe, .id = 0xffff, .payload = 30 };
	size_t len = big_read(&s, 10, big);

	(void)state;
	assert_int_equal(cut(big, len), 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(load_be16(batch.pkt[i].data + 4), (uint16_t)(0xffff + i));
		assert_int_equal(load_be32(batch.pkt[i].data + 24), 0xfffffffeu + 10 * i);
	}
}

static void test_stated_header_length_and_trailing_bytes_are_not_believed(void **state)
{
	struct shape s = { .v6 = true, .tcp = true, .options = 12, .payload = 5000 };
	size_t len = big_read(&s, 1000, big);
	struct vnet_hdr h;

	(void)state;
	memcpy(&h, big, VNET_HDR);
	h.header = 3;
	memcpy(big, &h, VNET_HDR);
	memset(big + len, 0xcc, 40);
	agree(big, len + 40, 0);
	assert_int_equal(cut(big, len + 40), 5);
}

static void test_extension_headers_go_with_every_segment(void **state)
{
	struct shape s = { .v6 = true, .payload = 500 };
	size_t len = big_read(&s, 100, big);
	struct vnet_hdr h;
	uint8_t *p = big + VNET_HDR;

	(void)state;
	/* Eight bytes of destination options before UDP. */
	memmove(p + 48, p + 40, len - VNET_HDR - 40);
	memset(p + 40, 0, 8);
	p[40] = IPPROTO_UDP;
	p[6] = 60;
	store_be16(p + 4, (uint16_t)(load_be16(p + 4) + 8));
	memcpy(&h, big, VNET_HDR);
	h.start = 48;
	memcpy(big, &h, VNET_HDR);
	agree(big, len + 8, 0);
	assert_int_equal(cut(big, len + 8), 5);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(batch.pkt[i].len, 156);
		assert_int_equal(load_be16(batch.pkt[i].data + 4), 116);
		assert_int_equal(naive_l4_csum(batch.pkt[i].data, 48, 108, IPPROTO_UDP), 0xffff);
	}
}

static void test_frames_are_cut_behind_their_link_header(void **state)
{
	struct shape s = { .tcp = true, .payload = 5000 };
	size_t len = big_read(&s, 1000, big);
	struct vnet_hdr h;

	(void)state;
	memmove(big + VNET_HDR + 14, big + VNET_HDR, len - VNET_HDR);
	memset(big + VNET_HDR, 0xab, 14);
	memcpy(&h, big, VNET_HDR);
	h.start = 34;
	memcpy(big, &h, VNET_HDR);
	agree(big, len + 14, 14);
}

static void test_packet_with_a_complete_checksum_passes_untouched(void **state)
{
	struct shape s = { .tcp = true, .payload = 1000 };
	uint8_t before[2000];
	size_t len;

	(void)state;
	len = big_read(&s, 0, big) - VNET_HDR;
	memset(big, 0, VNET_HDR);
	big[VNET_HDR + 36] ^= 0xff; /* right or wrong, it is not for us to say */
	memcpy(before, big + VNET_HDR, len);
	assert_int_equal(cut(big, VNET_HDR + len), 1);
	assert_int_equal(batch.pkt[0].len, len);
	assert_memory_equal(batch.pkt[0].data, before, len);
	/* Not even IP. */
	memset(big, 0, VNET_HDR + 1);
	assert_int_equal(cut(big, VNET_HDR + 1), 1);
	assert_int_equal(batch.pkt[0].len, 1);
}

static void test_unfinished_checksum_of_a_single_packet_is_finished(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 4; kind++) {
		struct shape s = { .v6 = kind & 1, .tcp = kind & 2, .payload = 333 };
		size_t l3 = big_l3(&s), len = big_read(&s, 0, big);
		uint8_t *field = big + VNET_HDR + l3 + (s.tcp ? 16 : 6);
		uint8_t seed[2];

		big[1] = VNET_PLAIN;
		/* What the kernel leaves there: the pseudo-header's sum. */
		store_be16(seed, (uint16_t)(len - VNET_HDR - l3));
		store_be16(field, naive_csum(seed, 2,
					     naive_l4_csum(big + VNET_HDR, l3, 0,
							   s.tcp ? IPPROTO_TCP : IPPROTO_UDP)));
		agree(big, len, 0);
		assert_int_equal(cut(big, len), 1);
		assert_true(sums_are_right(&batch.pkt[0]));
	}
}

/* Two bytes at the end of the payload that bring the UDP checksum to zero. */
static void aim_at_zero(const struct shape *s, uint8_t *p)
{
	size_t l3 = big_l3(s), l4_len = 8 + s->payload;
	uint16_t sum;

	store_be16(p + l3 + 6, 0);
	store_be16(p + l3 + l4_len - 2, 0);
	sum = naive_l4_csum(p, l3, l4_len, IPPROTO_UDP);
	store_be16(p + l3 + l4_len - 2, (uint16_t)~sum);
}

static void test_udp_checksum_that_comes_out_as_zero_is_sent_as_ones(void **state)
{
	struct shape s = { .payload = 100 };
	size_t len;
	uint8_t seed[2];

	(void)state;
	/* Of a big one: both segments are alike, but for the second's number. */
	s.payload = 200;
	len = big_read(&s, 100, big);
	s.payload = 100;
	store_be16(big + VNET_HDR + 24, 108); /* as the segments will have it */
	aim_at_zero(&s, big + VNET_HDR);
	agree(big, len, 0);
	assert_int_equal(cut(big, len), 2);
	assert_int_equal(load_be16(batch.pkt[0].data + 26), 0xffff);
	/* Of a single one. */
	len = big_read(&s, 0, big);
	big[1] = VNET_PLAIN;
	aim_at_zero(&s, big + VNET_HDR);
	store_be16(seed, 108);
	store_be16(big + VNET_HDR + 26,
		   naive_csum(seed, 2, naive_l4_csum(big + VNET_HDR, 20, 0, IPPROTO_UDP)));
	assert_int_equal(cut(big, len), 1);
	assert_int_equal(load_be16(batch.pkt[0].data + 26), 0xffff);
}

static void test_many_segments_are_never_dropped_but_come_in_portions(void **state)
{
	struct shape s = { .tcp = true, .payload = 65000 };
	size_t len = big_read(&s, 8, big);
	struct vnet_split split;
	uint32_t all = 0, n;

	(void)state;
	agree(big, len, 0);
	assert_int_equal(vnet_split_begin(&split, csum_best(), big, len, 0), 0);
	assert_int_equal(split.n, 65000 / 8);
	while (vnet_split_pending(&split)) {
		batch_reset(&batch);
		n = vnet_split_more(&split, csum_best(), &batch, 500);
		assert_int_equal(n, batch.n);
		assert_int_equal(n, all + 500 > split.n ? split.n - all : 500);
		assert_int_equal(load_be32(batch.pkt[0].data + 24), 8 * all);
		all += n;
	}
	assert_int_equal(all, 65000 / 8);
	assert_int_equal(vnet_split_more(&split, csum_best(), &batch, 500), 0);
}

static void test_full_batch_holds_what_fits_and_the_rest_follows(void **state)
{
	struct shape s = { .payload = 5000 };
	size_t len = big_read(&s, 1000, big);
	struct vnet_split split;
	struct batch small;

	(void)state;
	assert_int_equal(batch_init(&small, 9, 1, 3 * (PKT_HEAD + 1040 + PKT_TAG)), 0);
	assert_int_equal(vnet_split_begin(&split, csum_best(), big, len, 0), 0);
	assert_int_equal(vnet_split_more(&split, csum_best(), &small, ALL), 3);
	assert_true(vnet_split_pending(&split));
	assert_int_equal(vnet_split_more(&split, csum_best(), &small, ALL), 0);
	batch_reset(&small);
	assert_int_equal(vnet_split_more(&split, csum_best(), &small, ALL), 2);
	assert_false(vnet_split_pending(&split));
	batch_fini(&small);
}

static void refuse(size_t len)
{
	struct vnet_split s;

	agree(big, len, 0);
	assert_int_equal(vnet_split_begin(&s, csum_best(), big, len, 0), -EINVAL);
	assert_false(vnet_split_pending(&s));
	assert_int_equal(vnet_split_more(&s, csum_best(), &batch, ALL), 0);
}

/* One fault at a time. */
static void test_nonsense_makes_no_segments(void **state)
{
	struct shape s = { .tcp = true, .payload = 3000 };
	struct vnet_hdr good, h;
	size_t len = big_read(&s, 1000, big);
	uint8_t *p = big + VNET_HDR;

	(void)state;
	memcpy(&good, big, VNET_HDR);
#define WRONG(change)                      \
	do {                               \
		big_read(&s, 1000, big);   \
		h = good;                  \
		change;                    \
		memcpy(big, &h, VNET_HDR); \
		refuse(len);               \
	} while (0)
	WRONG(h.size = 0);
	WRONG(h.type = 2);
	WRONG(h.type = 3); /* UFO is dead */
	WRONG(h.type = VNET_TCP6);
	WRONG(h.type = VNET_UDP);
	WRONG(h.type = 0x7f);
	WRONG(h.start = 0);
	WRONG(h.start = 19);
	WRONG(h.start = 24);
	WRONG(h.start = (uint16_t)(len - VNET_HDR));
	WRONG(h.start = 0xffff);
	WRONG(p[0] = 0x44);
	WRONG((p[0] = 0x44, h.start = 16, p[28] = 0x50)); /* and TCP would lie there */
	WRONG(p[0] = 0x46);
	WRONG(p[0] = 0x55);
	WRONG(p[9] = IPPROTO_UDP);
	WRONG(store_be16(p + 2, (uint16_t)(len - VNET_HDR + 1)));
	WRONG(store_be16(p + 2, 39));
	WRONG(store_be16(p + 2, 40)); /* no payload */
	WRONG(store_be16(p + 2, 0));
	WRONG(p[32] = 0x40);
	s.payload = 10;
	len = big_read(&s, 1000, big);
	WRONG(p[32] = 0xf0);
	s.v6 = true;
	len = big_read(&s, 5, big);
	memcpy(&good, big, VNET_HDR);
	WRONG(h.type = VNET_TCP4);
	WRONG(h.type = 3);
	WRONG(h.type = 2);
	WRONG(h.start = 39);
	WRONG(p[6] = IPPROTO_UDP);
	WRONG(p[0] = 0x40);
	WRONG(store_be16(p + 4, 0));
	WRONG(store_be16(p + 4, 31));
	for (size_t cut_at = 0; cut_at < len; cut_at++) {
		big_read(&s, 5, big);
		refuse(cut_at);
	}
#undef WRONG
}

static void test_nothing_and_more_than_there_can_be_is_refused(void **state)
{
	static const size_t l2lens[] = { 0, 14 };
	struct vnet_split s;

	(void)state;
	memset(big, 0, VNET_HDR + PKT_MAX + 1);
	for (unsigned i = 0; i < LEN(l2lens); i++) {
		for (size_t len = 0; len <= VNET_HDR + l2lens[i]; len++) {
			agree(big, len, l2lens[i]);
			assert_int_equal(vnet_split_begin(&s, csum_best(), big, len, l2lens[i]),
					 -EINVAL);
		}
		assert_int_equal(
			vnet_split_begin(&s, csum_best(), big, VNET_HDR + l2lens[i] + 1, l2lens[i]),
			0);
	}
	assert_int_equal(vnet_split_begin(&s, csum_best(), big, VNET_HDR + PKT_MAX, 0), 0);
	refuse(VNET_HDR + PKT_MAX + 1);
}

static void test_unfinished_checksum_must_lie_inside(void **state)
{
	struct vnet_hdr h = { .flags = VNET_NEEDS_CSUM, .start = 20, .offset = 6 };
	struct vnet_split s;

	(void)state;
	memset(big, 0, 100);
	memcpy(big, &h, VNET_HDR);
	big[VNET_HDR] = 0x45;
	refuse(VNET_HDR + 27);
	agree(big, VNET_HDR + 28, 0);
	assert_int_equal(vnet_split_begin(&s, csum_best(), big, VNET_HDR + 28, 0), 0);
	h.start = h.offset = 0xffff;
	memcpy(big, &h, VNET_HDR);
	refuse(VNET_HDR + 28);
}

#define WITH_BATCH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BATCH(test_big_packets_of_every_kind_are_cut_as_the_rules_say),
		WITH_BATCH(test_flags_stay_on_the_segment_that_they_are_meant_for),
		WITH_BATCH(test_mark_of_congestion_in_the_type_is_no_other_type),
		WITH_BATCH(test_numbers_count_on_and_wrap),
		WITH_BATCH(test_stated_header_length_and_trailing_bytes_are_not_believed),
		WITH_BATCH(test_extension_headers_go_with_every_segment),
		WITH_BATCH(test_frames_are_cut_behind_their_link_header),
		WITH_BATCH(test_packet_with_a_complete_checksum_passes_untouched),
		WITH_BATCH(test_unfinished_checksum_of_a_single_packet_is_finished),
		WITH_BATCH(test_udp_checksum_that_comes_out_as_zero_is_sent_as_ones),
		WITH_BATCH(test_many_segments_are_never_dropped_but_come_in_portions),
		WITH_BATCH(test_full_batch_holds_what_fits_and_the_rest_follows),
		WITH_BATCH(test_nonsense_makes_no_segments),
		WITH_BATCH(test_nothing_and_more_than_there_can_be_is_refused),
		WITH_BATCH(test_unfinished_checksum_must_lie_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

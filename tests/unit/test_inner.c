/* SPDX-License-Identifier: ISC */
#include "proto/inner.h"

#include "base/batch.h"
#include "base/bytes.h"
#include "hex.h"
#include "proto/peer.h"
#include "seed.h"
#include "vectors.h"

static uint8_t packet[70000];

/* The checksum of an IPv4 header as RFC 791 has it, summed up word by word. */
static uint16_t checksum(const uint8_t header[20])
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 20; i += 2)
		sum += i == 10 ? 0 : load_be16(header + i);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void make(int version, size_t field, struct seed *s)
{
	seed_fill(s, packet, 60);
	packet[0] = (uint8_t)(version << 4 | (version == 4 ? 5 : packet[0] & 0xf));
	store_be16(packet + (version == 4 ? 2 : 4), (uint16_t)field);
	if (version == 6)
		packet[6] = IPPROTO_UDP;
	if (version == 4)
		store_be16(packet + 10, checksum(packet));
}

static void test_padding_equals_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(padding_vectors); i++) {
		const struct padding_vector *v = &padding_vectors[i];

		assert_int_equal(batch_padded(v->len, v->mtu), v->len + v->pad);
	}
}

static void test_padding_never_passes_the_mtu(void **state)
{
	(void)state;
	for (uint32_t mtu = 1; mtu < 200; mtu++) {
		for (uint32_t len = 0; len <= mtu; len++) {
			uint32_t up = (len + 15) / 16 * 16;

			assert_int_equal(batch_padded(len, mtu), up < mtu ? up : mtu);
		}
	}
}

static void test_version_needs_a_whole_header(void **state)
{
	(void)state;
	for (int nibble = 0; nibble < 16; nibble++) {
		packet[0] = (uint8_t)(nibble << 4 | 5);
		for (size_t len = 0; len < 100; len++) {
			int want = nibble == 4 && len >= 20 ? 4 : nibble == 6 && len >= 40 ? 6 : 0;

			assert_int_equal(inner_version(packet, len), want);
		}
	}
}

static void test_ipv4_length_is_at_least_a_header_and_at_most_the_packet(void **state)
{
	(void)state;
	struct seed s = { 1 };

	for (size_t field = 0; field <= 65535; field++) {
		make(4, field, &s);
		for (size_t i = 0; i < 3; i++) {
			size_t len = field + i - 1; /* one short, exact, one more */

			if (len < 20 || len > 70000)
				continue;
			assert_int_equal(inner_length(packet, len, 4),
					 field >= 20 && field <= len ? field : 0);
		}
	}
}

static void test_ipv6_length_does_not_wrap_at_65535(void **state)
{
	(void)state;
	struct seed s = { 2 };

	for (size_t field = 0; field <= 65535; field++) {
		size_t want = field + 40;

		make(6, field, &s);
		if (want > 40)
			assert_int_equal(inner_length(packet, want - 1, 6), 0);
		assert_int_equal(inner_length(packet, want, 6), want);
		assert_int_equal(inner_length(packet, want + 15, 6), want);
	}
	make(6, 65535, &s);
	assert_int_equal(inner_length(packet, 65535, 6), 0);
	make(6, 65500, &s); /* would be 4 in 16 bits */
	assert_int_equal(inner_length(packet, 100, 6), 0);
	make(6, 0, &s);
	assert_int_equal(inner_length(packet, 40, 6), 40);
	packet[6] = IPPROTO_HOPOPTS; /* a jumbogram, or cut off */
	assert_int_equal(inner_length(packet, 40, 6), 0);
	assert_int_equal(inner_length(packet, 60, 6), 0);
	make(6, 8, &s);
	packet[6] = IPPROTO_HOPOPTS;
	assert_int_equal(inner_length(packet, 48, 6), 48);
}

static void test_an_ipv4_header_has_its_20_bytes_and_ends_within_the_packet(void **state)
{
	(void)state;
	struct seed s = { 8 };

	for (unsigned words = 0; words < 16; words++) {
		for (size_t field = 0; field <= 70; field++) {
			bool good = words >= 5 && field >= words * 4;

			make(4, field, &s);
			packet[0] = (uint8_t)(0x40 | words);
			assert_int_equal(inner_length(packet, 70, 4), good ? field : 0);
			assert_int_equal(inner_length(packet, 1500, 4), good ? field : 0);
		}
	}
}

static void test_addresses_are_found_where_they_are(void **state)
{
	(void)state;
	static struct peer from, to;
	struct allowed a = { 0 };
	struct seed s = { 3 };
	struct prefix p;
	struct ip ip;

	for (int version = 4; version <= 6; version += 2) {
		size_t len = version == 4 ? 4 : 16, at = version == 4 ? 12 : 8;

		make(version, 100, &s);
		assert_null(inner_source(&a, packet, version));
		assert_null(inner_destination(&a, packet, version));
		inner_source_ip(packet, version, &ip);
		assert_int_equal(ip.family, version == 4 ? AF_INET : AF_INET6);
		assert_memory_equal(ip.bytes, packet + at, len);
		p = (struct prefix){ .ip = ip, .bits = (uint8_t)(len * 8) };
		assert_int_equal(allowed_add(&a, &p, &from), 0);
		memcpy(p.ip.bytes, packet + at + len, len);
		assert_int_equal(allowed_add(&a, &p, &to), 0);
		assert_ptr_equal(inner_source(&a, packet, version), &from);
		assert_ptr_equal(inner_destination(&a, packet, version), &to);
	}
	allowed_remove_all(&a, &from);
	allowed_remove_all(&a, &to);
	assert_int_equal(a.nodes, 0);
}

static void set_ecn(int version, uint32_t ecn)
{
	if (version == 4) {
		packet[1] = (uint8_t)((packet[1] & ~3u) | ecn);
		store_be16(packet + 10, checksum(packet));
		return;
	}
	packet[1] = (uint8_t)((packet[1] & ~0x30u) | ecn << 4);
}

static uint32_t get_ecn(int version)
{
	return version == 4 ? packet[1] & 3u : packet[1] >> 4 & 3u;
}

static void test_outer_ecn_equals_the_vectors_and_dscp_stays_inside(void **state)
{
	(void)state;
	struct seed s = { 4 };

	for (size_t i = 0; i < LEN(ecn_encapsulate_vectors) * 100; i++) {
		const struct ecn_encapsulate_vector *v =
			&ecn_encapsulate_vectors[i % LEN(ecn_encapsulate_vectors)];

		for (int version = 4; version <= 6; version += 2) {
			make(version, 60, &s);
			set_ecn(version, v->inner);
			assert_int_equal(inner_ecn_out(packet, version), v->outer);
		}
	}
}

/*
 * Every pair of marks on random headers: only the mark and the checksum change, and
 * that is right.
 */
static void test_inner_ecn_equals_the_vectors_and_the_checksum_stays_right(void **state)
{
	(void)state;
	uint8_t before[60];
	struct seed s = { 5 };

	for (size_t i = 0; i < LEN(ecn_decapsulate_vectors) * 2000; i++) {
		const struct ecn_decapsulate_vector *v =
			&ecn_decapsulate_vectors[i % LEN(ecn_decapsulate_vectors)];
		uint8_t tos = (uint8_t)(seed_below(&s, 64) << 2 | v->outer);

		for (int version = 4; version <= 6; version += 2) {
			make(version, 60, &s);
			set_ecn(version, v->inner);
			memcpy(before, packet, sizeof(before));
			inner_ecn_in(packet, version, tos);
			assert_int_equal(get_ecn(version), v->result);
			if (version == 4)
				assert_int_equal(load_be16(packet + 10), checksum(packet));
			if (v->result == v->inner)
				assert_memory_equal(packet, before, sizeof(before));
			set_ecn(version, v->inner);
			assert_memory_equal(packet, before, sizeof(before));
		}
	}
}

/* A wrong header checksum stays wrong: a router must not repair it. */
static void test_a_wrong_checksum_is_not_repaired(void **state)
{
	(void)state;
	struct seed s = { 6 };

	for (int i = 0; i < 2000; i++) {
		make(4, 60, &s);
		set_ecn(4, 2);
		hex_flip(packet + 10, seed_below(&s, 16));
		inner_ecn_in(packet, 4, 3);
		assert_int_equal(get_ecn(4), 3);
		assert_int_not_equal(load_be16(packet + 10), checksum(packet));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padding_equals_the_vectors),
		cmocka_unit_test(test_padding_never_passes_the_mtu),
		cmocka_unit_test(test_version_needs_a_whole_header),
		cmocka_unit_test(test_ipv4_length_is_at_least_a_header_and_at_most_the_packet),
		cmocka_unit_test(test_ipv6_length_does_not_wrap_at_65535),
		cmocka_unit_test(test_an_ipv4_header_has_its_20_bytes_and_ends_within_the_packet),
		cmocka_unit_test(test_addresses_are_found_where_they_are),
		cmocka_unit_test(test_outer_ecn_equals_the_vectors_and_dscp_stays_inside),
		cmocka_unit_test(test_inner_ecn_equals_the_vectors_and_the_checksum_stays_right),
		cmocka_unit_test(test_a_wrong_checksum_is_not_repaired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

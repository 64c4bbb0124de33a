/* SPDX-License-Identifier: ISC */
#include "privsep/stamps.h"

#include <errno.h>

#include "base/bytes.h"

enum { HEAD = 16, SUM = 8, NS_IN_SECOND = 1000000000 };

#define TAI64_ZERO 0x4000000000000000ULL
#define TAI64_1970 (TAI64_ZERO + 10) /* TAI - UTC was 10 s then */
#define SECONDS    (1ULL << 40)      /* all that count, so that later ones never overflow */

_Static_assert(sizeof(struct stamp) == 44, "no padding");

static const char head[HEAD] = "taut stamps 1\n";

/* Against damage, not against malice: who can write there could compute any other one. */
static uint64_t sum_of(const uint8_t *bytes, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325;

	while (len--)
		sum = (sum ^ *bytes++) * 0x100000001b3;
	return sum;
}

void stamps_begin(struct print *out)
{
	print_bytes(out, head, sizeof(head));
}

/* What TAI64N allows, and later ones can exceed. */
static bool is_stamp(const uint8_t at[STAMPS_AT])
{
	return load_be64(at) - TAI64_ZERO < SECONDS && load_be32(at + 8) < NS_IN_SECOND;
}

void stamps_add(struct print *out, const struct key *peer, const uint8_t at[STAMPS_AT])
{
	struct stamp s = { .peer = *peer };

	if (!is_stamp(at))
		return;
	memcpy(s.at, at, sizeof(s.at));
	print_bytes(out, &s, sizeof(s));
}

void stamps_end(struct print *out)
{
	uint8_t sum[SUM];

	if (out->failed)
		return;
	store_be64(sum, sum_of((const uint8_t *)out->chars, out->len));
	print_bytes(out, sum, sizeof(sum));
}

int stamps_count(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	size_t body = len - HEAD - SUM, n = body / sizeof(struct stamp);

	if (len < HEAD + SUM || body % sizeof(struct stamp) || n > STAMPS_MOST)
		return -EINVAL;
	if (memcmp(at, head, sizeof(head)) != 0 ||
	    load_be64(at + len - SUM) != sum_of(at, len - SUM))
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (!is_stamp(at + HEAD + i * sizeof(struct stamp) + sizeof(struct key)))
			return -EINVAL;
	}
	return (int)n;
}

struct stamp stamps_get(const void *bytes, unsigned i)
{
	struct stamp s;

	memcpy(&s, (const uint8_t *)bytes + HEAD + i * sizeof(s), sizeof(s));
	return s;
}

bool stamps_lead(void *bytes, size_t len, uint64_t wall)
{
	const uint64_t now = TAI64_1970 + wall / NS_IN_SECOND;
	uint8_t *at = (uint8_t *)bytes + HEAD + sizeof(struct key);
	size_t n = (len - HEAD - SUM) / sizeof(struct stamp);
	bool any = false;

	for (; n; n--, at += sizeof(struct stamp)) {
		uint64_t seconds = load_be64(at);

		if (seconds < now || seconds + STAMPS_LEAD_S - TAI64_ZERO >= SECONDS)
			continue;
		store_be64(at, seconds + STAMPS_LEAD_S);
		any = true;
	}
	store_be64((uint8_t *)bytes + len - SUM, sum_of(bytes, len - SUM));
	return any;
}

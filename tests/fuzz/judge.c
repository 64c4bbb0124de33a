/* SPDX-License-Identifier: ISC */
#include "judge.h"

#include <stdlib.h>
#include <string.h>

#include "naive.h"

/* --- cutting --- */

struct cutting {
	struct vnet_split split;
	struct batch batch;
	uint8_t *copy, *want;
};

static const char *compare_segments(struct cutting *c, const uint8_t *data, size_t len,
				    size_t l2len, uint32_t from)
{
	for (uint32_t i = 0; i < c->batch.n; i++) {
		const struct pkt *p = &c->batch.pkt[i];
		size_t want_len;

		if (!naive_segment(data, len, l2len, from + i, c->want, &want_len))
			return "more segments than there are";
		if (p->len != want_len)
			return "a segment has another length";
		if (memcmp(p->data, c->want, want_len) != 0)
			return "a segment has other bytes";
		if (p->fate != FATE_NONE)
			return "a segment has a fate already";
		if (i > 0 && p->data != p[-1].data + PKT_HEAD +
						batch_padded(p[-1].len, c->batch.mtu) + PKT_TAG)
			return "sealed segments would not touch";
	}
	return NULL;
}

static const char *cut(struct cutting *c, const struct csum *csum, const uint8_t *data, size_t len,
		       size_t l2len, uint32_t most)
{
	uint32_t from = 0, n;
	const char *wrong;
	size_t unused;

	memcpy(c->copy, data, len);
	if (vnet_split_begin(&c->split, csum, c->copy, len, l2len) < 0) {
		if (vnet_split_pending(&c->split))
			return "segments of what was refused";
		if (naive_segment(data, len, l2len, 0, c->want, &unused))
			return "refused, though it makes sense";
		return NULL;
	}
	while (vnet_split_pending(&c->split)) {
		batch_reset(&c->batch);
		n = vnet_split_more(&c->split, csum, &c->batch, most);
		if (n == 0)
			return "no step forward in an empty batch";
		if (n > most || n != c->batch.n)
			return "more or fewer segments than said";
		wrong = compare_segments(c, data, len, l2len, from);
		if (wrong)
			return wrong;
		from += n;
	}
	if (naive_segment(data, len, l2len, from, c->want, &unused))
		return "segments are missing";
	return NULL;
}

const char *judge_split(const struct csum *csum, const uint8_t *data, size_t len, size_t l2len,
			uint32_t most, uint32_t cap)
{
	struct cutting c = { .want = malloc(NAIVE_PACKET + 1), .copy = malloc(len + 1) };
	const char *wrong = "no memory";

	if (c.want && c.copy && batch_init(&c.batch, cap, 1, JUDGE_BATCH) == 0) {
		c.batch.mtu = cap % 2 ? 1420 : 0;
		wrong = cut(&c, csum, data, len, l2len, most);
		batch_fini(&c.batch);
	}
	free(c.want);
	free(c.copy);
	return wrong;
}

/* --- joining --- */

struct joining {
	const struct batch *b;
	struct vnet_merge merge;
	struct vnet_out out;
	uint8_t *before; /* all packets, one behind the other... */
	size_t *at;      /* ...and where */
	long *place;     /* of each packet: its number in the order of writing; -1: not yet */
	uint8_t whole[VNET_HDR + NAIVE_PACKET];
	uint8_t piece[NAIVE_PACKET + 1];
	long written;
};

static const uint8_t *original(const struct joining *j, uint32_t i, size_t *len)
{
	*len = j->at[i + 1] - j->at[i];
	return j->before + j->at[i];
}

/* Bytes of a write; 0: too many. */
static size_t flatten(struct joining *j)
{
	size_t len = 0;

	for (unsigned i = 0; i < j->out.n_iov; i++) {
		const struct iovec *v = &j->out.iov[i];

		if (v->iov_len > sizeof(j->whole) - len)
			return 0;
		memcpy(j->whole + len, v->iov_base, v->iov_len);
		len += v->iov_len;
	}
	return len;
}

static const char *take_place(struct joining *j, uint32_t i)
{
	if (i >= j->b->n || j->b->pkt[i].fate != FATE_DEV)
		return "a packet that is not for the device";
	if (j->place[i] >= 0)
		return "a packet was written twice";
	j->place[i] = j->written++;
	return NULL;
}

static const char *judge_single(struct joining *j, size_t len)
{
	static const uint8_t zeros[VNET_HDR];
	size_t want_len;
	const uint8_t *want = original(j, j->out.first, &want_len);

	if (len != VNET_HDR + want_len || memcmp(j->whole + VNET_HDR, want, want_len) != 0)
		return "a packet that went alone was changed";
	if (memcmp(j->whole, zeros, VNET_HDR) != 0)
		return "a packet that went alone has a header that is not zero";
	return take_place(j, j->out.first);
}

static const char *judge_header(const struct joining *j, size_t len)
{
	const uint8_t *ip = j->whole + VNET_HDR;
	size_t l3 = ip[0] >> 4 == 4 ? 20 : 40, header, field;
	uint8_t protocol = l3 == 20 ? ip[9] : ip[6];
	struct vnet_hdr h;
	uint16_t seed;

	memcpy(&h, j->whole, VNET_HDR);
	field = protocol == 6 ? 16 : 6;
	header = l3 + (protocol == 6 ? (size_t)(ip[l3 + 12] >> 4) * 4 : 8);
	if (h.flags != 1 || h.type != (protocol == 17 ? 5 : l3 == 20 ? 1 : 4))
		return "wrong flags or type";
	if (h.header != header || h.start != l3 || h.offset != field)
		return "wrong offsets in the header";
	if (h.size == 0 || (protocol == 6 && h.size < 8) || len - VNET_HDR - header <= h.size)
		return "a segment size that the kernel would not take";
	if ((len - VNET_HDR - header + h.size - 1) / h.size != j->out.n || j->out.n > 64)
		return "another number of segments than packets";
	/* What the kernel goes on from: the sum of the pseudo-header, not complemented. */
	seed = naive_l4_csum(ip, l3, 0, protocol);
	seed = naive_csum((const uint8_t[]){ (uint8_t)((len - VNET_HDR - l3) >> 8),
					     (uint8_t)(len - VNET_HDR - l3) },
			  2, seed);
	if ((uint16_t)(ip[l3 + field] << 8 | ip[l3 + field + 1]) != seed)
		return "a wrong seed for the checksum";
	if (protocol == 17 && (size_t)(ip[l3 + 4] << 8 | ip[l3 + 5]) != len - VNET_HDR - l3)
		return "a wrong UDP length";
	return NULL;
}

static const char *judge_joined(struct joining *j, size_t len)
{
	uint32_t at = j->out.first;
	const char *wrong = judge_header(j, len);
	size_t got, want_len;

	if (wrong)
		return wrong;
	if (len - VNET_HDR > 65535 || naive_csum(j->whole + VNET_HDR, 20, 0) == 0)
		return "a length that no header can say";
	for (uint32_t i = 0; i < j->out.n; i++) {
		const uint8_t *want = original(j, at, &want_len);

		if (!naive_segment(j->whole, len, 0, i, j->piece, &got))
			return "what was joined cannot be cut up";
		if (!naive_same(want, want_len, j->piece, got))
			return "cut up again, a packet is another one";
		wrong = take_place(j, at);
		if (wrong)
			return wrong;
		at = vnet_merge_after(&j->merge, at);
		if ((at == 0) != (i == j->out.n - 1))
			return "the chain of packets has another length";
	}
	return NULL;
}

/* all: nothing may pass what could be of any flow; else that may be of a kind that goes alone. */
static const char *judge_order(const struct joining *j, bool all)
{
	for (uint32_t a = 0; a < j->b->n; a++) {
		size_t len;
		const uint8_t *p = original(j, a, &len);
		long flow = naive_flow(p, len);

		if (j->b->pkt[a].fate != FATE_DEV)
			continue;
		if (j->place[a] < 0)
			return "a packet was not written";
		for (uint32_t b = a + 1; b < j->b->n; b++) {
			long other;

			if (j->b->pkt[b].fate != FATE_DEV || j->place[b] > j->place[a])
				continue;
			p = original(j, b, &len);
			other = naive_flow(p, len);
			if (flow == other && flow != -1)
				return "packets of a flow have changed places";
			if (all && ((flow == -2 && other != -1) || (other == -2 && flow != -1)))
				return "something has passed a packet of unknown flow";
		}
	}
	return NULL;
}

static const char *join_all(struct joining *j, const struct csum *csum, unsigned joins,
			    uint32_t *writes)
{
	uint64_t breaks[VNET_BREAKS] = { 0 };
	const char *wrong = NULL;

	*writes = 0;
	for (uint32_t from = 0; from < j->b->n && !wrong; from = j->merge.after) {
		vnet_merge_plan(&j->merge, csum, j->b, from, joins, breaks);
		if (j->merge.after <= from)
			return "no step forward";
		while (!wrong && vnet_write_next(&j->merge, j->b, &j->out)) {
			size_t len = flatten(j);

			++*writes;
			if (len <= VNET_HDR || j->out.n == 0)
				return "a write without a packet";
			wrong = j->out.n == 1 ? judge_single(j, len) : judge_joined(j, len);
		}
	}
	return wrong;
}

static const char *judge_all(struct joining *j, const struct csum *csum, unsigned joins,
			     uint32_t *writes)
{
	const char *wrong;

	/* What lies there already must not get into a header. */
	for (uint32_t i = 0; i < j->b->n; i++)
		memset(j->b->pkt[i].data - VNET_HDR, 0xa5, VNET_HDR);
	wrong = join_all(j, csum, joins, writes);
	for (uint32_t i = 0; i < j->b->n && !wrong; i++) {
		size_t len;
		const uint8_t *p = original(j, i, &len);

		if (j->b->pkt[i].len != len || memcmp(j->b->pkt[i].data, p, len) != 0)
			wrong = "a packet in the batch was changed";
	}
	return wrong ? wrong : judge_order(j, joins == (VNET_JOIN_TCP | VNET_JOIN_UDP));
}

const char *judge_merge(const struct csum *csum, const struct batch *b, unsigned joins,
			uint32_t *writes)
{
	struct joining *j = calloc(1, sizeof(*j));
	const char *wrong = "no memory";
	size_t bytes = 0;

	for (uint32_t i = 0; i < b->n; i++)
		bytes += b->pkt[i].len;
	if (!j)
		return wrong;
	j->b = b;
	j->before = malloc(bytes + 1);
	j->at = calloc(b->n + 1, sizeof(*j->at));
	j->place = calloc(b->n + 1, sizeof(*j->place));
	if (j->before && j->at && j->place) {
		for (uint32_t i = 0; i < b->n; i++) {
			memcpy(j->before + j->at[i], b->pkt[i].data, b->pkt[i].len);
			j->at[i + 1] = j->at[i] + b->pkt[i].len;
			j->place[i] = -1;
		}
		wrong = judge_all(j, csum, joins, writes);
	}
	free(j->place);
	free(j->at);
	free(j->before);
	free(j);
	return wrong;
}

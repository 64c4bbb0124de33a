/* SPDX-License-Identifier: ISC */
#include "pair/pickaddr.h"

#include <string.h>

#include "base/bytes.h"

enum {
	TRIES = 64,    /* in each network */
	SEARCH = 4096, /* addresses in use before the search gives up */
};

/* Fill the bits from `from` up to, not including, `to` at random. */
static void fill(struct prefix *p, unsigned from, unsigned to, const struct rng *rng)
{
	uint8_t random[16];
	unsigned i;

	rng_fill(rng, random, sizeof(random));
	for (i = from; i < to; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		p->ip.bytes[i / 8] = (uint8_t)((p->ip.bytes[i / 8] & ~bit) | (random[i / 8] & bit));
	}
}

static void make(struct prefix *p, const char *net, const struct rng *rng)
{
	prefix_parse(p, net, strlen(net));
	if (p->ip.family == AF_INET) {
		fill(p, p->bits, 31, rng);
		p->bits = 31;
		return;
	}
	/* Both global ID and subnet are random, so that one owner's sites do not look related. */
	fill(p, p->bits, 64, rng);
	p->bits = 64;
}

bool pickaddr_pick(int family, const struct localnet *s, const struct rng *rng, struct prefix *ours,
		   struct prefix *theirs)
{
	static const char *const nets[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
					    "fd00::/8" };
	unsigned i, t;

	for (i = 0; i < LEN(nets); i++) {
		if ((strchr(nets[i], ':') != NULL) != (family == AF_INET6))
			continue;
		for (t = 0; t < TRIES; t++) {
			make(ours, nets[i], rng);
			if (localnet_overlap(s, ours))
				continue;
			if (family == AF_INET6)
				ours->ip.bytes[15] = 1;
			return pickaddr_neighbour(ours, theirs);
		}
	}
	return false;
}

/* Add to the address, as one long number; false: the result is outside its network. */
static bool step(struct prefix *p, int by)
{
	const struct prefix from = *p;
	size_t i = ip_len(p->ip.family);
	int carry = by;

	while (i-- > 0 && carry) {
		int sum = p->ip.bytes[i] + carry;

		p->ip.bytes[i] = (uint8_t)sum;
		carry = sum < 0 ? -1 : sum >> 8;
	}
	return prefix_contains(&from, &p->ip);
}

/* Not the network itself (IPv6: any router of it), nor its broadcast address. */
static bool is_host(const struct prefix *p)
{
	struct prefix low = *p, high = *p;

	if (p->bits + 1u >= ip_bits(p->ip.family))
		return true;
	prefix_mask(&low);
	if (ip_equal(&low.ip, &p->ip))
		return false;
	return p->ip.family == AF_INET6 || step(&high, 1);
}

bool pickaddr_neighbour(const struct prefix *ours, struct prefix *theirs)
{
	*theirs = *ours;
	if (step(theirs, 1) && is_host(theirs))
		return true;
	*theirs = *ours;
	return step(theirs, -1) && is_host(theirs);
}

/* A prefix wider than the network does not tell the peer's address. */
static bool is_taken(const struct conf *conf, const struct ip *ip, unsigned bits)
{
	size_t i, j;

	for (i = 0; i < conf->n_address; i++) {
		if (ip_equal(&conf->address[i].ip, ip))
			return true;
	}
	for (i = 0; i < conf->n_peer; i++) {
		for (j = 0; j < conf->peer[i].n_allowed; j++) {
			const struct prefix *p = &conf->peer[i].allowed[j].prefix;

			if (p->bits > bits && prefix_contains(p, ip))
				return true;
		}
	}
	return false;
}

bool pickaddr_free(const struct conf *conf, size_t i, struct prefix *found)
{
	unsigned n;

	*found = conf->address[i];
	prefix_mask(found);
	for (n = 0; n < SEARCH; n++) {
		if (is_host(found) && !is_taken(conf, &found->ip, found->bits))
			return true;
		if (!step(found, 1))
			return false;
	}
	return false;
}

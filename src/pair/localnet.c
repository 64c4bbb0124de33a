/* SPDX-License-Identifier: ISC */
#include "pair/localnet.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/mem.h"

enum {
	WIDE = 1, /* bits of default routes, and of the two halves that some make of them */
	PASSING = 0x01 | 0x20 | 0x40, /* IFA_F_TEMPORARY, _DEPRECATED, _TENTATIVE */
};

struct route {
	struct prefix to;
	struct ip gateway; /* or zeros */
	char name[IF_NAMESIZE];
};

static int add_used(struct localnet *s, const struct prefix *p)
{
	struct prefix *bigger;

	if (p->bits <= WIDE)
		return 0;
	bigger = mem_resize(s->used, s->n_used + 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	s->used = bigger;
	s->used[s->n_used++] = *p;
	return 0;
}

int localnet_add(struct localnet *s, const struct ip *ip)
{
	const struct prefix alone = { .ip = *ip, .bits = (uint8_t)ip_bits(ip->family) };

	return add_used(s, &alone);
}

static int add_outer(struct localnet *s, const struct ip *ip)
{
	struct ip *bigger = mem_resize(s->outer, s->n_outer + 1, sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	s->outer = bigger;
	s->outer[s->n_outer++] = *ip;
	return 0;
}

bool localnet_is_private(const struct ip *ip)
{
	const struct prefix alone = { .ip = *ip, .bits = (uint8_t)ip_bits(ip->family) };

	return localnet_is_private_net(&alone);
}

bool localnet_is_private_net(const struct prefix *p)
{
	static const char *const nets[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
					    "100.64.0.0/10", "fc00::/7" };
	struct prefix net;
	size_t i;

	for (i = 0; i < LEN(nets); i++) {
		if (prefix_parse(&net, nets[i], strlen(nets[i])) && net.bits <= p->bits &&
		    prefix_contains(&net, &p->ip))
			return true;
	}
	return false;
}

/* An address that will soon change or vanish; only /proc shows it, in lines of hexadecimal. */
static bool is_passing(const struct ip *ip)
{
	FILE *file = ip->family == AF_INET6 ? fopen("/proc/net/if_inet6", "re") : NULL;
	char line[256], hex[33], want[33];
	bool passing = false;
	unsigned flags;
	size_t i;

	if (!file)
		return false;
	for (i = 0; i < sizeof(ip->v6); i++)
		snprintf(want + 2 * i, 3, "%02x", ip->bytes[i]);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%32s %*s %*s %*s %x", hex, &flags) == 2 && strcmp(hex, want) == 0)
			passing = flags & PASSING;
	}
	fclose(file);
	return passing;
}

/* Others can probably dial this address. */
static bool is_outer(const struct ifaddrs *ifa, const struct ip *ip)
{
	if (!(ifa->ifa_flags & IFF_UP) || !ip_is_of_host(ip) || is_passing(ip))
		return false;
	if (!localnet_is_private(ip))
		return true;
	/* Inside another tunnel, or on a network only for guests of this machine. */
	return !(ifa->ifa_flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) &&
	       strncmp(ifa->ifa_name, "docker", 6) != 0 && strncmp(ifa->ifa_name, "virbr", 5) != 0;
}

/* family: that of the address that a mask belongs to; the mask itself may have none. */
static struct ip ip_of(const struct sockaddr *sa, int family)
{
	size_t at = family == AF_INET ? offsetof(struct sockaddr_in, sin_addr)
				      : offsetof(struct sockaddr_in6, sin6_addr);
	struct ip ip = { .family = (uint8_t)family };

	memcpy(ip.bytes, (const char *)sa + at, ip_len(family));
	return ip;
}

static uint8_t leading_ones(const struct ip *mask)
{
	unsigned n = 0;

	while (n < ip_bits(mask->family) && (mask->bytes[n / 8] & 0x80 >> n % 8))
		n++;
	return (uint8_t)n;
}

static int take_address(struct localnet *s, const struct ifaddrs *ifa, const char *except)
{
	int family = ifa->ifa_addr ? ifa->ifa_addr->sa_family : AF_UNSPEC, r;
	struct prefix p;
	struct ip mask;

	if ((family != AF_INET && family != AF_INET6) || strcmp(ifa->ifa_name, except) == 0)
		return 0;
	p.ip = ip_of(ifa->ifa_addr, family);
	p.bits = (uint8_t)ip_bits(family);
	if (ifa->ifa_netmask) {
		mask = ip_of(ifa->ifa_netmask, family);
		p.bits = leading_ones(&mask);
	}
	r = add_used(s, &p);
	if (r == 0 && is_outer(ifa, &p.ip))
		r = add_outer(s, &p.ip);
	return r;
}

/* A line of /proc/net/route: its numbers are the address as laid out in memory. */
static bool parse_route4(const char *line, struct route *t)
{
	unsigned destination, gateway, mask;
	struct ip ip = { .family = AF_INET };

	if (sscanf(line, "%15s %x %x %*s %*s %*s %*s %x", t->name, &destination, &gateway, &mask) !=
	    4)
		return false;
	t->to.ip = t->gateway = ip;
	t->to.ip.v4.s_addr = destination;
	t->gateway.v4.s_addr = gateway;
	ip.v4.s_addr = mask;
	t->to.bits = leading_ones(&ip);
	return true;
}

static struct ip ip_of_hex(const char hex[33])
{
	struct ip ip = { .family = AF_INET6 };
	char byte[3] = "";
	size_t i;

	for (i = 0; i < sizeof(ip.v6); i++) {
		memcpy(byte, hex + 2 * i, 2);
		ip.bytes[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return ip;
}

static bool parse_route6(const char *line, struct route *t)
{
	char to[33], gateway[33];
	unsigned bits;

	if (sscanf(line, "%32s %x %*s %*s %32s %*s %*s %*s %*s %15s", to, &bits, gateway,
		   t->name) != 4 ||
	    strlen(to) != 32 || strlen(gateway) != 32 || bits > 128)
		return false;
	t->to = (struct prefix){ .ip = ip_of_hex(to), .bits = (uint8_t)bits };
	t->gateway = ip_of_hex(gateway);
	return true;
}

/* A missing file means that the family has no routes. */
static int take_routes(struct localnet *s, const char *path, const char *except,
		       bool (*parse)(const char *, struct route *))
{
	FILE *file = fopen(path, "re");
	char line[512];
	struct route t;
	int r = 0;

	if (!file)
		return 0;
	while (r == 0 && fgets(line, sizeof(line), file)) {
		if (!parse(line, &t) || strcmp(t.name, except) == 0)
			continue;
		r = add_used(s, &t.to);
		if (r == 0 && ip_is_of_host(&t.gateway)) /* it may be none, or a link-local one */
			r = localnet_add(s, &t.gateway);
	}
	fclose(file);
	return r;
}

/* A server's own IPv4 address works for most; one behind a NAT is a last resort. */
static int promise(const struct ip *ip)
{
	return (localnet_is_private(ip) ? 2 : 0) + (ip->family == AF_INET6);
}

static int by_promise(const void *a, const void *b)
{
	return promise(a) - promise(b);
}

int localnet_take(struct localnet *s, const char *except)
{
	struct ifaddrs *all, *ifa;
	int r = 0;

	*s = (struct localnet){ 0 };
	if (getifaddrs(&all) < 0)
		return -errno;
	for (ifa = all; ifa && r == 0; ifa = ifa->ifa_next)
		r = take_address(s, ifa, except);
	freeifaddrs(all);
	if (r == 0)
		r = take_routes(s, "/proc/net/route", except, parse_route4);
	if (r == 0)
		r = take_routes(s, "/proc/net/ipv6_route", except, parse_route6);
	if (s->n_outer)
		qsort(s->outer, s->n_outer, sizeof(*s->outer), by_promise);
	if (r < 0)
		localnet_free(s);
	return r;
}

void localnet_free(struct localnet *s)
{
	mem_free(s->used);
	mem_free(s->outer);
	*s = (struct localnet){ 0 };
}

const struct prefix *localnet_overlap(const struct localnet *s, const struct prefix *p)
{
	size_t i;

	for (i = 0; i < s->n_used; i++) {
		if (prefix_contains(&s->used[i], &p->ip) || prefix_contains(p, &s->used[i].ip))
			return &s->used[i];
	}
	return NULL;
}

/* 0..: the length of the result. */
static socklen_t fill_address(struct endpoint *e, const struct ip *ip, uint16_t port)
{
	*e = (struct endpoint){ 0 };
	if (ip->family == AF_INET) {
		e->remote.v4.sin_family = AF_INET;
		e->remote.v4.sin_addr = ip->v4;
		e->remote.v4.sin_port = htons(port);
	} else {
		e->remote.v6.sin6_family = AF_INET6;
		e->remote.v6.sin6_addr = ip->v6;
		e->remote.v6.sin6_port = htons(port);
	}
	return endpoint_len(e);
}

bool localnet_reaches(const struct ip *ip)
{
	int fd = socket(ip->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct endpoint e;
	socklen_t len;
	struct ip from;
	bool good;

	if (fd < 0)
		return false;
	len = fill_address(&e, ip, 9);
	/* Sends nothing. */
	good = connect(fd, &e.remote.sa, len) == 0 && getsockname(fd, &e.remote.sa, &len) == 0;
	close(fd);
	from = endpoint_ip(&e);
	return good && !ip_equal(&from, ip);
}

static bool binds(int family, uint16_t port)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	const struct ip any = { .family = (uint8_t)family };
	struct endpoint e;
	bool good;

	if (fd < 0)
		return true; /* this host lacks the family */
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	good = bind(fd, &e.remote.sa, fill_address(&e, &any, port)) == 0 || errno != EADDRINUSE;
	close(fd);
	return good;
}

bool localnet_port_is_free(uint16_t port)
{
	return binds(AF_INET, port) && binds(AF_INET6, port);
}

/* SPDX-License-Identifier: ISC */
#include "base/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/ifname.h"
#include "base/text.h"

/* A name first, as getaddrinfo() does: an interface may be called "7". */
static bool scope_parse(uint32_t *scope, struct text t)
{
	char name[IF_NAMESIZE];
	uint64_t index;
	size_t len = text_len(t);

	if (len == 0)
		return false;
	if (len < sizeof(name) && !memchr(t.at, '\0', len)) {
		memcpy(name, t.at, len);
		name[len] = '\0';
		*scope = ifname_index(name);
		if (*scope)
			return true;
	}
	if (!text_u64(t, UINT32_MAX, &index) || index == 0)
		return false;
	*scope = (uint32_t)index;
	return true;
}

/* What is between the brackets, with an optional scope. */
static bool host6_parse(struct sockaddr_in6 *v6, struct text t)
{
	struct text address;
	struct ip ip;

	if (!text_split(&t, '%', &address) || !ip_parse(&ip, address.at, text_len(address)))
		return false;
	if (ip.family != AF_INET6)
		return false;
	if (t.at && !scope_parse(&v6->sin6_scope_id, t))
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_addr = ip.v6;
	return true;
}

bool endpoint_parse(struct endpoint *e, const char *text, size_t len)
{
	struct endpoint made = { 0 };
	const char *colon = len ? memrchr(text, ':', len) : NULL;
	struct text host, port;
	struct ip ip;
	uint64_t n;

	if (!colon)
		return false;
	host = (struct text){ .at = text, .end = colon };
	port = (struct text){ .at = colon + 1, .end = text + len };
	if (!text_u64(port, UINT16_MAX, &n) || n == 0)
		return false;

	if (text_len(host) > 2 && host.at[0] == '[' && host.end[-1] == ']') {
		host.at++;
		host.end--;
		if (!host6_parse(&made.remote.v6, host))
			return false;
		made.remote.v6.sin6_port = htons((uint16_t)n);
	} else {
		if (!ip_parse(&ip, host.at, text_len(host)) || ip.family != AF_INET)
			return false;
		made.remote.v4.sin_family = AF_INET;
		made.remote.v4.sin_addr = ip.v4;
		made.remote.v4.sin_port = htons((uint16_t)n);
	}
	*e = made;
	return true;
}

void endpoint_print(char text[ENDPOINT_TEXT], const struct endpoint *e)
{
	const struct sockaddr_in6 *v6 = &e->remote.v6;
	char address[INET6_ADDRSTRLEN], name[IF_NAMESIZE], scope[IF_NAMESIZE + 1] = "";
	unsigned port = endpoint_port(e);

	text[0] = '\0';
	if (e->remote.sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &e->remote.v4.sin_addr, address, sizeof(address));
		snprintf(text, ENDPOINT_TEXT, "%s:%u", address, port);
	}
	if (e->remote.sa.sa_family != AF_INET6)
		return;

	inet_ntop(AF_INET6, &v6->sin6_addr, address, sizeof(address));
	if (v6->sin6_scope_id && ifname_of(v6->sin6_scope_id, name))
		snprintf(scope, sizeof(scope), "%%%s", name);
	else if (v6->sin6_scope_id)
		snprintf(scope, sizeof(scope), "%%%u", v6->sin6_scope_id);
	snprintf(text, ENDPOINT_TEXT, "[%s%s]:%u", address, scope, port);
}

bool endpoint_known(const struct endpoint *e)
{
	return e->remote.sa.sa_family != 0;
}

bool endpoint_answerable(const struct endpoint *e)
{
	const struct sockaddr_in *v4 = &e->remote.v4;
	const struct in6_addr *v6 = &e->remote.v6.sin6_addr;

	if (e->remote.sa.sa_family == AF_INET)
		return v4->sin_port != 0 && v4->sin_addr.s_addr != htonl(INADDR_ANY) &&
		       v4->sin_addr.s_addr != htonl(INADDR_BROADCAST) &&
		       !IN_MULTICAST(ntohl(v4->sin_addr.s_addr));
	return e->remote.v6.sin6_port != 0 && !IN6_IS_ADDR_UNSPECIFIED(v6) &&
	       !IN6_IS_ADDR_MULTICAST(v6) && !IN6_IS_ADDR_V4MAPPED(v6);
}

socklen_t endpoint_len(const struct endpoint *e)
{
	if (e->remote.sa.sa_family == AF_INET)
		return sizeof(e->remote.v4);
	return e->remote.sa.sa_family == AF_INET6 ? sizeof(e->remote.v6) : 0;
}

uint16_t endpoint_port(const struct endpoint *e)
{
	if (e->remote.sa.sa_family == AF_INET)
		return ntohs(e->remote.v4.sin_port);
	return e->remote.sa.sa_family == AF_INET6 ? ntohs(e->remote.v6.sin6_port) : 0;
}

bool endpoint_same_remote(const struct endpoint *a, const struct endpoint *b)
{
	const struct sockaddr_in6 *x = &a->remote.v6, *y = &b->remote.v6;

	if (a->remote.sa.sa_family != b->remote.sa.sa_family)
		return false;
	if (endpoint_port(a) != endpoint_port(b))
		return false;
	if (a->remote.sa.sa_family == AF_INET)
		return a->remote.v4.sin_addr.s_addr == b->remote.v4.sin_addr.s_addr;
	if (a->remote.sa.sa_family != AF_INET6)
		return true;
	if (memcmp(&x->sin6_addr, &y->sin6_addr, sizeof(x->sin6_addr)) != 0)
		return false;
	return !IN6_IS_ADDR_LINKLOCAL(&x->sin6_addr) || x->sin6_scope_id == y->sin6_scope_id;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return endpoint_same_remote(a, b) && ip_equal(&a->local, &b->local) &&
	       a->ifindex == b->ifindex;
}

unsigned endpoint_append(struct endpoint *ends, unsigned n, unsigned cap, const struct endpoint *e)
{
	if (n < cap) {
		ends[n] = *e;
		return n + 1;
	}
	for (unsigned i = 0; i < n; i++) {
		if (ends[i].remote.sa.sa_family == e->remote.sa.sa_family)
			return n;
	}
	ends[n - 1] = *e;
	return n;
}

struct ip endpoint_ip(const struct endpoint *e)
{
	const struct in6_addr *v6 = &e->remote.v6.sin6_addr;
	struct ip ip = { 0 };

	if (e->remote.sa.sa_family == AF_INET) {
		ip.family = AF_INET;
		ip.v4 = e->remote.v4.sin_addr;
	} else if (e->remote.sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6)) {
		ip.family = AF_INET;
		memcpy(ip.bytes, &v6->s6_addr[12], 4);
	} else if (e->remote.sa.sa_family == AF_INET6) {
		ip.family = AF_INET6;
		ip.v6 = *v6;
	}
	return ip;
}

void endpoint_forget_local(struct endpoint *e)
{
	e->local = (struct ip){ 0 };
}

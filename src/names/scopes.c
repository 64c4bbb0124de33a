/* SPDX-License-Identifier: ISC */
#include "names/scopes.h"

#include <string.h>

#include "base/ifname.h"
#include "base/read.h"

enum { CONF_MAX = 64 << 10, SERVERS = 8 };

static void add_scope(struct scopes *s, const struct nameserver *server)
{
	if (*server->interface && s->n < SCOPES)
		s->scope[s->n++] = *server;
}

static void add_server(struct ares_addr_node node[SERVERS], unsigned n, const struct ip *ip)
{
	node[n] = (struct ares_addr_node){ .family = ip->family };
	memcpy(&node[n].addr, ip->bytes, ip_len(ip->family));
	if (n)
		node[n - 1].next = &node[n];
}

static void parse(struct scopes *s, struct text conf, struct ares_addr_node node[SERVERS])
{
	struct nameserver server;

	for (unsigned n = 0; n < SERVERS && nameserver_next(&conf, &server); n++) {
		add_scope(s, &server);
		add_server(node, n, &server.ip);
	}
}

void scopes_apply(struct scopes *s, ares_channel ares, const char *resolv_conf)
{
	struct ares_addr_node node[SERVERS];
	struct print conf = { 0 };

	*s = (struct scopes){ 0 };
	read_file(&conf, resolv_conf, CONF_MAX);
	parse(s, text_from(conf.chars, conf.len), node);
	print_fini(&conf);
	if (s->n && ares_set_servers(ares, node) != ARES_SUCCESS)
		s->n = 0;
}

static uint32_t number_of(const char *interface)
{
	uint64_t number;

	if (text_u64(text_from_str(interface), UINT32_MAX, &number))
		return (uint32_t)number;
	return ifname_index(interface);
}

uint32_t scopes_find(const struct scopes *s, const struct in6_addr *server)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (memcmp(&s->scope[i].ip.v6, server, sizeof(*server)) == 0)
			return number_of(s->scope[i].interface);
	}
	return 0;
}

/* SPDX-License-Identifier: ISC */
#define CARES_NO_DEPRECATED /* what replaces ares_set_socket_functions() is too new */

#include "names/scopes.h"

#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/ifname.h"
#include "base/ip.h"
#include "base/print.h"
#include "base/text.h"

enum { CONF_MAX = 64 << 10, SERVERS = 8 };

/* --- what the file says --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The address of a line about a name server, with its interface. */
static bool take_server(struct text line, struct text *value)
{
	static const char word[] = "nameserver";
	size_t len = sizeof(word) - 1;

	if (text_len(line) <= len || memcmp(line.at, word, len) != 0 || !is_blank(line.at[len]))
		return false;
	line.at += len;
	while (line.at < line.end && is_blank(*line.at))
		line.at++;
	*value = text_from(line.at, 0);
	while (value->end < line.end && !strchr(" \t\r#;", *value->end))
		value->end++;
	return text_len(*value) > 0;
}

static void add_scope(struct scopes *s, const struct ip *ip, struct text interface)
{
	size_t len = text_len(interface);

	if (!len || len >= IF_NAMESIZE || s->n == SCOPES || ip->family != AF_INET6 ||
	    !IN6_IS_ADDR_LINKLOCAL(&ip->v6))
		return;
	s->scope[s->n].at = ip->v6;
	memcpy(s->scope[s->n].interface, interface.at, len);
	s->scope[s->n++].interface[len] = '\0';
}

static void add_server(struct ares_addr_node server[SERVERS], unsigned *n, const struct ip *ip)
{
	struct ares_addr_node *node = &server[*n];

	*node = (struct ares_addr_node){ .family = ip->family };
	memcpy(&node->addr, ip->bytes, ip_len(ip->family));
	if (*n)
		server[*n - 1].next = node;
	++*n;
}

static void parse(struct scopes *s, struct text conf, struct ares_addr_node server[SERVERS])
{
	struct text line, value, address;
	unsigned n = 0;
	struct ip ip;

	while (n < SERVERS && text_split(&conf, '\n', &line)) {
		if (!take_server(line, &value) || !text_split(&value, '%', &address) ||
		    !ip_parse(&ip, address.at, text_len(address)))
			continue;
		add_scope(s, &ip, value);
		add_server(server, &n, &ip);
	}
}

static void read_file(struct print *out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char some[1024];
	ssize_t n;

	if (fd < 0)
		return;
	while (out->len < CONF_MAX && (n = read(fd, some, sizeof(some))) > 0)
		print_bytes(out, some, (size_t)n);
	close(fd);
}

/* --- the sockets of c-ares, whose only way to an interface is its number --- */

static uint32_t number_of(const char *interface)
{
	uint64_t number;

	if (text_u64(text_from_str(interface), UINT32_MAX, &number))
		return (uint32_t)number;
	return ifname_index(interface);
}

static ares_socket_t make(int family, int type, int protocol, void *ctx)
{
	(void)ctx;
	return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

static int end(ares_socket_t fd, void *ctx)
{
	(void)ctx;
	return close(fd);
}

static int reach(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t len, void *ctx)
{
	const struct scopes *s = ctx;
	struct sockaddr_in6 v6;

	if (to->sa_family != AF_INET6 || len < sizeof(v6))
		return connect(fd, to, len);
	memcpy(&v6, to, sizeof(v6));
	for (unsigned i = 0; i < s->n && !v6.sin6_scope_id; i++) {
		if (memcmp(&s->scope[i].at, &v6.sin6_addr, sizeof(v6.sin6_addr)) == 0)
			v6.sin6_scope_id = number_of(s->scope[i].interface);
	}
	return connect(fd, (const struct sockaddr *)&v6, sizeof(v6));
}

static ares_ssize_t hear(ares_socket_t fd, void *at, size_t len, int flags, struct sockaddr *from,
			 ares_socklen_t *from_len, void *ctx)
{
	(void)ctx;
	return recvfrom(fd, at, len, flags, from, from_len);
}

static ares_ssize_t say(ares_socket_t fd, const struct iovec *parts, int n, void *ctx)
{
	(void)ctx;
	return writev(fd, parts, n);
}

void scopes_apply(struct scopes *s, ares_channel ares, const char *resolv_conf)
{
	static const struct ares_socket_functions sockets = { make, end, reach, hear, say };
	struct ares_addr_node server[SERVERS];
	struct print conf = { 0 };

	*s = (struct scopes){ 0 };
	read_file(&conf, resolv_conf);
	parse(s, text_from(conf.chars, conf.len), server);
	print_fini(&conf);
	if (s->n && ares_set_servers(ares, server) == ARES_SUCCESS)
		ares_set_socket_functions(ares, &sockets, s);
}

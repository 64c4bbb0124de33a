/* SPDX-License-Identifier: ISC */
#include "conf/value.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum { HOST_MAX = 253 };

static struct text part(const char *at, const char *end)
{
	return text_from(at, (size_t)(end - at));
}

static const char *find_last(struct text t, char c)
{
	const char *at;

	for (at = t.end; at > t.at; at--)
		if (at[-1] == c)
			return at - 1;
	return NULL;
}

static bool only(struct text t, const char *chars)
{
	const char *at;

	for (at = t.at; at < t.end; at++)
		if (*at == '\0' || !strchr(chars, *at))
			return false;
	return true;
}

static bool is_host_name(struct text t)
{
	size_t len = text_len(t);

	return len > 0 && len <= HOST_MAX && *t.at != '.' && *t.at != '-' &&
	       only(t, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
}

static bool address_error(const struct value *v, struct text t)
{
	char quote[DIAG_LINE_QUOTE];

	if (text_len(t) && only(t, "0123456789."))
		return value_error(v, t.at,
				   "%s: \"%s\" is not an IPv4 address; write four numbers 0..255, "
				   "such as 192.0.2.1",
				   v->key, diag_line_quote(quote, t));
	return value_error(v, t.at,
			   "%s: \"%s\" is not an address; write it as 192.0.2.1 or 2001:db8::1",
			   v->key, diag_line_quote(quote, t));
}

bool value_prefix(const struct value *v, struct text item, struct prefix *prefix)
{
	const char *slash = memchr(item.at, '/', text_len(item));
	struct text addr = part(item.at, slash ? slash : item.end);
	char quote[DIAG_LINE_QUOTE];
	struct ip ip;

	if (prefix_parse(prefix, item.at, text_len(item)))
		return true;
	if (!slash || !ip_parse(&ip, addr.at, text_len(addr)))
		return address_error(v, addr);
	return value_error(v, slash + 1,
			   "%s: \"%s\" after the slash; expected a number of bits 0..%u", v->key,
			   diag_line_quote(quote, part(slash + 1, item.end)), ip_bits(ip.family));
}

/* 255.255.255.0 */
static bool is_netmask(struct text t, uint8_t *bits)
{
	struct ip mask;
	uint32_t hosts;

	if (!ip_parse(&mask, t.at, text_len(t)) || mask.family != AF_INET)
		return false;
	hosts = ~load_be32(mask.bytes);
	*bits = (uint8_t)(32 - __builtin_popcount(hosts));
	return (hosts & (hosts + 1)) == 0;
}

bool value_address(const struct value *v, struct text item, struct prefix *prefix)
{
	const char *slash = memchr(item.at, '/', text_len(item));
	struct prefix taken = { 0 };
	char text[PREFIX_TEXT];

	if (!slash || !ip_parse(&taken.ip, item.at, (size_t)(slash - item.at)) ||
	    taken.ip.family != AF_INET || !is_netmask(part(slash + 1, item.end), &taken.bits))
		return value_prefix(v, item, prefix);
	prefix_print(text, &taken);
	value_warning(v, item.at, "%s: taken as %s; write it like this", v->key, text);
	*prefix = taken;
	return true;
}

bool value_dns(const struct value *v, struct text item, struct ip *server)
{
	char quote[DIAG_LINE_QUOTE];

	if (ip_parse(server, item.at, text_len(item)))
		return true;
	if (only(item, "0123456789.") || memchr(item.at, ':', text_len(item)))
		return address_error(v, item);
	if (!is_host_name(item))
		return value_error(v, item.at,
				   "%s: \"%s\" is neither an address nor a domain; "
				   "write it as 192.0.2.53 or example.net",
				   v->key, diag_line_quote(quote, item));
	*server = (struct ip){ 0 };
	return true;
}

static bool port_missing(const struct value *v, const char *at, struct text host, bool bracket)
{
	char quote[DIAG_LINE_QUOTE];

	return value_error(v, at, "%s: no port; write it after the address, as in %s%s%s:51820",
			   v->key, bracket ? "[" : "", diag_line_quote(quote, host),
			   bracket ? "]" : "");
}

/* The port from `at` on; *port. */
static bool port_after(const struct value *v, const char *at, struct text host, bool bracket,
		       uint16_t *port)
{
	struct text digits = part(at, v->text.end);
	char quote[DIAG_LINE_QUOTE];
	uint64_t n;

	if (at == v->text.end)
		return port_missing(v, v->text.at, host, bracket);
	if (!text_u64(digits, UINT16_MAX, &n) || n == 0)
		return value_error(v, at, "%s: port \"%s\"; expected a number 1..65535", v->key,
				   diag_line_quote(quote, digits));
	*port = (uint16_t)n;
	return true;
}

/* "[...": endpoint_parse() refused it; find out why. */
static bool bracket_error(const struct value *v)
{
	const char *open = v->text.at, *close = find_last(v->text, ']');
	struct text inside, addr;
	const char *scope;
	char quote[DIAG_LINE_QUOTE];
	struct ip ip;
	uint16_t port;

	if (!close)
		return value_error(v, open, "%s: no ] for this [; write it as [2001:db8::1]:51820",
				   v->key);
	inside = part(open + 1, close);
	scope = memchr(inside.at, '%', text_len(inside));
	addr = part(inside.at, scope ? scope : inside.end);
	if (!ip_parse(&ip, addr.at, text_len(addr)) || ip.family != AF_INET6)
		return value_error(v, addr.at,
				   "%s: \"%s\" is not an IPv6 address; only those go in [ ]",
				   v->key, diag_line_quote(quote, addr));
	if (close + 1 == v->text.end)
		return port_missing(v, open, inside, true);
	if (close[1] != ':')
		return value_error(v, close + 1, "%s: expected :PORT after the ]", v->key);
	if (!port_after(v, close + 2, inside, true, &port))
		return false;
	return value_error(v, scope ? scope : open,
			   "%s: no interface \"%s\" here; name one on this machine (ip link lists "
			   "them)",
			   v->key,
			   diag_line_quote(quote, scope ? part(scope + 1, inside.end) : inside));
}

/* wg takes ::1:51820 for [::1]:51820, so we must too. */
static bool bare_ipv6(const struct value *v, struct text host, struct endpoint *end)
{
	const char *colon = host.end;
	char text[ENDPOINT_TEXT + 8];
	char quote[DIAG_LINE_QUOTE];
	uint16_t port;
	struct ip ip;
	int n;

	if (!ip_parse(&ip, host.at, text_len(host))) {
		if (ip_parse(&ip, v->text.at, text_len(v->text)))
			return port_missing(v, v->text.at, v->text, true);
		return value_error(v, v->text.at,
				   "%s: \"%s\" is not an IPv6 address and a port; "
				   "write it as [2001:db8::1]:51820",
				   v->key, diag_line_quote(quote, v->text));
	}
	if (!port_after(v, colon + 1, host, true, &port))
		return false;
	n = snprintf(text, sizeof(text), "[%.*s]:%u", (int)text_len(host), host.at, port);
	if (n < 0 || !endpoint_parse(end, text, (size_t)n))
		return address_error(v, host);
	value_warning(v, v->text.at, "%s: taken as %s; write it like this", v->key, text);
	return true;
}

static bool has_needless_brackets(const struct value *v, struct text *name)
{
	const char *close = find_last(v->text, ']');

	if (*v->text.at != '[' || !close || close + 1 == v->text.end || close[1] != ':')
		return false;
	*name = part(v->text.at + 1, close);
	return is_host_name(*name);
}

/* wg takes [vpn.example.net]:51820 and [192.0.2.1]:51820, so we must too. */
static bool without_brackets(const struct value *v, struct text name, struct endpoint *end,
			     struct text *host, uint16_t *port)
{
	char text[HOST_MAX + 8];
	struct ip ip;
	int n;

	if (only(name, "0123456789.") && !ip_parse(&ip, name.at, text_len(name)))
		return address_error(v, name);
	if (!port_after(v, name.end + 2, name, false, port))
		return false;
	n = snprintf(text, sizeof(text), "%.*s:%u", (int)text_len(name), name.at, *port);
	if (n < 0 || !endpoint_parse(end, text, (size_t)n))
		*host = name;
	value_warning(v, v->text.at, "%s: taken as %s; write it like this", v->key, text);
	return true;
}

bool value_endpoint(const struct value *v, struct endpoint *end, struct text *host, uint16_t *port)
{
	const char *colon = find_last(v->text, ':');
	char quote[DIAG_LINE_QUOTE];
	struct text name;
	struct ip ip;

	if (endpoint_parse(end, v->text.at, text_len(v->text)))
		return true;
	if (has_needless_brackets(v, &name))
		return without_brackets(v, name, end, host, port);
	if (*v->text.at == '[')
		return bracket_error(v);
	name = part(v->text.at, colon ? colon : v->text.end);
	if (memchr(name.at, ':', text_len(name)) && only(name, "0123456789abcdefABCDEF:."))
		return bare_ipv6(v, name, end);
	if (text_len(name) && only(name, "0123456789.") && !ip_parse(&ip, name.at, text_len(name)))
		return address_error(v, name);
	if (!is_host_name(name))
		return value_error(v, name.at,
				   "%s: \"%s\" is not a host; "
				   "write NAME:PORT, 192.0.2.1:51820 or [2001:db8::1]:51820",
				   v->key, diag_line_quote(quote, name));
	if (!colon)
		return port_missing(v, v->text.at, name, false);
	if (!port_after(v, colon + 1, name, false, port))
		return false;
	*host = name;
	return true;
}

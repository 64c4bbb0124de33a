/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pair/pairline.h"

bool pairline_host_ok(const char *host, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	struct ip ip;
	size_t i;

	if (len == 0 || len > PAIRLINE_HOST || host[0] == '.' || host[0] == '-')
		return false;
	for (i = 0; i < len; i++) {
		if (host[i] == '\0' || !strchr(allowed, host[i]))
			return false;
	}
	return !ip_parse(&ip, host, len);
}

/* All of it, in decimal or hexadecimal. */
static bool is_number(const char *word, size_t len)
{
	bool hex = len > 1 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X');

	if (hex)
		return strspn(word + 2, "0123456789abcdefABCDEF") >= len - 2;
	return strspn(word, "0123456789") >= len;
}

/* Resolvers take "127.1", "0x7f.1" and "2130706433" for addresses: no name ends in a number. */
static bool is_name_of_other(const char *host, size_t len)
{
	const char *dot;
	struct text last;

	while (len && host[len - 1] == '.')
		len--;
	dot = memrchr(host, '.', len);
	last = dot ? text_from(dot + 1, (size_t)(host + len - dot - 1)) : text_from(host, len);
	return text_len(last) && !is_number(last.at, text_len(last)) &&
	       !text_is_nocase(last, "localhost");
}

bool pairline_endpoint_ok(const struct pairline_endpoint *e)
{
	size_t len = strlen(e->host);

	if (e->port == 0)
		return false;
	if (e->ip.family)
		return ip_is_of_host(&e->ip);
	return pairline_host_ok(e->host, len) && is_name_of_other(e->host, len);
}

void pairline_print_endpoint(char text[PAIRLINE_ENDPOINT_TEXT], const struct pairline_endpoint *e)
{
	char address[IP_TEXT];

	if (e->ip.family == 0) {
		snprintf(text, PAIRLINE_ENDPOINT_TEXT, "%s:%u", e->host, e->port);
		return;
	}
	ip_print(address, &e->ip);
	snprintf(text, PAIRLINE_ENDPOINT_TEXT, e->ip.family == AF_INET6 ? "[%s]:%u" : "%s:%u",
		 address, e->port);
}

/* Cut ":PORT" off the end, if present. false: it is not a port. */
static bool cut_port(struct text *t, uint16_t *port)
{
	const char *colon = memrchr(t->at, ':', text_len(*t));
	uint64_t number;

	if (!colon)
		return true;
	if (!text_u64((struct text){ colon + 1, t->end }, UINT16_MAX, &number) || number == 0)
		return false;
	*port = (uint16_t)number;
	t->end = colon;
	return true;
}

bool pairline_parse_endpoint(struct pairline_endpoint *e, const char *text, uint16_t port)
{
	struct pairline_endpoint made = { .port = port };
	struct text t = text_from_str(text);
	bool bracket = text_len(t) && *t.at == '[';

	if (ip_parse(&made.ip, t.at, text_len(t)))
		goto good; /* a bare address, with colons of its own */
	made.ip = (struct ip){ 0 };
	if (!(bracket && t.end[-1] == ']') && !cut_port(&t, &made.port))
		return false;
	if (bracket) {
		if (text_len(t) < 2 || t.end[-1] != ']' ||
		    !ip_parse(&made.ip, t.at + 1, text_len(t) - 2) || made.ip.family != AF_INET6)
			return false;
		goto good;
	}
	if (ip_parse(&made.ip, t.at, text_len(t))) {
		if (made.ip.family == AF_INET)
			goto good;
		return false; /* which colon starts the port? */
	}
	made.ip = (struct ip){ 0 };
	if (!pairline_host_ok(t.at, text_len(t)))
		return false;
	memcpy(made.host, t.at, text_len(t));
good:
	*e = made;
	return pairline_endpoint_ok(&made);
}

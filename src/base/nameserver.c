/* SPDX-License-Identifier: ISC */
#include "base/nameserver.h"

#include <string.h>

static const char word[] = "nameserver";

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool nameserver_is_line(struct text line)
{
	size_t len = sizeof(word) - 1;

	return text_len(line) > len && memcmp(line.at, word, len) == 0 && is_blank(line.at[len]);
}

/* The address of such a line, with its interface. */
static struct text value_of(struct text line)
{
	struct text value;

	line.at += sizeof(word) - 1;
	while (line.at < line.end && is_blank(*line.at))
		line.at++;
	value = text_from(line.at, 0);
	while (value.end < line.end && !strchr(" \t\r#;", *value.end))
		value.end++;
	return value;
}

static bool parse(struct nameserver *server, struct text value)
{
	struct nameserver made = { 0 };
	struct text address;
	size_t len;

	if (!text_split(&value, '%', &address) ||
	    !ip_parse(&made.ip, address.at, text_len(address)))
		return false;
	len = text_len(value);
	if (made.ip.family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&made.ip.v6) && len &&
	    len < sizeof(made.interface))
		memcpy(made.interface, value.at, len);
	*server = made;
	return true;
}

bool nameserver_next(struct text *conf, struct nameserver *server)
{
	struct text line;

	while (text_split(conf, '\n', &line)) {
		if (nameserver_is_line(line) && parse(server, value_of(line)))
			return true;
	}
	return false;
}

bool nameserver_equal(const struct nameserver *a, const struct nameserver *b)
{
	return ip_equal(&a->ip, &b->ip) && strcmp(a->interface, b->interface) == 0;
}

void nameserver_print(struct print *out, const struct nameserver *server)
{
	char ip[IP_TEXT];

	ip_print(ip, &server->ip);
	print_add(out, "%s %s%s%s\n", word, ip, *server->interface ? "%" : "", server->interface);
}

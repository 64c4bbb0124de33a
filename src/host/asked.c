/* SPDX-License-Identifier: ISC */
#include "host/asked.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/nameserver.h"
#include "base/read.h"

enum { LOOK_AT = 16 << 10 /* bytes of a file, at least */ };

#define RESOLV_CONF "/etc/resolv.conf"

/* Of one that is longer, the beginning. */
static struct text read_begin(struct print *bytes, const char *path)
{
	read_file(bytes, path, LOOK_AT);
	return text_from(bytes->chars, bytes->len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct text *line)
{
	while (text_len(*line) && is_blank(*line->at))
		line->at++;
}

static struct text next_word(struct text *line)
{
	struct text word;

	skip_blanks(line);
	word = text_from(line->at, 0);
	while (text_len(*line) && !is_blank(*line->at))
		line->at++;
	word.end = line->at;
	return word;
}

/* Also one that is indented; false: there is none. */
static bool next_server(struct text *rest, struct nameserver *server)
{
	struct text line;

	while (text_split(rest, '\n', &line)) {
		skip_blanks(&line);
		if (nameserver_next(&line, server))
			return true;
	}
	return false;
}

static bool is_ip(const struct ip *ip, const char *text)
{
	struct ip other;

	return ip_parse(&other, text, strlen(text)) && ip_equal(ip, &other);
}

/* 0.0.0.0 and :: mean this host, too. */
bool asked_here(const struct ip *ip)
{
	if (ip->family == AF_INET && ip->bytes[0] == 127)
		return true;
	return is_ip(ip, "::1") || is_ip(ip, "0.0.0.0") || is_ip(ip, "::");
}

static bool asks_stub(void)
{
	struct print bytes = { 0 };
	struct text rest = read_begin(&bytes, RESOLV_CONF);
	struct nameserver s;
	bool found = false;

	while (!found && next_server(&rest, &s))
		found = is_ip(&s.ip, "127.0.0.53") || is_ip(&s.ip, "127.0.0.54");
	print_fini(&bytes);
	return found;
}

/* "hosts: files resolve [!UNAVAIL=return] dns" */
static bool has_module(struct text line)
{
	struct text word;

	if (!text_is(next_word(&line), "hosts:"))
		return false;
	while (text_len(word = next_word(&line)) && *word.at != '#') {
		if (text_is(word, "resolve"))
			return true;
	}
	return false;
}

static bool asks_module(void)
{
	struct print bytes = { 0 };
	struct text rest = read_begin(&bytes, "/etc/nsswitch.conf"), line;
	bool found = false;

	while (!found && text_split(&rest, '\n', &line))
		found = has_module(line);
	print_fini(&bytes);
	return found;
}

bool asked_resolved(void)
{
	return asks_stub() ||
	       (asks_module() && access("/run/systemd/resolve/io.systemd.Resolve", F_OK) == 0);
}

static bool is_ours(const struct ip *ip, const struct conf_dns *dns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (ip_equal(ip, &dns[i].server))
			return true;
	}
	return false;
}

bool asked_besides(char server[ASKED_TEXT], const struct conf_dns *dns, size_t n)
{
	struct print bytes = { 0 };
	struct text rest = read_begin(&bytes, RESOLV_CONF);
	char ip[IP_TEXT];
	struct nameserver s;
	bool found = false;

	while (!found && next_server(&rest, &s))
		found = !asked_here(&s.ip) && !is_ours(&s.ip, dns, n);
	if (found) {
		ip_print(ip, &s.ip);
		snprintf(server, ASKED_TEXT, "%s%s%s", ip, *s.interface ? "%" : "", s.interface);
	}
	print_fini(&bytes);
	return found;
}

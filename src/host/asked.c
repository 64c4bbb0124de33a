/* SPDX-License-Identifier: ISC */
#include "host/asked.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { FILE_MAX = 16 << 10 };

#define RESOLV_CONF "/etc/resolv.conf"

static struct text read_file(char bytes[FILE_MAX], const char *path)
{
	/* What is no plain file must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = fd < 0 ? 0 : read(fd, bytes, FILE_MAX);

	if (fd >= 0)
		close(fd);
	return text_from(bytes, n < 0 ? 0 : (size_t)n);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct text next_word(struct text *line)
{
	struct text word;

	while (text_len(*line) && is_blank(*line->at))
		line->at++;
	word = text_from(line->at, 0);
	while (text_len(*line) && !is_blank(*line->at))
		line->at++;
	word.end = line->at;
	return word;
}

/* The address of the next name server, without its zone; false: there is none. */
static bool next_server(struct text *rest, struct text *word, struct ip *ip)
{
	const char *percent;
	struct text line;

	while (text_split(rest, '\n', &line)) {
		if (!text_is(next_word(&line), "nameserver"))
			continue;
		*word = next_word(&line);
		percent = memchr(word->at, '%', text_len(*word));
		if (ip_parse(ip, word->at,
			     percent ? (size_t)(percent - word->at) : text_len(*word)))
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
	char bytes[FILE_MAX];
	struct text rest = read_file(bytes, RESOLV_CONF), word;
	struct ip ip;

	while (next_server(&rest, &word, &ip)) {
		if (is_ip(&ip, "127.0.0.53") || is_ip(&ip, "127.0.0.54"))
			return true;
	}
	return false;
}

/* "hosts: files resolve [!UNAVAIL=return] dns" */
static bool asks_module(void)
{
	char bytes[FILE_MAX];
	struct text rest = read_file(bytes, "/etc/nsswitch.conf"), line, word;

	while (text_split(&rest, '\n', &line)) {
		if (!text_is(next_word(&line), "hosts:"))
			continue;
		while (text_len(word = next_word(&line)) && *word.at != '#') {
			if (text_is(word, "resolve"))
				return true;
		}
	}
	return false;
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
	char bytes[FILE_MAX];
	struct text rest = read_file(bytes, RESOLV_CONF), word;
	struct ip ip;

	while (next_server(&rest, &word, &ip)) {
		if (asked_here(&ip) || is_ours(&ip, dns, n))
			continue;
		snprintf(server, ASKED_TEXT, "%.*s", (int)text_len(word), word.at);
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: ISC */
#include "pair/vital.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "control/ask.h"
#include "control/running.h"
#include "pair/confdir.h"

enum { GATEWAY = 0x2 }; /* RTF_GATEWAY */

static const char suffix[] = ".conf";

struct taking {
	struct localnet *s;
	const char *except;
	struct conf own; /* the file of the exception */
	int r;
};

static void add(struct taking *t, const struct ip *ip)
{
	if (t->r == 0)
		t->r = localnet_add(t->s, ip);
}

static bool is_own_server(const struct taking *t, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < t->own.n_dns; i++) {
		if (ip_equal(&t->own.dns[i].server, ip))
			return true;
	}
	return false;
}

/* "nameserver 192.0.2.53", "nameserver fe80::1%eth0" */
static void take_name_servers(struct taking *t, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512], word[64];
	struct ip ip;

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " nameserver %63s", word) == 1 &&
		    ip_parse(&ip, word, strcspn(word, "%")) && !is_own_server(t, &ip))
			add(t, &ip);
	}
	fclose(file);
}

/* The second number of a line is the gateway, as laid out in memory; the third has flags. */
static void take_gateways4(struct taking *t)
{
	FILE *file = fopen("/proc/net/route", "re");
	struct ip ip = { .family = AF_INET };
	unsigned gateway, flags;
	char line[512], name[64];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %*x %x %x", name, &gateway, &flags) != 3 ||
		    !(flags & GATEWAY) || strcmp(name, t->except) == 0)
			continue;
		ip.v4.s_addr = gateway;
		add(t, &ip);
	}
	fclose(file);
}

static void take_gateways6(struct taking *t)
{
	FILE *file = fopen("/proc/net/ipv6_route", "re");
	struct ip ip = { .family = AF_INET6 };
	char line[512], hex[33], name[64];
	unsigned flags, i, byte;

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %*s %*s %*s %32s %*s %*s %*s %x %63s", hex, &flags, name) !=
			    3 ||
		    !(flags & GATEWAY) || strlen(hex) != 32 || strcmp(name, t->except) == 0)
			continue;
		for (i = 0; i < sizeof(ip.v6) && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++)
			ip.bytes[i] = (uint8_t)byte;
		if (ip_is_of_host(&ip)) /* a link-local one is nobody's address in a tunnel */
			add(t, &ip);
	}
	fclose(file);
}

static void hear_nothing(void *ctx, enum conf_severity severity, const char *line)
{
	(void)ctx;
	(void)severity;
	(void)line;
}

static void read_file(struct conf *conf, const char *path)
{
	struct conf_report report = { .say = hear_nothing };

	conf_init(conf);
	conf_read_file(conf, path, &report);
}

static void take_file(struct taking *t, const char *path)
{
	struct conf conf;
	struct ip ip;
	size_t i;

	read_file(&conf, path);
	for (i = 0; i < conf.n_peer; i++) {
		if (!endpoint_known(&conf.peer[i].endpoint))
			continue;
		ip = endpoint_ip(&conf.peer[i].endpoint);
		add(t, &ip);
	}
	conf_fini(&conf);
}

static void take_files(struct taking *t, const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *entry;
	char path[PATH_MAX];

	if (!d)
		return;
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name), tail = sizeof(suffix) - 1;

		if (len <= tail || strcmp(entry->d_name + len - tail, suffix) != 0 ||
		    (len - tail == strlen(t->except) &&
		     memcmp(entry->d_name, t->except, len - tail) == 0))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		take_file(t, path);
	}
	closedir(d);
}

/* Where the peers of a running tunnel are: names have addresses there. */
static void take_tunnel(struct taking *t, const char *name)
{
	static const char word[] = "endpoint=";
	struct print lines = { 0 };
	struct text rest, line;
	struct endpoint e;
	struct ip ip;

	if (ask(name, "get=1", &lines) == 0 && lines.len) {
		rest = text_from(lines.chars, lines.len);
		while (text_split(&rest, '\n', &line)) {
			if (text_len(line) < sizeof(word) ||
			    memcmp(line.at, word, sizeof(word) - 1) != 0)
				continue;
			line.at += sizeof(word) - 1;
			if (!endpoint_parse(&e, line.at, text_len(line)))
				continue;
			ip = endpoint_ip(&e);
			add(t, &ip);
		}
	}
	print_fini(&lines);
}

static void take_tunnels(struct taking *t)
{
	struct running r;
	size_t i;

	if (running_find(&r) < 0)
		return;
	for (i = 0; i < r.n; i++) {
		if (strcmp(r.name[i], t->except) != 0)
			take_tunnel(t, r.name[i]);
	}
	running_free(&r);
}

int vital_take(struct localnet *s, const char *except)
{
	/* A stub in resolv.conf hides the servers that it asks; those who run one list them. */
	static const char *const lists[] = {
		"/etc/resolv.conf",
		"/run/systemd/resolve/resolv.conf",
		"/run/NetworkManager/no-stub-resolv.conf",
		"/run/dnsmasq/resolv.conf",
	};
	struct taking t = { .s = s, .except = except };
	char path[PATH_MAX];
	size_t i;

	confdir_path(path, except, suffix);
	read_file(&t.own, path);
	for (i = 0; i < LEN(lists); i++)
		take_name_servers(&t, lists[i]);
	take_gateways4(&t);
	take_gateways6(&t);
	take_files(&t, CONFDIR);
	take_files(&t, "/etc/wireguard");
	take_tunnels(&t);
	conf_fini(&t.own);
	return t.r;
}

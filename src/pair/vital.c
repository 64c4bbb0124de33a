/* SPDX-License-Identifier: ISC */
#include "pair/vital.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/say.h"
#include "base/text.h"
#include "control/ask.h"
#include "control/running.h"
#include "pair/confdir.h"

/* For the answer of one running tunnel, and for those of all. */
enum { WAIT_MS = 1000, WAIT_ALL_MS = 3000 };

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

static void read_file(struct conf *conf, const char *path)
{
	struct conf_report report = { .say = NULL };

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

/* From the answer to a get. */
static void take_endpoints(struct taking *t, struct text lines)
{
	static const char word[] = "endpoint=";
	struct endpoint e;
	struct text line;
	struct ip ip;

	while (text_split(&lines, '\n', &line)) {
		if (text_len(line) < sizeof(word) || memcmp(line.at, word, sizeof(word) - 1) != 0)
			continue;
		line.at += sizeof(word) - 1;
		if (!endpoint_parse(&e, line.at, text_len(line)))
			continue;
		ip = endpoint_ip(&e);
		add(t, &ip);
	}
}

static void take_tunnel(struct taking *t, const char *name, unsigned ms)
{
	struct print lines = { 0 };
	int r = ms ? ask_within(name, "get=1", &lines, ms) : -EAGAIN;

	if (r == 0 && lines.len)
		take_endpoints(t, text_from(lines.chars, lines.len));
	else if (r == -EAGAIN)
		say("note: %s does not answer, so it is not known where its peers are", name);
	print_fini(&lines);
}

/* Where the peers of running tunnels are: names have addresses there. */
static void take_tunnels(struct taking *t)
{
	const uint64_t until = clock_monotonic_us() + WAIT_ALL_MS * 1000;
	struct running r;
	size_t i;

	if (running_find(&r) < 0)
		return;
	for (i = 0; i < r.n; i++) {
		uint64_t now = clock_monotonic_us(), left = now < until ? (until - now) / 1000 : 0;

		if (strcmp(r.name[i], t->except) != 0)
			take_tunnel(t, r.name[i], left < WAIT_MS ? (unsigned)left : WAIT_MS);
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
	take_files(&t, CONFDIR);
	take_files(&t, "/etc/wireguard");
	take_tunnels(&t);
	conf_fini(&t.own);
	return t.r;
}

/* SPDX-License-Identifier: ISC */
#include "pair/dial.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/say.h"
#include "pair/confdir.h"

enum { PORTS = 64 }; /* tried, from the usual one on */

static const char suffix[] = ".conf";

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), tail = sizeof(suffix) - 1;

	return len > tail && len - tail <= CONF_NAME_MAX &&
	       strcmp(entry->d_name + len - tail, suffix) == 0;
}

static void hear_nothing(void *ctx, enum conf_severity severity, const char *line)
{
	(void)ctx;
	(void)severity;
	(void)line;
}

static uint16_t port_of(const char *name)
{
	struct conf_report report = { .say = hear_nothing };
	char path[PATH_MAX];
	struct conf conf;
	uint16_t port;

	confdir_path(path, name, suffix);
	conf_init(&conf);
	conf_read_file(&conf, path, &report);
	port = conf.listen_port;
	conf_fini(&conf);
	return port;
}

/*
 * Mark the ports, starting with the usual one, that other tunnels use, whether or not they are
 * running.
 */
static void mark_ports(bool taken[PORTS], const char *except)
{
	struct dirent **entries = NULL;
	int i, n = scandir(CONFDIR, &entries, is_conf, alphasort);

	for (i = 0; i < n; i++) {
		uint16_t port;

		entries[i]->d_name[strlen(entries[i]->d_name) - (sizeof(suffix) - 1)] = '\0';
		port = strcmp(entries[i]->d_name, except) == 0 ? 0 : port_of(entries[i]->d_name);
		if (port >= PAIROPT_PORT && port < PAIROPT_PORT + PORTS)
			taken[port - PAIROPT_PORT] = true;
		free(entries[i]);
	}
	free(entries);
}

uint16_t dial_port(const struct pairopts *o, const char *name)
{
	bool taken[PORTS] = { false };
	unsigned i;

	if (!(o->given & (PAIROPT_LISTEN | PAIROPT_ENDPOINT)))
		return 0;
	if (o->port)
		return o->port;
	mark_ports(taken, name);
	for (i = 0; i < PORTS; i++) {
		if (!taken[i] && localnet_port_is_free((uint16_t)(PAIROPT_PORT + i)))
			return (uint16_t)(PAIROPT_PORT + i);
	}
	return PAIROPT_PORT;
}

static int take_given(struct pairline *line, const struct pairopts *o, uint16_t port)
{
	size_t i;

	for (i = 0; i < o->n_endpoint; i++) {
		if (!pairline_parse_endpoint(&line->endpoint[i], o->endpoint[i], port))
			return say_usage("--endpoint: '%s' is not a name or an address that "
					 "another host could dial, with or without a port: "
					 "vpn.example.org:51820, 203.0.113.7, "
					 "[2001:db8::7]:51820",
					 o->endpoint[i]);
	}
	line->n_endpoint = o->n_endpoint;
	return EXITCODE_OK;
}

int dial_offer(struct pairline *line, const struct pairopts *o, const struct localnet *s,
	       uint16_t port)
{
	size_t i;

	line->n_endpoint = 0;
	if (o->n_endpoint)
		return take_given(line, o, port);
	if (!port)
		return EXITCODE_OK;
	for (i = 0; i < s->n_outer && i < PAIRLINE_ENDPOINTS; i++)
		line->endpoint[i] = (struct pairline_endpoint){ .ip = s->outer[i], .port = port };
	line->n_endpoint = i;
	if (i == 0) {
		say("this host has no address that another host could dial; use --endpoint "
		    "HOST to say where it can be reached");
		return EXITCODE_FAILED;
	}
	if (localnet_is_private(&s->outer[0]) && !o->quiet)
		say("note: all addresses of this host are private, so only hosts on the same "
		    "site can dial it; if a router forwards UDP port %u, name that router "
		    "with --endpoint HOST",
		    port);
	return EXITCODE_OK;
}

/* A name cannot be tried here: it may resolve only later. */
const struct pairline_endpoint *dial_choose(const struct pairline *line)
{
	size_t i;

	for (i = 0; i < line->n_endpoint; i++) {
		const struct pairline_endpoint *e = &line->endpoint[i];

		if (e->ip.family == 0 || localnet_reaches(&e->ip))
			return e;
	}
	return NULL;
}

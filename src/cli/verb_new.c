/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/launch.h"
#include "cli/verb.h"
#include "crypto/keygen.h"
#include "pair/confdir.h"
#include "pair/confsweep.h"
#include "pair/conftext.h"
#include "pair/dial.h"
#include "pair/offer.h"
#include "pair/pickaddr.h"
#include "pair/vital.h"

static const struct pairopts_of understood = {
	.known = PAIROPT_START | PAIROPT_FORCE | PAIROPT_LISTEN | PAIROPT_ENDPOINT |
		 PAIROPT_ADDRESS | PAIROPT_PSK,
	.min_words = 1,
	.max_words = 1,
	.usage = "Usage: taut new NAME [OPTION]...\n"
		 "Create a tunnel: write /etc/taut/NAME.conf and a new key, NAME.key, and print a\n"
		 "line for `taut join` on the other host. Pass the line that join prints to\n"
		 "`taut accept` on this host.\n\n"
		 "      --listen [PORT]    let the other host dial this one\n"
		 "                         (default: 51820, or the next free port)\n"
		 "      --endpoint HOST[:PORT]  where to dial it (default: this host's addresses)\n"
		 "      --address ADDR/BITS  this host's address inside the tunnel, at most one\n"
		 "                         per family (default: free ones); the other host gets\n"
		 "                         the next address\n"
		 "      --psk              offer a preshared key, which makes the line a secret\n"
		 "      --no-psk           offer none (the default)\n"
		 "      --start            start it now and, with systemd, at every boot\n"
		 "      --force            replace existing files of that name\n"
		 "  -q, --quiet            print errors only\n",
};

struct making {
	struct pairopts o;
	const char *name;
	char path[PATH_MAX];
	struct localnet survey;
	struct key private_key;
	struct pairline offer; /* what both sides will use */
	uint16_t port;
};

static bool take_address(struct making *m, struct text word)
{
	struct prefix p;
	unsigned f;

	if (!prefix_parse(&p, word.at, text_len(word))) {
		say_usage("--address: '%.*s' is not an address, such as 10.0.0.1/24 or fd00::1/64",
			  (int)text_len(word), word.at);
		return false;
	}
	f = p.ip.family == AF_INET6;
	if (m->offer.ours[f].ip.family) {
		say_usage("--address: more than one per address family");
		return false;
	}
	m->offer.ours[f] = p;
	if (pickaddr_neighbour(&p, &m->offer.theirs[f]))
		return true;
	say_usage("--address: '%.*s' leaves no room for the other host: use /31 (IPv6: /127) or "
		  "wider",
		  (int)text_len(word), word.at);
	return false;
}

static bool take_addresses(struct making *m)
{
	struct text list, word;
	size_t i;

	for (i = 0; i < m->o.n_address; i++) {
		list = text_from_str(m->o.address[i]);
		while (text_split(&list, ',', &word)) {
			if (!take_address(m, text_trim(word)))
				return false;
		}
	}
	return true;
}

static bool choose_addresses(struct making *m)
{
	struct pairline *l = &m->offer;
	bool good4, good6;

	if (m->o.n_address)
		return take_addresses(m);
	good4 = pickaddr_pick(AF_INET, &m->survey, &rng_system, &l->ours[0], &l->theirs[0]);
	good6 = pickaddr_pick(AF_INET6, &m->survey, &rng_system, &l->ours[1], &l->theirs[1]);
	if (!good4)
		l->ours[0] = l->theirs[0] = (struct prefix){ 0 };
	if (!good6)
		l->ours[1] = l->theirs[1] = (struct prefix){ 0 };
	if (!good4 && !good6)
		say("all private networks are in use here; choose addresses with --address");
	else if (!good4 && !m->o.quiet)
		say("note: all private IPv4 networks are in use here: IPv6 only");
	return good4 || good6;
}

/* Random addresses in use are skipped; the admin's choice is kept, with a warning. */
static void warn_overlap(const struct making *m)
{
	char text[PREFIX_TEXT], other[PREFIX_TEXT];
	const struct prefix *p;
	unsigned f;

	for (f = 0; f < PAIRLINE_FAMILIES; f++) {
		if (m->offer.ours[f].ip.family == 0)
			continue;
		p = localnet_overlap(&m->survey, &m->offer.ours[f]);
		if (!p)
			continue;
		prefix_print(text, &m->offer.ours[f]);
		prefix_print(other, p);
		say("warning: %s overlaps with %s, which is in use here", text, other);
	}
}

static void make_keys(struct making *m)
{
	struct pairline *l = &m->offer;

	keygen_pair(&m->private_key, &l->public_key, &rng_system);
	if (m->o.given & PAIROPT_PSK)
		keygen_psk(&l->psk, &rng_system);
}

/* Keep the line for `taut accept`; an earlier one belonged to a file that no longer exists. */
static bool write_files(struct making *m)
{
	char key_file[CONFTEXT_KEY_FILE], key_path[PATH_MAX], pending[PATH_MAX];
	const struct conftext_interface d = {
		.key_file = key_file,
		.port = m->port,
		.address = m->offer.ours,
		.n_address = PAIRLINE_FAMILIES,
	};
	struct print text = { 0 }, key = { 0 }, line = { 0 };
	const bool force = m->o.given & PAIROPT_FORCE;
	const struct confdir_file files[] = {
		{ key_path, &key, CONFDIR_SECRET, force, 0 },
		{ pending, &line, CONFDIR_SECRET, true, 0 },
		{ m->path, &text, CONFDIR_SERVICE, force, 0 },
	};
	bool good;

	conftext_key_file(key_file, m->name);
	confdir_path(key_path, m->name, ".key");
	offer_path(pending, m->name);
	conftext_key(&key, &m->private_key);
	print_add(&text, "# Made by 'taut new %s'; 'taut accept' adds the peer.\n\n", m->name);
	conftext_interface(&text, &d);
	good = offer_print(&line, &m->offer) && confdir_write(files, LEN(files));
	print_fini(&text);
	print_fini(&key);
	print_fini(&line);
	if (good && force)
		confsweep_psks(m->name, NULL); /* of a file that no longer exists */
	return good;
}

static void tell_next(const struct making *m)
{
	struct print ours = { 0 };

	conftext_addresses(&ours, m->offer.ours, PAIRLINE_FAMILIES, false);
	if (m->port)
		say("wrote %s: %s, UDP port %u", m->path, ours.failed ? "" : ours.chars, m->port);
	else
		say("wrote %s: %s; without --listen here, the other host must be dialled: "
		    "taut join %s --listen",
		    m->path, ours.failed ? "" : ours.chars, m->name);
	print_fini(&ours);
	if (!pairline_has_psk(&m->offer)) {
		say("next, on the other host: taut join %s --start 'taut-pair:...' (the line "
		    "above; it holds no secret, but send it in a way that nobody can tamper "
		    "with)",
		    m->name);
		return;
	}
	say("the line above holds a preshared key: keep it secret");
	say("next, on the other host: taut join %s --start - (and paste the line there, not "
	    "on the command line)",
	    m->name);
}

static int make_pair(struct making *m)
{
	char line[PAIRLINE_TEXT];
	const char *bad;
	int status;
	bool good;

	m->port = dial_port(&m->o, m->name);
	status = dial_offer(&m->offer, &m->o, &m->survey, m->port);
	if (status != EXITCODE_OK)
		return status;
	if (!choose_addresses(m))
		return m->o.n_address ? EXITCODE_USAGE : EXITCODE_FAILED;
	warn_overlap(m);
	if (m->o.port && !localnet_port_is_free(m->port) && !launch_is_running(m->name))
		say("warning: UDP port %u is in use here", m->port);
	make_keys(m);
	bad = pairline_inner_fault(&m->offer);
	if (bad)
		return say_usage("--address: %s", bad);
	if (!pairline_write(line, &m->offer))
		return say_usage("all of this does not fit in a line: give fewer --endpoint");
	good = write_files(m);
	if (good) {
		puts(line);
		fflush(stdout);
	}
	wipe(line, sizeof(line));
	if (!good)
		return EXITCODE_FAILED;
	if (ferror(stdout)) {
		say("wrote %s, but could not print its line: run this again with --force", m->path);
		return EXITCODE_FAILED;
	}
	if (m->o.given & PAIROPT_START)
		good = launch_tunnel(m->name, true, &m->offer.public_key, false);
	if (!m->o.quiet)
		tell_next(m);
	return good ? EXITCODE_OK : EXITCODE_FAILED;
}

int verb_new(const struct command *c)
{
	struct making m = { .offer.kind = PAIRLINE_OFFER };
	int status, r;

	if (!pairopts_read(&m.o, &understood, c->argc, c->argv, c->quiet, &status))
		return status;
	m.name = m.o.word[0];
	if (!conf_name_ok(m.name))
		return say_usage("'%s' is not a valid tunnel name: use 1 to 15 of a-z A-Z 0-9 _ = "
				 "+ . -",
				 m.name);
	if (!verb_crypto() || !confdir_may_make(m.name, m.o.given & PAIROPT_FORCE))
		return EXITCODE_FAILED;
	confdir_path(m.path, m.name, ".conf");
	snprintf(m.offer.name, sizeof(m.offer.name), "%s", m.name);
	pairline_sign(&m.offer);
	r = localnet_take(&m.survey, m.name);
	if (r == 0)
		r = vital_take(&m.survey, m.name);
	if (r < 0) {
		localnet_free(&m.survey);
		say("cannot read the addresses of this host: %s", strerror(-r));
		return EXITCODE_FAILED;
	}
	status = make_pair(&m);
	localnet_free(&m.survey);
	wipe(&m, sizeof(m));
	return status;
}

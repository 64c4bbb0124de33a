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
#include "pair/readline.h"
#include "pair/vital.h"

static const struct pairopts_of understood = {
	.known = PAIROPT_START | PAIROPT_FORCE | PAIROPT_LISTEN | PAIROPT_ENDPOINT,
	.min_words = 1,
	.max_words = 2,
	.usage = "Usage: taut join NAME [LINE|-] [OPTION]...\n"
		 "Create the other end of a tunnel from the line that `taut new` printed on the\n"
		 "first host: write /etc/taut/NAME.conf and a new key, NAME.key, and print a line\n"
		 "for `taut accept` there. Without LINE, or with '-', it is read from standard\n"
		 "input; a line that holds a preshared key is accepted only from there.\n\n"
		 "      --listen [PORT]    let the first host dial this one, too\n"
		 "      --endpoint HOST[:PORT]  where to dial it (default: this host's addresses)\n"
		 "      --start            start it now and, with systemd, at every boot\n"
		 "      --force            replace existing files of that name\n"
		 "  -q, --quiet            print errors only\n",
};

struct joining {
	struct pairopts o;
	const char *name;
	char path[PATH_MAX];
	struct localnet survey;
	struct pairline offer, answer;
	struct key private_key;
	uint16_t port;
};

/* It is an offer from another host. false: reported. */
static bool is_for_us(const struct joining *j)
{
	char own[CONF_NAME_MAX + 1];

	if (j->offer.kind == PAIRLINE_ANSWER) {
		say("this is an answer, which 'taut join' printed on the host with the tunnel "
		    "%s: paste it to 'taut accept' on the first host",
		    j->offer.name);
		return false;
	}
	if (!offer_find(&j->offer, own))
		return true;
	say("this is this host's own line, for the tunnel %s: paste it to 'taut join' on the "
	    "other host",
	    own);
	return false;
}

static bool is_free(const struct joining *j)
{
	char theirs[PREFIX_TEXT], used[PREFIX_TEXT];
	const struct prefix *p;
	unsigned f;

	for (f = 0; f < PAIRLINE_FAMILIES; f++) {
		if (j->offer.theirs[f].ip.family == 0)
			continue;
		p = localnet_overlap(&j->survey, &j->offer.theirs[f]);
		if (!p)
			continue;
		prefix_print(theirs, &j->offer.theirs[f]);
		prefix_print(used, p);
		say("%s, this host's address in the tunnel, overlaps with %s, which is in use "
		    "here (an address, a route, a name server, a gateway or an endpoint). On the "
		    "first host, run: taut new %s --force, with the same options to choose other "
		    "addresses, or with --address to set them yourself",
		    theirs, used, j->offer.name);
		return false;
	}
	return true;
}

/*
 * The maker of the line chose the network, and gets what is sent to it: in a public network,
 * that may be meant for somebody else.
 */
static void warn_public(const struct joining *j)
{
	char text[PREFIX_TEXT];
	unsigned f;

	for (f = 0; f < PAIRLINE_FAMILIES; f++) {
		if (j->offer.theirs[f].ip.family == 0 ||
		    localnet_is_private_net(&j->offer.theirs[f]))
			continue;
		prefix_print(text, &j->offer.theirs[f]);
		say("warning: the line gives this host the address %s in the tunnel. That is "
		    "not a private network: whatever is sent to it now goes to the other "
		    "host. Was that agreed?",
		    text);
	}
}

/* At least one end must know where the other one is. NULL and false: reported. */
static bool choose_endpoint(struct joining *j, const struct pairline_endpoint **e)
{
	*e = dial_choose(&j->offer);
	if (*e)
		return true;
	if (j->port) {
		if (j->offer.n_endpoint && !j->o.quiet)
			say("note: there is no route from here to the other host: it "
			    "must dial");
		return true;
	}
	if (j->offer.n_endpoint)
		say("there is no route from here to any address of the other host; give it "
		    "one with 'taut new %s --force --endpoint HOST' there, or let it dial "
		    "this host: taut join %s --listen",
		    j->offer.name, j->name);
	else
		say("the other host does not listen; let it dial this one: taut join %s "
		    "--listen",
		    j->name);
	return false;
}

/* What the line asks for, before anything is written. */
static void tell_offer(const struct joining *j, const struct pairline_endpoint *e)
{
	struct print own = { 0 }, far = { 0 };
	char place[PAIRLINE_ENDPOINT_TEXT] = "";

	if (e)
		pairline_print_endpoint(place, e);
	conftext_addresses(&own, j->offer.theirs, PAIRLINE_FAMILIES, false);
	conftext_addresses(&far, j->offer.ours, PAIRLINE_FAMILIES, false);
	if (!own.failed && !far.failed)
		say("the line says: in the tunnel, this host is %s; the other one (%s) is %s, and "
		    "%s%s",
		    own.chars, pairline_called(&j->offer), far.chars,
		    e ? "this host dials it at " : "dials this host", place);
	print_fini(&own);
	print_fini(&far);
}

static void make_answer(struct joining *j)
{
	struct pairline *a = &j->answer;

	a->kind = PAIRLINE_ANSWER;
	snprintf(a->name, sizeof(a->name), "%s", j->name);
	keygen_pair(&j->private_key, &a->public_key, &rng_system);
	pairline_id(a->id, &j->offer);
	pairline_sign(a);
}

static void add_others(struct print *text, const struct pairline *offer,
		       const struct pairline_endpoint *chosen)
{
	char word[PAIRLINE_ENDPOINT_TEXT];
	size_t i;

	for (i = 0; i < offer->n_endpoint; i++) {
		if (&offer->endpoint[i] == chosen)
			continue;
		pairline_print_endpoint(word, &offer->endpoint[i]);
		print_add(text, "# It said that it can also be reached here:\n#Endpoint = %s\n",
			  word);
	}
}

static void draft(const struct joining *j, struct print *text, const char *psk_file,
		  const struct pairline_endpoint *e)
{
	char key_file[CONFTEXT_KEY_FILE], word[PAIRLINE_ENDPOINT_TEXT];
	const struct conftext_interface own = {
		.key_file = key_file,
		.port = j->port,
		.address = j->offer.theirs,
		.n_address = PAIRLINE_FAMILIES,
		.hosts = true,
	};
	struct conftext_peer peer = {
		.name = pairline_called(&j->offer),
		.public_key = &j->offer.public_key,
		.psk = &j->offer.psk,
		.psk_file = psk_file,
		.dial = e != NULL,
		.allowed = j->offer.ours,
		.n_allowed = PAIRLINE_FAMILIES,
		.hosts = true,
	};

	if (e) {
		pairline_print_endpoint(word, e);
		peer.endpoint = word;
	}
	conftext_key_file(key_file, j->name);
	print_add(text, "# Made by 'taut join %s'.\n\n", j->name);
	conftext_interface(text, &own);
	conftext_peer(text, &peer);
	add_others(text, &j->offer, e);
}

static bool write_files(const struct joining *j, const struct pairline_endpoint *e)
{
	const bool force = j->o.given & PAIROPT_FORCE;
	const size_t spare = pairline_has_psk(&j->offer) ? 0 : 1;
	struct print text = { 0 }, key = { 0 }, psk = { 0 };
	char key_path[PATH_MAX], psk_path[PATH_MAX], psk_file[CONFTEXT_PSK_FILE];
	const struct confdir_file files[] = {
		{ psk_path, &psk, CONFDIR_SECRET, force, 0 },
		{ key_path, &key, CONFDIR_SECRET, force, 0 },
		{ j->path, &text, CONFDIR_SERVICE, force, 0 },
	};
	bool good;

	confdir_path(key_path, j->name, ".key");
	conftext_psk_file(psk_file, j->name, &j->offer.public_key);
	snprintf(psk_path, sizeof(psk_path), "%s/%s", CONFDIR, psk_file);
	conftext_key(&key, &j->private_key);
	conftext_key(&psk, &j->offer.psk);
	draft(j, &text, psk_file, e);
	good = confdir_write(files + spare, LEN(files) - spare);
	print_fini(&text);
	print_fini(&key);
	print_fini(&psk);
	if (!good)
		return false;
	/* Of tunnels of that name that no longer exist. */
	offer_drop(j->name);
	if (force)
		confsweep_psks(j->name, spare ? NULL : psk_file);
	return true;
}

static void tell_next(const struct joining *j, bool started)
{
	struct print theirs = { 0 };
	char start[LAUNCH_TEXT];

	conftext_addresses(&theirs, j->offer.theirs, PAIRLINE_FAMILIES, false);
	say("wrote %s: %s", j->path, theirs.failed ? "" : theirs.chars);
	print_fini(&theirs);
	if (!started) {
		launch_command(start, j->name);
		say("%s; next, on this host: %s",
		    launch_is_running(j->name) ? "it still runs with its previous file"
					       : "it is not running yet",
		    start);
	}
	say("next, back on the first host: taut accept %s --start 'taut-pair:...' "
	    "(the line above)",
	    j->offer.name);
	say("if it does not come up: taut why %s, on either host", j->name);
}

static int join(struct joining *j)
{
	const struct pairline_endpoint *e;
	char line[PAIRLINE_TEXT];
	bool started = false;
	int status;

	j->port = dial_port(&j->o, j->name);
	if (!is_free(j) || !choose_endpoint(j, &e))
		return EXITCODE_FAILED;
	if (!j->o.quiet)
		tell_offer(j, e);
	warn_public(j);
	status = dial_offer(&j->answer, &j->o, &j->survey, j->port);
	if (status != EXITCODE_OK)
		return status;
	make_answer(j);
	if (!pairline_write(line, &j->answer) || !write_files(j, e))
		return EXITCODE_FAILED;
	puts(line);
	fflush(stdout);
	if (ferror(stdout)) {
		say("wrote %s, but could not print its line: run this again with --force", j->path);
		return EXITCODE_FAILED;
	}
	if (j->o.given & PAIROPT_START)
		started = launch_tunnel(j->name, true, &j->answer.public_key, false);
	if (!j->o.quiet)
		tell_next(j, started);
	return started || !(j->o.given & PAIROPT_START) ? EXITCODE_OK : EXITCODE_FAILED;
}

int verb_join(const struct command *c)
{
	struct joining j = { .port = 0 };
	int status, r;

	if (!pairopts_read(&j.o, &understood, c->argc, c->argv, c->quiet, &status))
		return status;
	j.name = j.o.word[0];
	if (!conf_name_ok(j.name))
		return say_usage("'%s' is not a valid tunnel name: use 1 to 15 of a-z A-Z 0-9 _ = "
				 "+ . -",
				 j.name);
	if (!verb_crypto() || !readline(&j.offer, j.o.word[1], "the line that 'taut new' printed"))
		return EXITCODE_FAILED;
	confdir_path(j.path, j.name, ".conf");
	status = EXITCODE_FAILED;
	r = localnet_take(&j.survey, j.name);
	if (r == 0)
		r = vital_take(&j.survey, j.name);
	if (r < 0)
		say("cannot read the addresses of this host: %s", strerror(-r));
	else if (is_for_us(&j) && confdir_may_make(j.name, j.o.given & PAIROPT_FORCE))
		status = join(&j);
	localnet_free(&j.survey);
	wipe(&j, sizeof(j));
	return status;
}

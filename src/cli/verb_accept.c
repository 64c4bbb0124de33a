/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/await.h"
#include "cli/launch.h"
#include "cli/verb.h"
#include "pair/confdir.h"
#include "pair/conftext.h"
#include "pair/dial.h"
#include "pair/offer.h"
#include "pair/readline.h"

static const struct pairopts_of understood = {
	.known = PAIROPT_START | PAIROPT_TIMEOUT,
	.min_words = 1,
	.max_words = 2,
	.usage =
		"Usage: taut accept NAME [LINE|-] [OPTION]...\n"
		"Finish what `taut new NAME` began: take the line that `taut join` printed on the\n"
		"other host, and add that host to /etc/taut/NAME.conf. If the tunnel is running,\n"
		"reload it and wait for the first handshake. Without LINE, or with '-', the line\n"
		"is read from standard input.\n\n"
		"      --start            start it now and, with systemd, at every boot\n"
		"      --timeout SECONDS  how long to wait for the handshake (default: 45)\n"
		"  -q, --quiet            print errors only\n",
};

struct accepting {
	struct pairopts o;
	const char *name;
	char path[PATH_MAX];
	struct pairline offer, answer;
	struct print text; /* the file */
	struct key own;    /* public */
	bool is_peer;      /* accepted before */
};

static bool read_own(struct accepting *a)
{
	struct conf conf;
	size_t i;
	int r;

	confdir_tidy();
	r = confdir_read(a->path, &a->text);
	if (r == -ENOENT) {
		say("%s does not exist: begin with 'taut new %s --listen'", a->path, a->name);
		return false;
	}
	if (r < 0) {
		say("%s: %s%s", a->path, strerror(-r), r == -EACCES ? " (try sudo)" : "");
		return false;
	}
	if (!conftext_read(&conf, &a->own, a->path, &a->text, true, false))
		return false;
	for (i = 0; i < conf.n_peer; i++)
		a->is_peer |= key_equal(&conf.peer[i].public_key, &a->answer.public_key);
	conf_fini(&conf);
	return true;
}

/* The line answers what this host offered. false: reported. */
static bool is_for_us(struct accepting *a)
{
	uint8_t id[PAIRLINE_ID];
	int r;

	if (key_equal(&a->own, &a->answer.public_key)) {
		say("this is this host's own line: paste it to 'taut join' on the other host, "
		    "and paste here what that prints");
		return false;
	}
	if (a->answer.kind == PAIRLINE_OFFER) {
		say("this is an offer, printed by 'taut new %s' on another host: paste it to "
		    "'taut join', with a name not yet in use here",
		    a->answer.name);
		return false;
	}
	if (a->is_peer)
		return true;
	r = offer_load(a->name, &a->offer);
	if (r == -ENOENT)
		say("%s is not waiting for an answer: 'taut new' made no offer, or its answer "
		    "has already been accepted. For another host: taut new NAME",
		    a->name);
	if (r < 0)
		return false;
	if (pairline_dials_inside(&a->answer, &a->offer)) {
		say("the line says that the other host can be dialled at an address inside of this "
		    "tunnel: make it again there, with taut join --force --endpoint HOST");
		return false;
	}
	pairline_id(id, &a->offer);
	if (key_equal(&a->offer.public_key, &a->own) && bytes_equal(id, a->answer.id, sizeof(id)))
		return true;
	say("this answers a line other than the last one that 'taut new %s' printed: run "
	    "'taut join' with that last line",
	    a->name);
	return false;
}

/* psk_file NULL: the preshared key, if there is one, goes into the text. */
static void add_peer(const struct accepting *a, struct print *text, const char *psk_file)
{
	const struct pairline_endpoint *e = dial_choose(&a->answer);
	struct conftext_peer peer = {
		.name = pairline_called(&a->answer),
		.public_key = &a->answer.public_key,
		.psk = &a->offer.psk,
		.psk_file = psk_file,
		.dial = e != NULL,
		.allowed = a->offer.theirs,
		.n_allowed = PAIRLINE_FAMILIES,
		.hosts = true,
	};
	char word[PAIRLINE_ENDPOINT_TEXT];

	if (e) {
		pairline_print_endpoint(word, e);
		peer.endpoint = word;
	}
	print_bytes(text, a->text.chars, a->text.len);
	if (text->len && text->chars[text->len - 1] != '\n')
		print_add(text, "\n");
	conftext_peer(text, &peer);
}

/* It may have been edited since, so that two peers share an address, for example. */
static bool is_valid_with_peer(const struct accepting *a)
{
	struct print text = { 0 };
	struct conf conf;
	struct key own;
	bool good;

	add_peer(a, &text, NULL);
	good = !text.failed && conftext_read(&conf, &own, a->path, &text, a->o.quiet, false);
	if (good)
		conf_fini(&conf);
	print_fini(&text);
	return good;
}

static bool write_files(struct accepting *a)
{
	struct print text = { 0 }, psk = { 0 };
	const size_t spare = pairline_has_psk(&a->offer) ? 0 : 1;
	char psk_path[PATH_MAX], psk_file[CONFTEXT_PSK_FILE];
	const struct confdir_file files[] = {
		{ psk_path, &psk, CONFDIR_SECRET, true, 0 },
		{ a->path, &text, CONFDIR_AS_BEFORE, true, a->text.len },
	};
	bool good;

	if (a->is_peer)
		return true;
	if (!is_valid_with_peer(a))
		return false;
	conftext_psk_file(psk_file, a->name, &a->answer.public_key);
	snprintf(psk_path, sizeof(psk_path), "%s/%s", CONFDIR, psk_file);
	add_peer(a, &text, psk_file);
	conftext_key(&psk, &a->offer.psk);
	good = confdir_write(files + spare, LEN(files) - spare);
	print_fini(&text);
	print_fini(&psk);
	if (!good)
		return false;
	if (!a->o.quiet)
		say("added the peer to %s", a->path);
	offer_drop(a->name);
	return true;
}

static void tell_up(const struct accepting *a)
{
	struct print theirs = { 0 };
	unsigned f = a->offer.theirs[0].ip.family ? 0 : 1;

	conftext_addresses(&theirs, &a->offer.theirs[f], 1, false);
	if (theirs.len)
		say("%s is up. Both hosts are done; to try it, on this host: ping %s", a->name,
		    theirs.chars);
	else
		say("%s is up. Both hosts are done; see, on this host: taut status %s", a->name,
		    a->name);
	print_fini(&theirs);
}

static void tell_not_up(const struct accepting *a, const struct await *w)
{
	say("%s is running, but there was no handshake within %u seconds%s%s", a->name,
	    a->o.timeout_s, w->reason[0] ? ": " : "", w->reason);
	if (w->port)
		say("is %s running on the other host, and can that host reach UDP port %u of "
		    "this one (firewalls)?",
		    a->answer.name, w->port);
	say("next, on this host: taut why %s; and on the other host: taut why %s", a->name,
	    a->answer.name);
}

static int wait_for_it(const struct accepting *a)
{
	struct await w = { .peer = a->answer.public_key };

	if (await_handshake(&w, a->name, a->o.timeout_s)) {
		if (!a->o.quiet)
			tell_up(a);
		return EXITCODE_OK;
	}
	tell_not_up(a, &w);
	return EXITCODE_FAILED;
}

static int accept_answer(struct accepting *a)
{
	char start[LAUNCH_TEXT];

	if (!readline(&a->answer, a->o.word[1], "the line that 'taut join' printed") ||
	    !read_own(a) || !is_for_us(a) || !write_files(a))
		return EXITCODE_FAILED;
	if ((a->o.given & PAIROPT_START) || launch_is_running(a->name)) {
		if (!launch_tunnel(a->name, a->o.given & PAIROPT_START, &a->own,
				   pairline_has_psk(&a->offer)))
			return EXITCODE_FAILED;
		return wait_for_it(a);
	}
	launch_command(start, a->name);
	if (!a->o.quiet)
		say("next, on this host: %s, then: taut status %s; if it is not up: taut why "
		    "%s",
		    start, a->name, a->name);
	return EXITCODE_OK;
}

int verb_accept(const struct command *c)
{
	struct accepting a = { .is_peer = false };
	int status;

	if (!pairopts_read(&a.o, &understood, c->argc, c->argv, c->quiet, &status))
		return status;
	a.name = a.o.word[0];
	if (!conf_name_ok(a.name))
		return say_usage("'%s' is not a valid tunnel name: use 1 to 15 of a-z A-Z 0-9 _ = "
				 "+ . -",
				 a.name);
	if (!verb_crypto())
		return EXITCODE_FAILED;
	confdir_path(a.path, a.name, ".conf");
	status = accept_answer(&a);
	print_fini(&a.text);
	wipe(&a, sizeof(a));
	return status;
}

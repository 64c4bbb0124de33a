/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli/launch.h"
#include "cli/verb.h"
#include "pair/confdir.h"
#include "pair/conftext.h"
#include "pair/pairopts.h"

static const struct pairopts_of understood = {
	.known = PAIROPT_START | PAIROPT_FORCE,
	.min_words = 1,
	.max_words = 2,
	.usage = "Usage: taut import FILE [NAME] [OPTION]...\n"
		 "Check a wg-quick file and copy it to /etc/taut/NAME.conf, with its private key\n"
		 "in a separate file, NAME.key, that only root may read. NAME defaults to that of\n"
		 "the file, without .conf; FILE '-' is standard input.\n\n"
		 "      --start            start it now and, with systemd, at every boot\n"
		 "      --force            replace existing files of that name\n"
		 "  -q, --quiet            print errors only\n",
};

struct importing {
	struct pairopts o;
	const char *from;
	char name[CONF_NAME_MAX + 1];
	char path[PATH_MAX], key_path[PATH_MAX];
	struct print text, moved, key; /* the original text; the new text; the file of its key */
};

static bool take_name(struct importing *im)
{
	const char *slash = strrchr(im->from, '/');
	const char *word = im->o.word[1] ? im->o.word[1] : slash ? slash + 1 : im->from;
	size_t len = strlen(word);

	if (!im->o.word[1] && strcmp(im->from, "-") == 0) {
		say_usage("standard input has no name; give one: taut import - NAME");
		return false;
	}
	if (!im->o.word[1] && len > 5 && strcmp(word + len - 5, ".conf") == 0)
		len -= 5;
	snprintf(im->name, sizeof(im->name), "%.*s", (int)len, word);
	if (len <= CONF_NAME_MAX && conf_name_ok(im->name))
		return true;
	say_usage("'%.*s' is not a valid tunnel name: use 1 to 15 of a-z A-Z 0-9 _ = + . -; give "
		  "another name: taut import %s NAME",
		  (int)len, word, im->from);
	return false;
}

/* Its directory is about to change. */
static bool is_moved(const char *key_file)
{
	return key_file && *key_file != '/';
}

static void tell_key_file(const struct importing *im, const char *key_file)
{
	say("also copy %s, which %s names, to %s/%s (mode 600): it is looked up next to the "
	    "file",
	    key_file, im->from, CONFDIR, key_file);
}

static void tell_files(const struct importing *im, const struct conf *named)
{
	size_t i;

	for (i = 0; i < named->n_peer; i++) {
		if (is_moved(named->peer[i].psk_file))
			tell_key_file(im, named->peer[i].psk_file);
	}
}

/* From now on the file is root's, no matter who wrote the hooks. */
static void tell_hooks(const struct conf *conf)
{
	static const char *const words[HOOK_KINDS] = {
		[HOOK_PRE_UP] = "PreUp",
		[HOOK_POST_UP] = "PostUp",
		[HOOK_PRE_DOWN] = "PreDown",
		[HOOK_POST_DOWN] = "PostDown",
	};
	const char *who = launch_by_systemd() ? "the tunnel's own user, with only CAP_NET_ADMIN"
					      : "root";
	unsigned kind;
	size_t i;

	for (kind = 0; kind < HOOK_KINDS; kind++) {
		for (i = 0; i < conf->n_hook[kind]; i++)
			say("will run as %s: %s = %s", who, words[kind], conf->hook[kind][i]);
	}
}

static bool is_of_wg_quick(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/etc/wireguard/%s.conf", name);
	return access(path, F_OK) == 0;
}

static void tell_next(const struct importing *im, bool started)
{
	char start[LAUNCH_TEXT];

	if (started)
		return;
	launch_command(start, im->name);
	if (is_of_wg_quick(im->name) && launch_by_systemd())
		say("next, on this host: systemctl disable --now wg-quick@%s && %s", im->name,
		    start);
	else if (is_of_wg_quick(im->name))
		say("next, on this host: wg-quick down %s (if it is up), then %s", im->name, start);
	else
		say("next, on this host: %s", start);
}

static void hear_nothing(void *ctx, enum conf_severity severity, const char *line)
{
	(void)ctx;
	(void)severity;
	(void)line;
}

/* The text with the key moved to its own file. false: reported. */
static bool move_key(struct importing *im, const struct conf *named, const struct conf *conf)
{
	struct conf_report report = { .say = hear_nothing };
	char key_file[CONFTEXT_KEY_FILE];
	struct conf moved;
	bool good;

	conftext_key_file(key_file, im->name);
	conftext_move_key(&im->moved, text_from(im->text.chars, im->text.len),
			  named->key_place.line, key_file);
	conftext_key(&im->key, &conf->private_key);
	conf_init(&moved);
	good = conf_read_text(&moved, im->from, im->moved.chars, im->moved.len, &report) == 0 &&
	       (moved.set & (CONF_PRIVATE_KEY | CONF_PRIVATE_KEY_FILE)) == CONF_PRIVATE_KEY_FILE;
	conf_fini(&moved);
	if (!good)
		say("%s gives its private key more than once; keep only one of these lines",
		    im->from);
	return good;
}

static bool write_files(const struct importing *im)
{
	const bool force = im->o.given & PAIROPT_FORCE;
	const struct confdir_file files[] = {
		{ im->key_path, &im->key, CONFDIR_SECRET, force, 0 },
		{ im->path, &im->moved, CONFDIR_SERVICE, force, 0 },
	};

	return confdir_write(files, LEN(files));
}

static int take_over(struct importing *im)
{
	struct conf_report report = { .say = hear_nothing };
	bool wanted = im->o.given & PAIROPT_START, started = false;
	struct conf conf, named;
	struct key own;
	int status = EXITCODE_FAILED;

	if (!conftext_read(&conf, &own, im->from, &im->text, im->o.quiet, true))
		return EXITCODE_FAILED;
	if (conf.set & CONF_AWAIT_KEY) {
		say("%s leaves its private key to a hook, so there is none to import: copy the "
		    "file to %s by hand, with what its hooks need",
		    im->from, im->path);
		conf_fini(&conf);
		return EXITCODE_FAILED;
	}
	/* Read it again, since in conf the keys have replaced their files. */
	conf_init(&named);
	conf_read_text(&named, im->from, im->text.chars, im->text.len, &report);
	if (!move_key(im, &named, &conf) || !write_files(im))
		goto out;
	tell_files(im, &named);
	if (!im->o.quiet) {
		say("wrote %s, and the private key to %s", im->path, im->key_path);
		tell_hooks(&conf);
	}
	if (wanted)
		started = launch_tunnel(im->name, true, &own, false);
	if (!im->o.quiet)
		tell_next(im, started);
	if (started || !wanted)
		status = EXITCODE_OK;
out:
	conf_fini(&named);
	conf_fini(&conf);
	return status;
}

int verb_import(const struct command *c)
{
	struct importing im = { .from = NULL };
	int status, r;

	if (!pairopts_read(&im.o, &understood, c->argc, c->argv, c->quiet, &status))
		return status;
	im.from = im.o.word[0];
	if (!take_name(&im))
		return EXITCODE_USAGE;
	if (!verb_crypto() || !confdir_may_make(im.name, im.o.given & PAIROPT_FORCE))
		return EXITCODE_FAILED;
	confdir_path(im.path, im.name, ".conf");
	confdir_path(im.key_path, im.name, ".key");
	status = EXITCODE_FAILED;
	r = confdir_read(im.from, &im.text);
	if (r < 0)
		say("%s: %s", im.from, strerror(-r));
	else if (im.text.len == 0)
		say("%s is empty", im.from);
	else
		status = take_over(&im);
	print_fini(&im.text);
	print_fini(&im.moved);
	print_fini(&im.key);
	return status;
}

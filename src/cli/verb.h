/* SPDX-License-Identifier: ISC */
#ifndef CLI_VERB_H
#define CLI_VERB_H

/*
 * The command line: a table of verbs, one file each, and what they share. Only this room ends
 * the process. Results go to stdout, messages to stderr, and no option takes a secret.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/exitcode.h"
#include "base/log.h"
#include "base/say.h"
#include "conf/conf.h"
#include "jail/jail.h"

enum { VERB_OWN = 1000 };

/* What argv asked for. */
struct command {
	const struct verb *verb;
	const char *called; /* argv[0] */
	const char *arg;    /* NULL: none given */
	enum jail_mode jail;
	bool jail_given;
	const char *aead; /* one of aeadname()'s; NULL: not given */
	struct tune tune;
	bool foreground, quiet;
	int argc;    /* for verbs with options of their own: */
	char **argv; /* the verb, and the words after it */
};

struct verb {
	const char *name;
	const char *args;                    /* as the help shows them */
	const char *what;                    /* one line */
	unsigned min_args, max_args;         /* max VERB_OWN: it parses its own words in argv */
	int (*run)(const struct command *c); /* the exit status */
};

/* The whole program. */
int verb_main(int argc, char **argv);

/* The i-th verb; NULL after the last. */
const struct verb *verb_at(size_t i);

/*
 * The interface name that an argument (NAME or FILE) stands for; the file need not exist.
 * false: reported.
 */
bool verb_name(const char *arg, char name[CONF_NAME_MAX + 1]);
/* Start the cryptography, with its known-answer tests. false: reported. */
bool verb_crypto(void);

/* One verb, one file. */
int verb_run(const struct command *c);
int verb_up(const struct command *c);
int verb_down(const struct command *c);
int verb_reload(const struct command *c);
int verb_status(const struct command *c);
int verb_show(const struct command *c);
int verb_events(const struct command *c);
int verb_check(const struct command *c);
/*
 * Find all errors in a file that can be found without a running tunnel; needs verb_crypto().
 * true: it has hooks.
 */
bool verb_check_conf(const char *path, struct conf_report *report);
int verb_why(const struct command *c);
int verb_wait(const struct command *c);
int verb_genkey(const struct command *c);
int verb_genpsk(const struct command *c);
int verb_pubkey(const struct command *c);
int verb_new(const struct command *c);
int verb_join(const struct command *c);
int verb_accept(const struct command *c);
int verb_export(const struct command *c);
int verb_import(const struct command *c);
int verb_help(const struct command *c);
int verb_version(const struct command *c);
/* `taut IFNAME`: not in the table. */
int verb_serve(const struct command *c);
/*
 * Whether a word that is not a verb is the name of an interface, as wg-quick(8) and scripts
 * written for wireguard-go mean it: by the environment, by the name that we are called by,
 * or because there is a file for it.
 */
bool verb_serve_is_meant(const char *word, const char *called);

#endif

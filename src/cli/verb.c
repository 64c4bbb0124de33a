/* SPDX-License-Identifier: ISC */
#include "cli/verb.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/aeadname.h"
#include "base/bytes.h"
#include "base/text.h"
#include "cli/guess.h"
#include "crypto/aead.h"
#include "crypto/selftest.h"

static const struct verb verbs[] = {
	{ "run", "NAME|FILE", "run a tunnel in the foreground", 1, 1, verb_run },
	{ "up", "NAME|FILE", "start a tunnel in the background", 1, 1, verb_up },
	{ "down", "NAME", "stop it", 1, 1, verb_down },
	{ "reload", "NAME", "read its file again, keeping sessions", 1, 1, verb_reload },
	{ "status", "[NAME]", "show it, or all running tunnels", 0, VERB_OWN, verb_status },
	{ "show", "NAME [dump]", "the same; dump: as wg show NAME dump", 0, VERB_OWN, verb_show },
	{ "events", "[NAME]", "print what happens, as it happens", 0, VERB_OWN, verb_events },
	{ "why", "NAME", "explain why it does not work, and what to do", 0, VERB_OWN, verb_why },
	{ "wait", "NAME", "wait until it is up", 0, VERB_OWN, verb_wait },
	{ "check", "NAME|FILE", "look for mistakes in a file", 1, 1, verb_check },
	{ "genkey", "", "print a new private key", 0, 0, verb_genkey },
	{ "pubkey", "", "read a private key, print its public key", 0, 0, verb_pubkey },
	{ "genpsk", "", "print a new preshared key", 0, 0, verb_genpsk },
	{ "new", "NAME", "create a tunnel, print a line for the other host", 0, VERB_OWN,
	  verb_new },
	{ "join", "NAME [LINE]", "create its other end from that line", 0, VERB_OWN, verb_join },
	{ "accept", "NAME [LINE]", "finish, with the line that join printed", 0, VERB_OWN,
	  verb_accept },
	{ "export", "NAME", "a wg-quick file or QR code for a peer", 0, VERB_OWN, verb_export },
	{ "import", "FILE [NAME]", "copy a wg-quick file to /etc/taut", 0, VERB_OWN, verb_import },
	{ "help", "", "print this", 0, 0, verb_help },
	{ "version", "", "print the version", 0, 0, verb_version },
};

static const struct verb help = { .name = "help", .run = verb_help };
static const struct verb version = { .name = "version", .run = verb_version };
static const struct verb serve = { .name = "", .run = verb_serve };

enum { OPT_LOG_LEVEL = UCHAR_MAX + 1, OPT_AEAD, OPT_JAIL, OPT_TUNE };

static const struct option long_options[] = {
	{ "foreground", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
	{ "aead", required_argument, NULL, OPT_AEAD },
	{ "jail", required_argument, NULL, OPT_JAIL },
};

/* Those of the table, one for each knob, and an end. */
struct long_options {
	struct option all[LEN(long_options) + TUNE_KINDS + 1];
};

static void add_knobs(struct long_options *o)
{
	struct option *at = o->all + LEN(long_options);

	memcpy(o->all, long_options, sizeof(long_options));
	for (int i = 0; i < TUNE_KINDS; i++)
		*at++ = (struct option){ tune_option((enum tune_kind)i), required_argument, NULL,
					 OPT_TUNE + i };
	*at = (struct option){ 0 };
}

const struct verb *verb_at(size_t i)
{
	return i < LEN(verbs) ? &verbs[i] : NULL;
}

static const struct verb *find(const char *name)
{
	size_t i;

	for (i = 0; i < LEN(verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

bool verb_name(const char *arg, char name[CONF_NAME_MAX + 1])
{
	char path[PATH_MAX];

	if (conf_name_ok(arg)) {
		memcpy(name, arg, strlen(arg) + 1);
		return true;
	}
	/* The file may be gone while its tunnel is running. */
	name[0] = '\0';
	conf_find(arg, path, sizeof(path), name);
	if (conf_name_ok(name))
		return true;
	say("'%s' is not a valid interface name: use 1 to 15 of a-z A-Z 0-9 _ = + . -", arg);
	return false;
}

bool verb_crypto(void)
{
	const char *wrong;
	int r = aead_init("sodium"); /* only the daemon handles packets */

	if (r < 0) {
		say("the cipher fails its self-test: refusing to run");
		return false;
	}
	wrong = selftest();
	if (!wrong)
		return true;
	say("%s fails its self-test: refusing to run", wrong);
	return false;
}

/* The last valid level in the environment counts; options override it. */
static void level_from_environment(void)
{
	static const char *const names[] = { "WG_LOG_LEVEL", "LOG_LEVEL" };
	enum log_level level;
	size_t i;

	for (i = 0; i < LEN(names); i++) {
		const char *word = getenv(names[i]);

		if (word && log_level_parse(&level, word))
			log_set_level(level);
	}
}

struct asked {
	enum log_level level;
	bool level_given;
	const struct verb *instead; /* -h, -V */
};

/* A knob of the data path: EXITCODE_OK or EXITCODE_USAGE. */
static int take_tune(struct command *c, enum tune_kind kind, const char *value)
{
	const char *want = tune_set(&c->tune, kind, text_from_str(value));

	if (!want)
		return EXITCODE_OK;
	return say_usage("--%s: '%s'; expected %s", tune_option(kind), value, want);
}

static int take_level(struct asked *a, const char *word)
{
	a->level_given = true;
	if (log_level_parse(&a->level, word))
		return EXITCODE_OK;
	return say_usage("'%s' is not a log level: silent, error, warn, info or debug", word);
}

static int take_jail(struct command *c, const char *word)
{
	c->jail_given = true;
	if (jail_mode_parse(&c->jail, word))
		return EXITCODE_OK;
	return say_usage("--jail: '%s'; expected on, log or off", word);
}

static int take_aead(struct command *c, const char *word)
{
	char list[AEADNAME_LIST];

	c->aead = aeadname_find(text_from_str(word));
	if (c->aead)
		return EXITCODE_OK;
	aeadname_list(list, ", ", " or ");
	return say_usage("'%s' is not an AEAD: %s", word, list);
}

/* EXITCODE_OK or EXITCODE_USAGE. A spec of "+..." stops at the first word. */
static int take_options(int argc, char **argv, const char *spec, struct command *c, struct asked *a)
{
	struct long_options options;
	int opt;

	add_knobs(&options);
	while ((opt = getopt_long(argc, argv, spec, options.all, NULL)) != -1) {
		switch (opt) {
		case 'f':
			c->foreground = true;
			break;
		case 'h':
			a->instead = &help;
			break;
		case 'V':
			a->instead = &version;
			break;
		case 'v':
			a->level = LOG_LEVEL_DEBUG;
			a->level_given = true;
			break;
		case 'q':
			a->level = LOG_LEVEL_ERROR;
			a->level_given = true;
			c->quiet = true;
			break;
		case OPT_LOG_LEVEL:
			if (take_level(a, optarg) != EXITCODE_OK)
				return EXITCODE_USAGE;
			break;
		case OPT_AEAD:
			if (take_aead(c, optarg) != EXITCODE_OK)
				return EXITCODE_USAGE;
			break;
		case OPT_JAIL:
			if (take_jail(c, optarg) != EXITCODE_OK)
				return EXITCODE_USAGE;
			break;
		default:
			if (opt < OPT_TUNE) {
				fputs("Try 'taut help'.\n", stderr);
				return EXITCODE_USAGE;
			}
			if (take_tune(c, (enum tune_kind)(opt - OPT_TUNE), optarg) != EXITCODE_OK)
				return EXITCODE_USAGE;
			break;
		}
	}
	return EXITCODE_OK;
}

/* Starts nothing: with our privileges, a mistyped word must not become a daemon. */
static int no_verb(const char *word)
{
	const char *meant = guess_verb(word);
	char hint[128] = "";

	if (conf_name_ok(word))
		snprintf(hint, sizeof(hint), "; for a bare interface of that name: taut -- %s",
			 word);
	if (meant)
		return say_usage("there is no verb '%s'; did you mean '%s'?", word, meant);
	return say_usage("there is no verb '%s'; to start the tunnel of a file: taut up %s%s", word,
			 word, hint);
}

/* After "--" there are no options, and the first word is not a verb. */
static bool options_ended(char **argv)
{
	return strcmp(argv[optind - 1], "--") == 0;
}

/* The first word: a verb, or the name of an interface if there is reason to think so. */
static int choose(char **argv, struct command *c)
{
	const char *word = argv[optind];
	bool is_name = c->foreground || options_ended(argv);

	c->verb = is_name ? NULL : find(word);
	if (c->verb)
		return EXITCODE_OK;
	if (!is_name && !verb_serve_is_meant(word, c->called))
		return no_verb(word);
	c->verb = &serve;
	c->arg = word;
	return EXITCODE_OK;
}

static bool runs_a_tunnel(const struct verb *v)
{
	return v == &serve || v->run == verb_run || v->run == verb_up;
}

/* A given option that applies only to starting a tunnel; NULL: none. */
static const char *of_running(const struct command *c)
{
	for (unsigned i = 0; i < TUNE_KINDS; i++) {
		if (c->tune.given & 1u << i)
			return tune_option((enum tune_kind)i);
	}
	if (c->jail_given)
		return "jail";
	return c->aead ? "aead" : NULL;
}

/* The verb parses its own words. */
static int hand_over(int argc, char **argv, struct command *c)
{
	const char *odd = of_running(c);

	if (odd)
		return say_usage("%s does not take --%s", c->verb->name, odd);
	c->argc = argc - (optind - 1);
	c->argv = argv + (optind - 1);
	return EXITCODE_OK;
}

static int arguments(int argc, char **argv, struct command *c)
{
	int n = argc - optind;
	const char *odd = runs_a_tunnel(c->verb) ? NULL : of_running(c);

	if (odd)
		return say_usage("%s does not take --%s", c->verb->name, odd);
	if (c->verb == &serve) {
		if (n > 0)
			return say_usage("there is no verb '%s'", c->arg);
		return EXITCODE_OK;
	}
	if (c->foreground && strcmp(c->verb->name, "run") != 0)
		return say_usage("%s does not take -f", c->verb->name);
	if (n < (int)c->verb->min_args)
		return say_usage("%s needs %s", c->verb->name, c->verb->args);
	if (n > (int)c->verb->max_args)
		return say_usage("%s: unexpected argument '%s'", c->verb->name,
				 argv[optind + (int)c->verb->max_args]);
	c->arg = n ? argv[optind] : NULL;
	return EXITCODE_OK;
}

static int parse(int argc, char **argv, struct command *c)
{
	struct asked a = { 0 };
	int r = take_options(argc, argv, "+fhVvq", c, &a);
	bool ended;

	if (r != EXITCODE_OK)
		return r;
	if (!a.instead && optind == argc) {
		verb_help(NULL);
		return EXITCODE_USAGE;
	}
	if (!a.instead) {
		r = choose(argv, c);
		if (r != EXITCODE_OK)
			return r;
		ended = options_ended(argv);
		optind++;
		if (c->verb->max_args == VERB_OWN)
			return hand_over(argc, argv, c);
		if (!ended)
			r = take_options(argc, argv, "fhVvq", c, &a);
	}
	if (r != EXITCODE_OK)
		return r;
	/* wireguard-go shows wg-quick's users only errors. */
	log_set_level(c->verb == &serve ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO);
	level_from_environment();
	if (a.level_given)
		log_set_level(a.level);
	if (a.instead) {
		c->verb = a.instead;
		return EXITCODE_OK;
	}
	return arguments(argc, argv, c);
}

/*
 * If 0, 1 or 2 were closed, the next file opened would be written to by accident. Opened for
 * reading only, so that writing to a closed output still fails.
 */
static bool hold_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int verb_main(int argc, char **argv)
{
	static char program[] = "taut";
	struct command c = { .called = argc > 0 ? argv[0] : "taut" };
	int r;

	if (!hold_standard_files())
		return EXITCODE_FAILED;
	if (argc > 0)
		argv[0] = program; /* so that getopt's messages start like ours */
	r = parse(argc, argv, &c);
	if (r == EXITCODE_OK)
		r = c.verb->run(&c);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return r;
	say("cannot write to standard output: %m");
	return r ? r : EXITCODE_FAILED;
}

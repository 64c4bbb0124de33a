/* SPDX-License-Identifier: ISC */
#include "pair/pairopts.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/say.h"
#include "base/text.h"

enum { NO_PSK = UCHAR_MAX + 1, OPTION };

/* val: OPTION + the bit's number, so that one table covers all. */
static const struct {
	const char *name;
	enum pairopt bit;
	int argument;
} known[] = {
	{ "start", PAIROPT_START, no_argument },
	{ "force", PAIROPT_FORCE, no_argument },
	{ "listen", PAIROPT_LISTEN, optional_argument },
	{ "endpoint", PAIROPT_ENDPOINT, required_argument },
	{ "address", PAIROPT_ADDRESS, required_argument },
	{ "psk", PAIROPT_PSK, no_argument },
	{ "peer", PAIROPT_PEER, required_argument },
	{ "wg-quick", PAIROPT_WG_QUICK, no_argument },
	{ "qr", PAIROPT_QR, no_argument },
	{ "new-peer", PAIROPT_NEW_PEER, no_argument },
	{ "allowed-ips", PAIROPT_ALLOWED, required_argument },
	{ "timeout", PAIROPT_TIMEOUT, required_argument },
};

struct reader {
	struct pairopts *o;
	const struct pairopts_of *of;
	const char *verb;
	int argc;
	char **argv;
};

static void make_table(struct option table[LEN(known) + 5], unsigned wanted)
{
	struct option *t = table;
	size_t i;

	for (i = 0; i < LEN(known); i++) {
		if (known[i].bit & wanted)
			*t++ = (struct option){ known[i].name, known[i].argument, NULL,
						OPTION + (int)i };
	}
	if (wanted & PAIROPT_PSK)
		*t++ = (struct option){ "no-psk", no_argument, NULL, NO_PSK };
	*t++ = (struct option){ "help", no_argument, NULL, 'h' };
	*t++ = (struct option){ "quiet", no_argument, NULL, 'q' };
	*t++ = (struct option){ "verbose", no_argument, NULL, 'v' };
	*t = (struct option){ 0 };
}

static bool is_number(const char *word, uint64_t max)
{
	uint64_t number;

	return word && text_u64(text_from_str(word), max, &number);
}

/* --listen, --listen=PORT, and --listen PORT: a tunnel's name is never a number here. */
static bool take_port(struct reader *r)
{
	const char *word = optarg;
	uint64_t port = 0;

	if (!word && optind < r->argc && is_number(r->argv[optind], UINT64_MAX))
		word = r->argv[optind++];
	if (word && (!text_u64(text_from_str(word), UINT16_MAX, &port) || port == 0)) {
		say_usage("--listen: '%s' is not a port: 1 to 65535", word);
		return false;
	}
	r->o->port = (uint16_t)port;
	return true;
}

static bool take_timeout(struct pairopts *o)
{
	uint64_t seconds;

	if (!text_u64(text_from_str(optarg), 3600, &seconds)) {
		say_usage("--timeout: '%s' is not a number of seconds, 0 to 3600", optarg);
		return false;
	}
	o->timeout_s = (unsigned)seconds;
	return true;
}

static bool take_list(const char *name, const char **list, size_t *n)
{
	if (*n == PAIROPT_LIST) {
		say_usage("--%s: more than %d", name, PAIROPT_LIST);
		return false;
	}
	list[(*n)++] = optarg;
	return true;
}

static bool take(struct reader *r, size_t i)
{
	struct pairopts *o = r->o;

	o->given |= known[i].bit;
	switch (known[i].bit) {
	case PAIROPT_LISTEN:
		return take_port(r);
	case PAIROPT_ENDPOINT:
		return take_list("endpoint", o->endpoint, &o->n_endpoint);
	case PAIROPT_ADDRESS:
		return take_list("address", o->address, &o->n_address);
	case PAIROPT_ALLOWED:
		return take_list("allowed-ips", o->allowed, &o->n_allowed);
	case PAIROPT_PEER:
		o->peer = optarg;
		return true;
	case PAIROPT_TIMEOUT:
		return take_timeout(o);
	default:
		return true;
	}
}

/* EXITCODE_OK: go on; -1: help was printed; EXITCODE_USAGE: reported. */
static int take_options(struct reader *r)
{
	struct option table[LEN(known) + 5];
	int opt;

	make_table(table, r->of->known);
	while ((opt = getopt_long(r->argc, r->argv, "hqv", table, NULL)) != -1) {
		if (opt == 'h') {
			fputs(r->of->usage, stdout);
			return -1;
		}
		if (opt == 'q')
			r->o->quiet = true;
		else if (opt == NO_PSK)
			r->o->given &= ~(unsigned)PAIROPT_PSK;
		else if (opt >= OPTION && !take(r, (size_t)(opt - OPTION)))
			return EXITCODE_USAGE;
		else if (opt == '?') {
			fprintf(stderr, "Try 'taut %s --help'.\n", r->verb);
			return EXITCODE_USAGE;
		}
	}
	return EXITCODE_OK;
}

static bool take_words(struct reader *r)
{
	unsigned n = (unsigned)(r->argc - optind), i;

	if (n < r->of->min_words || n > r->of->max_words) {
		if (n > r->of->max_words)
			say("%s: unexpected argument '%s'", r->verb,
			    r->argv[optind + (int)r->of->max_words]);
		fprintf(stderr, "%.*s\nTry 'taut %s --help'.\n", (int)strcspn(r->of->usage, "\n"),
			r->of->usage, r->verb);
		return false;
	}
	for (i = 0; i < n; i++)
		r->o->word[i] = r->argv[optind + (int)i];
	return true;
}

bool pairopts_read(struct pairopts *o, const struct pairopts_of *of, int argc, char **argv,
		   bool quiet, int *status)
{
	static char program[] = "taut";
	struct reader r = { .o = o, .of = of, .verb = argv[0], .argc = argc, .argv = argv };
	int end;

	*o = (struct pairopts){ .quiet = quiet, .timeout_s = PAIROPT_TIMEOUT_S };
	r.argv[0] = program; /* so that getopt's messages start like ours */
	optind = 0;          /* restart getopt */
	end = take_options(&r);
	*status = end == EXITCODE_USAGE ? EXITCODE_USAGE : EXITCODE_OK;
	if (end != EXITCODE_OK)
		return false;
	if (take_words(&r))
		return true;
	*status = EXITCODE_USAGE;
	return false;
}

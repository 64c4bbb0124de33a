/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "base/aeadname.h"
#include "cli/verb.h"

static const char options[] =
	"  -f, --foreground     stay in the foreground\n"
	"  -v, --verbose        log more: --log-level debug\n"
	"  -q, --quiet          print errors only\n"
	"      --log-level=silent|error|warn|info|debug\n"
	"  -h, --help           print this\n"
	"  -V, --version        print the version\n"
	"\n"
	"run, up and IFNAME know these too, which taut.conf(5) explains as keys of\n"
	"[Interface]:\n";

static const char notes[] =
	"NAME stands for /etc/taut/NAME.conf, else /etc/wireguard/NAME.conf; a word with a\n"
	"slash is a file. `taut -f IFNAME`, or `taut -- IFNAME` in the background, only makes\n"
	"the interface and its control socket, for wg(8). So does `taut IFNAME`, if it is not\n"
	"a verb, for wg-quick(8) with WG_QUICK_USERSPACE_IMPLEMENTATION=taut.\n\n"
	"status, show, events, new, join, accept, export and import have options of their\n"
	"own: taut VERB --help.\n\n"
	"Exit status: 0 success; 1 failure; 2 wrong usage; 78 run, up: bad configuration;\n"
	"status NAME: 3 not up, 4 no such tunnel; why: 1 a problem; wait: 124 timed out.\n";

static void print_knobs(FILE *out)
{
	char option[40], aeads[AEADNAME_LIST];

	aeadname_list(aeads, "|", "|");
	fprintf(out, "      --jail=on|log|off\n");
	fprintf(out, "      --aead=%s\n", aeads);
	for (int i = 0; i < TUNE_KINDS; i++) {
		snprintf(option, sizeof(option), "--%s=%s", tune_option((enum tune_kind)i),
			 i < TUNE_SWITCHES ? "auto|on|off" : "auto|N");
		fprintf(out, "      %-26s %s\n", option, tune_help((enum tune_kind)i));
	}
}

/* c may be NULL: nothing was asked for, so this is a message, not the result. */
int verb_help(const struct command *c)
{
	FILE *out = c ? stdout : stderr;
	const struct verb *v;
	size_t i;

	fputs("Usage: taut [OPTION]... VERB [ARGUMENT]\n"
	      "       taut -f|--foreground|-- IFNAME\n\n",
	      out);
	for (i = 0; (v = verb_at(i)); i++)
		fprintf(out, "  %-7s %-11s  %s\n", v->name, v->args, v->what);
	fprintf(out, "\n%s", options);
	print_knobs(out);
	fprintf(out, "\n%s", notes);
	return EXITCODE_OK;
}

/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "cli/verb.h"

static const char options[] =
	"  -f, --foreground     stay in the foreground\n"
	"  -v, --verbose        log more: --log-level debug\n"
	"  -q, --quiet          print errors only\n"
	"      --log-level L    silent, error, warn, info or debug\n"
	"      --aead NAME      run, up, IFNAME: auto, ipsec-mb, openssl or\n"
	"                       sodium; auto picks the fastest\n"
	"      --tun-vnet --tun-tso --tun-uso --tun-tcp-gro --tun-udp-gro\n"
	"      --udp-gso --udp-gro    =on, off or auto: offloads, like the keys of\n"
	"                       [Interface] in taut.conf(5); likewise\n"
	"      --udp-rcvbuf --udp-sndbuf --batch-bytes --tun-queue-len\n"
	"      --tun-gso-segs\n"
	"  -h, --help           print this\n"
	"  -V, --version        print the version\n";

static const char notes[] =
	"NAME stands for /etc/taut/NAME.conf, else /etc/wireguard/NAME.conf; a word with a\n"
	"slash is a file. `taut -f IFNAME`, or `taut -- IFNAME` in the background, only makes\n"
	"the interface and its control socket, for wg(8). So does `taut IFNAME`, if it is not\n"
	"a verb, for wg-quick(8) with WG_QUICK_USERSPACE_IMPLEMENTATION=taut.\n\n"
	"status, show, events, new, join, accept, export and import have options of their\n"
	"own: taut VERB --help.\n\n"
	"Exit status: 0 success; 1 failure; 2 wrong usage; 78 run, up: bad configuration;\n"
	"status NAME: 3 not up, 4 no such tunnel; why: 1 a problem; wait: 124 timed out.\n";

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
	fprintf(out, "\n%s\n%s", options, notes);
	return EXITCODE_OK;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli/find.h"
#include "cli/keytext.h"
#include "cli/launch.h"
#include "cli/verb.h"
#include "pair/peerfile.h"
#include "pair/qr.h"

static const struct pairopts_of understood = {
	.known = PAIROPT_PEER | PAIROPT_WG_QUICK | PAIROPT_QR | PAIROPT_NEW_PEER |
		 PAIROPT_ENDPOINT | PAIROPT_ADDRESS | PAIROPT_ALLOWED | PAIROPT_PSK,
	.min_words = 1,
	.max_words = 1,
	.usage = "Usage: taut export NAME [--wg-quick|--qr] [OPTION]...\n"
		 "Print what a peer of the tunnel needs, as a wg-quick file (the default) or as\n"
		 "a QR code for a phone.\n\n"
		 "      --peer N|NAME|KEY  which peer: its place in the file, name or public key\n"
		 "      --new-peer         add a peer to /etc/taut/NAME.conf with a new key pair;\n"
		 "                         the output holds its private key\n"
		 "      --psk              with a preshared key, too\n"
		 "      --endpoint HOST[:PORT]  where the peer dials this host\n"
		 "      --address ADDR/BITS  the peer's address inside the tunnel\n"
		 "      --allowed-ips LIST  what the peer sends here: 0.0.0.0/0,::/0 for all\n"
		 "                         (default: the networks of Address)\n"
		 "  -q, --quiet            print errors only\n",
};

/* As wg(8) does. */
static bool wants_colour(void)
{
	const char *mode = getenv("WG_COLOR_MODE"), *never = getenv("NO_COLOR");

	if (mode && strcmp(mode, "always") == 0)
		return true;
	if (mode && strcmp(mode, "never") == 0)
		return false;
	return !(never && *never) && isatty(STDOUT_FILENO);
}

static bool print_out(const struct peerfile *f, const struct print *text)
{
	const char *rest = text->chars;
	struct print code = { 0 };
	size_t len = text->len;
	int r = 0;

	if (f->o.given & PAIROPT_QR) {
		r = qr_print(&code, text, wants_colour());
		rest = code.chars;
		len = code.len;
	}
	if (r == -ENOTSUP)
		say("this taut was built without libqrencode; to print the file: --wg-quick");
	else if (r == -ERANGE)
		say("this is too long for a QR code; to print the file: --wg-quick");
	else if (r < 0)
		say("cannot make the QR code: %s", strerror(-r));
	if (r == 0) {
		fwrite(rest, 1, len, stdout);
		fflush(stdout);
		r = ferror(stdout) ? -EIO : 0;
	}
	print_fini(&code);
	return r == 0;
}

static void tell_next(const struct peerfile *f)
{
	const char *there = f->o.given & PAIROPT_QR ? "scan it with the WireGuard app"
						    : "save it there as "
						      "/etc/wireguard/NAME.conf (mode 600), "
						      "then: wg-quick up NAME";
	char again[LAUNCH_TEXT];

	if (f->is_new)
		say("this output holds the new peer's private key: anyone who sees it can "
		    "pose as that peer; this host keeps no copy");
	else if (f->has_psk)
		say("this holds a preshared key: keep it secret");
	snprintf(again, sizeof(again), "taut reload %s", f->name);
	/* A service gets its preshared keys when it starts. */
	if (f->is_new && f->has_psk)
		launch_command(again, f->name);
	if (f->is_new && launch_is_running(f->name))
		say("next, on this host: %s; on the other end: %s", again, there);
	else
		say("next, on the other end: %s%s",
		    f->is_new ? "" : "put its private key into the file, ", there);
}

/* Before anything is changed. */
static bool may_do(const struct peerfile *f)
{
	unsigned given = f->o.given;

	if ((given & PAIROPT_WG_QUICK) && (given & PAIROPT_QR))
		say_usage("--wg-quick or --qr, not both");
	else if ((given & PAIROPT_NEW_PEER) && (given & PAIROPT_PEER))
		say_usage("--peer or --new-peer, not both");
	else if ((given & PAIROPT_QR) && !(given & PAIROPT_NEW_PEER))
		say_usage("--qr needs --new-peer: an app wants a private key in the code, and "
			  "this host does not have those of other hosts");
	else if ((given & PAIROPT_PSK) && !(given & PAIROPT_NEW_PEER))
		say_usage("--psk needs --new-peer");
	else
		return true;
	return false;
}

static int do_export(struct peerfile *f)
{
	struct print text = { 0 };
	int status = EXITCODE_FAILED;

	if (peerfile_make(f, &text)) {
		keytext_warn();
		/* If the code cannot be made, there must be no new peer either. */
		if (print_out(f, &text) && peerfile_commit(f))
			status = EXITCODE_OK;
	}
	if (status == EXITCODE_OK && !f->o.quiet)
		tell_next(f);
	print_fini(&text);
	return status;
}

int verb_export(const struct command *c)
{
	struct peerfile f;
	int status;

	memset(&f, 0, sizeof(f));
	if (!pairopts_read(&f.o, &understood, c->argc, c->argv, c->quiet, &status))
		return status;
	if (!may_do(&f))
		return EXITCODE_USAGE;
	if (!find_file(f.o.word[0], f.path, f.name))
		return EXITCODE_FAILED;
	if (!verb_crypto())
		return EXITCODE_FAILED;
	status = peerfile_open(&f) ? do_export(&f) : EXITCODE_FAILED;
	peerfile_close(&f);
	return status;
}

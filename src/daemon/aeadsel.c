/* SPDX-License-Identifier: ISC */
#include "daemon/aeadsel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/aeadname.h"
#include "base/clock.h"
#include "base/exitcode.h"
#include "base/log.h"
#include "base/print.h"
#include "conf/diag_line.h"
#include "crypto/aead.h"
#include "crypto/selftest.h"

int aeadsel_check(void)
{
	const char *wrong;
	int r;

	/* The other backends are tested once it is known which one is wanted. */
	r = aead_init("sodium");
	if (r < 0) {
		log_error("AEAD self-test failed (%s): refusing to run with broken cryptography",
			  strerror(-r));
		return r;
	}
	wrong = selftest();
	if (!wrong)
		return 0;
	log_error("self-test of %s failed: refusing to run with broken cryptography", wrong);
	return -EIO;
}

static uint64_t mono(void)
{
	return clock_now().mono;
}

/* of_all: no particular one was requested. */
static void log_choice(bool of_all)
{
	const struct aead_figures *f;
	struct print others = { 0 };
	uint32_t ns_64 = 0, ns_1424 = 0;
	size_t i;

	for (i = 0; (f = aead_figures(i)); i++) {
		if (f->wrong)
			log_warn("not using %s: %s", f->name, f->why_not);
		if (strcmp(f->name, aead_name()) == 0) {
			ns_64 = f->ns_64;
			ns_1424 = f->ns_1424;
		} else if (!of_all) {
			continue;
		} else if (f->ns_1424) {
			print_add(&others, "; %s: %" PRIu32 " and %" PRIu32, f->name, f->ns_64,
				  f->ns_1424);
		} else {
			print_add(&others, "; %s: %s", f->name, f->why_not);
		}
	}
	log_info("packets are encrypted with %s: %" PRIu32 " ns for 64 bytes, %" PRIu32 " ns for "
		 "1424%s",
		 aead_name(), ns_64, ns_1424, others.chars ? others.chars : "");
	print_fini(&others);
}

static int log_broken(const char *name, int r)
{
	log_error("%s failed its self-test (%s): refusing to run with broken cryptography",
		  name ? name : "AEAD", strerror(-r));
	return EXITCODE_FAILED;
}

int aeadsel_choose(const char *name)
{
	int r = aead_init(name);

	if (r < 0) {
		log_broken(name, r);
		return r;
	}
	aead_measure(mono);
	log_choice(!name || strcmp(name, "auto") == 0);
	return 0;
}

enum { WHY = 256 };

/* true: this machine or this build cannot use it; *why: the reason, and what is available. */
static bool is_refused(const char *name, char why[WHY])
{
	const char *lacks = aead_lacks(name);
	const struct aead_figures *f;
	size_t i, len;

	if (!lacks)
		return false;
	snprintf(why, WHY, "%s cannot be used: %s; available here: auto", name, lacks);
	for (i = 0; (f = aead_figures(i)); i++) {
		len = strlen(why);
		if (!aead_lacks(f->name))
			snprintf(why + len, WHY - len, ", %s", f->name);
	}
	return true;
}

int aeadsel_accept(const struct conf *c, struct conf_report *r)
{
	char why[WHY];

	if (!(c->set & CONF_AEAD) || !is_refused(c->aead, why))
		return 0;
	diag_line_error(r, c->path, c->aead_place, "Aead: %s", why);
	return -EINVAL;
}

static void log_diag(void *ctx, enum conf_severity severity, const char *line)
{
	(void)ctx;
	(void)severity;
	log_error("%s", line);
}

static int refuse(const char *option, const struct conf *c)
{
	struct conf_report report = { .say = log_diag };
	char why[WHY];

	if (!option)
		return aeadsel_accept(c, &report) < 0 ? EXITCODE_CONFIG : EXITCODE_OK;
	if (!is_refused(option, why))
		return EXITCODE_OK;
	log_error("--aead: %s", why);
	return EXITCODE_USAGE;
}

int aeadsel_try(const char *option, const struct conf *c)
{
	const char *name = option ? option : c->aead;
	int r;

	/* The others are tried by the worker, which takes the best. */
	if (!name || strcmp(name, AEADNAME_AUTO) == 0)
		return EXITCODE_OK;
	r = aead_init(name) == -EIO ? log_broken(name, -EIO) : refuse(option, c);
	aead_thread_end();
	return r;
}

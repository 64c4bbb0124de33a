/* SPDX-License-Identifier: ISC */
#ifndef CONF_CONF_PACK_H
#define CONF_CONF_PACK_H

/*
 * A configuration as bytes, secrets included, to hand it to another process of this very
 * program: the worker, which needs neither the hooks nor the DNS settings, so they are left out.
 * Not a format: nobody else reads it, and it is not kept.
 */

#include "base/print.h"
#include "base/text.h"
#include "conf/conf.h"

/* Append it; see out->failed. */
void conf_pack(struct print *out, const struct conf *c);
/*
 * Take one off the front of *in into an initialised conf, to be finished in any case.  0,
 * -ENOMEM, or -EINVAL: that is none.
 */
int conf_unpack(struct conf *c, struct text *in);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_LEDGER_H
#define DAEMON_LEDGER_H

/* What was added to the host, in order, to be taken back latest first. Zeroed: nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "conf/conf.h"

enum ledger_kind { LEDGER_ADDRESS, LEDGER_ROUTE, LEDGER_DEFAULT, LEDGER_DNS };

struct ledger_entry {
	enum ledger_kind kind;
	uint32_t ifindex;
	struct prefix prefix; /* of DEFAULT only the family */
	uint32_t table;
	char name[CONF_NAME_MAX + 1]; /* of DNS */
	int helper;                   /* of DNS: who was told; not compared */
};

struct ledger {
	struct ledger_entry *entry;
	size_t n, cap;
};

void ledger_fini(struct ledger *l);
/* Room for one more entry, before the deed is done: 0 or -ENOMEM. */
int ledger_reserve(struct ledger *l);
/* After ledger_reserve(). */
void ledger_add(struct ledger *l, const struct ledger_entry *e);
/* NULL: not ours. */
struct ledger_entry *ledger_find(const struct ledger *l, const struct ledger_entry *like);
void ledger_remove(struct ledger *l, const struct ledger_entry *like);
/* Take out the latest; false: there is none. */
bool ledger_pop(struct ledger *l, struct ledger_entry *out);

#endif

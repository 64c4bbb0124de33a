/* SPDX-License-Identifier: ISC */
#include "diag/icmp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/bytes.h"

/* RFC 792, 1122, 1812 and 4443. */
static const struct meaning {
	bool v6;
	uint8_t type, code;
	enum icmp_kind kind;
	const char *name;
} meanings[] = {
	{ false, 3, 0, ICMP_KIND_NO_WAY, "network unreachable" },
	{ false, 3, 1, ICMP_KIND_NO_WAY, "host unreachable" },
	{ false, 3, 2, ICMP_KIND_NO_WAY, "protocol unreachable" },
	{ false, 3, 3, ICMP_KIND_PORT, "port unreachable" },
	{ false, 3, 6, ICMP_KIND_NO_WAY, "network unknown" },
	{ false, 3, 7, ICMP_KIND_NO_WAY, "host unknown" },
	{ false, 3, 9, ICMP_KIND_FILTERED, "network administratively prohibited" },
	{ false, 3, 10, ICMP_KIND_FILTERED, "host administratively prohibited" },
	{ false, 3, 13, ICMP_KIND_FILTERED, "administratively prohibited" },
	{ false, 11, 0, ICMP_KIND_NO_WAY, "time exceeded" },
	{ true, 1, 0, ICMP_KIND_NO_WAY, "no route" },
	{ true, 1, 1, ICMP_KIND_FILTERED, "administratively prohibited" },
	{ true, 1, 2, ICMP_KIND_NO_WAY, "beyond scope of source address" },
	{ true, 1, 3, ICMP_KIND_NO_WAY, "address unreachable" },
	{ true, 1, 4, ICMP_KIND_PORT, "port unreachable" },
	{ true, 1, 5, ICMP_KIND_FILTERED, "source address fails policy" },
	{ true, 1, 6, ICMP_KIND_FILTERED, "reject route" },
	{ true, 3, 0, ICMP_KIND_NO_WAY, "time exceeded" },
};

static const struct meaning *find(const struct faults_icmp *icmp)
{
	bool v6 = icmp->to.remote.sa.sa_family == AF_INET6;
	size_t i;

	for (i = 0; i < LEN(meanings); i++) {
		const struct meaning *m = &meanings[i];

		if (m->v6 == v6 && m->type == icmp->type && m->code == icmp->code)
			return m;
	}
	return NULL;
}

enum icmp_kind icmp_kind(const struct faults_icmp *icmp)
{
	const struct meaning *m = find(icmp);

	return m ? m->kind : ICMP_KIND_OTHER;
}

void icmp_print(char text[ICMP_TEXT], const struct faults_icmp *icmp)
{
	const struct meaning *m = find(icmp);

	if (m)
		snprintf(text, ICMP_TEXT, "%s", m->name);
	else
		snprintf(text, ICMP_TEXT, "type %u code %u", icmp->type, icmp->code);
}

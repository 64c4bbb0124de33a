/* SPDX-License-Identifier: ISC */
#include "monitor/driftlog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static void log_kind(const struct wanted_news *news, enum wanted_kind kind, const char *end)
{
	const struct wanted_item *i = news->first[kind];
	char what[DRIFT_WHAT], more[32] = "";

	if (!i)
		return;
	object_print(what, &i->object);
	if (news->n[kind] > 1)
		snprintf(more, sizeof(more), " and %zu more", news->n[kind] - 1);
	log_warn("%s%s: %s%s%s%s", what, more, i->lapse->error == -EEXIST ? "replaced" : "removed",
		 *i->lapse->by ? " by " : "", i->lapse->by, end);
}

void driftlog_write(const struct wanted *w)
{
	struct wanted_news news;
	char stuck[80];
	int error;

	wanted_tell(w, &news);
	log_kind(&news, WANTED_BACK, "; put back");
	log_kind(&news, WANTED_OFTEN,
		 " again and again; put back at most 10 times a minute, and missing now");
	if (!news.first[WANTED_STUCK])
		return;
	error = news.first[WANTED_STUCK]->lapse->error;
	if (error == -EEXIST) {
		log_kind(&news, WANTED_STUCK, "; it is put back once that is gone");
		return;
	}
	snprintf(stuck, sizeof(stuck), "; it cannot be put back: %s", strerror(-error));
	log_kind(&news, WANTED_STUCK, stuck);
}

/* SPDX-License-Identifier: ISC */
#include "monitor/phase.h"

#include "base/log.h"

#define TO(phase) (1u << PHASE_##phase)

static const struct {
	const char *name;
	unsigned next; /* a bit for each phase that may follow */
} phases[PHASES] = {
	[PHASE_NEW] = { "new", TO(STARTING) },
	[PHASE_STARTING] = { "starting", TO(UP) | TO(ABORTED) | TO(DOWN) },
	[PHASE_UP] = { "up", TO(STOPPING) },
	[PHASE_ABORTED] = { "aborted", TO(STOPPING) | TO(DOWN) },
	[PHASE_STOPPING] = { "stopping", TO(DOWN) },
	[PHASE_DOWN] = { "down", 0 },
};

const char *phase_name(enum phase phase)
{
	return phases[phase].name;
}

bool phase_may_follow(enum phase from, enum phase to)
{
	return phases[from].next & 1u << to;
}

bool phase_set(enum phase *phase, enum phase to)
{
	if (!phase_may_follow(*phase, to)) {
		log_error("a tunnel that is %s cannot become %s; please report this",
			  phase_name(*phase), phase_name(to));
		return false;
	}
	*phase = to;
	return true;
}

bool phase_is_over(enum phase phase)
{
	return phase == PHASE_ABORTED || phase == PHASE_STOPPING || phase == PHASE_DOWN;
}

bool phase_was_up(enum phase phase)
{
	return phase == PHASE_UP || phase == PHASE_STOPPING;
}

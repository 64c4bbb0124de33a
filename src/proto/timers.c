/* SPDX-License-Identifier: ISC */
#include "proto/timers.h"

#include "base/bytes.h"
#include "proto/limits.h"

static uint64_t jitter(const struct rng *c)
{
	return rng_below(c, JITTER_MS) * MILLI_NS;
}

static void arm(struct timers *t, enum timer which, uint64_t at)
{
	if (!t->heap)
		return;
	t->at[which] = at;
	deadlines_at_latest(t->heap, &t->deadline, at);
}

void timers_start(struct timers *t, struct deadlines *heap)
{
	t->heap = heap;
}

void timers_stop(struct timers *t)
{
	if (t->heap)
		deadlines_remove(t->heap, &t->deadline);
	*t = (struct timers){ .interval = t->interval };
}

void timers_data_sent(struct timers *t, uint64_t now, const struct rng *c)
{
	/* From the first unanswered packet on, not from the last. */
	if (!t->at[TIMER_NEW_HANDSHAKE])
		arm(t, TIMER_NEW_HANDSHAKE, now + NEW_HANDSHAKE_NS + jitter(c));
}

void timers_data_received(struct timers *t, uint64_t now)
{
	if (t->at[TIMER_KEEPALIVE])
		t->need_another = true;
	else
		arm(t, TIMER_KEEPALIVE, now + KEEPALIVE_TIMEOUT_NS);
}

void timers_any_sent(struct timers *t)
{
	t->at[TIMER_KEEPALIVE] = 0;
}

void timers_any_received(struct timers *t)
{
	t->at[TIMER_NEW_HANDSHAKE] = 0;
}

void timers_traversal(struct timers *t, uint64_t now)
{
	if (t->interval)
		arm(t, TIMER_PERSISTENT, now + t->interval * SECOND_NS);
}

void timers_initiation_sent(struct timers *t, uint64_t now, const struct rng *c)
{
	if (t->unanswered++ == 0)
		t->asked_at = now;
	arm(t, TIMER_RETRANSMIT, now + REKEY_TIMEOUT_NS + jitter(c));
}

void timers_initiation_lost(struct timers *t)
{
	if (t->unanswered)
		t->unanswered--;
}

void timers_session_derived(struct timers *t, uint64_t now)
{
	arm(t, TIMER_FORGET, now + FORGET_NS);
}

void timers_handshake_complete(struct timers *t)
{
	t->at[TIMER_RETRANSMIT] = 0;
	t->attempts = t->unanswered = 0;
	t->last_minute = false;
}

void timers_gate_closed(struct timers *t, uint64_t opens, const struct rng *c)
{
	arm(t, TIMER_RETRANSMIT, opens + jitter(c));
}

void timers_handshake_wanted(struct timers *t, uint64_t now)
{
	arm(t, TIMER_NEW_HANDSHAKE, now);
}

void timers_gave_up(struct timers *t, uint64_t now)
{
	t->at[TIMER_KEEPALIVE] = 0;
	t->unanswered = 0;
	if (!t->at[TIMER_FORGET])
		timers_session_derived(t, now);
}

struct timers *timers_of(struct deadline *d)
{
	return CONTAINER(d, struct timers, deadline);
}

uint64_t timers_next(const struct timers *t)
{
	uint64_t next = UINT64_MAX;

	for (int i = 0; i < TIMER_COUNT; i++) {
		if (t->at[i] && t->at[i] < next)
			next = t->at[i];
	}
	return next;
}

int timers_take(struct timers *t, uint64_t now)
{
	for (int i = 0; i < TIMER_COUNT; i++) {
		if (t->at[i] && t->at[i] <= now) {
			t->at[i] = 0;
			return i;
		}
	}
	if (t->heap)
		deadlines_at_latest(t->heap, &t->deadline, timers_next(t));
	return -1;
}

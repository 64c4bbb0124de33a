/* SPDX-License-Identifier: ISC */
#include "proto/session.h"

#include "base/mem.h"
#include "base/vault.h"
#include "proto/limits.h"

struct session *session_new(const struct noise_keys *keys, bool initiator, uint32_t local,
			    uint32_t remote, struct peer *peer, uint64_t now)
{
	struct session *s = mem_new(sizeof(*s));

	if (!s)
		return NULL;
	s->keys = vault_new(sizeof(*s->keys));
	if (!s->keys) {
		session_free(s);
		return NULL;
	}
	*s->keys = *keys;
	s->peer = peer;
	s->born = now;
	s->local = local;
	s->remote = remote;
	s->initiator = initiator;
	s->send_valid = s->receive_valid = true;
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	if (s->keys) {
		vault_free(s->keys, sizeof(*s->keys));
		aead_thread_rest();
	}
	mem_free(s);
}

uint64_t session_age(const struct session *s, uint64_t now)
{
	return now > s->born ? now - s->born : 0;
}

bool session_may_send(const struct session *s, uint64_t now)
{
	return s->send_valid && session_age(s, now) < REJECT_AFTER_TIME_NS &&
	       s->send_counter < REJECT_AFTER_MESSAGES;
}

bool session_may_receive(const struct session *s, uint64_t now)
{
	return s->receive_valid && session_age(s, now) < REJECT_AFTER_TIME_NS &&
	       s->replay.top <= REJECT_AFTER_MESSAGES;
}

bool session_stale_for_sending(const struct session *s, uint64_t now)
{
	if (s->send_counter > REKEY_AFTER_MESSAGES)
		return true;
	return s->initiator && session_age(s, now) >= REKEY_AFTER_TIME_NS;
}

bool session_stale_for_receiving(const struct session *s, uint64_t now)
{
	return s->initiator && session_age(s, now) >= REKEY_RECEIVE_NS;
}

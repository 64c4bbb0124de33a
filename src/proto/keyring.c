/* SPDX-License-Identifier: ISC */
#include "proto/keyring.h"

static struct session *push(struct session *list, struct session *s)
{
	if (!s)
		return list;
	s->link = list;
	return s;
}

struct session *keyring_add_initiated(struct keyring *k, struct session *s)
{
	struct session *left = push(NULL, k->previous);

	if (k->next) {
		/*
		 * The other side may already send with the session that it initiated: keep
		 * receiving.
		 */
		left = push(left, k->current);
		k->previous = k->next;
		k->next = NULL;
	} else {
		k->previous = k->current;
	}
	k->current = s;
	return left;
}

struct session *keyring_add_answered(struct keyring *k, struct session *s)
{
	struct session *left = push(push(NULL, k->next), k->previous);

	k->next = s;
	k->previous = NULL;
	return left;
}

struct session *keyring_received(struct keyring *k, struct session *s, bool *confirmed)
{
	struct session *left;

	*confirmed = s == k->next;
	if (!*confirmed)
		return NULL;
	left = push(NULL, k->previous);
	k->previous = k->current;
	k->current = s;
	k->next = NULL;
	return left;
}

bool keyring_is_answered(const struct keyring *k, uint64_t mono)
{
	return k->next && session_may_receive(k->next, mono);
}

struct session *keyring_clear(struct keyring *k)
{
	struct session *left = push(push(push(NULL, k->current), k->previous), k->next);

	*k = (struct keyring){ 0 };
	return left;
}

void keyring_stop_sending(struct keyring *k)
{
	if (k->current)
		k->current->send_valid = false;
	if (k->next)
		k->next->send_valid = false;
}

/* SPDX-License-Identifier: ISC */
#include "view/rates.h"

/* Peers seldom change their order, so each search starts where the last one ended. */
static const struct conf_peer *find(const struct conf *c, const struct key *key, size_t *from)
{
	size_t i;

	for (i = 0; i < c->n_peer; i++) {
		size_t at = (*from + i) % c->n_peer;

		if (key_equal(key, &c->peer[at].public_key)) {
			*from = at + 1;
			return &c->peer[at];
		}
	}
	return NULL;
}

void rates_between(struct tunnelview *now, const struct tunnelview *before, double seconds)
{
	size_t i, from = 0;

	if (seconds <= 0)
		return;
	for (i = 0; i < now->conf.n_peer; i++) {
		const struct conf_peer *p = &now->conf.peer[i];
		const struct conf_peer *old = find(&before->conf, &p->public_key, &from);

		if (!old || p->rx_bytes < old->rx_bytes || p->tx_bytes < old->tx_bytes)
			continue;
		now->peer[i].rated = true;
		now->peer[i].rx_rate = (double)(p->rx_bytes - old->rx_bytes) / seconds;
		now->peer[i].tx_rate = (double)(p->tx_bytes - old->tx_bytes) / seconds;
	}
}

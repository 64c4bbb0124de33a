/* SPDX-License-Identifier: ISC */
#include "host/shield.h"

#include "netlink/guard.h"
#include "netlink/ifaddr.h"

void shield_fini(struct shield *s)
{
	nfnl_close(&s->nfnl);
	prefixes_fini(&s->address);
	*s = (struct shield){ 0 };
}

struct elsewhere {
	struct prefixes *address;
	uint32_t ifindex;
};

static int leave_out(uint32_t ifindex, const struct prefix *p, void *ctx)
{
	const struct elsewhere *e = ctx;
	size_t kept = 0;

	for (size_t i = 0; i < e->address->n; i++) {
		const struct prefix *ours = &e->address->prefix[i];

		if (ifindex == e->ifindex || !ip_equal(&ours->ip, &p->ip))
			e->address->prefix[kept++] = *ours;
	}
	e->address->n = kept;
	return 0;
}

static int choose(struct prefixes *chosen, struct rtnl *r, uint32_t ifindex,
		  const struct prefixes *address)
{
	struct elsewhere e = { chosen, ifindex };
	int err;

	for (size_t i = 0; i < address->n; i++) {
		if (ip_is_link_local(&address->prefix[i].ip))
			continue;
		err = prefixes_add(chosen, &address->prefix[i]);
		if (err < 0)
			return err;
	}
	return ifaddr_each(r, 0, leave_out, &e);
}

static int set(struct shield *s, const char *name, const struct prefixes *address, uint32_t mark)
{
	const struct guard guard = {
		.name = name,
		.mark = mark,
		.address = address->prefix,
		.n = address->n,
	};

	return guard_set(&s->nfnl, &guard);
}

int shield_raise(struct shield *s, struct rtnl *r, const char *name, uint32_t ifindex,
		 const struct prefixes *address, uint32_t mark)
{
	struct prefixes chosen = { 0 };
	int err = choose(&chosen, r, ifindex, address);

	if (err == 0)
		err = set(s, name, &chosen, mark);
	if (err < 0) {
		prefixes_fini(&chosen);
		return err;
	}
	prefixes_fini(&s->address);
	s->address = chosen;
	s->mark = mark;
	return 0;
}

int shield_renew(struct shield *s, const char *name)
{
	return set(s, name, &s->address, s->mark);
}

int shield_drop(struct shield *s, const char *name)
{
	prefixes_fini(&s->address);
	return guard_del(&s->nfnl, name);
}

/* SPDX-License-Identifier: ISC */
#include "netlink/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "netlink/nftexpr.h"

enum {
	NAME = 64,              /* of a table, with its NUL */
	ROOM = 8192,            /* for all but the addresses */
	ROOM_ADDRESS = 64,      /* for each of them */
	ADDRESSES = 1024,       /* in one message: an attribute has at most 64 KiB */
	PRIORITY_RAW = -300,    /* before connections are looked up... */
	PRIORITY_MANGLE = -150, /* ...and after that */
	OWNED = 2,              /* NFT_TABLE_F_OWNER */
};

#define CHAIN_GUARD   "guard"
#define CHAIN_SAVE    "save-mark"
#define CHAIN_RESTORE "restore-mark"

/* Where a header has the address that a packet goes to, and how nft(8) calls such values. */
static const struct kind {
	int family;
	uint32_t number; /* of the set, within a batch */
	const char *set;
	uint32_t type, offset, len;
	uint8_t protocol;
} kinds[] = {
	{ AF_INET, 1, "addresses4", 7, 16, 4, NFPROTO_IPV4 },
	{ AF_INET6, 2, "addresses6", 8, 24, 16, NFPROTO_IPV6 },
};

/* A table that is being made. */
struct making {
	struct nfnl_batch batch;
	char table[NAME];
	const struct guard *guard;
};

static void name_table(char out[NAME], const char *name)
{
	size_t len = (size_t)snprintf(out, NAME, "taut-");

	for (; *name && len + 4 < NAME; name++) {
		bool odd = *name == '+' || *name == '=';

		len += (size_t)snprintf(out + len, NAME - len, odd ? "/%02x" : "%c",
					(unsigned char)*name);
	}
}

static struct nlmsghdr *add(struct making *m, uint16_t type, uint16_t flags)
{
	return nfnl_add(&m->batch, type, flags, NFPROTO_INET);
}

static void add_table(struct making *m, bool owned)
{
	struct nlmsghdr *msg = add(m, NFT_MSG_NEWTABLE, NLM_F_CREATE);

	mnl_attr_put_strz(msg, NFTA_TABLE_NAME, m->table);
	if (owned)
		nftexpr_u32(msg, NFTA_TABLE_FLAGS, OWNED);
}

static void del_table(struct making *m)
{
	mnl_attr_put_strz(add(m, NFT_MSG_DELTABLE, 0), NFTA_TABLE_NAME, m->table);
}

static void add_chain(struct making *m, const char *name, uint32_t hook, int32_t priority)
{
	struct nlmsghdr *msg = add(m, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nlattr *nest;

	mnl_attr_put_strz(msg, NFTA_CHAIN_TABLE, m->table);
	mnl_attr_put_strz(msg, NFTA_CHAIN_NAME, name);
	nest = mnl_attr_nest_start(msg, NFTA_CHAIN_HOOK);
	nftexpr_u32(msg, NFTA_HOOK_HOOKNUM, hook);
	nftexpr_u32(msg, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	mnl_attr_nest_end(msg, nest);
	nftexpr_u32(msg, NFTA_CHAIN_POLICY, NF_ACCEPT);
	mnl_attr_put_strz(msg, NFTA_CHAIN_TYPE, "filter");
}

static struct nlmsghdr *begin_rule(struct making *m, const char *chain, struct nlattr **nest)
{
	struct nlmsghdr *msg = add(m, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	mnl_attr_put_strz(msg, NFTA_RULE_TABLE, m->table);
	mnl_attr_put_strz(msg, NFTA_RULE_CHAIN, chain);
	*nest = mnl_attr_nest_start(msg, NFTA_RULE_EXPRESSIONS);
	return msg;
}

static void add_set(struct making *m, const struct kind *k)
{
	struct nlmsghdr *msg = add(m, NFT_MSG_NEWSET, NLM_F_CREATE);

	mnl_attr_put_strz(msg, NFTA_SET_TABLE, m->table);
	mnl_attr_put_strz(msg, NFTA_SET_NAME, k->set);
	nftexpr_u32(msg, NFTA_SET_KEY_TYPE, k->type);
	nftexpr_u32(msg, NFTA_SET_KEY_LEN, k->len);
	nftexpr_u32(msg, NFTA_SET_ID, k->number);
}

static void add_element(struct nlmsghdr *msg, const struct ip *ip)
{
	struct nlattr *nest = mnl_attr_nest_start(msg, NFTA_LIST_ELEM);

	nftexpr_data(msg, NFTA_SET_ELEM_KEY, ip->bytes, ip_len(ip->family));
	mnl_attr_nest_end(msg, nest);
}

/* From this one on; the first that is left over for another message. */
static size_t add_elements(struct making *m, const struct kind *k, size_t i)
{
	struct nlmsghdr *msg = add(m, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	struct nlattr *nest;

	mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_TABLE, m->table);
	mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_SET, k->set);
	nftexpr_u32(msg, NFTA_SET_ELEM_LIST_SET_ID, k->number);
	nest = mnl_attr_nest_start(msg, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t room = ADDRESSES; i < m->guard->n && room > 0; i++) {
		if (m->guard->address[i].ip.family != k->family)
			continue;
		add_element(msg, &m->guard->address[i].ip);
		room--;
	}
	mnl_attr_nest_end(msg, nest);
	return i;
}

/* iifname != NAME ip daddr @addresses4 fib saddr type != local drop */
static void add_guard(struct making *m, const struct kind *k)
{
	const uint32_t local = RTN_LOCAL;
	char device[16] = { 0 };
	struct nlattr *nest;
	struct nlmsghdr *msg;

	add_set(m, k);
	for (size_t i = 0; i < m->guard->n;)
		i = add_elements(m, k, i);
	snprintf(device, sizeof(device), "%s", m->guard->name);
	msg = begin_rule(m, CHAIN_GUARD, &nest);
	nftexpr_meta(msg, NFT_META_IIFNAME);
	nftexpr_compare(msg, NFT_CMP_NEQ, device, sizeof(device));
	nftexpr_meta(msg, NFT_META_NFPROTO);
	nftexpr_compare(msg, NFT_CMP_EQ, &k->protocol, sizeof(k->protocol));
	nftexpr_network(msg, k->offset, k->len);
	nftexpr_in(msg, k->set, k->number);
	nftexpr_source_type(msg);
	nftexpr_compare(msg, NFT_CMP_NEQ, &local, sizeof(local));
	nftexpr_drop(msg);
	mnl_attr_nest_end(msg, nest);
}

/* meta mark MARK ct mark set meta mark; and on the way back: ct mark MARK meta mark set ct mark */
static void add_marks(struct making *m)
{
	const uint32_t *mark = &m->guard->mark;
	struct nlattr *nest;
	struct nlmsghdr *msg;

	msg = begin_rule(m, CHAIN_SAVE, &nest);
	nftexpr_meta(msg, NFT_META_MARK);
	nftexpr_compare(msg, NFT_CMP_EQ, mark, sizeof(*mark));
	nftexpr_set_ct_mark(msg);
	mnl_attr_nest_end(msg, nest);
	msg = begin_rule(m, CHAIN_RESTORE, &nest);
	nftexpr_ct_mark(msg);
	nftexpr_compare(msg, NFT_CMP_EQ, mark, sizeof(*mark));
	nftexpr_set_mark(msg);
	mnl_attr_nest_end(msg, nest);
}

static bool has_family(const struct guard *g, int family)
{
	for (size_t i = 0; i < g->n; i++) {
		if (g->address[i].ip.family == family)
			return true;
	}
	return false;
}

/* The first two lines make sure that nothing of another table of that name is left. */
static int make(struct nfnl *n, const struct guard *g, bool owned)
{
	struct making m = { .guard = g };
	int err = nfnl_begin(&m.batch, ROOM + g->n * ROOM_ADDRESS);

	if (err < 0)
		return err;
	name_table(m.table, g->name);
	add_table(&m, false);
	del_table(&m);
	add_table(&m, owned);
	add_chain(&m, CHAIN_GUARD, NF_INET_PRE_ROUTING, PRIORITY_RAW);
	add_chain(&m, CHAIN_RESTORE, NF_INET_PRE_ROUTING, PRIORITY_MANGLE);
	add_chain(&m, CHAIN_SAVE, NF_INET_POST_ROUTING, PRIORITY_MANGLE);
	for (const struct kind *k = kinds; k < kinds + LEN(kinds); k++) {
		if (has_family(g, k->family))
			add_guard(&m, k);
	}
	add_marks(&m);
	return nfnl_commit(n, &m.batch);
}

int guard_set(struct nfnl *n, const struct guard *g)
{
	int err = nfnl_open(n);

	if (err < 0)
		return err;
	err = make(n, g, true);
	/* An old kernel does not know the flag. */
	return err == -EINVAL || err == -EOPNOTSUPP ? make(n, g, false) : err;
}

int guard_del(struct nfnl *n, const char *name)
{
	struct making m = { .table = "" };
	int err = nfnl_open(n);

	if (err == 0)
		err = nfnl_begin(&m.batch, ROOM);
	if (err < 0)
		return err;
	name_table(m.table, name);
	del_table(&m);
	err = nfnl_commit(n, &m.batch);
	return err == -ENOENT ? 0 : err;
}

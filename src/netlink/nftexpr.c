/* SPDX-License-Identifier: ISC */
#include "netlink/nftexpr.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

/* The two nests of an expression. */
struct expr {
	struct nlattr *whole, *data;
};

static struct expr begin(struct nlmsghdr *msg, const char *name)
{
	struct expr e = { .whole = mnl_attr_nest_start(msg, NFTA_LIST_ELEM) };

	mnl_attr_put_strz(msg, NFTA_EXPR_NAME, name);
	e.data = mnl_attr_nest_start(msg, NFTA_EXPR_DATA);
	return e;
}

static void end(struct nlmsghdr *msg, const struct expr *e)
{
	mnl_attr_nest_end(msg, e->data);
	mnl_attr_nest_end(msg, e->whole);
}

void nftexpr_u32(struct nlmsghdr *msg, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(msg, type, htonl(value));
}

void nftexpr_data(struct nlmsghdr *msg, uint16_t type, const void *value, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(msg, type);

	mnl_attr_put(msg, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(msg, nest);
}

void nftexpr_meta(struct nlmsghdr *msg, uint32_t key)
{
	struct expr e = begin(msg, "meta");

	nftexpr_u32(msg, NFTA_META_DREG, NFT_REG_1);
	nftexpr_u32(msg, NFTA_META_KEY, key);
	end(msg, &e);
}

void nftexpr_source_type(struct nlmsghdr *msg)
{
	struct expr e = begin(msg, "fib");

	nftexpr_u32(msg, NFTA_FIB_DREG, NFT_REG_1);
	nftexpr_u32(msg, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftexpr_u32(msg, NFTA_FIB_FLAGS, NFTA_FIB_F_SADDR);
	end(msg, &e);
}

void nftexpr_ct_mark(struct nlmsghdr *msg)
{
	struct expr e = begin(msg, "ct");

	nftexpr_u32(msg, NFTA_CT_DREG, NFT_REG_1);
	nftexpr_u32(msg, NFTA_CT_KEY, NFT_CT_MARK);
	end(msg, &e);
}

void nftexpr_network(struct nlmsghdr *msg, uint32_t offset, uint32_t len)
{
	struct expr e = begin(msg, "payload");

	nftexpr_u32(msg, NFTA_PAYLOAD_DREG, NFT_REG_1);
	nftexpr_u32(msg, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	nftexpr_u32(msg, NFTA_PAYLOAD_OFFSET, offset);
	nftexpr_u32(msg, NFTA_PAYLOAD_LEN, len);
	end(msg, &e);
}

void nftexpr_compare(struct nlmsghdr *msg, uint32_t op, const void *value, size_t len)
{
	struct expr e = begin(msg, "cmp");

	nftexpr_u32(msg, NFTA_CMP_SREG, NFT_REG_1);
	nftexpr_u32(msg, NFTA_CMP_OP, op);
	nftexpr_data(msg, NFTA_CMP_DATA, value, len);
	end(msg, &e);
}

void nftexpr_in(struct nlmsghdr *msg, const char *set, uint32_t number)
{
	struct expr e = begin(msg, "lookup");

	mnl_attr_put_strz(msg, NFTA_LOOKUP_SET, set);
	nftexpr_u32(msg, NFTA_LOOKUP_SREG, NFT_REG_1);
	nftexpr_u32(msg, NFTA_LOOKUP_SET_ID, number);
	end(msg, &e);
}

void nftexpr_set_mark(struct nlmsghdr *msg)
{
	struct expr e = begin(msg, "meta");

	nftexpr_u32(msg, NFTA_META_KEY, NFT_META_MARK);
	nftexpr_u32(msg, NFTA_META_SREG, NFT_REG_1);
	end(msg, &e);
}

void nftexpr_set_ct_mark(struct nlmsghdr *msg)
{
	struct expr e = begin(msg, "ct");

	nftexpr_u32(msg, NFTA_CT_KEY, NFT_CT_MARK);
	nftexpr_u32(msg, NFTA_CT_SREG, NFT_REG_1);
	end(msg, &e);
}

void nftexpr_drop(struct nlmsghdr *msg)
{
	struct expr e = begin(msg, "immediate");
	struct nlattr *data, *verdict;

	nftexpr_u32(msg, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(msg, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(msg, NFTA_DATA_VERDICT);
	nftexpr_u32(msg, NFTA_VERDICT_CODE, NF_DROP);
	mnl_attr_nest_end(msg, verdict);
	mnl_attr_nest_end(msg, data);
	end(msg, &e);
}

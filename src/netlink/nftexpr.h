/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_NFTEXPR_H
#define NETLINK_NFTEXPR_H

/*
 * The expressions that a rule of nftables consists of, each as nft(8) writes it.  Values pass
 * through the one register that there is here.  A rule ends with the first comparison that
 * does not hold.
 */

#include <stddef.h>
#include <stdint.h>

#include "netlink/nfnl.h"

/* An attribute that is a number: the kernel takes it in network order. */
void nftexpr_u32(struct nlmsghdr *msg, uint16_t type, uint32_t value);
/* A value, inside the attribute of this type. */
void nftexpr_data(struct nlmsghdr *msg, uint16_t type, const void *value, size_t len);

/* meta KEY; fib saddr type; ct mark */
void nftexpr_meta(struct nlmsghdr *msg, uint32_t key);
void nftexpr_source_type(struct nlmsghdr *msg);
void nftexpr_ct_mark(struct nlmsghdr *msg);
/* Bytes of the IP header. */
void nftexpr_network(struct nlmsghdr *msg, uint32_t offset, uint32_t len);
/* == VALUE, != VALUE; op: NFT_CMP_EQ, NFT_CMP_NEQ */
void nftexpr_compare(struct nlmsghdr *msg, uint32_t op, const void *value, size_t len);
/* @SET, which was made in the same batch with this number */
void nftexpr_in(struct nlmsghdr *msg, const char *set, uint32_t number);
/* meta mark set VALUE; ct mark set VALUE */
void nftexpr_set_mark(struct nlmsghdr *msg);
void nftexpr_set_ct_mark(struct nlmsghdr *msg);
void nftexpr_drop(struct nlmsghdr *msg);

#endif

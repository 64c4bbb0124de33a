/* SPDX-License-Identifier: ISC */
#include "netlink/route.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

/* A rule of one of our two kinds. */
struct rule {
	int family;
	bool suppress; /* else: not fwmark */
	uint32_t mark, table;
	uint32_t priority;
	uint8_t proto;
	bool has_proto; /* not reported by kernels before 4.17 */
};

static struct nlmsghdr *begin(struct rtnl_request *req, uint16_t type, uint16_t flags,
			      const struct rule *rule)
{
	struct nlmsghdr *msg = rtnl_begin(req, type, flags);
	struct fib_rule_hdr *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));

	head->family = (uint8_t)rule->family;
	head->action = FR_ACT_TO_TBL;
	head->table = rule->table < 256 ? (uint8_t)rule->table : RT_TABLE_UNSPEC;
	mnl_attr_put_u32(msg, FRA_TABLE, rule->table);
	mnl_attr_put_u8(msg, FRA_PROTOCOL, ROUTE_PROTO);
	if (rule->suppress) {
		mnl_attr_put_u32(msg, FRA_SUPPRESS_PREFIXLEN, 0);
		return msg;
	}
	head->flags = FIB_RULE_INVERT;
	mnl_attr_put_u32(msg, FRA_FWMARK, rule->mark);
	mnl_attr_put_u32(msg, FRA_FWMASK, UINT32_MAX);
	return msg;
}

/* Anything else that narrows a rule makes it a different rule. */
static bool is_narrow(const struct fib_rule_hdr *head, const struct nlattr *const *attr)
{
	return head->src_len || head->dst_len || head->tos || attr[FRA_IIFNAME] ||
	       attr[FRA_OIFNAME] || attr[FRA_FLOW] || attr[FRA_TUN_ID] || attr[FRA_L3MDEV] ||
	       attr[FRA_UID_RANGE] || attr[FRA_IP_PROTO] || attr[FRA_SPORT_RANGE] ||
	       attr[FRA_DPORT_RANGE] || attr[FRA_SUPPRESS_IFGROUP];
}

/* True for the two kinds. */
static bool read_rule(struct rule *rule, const struct nlmsghdr *msg)
{
	const struct fib_rule_hdr *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr[FRA_DPORT_RANGE + 1];
	bool invert;

	if ((msg->nlmsg_type != RTM_NEWRULE && msg->nlmsg_type != RTM_DELRULE) ||
	    mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return false;
	rtnl_attrs(msg, sizeof(*head), attr, FRA_DPORT_RANGE + 1);
	if (head->action != FR_ACT_TO_TBL || is_narrow(head, attr))
		return false;
	invert = head->flags & FIB_RULE_INVERT;
	*rule = (struct rule){
		.family = head->family,
		.mark = rtnl_u32(attr[FRA_FWMARK], 0),
		.table = rtnl_u32(attr[FRA_TABLE], head->table),
		.priority = rtnl_u32(attr[FRA_PRIORITY], 0),
	};
	if (attr[FRA_PROTOCOL] && mnl_attr_get_payload_len(attr[FRA_PROTOCOL]) >= 1) {
		rule->has_proto = true;
		rule->proto = mnl_attr_get_u8(attr[FRA_PROTOCOL]);
	}
	/* "No suppression" is reported as a length of -1. */
	if (rtnl_u32(attr[FRA_SUPPRESS_PREFIXLEN], UINT32_MAX) == 0) {
		rule->suppress = true;
		return !invert && !attr[FRA_FWMARK] && rule->table == ROUTE_TABLE_MAIN;
	}
	return invert && attr[FRA_FWMARK] && rtnl_u32(attr[FRA_FWMASK], UINT32_MAX) == UINT32_MAX;
}

bool rule_parse(struct rule_entry *e, const struct nlmsghdr *msg)
{
	struct rule rule;

	if (!read_rule(&rule, msg))
		return false;
	*e = (struct rule_entry){
		.family = rule.family,
		.suppress = rule.suppress,
		.mark = rule.mark,
		.table = rule.table,
	};
	return true;
}

struct search {
	struct rule wanted;
	bool ours; /* only those that we made */
	bool found;
	uint32_t priority;       /* of the one found */
	uint32_t suppress_first; /* lowest priority of any that suppress */
	unsigned not_mark, suppress;
	struct rule_mark *list; /* NULL: no list of ours is wanted */
	size_t room, n;
};

static void note(struct search *s, const struct rule *rule)
{
	if (rule->suppress || !rule->has_proto || rule->proto != ROUTE_PROTO || s->n == s->room)
		return;
	s->list[s->n++] = (struct rule_mark){ .mark = rule->mark, .table = rule->table };
}

static int match(const struct nlmsghdr *msg, void *ctx)
{
	struct search *s = ctx;
	struct rule rule;

	if (!read_rule(&rule, msg) || rule.family != s->wanted.family)
		return 0;
	if (rule.suppress && s->suppress++ == 0)
		s->suppress_first = rule.priority; /* they are listed in order */
	if (!rule.suppress)
		s->not_mark++;
	if (s->list)
		note(s, &rule);
	if (rule.suppress != s->wanted.suppress || rule.table != s->wanted.table ||
	    (!rule.suppress && rule.mark != s->wanted.mark))
		return 0;
	if (s->ours && rule.has_proto && rule.proto != ROUTE_PROTO)
		return 0;
	s->found = true;
	s->priority = rule.priority;
	return 0;
}

static int list(struct rtnl *r, int family, rtnl_fn *fn, void *ctx)
{
	struct rtnl_request req;
	struct nlmsghdr *msg = rtnl_begin(&req, RTM_GETRULE, NLM_F_DUMP);
	struct fib_rule_hdr *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));

	head->family = (uint8_t)family;
	return rtnl_talk(r, msg, fn, ctx);
}

static int search_rules(struct rtnl *r, struct search *s)
{
	int err = -EINTR;

	for (unsigned i = 0; i < RTNL_TRIES && err == -EINTR; i++) {
		s->found = false;
		s->not_mark = s->suppress = 0;
		s->n = 0;
		err = list(r, s->wanted.family, match, s);
	}
	return err;
}

/*
 * The kernel accepts the same rule twice if no priority is given, so check first.
 *
 * The rule that suppresses must be consulted first, or it has no effect. Without a priority
 * the kernel puts a rule before all others, which is right for it. A rule with the same
 * priority as another comes after it, which is right for those by mark.
 *
 * 1: it was missing; 0: it is there.
 */
static int restore(struct rtnl *r, const struct rule *rule)
{
	struct search s = { .wanted = *rule };
	struct rtnl_request req;
	struct nlmsghdr *msg;
	int err = search_rules(r, &s);

	if (err < 0 || s.found)
		return err;
	msg = begin(&req, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
	if (!rule->suppress && s.suppress > 0)
		mnl_attr_put_u32(msg, FRA_PRIORITY, s.suppress_first);
	err = rtnl_talk(r, msg, NULL, NULL);
	if (err == -EEXIST)
		return 0;
	return err < 0 ? err : 1;
}

static int add(struct rtnl *r, const struct rule *rule)
{
	int err = restore(r, rule);

	return err < 0 ? err : 0;
}

/*
 * Delete by priority: a kernel that does not compare the suppression could remove the system's
 * own rule for the main table instead. Rules made by others stay.
 */
static int del(struct rtnl *r, const struct rule *rule)
{
	struct search s = { .wanted = *rule, .ours = true };
	struct rtnl_request req;
	struct nlmsghdr *msg;
	int err = search_rules(r, &s);

	if (err < 0 || !s.found)
		return err;
	msg = begin(&req, RTM_DELRULE, 0, rule);
	mnl_attr_put_u32(msg, FRA_PRIORITY, s.priority);
	err = rtnl_talk(r, msg, NULL, NULL);
	return err == -ENOENT || err == -ESRCH ? 0 : err;
}

int rule_add_not_mark(struct rtnl *r, int family, uint32_t mark, uint32_t table)
{
	return add(r, &(struct rule){ .family = family, .mark = mark, .table = table });
}

int rule_del_not_mark(struct rtnl *r, int family, uint32_t mark, uint32_t table)
{
	return del(r, &(struct rule){ .family = family, .mark = mark, .table = table });
}

int rule_add_suppress(struct rtnl *r, int family)
{
	return add(r,
		   &(struct rule){ .family = family, .suppress = true, .table = ROUTE_TABLE_MAIN });
}

int rule_del_suppress(struct rtnl *r, int family)
{
	return del(r,
		   &(struct rule){ .family = family, .suppress = true, .table = ROUTE_TABLE_MAIN });
}

int rule_restore(struct rtnl *r, const struct rule_entry *e)
{
	const struct rule rule = {
		.family = e->family,
		.suppress = e->suppress,
		.mark = e->mark,
		.table = e->table,
	};

	return restore(r, &rule);
}

struct each {
	rule_fn *fn;
	void *ctx;
};

static int take(const struct nlmsghdr *msg, void *ctx)
{
	const struct each *each = ctx;
	struct rule_entry e;

	if (msg->nlmsg_type == RTM_NEWRULE && rule_parse(&e, msg))
		each->fn(&e, each->ctx);
	return 0;
}

int rule_each(struct rtnl *r, int family, rule_fn *fn, void *ctx)
{
	struct each each = { fn, ctx };
	int err = -EINTR;

	for (unsigned i = 0; i < RTNL_TRIES && err == -EINTR; i++)
		err = list(r, family, take, &each);
	return err;
}

int rule_count(struct rtnl *r, int family, unsigned *not_mark, unsigned *suppress)
{
	struct search s = { .wanted.family = family };
	int err = search_rules(r, &s);

	if (err < 0)
		return err;
	*not_mark = s.not_mark;
	*suppress = s.suppress;
	return 0;
}

int rule_ours(struct rtnl *r, int family, struct rule_mark *rule, size_t room, size_t *n)
{
	struct search s = { .wanted.family = family, .list = rule, .room = room };
	int err = search_rules(r, &s);

	*n = err < 0 ? 0 : s.n;
	return err;
}

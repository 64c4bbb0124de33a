# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libnetlink.a
libnetlink_a_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)
libnetlink_a_SOURCES = \
	src/netlink/block.c src/netlink/block.h \
	src/netlink/guard.c src/netlink/guard.h \
	src/netlink/ifaddr.c src/netlink/ifaddr.h \
	src/netlink/link.c src/netlink/link.h \
	src/netlink/netconf.c src/netlink/netconf.h \
	src/netlink/nfnl.c src/netlink/nfnl.h \
	src/netlink/nftexpr.c src/netlink/nftexpr.h \
	src/netlink/notices.c src/netlink/notices.h \
	src/netlink/route.c src/netlink/route.h \
	src/netlink/rtnl.c src/netlink/rtnl.h \
	src/netlink/rule.c \
	src/netlink/uplink.c src/netlink/uplink.h \
	src/netlink/watch.c src/netlink/watch.h

EXTRA_DIST += src/netlink/README.md

# SPDX-License-Identifier: ISC
# The shell: the only room that knows libev and c-ares.

noinst_LIBRARIES += libdaemon.a
libdaemon_a_CFLAGS = $(AM_CFLAGS) $(CARES_CFLAGS)
libdaemon_a_SOURCES = \
	src/daemon/answer.c src/daemon/answer.h \
	src/daemon/apply.c src/daemon/apply.h \
	src/daemon/bringup.c src/daemon/bringup.h \
	src/daemon/client.c src/daemon/client.h \
	src/daemon/clock.c src/daemon/clock.h \
	src/daemon/config.c src/daemon/config.h \
	src/daemon/control.c src/daemon/control.h \
	src/daemon/daemon.c src/daemon/daemon.h \
	src/daemon/dns.c src/daemon/dns.h \
	src/daemon/events.c src/daemon/events.h \
	src/daemon/hooks.c src/daemon/hooks.h \
	src/daemon/host.c src/daemon/host.h \
	src/daemon/inside.h \
	src/daemon/ledger.c src/daemon/ledger.h \
	src/daemon/lookup.c src/daemon/lookup.h \
	src/daemon/loop.c src/daemon/loop.h \
	src/daemon/mtu.c src/daemon/mtu.h \
	src/daemon/names.c src/daemon/names.h \
	src/daemon/network.c src/daemon/network.h \
	src/daemon/news.c src/daemon/news.h \
	src/daemon/path.c src/daemon/path.h \
	src/daemon/prefixes.c src/daemon/prefixes.h \
	src/daemon/reload.c src/daemon/reload.h \
	src/daemon/resolve.c src/daemon/resolve.h \
	src/daemon/snapshot.c src/daemon/snapshot.h \
	src/daemon/sock.c src/daemon/sock.h \
	src/daemon/sockets.c src/daemon/sockets.h \
	src/daemon/spawn.c src/daemon/spawn.h \
	src/daemon/state.c src/daemon/state.h \
	src/daemon/status.c src/daemon/status.h

# SPDX-License-Identifier: ISC
# The shell: the only room that knows libev.

noinst_LIBRARIES += libdaemon.a
libdaemon_a_SOURCES = \
	src/daemon/aeadsel.c src/daemon/aeadsel.h \
	src/daemon/apply.c src/daemon/apply.h \
	src/daemon/daemon.c src/daemon/daemon.h \
	src/daemon/diagnose.c src/daemon/diagnose.h \
	src/daemon/elevate.c src/daemon/elevate.h \
	src/daemon/events.c src/daemon/events.h \
	src/daemon/handover.c src/daemon/handover.h \
	src/daemon/internal.h \
	src/daemon/linkwatch.c src/daemon/linkwatch.h \
	src/daemon/loop.c src/daemon/loop.h \
	src/daemon/mtu.c src/daemon/mtu.h \
	src/daemon/nameservers.c src/daemon/nameservers.h \
	src/daemon/orders.c src/daemon/orders.h \
	src/daemon/outbox.c src/daemon/outbox.h \
	src/daemon/peerwatch.c src/daemon/peerwatch.h \
	src/daemon/publish.c src/daemon/publish.h \
	src/daemon/rebind.c src/daemon/rebind.h \
	src/daemon/requests.c src/daemon/requests.h \
	src/daemon/rpfilter.c src/daemon/rpfilter.h \
	src/daemon/service.c src/daemon/service.h \
	src/daemon/snapshot.c src/daemon/snapshot.h \
	src/daemon/stamping.c src/daemon/stamping.h \
	src/daemon/startup.c src/daemon/startup.h \
	src/daemon/tuning.c src/daemon/tuning.h \
	src/daemon/tunnelside.c src/daemon/tunnelside.h

EXTRA_DIST += src/daemon/README.md

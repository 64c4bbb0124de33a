# SPDX-License-Identifier: ISC
# The process with the rights: a tunnel from start to end.

noinst_LIBRARIES += libmonitor.a
libmonitor_a_SOURCES = \
	src/monitor/bringup.c src/monitor/bringup.h \
	src/monitor/common.h \
	src/monitor/config.c src/monitor/config.h \
	src/monitor/culprit.c src/monitor/culprit.h \
	src/monitor/dns.c src/monitor/dns.h \
	src/monitor/driftlog.c src/monitor/driftlog.h \
	src/monitor/hostside.c src/monitor/hostside.h \
	src/monitor/keep.c src/monitor/keep.h \
	src/monitor/monitor.c src/monitor/monitor.h \
	src/monitor/notify.c src/monitor/notify.h \
	src/monitor/phase.c src/monitor/phase.h \
	src/monitor/reload.c src/monitor/reload.h \
	src/monitor/serve.c src/monitor/serve.h \
	src/monitor/sockets.c src/monitor/sockets.h \
	src/monitor/stampfile.c src/monitor/stampfile.h \
	src/monitor/turn.c src/monitor/turn.h \
	src/monitor/upkeep.c src/monitor/upkeep.h \
	src/monitor/walk.c src/monitor/walk.h \
	src/monitor/wanted.c src/monitor/wanted.h \
	src/monitor/worker.c src/monitor/worker.h

EXTRA_DIST += src/monitor/README.md

# SPDX-License-Identifier: ISC
# The shell: the only room that knows libev.

noinst_LIBRARIES += libdaemon.a
libdaemon_a_SOURCES = \
	src/daemon/apply.c src/daemon/apply.h \
	src/daemon/bringup.c src/daemon/bringup.h \
	src/daemon/change.c src/daemon/change.h \
	src/daemon/cipher.c src/daemon/cipher.h \
	src/daemon/config.c src/daemon/config.h \
	src/daemon/daemon.c src/daemon/daemon.h \
	src/daemon/events.c src/daemon/events.h \
	src/daemon/examine.c src/daemon/examine.h \
	src/daemon/inside.h \
	src/daemon/loop.c src/daemon/loop.h \
	src/daemon/mtu.c src/daemon/mtu.h \
	src/daemon/news.c src/daemon/news.h \
	src/daemon/notify.c src/daemon/notify.h \
	src/daemon/reload.c src/daemon/reload.h \
	src/daemon/requests.c src/daemon/requests.h \
	src/daemon/service.c src/daemon/service.h \
	src/daemon/snapshot.c src/daemon/snapshot.h \
	src/daemon/sockets.c src/daemon/sockets.h \
	src/daemon/strict.c src/daemon/strict.h \
	src/daemon/tell.c src/daemon/tell.h \
	src/daemon/tuning.c src/daemon/tuning.h

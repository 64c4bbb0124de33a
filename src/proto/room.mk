# SPDX-License-Identifier: ISC
# WireGuard itself: pure, so it links with crypto and base only.

noinst_LIBRARIES += libproto.a
libproto_a_CFLAGS = $(AM_STRICT_CFLAGS)
libproto_a_SOURCES = \
	src/proto/admin.c src/proto/admin.h \
	src/proto/allowed.c src/proto/allowed.h \
	src/proto/bucket.c src/proto/bucket.h \
	src/proto/cookie.c src/proto/cookie.h \
	src/proto/core.c src/proto/core.h \
	src/proto/deadlines.c src/proto/deadlines.h \
	src/proto/event.h \
	src/proto/faults.c src/proto/faults.h \
	src/proto/flight.c src/proto/flight.h \
	src/proto/handshake.c src/proto/handshake.h \
	src/proto/gate.c src/proto/gate.h \
	src/proto/hsqueue.c src/proto/hsqueue.h \
	src/proto/index.c src/proto/index.h \
	src/proto/inner.c src/proto/inner.h \
	src/proto/keyring.c src/proto/keyring.h \
	src/proto/limits.h \
	src/proto/noise.c src/proto/noise.h \
	src/proto/peer.h \
	src/proto/peers.c src/proto/peers.h \
	src/proto/reach.c src/proto/reach.h \
	src/proto/receive.c src/proto/receive.h \
	src/proto/replay.c src/proto/replay.h \
	src/proto/send.c src/proto/send.h \
	src/proto/session.c src/proto/session.h \
	src/proto/staged.c src/proto/staged.h \
	src/proto/timers.c src/proto/timers.h \
	src/proto/tunnel.c src/proto/tunnel.h \
	src/proto/wire.h

EXTRA_DIST += src/proto/README.md

# SPDX-License-Identifier: ISC
# Words every room may use.

noinst_LIBRARIES += libbase.a
libbase_a_CFLAGS = $(AM_STRICT_CFLAGS)
libbase_a_SOURCES = \
	src/base/addr.c src/base/addr.h \
	src/base/bytes.h \
	src/base/clock.c src/base/clock.h \
	src/base/exitcode.h \
	src/base/instant.h \
	src/base/key.c src/base/key.h \
	src/base/log.c src/base/log.h \
	src/base/mem.c src/base/mem.h \
	src/base/pages.c src/base/pages.h \
	src/base/pkt.c src/base/pkt.h \
	src/base/say.c src/base/say.h \
	src/base/text.c src/base/text.h \
	src/base/vault.c src/base/vault.h

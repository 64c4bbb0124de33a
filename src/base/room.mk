# SPDX-License-Identifier: ISC
# Words every room may use.

noinst_LIBRARIES += libbase.a
libbase_a_CFLAGS = $(AM_STRICT_CFLAGS)
libbase_a_SOURCES = \
	src/base/aeadname.c src/base/aeadname.h \
	src/base/batch.c src/base/batch.h \
	src/base/breath.c src/base/breath.h \
	src/base/bytes.c src/base/bytes.h \
	src/base/clock.c src/base/clock.h \
	src/base/descriptors.c src/base/descriptors.h \
	src/base/drift.h \
	src/base/endpoint.c src/base/endpoint.h \
	src/base/exitcode.h \
	src/base/fate.c src/base/fate.h \
	src/base/ifname.c src/base/ifname.h \
	src/base/instant.h \
	src/base/ip.c src/base/ip.h \
	src/base/key.c src/base/key.h \
	src/base/nameserver.c src/base/nameserver.h \
	src/base/log.c src/base/log.h \
	src/base/mem.c src/base/mem.h \
	src/base/pages.c src/base/pages.h \
	src/base/prefix.c src/base/prefix.h \
	src/base/prefixes.c src/base/prefixes.h \
	src/base/print.c src/base/print.h \
	src/base/read.c src/base/read.h \
	src/base/say.c src/base/say.h \
	src/base/text.c src/base/text.h \
	src/base/vault.c src/base/vault.h \
	src/base/write.c src/base/write.h

EXTRA_DIST += src/base/README.md

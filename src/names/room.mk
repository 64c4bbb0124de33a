# SPDX-License-Identifier: ISC
# Peers whose endpoint is a name: the only room that knows c-ares.

noinst_LIBRARIES += libnames.a
libnames_a_CFLAGS = $(AM_CFLAGS) $(CARES_CFLAGS)
libnames_a_SOURCES = \
	src/names/reply.c src/names/reply.h \
	src/names/channel.c src/names/channel.h \
	src/names/dnsquery.c src/names/dnsquery.h \
	src/names/names.c src/names/names.h \
	src/names/resolver.c src/names/resolver.h \
	src/names/scopes.c src/names/scopes.h \
	src/names/wires.c src/names/wires.h

EXTRA_DIST += src/names/README.md

# SPDX-License-Identifier: ISC
# What needs rights or touches the host: for the monitor.

noinst_LIBRARIES += libhost.a
libhost_a_SOURCES = \
	src/host/asked.c src/host/asked.h \
	src/host/divert.c src/host/divert.h \
	src/host/hooks.c src/host/hooks.h \
	src/host/host.c src/host/host.h src/host/host_descriptors.c \
	src/host/network.c src/host/network.h \
	src/host/object.c src/host/object.h \
	src/host/objects.c src/host/objects.h \
	src/host/present.c src/host/present.h \
	src/host/resolvconf.c src/host/resolvconf.h \
	src/host/shield.c src/host/shield.h \
	src/host/shell.c src/host/shell.h \
	src/host/spawn.c src/host/spawn.h \
	src/host/sweep.c src/host/sweep.h \
	src/host/sysctl.c src/host/sysctl.h \
	src/host/undo.c src/host/undo.h \
	src/host/upstream.c src/host/upstream.h

EXTRA_DIST += src/host/README.md

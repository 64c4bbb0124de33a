# SPDX-License-Identifier: ISC
# The way of a packet: device, tunnel, sockets.

noinst_LIBRARIES += libdatapath.a
libdatapath_a_SOURCES = \
	src/datapath/datapath.c src/datapath/datapath.h \
	src/datapath/pump.c src/datapath/pump.h \
	src/datapath/ring.c src/datapath/ring.h \
	src/datapath/unit.c src/datapath/unit.h

EXTRA_DIST += src/datapath/README.md

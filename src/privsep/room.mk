# SPDX-License-Identifier: ISC
# The border between the monitor and the worker: messages, blobs, parts.

noinst_LIBRARIES += libprivsep.a
libprivsep_a_SOURCES = \
	src/privsep/blob.c src/privsep/blob.h \
	src/privsep/message.c src/privsep/message.h \
	src/privsep/reconcile.c src/privsep/reconcile.h \
	src/privsep/stamps.c src/privsep/stamps.h

EXTRA_DIST += src/privsep/README.md

# SPDX-License-Identifier: ISC
# The control socket, both ends of it, and the format of its records.

noinst_LIBRARIES += libcontrol.a
libcontrol_a_SOURCES = \
	src/control/answer.c src/control/answer.h \
	src/control/ask.c src/control/ask.h \
	src/control/client.c src/control/client.h \
	src/control/control.c src/control/control.h \
	src/control/record.c src/control/record.h \
	src/control/rights.c src/control/rights.h \
	src/control/running.c src/control/running.h \
	src/control/subscribers.c src/control/subscribers.h \
	src/control/uapi.h \
	src/control/uapi_frame.c \
	src/control/uapi_get.c \
	src/control/uapi_set.c \
	src/control/unixsock.c src/control/unixsock.h \
	src/control/unixwatch.c src/control/unixwatch.h \
	src/control/vocabulary.c src/control/vocabulary.h

EXTRA_DIST += src/control/README.md

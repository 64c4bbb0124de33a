# SPDX-License-Identifier: ISC
# What a running tunnel says, for people and machines.

noinst_LIBRARIES += libview.a
libview_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libview_a_SOURCES = \
	src/view/dump.c src/view/dump.h \
	src/view/event_json.c src/view/event_json.h \
	src/view/gather.c src/view/gather.h \
	src/view/jprint.c src/view/jprint.h \
	src/view/live.c src/view/live.h \
	src/view/rates.c src/view/rates.h \
	src/view/screen.c src/view/screen.h \
	src/view/show.c src/view/show.h \
	src/view/status_json.c src/view/status_json.h \
	src/view/status_metrics.c src/view/status_metrics.h \
	src/view/textfile.c src/view/textfile.h \
	src/view/tunnelview.c src/view/tunnelview.h \
	src/view/verdict.c src/view/verdict.h \
	src/view/verdict_json.c

EXTRA_DIST += src/view/README.md

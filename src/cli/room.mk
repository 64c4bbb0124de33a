# SPDX-License-Identifier: ISC

noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	src/cli/absent.c src/cli/absent.h \
	src/cli/accept.c \
	src/cli/await.c src/cli/await.h \
	src/cli/check.c \
	src/cli/detach.c src/cli/detach.h \
	src/cli/down.c \
	src/cli/dump.c src/cli/dump.h \
	src/cli/event_json.c src/cli/event_json.h \
	src/cli/events.c \
	src/cli/export.c \
	src/cli/facts.c src/cli/facts.h \
	src/cli/find.c src/cli/find.h \
	src/cli/gather.c src/cli/gather.h \
	src/cli/genkey.c \
	src/cli/genpsk.c \
	src/cli/help.c \
	src/cli/import.c \
	src/cli/join.c \
	src/cli/jprint.c src/cli/jprint.h \
	src/cli/keytext.c src/cli/keytext.h \
	src/cli/launch.c src/cli/launch.h \
	src/cli/new.c \
	src/cli/pubkey.c \
	src/cli/rates.c src/cli/rates.h \
	src/cli/reload.c \
	src/cli/report.c src/cli/report.h \
	src/cli/run.c \
	src/cli/screen.c src/cli/screen.h \
	src/cli/serve.c \
	src/cli/show.c src/cli/show.h \
	src/cli/status.c \
	src/cli/status_json.c src/cli/status_json.h \
	src/cli/status_metrics.c src/cli/status_metrics.h \
	src/cli/statusopts.c src/cli/statusopts.h \
	src/cli/textfile.c src/cli/textfile.h \
	src/cli/up.c \
	src/cli/verb.c src/cli/verb.h \
	src/cli/verdict.c src/cli/verdict.h \
	src/cli/verdict_json.c \
	src/cli/version.c \
	src/cli/wait.c \
	src/cli/watch.c src/cli/watch.h \
	src/cli/why.c

# SPDX-License-Identifier: ISC

noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	src/cli/ask.c src/cli/ask.h \
	src/cli/check.c \
	src/cli/detach.c src/cli/detach.h \
	src/cli/down.c \
	src/cli/find.c src/cli/find.h \
	src/cli/genkey.c \
	src/cli/genpsk.c \
	src/cli/help.c \
	src/cli/keytext.c src/cli/keytext.h \
	src/cli/pubkey.c \
	src/cli/record.c src/cli/record.h \
	src/cli/reload.c \
	src/cli/report.c src/cli/report.h \
	src/cli/run.c \
	src/cli/serve.c \
	src/cli/show.c src/cli/show.h \
	src/cli/status.c \
	src/cli/up.c \
	src/cli/verb.c src/cli/verb.h \
	src/cli/version.c

# SPDX-License-Identifier: ISC

noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	src/cli/absent.c src/cli/absent.h \
	src/cli/accept.c \
	src/cli/await.c src/cli/await.h \
	src/cli/check.c \
	src/cli/detach.c src/cli/detach.h \
	src/cli/down.c \
	src/cli/events.c \
	src/cli/export.c \
	src/cli/find.c src/cli/find.h \
	src/cli/genkey.c \
	src/cli/genpsk.c \
	src/cli/help.c \
	src/cli/import.c \
	src/cli/join.c \
	src/cli/keytext.c src/cli/keytext.h \
	src/cli/launch.c src/cli/launch.h \
	src/cli/new.c \
	src/cli/pubkey.c \
	src/cli/reload.c \
	src/cli/run.c \
	src/cli/serve.c \
	src/cli/status.c \
	src/cli/statusopts.c src/cli/statusopts.h \
	src/cli/up.c \
	src/cli/verb.c src/cli/verb.h \
	src/cli/version.c \
	src/cli/wait.c \
	src/cli/why.c

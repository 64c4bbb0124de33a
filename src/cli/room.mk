# SPDX-License-Identifier: ISC

noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	src/cli/absent.c src/cli/absent.h \
	src/cli/trouble.c src/cli/trouble.h \
	src/cli/await.c src/cli/await.h \
	src/cli/detach.c src/cli/detach.h \
	src/cli/find.c src/cli/find.h \
	src/cli/guess.c src/cli/guess.h \
	src/cli/keytext.c src/cli/keytext.h \
	src/cli/launch.c src/cli/launch.h \
	src/cli/statusopts.c src/cli/statusopts.h \
	src/cli/verb.c src/cli/verb.h \
	src/cli/verb_accept.c \
	src/cli/verb_check.c \
	src/cli/verb_down.c \
	src/cli/verb_events.c \
	src/cli/verb_export.c \
	src/cli/verb_genkey.c \
	src/cli/verb_genpsk.c \
	src/cli/verb_help.c \
	src/cli/verb_import.c \
	src/cli/verb_join.c \
	src/cli/verb_new.c \
	src/cli/verb_pubkey.c \
	src/cli/verb_reload.c \
	src/cli/verb_run.c \
	src/cli/verb_serve.c \
	src/cli/verb_status.c \
	src/cli/verb_up.c \
	src/cli/verb_version.c \
	src/cli/verb_wait.c \
	src/cli/verb_why.c

EXTRA_DIST += src/cli/README.md

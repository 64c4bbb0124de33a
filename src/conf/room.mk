# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libconf.a
libconf_a_SOURCES = \
	src/conf/conf.c src/conf/conf.h \
	src/conf/conf_check.c \
	src/conf/conf_dup.c src/conf/conf_dup.h \
	src/conf/conf_file.c \
	src/conf/conf_keys.c \
	src/conf/conf_pack.c src/conf/conf_pack.h \
	src/conf/conf_peername.c \
	src/conf/conf_settle.c \
	src/conf/credential.c src/conf/credential.h \
	src/conf/diag_line.c src/conf/diag_line.h \
	src/conf/directives.c src/conf/directives.h \
	src/conf/line.c src/conf/line.h \
	src/conf/tune.c src/conf/tune.h \
	src/conf/value.c src/conf/value.h \
	src/conf/value_addr.c

EXTRA_DIST += \
	conf/point-to-point.conf \
	conf/road-warrior.conf \
	conf/routed-link.conf

EXTRA_DIST += src/conf/README.md

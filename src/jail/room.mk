# SPDX-License-Identifier: ISC
# What the process that meets the network may still do. The only room that knows libseccomp.

noinst_LIBRARIES += libjail.a
libjail_a_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
libjail_a_SOURCES = \
	src/jail/calls.c src/jail/calls.h \
	src/jail/caps.c src/jail/caps.h \
	src/jail/filter.h \
	src/jail/jail.c src/jail/jail.h \
	src/jail/landlock.c src/jail/landlock.h \
	src/jail/rlimits.c src/jail/rlimits.h \
	src/jail/user.c src/jail/user.h

# With the library, or with a file that reports its absence.
if HAVE_SECCOMP
libjail_a_SOURCES += src/jail/filter.c
EXTRA_DIST += src/jail/filter_none.c
else
libjail_a_SOURCES += src/jail/filter_none.c
EXTRA_DIST += src/jail/filter.c
endif

EXTRA_DIST += src/jail/README.md

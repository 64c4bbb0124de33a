# SPDX-License-Identifier: ISC
# What is wrong with a tunnel: states, verdicts, counters. Pure.

noinst_LIBRARIES += libdiag.a
libdiag_a_SOURCES = \
	src/diag/counters.c src/diag/counters.h \
	src/diag/icmp.c src/diag/icmp.h \
	src/diag/label.c src/diag/label.h \
	src/diag/state.c src/diag/state.h \
	src/diag/status.c src/diag/status.h \
	src/diag/summary.c src/diag/summary.h \
	src/diag/why.c src/diag/why.h \
	src/diag/why_early.c \
	src/diag/why_inside.c \
	src/diag/why_name.c \
	src/diag/why_reach.c \
	src/diag/why_rules.h \
	src/diag/why_whole.c

EXTRA_DIST += src/diag/README.md

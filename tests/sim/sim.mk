# SPDX-License-Identifier: ISC
# Tunnels on a bad wire, with a virtual clock.

check_PROGRAMS += tests/sim/failover tests/sim/sim
TESTS += tests/sim/failover tests/sim/sim
tests_sim_sim_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests -I$(top_srcdir)/tests/unit
tests_sim_sim_SOURCES = \
	tests/sim/check.c \
	tests/sim/main.c \
	tests/sim/prng.h \
	tests/sim/world.c tests/sim/world.h
tests_sim_sim_LDADD = libproto.a libcrypto.a libbase.a $(CRYPTO_LIBS)

tests_sim_failover_CPPFLAGS = $(tests_sim_sim_CPPFLAGS)
tests_sim_failover_SOURCES = \
	tests/sim/check.c \
	tests/sim/failover.c \
	tests/sim/prng.h \
	tests/sim/world.c tests/sim/world.h
tests_sim_failover_LDADD = $(tests_sim_sim_LDADD)

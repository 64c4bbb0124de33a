# SPDX-License-Identifier: ISC
TESTS += tests/netns/run.py
INTEROP_TESTS += tests/netns/matrix.py
EXTRA_DIST += \
	tests/netns/answers_of_one_process.txt \
	tests/netns/callfilter.py \
	tests/netns/dnslab.py \
	tests/netns/echo.py \
	tests/netns/fastclock.c \
	tests/netns/lab.py \
	tests/netns/matrix.py \
	tests/netns/node.py \
	tests/netns/noise.py \
	tests/netns/promtext.py \
	tests/netns/run.py \
	tests/netns/runner.py \
	tests/netns/schema.py \
	tests/netns/stamps.py \
	tests/netns/stream.py \
	tests/netns/t_closed.py \
	tests/netns/t_clock.py \
	tests/netns/t_daemon.py \
	tests/netns/t_data.py \
	tests/netns/t_dns.py \
	tests/netns/t_drift.py \
	tests/netns/t_faults.py \
	tests/netns/t_flood.py \
	tests/netns/t_keys.py \
	tests/netns/t_kills.py \
	tests/netns/t_liar.py \
	tests/netns/t_load.py \
	tests/netns/t_move.py \
	tests/netns/t_mtu.py \
	tests/netns/t_names.py \
	tests/netns/t_past.py \
	tests/netns/t_pauses.py \
	tests/netns/t_quick.py \
	tests/netns/t_routing.py \
	tests/netns/t_shared.py \
	tests/netns/t_spaces.py \
	tests/netns/t_start.py \
	tests/netns/t_status.py \
	tests/netns/t_timers.py \
	tests/netns/t_tunnel.py \
	tests/netns/t_uapi.py \
	tests/netns/t_wgfile.py \
	tests/netns/t_why.py \
	tests/netns/t_worker.py \
	tests/netns/variant.py

# Preloaded by tests: a boot clock that runs faster. Always without sanitizers.
check_DATA += tests/netns/fastclock.so
CLEANFILES += tests/netns/fastclock.so
tests/netns/fastclock.so: tests/netns/fastclock.c
	$(AM_V_at)$(MKDIR_P) tests/netns
	$(AM_V_CC)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN_CFLAGS) -shared -fPIC \
		-o $@ $(srcdir)/tests/netns/fastclock.c

# Run by tests: a wire that loses, reorders, doubles and breaks datagrams.
check_PROGRAMS += tests/netns/badwire
tests_netns_badwire_SOURCES = tests/netns/badwire.c

# Run by tests: a flood of datagrams, also from invented addresses.
check_PROGRAMS += tests/netns/flood
tests_netns_flood_SOURCES = tests/netns/flood.c

# The program with another worker, one that lies: see liar.h.
check_PROGRAMS += tests/netns/liar
tests_netns_liar_SOURCES = src/main.c tests/netns/liar.c tests/netns/liar.h \
	tests/netns/liar_deeds.c tests/netns/liar_things.c
tests_netns_liar_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=daemon_run
tests_netns_liar_LDADD = $(ROOM_LIBS)

# The long tests: worker, monitor and commands die by the hundred, at random moments. Needs root.
check-deaths: all $(check_DATA) tests/netns/badwire tests/netns/flood tests/netns/liar
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(srcdir)/tests/netns/run.py --long
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(srcdir)/tests/pair/run.py --long
.PHONY: check-deaths

# Every test of both suites in each variant of offloads, AEAD and MTU; a gigabyte over the
# bad wire. Needs root and what check-interop needs, and most of an hour.
check-matrix: all $(check_DATA) tests/netns/badwire tests/netns/flood tests/netns/liar
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(srcdir)/tests/netns/matrix.py --full
.PHONY: check-matrix

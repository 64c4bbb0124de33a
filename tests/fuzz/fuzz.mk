# SPDX-License-Identifier: ISC
#
# Each target as a plain program: it replays its corpus and makes inputs of its
# own.  With libFuzzer instead: see docs/TESTING.md.

EXTRA_DIST += tests/fuzz/corpus/fuzz_merge tests/fuzz/corpus/fuzz_split

fuzz_vnet = \
	tests/fuzz/judge.c tests/fuzz/judge.h \
	tests/fuzz/naive.c tests/fuzz/naive.h \
	tests/fuzz/stream.c tests/fuzz/stream.h
fuzz_common = \
	tests/fuzz/target.h \
	tests/fuzz/wrong.c \
	tests/sim/prng.h
fuzz_vnet_programs = tests/fuzz/fuzz_merge tests/fuzz/fuzz_split

check_PROGRAMS += $(fuzz_vnet_programs)
TESTS += $(fuzz_vnet_programs)
tests_fuzz_fuzz_merge_SOURCES = tests/fuzz/fuzz_merge.c tests/fuzz/main.c \
	$(fuzz_common) $(fuzz_vnet)
tests_fuzz_fuzz_merge_LDADD = libio.a libbase.a
tests_fuzz_fuzz_split_SOURCES = tests/fuzz/fuzz_split.c tests/fuzz/main.c \
	$(fuzz_common) $(fuzz_vnet)
tests_fuzz_fuzz_split_LDADD = libio.a libbase.a

# The monitor, against a worker that lies; the host is faked.
check_PROGRAMS += tests/fuzz/fuzz_serve
TESTS += tests/fuzz/fuzz_serve
tests_fuzz_fuzz_serve_SOURCES = tests/fuzz/fuzz_serve.c tests/fuzz/main.c $(fuzz_common)
tests_fuzz_fuzz_serve_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=host_udp -Wl,--wrap=host_buffers \
	-Wl,--wrap=host_mark -Wl,--wrap=host_mtu -Wl,--wrap=host_segments \
	-Wl,--wrap=blob_of_file
tests_fuzz_fuzz_serve_LDADD = $(ROOM_LIBS)

# What strangers, peers and admins may write; three tunnels and a net that does its worst.
fuzz_other_programs = \
	tests/fuzz/fuzz_allowed \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_pairline \
	tests/fuzz/fuzz_tunnels \
	tests/fuzz/fuzz_uapi
check_PROGRAMS += $(fuzz_other_programs)
TESTS += $(fuzz_other_programs)
fuzz_programs = $(fuzz_vnet_programs) tests/fuzz/fuzz_serve $(fuzz_other_programs)
fuzz_words = tests/fuzz/words.c tests/fuzz/words.h
tests_fuzz_fuzz_uapi_SOURCES = tests/fuzz/fuzz_uapi.c tests/fuzz/main.c $(fuzz_common) $(fuzz_words)
tests_fuzz_fuzz_uapi_LDADD = $(ROOM_LIBS)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c tests/fuzz/main.c $(fuzz_common) $(fuzz_words)
tests_fuzz_fuzz_conf_LDADD = $(ROOM_LIBS)
tests_fuzz_fuzz_pairline_SOURCES = tests/fuzz/fuzz_pairline.c tests/fuzz/main.c $(fuzz_common)
tests_fuzz_fuzz_pairline_LDADD = $(ROOM_LIBS)
tests_fuzz_fuzz_allowed_SOURCES = tests/fuzz/fuzz_allowed.c tests/fuzz/main.c tests/fuzz/script.h \
	$(fuzz_common)
tests_fuzz_fuzz_allowed_LDADD = $(ROOM_LIBS)
tests_fuzz_fuzz_tunnels_SOURCES = tests/fuzz/fuzz_tunnels.c tests/fuzz/main.c tests/fuzz/script.h \
	$(fuzz_common)
tests_fuzz_fuzz_tunnels_LDADD = $(ROOM_LIBS)

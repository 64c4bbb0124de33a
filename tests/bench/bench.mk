# SPDX-License-Identifier: ISC
# Tables, never asserted: `make bench` builds and prints them all. The programs need
# nothing but a machine with little else to do. path.py, the whole way in namespaces,
# needs root, and takes its arguments from BENCH_PATH; without root it says that it
# was left out.

benches = tests/bench/bench_aead tests/bench/bench_vnet tests/bench/bench_core
bench_floor = tests/bench/bench_floor
EXTRA_PROGRAMS += $(benches) $(bench_floor)
CLEANFILES += $(benches) $(bench_floor)

tests_bench_bench_aead_SOURCES = tests/bench/bench_aead.c
tests_bench_bench_aead_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS)
tests_bench_bench_vnet_SOURCES = tests/bench/bench_vnet.c
tests_bench_bench_vnet_LDADD = libio.a libbase.a $(CRYPTO_LIBS)
tests_bench_bench_core_SOURCES = tests/bench/bench_core.c
tests_bench_bench_core_LDADD = libproto.a libcrypto.a libbase.a $(CRYPTO_LIBS)
tests_bench_bench_floor_SOURCES = tests/bench/bench_floor.c
tests_bench_bench_floor_LDADD = libio.a libcrypto.a libbase.a $(CRYPTO_LIBS)

BENCH_PATH = --rounds 1 --seconds 2

bench-programs: $(benches) $(bench_floor)
bench: $(benches) src/taut
	@for program in $(benches); do ./$$program && echo || exit 1; done
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) $(srcdir)/tests/bench/path.py --taut src/taut \
		$(BENCH_PATH)
.PHONY: bench bench-programs

dist_doc_DATA += docs/PERFORMANCE.md
EXTRA_DIST += \
	docs/img \
	tests/bench/all.sh \
	tests/bench/figures.py \
	tests/bench/mixed.py \
	tests/bench/path.py \
	tests/bench/plot.py \
	tests/bench/report.py \
	tests/bench/rivals.py \
	tests/bench/stages.py

# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/test_udp tests/unit/test_dev_tun
TESTS += tests/unit/test_udp tests/unit/test_dev_tun
tests_unit_test_udp_SOURCES = tests/unit/test_udp.c tests/unit/lab.c tests/unit/lab.h
tests_unit_test_udp_LDADD = libio.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_dev_tun_SOURCES = tests/unit/test_dev_tun.c tests/unit/lab.c tests/unit/lab.h
tests_unit_test_dev_tun_LDADD = libio.a libbase.a $(CMOCKA_LIBS)

vnet_tests = tests/unit/test_csum tests/unit/test_vnet_merge tests/unit/test_vnet_split
check_PROGRAMS += $(vnet_tests)
TESTS += $(vnet_tests)
vnet_judge = \
	tests/fuzz/judge.c tests/fuzz/judge.h \
	tests/fuzz/naive.c tests/fuzz/naive.h \
	tests/fuzz/stream.c tests/fuzz/stream.h \
	tests/sim/rng.h \
	tests/unit/big.h
tests_unit_test_csum_SOURCES = tests/unit/test_csum.c $(vnet_judge)
tests_unit_test_csum_LDADD = libio.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_vnet_merge_SOURCES = tests/unit/test_vnet_merge.c $(vnet_judge)
tests_unit_test_vnet_merge_LDADD = libio.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_vnet_split_SOURCES = tests/unit/test_vnet_split.c $(vnet_judge)
tests_unit_test_vnet_split_LDADD = libio.a libbase.a $(CMOCKA_LIBS)

# Whole paths, with the system calls in the test's hands.
check_PROGRAMS += tests/unit/test_faults
TESTS += tests/unit/test_faults
tests_unit_test_faults_SOURCES = tests/unit/test_faults.c $(vnet_judge)
tests_unit_test_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=ioctl -Wl,--wrap=read \
	-Wl,--wrap=recvmmsg -Wl,--wrap=sendmsg -Wl,--wrap=writev
tests_unit_test_faults_LDADD = libdaemon.a libproto.a libio.a libcrypto.a libbase.a \
	$(CRYPTO_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_udp_error
TESTS += tests/unit/test_udp_error
tests_unit_test_udp_error_SOURCES = tests/unit/test_udp_error.c tests/unit/lab.c tests/unit/lab.h
tests_unit_test_udp_error_LDADD = libio.a libbase.a $(CMOCKA_LIBS)

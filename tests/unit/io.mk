# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/test_udp tests/unit/test_dev_tun
TESTS += tests/unit/test_udp tests/unit/test_dev_tun
tests_unit_test_udp_SOURCES = tests/unit/test_udp.c tests/unit/lab.c tests/unit/lab.h
tests_unit_test_udp_LDADD = libio.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_dev_tun_SOURCES = tests/unit/test_dev_tun.c tests/unit/lab.c tests/unit/lab.h
tests_unit_test_dev_tun_LDADD = libio.a libbase.a $(CMOCKA_LIBS)

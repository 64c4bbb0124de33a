# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/test_netlink
TESTS += tests/unit/test_netlink
tests_unit_test_netlink_SOURCES = tests/unit/test_netlink.c tests/unit/lab.c tests/unit/lab.h
tests_unit_test_netlink_LDADD = libnetlink.a libio.a libbase.a $(CMOCKA_LIBS) $(MNL_LIBS)

# SPDX-License-Identifier: ISC

daemon_tests = \
	tests/unit/test_apply \
	tests/unit/test_host \
	tests/unit/test_path \
	tests/unit/test_state \
	tests/unit/test_status
check_PROGRAMS += $(daemon_tests)
TESTS += $(daemon_tests)

daemon_rooms = libdaemon.a libuapi.a libconf.a libnetlink.a libio.a libproto.a libcrypto.a \
	libbase.a $(EV_LIBS) $(CARES_LIBS) $(MNL_LIBS) $(SODIUM_LIBS) $(CMOCKA_LIBS)

tests_unit_test_apply_SOURCES = tests/unit/test_apply.c
tests_unit_test_apply_LDADD = $(daemon_rooms)
tests_unit_test_host_SOURCES = tests/unit/test_host.c tests/unit/lab.c tests/unit/lab.h
tests_unit_test_host_LDADD = $(daemon_rooms)
tests_unit_test_path_SOURCES = tests/unit/test_path.c
tests_unit_test_path_LDADD = $(daemon_rooms)
tests_unit_test_state_SOURCES = tests/unit/test_state.c
tests_unit_test_state_LDADD = $(daemon_rooms)
tests_unit_test_status_SOURCES = tests/unit/test_status.c
tests_unit_test_status_LDADD = $(daemon_rooms)

# SPDX-License-Identifier: ISC
# The command line, and the daemon's control socket and resolver.
cli_tests = \
	tests/unit/test_control \
	tests/unit/test_resolve \
	tests/unit/test_show
check_PROGRAMS += $(cli_tests)
TESTS += $(cli_tests) tests/unit/cli_keys.sh
EXTRA_DIST += tests/unit/cli_keys.sh

tests_unit_test_control_SOURCES = tests/unit/test_control.c
tests_unit_test_control_LDADD = libdaemon.a libuapi.a libconf.a libbase.a $(CMOCKA_LIBS) $(EV_LIBS)
tests_unit_test_resolve_SOURCES = tests/unit/test_resolve.c
tests_unit_test_resolve_LDADD = libdaemon.a libcrypto.a libbase.a $(CMOCKA_LIBS) $(EV_LIBS) \
	$(CARES_LIBS) $(SODIUM_LIBS)
tests_unit_test_show_SOURCES = tests/unit/test_show.c
tests_unit_test_show_LDADD = libcli.a libconf.a libcrypto.a libbase.a $(CMOCKA_LIBS) $(SODIUM_LIBS)

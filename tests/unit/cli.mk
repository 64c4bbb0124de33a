# SPDX-License-Identifier: ISC
# The command line, and the daemon's control socket and resolver.
cli_tests = \
	tests/unit/test_pairaddr \
	tests/unit/test_pairline \
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
	$(CARES_LIBS) $(CRYPTO_LIBS)
tests_unit_test_show_SOURCES = tests/unit/test_show.c
tests_unit_test_show_LDADD = libcli.a libconf.a libcrypto.a libbase.a $(CMOCKA_LIBS) $(CRYPTO_LIBS)
tests_unit_test_pairaddr_SOURCES = tests/unit/test_pairaddr.c
tests_unit_test_pairaddr_LDADD = libcli.a libconf.a libcrypto.a libbase.a $(CMOCKA_LIBS) \
	$(CRYPTO_LIBS)
tests_unit_test_pairline_SOURCES = tests/unit/test_pairline.c
tests_unit_test_pairline_LDADD = libcli.a libconf.a libcrypto.a libbase.a $(CMOCKA_LIBS) \
	$(CRYPTO_LIBS)

# What machines read: JSON, metrics, dumps, files.
machine_tests = \
	tests/unit/test_dump \
	tests/unit/test_event_json \
	tests/unit/test_status_json \
	tests/unit/test_status_metrics \
	tests/unit/test_textfile \
	tests/unit/test_verdict
check_PROGRAMS += $(machine_tests)
TESTS += $(machine_tests)
machine_libs = libcli.a libconf.a libcrypto.a libbase.a $(CMOCKA_LIBS) $(CRYPTO_LIBS) \
	$(JANSSON_LIBS)
tests_unit_test_dump_SOURCES = tests/unit/test_dump.c tests/unit/machine.h
tests_unit_test_dump_LDADD = $(machine_libs)
tests_unit_test_event_json_SOURCES = tests/unit/test_event_json.c
tests_unit_test_event_json_LDADD = $(machine_libs)
tests_unit_test_status_json_SOURCES = tests/unit/test_status_json.c tests/unit/machine.h
tests_unit_test_status_json_LDADD = $(machine_libs)
tests_unit_test_status_metrics_SOURCES = tests/unit/test_status_metrics.c tests/unit/machine.h
tests_unit_test_status_metrics_LDADD = libcli.a libdaemon.a libproto.a libconf.a libcrypto.a \
	libbase.a $(CMOCKA_LIBS) $(CRYPTO_LIBS)
tests_unit_test_textfile_SOURCES = tests/unit/test_textfile.c
tests_unit_test_textfile_LDADD = $(machine_libs)
tests_unit_test_verdict_SOURCES = tests/unit/test_verdict.c
tests_unit_test_verdict_LDADD = $(machine_libs)

# SPDX-License-Identifier: ISC
conf_tests = \
	tests/unit/test_conf_check \
	tests/unit/test_conf_file \
	tests/unit/test_conf_keys \
	tests/unit/test_conf_read \
	tests/unit/test_tune
check_PROGRAMS += $(conf_tests)
TESTS += $(conf_tests)

conf_test_libs = libconf.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_conf_check_SOURCES = tests/unit/test_conf_check.c tests/unit/said.h
tests_unit_test_conf_check_LDADD = $(conf_test_libs)
tests_unit_test_conf_file_SOURCES = tests/unit/test_conf_file.c tests/unit/conf_told.inc \
	tests/unit/said.h
tests_unit_test_conf_file_LDADD = $(conf_test_libs)
tests_unit_test_conf_keys_SOURCES = tests/unit/test_conf_keys.c tests/unit/said.h
tests_unit_test_conf_keys_LDADD = $(conf_test_libs)
tests_unit_test_conf_read_SOURCES = tests/unit/test_conf_read.c tests/unit/said.h
tests_unit_test_conf_read_LDADD = $(conf_test_libs)
tests_unit_test_tune_SOURCES = tests/unit/test_tune.c tests/unit/said.h
tests_unit_test_tune_LDADD = $(conf_test_libs)

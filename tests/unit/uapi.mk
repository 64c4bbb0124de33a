# SPDX-License-Identifier: ISC
uapi_tests = \
	tests/unit/test_uapi_frame \
	tests/unit/test_uapi_get \
	tests/unit/test_uapi_set
check_PROGRAMS += $(uapi_tests)
TESTS += $(uapi_tests)

uapi_test_libs = libuapi.a libconf.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_uapi_frame_SOURCES = tests/unit/test_uapi_frame.c
tests_unit_test_uapi_frame_LDADD = $(uapi_test_libs)
tests_unit_test_uapi_get_SOURCES = tests/unit/test_uapi_get.c
tests_unit_test_uapi_get_LDADD = $(uapi_test_libs)
tests_unit_test_uapi_set_SOURCES = tests/unit/test_uapi_set.c
tests_unit_test_uapi_set_LDADD = $(uapi_test_libs)

# SPDX-License-Identifier: ISC

daemon_tests = \
	tests/unit/test_apply \
	tests/unit/test_cipher \
	tests/unit/test_feed \
	tests/unit/test_host \
	tests/unit/test_loop \
	tests/unit/test_notify \
	tests/unit/test_path \
	tests/unit/test_spawn \
	tests/unit/test_state \
	tests/unit/test_status \
	tests/unit/test_summary \
	tests/unit/test_why
check_PROGRAMS += $(daemon_tests)
TESTS += $(daemon_tests)

daemon_rooms = libdaemon.a libuapi.a libconf.a libnetlink.a libio.a libproto.a libcrypto.a \
	libbase.a $(EV_LIBS) $(CARES_LIBS) $(MNL_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)

tests_unit_test_apply_SOURCES = tests/unit/test_apply.c
tests_unit_test_apply_LDADD = $(daemon_rooms)
tests_unit_test_cipher_SOURCES = tests/unit/test_cipher.c tests/unit/said.h
tests_unit_test_cipher_LDADD = $(daemon_rooms)
tests_unit_test_feed_SOURCES = tests/unit/test_feed.c
tests_unit_test_feed_LDADD = libdaemon.a libbase.a $(CMOCKA_LIBS) $(EV_LIBS)
tests_unit_test_host_SOURCES = tests/unit/test_host.c tests/unit/lab.c tests/unit/lab.h
tests_unit_test_host_LDADD = $(daemon_rooms)
tests_unit_test_loop_SOURCES = tests/unit/test_loop.c
tests_unit_test_loop_LDADD = libdaemon.a $(CMOCKA_LIBS) $(EV_LIBS)
tests_unit_test_notify_SOURCES = tests/unit/test_notify.c
tests_unit_test_notify_LDADD = libdaemon.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_path_SOURCES = tests/unit/test_path.c
tests_unit_test_path_LDADD = $(daemon_rooms)
tests_unit_test_spawn_SOURCES = tests/unit/test_spawn.c
tests_unit_test_spawn_LDADD = $(daemon_rooms)
tests_unit_test_state_SOURCES = tests/unit/test_state.c
tests_unit_test_state_LDADD = $(daemon_rooms)
tests_unit_test_status_SOURCES = tests/unit/test_status.c
tests_unit_test_status_LDADD = $(daemon_rooms)
tests_unit_test_why_SOURCES = tests/unit/test_why.c
tests_unit_test_why_LDADD = $(daemon_rooms)
tests_unit_test_summary_SOURCES = tests/unit/test_summary.c
tests_unit_test_summary_LDADD = $(daemon_rooms)

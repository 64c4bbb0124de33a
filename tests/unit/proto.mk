# SPDX-License-Identifier: ISC
# The protocol core: one program per noun; those of the tunnel share pair.c.

proto_tests_libs = libproto.a libcrypto.a libbase.a $(CMOCKA_LIBS) $(CRYPTO_LIBS)
proto_tests_pair = tests/unit/pair.c tests/unit/pair.h

proto_tests = \
	tests/unit/test_noise \
	tests/unit/test_cookie \
	tests/unit/test_bucket \
	tests/unit/test_replay \
	tests/unit/test_session \
	tests/unit/test_keyring \
	tests/unit/test_index \
	tests/unit/test_timers \
	tests/unit/test_deadlines \
	tests/unit/test_allowed \
	tests/unit/test_stage \
	tests/unit/test_lane \
	tests/unit/test_peers \
	tests/unit/test_inner \
	tests/unit/test_tunnel \
	tests/unit/test_handshake \
	tests/unit/test_rekey \
	tests/unit/test_keepalive \
	tests/unit/test_settle \
	tests/unit/test_load \
	tests/unit/test_admin \
	tests/unit/test_regress_proto \
	tests/unit/test_trouble

check_PROGRAMS += $(proto_tests)
TESTS += $(proto_tests)
EXTRA_DIST += tests/unit/seed.h

tests_unit_test_trouble_SOURCES = tests/unit/test_trouble.c
tests_unit_test_trouble_LDADD = $(proto_tests_libs)
tests_unit_test_noise_SOURCES = tests/unit/test_noise.c
tests_unit_test_noise_LDADD = $(proto_tests_libs)
tests_unit_test_cookie_SOURCES = tests/unit/test_cookie.c
tests_unit_test_cookie_LDADD = $(proto_tests_libs)
tests_unit_test_bucket_SOURCES = tests/unit/test_bucket.c
tests_unit_test_bucket_LDADD = $(proto_tests_libs)
tests_unit_test_replay_SOURCES = tests/unit/test_replay.c
tests_unit_test_replay_LDADD = $(proto_tests_libs)
tests_unit_test_session_SOURCES = tests/unit/test_session.c
tests_unit_test_session_LDADD = $(proto_tests_libs)
tests_unit_test_keyring_SOURCES = tests/unit/test_keyring.c
tests_unit_test_keyring_LDADD = $(proto_tests_libs)
tests_unit_test_index_SOURCES = tests/unit/test_index.c
tests_unit_test_index_LDADD = $(proto_tests_libs)
tests_unit_test_timers_SOURCES = tests/unit/test_timers.c
tests_unit_test_timers_LDADD = $(proto_tests_libs)
tests_unit_test_deadlines_SOURCES = tests/unit/test_deadlines.c
tests_unit_test_deadlines_LDADD = $(proto_tests_libs)
tests_unit_test_allowed_SOURCES = tests/unit/test_allowed.c
tests_unit_test_allowed_LDADD = $(proto_tests_libs)
tests_unit_test_stage_SOURCES = tests/unit/test_stage.c
tests_unit_test_stage_LDADD = $(proto_tests_libs)
tests_unit_test_lane_SOURCES = tests/unit/test_lane.c
tests_unit_test_lane_LDADD = $(proto_tests_libs)
tests_unit_test_peers_SOURCES = tests/unit/test_peers.c
tests_unit_test_peers_LDADD = $(proto_tests_libs)
tests_unit_test_inner_SOURCES = tests/unit/test_inner.c
tests_unit_test_inner_LDADD = $(proto_tests_libs)
tests_unit_test_tunnel_SOURCES = tests/unit/test_tunnel.c $(proto_tests_pair)
tests_unit_test_tunnel_LDADD = $(proto_tests_libs)
tests_unit_test_handshake_SOURCES = tests/unit/test_handshake.c $(proto_tests_pair)
tests_unit_test_handshake_LDADD = $(proto_tests_libs)
tests_unit_test_rekey_SOURCES = tests/unit/test_rekey.c $(proto_tests_pair)
tests_unit_test_rekey_LDADD = $(proto_tests_libs)
tests_unit_test_load_SOURCES = tests/unit/test_load.c $(proto_tests_pair)
tests_unit_test_load_LDADD = $(proto_tests_libs)
tests_unit_test_admin_SOURCES = tests/unit/test_admin.c $(proto_tests_pair)
tests_unit_test_admin_LDADD = $(proto_tests_libs)
tests_unit_test_keepalive_SOURCES = tests/unit/test_keepalive.c $(proto_tests_pair)
tests_unit_test_keepalive_LDADD = $(proto_tests_libs)
tests_unit_test_settle_SOURCES = tests/unit/test_settle.c $(proto_tests_pair)
tests_unit_test_settle_LDADD = $(proto_tests_libs)
tests_unit_test_regress_proto_SOURCES = tests/unit/test_regress_proto.c $(proto_tests_pair)
tests_unit_test_regress_proto_LDADD = $(proto_tests_libs)

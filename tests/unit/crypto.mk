# SPDX-License-Identifier: ISC

crypto_tests = \
	tests/unit/test_aead \
	tests/unit/test_aead_backends \
	tests/unit/test_aead_check \
	tests/unit/test_aead_choice \
	tests/unit/test_blake2s \
	tests/unit/test_dh \
	tests/unit/test_kdf \
	tests/unit/test_random \
	tests/unit/test_selftest \
	tests/unit/test_siphash \
	tests/unit/test_xaead
if HAVE_IPSECMB
crypto_tests += tests/unit/test_aead_scrub
endif
check_PROGRAMS += $(crypto_tests)
TESTS += $(crypto_tests) tests/unit/aead_forced.sh
EXTRA_DIST += tests/unit/aead_forced.sh tests/unit/forced.h

tests_unit_test_aead_SOURCES = tests/unit/test_aead.c
tests_unit_test_aead_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_aead_check_SOURCES = tests/unit/test_aead_check.c
tests_unit_test_aead_check_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_blake2s_SOURCES = tests/unit/test_blake2s.c
tests_unit_test_blake2s_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_dh_SOURCES = tests/unit/test_dh.c
tests_unit_test_dh_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_kdf_SOURCES = tests/unit/test_kdf.c
tests_unit_test_kdf_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_random_SOURCES = tests/unit/test_random.c
tests_unit_test_random_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_selftest_SOURCES = tests/unit/test_selftest.c
tests_unit_test_selftest_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_siphash_SOURCES = tests/unit/test_siphash.c
tests_unit_test_siphash_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_xaead_SOURCES = tests/unit/test_xaead.c
tests_unit_test_xaead_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_aead_backends_SOURCES = tests/unit/test_aead_backends.c
tests_unit_test_aead_backends_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_aead_choice_SOURCES = tests/unit/test_aead_choice.c
tests_unit_test_aead_choice_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_aead_scrub_SOURCES = tests/unit/test_aead_scrub.c
tests_unit_test_aead_scrub_LDADD = libcrypto.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)

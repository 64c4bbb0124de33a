# SPDX-License-Identifier: ISC

EXTRA_DIST += \
	scripts/vectors-to-c.py \
	tests/unit/hex.h \
	tests/unit/vectors.h \
	tests/unit/vectors.json

base_tests = \
	tests/unit/test_addr \
	tests/unit/test_bytes \
	tests/unit/test_key \
	tests/unit/test_log \
	tests/unit/test_mem \
	tests/unit/test_pages \
	tests/unit/test_pkt \
	tests/unit/test_text \
	tests/unit/test_vault
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)

tests_unit_test_addr_SOURCES = tests/unit/test_addr.c
tests_unit_test_addr_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_bytes_SOURCES = tests/unit/test_bytes.c
tests_unit_test_bytes_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_key_SOURCES = tests/unit/test_key.c
tests_unit_test_key_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_mem_SOURCES = tests/unit/test_mem.c
tests_unit_test_mem_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_pages_SOURCES = tests/unit/test_pages.c
tests_unit_test_pages_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_pkt_SOURCES = tests/unit/test_pkt.c
tests_unit_test_pkt_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_text_SOURCES = tests/unit/test_text.c
tests_unit_test_text_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_vault_SOURCES = tests/unit/test_vault.c
tests_unit_test_vault_LDADD = libbase.a $(CMOCKA_LIBS)

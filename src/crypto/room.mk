# SPDX-License-Identifier: ISC
# The only room that knows libsodium.

noinst_LIBRARIES += libcrypto.a
libcrypto_a_CFLAGS = $(AM_STRICT_CFLAGS) $(ZERO_REGS_CFLAGS) $(SODIUM_CFLAGS)
libcrypto_a_SOURCES = \
	src/crypto/aead.c src/crypto/aead.h \
	src/crypto/aead_check.c src/crypto/aead_check.h \
	src/crypto/aead_sodium.c src/crypto/aead_sodium.h \
	src/crypto/blake2s.c src/crypto/blake2s.h \
	src/crypto/dh.c src/crypto/dh.h \
	src/crypto/kdf.c src/crypto/kdf.h \
	src/crypto/random.c src/crypto/random.h \
	src/crypto/selftest.c src/crypto/selftest.h \
	src/crypto/siphash.c src/crypto/siphash.h \
	src/crypto/xaead.c src/crypto/xaead.h

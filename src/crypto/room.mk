# SPDX-License-Identifier: ISC
# The only room that knows libsodium, libcrypto and intel-ipsec-mb. CRYPTO_LIBS is what
# programs that link libcrypto.a need after it.

noinst_LIBRARIES += libcrypto.a
libcrypto_a_CFLAGS = $(AM_STRICT_CFLAGS) $(ZERO_REGS_CFLAGS) $(SODIUM_CFLAGS) \
	$(OPENSSL_CFLAGS) $(IPSECMB_CFLAGS)
libcrypto_a_SOURCES = \
	src/crypto/aead.c src/crypto/aead.h \
	src/crypto/aead_check.c src/crypto/aead_check.h \
	src/crypto/aead_ipsecmb.h \
	src/crypto/aead_openssl.h \
	src/crypto/aead_sodium.c src/crypto/aead_sodium.h \
	src/crypto/aead_time.c src/crypto/aead_time.h \
	src/crypto/blake2s.c src/crypto/blake2s.h \
	src/crypto/dh.c src/crypto/dh.h \
	src/crypto/kdf.c src/crypto/kdf.h \
	src/crypto/keygen.c src/crypto/keygen.h \
	src/crypto/rng.c src/crypto/rng.h \
	src/crypto/selftest.c src/crypto/selftest.h \
	src/crypto/siphash.c src/crypto/siphash.h \
	src/crypto/xaead.c src/crypto/xaead.h

# With a library, or with a file that reports its absence.
if HAVE_IPSECMB
libcrypto_a_SOURCES += src/crypto/aead_ipsecmb.c
EXTRA_DIST += src/crypto/aead_ipsecmb_none.c
else
libcrypto_a_SOURCES += src/crypto/aead_ipsecmb_none.c
EXTRA_DIST += src/crypto/aead_ipsecmb.c
endif
if HAVE_OPENSSL
libcrypto_a_SOURCES += src/crypto/aead_openssl.c
EXTRA_DIST += src/crypto/aead_openssl_none.c
else
libcrypto_a_SOURCES += src/crypto/aead_openssl_none.c
EXTRA_DIST += src/crypto/aead_openssl.c
endif

EXTRA_DIST += src/crypto/README.md

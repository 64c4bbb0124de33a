# SPDX-License-Identifier: ISC
#
# Libraries that can provide the packet cipher besides libsodium. Each is yes (required),
# no, or auto (used if found); the program chooses among them at start.

# TAUT_AEAD: sets the conditionals HAVE_OPENSSL and HAVE_IPSECMB, and CRYPTO_LIBS, the libraries
# to link with the crypto room. Call after SODIUM. The names are in AEAD_BACKENDS.
AC_DEFUN([TAUT_AEAD], [
	AEAD_BACKENDS=
	TAUT_IPSECMB
	TAUT_OPENSSL
	AEAD_BACKENDS="${AEAD_BACKENDS}sodium"
	AC_SUBST([CRYPTO_LIBS], ['$(IPSECMB_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS)'])
])

# Every name of the library that src/crypto/aead_ipsecmb.c uses, except those that only some
# versions have; tests/unit/aead_ipsecmb.sh checks that none is missing.
AC_DEFUN([TAUT_IPSECMB_USE], [AC_LANG_PROGRAM([[#include <intel-ipsec-mb.h>]], [[
	const unsigned long long flags = IMB_CPUFLAGS_SSE | IMB_CPUFLAGS_AVX2 |
		IMB_CPUFLAGS_AVX512 | IMB_FEATURE_SELF_TEST | IMB_FEATURE_SELF_TEST_PASS;
	IMB_CIPHER_DIRECTION direction = IMB_DIR_ENCRYPT;
	IMB_MGR *mgr = alloc_mb_mgr(0);
	IMB_ARCH arch = IMB_ARCH_SSE;
	IMB_JOB *job;

	init_mb_mgr_sse(mgr);
	init_mb_mgr_avx2(mgr);
	init_mb_mgr_avx512(mgr);
	init_mb_mgr_auto(mgr, &arch);
	job = IMB_GET_NEXT_JOB(mgr);
	job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
	job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
	job->chain_order = IMB_ORDER_CIPHER_HASH;
	job->cipher_direction = direction == IMB_DIR_DECRYPT ? IMB_DIR_DECRYPT : direction;
	job->u.CHACHA20_POLY1305.aad = 0;
	job = IMB_SUBMIT_JOB_NOCHECK(mgr);
	if (!job)
		job = IMB_FLUSH_JOB(mgr);
	free_mb_mgr(imb_get_errno(mgr) ? mgr : 0);
	return job->status != IMB_STATUS_COMPLETED || !(mgr->features & flags);
]])])

# intel-ipsec-mb has no pkg-config file and is for x86-64 only: try to link with it.
AC_DEFUN([TAUT_IPSECMB], [
	AC_ARG_WITH([ipsec-mb],
		[AS_HELP_STRING([--with-ipsec-mb@<:@=yes|no|auto@:>@],
			[AEAD by intel-ipsec-mb >= 1.3 (auto)])],
		[], [with_ipsec_mb=auto])
	AC_ARG_VAR([IPSECMB_CFLAGS], [C compiler flags for intel-ipsec-mb])
	AC_ARG_VAR([IPSECMB_LIBS], [linker flags for intel-ipsec-mb, default -lIPSec_MB])
	have_ipsecmb=no
	AS_IF([test "x$with_ipsec_mb" != xno], [
		test -n "$IPSECMB_LIBS" || IPSECMB_LIBS=-lIPSec_MB
		taut_saved_CPPFLAGS=$CPPFLAGS
		taut_saved_LIBS=$LIBS
		CPPFLAGS="$CPPFLAGS $IPSECMB_CFLAGS"
		LIBS="$IPSECMB_LIBS $LIBS"
		AC_MSG_CHECKING([for intel-ipsec-mb >= 1.3])
		AC_LINK_IFELSE([TAUT_IPSECMB_USE], [have_ipsecmb=yes])
		AC_MSG_RESULT([$have_ipsecmb])
		CPPFLAGS=$taut_saved_CPPFLAGS
		LIBS=$taut_saved_LIBS
	])
	AS_IF([test "x$with_ipsec_mb$have_ipsecmb" = xyesno],
		[AC_MSG_ERROR([intel-ipsec-mb >= 1.3 was not found (Debian, amd64: apt-get install libipsec-mb-dev)])])
	AS_IF([test "x$have_ipsecmb" = xyes],
		[AEAD_BACKENDS="${AEAD_BACKENDS}ipsec-mb "],
		[IPSECMB_CFLAGS= IPSECMB_LIBS=])
	AM_CONDITIONAL([HAVE_IPSECMB], [test "x$have_ipsecmb" = xyes])
])

AC_DEFUN([TAUT_OPENSSL], [
	AC_ARG_WITH([openssl],
		[AS_HELP_STRING([--with-openssl@<:@=yes|no|auto@:>@],
			[AEAD by OpenSSL's libcrypto >= 3.0 (auto)])],
		[], [with_openssl=auto])
	have_openssl=no
	AS_IF([test "x$with_openssl" != xno],
		[PKG_CHECK_MODULES([OPENSSL], [libcrypto >= 3.0], [have_openssl=yes],
			[have_openssl=no])])
	AS_IF([test "x$with_openssl$have_openssl" = xyesno],
		[AC_MSG_ERROR([libcrypto >= 3.0 was not found (Debian: apt-get install libssl-dev)])])
	AS_IF([test "x$have_openssl" = xyes],
		[AEAD_BACKENDS="${AEAD_BACKENDS}openssl "],
		[OPENSSL_CFLAGS= OPENSSL_LIBS=])
	AM_CONDITIONAL([HAVE_OPENSSL], [test "x$have_openssl" = xyes])
])

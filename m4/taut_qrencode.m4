# SPDX-License-Identifier: ISC
#
# TAUT_QRENCODE: the conditional HAVE_QRENCODE, for `taut export --qr`. yes (required),
# no, or auto (used if found).
AC_DEFUN([TAUT_QRENCODE], [
	AC_ARG_WITH([qrencode],
		[AS_HELP_STRING([--with-qrencode@<:@=yes|no|auto@:>@],
			[QR codes by libqrencode >= 4.0 (auto)])],
		[], [with_qrencode=auto])
	have_qrencode=no
	AS_IF([test "x$with_qrencode" != xno],
		[PKG_CHECK_MODULES([QRENCODE], [libqrencode >= 4.0], [have_qrencode=yes],
			[have_qrencode=no])])
	AS_IF([test "x$with_qrencode$have_qrencode" = xyesno],
		[AC_MSG_ERROR([libqrencode >= 4.0 was not found (Debian: apt-get install libqrencode-dev)])])
	AS_IF([test "x$have_qrencode" = xno], [QRENCODE_CFLAGS= QRENCODE_LIBS=])
	AM_CONDITIONAL([HAVE_QRENCODE], [test "x$have_qrencode" = xyes])
])

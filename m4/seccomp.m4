# SPDX-License-Identifier: ISC
#
# TAUT_SECCOMP: the library for system call filters, required unless --without-seccomp says
# that this machine has none. Sets the conditional HAVE_SECCOMP, and have_seccomp.
AC_DEFUN([TAUT_SECCOMP], [
	AC_ARG_WITH([seccomp],
		[AS_HELP_STRING([--without-seccomp],
			[no system call filter, for machines that libseccomp does not know])],
		[], [with_seccomp=yes])
	have_seccomp=no
	AS_IF([test "x$with_seccomp" != xno],
		[PKG_CHECK_MODULES([SECCOMP], [libseccomp >= 2.5], [have_seccomp=yes],
			[AC_MSG_ERROR([libseccomp >= 2.5 is needed (Debian: apt-get install libseccomp-dev), or --without-seccomp])])],
		[SECCOMP_CFLAGS= SECCOMP_LIBS=])
	AC_SUBST([SECCOMP_CFLAGS])
	AC_SUBST([SECCOMP_LIBS])
	AM_CONDITIONAL([HAVE_SECCOMP], [test "x$have_seccomp" = xyes])
])

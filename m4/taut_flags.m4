# SPDX-License-Identifier: ISC
#
# Compiler and linker flags, each tested before it is used.

# TAUT_COMPILE_FLAG(VARIABLE, FLAGS, [IF-YES], [IF-NO])
# Append FLAGS to VARIABLE if the compiler accepts them without a warning.
AC_DEFUN([TAUT_COMPILE_FLAG], [
	AC_MSG_CHECKING([whether $CC accepts $2])
	taut_saved_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -Werror $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes])
		 CFLAGS=$taut_saved_CFLAGS
		 $1="${$1:+$$1 }$2"
		 $3],
		[AC_MSG_RESULT([no])
		 CFLAGS=$taut_saved_CFLAGS
		 $4])
])

# TAUT_LINK_FLAG(VARIABLE, FLAGS)
# The same for the linker. The objects are compiled with HARDEN_CFLAGS, as ours are.
AC_DEFUN([TAUT_LINK_FLAG], [
	AC_MSG_CHECKING([whether $CC links with $2])
	taut_saved_CFLAGS=$CFLAGS
	taut_saved_LDFLAGS=$LDFLAGS
	CFLAGS="$CFLAGS -Werror $HARDEN_CFLAGS"
	LDFLAGS="$LDFLAGS $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes])
		 $1="${$1:+$$1 }$2"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$taut_saved_CFLAGS
	LDFLAGS=$taut_saved_LDFLAGS
])

# TAUT_WARNINGS: WARN_CFLAGS for all code, and in addition WARN_STRICT_CFLAGS for
# the rooms where an implicit conversion may be a vulnerability.
AC_DEFUN([TAUT_WARNINGS], [
	AC_ARG_ENABLE([werror],
		[AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])],
		[], [enable_werror=no])
	WARN_CFLAGS=
	WARN_STRICT_CFLAGS=
	m4_foreach_w([taut_flag],
		[-Wall -Wextra -Wshadow -Wvla -Walloca -Wmissing-prototypes -Wstrict-prototypes
		 -Wformat=2 -Wundef -Wcast-qual -Wimplicit-fallthrough -Wtrampolines
		 -Wduplicated-cond -Wlogical-op],
		[TAUT_COMPILE_FLAG([WARN_CFLAGS], m4_defn([taut_flag]))])
	TAUT_COMPILE_FLAG([WARN_STRICT_CFLAGS], [-Wconversion])
	AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
	AC_SUBST([WARN_CFLAGS])
	AC_SUBST([WARN_STRICT_CFLAGS])
])

# TAUT_SANITIZERS: SANITIZE_CFLAGS, used for compiling and linking alike.
AC_DEFUN([TAUT_SANITIZERS], [
	AC_ARG_ENABLE([sanitizers],
		[AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@],
			[build with -fsanitize=LIST (address,undefined)])],
		[], [enable_sanitizers=no])
	AS_IF([test "x$enable_sanitizers" = xyes], [enable_sanitizers=address,undefined])
	SANITIZE_CFLAGS=
	AS_IF([test "x$enable_sanitizers" != xno],
		[TAUT_COMPILE_FLAG([SANITIZE_CFLAGS],
			[-fsanitize=$enable_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer],
			[],
			[AC_MSG_ERROR([$CC cannot build with -fsanitize=$enable_sanitizers])])])
	AC_SUBST([SANITIZE_CFLAGS])
	AC_SUBST([SANITIZERS], [$enable_sanitizers])
])

# TAUT_GCOV: COVERAGE_CFLAGS, used for compiling and linking alike.
AC_DEFUN([TAUT_GCOV], [
	AC_ARG_ENABLE([gcov],
		[AS_HELP_STRING([--enable-gcov], [count executed lines and branches, for gcov])],
		[], [enable_gcov=no])
	COVERAGE_CFLAGS=
	AS_IF([test "x$enable_gcov" = xyes],
		[TAUT_COMPILE_FLAG([COVERAGE_CFLAGS], [--coverage], [],
			[AC_MSG_ERROR([$CC cannot build with --coverage])])])
	AC_SUBST([COVERAGE_CFLAGS])
])

# TAUT_FORTIFY: glibc checks buffer sizes at run time. Needs optimization, and
# interferes with sanitizers.
AC_DEFUN([TAUT_FORTIFY], [
	taut_fortify=no
	AC_MSG_CHECKING([for the highest usable _FORTIFY_SOURCE])
	AS_IF([test "x$enable_sanitizers" = xno], [
		for taut_level in 3 2; do
			test "$taut_fortify" = no || break
			taut_saved_CFLAGS=$CFLAGS
			CFLAGS="$CFLAGS -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$taut_level"
			AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
					#include <stdio.h>
					#ifndef __OPTIMIZE__
					#error "needs optimization"
					#endif
				]], [])],
				[taut_fortify=$taut_level])
			CFLAGS=$taut_saved_CFLAGS
		done
	])
	AC_MSG_RESULT([$taut_fortify])
	AS_IF([test "$taut_fortify" != no],
		[HARDEN_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$taut_fortify"])
])

# TAUT_HARDENING: HARDEN_CPPFLAGS, HARDEN_CFLAGS, HARDEN_LDFLAGS. Call after
# TAUT_SANITIZERS. ZERO_REGS_CFLAGS is only for code that handles keys: it has a
# small cost in each function that returns.
AC_DEFUN([TAUT_HARDENING], [
	AC_ARG_ENABLE([hardening],
		[AS_HELP_STRING([--disable-hardening],
			[leave out the flags that make exploitation harder])],
		[], [enable_hardening=yes])
	HARDEN_CPPFLAGS=
	HARDEN_CFLAGS=
	HARDEN_LDFLAGS=
	ZERO_REGS_CFLAGS=
	AS_IF([test "x$enable_hardening" = xyes], [
		TAUT_FORTIFY
		m4_foreach_w([taut_flag],
			[-fstack-protector-strong -fstack-clash-protection -fcf-protection=full
			 -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3
			 -fno-strict-overflow -fno-delete-null-pointer-checks -fno-strict-aliasing
			 -fPIE],
			[TAUT_COMPILE_FLAG([HARDEN_CFLAGS], m4_defn([taut_flag]))])
		TAUT_COMPILE_FLAG([ZERO_REGS_CFLAGS], [-fzero-call-used-regs=used-gpr])
		m4_foreach_w([taut_flag],
			[-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code
			 -Wl,-z,nodlopen],
			[TAUT_LINK_FLAG([HARDEN_LDFLAGS], m4_defn([taut_flag]))])
	])
	AC_SUBST([HARDEN_CPPFLAGS])
	AC_SUBST([HARDEN_CFLAGS])
	AC_SUBST([HARDEN_LDFLAGS])
	AC_SUBST([ZERO_REGS_CFLAGS])
	AC_SUBST([HARDENING], [$enable_hardening])
])

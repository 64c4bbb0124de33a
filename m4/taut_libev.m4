# SPDX-License-Identifier: ISC

# TAUT_LIBEV(MAJOR, MINOR)
# libev has no pkg-config file: test for the header, its version and the
# library. Sets EV_CFLAGS and EV_LIBS; LIBS is unchanged.
AC_DEFUN([TAUT_LIBEV], [
	AC_ARG_VAR([EV_CFLAGS], [C compiler flags for libev])
	AC_ARG_VAR([EV_LIBS], [linker flags for libev, default -lev])
	taut_saved_CPPFLAGS=$CPPFLAGS
	CPPFLAGS="$CPPFLAGS $EV_CFLAGS"
	AC_CHECK_HEADER([ev.h], [],
		[AC_MSG_ERROR([libev >= $1.$2 is needed and ev.h was not found (Debian: apt-get install libev-dev)])])
	AC_MSG_CHECKING([for libev >= $1.$2])
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
			#include <ev.h>
			#if EV_VERSION_MAJOR < $1 || (EV_VERSION_MAJOR == $1 && EV_VERSION_MINOR < $2)
			#error "too old"
			#endif
		]], [])],
		[AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		 AC_MSG_ERROR([libev is older than $1.$2])])
	CPPFLAGS=$taut_saved_CPPFLAGS
	AS_IF([test -z "$EV_LIBS"],
		[AC_CHECK_LIB([ev], [ev_run], [EV_LIBS=-lev],
			[AC_MSG_ERROR([libev was not found (Debian: apt-get install libev-dev)])])])
])

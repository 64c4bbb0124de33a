# SPDX-License-Identifier: ISC
#
# Where the files for systemd, NetworkManager and polkit go. Building does not need systemd.

# TAUT_SYSTEMD_DIR(VARIABLE, PKG-CONFIG-VARIABLE, BELOW-PREFIX)
# --with-VARIABLE=DIR, or no. With the prefix of the system, the default is the directory
# that its systemd reports, if any; otherwise one below the prefix, where systemd also looks
# for /usr/local.
AC_DEFUN([TAUT_SYSTEMD_DIR], [
	AC_ARG_WITH([$1],
		[AS_HELP_STRING([--with-$1=DIR], [default PREFIX/$3, or as pkg-config says; or no])],
		[], [with_$1=auto])
	AS_CASE([$with_$1], [auto|yes|''], [
		$1='${prefix}/$3'
		taut_dir=
		m4_ifval([$2], [AS_IF([test "x$prefix" = x/usr],
			[taut_dir=`$PKG_CONFIG --variable=$2 systemd 2>/dev/null`])])
		AS_CASE([$taut_dir], [/*], [$1=$taut_dir])
	], [$1=$with_$1])
	AC_SUBST([$1])
	AM_CONDITIONAL(m4_toupper([WITH_$1]), [test "x$$1" != xno])
])

# TAUT_SYSTEMD: call after PKG_PROG_PKG_CONFIG.
AC_DEFUN([TAUT_SYSTEMD], [
	TAUT_SYSTEMD_DIR([systemdsystemunitdir], [systemdsystemunitdir], [lib/systemd/system])
	TAUT_SYSTEMD_DIR([systemdsystemgeneratordir], [systemdsystemgeneratordir],
		[lib/systemd/system-generators])
	TAUT_SYSTEMD_DIR([systemdsystempresetdir], [systemdsystempresetdir],
		[lib/systemd/system-preset])
	TAUT_SYSTEMD_DIR([systemdnetworkdir], [], [lib/systemd/network])
	TAUT_SYSTEMD_DIR([systemdnetworkdconfdir], [], [lib/systemd/networkd.conf.d])
	TAUT_SYSTEMD_DIR([sysusersdir], [sysusersdir], [lib/sysusers.d])
	TAUT_SYSTEMD_DIR([tmpfilesdir], [tmpfilesdir], [lib/tmpfiles.d])
	TAUT_SYSTEMD_DIR([nmconfdir], [], [lib/NetworkManager/conf.d])
	TAUT_SYSTEMD_DIR([polkitrulesdir], [], [share/polkit-1/rules.d])
	AC_PATH_PROGS([SYSTEMD_ANALYZE], [systemd-analyze], [:])
])

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The backend on intel-ipsec-mb compiles with 1.3 and with 2.0, whichever is installed, and
# the test of ./configure covers all that it uses. IPSECMB_INCLUDE may name a directory
# with the header of one more version (unpacked, for example, by dpkg-deb -x).

set -u
top=${srcdir:-$(dirname "$0")/../..}
source=$top/src/crypto/aead_ipsecmb.c
failures=0
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
out=$dir/out

fail()
{
	echo "FAIL: $1" >&2
	cat "$out" >&2
	failures=$((failures + 1))
}

# compiles FLAGS...
compiles()
{
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -I "$top/src" "$@" \
		$(pkg-config --cflags libsodium 2>/dev/null) "$source" >"$out" 2>&1
}

for major in 1 2; do
	compiles -I "$top/tests/unit/ipsecmb" -DFAKE_IMB_MAJOR=$major ||
		fail "the backend does not compile with the header of version $major"
done
sed '/init_mb_mgr_avx2(/d' "$top/tests/unit/ipsecmb/intel-ipsec-mb.h" >"$dir/intel-ipsec-mb.h"
compiles -I "$dir" -DFAKE_IMB_MAJOR=2 && fail "a missing function was not noticed"
if [ -n "${IPSECMB_INCLUDE:-}" ]; then
	compiles -I "$IPSECMB_INCLUDE" || fail "the backend does not compile with $IPSECMB_INCLUDE"
fi

# Names of the library, except those that only some versions have.
: >"$out"
names=$(sed '/^#if/,/^#endif/d' "$source" |
	grep -oE '\b(IMB_[A-Z0-9_]+|imb_[a-z_]+|alloc_mb_mgr|free_mb_mgr|init_mb_mgr_[a-z0-9]+)\b' | sort -u)
[ "$(echo "$names" | wc -l)" -gt 15 ] || fail "names of the library are not found: $names"
for name in $names; do
	grep -qw "$name" "$top/m4/taut_aead.m4" || fail "the test of ./configure lacks $name"
done
[ $failures -eq 0 ]

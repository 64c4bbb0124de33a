#!/bin/sh
# SPDX-License-Identifier: ISC
#
# All users can use what is installed, and what the scripts build for them, even if root's
# umask is 077.

set -u
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
build=${builddir:-$PWD}
umask 077
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failures=0

fail()
{
	echo "FAIL: $1" >&2
	failures=$((failures + 1))
}

# closed DIR: what below it is not for all users: directories that they cannot enter, files
# that they cannot read, programs that they cannot run.
closed()
{
	find "$1" -mindepth 1 \( -type d ! -perm -055 -o -type f ! -perm -044 -o \
		-type f -path '*bin/*' ! -perm -055 \)
}

mkdir "$dir/a" "$dir/a/bin"
touch "$dir/a/file" "$dir/a/bin/program"
chmod 644 "$dir/a/bin/program"
[ "$(closed "$dir" | wc -l)" -eq 4 ] || fail "this test overlooks what is closed"
chmod 755 "$dir/a" "$dir/a/bin" "$dir/a/bin/program"
chmod 644 "$dir/a/file"
[ -z "$(closed "$dir")" ] || fail "this test reports what is open"

env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$build" install "DESTDIR=$dir/b" \
	>"$dir/log" 2>&1 || {
	cat "$dir/log" >&2
	fail "make install does not work"
}
[ "$(find "$dir/b" -type f | wc -l)" -gt 20 ] || fail "little was installed"
closed "$dir/b" >"$dir/closed"
[ ! -s "$dir/closed" ] || fail "installed, but not for all users: $(sed "s|$dir/b||" "$dir/closed")"

# From a checkout or not; either may itself have been made under such a umask.
mkdir "$dir/sources"
touch "$dir/sources/file"
made=$(. "$top/scripts/common.sh" && sources_copy "$top/m4" "$dir/c/m4" &&
	sources_copy "$dir/sources" "$dir/c/sources" && umask)
[ "$made" = 0022 ] || fail "the scripts work with the umask $made"
[ "$(find "$dir/c" -type f | wc -l)" -gt 3 ] || fail "little was copied"
[ -z "$(closed "$dir/c")" ] || fail "the copy that the scripts build in is closed"
[ $failures -eq 0 ]

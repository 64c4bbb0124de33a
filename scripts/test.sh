#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Build taut and run all of its tests, on a fresh Debian 12 or Ubuntu, as root:
# install the required packages, build a copy of this tree in a temporary directory,
# run `make check` and `make check-interop` there, and remove everything else again.
# The last line is: N passed, N failed, N skipped. With CI=true a skipped test is a
# failure.

set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/scripts/packages.sh"
. "$top/scripts/common.sh"

work=
finish()
{
	code=$?
	trap - EXIT HUP INT TERM
	run_dirs_restore
	[ -z "$work" ] || rm -rf "$work"
	exit "$code"
}

give_up()
{
	echo "test.sh: $1" >&2
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

run_dirs_note
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

packages_install $PACKAGES_BUILD $PACKAGES_SHOW $PACKAGES_TEST ||
	give_up "could not install the packages"
work=$(mktemp -d "${TMPDIR:-/tmp}/taut-test.XXXXXX")
TAUT_RESOLVERS=$work/resolvers
export TAUT_RESOLVERS
packages_unpack "$TAUT_RESOLVERS" $PACKAGES_UNPACKED ||
	give_up "could not unpack the resolvers"
sources_copy "$top" "$work/src"
echo "building in $work"
sources_build "$work" --enable-werror || give_up "the build failed"

cd "$work/build"
code=0
make -j"$(nproc)" check || code=1
make -j"$(nproc)" check-interop || code=1

# If make failed but no test did, make failed before it ran the tests: count one failure.
CI=${CI:-} python3 "$work/src/scripts/results.py" . >"$work/results" || {
	cat "$work/results"
	exit 1
}
if [ "$code" != 0 ]; then
	sed '$d' "$work/results"
	tail -n 1 "$work/results" |
		awk '{ printf "%d passed, %d failed, %d skipped\n", $1, $3 + 1, $5 }'
	exit 1
fi
cat "$work/results"

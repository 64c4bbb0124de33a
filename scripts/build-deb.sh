#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Build a Debian package of this tree, on Debian 12 or a recent Ubuntu: install the
# required packages (as root), build from the tarball of `make dist` in a temporary
# directory, and check the result with lintian. The package is put into the directory
# given as argument, or else the current one; its path is the only line on standard
# output. Nothing else is left behind.
#
# This does not run the tests of the tree; scripts/test.sh does. To change that, set
# DEB_BUILD_OPTIONS (empty: run the tests).

set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/scripts/packages.sh"
. "$top/scripts/common.sh"
DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS-nocheck}
export DEB_BUILD_OPTIONS

work=
finish()
{
	code=$?
	trap - EXIT HUP INT TERM
	[ -z "$work" ] || rm -rf "$work"
	exit "$code"
}

# Run a step; its output is shown only if it fails.
step()
{
	name=$1
	shift
	echo "build-deb: $name" >&2
	"$@" >"$work/log" 2>&1 || {
		tail -n 60 "$work/log" >&2
		echo "build-deb: $name failed" >&2
		exit 1
	}
}

make_tarball()
{
	(cd "$work/src" && ./bootstrap)
	mkdir "$work/build"
	cd "$work/build"
	../src/configure
	make dist-xz
}

unpack()
{
	cd "$work"
	mv "build/taut-$version.tar.xz" "taut_$version.orig.tar.xz"
	tar -xf "taut_$version.orig.tar.xz"
	cp -R src/debian "taut-$version/"
}

build()
{
	cd "$work/taut-$version"
	dpkg-buildpackage -us -uc
}

[ -d "$top/debian" ] || {
	echo "build-deb: no debian/ here; it is in the repository, not in the tarball" >&2
	exit 1
}
out=$(cd "${1:-.}" && pwd)
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
packages_install $PACKAGES_BUILD $PACKAGES_DEB >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/taut-deb.XXXXXX")

step "copying the sources" sources_copy "$top" "$work/src"
step "make dist" make_tarball
version=$(sed -n 's/^AC_INIT(\[taut\], \[\(.*\)\])$/\1/p' "$top/configure.ac")
packaged=$(cd "$top" && dpkg-parsechangelog -S Version)
[ "${packaged%-*}" = "$version" ] || {
	echo "build-deb: debian/changelog has version $packaged, configure.ac has $version" >&2
	exit 1
}
step "unpacking it" unpack
step "dpkg-buildpackage" build
deb=$(ls "$work"/taut_*.deb)
step "lintian" lintian --fail-on error --allow-root "$work"/taut_*.changes
grep -v '^N: ' "$work/log" >&2 || true
# Never follow a link or overwrite a file that another user placed there (/tmp).
cp --remove-destination "$deb" "$out/"
echo "$out/${deb##*/}"

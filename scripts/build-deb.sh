#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Make a Debian package of this tree, on Debian 12 or a newer Ubuntu: installs what
# is needed for that (as root), builds from what `make dist` packs in a temporary
# directory, and has lintian look at the result. The package is left in the
# directory given as argument, else in the current one, and its path is the only
# line of standard output. Nothing else is left.
#
# The tests of the tree are not run by this; scripts/test.sh does that. With
# DEB_BUILD_OPTIONS set, it says what to do instead (empty: the tests are run).

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

# Run a step; what it says is shown if it fails.
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
	echo "build-deb: there is no debian/ here; it is in the repository, not in a tarball" >&2
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
	echo "build-deb: debian/changelog is about $packaged, configure.ac about $version" >&2
	exit 1
}
step "unpacking it" unpack
step "dpkg-buildpackage" build
deb=$(ls "$work"/taut_*.deb)
step "lintian" lintian --fail-on error --allow-root "$work"/taut_*.changes
grep -v '^N: ' "$work/log" >&2 || true
# Never through a link or into a file that somebody else laid there (/tmp).
cp --remove-destination "$deb" "$out/"
echo "$out/${deb##*/}"

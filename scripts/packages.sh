# SPDX-License-Identifier: ISC
#
# The packages of Debian 12 or a recent Ubuntu that taut needs. Sourced by the scripts in
# this directory; package names are listed only here.

# To build the program.
PACKAGES_BUILD="autoconf automake make gcc libc6-dev pkg-config
	libsodium-dev libev-dev libmnl-dev libc-ares-dev libjansson-dev libssl-dev libseccomp-dev"

# intel-ipsec-mb, by far the fastest cipher, is available for amd64 only.
case $(dpkg --print-architecture 2>/dev/null) in
amd64) PACKAGES_BUILD="$PACKAGES_BUILD libipsec-mb-dev" ;;
esac

# To demonstrate it: two namespaces, a ping, and a transfer.
PACKAGES_SHOW="iproute2 iputils-ping python3 procps"

# To test it: unit tests, style, and other implementations.
PACKAGES_TEST="libcmocka-dev libqrencode-dev clang-format-14 binutils diffutils nftables
	wireguard-tools wireguard-go bird2 babeld systemd libnss-systemd dbus polkitd mandoc
	groff-base zsh fish"

# To test it with: unpacked, but not installed, see resolvers.sh.
PACKAGES_UNPACKED="openresolv systemd-resolved"

# To build a package, and to install it in a chroot.
PACKAGES_DEB="debhelper dpkg-dev lintian libcmocka-dev libqrencode-dev
	systemd xz-utils"
PACKAGES_DEB_TEST="debootstrap util-linux python3"

# To test it on the kernel of the distribution, which is fetched but not installed.
PACKAGES_VM="qemu-system-x86"

# Print those of the given packages that are not installed.
packages_missing()
{
	for package; do
		status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
		[ "$status" = "install ok installed" ] || echo "$package"
	done
}

# PACKAGE:SERVICE of packages above that bring a service. Only the tests start it, in
# namespaces.
PACKAGES_WITH_SERVICE="bird2:bird babeld:babeld"

# apt-get install, but do not start or enable any service.
packages_apt_install()
(
	policy=/usr/sbin/policy-rc.d
	if [ -e "$policy" ]; then
		policy=
	else
		trap '[ -z "$policy" ] || rm -f "$policy"' EXIT
		trap 'exit 130' HUP INT TERM
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
	fi
	apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" || exit 1
	command -v systemctl >/dev/null 2>&1 || exit 0
	for pair in $PACKAGES_WITH_SERVICE; do
		case " $* " in
		*" ${pair%:*} "*) systemctl --quiet disable "${pair#*:}" || true ;;
		esac
	done
)

# Install those of the given packages that are missing; does not run apt-get if none is.
packages_install()
{
	command -v dpkg-query >/dev/null 2>&1 || {
		echo "not Debian or Ubuntu: make sure that these are installed: $*" >&2
		return 0
	}
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		echo "these packages are missing, and installing them needs root:" $missing >&2
		return 1
	fi
	echo "installing:" $missing
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	apt-get -q -o DPkg::Lock::Timeout=300 update
	packages_apt_install $missing
}

# What to fetch of a package: it may have to fit to one that is installed.
packages_wanted()
{
	version=
	if [ "$1" = systemd-resolved ]; then
		version=$(dpkg-query -W -f '${Version}' systemd 2>/dev/null || true)
	fi
	echo "$1${version:+=$version}"
}

# packages_unpack FOLDER PACKAGE...: fetch each and unpack it into FOLDER/PACKAGE. Where
# systemd-resolved is a part of systemd, it is there already.
packages_unpack()
(
	mkdir -p "$1" && cd "$1" || exit 1
	shift
	command -v apt-get >/dev/null 2>&1 || {
		echo "no apt-get: make sure that these can be found: $*" >&2
		exit 0
	}
	for package; do
		[ ! -d "$package" ] || continue
		if [ "$package" = systemd-resolved ] && [ -x /usr/lib/systemd/systemd-resolved ]; then
			continue
		fi
		rm -rf "$package"_*.deb "$package.new"
		wanted=$(packages_wanted "$package")
		apt-get -q download "$wanted" || {
			apt-get -q -o DPkg::Lock::Timeout=300 update
			# Of the one that is installed, there may be a newer one by now.
			apt-get -q download "$wanted" || apt-get -q download "$package"
		} || exit 1
		dpkg-deb -x "$package"_*.deb "$package.new" && mv "$package.new" "$package" || exit 1
		rm -f "$package"_*.deb
	done
)

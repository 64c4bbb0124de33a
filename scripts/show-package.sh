#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The first ten minutes with taut, on Debian 12 or a recent Ubuntu, as root: build the
# package, install it on two clean systems (made by debootstrap, each in its own directory
# and network namespace, connected by a veth), pair them with three commands and two
# pasted lines, check that the tunnel is healthy, and ping through it. Remove everything
# else afterwards.
#
#   scripts/show-package.sh [PACKAGE.deb]
#
# TAUT_CHROOT names a directory with a clean system to copy instead of making a new one.

set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/scripts/packages.sh"
. "$top/scripts/common.sh"

work=
pid= keeper_a= keeper_b=
ns_a=taut-show$$a
ns_b=taut-show$$b

say()
{
	printf '\n== %s\n' "$*"
}

fail()
{
	echo "show-package: $*" >&2
	exit 1
}

# Kill process 1 of a system, and with it everything that runs there.
end_host()
{
	[ -n "$1" ] || return 0
	kill -9 "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

finish()
{
	code=$?
	trap - EXIT HUP INT TERM
	end_host "$keeper_a"
	end_host "$keeper_b"
	end_host "$pid" # a host that did not start completely
	[ ! -e "/run/netns/$ns_a" ] || ip netns del "$ns_a"
	[ ! -e "/run/netns/$ns_b" ] || ip netns del "$ns_b"
	run_dirs_restore
	[ -z "$work" ] || rm -rf --one-file-system "$work"
	exit "$code"
}

# Run a step; its output is shown only if it fails.
step()
{
	name=$1
	shift
	echo "$name"
	"$@" >"$work/log" 2>&1 || {
		tail -n 40 "$work/log" >&2
		fail "$name failed"
	}
}

# "SUITE URL" of the distribution, from the configuration of apt on this machine.
mirror()
{
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v suite="$suite" '$1 == suite && $2 == "main" { print $1, $3; exit }'
}

# Make a clean system in the directory $1, with the proxy settings of this machine.
make_system()
{
	if [ -n "${TAUT_CHROOT:-}" ]; then
		cp -a "$TAUT_CHROOT" "$1"
		return
	fi
	set -- "$1" $(mirror)
	[ $# = 3 ] || fail "apt on this machine has no mirror of the distribution"
	debootstrap --variant=minbase "$2" "$1" "$3"
	for scheme in http https; do
		eval "$(apt-config shell proxy "Acquire::$scheme::Proxy")"
		[ -z "${proxy:-}" ] ||
			echo "Acquire::$scheme::Proxy \"$proxy\";" >>"$1/etc/apt/apt.conf.d/99proxy"
		proxy=
	done
}

# Install the package on the system in the directory $1, without starting any service.
install_package()
{
	cp "$deb" "$1/root/taut.deb"
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod 755 "$1/usr/sbin/policy-rc.d"
	[ -c "$1/dev/net/tun" ] || {
		mkdir -p "$1/dev/net"
		mknod -m 666 "$1/dev/net/tun" c 10 200
	}
	unshare --mount --pid --fork --kill-child "--mount-proc=$1/proc" chroot "$1" env -i \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
		sh -ec 'apt-get -q update
			apt-get -q -y install --no-install-recommends /root/taut.deb'
}

# Start the system in the directory $1, in network namespace $2, with the host name $3.
# $inner is its process 1; killing $pid ends all of it.
start_host()
{
	ip netns exec "$2" unshare --mount --pid --ipc --uts --fork --kill-child \
		sh -ec 'mount --make-rprivate /
			mount --bind "$1" "$1"
			mount -t proc proc "$1/proc"
			mount -t sysfs -o ro sys "$1/sys"
			mount -t tmpfs -o mode=755 run "$1/run"
			echo "$2" >/proc/sys/kernel/hostname
			exec chroot "$1" sleep infinity' sh "$1" "$3" &
	pid=$!
	for i in $(seq 100); do
		inner=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null || true)
		inner=${inner%% *}
		[ -z "$inner" ] || [ "$(cat "/proc/$inner/comm" 2>/dev/null)" != sleep ] || return 0
		sleep 0.1
	done
	fail "the system in $1 does not start"
}

# Run a command on the host whose process 1 is $1.
on()
{
	host=$1
	shift
	nsenter --target "$host" --mount --pid --net --ipc --uts --root env -i -C / \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}

pair()
{
	echo "A# taut new wg0 --listen"
	offer=$(on "$inner_a" taut new wg0 --listen) || fail "taut new"
	echo "$offer"
	echo "B# taut join wg0 --start '$offer'"
	answer=$(on "$inner_b" taut join wg0 --start "$offer") || fail "taut join"
	echo "$answer"
	echo "A# taut accept wg0 --start '$answer'"
	on "$inner_a" taut accept wg0 --start "$answer" || fail "taut accept"
	echo "A# taut why wg0"
	on "$inner_a" taut why wg0 || fail "taut why"
}

# Print the inner addresses of the host whose process 1 is $1.
inside()
{
	on "$1" sed -n 's/^Address = //p' /etc/taut/wg0.conf | tr ',' '\n' | sed 's| *\([^/]*\)/.*|\1|'
}

ping_all()
{
	for address in $(inside "$inner_b"); do
		echo "A# ping $address"
		ip netns exec "$ns_a" ping -n -q -c 3 -i 0.2 -w 15 "$address" || fail "no answer from B"
	done
	for address in $(inside "$inner_a"); do
		echo "B# ping $address"
		ip netns exec "$ns_b" ping -n -q -c 3 -i 0.2 -w 15 "$address" || fail "no answer from A"
	done
}

[ "$(id -u)" = 0 ] || fail "network namespaces and chroots need root: sudo $0"
[ -c /dev/net/tun ] || fail "no /dev/net/tun here (container? start it with --device /dev/net/tun)"
[ -z "${1:-}" ] || [ -f "$1" ] || fail "no such file: $1"
run_dirs_note
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
packages_install $PACKAGES_SHOW $PACKAGES_DEB_TEST
work=$(mktemp -d "${TMPDIR:-/tmp}/taut-show.XXXXXX")

say "the package"
deb=${1:-}
[ -n "$deb" ] || deb=$("$top/scripts/build-deb.sh" "$work") || fail "could not build the package"
dpkg-deb -f "$deb" Package Version Depends

say "installed on two clean systems, A and B"
step "a clean system" make_system "$work/a"
step "installing the package" install_package "$work/a"
step "a second system" cp -a "$work/a" "$work/b"
lay_cable
start_host "$work/a" "$ns_a" a.example.org
keeper_a=$pid inner_a=$inner pid=
start_host "$work/b" "$ns_b" b.example.org
keeper_b=$pid inner_b=$inner pid=
on "$inner_a" sh -c '. /etc/os-release; echo "$PRETTY_NAME"; taut --version | head -n 1; ls -ld /etc/taut'

say "four commands"
pair

say "through the tunnel"
ping_all

say "the result on A"
on "$inner_a" sh -c 'cd /etc/taut; ls -l; cat wg0.conf; taut status wg0'

say "removed"
on "$inner_a" taut down wg0
on "$inner_b" taut down wg0
on "$inner_a" sh -c 'dpkg --purge taut; ls -A /etc/taut' || fail "could not purge the package"
end_host "$keeper_a"
end_host "$keeper_b"
keeper_a= keeper_b=
say "done"

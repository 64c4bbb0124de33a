#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Demonstrate taut on a fresh Debian 12 or Ubuntu, as root: install the required
# packages, build a copy of this tree in a temporary directory, connect two network
# namespaces with a veth, run a tunnel between them from two config files, ping both
# ways, transfer 100 MB, and remove everything else again. Nothing is sent outside
# the two namespaces.

set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/scripts/packages.sh"
. "$top/scripts/common.sh"

# Names that are unique to this run; interface names have at most 15 characters.
id=$$
ns_a=taut-a-$id
ns_b=taut-b-$id
tun_a=qa$id
tun_b=qb$id
bytes=100000000
work=
pid_a=
pid_b=
pid_sink=

say()
{
	printf '\n== %s\n' "$*"
}

fail()
{
	echo "quickstart: $1" >&2
	for log in "$work"/*.log; do
		[ ! -s "$log" ] || [ "$log" = "$work/build.log" ] || {
			echo "--- ${log##*/}" >&2
			tail -n 20 "$log" >&2
		}
	done
	exit 1
}

# Is the process $1, a child of ours, still running? A zombie is not.
alive()
{
	[ -e "/proc/$1/status" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

# Terminate the process $1, a child of ours; kill it if it does not exit.
stop()
{
	[ -n "$1" ] || return 0
	kill -TERM "$1" 2>/dev/null || true
	for i in $(seq 30); do
		alive "$1" || break
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

finish()
{
	code=$?
	trap - EXIT HUP INT TERM
	stop "$pid_sink"
	stop "$pid_a"
	stop "$pid_b"
	[ ! -e "/run/netns/$ns_a" ] || ip netns del "$ns_a"
	[ ! -e "/run/netns/$ns_b" ] || ip netns del "$ns_b"
	run_dirs_restore
	[ -z "$work" ] || rm -rf "$work"
	exit "$code"
}

in_a()
{
	ip netns exec "$ns_a" "$@"
}

in_b()
{
	ip netns exec "$ns_b" "$@"
}

write_configs()
{
	(umask 077
	"$taut" genkey >"$work/a.key"
	"$taut" genkey >"$work/b.key"
	cat >"$work/$tun_a.conf" <<-END
		[Interface]
		PrivateKey = $(cat "$work/a.key")
		ListenPort = 51820
		Address = 10.77.0.1/24, fd77::1/64

		[Peer]
		PublicKey = $("$taut" pubkey <"$work/b.key")
		AllowedIPs = 10.77.0.2/32, fd77::2/128
	END
	cat >"$work/$tun_b.conf" <<-END
		[Interface]
		PrivateKey = $(cat "$work/b.key")
		Address = 10.77.0.2/24, fd77::2/64

		[Peer]
		PublicKey = $("$taut" pubkey <"$work/a.key")
		Endpoint = 192.0.2.1:51820
		AllowedIPs = 10.77.0.1/32, fd77::1/128
		PersistentKeepalive = 25
	END
	)
}

# Wait until interface $2 in namespace $1 is up and has its addresses; its daemon is process $3.
wait_ready()
{
	for i in $(seq 100); do
		alive "$3" || fail "taut run $2 exited"
		! ip -n "$1" -6 address show dev "$2" up 2>/dev/null | grep -q fd77: || return 0
		sleep 0.1
	done
	fail "taut run $2 did not bring up its interface within 10 s"
}

start_tunnel()
{
	ip netns exec "$ns_a" "$taut" run "$work/$tun_a.conf" >"$work/a.log" 2>&1 &
	pid_a=$!
	ip netns exec "$ns_b" "$taut" run "$work/$tun_b.conf" >"$work/b.log" 2>&1 &
	pid_b=$!
	wait_ready "$ns_a" "$tun_a" "$pid_a"
	wait_ready "$ns_b" "$tun_b" "$pid_b"
}

write_transfer()
{
	cat >"$work/transfer.py" <<-'END'
		import hashlib, os, socket, sys, time

		role, address, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
		digest = hashlib.sha256()
		if role == "sink":
		    server = socket.create_server((address, 7777))
		    server.settimeout(60)
		    print("ready", flush=True)
		    link, _ = server.accept()
		    link.settimeout(60)
		    while chunk := link.recv(1 << 20):
		        digest.update(chunk)
		        size -= len(chunk)
		    print(digest.hexdigest() if size == 0 else f"{size} bytes are missing")
		else:
		    link = socket.create_connection((address, 7777), timeout=60)
		    begin = time.monotonic()
		    while size:
		        chunk = os.urandom(min(size, 1 << 20))
		        digest.update(chunk)
		        link.sendall(chunk)
		        size -= len(chunk)
		    link.close()
		    print(digest.hexdigest())
		    print(f"{time.monotonic() - begin:.1f}", file=sys.stderr)
	END
}

# From b to a, comparing the checksums of both ends.
move_data()
{
	write_transfer
	ip netns exec "$ns_a" python3 "$work/transfer.py" sink 10.77.0.1 "$bytes" >"$work/sink" 2>&1 &
	pid_sink=$!
	for i in $(seq 100); do
		grep -q ready "$work/sink" && break
		sleep 0.1
	done
	sent=$(in_b python3 "$work/transfer.py" source 10.77.0.1 "$bytes" 2>"$work/seconds") ||
		fail "the transfer broke: $(cat "$work/seconds")"
	wait "$pid_sink" || fail "the transfer broke: $(cat "$work/sink")"
	pid_sink=
	got=$(tail -n 1 "$work/sink")
	[ "$sent" = "$got" ] || fail "checksums differ: sent $sent, got $got"
	echo "$bytes bytes in $(cat "$work/seconds") s, sha256 on both ends: $got"
}

[ "$(id -u)" = 0 ] || {
	echo "quickstart: network namespaces need root: sudo $0" >&2
	exit 1
}
[ -c /dev/net/tun ] || {
	echo "quickstart: no /dev/net/tun here (container? start it with --device /dev/net/tun)" >&2
	exit 1
}
run_dirs_note
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

packages_install $PACKAGES_BUILD $PACKAGES_SHOW
work=$(mktemp -d "${TMPDIR:-/tmp}/taut-quickstart.XXXXXX")

say "building in $work"
sources_copy "$top" "$work/src"
sources_build "$work" || fail "the build failed"
taut=$work/build/src/taut
"$taut" --version

say "two connected network namespaces, a config file for each end"
lay_cable
write_configs
sed 's/^PrivateKey = .*/PrivateKey = (hidden)/' "$work/$tun_b.conf"

say "taut run on both ends; ping both ways through the tunnel"
start_tunnel
in_a ping -n -c 3 -i 0.2 -w 15 10.77.0.2 || fail "no answer from b"
in_b ping -n -c 3 -i 0.2 -w 15 fd77::1 || fail "no answer from a"

say "100 MB through the tunnel"
move_data

say "taut status $tun_b"
in_b "$taut" status "$tun_b" || fail "status reports that the tunnel is not up"

say "done"
cat <<'END'
Demonstrated: a tunnel between two network namespaces, from one config file on each
end, with pings over IPv4 and IPv6 and a transfer of 100 MB with equal checksums.
All of it is removed now.

Next:
  scripts/test.sh                            all tests, as root
  ./bootstrap && ./configure && make         build it in this tree
  make install                               install it to /usr/local
  README.md                                  config files for two real hosts
END

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Measure everything that docs/PERFORMANCE.md shows, and write it there.
#
#   all.sh OUTDIR [PEER]       as root, on a machine with nothing else to do
#
# Builds this tree in OUTDIR/build, leaves results (text and JSON) in OUTDIR, draws
# docs/img/*.svg and fills the tables of docs/PERFORMANCE.md. PEER is the wireguard-go
# to compare with; the one that is installed, if not given. OpenVPN and fastd are
# measured too if they are installed.
#
#   ROUNDS=3 SECONDS_EACH=2 MIXED=60 change how long it takes
#   TAUT_BUILD=DIR takes a build that is there already

set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
[ $# = 1 ] || [ $# = 2 ] || {
	echo "usage: $0 OUTDIR [PEER]" >&2
	exit 2
}
[ "$(id -u)" = 0 ] || {
	echo "$0: network namespaces need root" >&2
	exit 1
}
mkdir -p "$1"
out=$(cd "$1" && pwd)
peer=${2:-wireguard-go}
rounds=${ROUNDS:-3}
each=${SECONDS_EACH:-2}
mixed=${MIXED:-60}
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

say()
{
	echo "$(date +%H:%M:%S) $*"
}

build=${TAUT_BUILD:-$out/build}
taut=$build/src/taut

path()
{
	"$here/path.py" --taut "$taut" --peer "$peer" --rounds "$rounds" --seconds "$each" "$@"
}

floor()
{
	path --daemons taut,wireguard-go --floor "$build/tests/bench/bench_floor" \
		--loads tcp,tcp-back,tcp-4 "$@"
}

seconds=$(($(path --estimate) + 2 * $(floor --estimate)))
say "this takes about $(((seconds + 2 * mixed + 240) / 60)) minutes"

if [ -z "${TAUT_BUILD:-}" ]; then
	[ -x "$top/configure" ] || {
		echo "$0: no configure; run $top/bootstrap first" >&2
		exit 1
	}
	say "building in $build"
	mkdir -p "$build"
	(cd "$build" && "$top/configure" && make -j"$(nproc)" src/taut bench-programs) \
		>"$out/build.log" 2>&1 || {
		tail -n 40 "$out/build.log" >&2
		exit 1
	}
fi

say "ciphers"
"$build/tests/bench/bench_aead" >"$out/aead.txt"
say "splitting and joining"
"$build/tests/bench/bench_vnet" >"$out/vnet.txt"
say "core without I/O"
: >"$out/core.txt"
for aead in $("$build/src/taut" help | sed -n 's/^ *--aead=auto|//p' | tr '|' ' '); do
	if "$build/tests/bench/bench_core" "$aead" >"$out/core.part" 2>"$out/core.err"; then
		[ ! -s "$out/core.txt" ] || echo >>"$out/core.txt"
		cat "$out/core.part" >>"$out/core.txt"
	else
		cat "$out/core.err"
	fi
	rm -f "$out/core.part" "$out/core.err"
done

say "whole path"
path --json "$out/path.json" | tee "$out/path.txt"
say "the floor"
floor --json "$out/floor.json" | tee "$out/floor.txt"
floor --json "$out/floor-cubic.json" --congestion cubic | tee "$out/floor-cubic.txt"
say "mixed load"
"$here/mixed.py" --taut "$taut" --peer "$peer" --seconds "$mixed" --json "$out/mixed.json" |
	tee "$out/mixed.txt"
say "stages"
"$here/stages.py" --taut "$taut" --json "$out/stages.json" | tee "$out/stages.txt"
"$here/stages.py" --taut "$taut" --wire --json "$out/stages-wire.json" | tee -a "$out/stages.txt"

for result in path mixed; do
	[ ! -e "$out/$result.json" ] || "$here/plot.py" "$top/docs/img" "$out/$result.json"
done
"$here/report.py" "$out"
say "done"

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Everything that seals packets in the tests without privileges, again with each AEAD
# backend: the core, the path and the simulation. One that does not work here is named.

set -u
cd "${builddir:-.}" || exit 99
programs="noise session cookie tunnel handshake rekey keepalive settle load admin
	regress_proto flight datapath apply status"
[ -x tests/sim/sim ] || { echo "aead_forced: the tests are not built" >&2; exit 99; }
failures=0
ran=0
out=$(mktemp) || exit 99
trap 'rm -f "$out"' EXIT

# run NAME PROGRAM: again with this backend
run() {
	TAUT_TEST_AEAD=$1 "$2" >"$out" 2>&1
	case $? in
	0) ran=$((ran + 1)) ;;
	77) grep -q "^SKIP: $1: " "$out" && return 1 ;;
	*)
		echo "FAIL: $2 with $1" >&2
		cat "$out" >&2
		failures=$((failures + 1))
		;;
	esac
	return 0
}

SIM_SEEDS=${SIM_SEEDS:-60}
export SIM_SEEDS
for name in $(src/taut help | sed -n 's/^ *--aead=auto|//p' | tr '|' ' '); do
	run $name tests/sim/sim || { cat "$out"; continue; }
	for program in $programs; do
		run $name "tests/unit/test_$program"
	done
done
TAUT_TEST_AEAD=no-such tests/sim/sim 2>"$out"
[ $? -eq 77 ] || { echo "FAIL: a name that is none is not seen" >&2; failures=$((failures + 1)); }
echo "$ran runs, $failures failures"
[ $failures -eq 0 ] && [ $ran -gt 0 ]

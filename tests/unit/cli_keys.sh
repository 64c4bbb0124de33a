#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The command line: keys as wg(8) makes and takes them, exit statuses, usage.
# wg itself is asked for a second opinion where it is installed.

set -u
TAUT=${TAUT:-src/taut}
case $TAUT in /*) ;; *) TAUT=$PWD/$TAUT ;; esac
[ -x "$TAUT" ] || { echo "cli_keys: no program at $TAUT" >&2; exit 99; }
unset LOG_LEVEL WG_LOG_LEVEL
umask 077
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
failures=0

fail() {
	echo "FAIL: $*" >&2
	failures=$((failures + 1))
}

# expect STATUS COMMAND...: out and err hold what it said
expect() {
	want=$1
	shift
	"$@" >out 2>err </dev/null
	got=$?
	[ $got -eq "$want" ] || fail "$*: exit $got, not $want: $(cat err)"
}

# says FILE TEXT: the file holds this line
says() {
	grep -qF -e "$2" "$1" || fail "'$2' is not in $1: $(cat "$1")"
}

# pubkey_of STATUS FORMAT: what pubkey makes of the bytes that printf FORMAT gives
pubkey_of() {
	printf "$2" | "$TAUT" pubkey >out 2>err
	got=$?
	[ $got -eq "$1" ] || fail "pubkey of '$2': exit $got, not $1"
	command -v wg >/dev/null || return
	printf "$2" | wg pubkey >wg.out 2>wg.err
	[ $? -eq $got ] || fail "pubkey of '$2': wg exits differently"
	cmp -s out wg.out || fail "pubkey of '$2': wg prints $(cat wg.out), not $(cat out)"
	sed 's/^wg: /taut: /' wg.err | cmp -s - err ||
		fail "pubkey of '$2': wg says $(cat wg.err), not $(cat err)"
}

key=yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
public=HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=

pubkey_of 0 "$key\n"
[ "$(cat out)" = $public ] || fail "the known pair: $(cat out)"
pubkey_of 0 "$key"
pubkey_of 0 "$key \t\r\n\v\f\n"
pubkey_of 0 "$key\n\0\0"
pubkey_of 0 '/Anz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBv8=\n' # not clamped
pubkey_of 1 "$key\nx"
says err "Trailing characters found after key"
pubkey_of 1 "$key="
pubkey_of 1 ""
says err "Key is not the correct length or format"
pubkey_of 1 "\n$key"
pubkey_of 1 "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBml=\n" # stray bits
pubkey_of 1 "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBm9=\n"
pubkey_of 1 "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmkA\n"
pubkey_of 1 "yAnz5TF-lXXJte14tji3zlMNq_hd2rYUIgJBgB3fBmk=\n" # the other alphabet
pubkey_of 1 "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBm==\n"
pubkey_of 1 "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk\n"

# Placeholders from the examples are refused, also in the form that wg shows.
for text in put/your/own/private/key/here/////////////0= \
	oOt/your/own/private/key/here/////////////0=; do
	echo $text | "$TAUT" pubkey >out 2>err && fail "pubkey of $text succeeds"
	[ -s out ] && fail "pubkey of $text prints $(cat out)"
	says err "placeholder"
	says err "taut genkey"
done

for verb in genkey genpsk; do
	expect 0 "$TAUT" $verb
	[ -s err ] && fail "$verb: says $(cat err)"
	[ "$(wc -c <out)" -eq 45 ] || fail "$verb: $(wc -c <out) bytes, not 45"
	"$TAUT" $verb >again
	cmp -s out again && fail "$verb: twice the same"
done
i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	"$TAUT" genkey >key || fail "genkey: exit $?"
	base64 -d <key | od -An -tu1 -v | tr -s ' \n' '  ' >bytes
	read -r first rest <bytes
	last=${rest##* }
	[ -n "$last" ] || { rest=${rest% }; last=${rest##* }; }
	[ $((first % 8)) -eq 0 ] && [ "$last" -ge 64 ] && [ "$last" -lt 128 ] ||
		fail "genkey: not clamped: first $first, last $last"
	"$TAUT" pubkey <key >pub || fail "pubkey of a genkey: exit $?"
	if command -v wg >/dev/null; then
		wg pubkey <key | cmp -s - pub || fail "wg makes another public key of $(cat pub)"
	fi
done

# Others can read it: a warning, in wg's words, and success.
for mode in 604 602 601 644; do
	: >open && chmod $mode open
	for verb in genkey genpsk; do
		"$TAUT" $verb >open 2>err || fail "$verb into mode $mode: exit $?"
		says err "Warning: writing to world accessible file."
		says err "Consider setting the umask to 077 and trying again."
	done
done
: >open && chmod 660 open
"$TAUT" genkey >open 2>err || fail "genkey into mode 660: exit $?"
[ -s err ] && fail "genkey into mode 660 warns"
"$TAUT" genkey 2>err | cat >out
[ -s err ] && fail "genkey into a pipe warns"

if [ -w /dev/full ]; then
	for command in genkey genpsk help --version; do
		"$TAUT" $command >/dev/full 2>err
		[ $? -eq 1 ] || fail "$command onto a full disk does not exit with 1"
		says err "cannot write to standard output"
	done
	echo $key | "$TAUT" pubkey >/dev/full 2>err
	[ $? -eq 1 ] || fail "pubkey onto a full disk does not exit with 1"
fi
"$TAUT" genkey >&- 2>err && fail "genkey without a standard output succeeds"

# Usage
for arguments in "" "genkey extra" "pubkey extra" "up" "run" "down" "reload" "check" "up a b" \
	"status a b" "--wrong" "up --wrong" "--log-level" "--log-level loud genkey" "wg0 extra" \
	"statsu" "genkye" "-f a/b" "-f" "-- too-long-for-a-name" "up -f wg0" "status a:b"; do
	expect 2 "$TAUT" $arguments
	[ -s err ] || fail "'$arguments': no word on stderr"
	[ -s out ] && fail "'$arguments': a word on stdout"
done
for arguments in "--aead" "--aead best run x" "run x --aead=" "genkey --aead sodium" \
	"status --aead=auto"; do
	expect 2 "$TAUT" $arguments
	[ -s err ] || fail "'$arguments': no word on stderr"
done
expect 2 "$TAUT" --aead=rot13 run x
says err "'rot13' is not an AEAD: auto, "
unset WG_QUICK_USERSPACE_IMPLEMENTATION WG_PROCESS_FOREGROUND WG_TUN_FD WG_UAPI_FD
for pair in statsu:status Status:status pubkye:pubkey nwe1:'' wit:wait connect:up disconnect:down \
	keygen:genkey kill:down list:status ls:status pair:new ps:status psk:genpsk start:up \
	stop:down verison:version a:'' evnts:events; do
	expect 2 "$TAUT" "${pair%%:*}"
	[ $got -ne 0 ] || "$TAUT" down -q "${pair%%:*}" # or it would keep running
	if [ -n "${pair#*:}" ]; then
		says err "there is no verb '${pair%%:*}'; did you mean '${pair#*:}'?"
		"$TAUT" help | grep -q "^  ${pair#*:} " || fail "${pair#*:} is not a verb either"
	else
		says err "taut up ${pair%%:*}; for a bare interface of that name: taut -- "
	fi
done
expect 2 "$TAUT" --wrong
says err "Try 'taut help'."

for option in help -h --help "up --help" "--help up"; do
	expect 0 "$TAUT" $option
	says out "Usage: taut"
	[ -s err ] && fail "$option: says $(cat err)"
done
for option in -V --version version; do
	expect 0 "$TAUT" $option
	head -n 1 out | grep -qE '^taut [0-9]+\.[0-9]+' || fail "$option: $(cat out)"
done

# What is not running, and what has no file
name=nosuch$$
name=$(printf %.15s "$name")
expect 4 "$TAUT" status "$name"
[ -s out ] && fail "status of nothing: $(cat out)"
expect 0 "$TAUT" down "$name"
says err "is not running"
expect 0 "$TAUT" down -q "$name"
[ -s err ] && fail "down -q: says $(cat err)"
expect 1 "$TAUT" reload "$name"
expect 78 "$TAUT" run "$name"
says err "/etc/taut/$name.conf"
expect 78 "$TAUT" up "./$name.conf"
expect 1 "$TAUT" check "$name"

# check
printf '[Interface]\nPrivateKey = %s\n[Peer]\nPublicKey = %s\n' "$key" "$("$TAUT" genkey | "$TAUT" pubkey)" \
	>"$name.conf"
expect 0 "$TAUT" check "./$name.conf"
says out "good"
expect 3 "$TAUT" status "./$name.conf"
printf '[Interface]\nPrivateKey = %s\nAdress = 10.0.0.1/24\n[Peer]\nPublicKey = %s\nAllowedIPs = 10.0.0.0/33\n' \
	"$key" "$public" >"$name.conf"
expect 1 "$TAUT" check "./$name.conf"
says err "$name.conf:3:"
says err "$name.conf:6:"
grep -qF -e "$key" err && fail "check prints the private key"
expect 78 "$TAUT" run "./$name.conf"
expect 78 "$TAUT" up "./$name.conf"

# What was left out of this build, or does not work on this machine, is refused by name.
aeads=$("$TAUT" help | sed -n 's/^ *--aead=//p' | tr '|' ' ')
[ "${aeads#auto *sodium}" ] && fail "help lists these ciphers: $aeads"
for aead in $aeads; do
	printf '[Interface]\nPrivateKey = %s\nAead = %s\n' "$key" $aead >"$name.conf"
	"$TAUT" check "./$name.conf" >out 2>err && continue
	says err "$name.conf:3:8: Aead: $aead cannot be used: "
	says err "available here: auto, "
	expect 78 "$TAUT" run "./$name.conf"
	says err "Aead: $aead cannot be used: "
	expect 2 "$TAUT" run --aead=$aead "./$name.conf"
	says err "aead: $aead cannot be used: "
	case $aead in auto | sodium) fail "$aead does not work" ;; esac
done

[ $failures -eq 0 ] || { echo "cli_keys: $failures failures" >&2; exit 1; }

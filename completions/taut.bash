# SPDX-License-Identifier: ISC
#
# bash completion for taut(8). It does not need the package bash-completion.

# Names of tunnels that have a file. _taut_root is empty except in tests.
_taut_names()
{
	local file name
	for file in "${_taut_root-}"/etc/{taut,wireguard}/*.conf; do
		name=${file##*/}
		name=${name%.conf}
		[[ -e $file && $name =~ ^[a-zA-Z0-9_=+.-]{1,15}$ ]] && printf '%s\n' "$name"
	done
}

# Names of tunnels that `taut new` created and `taut accept` has yet to finish.
_taut_pending()
{
	local file name
	for file in "${_taut_root-}"/etc/taut/*.pair; do
		name=${file##*/}
		[[ -e $file ]] && printf '%s\n' "${name%.pair}"
	done
}

# Names of running tunnels: each has a control socket.
_taut_running()
{
	local file name
	for file in "${_taut_root-}"/run/wireguard/*.sock; do
		name=${file##*/}
		name=${name%.sock}
		[[ -e $file && $name =~ ^[a-zA-Z0-9_=+.-]{1,15}$ ]] && printf '%s\n' "$name"
	done
}

_taut_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X '!*.conf' -- "$1")
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$1")
}

_taut_words()
{
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$2" -- "$1")
}

_taut()
{
	local verbs='run up down reload status show events why wait check genkey pubkey
		genpsk new join accept export import help version'
	local options='--foreground --verbose --quiet --log-level --jail --aead --tun-vnet --tun-tso
		--tun-uso --tun-tcp-gro --tun-udp-gro --udp-gso --udp-gro --udp-rcvbuf --udp-sndbuf
		--tun-queue-len --tun-gso-segs --batch-bytes --help --version'
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local i verb='' given=0

	COMPREPLY=()
	# bash splits at =, so that "--log-level=x" is three words.
	[[ $word == = ]] && word=
	[[ $before == = && $COMP_CWORD -ge 2 ]] && before=${COMP_WORDS[COMP_CWORD-2]}
	case $before in
	--log-level) _taut_words "$word" 'silent error warn info debug'; return ;;
	--jail) _taut_words "$word" 'on log off'; return ;;
	--aead) _taut_words "$word" 'auto ipsec-mb openssl sodium'; return ;;
	--tun-queue-len|--tun-gso-segs|--batch-bytes|--udp-*buf) _taut_words "$word" auto; return ;;
	--tun-*|--udp-*) _taut_words "$word" 'auto on off'; return ;;
	--endpoint|--address|--peer|--allowed-ips|--timeout) return ;;
	--textfile) compopt -o default 2>/dev/null; return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--log-level|--jail|--aead|--tun-*|--udp-*|--batch-bytes|--endpoint|--address|--peer|\
		--allowed-ips|--timeout|--textfile) ((i++))
			[[ ${COMP_WORDS[i]} == = ]] && ((i++)) ;;
		-*) ;;
		*) if [[ -z $verb ]]; then verb=${COMP_WORDS[i]}; else ((given++)); fi ;;
		esac
	done
	case $verb in
	new) options='--listen --endpoint --address --psk --no-psk --start --force' ;;
	join) options='--listen --endpoint --start --force' ;;
	accept) options='--start --timeout' ;;
	export) options='--peer --new-peer --psk --endpoint --address --allowed-ips --wg-quick
		--qr' ;;
	import) options='--start --force' ;;
	why|events) options='--json' ;;
	status) options='--json --prometheus --textfile --watch' ;;
	show) options= ;;
	wait) options='--timeout' ;;
	esac
	if [[ $word == -* ]]; then
		case $verb in
		new|join|accept|export|import|why|wait|status|show|events) options+=' --quiet --help' ;;
		esac
		_taut_words "$word" "$options"
		return
	fi
	[[ $verb == show && $given == 1 ]] && _taut_words "$word" dump
	((given == 0)) || return
	case $verb in
	'') _taut_words "$word" "$verbs" ;;
	# A word with a slash is a file, any other a name.
	run|up|check)
		_taut_words "$word" "$(_taut_names)"
		[[ $word != */* ]] || _taut_files "$word" ;;
	export) _taut_words "$word" "$(_taut_names)" ;;
	accept) _taut_words "$word" "$(_taut_pending)" ;;
	import) _taut_files "$word" ;;
	show) _taut_words "$word" "$(_taut_running) all" ;;
	down|reload|status|events|why|wait) _taut_words "$word" "$(_taut_running)" ;;
	esac
}

complete -F _taut taut

# SPDX-License-Identifier: ISC
#
# fish completion for taut(8).

# Names of tunnels that have a file. _taut_root is empty except in tests.
function __taut_names
    for file in $_taut_root/etc/taut/*.conf $_taut_root/etc/wireguard/*.conf
        string replace -r '.*/(.*)\.conf$' '$1' -- $file
    end
end

# Names of tunnels that `taut new` created and `taut accept` has yet to finish.
function __taut_pending
    for file in $_taut_root/etc/taut/*.pair
        string replace -r '.*/(.*)\.pair$' '$1' -- $file
    end
end

# Names of running tunnels: each has a control socket.
function __taut_running
    for file in $_taut_root/run/wireguard/*.sock
        string replace -r '.*/(.*)\.sock$' '$1' -- $file
    end
end

# Words so far that are not options: the program, the verb, its arguments.
function __taut_words
    set -l skip 0
    for word in (commandline -opc)
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*=*' $word
            continue
        else if contains -- $word --log-level --jail --aead --batch-bytes --endpoint --address --peer \
                --allowed-ips --timeout; or string match -q -- '--tun-*' $word
            or string match -q -- '--udp-*' $word
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

function __taut_at_verb
    test (count (__taut_words)) = 1
end

# A word with a slash is a file, any other a name.
function __taut_at_file
    __taut_at_argument $argv; and string match -q -- '*/*' (commandline -ct)
end

# At the first argument of one of these verbs.
function __taut_at_argument
    set -l words (__taut_words)
    test (count $words) = 2; and contains -- $words[2] $argv
end

# The verb is one of these.
function __taut_verb
    set -l words (__taut_words)
    test (count $words) -ge 2; and contains -- $words[2] $argv
end

# The verb has no options of its own.
function __taut_plain
    not __taut_verb new join accept export import why wait status show events
end

complete -c taut -f
complete -c taut -n __taut_at_verb -a run -d 'run a tunnel in the foreground'
complete -c taut -n __taut_at_verb -a up -d 'start a tunnel in the background'
complete -c taut -n __taut_at_verb -a down -d 'stop it'
complete -c taut -n __taut_at_verb -a reload -d 'read its file again, keeping sessions'
complete -c taut -n __taut_at_verb -a status -d 'show it, or all running tunnels'
complete -c taut -n __taut_at_verb -a show -d 'the same; dump as wg show NAME dump'
complete -c taut -n __taut_at_verb -a events -d 'print what happens, as it happens'
complete -c taut -n __taut_at_verb -a why -d 'explain why it does not work, and what to do'
complete -c taut -n __taut_at_verb -a wait -d 'wait until it is up'
complete -c taut -n __taut_at_verb -a check -d 'look for mistakes in a file'
complete -c taut -n __taut_at_verb -a genkey -d 'print a new private key'
complete -c taut -n __taut_at_verb -a pubkey -d 'read a private key, print its public key'
complete -c taut -n __taut_at_verb -a genpsk -d 'print a new preshared key'
complete -c taut -n __taut_at_verb -a new -d 'create a tunnel, print a line for the other host'
complete -c taut -n __taut_at_verb -a join -d 'create its other end from that line'
complete -c taut -n __taut_at_verb -a accept -d 'finish, with the line that join printed'
complete -c taut -n __taut_at_verb -a export -d 'a file or QR code for a peer with wg-quick'
complete -c taut -n __taut_at_verb -a import -d 'copy a wg-quick file to /etc/taut'
complete -c taut -n __taut_at_verb -a help -d 'print a summary'
complete -c taut -n __taut_at_verb -a version -d 'print the version'
complete -c taut -n '__taut_at_file run up check' -F
complete -c taut -n '__taut_at_argument import' -F
complete -c taut -n '__taut_at_argument run up check export' -a '(__taut_names)' -d tunnel
complete -c taut -n '__taut_at_argument accept' -a '(__taut_pending)' -d tunnel
complete -c taut -n '__taut_at_argument down reload status show events why wait' -a '(__taut_running)' -d 'running tunnel'
set -l plain -c taut -n __taut_plain
complete $plain -s f -l foreground -d 'stay in the foreground'
complete $plain -s v -l verbose -d 'log more'
complete $plain -x -l log-level -a 'silent error warn info debug' -d 'how much to log'
complete $plain -x -l jail -a 'on log off' -d 'rights of the worker process'
complete $plain -x -l aead -a 'auto ipsec-mb openssl sodium' -d 'what encrypts'
for option in tun-vnet tun-tso tun-uso tun-tcp-gro tun-udp-gro udp-gso udp-gro
    complete $plain -x -l $option -a 'auto on off' -d offload
end
for option in udp-rcvbuf udp-sndbuf tun-queue-len tun-gso-segs batch-bytes
    complete $plain -x -l $option -a auto -d size
end
complete $plain -s V -l version -d 'print the version'
complete -c taut -s q -l quiet -d 'print errors only'
complete -c taut -s h -l help -d 'print a summary'
complete -c taut -n '__taut_verb new join' -l listen -d 'let the other host dial this one'
complete -c taut -n '__taut_verb new join export' -x -l endpoint -d 'where this host is dialled'
complete -c taut -n '__taut_verb new export' -x -l address -d 'address inside the tunnel'
complete -c taut -n '__taut_verb new export' -l psk -d 'with a preshared key, too'
complete -c taut -n '__taut_verb new' -l no-psk -d 'no preshared key'
complete -c taut -n '__taut_verb new join accept import' -l start -d 'start it now and at every boot'
complete -c taut -n '__taut_verb new join import' -l force -d 'replace existing files of that name'
complete -c taut -n '__taut_verb accept' -x -l timeout -d 'seconds, for the handshake'
complete -c taut -n '__taut_verb wait' -x -l timeout -d 'seconds, until it is given up'
complete -c taut -n '__taut_verb why status events' -l json -d 'as JSON'
complete -c taut -n '__taut_verb status' -l prometheus -d metrics
complete -c taut -n '__taut_verb status' -r -F -l textfile -d 'write metrics to a file'
complete -c taut -n '__taut_verb status' -l watch -d 'refresh every second'
complete -c taut -n '__taut_verb export' -x -l peer -d 'number or key'
complete -c taut -n '__taut_verb export' -l new-peer -d 'add a peer'
complete -c taut -n '__taut_verb export' -x -l allowed-ips -d 'what the peer sends here'
complete -c taut -n '__taut_verb export' -l wg-quick -d 'print a file'
complete -c taut -n '__taut_verb export' -l qr -d 'print a QR code'

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Two hosts and their admins: new, join, accept, export, import, in namespaces. For root.

Each host is a network namespace and a mount namespace with its own /etc, so the commands
are those that an admin types.
"""

import os
import re
import shutil
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "netns"))

import noise  # noqa: E402
import qrread  # noqa: E402
import runner  # noqa: E402
from host import GROUP, Host, KEY, line_of, refused, two_hosts  # noqa: E402
from lab import Failure, Result, check, equal, run, within  # noqa: E402
from runner import test  # noqa: E402
import t_crash  # noqa: E402,F401
import t_docs  # noqa: E402,F401

@test(timeout=120, slow=12)
def pair_four_commands_and_a_ping(lab):
    a, b = two_hosts(lab)
    made = a.taut("new", "wg0", "--listen")
    offer = line_of(made)
    check("next, on the other host: taut join wg0" in made.err, f"what next? {made.err}")
    joined = b.taut("join", "wg0", offer, "--start")
    check("next, back on the first host: taut accept wg0" in joined.err, joined.err)
    accepted = a.taut("accept", "wg0", line_of(joined), "--start")
    check("wg0 is up" in accepted.err, f"not up: {accepted.err}")
    equal(a.taut("status", "wg0").code, 0, "status")
    inside = b.addresses("wg0.conf")
    equal(len(inside), 2, "inner addresses")
    for host, there in ((a, inside), (b, a.addresses("wg0.conf"))):
        for address in there:
            equal(re.search(r"(\d) received", host.run(
                "ping", "-n", "-q", "-c", 3, "-i", "0.2", "-W", 2, address, ok=False).out)[1],
                "3", f"answers of {address}")
    for host in (a, b):
        equal(os.stat(os.path.dirname(host.file("x"))).st_mode & 0o777, 0o700, "folder")
        for name in ("wg0.conf", "wg0.key"):
            equal(host.rights(name), 0o600, f"rights of {name}")
        equal(sorted(os.listdir(os.path.dirname(host.file("x")))), ["wg0.conf", "wg0.key"],
              "files left")
        equal(host.value("wg0.conf", "PrivateKeyFile"), ["wg0.key"], "where the key is")
        check(not host.value("wg0.conf", "PrivateKey"), "the key in what the service reads")
        equal(host.taut("check", "wg0").code, 0, "check")
    # Each names the other after its host.
    name = os.uname().nodename
    name = name if re.fullmatch(r"[\w][\w.-]{0,62}", name) and name != "localhost" else "wg0"
    for host in (a, b):
        check(f"[Peer]\n# friendly_name = {name}\n" in host.text("wg0.conf"), "no name of the peer")
        check(f"\n  name: {name}\n" in host.taut("status", "wg0").out, "no name in the status")
        check(f'friendly_name="{name}"' in host.taut("status", "--prometheus", "wg0").out, "label")
    # No private key was in the lines copied between the hosts.
    keys = {h: h.key("wg0") for h in (a, b)}
    check(keys[a] != keys[b], "one key for both")
    equal(a.run(lab.program, "pubkey", input=keys[a]).out.strip(),
          b.value("wg0.conf", "PublicKey")[0], "a's key at b")
    for host in (a, b):
        host.taut("down", "wg0")


@test(timeout=120, slow=12)
def pair_with_a_preshared_key_by_standard_input(lab):
    a, b = two_hosts(lab)
    made = a.taut("new", "wg0", "--listen", "51999", "--psk", "--start", "--address",
                  "10.66.0.1/24")
    check("secret" in made.err, "not told that the line is a secret")
    refused(b.taut("join", "wg0", made.out.strip(), ok=False), "preshared key", "standard input")
    check(not os.path.exists(b.file("wg0.conf")), "a file out of a refused line")
    broken = made.out.strip()[:60] + "\n  " + made.out.strip()[60:] + "\n"
    joined = b.taut("join", "site-a", "-", "--start", input=broken)
    done = a.taut("accept", "wg0", input=line_of(joined))        # it is running: no --start needed
    check("wg0 is up" in done.err, done.err)
    equal(a.psk("wg0"), b.psk("site-a"), "keys")
    peer = a.value("wg0.conf", "PublicKey")[0].translate(str.maketrans("+/", "-_", "="))
    equal(a.value("wg0.conf", "PresharedKeyFile"), ["wg0.psk/" + peer], "its file")
    equal(os.listdir(a.file("wg0.psk")), [peer], "files of preshared keys")
    equal(b.value("site-a.conf", "Endpoint"), ["192.168.1.1:51999"], "endpoint")
    equal(b.value("site-a.conf", "Address"), ["10.66.0.2/32"], "address")
    check(a.psk("wg0") not in joined.out + done.err, "the key in the answer")
    check("preshared key: " + a.psk("wg0") in a.taut("status", env={"WG_HIDE_KEYS": "never"}).out,
          "it runs without the key")
    again = a.taut("accept", "wg0", line_of(joined))
    check("wg0 is up" in again.err and a.text("wg0.conf").count("[Peer]") == 1, "not idempotent")
    a.taut("down", "wg0")
    b.taut("down", "site-a")


@test(timeout=120, slow=12)
def pair_where_the_second_host_is_dialled(lab):
    a, b = two_hosts(lab)
    made = a.taut("new", "wg0", "--start")
    refused(b.taut("join", "wg0", line_of(made), ok=False), "does not listen", "--listen")
    joined = b.taut("join", "wg0", line_of(made), "--listen", "--start")
    done = a.taut("accept", "wg0", line_of(joined))
    check("wg0 is up" in done.err, done.err)
    equal(a.value("wg0.conf", "Endpoint"), ["192.168.1.2:51820"], "endpoint")
    equal(b.value("wg0.conf", "Endpoint"), [], "endpoint of who does not listen")
    a.taut("down", "wg0")
    b.taut("down", "wg0")


@test(timeout=60)
def pair_where_one_host_has_no_ipv6(lab):
    """Addresses of both families are chosen; a host that lacks a family does without it."""
    a, b = two_hosts(lab)
    for scope in ("all", "default"):
        b.ns.sysctl(f"ipv6/conf/{scope}/disable_ipv6", 1)
    joined = b.taut("join", "wg0", line_of(a.taut("new", "wg0", "--listen")), "--start")
    done = a.taut("accept", "wg0", line_of(joined), "--start")
    check("wg0 is up" in done.err, done.err)
    a.ns.must_ping(b.addresses("wg0.conf")[0], 3, interval=0.2)
    made = b.taut("new", "wg1", "--listen", "--start")       # and as the first one
    joined = a.taut("join", "wg1", line_of(made), "--start")
    done = b.taut("accept", "wg1", line_of(joined))
    check("wg1 is up" in done.err, done.err)
    for host in (a, b):
        for name in ("wg0", "wg1"):
            host.taut("down", name)


@test(timeout=60)
def pair_wrong_lines_are_named(lab):
    a, b = two_hosts(lab)
    offer = line_of(a.taut("new", "wg0", "--listen"))

    def join(line, *words):
        refused(b.taut("join", "wg0", line, ok=False), *words)
        check(not os.path.exists(b.file("wg0.conf")), "a file out of a wrong line")

    join(offer[:-9], "the end is missing")
    join(offer[:40], "the end is missing")
    join(offer + "AA", "too long")
    join(offer.replace("taut-pair", "taut-pear"), "does not begin with")
    join(offer[:50] + ("A" if offer[50] != "A" else "B") + offer[51:], "checksum")
    join(offer[:50] + "!" + offer[51:], "character 51, '!'")
    join("taut-pair:Ag" + offer[12:], "version is 2", "newer")
    refused(b.taut("join", "wg0", "-", input="", ok=False), "standard input is empty")
    refused(a.taut("join", "wg1", offer, ok=False), "own line", "wg0")
    refused(a.taut("accept", "wg0", offer, ok=False), "own line", "taut join")
    answer = line_of(b.taut("join", "wg0", offer))
    refused(b.taut("join", "wg1", answer, ok=False), "taut accept")
    refused(b.taut("accept", "wg0", offer, ok=False), "taut join")
    refused(b.taut("accept", "wg0", answer, ok=False), "own line")
    refused(b.taut("accept", "wg9", answer, ok=False), "taut new wg9")
    before = a.text("wg0.conf")
    # An answer to it, but with the way to the other host inside of the tunnel.
    for host in (a, b):
        loop = line_of(b.taut("join", "wg0", offer, "--force", "--endpoint",
                              host.addresses("wg0.conf")[0]))
        refused(a.taut("accept", "wg0", loop, ok=False), "inside of this tunnel", "--endpoint")
    a.taut("new", "other", "--listen", "--force")
    refused(a.taut("accept", "other", answer, ok=False), "answers a line other than")
    equal(a.text("wg0.conf"), before, "file after refusals")
    line_of(a.taut("new", "wg0", "--listen", "--force"))
    refused(a.taut("accept", "wg0", answer, ok=False), "answers a line other than")


@test(timeout=60)
def pair_never_writes_over_a_file(lab):
    a, b = two_hosts(lab)
    line_of(a.taut("new", "wg0", "--listen"))
    before = a.text("wg0.conf")
    refused(a.taut("new", "wg0", "--listen", ok=False), "already exists", "--force")
    equal(a.text("wg0.conf"), before, "file")
    offer = line_of(a.taut("new", "wg0", "--listen", "--force"))
    check(a.text("wg0.conf") != before, "not replaced")
    b.taut("join", "wg0", offer)
    before = b.text("wg0.conf")
    refused(b.taut("join", "wg0", offer, ok=False), "already exists", "--force")
    refused(b.taut("import", a.file("wg0.conf"), ok=False), "already exists")
    equal(b.text("wg0.conf"), before, "file")
    target = b.put(os.path.join(b.etc, "target"), "not to be touched")
    os.symlink(target, b.file("link.conf"))
    refused(b.taut("new", "link", "--listen", ok=False), "already exists")
    with open(target, encoding="ascii") as file:
        equal(file.read(), "not to be touched", "what the link points to")
    # A umask that is too strict for root, or too lax, changes nothing.
    for umask in ("000", "777"):
        b.run("sh", "-c", f"umask {umask}; '{lab.program}' new m{umask} --listen")
        for suffix in ("conf", "key", "pair"):
            equal(b.rights(f"m{umask}.{suffix}"), 0o600, "rights")
        b.run("mv", "/etc/taut", f"/etc/taut{umask}")
        b.run("sh", "-c", f"umask {umask}; '{lab.program}' new m{umask} --listen")
        check(b.rights("") in (0o700, 0o750), f"rights of the folder: {b.rights(''):o}")
    os.chmod(os.path.dirname(b.file("x")), 0o777)
    refused(b.taut("new", "open", "--listen", ok=False), "chmod 700")


@test(timeout=60)
def pair_addresses_and_ports_are_free_ones(lab):
    a, b = two_hosts(lab)
    # All of 10/8 except one /31 is in use: random tries do not find it, so 10/8 is skipped.
    a.ns.ip("route add 10.0.0.0/8 dev e1")
    line_of(a.taut("new", "wg0", "--listen"))
    v4, v6 = a.value("wg0.conf", "Address")[0].split(", ")
    check(v4.startswith("172.") and v4.endswith("/31") and v6.startswith("fd")
          and v6.endswith("::1/64"), f"addresses {v4} {v6}")
    equal(a.value("wg0.conf", "ListenPort"), ["51820"], "port")
    line_of(a.taut("new", "wg1", "--listen"))
    equal(a.value("wg1.conf", "ListenPort"), ["51821"], "port beside that of a file")
    lab.udp(a.ns, "192.168.1.1", 51822)
    offer = line_of(a.taut("new", "wg2", "--listen"))
    equal(a.value("wg2.conf", "ListenPort"), ["51823"], "port beside that of a socket")
    b.ns.ip("route add 172.16.0.0/12 dev e1")
    refused(b.taut("join", "wg2", offer, ok=False), "overlaps with 172.16.0.0/12", "--address")
    told = a.taut("new", "wg3", "--listen", "--address", "10.7.0.1/24,fd07::5/64")
    check("10.7.0.1/24 overlaps with 10.0.0.0/8" in told.err, told.err)
    equal(a.value("wg3.conf", "Address"), ["10.7.0.1/24, fd07::5/64"], "address")
    for address in ("10.7.0.1", "10.7.0.1/33", "10.7.0.1/32", "10.7.0.1/24,10.8.0.1/24", "x",
                    "2000::1/3", "", "10.7.0.1/15", "fd07::1/47", "169.254.7.1/24", "224.7.0.1/24",
                    "::ffff:10.7.0.1/120"):
        refused(a.taut("new", "wg4", "--listen", "--address", address, ok=False), code=2)
    for port in ("0", "65536"):
        refused(a.taut("new", "wg4", "--listen", port, ok=False), "is not a port", code=2)
    for host in ("", "a b", "x:0", "x:65536", "2001:db8::1]:4", "a\nPostUp = true", "localhost",
                 "127.0.0.1", "127.1", "[fe80::1]:4", "224.0.0.1:4"):
        refused(a.taut("new", "wg4", "--endpoint", host, ok=False), "--endpoint", code=2)
    refused(a.taut("new", "a/b", "--listen", ok=False), code=2)
    refused(a.taut("new", "wg4", "wg5", ok=False), code=2)
    check(not os.path.exists(a.file("wg4.conf")), "a file of a refused command")


@test(timeout=60)
def pair_endpoints_are_offered_and_chosen(lab):
    a, b = two_hosts(lab)
    # A public address without a route from b, one with a route, and ours on the wire.
    a.ns.ip("addr add 203.0.113.1/24 dev e1", "addr add 2001:db8::1/64 dev e1 nodad")
    offer = line_of(a.taut("new", "wg0", "--listen"))
    b.taut("join", "wg0", offer)
    equal(b.value("wg0.conf", "Endpoint"), ["192.168.1.1:51820"], "where there is a way")
    check("#Endpoint = 203.0.113.1:51820\n" in b.text("wg0.conf"), "the others are not told")
    b.ns.ip("route add 2001:db8::/64 dev e1")
    b.taut("join", "wg0", offer, "--force")
    equal(b.value("wg0.conf", "Endpoint"), ["[2001:db8::1]:51820"], "public before private")
    named = line_of(a.taut("new", "wg1", "--endpoint", "vpn.example.org"))
    b.taut("join", "wg1", named)
    equal(b.value("wg1.conf", "Endpoint"), ["vpn.example.org:51821"], "by name")
    lonely = lab.namespace("c")
    done = lonely.run("unshare", "--mount", "sh", "-c",
                      f"mount --make-rprivate /; mount --bind {a.etc}/etc /etc; "
                      f"exec '{lab.program}' new wg7 --listen", ok=False)
    refused(done, "no address", "--endpoint HOST")


@test(timeout=120, slow=6)
def pair_start_goes_through_systemd_where_it_runs(lab):
    a, b = two_hosts(lab, systemd=True)
    offer = line_of(a.taut("new", "wg0", "--listen", "--start"))
    joined = b.taut("join", "wg0", offer, "--start")
    done = a.taut("accept", "wg0", line_of(joined), "--start")
    check("wg0 is up" in done.err, done.err)
    equal(a.told(), ["--quiet enable --now taut@wg0.service", "--quiet enable taut@wg0.service"], "a")
    equal(b.told(), ["--quiet enable --now taut@wg0.service"], "b")
    # A service receives its key at start: with a new key it is restarted.
    again = b.taut("join", "wg0", line_of(a.taut("new", "wg0", "--listen", "--force")), "--force")
    check("previous file; next, on this host: systemctl restart taut@wg0" in again.err,
          again.err)
    b.taut("reload", "wg0")
    done = a.taut("accept", "wg0", line_of(again))
    check("wg0 is up" in done.err, done.err)
    equal(a.told()[-2:], ["--quiet is-active taut@wg0.service", "--quiet restart taut@wg0.service"],
          "a service with an old key")
    equal(b.told()[1:], ["--quiet is-active taut@wg0.service"], "b has changed nothing")
    hint = b.taut("import", "-", "other", input=b.text("wg0.conf").replace(
        "PrivateKeyFile = wg0.key", "PrivateKey = " + b.key("wg0")))
    check("systemctl enable --now taut@other" in hint.err, hint.err)
    a.taut("down", "wg0")
    b.taut("down", "wg0")
    b.taut("new", "a+b", "--listen", "--start")
    equal(b.told()[-1:], [r"--quiet enable --now taut@a\x2bb.service"], "a name that must be escaped")
    hint = b.taut("import", "-", "c+d", input=b.text("wg0.conf").replace(
        "PrivateKeyFile = wg0.key", "PrivateKey = " + b.key("wg0")))
    check(r"systemctl enable --now 'taut@c\x2bd'" in hint.err, hint.err)
    b.taut("down", "a+b")
    # systemd fails: the line is still printed, and the exit status reports the failure.
    b.put(os.path.join(b.etc, "systemctl"), "#!/bin/sh\nexit 1\n", 0o755)
    failed = b.taut("new", "wg9", "--listen", "--start", ok=False)
    equal(failed.code, 1, "status when systemctl fails")
    line_of(Result(0, failed.out, ""))
    check("journalctl -u taut@wg9.service" in failed.err, failed.err)


@test(timeout=60)
def pair_accept_tells_what_is_known_when_nothing_comes(lab):
    a, b = two_hosts(lab)
    offer = line_of(a.taut("new", "wg0", "--listen"))
    answer = line_of(b.taut("join", "wg0", offer))          # and it is not started
    done = a.taut("accept", "wg0", answer, "--start", "--timeout", "1", ok=False)
    refused(done, "no handshake within 1 seconds", "51820", "on this host: taut why wg0; and on the other host: taut why wg0")
    a.taut("down", "wg0")


@test(timeout=90, needs=["wg-quick"], slow=8)
def export_to_a_host_with_wg_quick(lab):
    """wg-quick with another implementation accepts the file of a new peer unchanged."""
    a, b = two_hosts(lab)
    a.taut("new", "wg0", "--listen", "--address", "10.66.0.1/24,fd66::1/64", "--start")
    told = a.taut("export", "wg0", "--new-peer", "--psk", "--wg-quick")
    check("private key" in told.err and "keeps no copy" in told.err, told.err)
    check("taut reload wg0" in told.err, told.err)
    text = told.out
    for line in ("Address = 10.66.0.2/24, fd66::2/64", "AllowedIPs = 10.66.0.0/24, fd66::/64",
                 "Endpoint = 192.168.1.1:51820", "PersistentKeepalive = 25"):
        check(line + "\n" in text, f"no {line!r} in {text}")
    private = re.search(rf"^PrivateKey = ({KEY})$", text, re.M)[1]
    check(private not in a.text("wg0.conf"), "the private key was kept")
    equal(a.run(lab.program, "pubkey", input=private).out.strip(),
          a.value("wg0.conf", "PublicKey")[0], "public key")
    equal(a.value("wg0.conf", "AllowedIPs"), ["10.66.0.2/32, fd66::2/128"], "its addresses")
    a.taut("reload", "wg0")
    b.put(b.file("wgq.conf", "wireguard"), text)
    go = "wireguard-go" if b.run("sh", "-c", "command -v wireguard-go", ok=False).code == 0 \
        else lab.program
    b.run("wg-quick", "up", "wgq", env={"WG_QUICK_USERSPACE_IMPLEMENTATION": go})
    for address in ("10.66.0.1", "fd66::1"):
        check("1 received" in b.run("ping", "-n", "-q", "-c", 1, "-W", 5, address, ok=False).out,
              f"no ping to {address} through {go}")
    b.run("wg-quick", "down", "wgq")
    second = a.taut("export", "wg0", "--new-peer").out
    check("Address = 10.66.0.3/24, fd66::3/64\n" in second, second)
    a.taut("down", "wg0")


@test(timeout=60)
def export_of_a_known_peer_has_no_private_key(lab):
    a, b = two_hosts(lab)
    joined = b.taut("join", "wg0", line_of(a.taut("new", "wg0", "--listen")))
    a.taut("accept", "wg0", line_of(joined))
    text = a.taut("export", "wg0").out
    check(not re.search(r"^PrivateKey", text, re.M), "a private key that nobody has here")
    check(a.key("wg0") not in text, "our own private key")
    # With its own key inserted, it is b's file again.
    text = text.replace("#PrivateKey = ", "PrivateKey = " + b.key("wg0"))
    b.put(b.file("back.conf"), text)
    b.taut("check", "back")
    for key in ("PublicKey", "Endpoint"):
        equal(b.value("back.conf", key), b.value("wg0.conf", key), key)
    equal(b.addresses("back.conf"), b.addresses("wg0.conf"), "addresses")
    by_key = a.taut("export", "wg0", "--peer", a.value("wg0.conf", "PublicKey")[0]).out
    equal(by_key, a.taut("export", "wg0", "--peer", "1").out, "the same peer")
    name = re.search("# friendly_name = (.*)", a.text("wg0.conf"))[1]
    equal(by_key, a.taut("export", "wg0", "--peer", name).out, "the same peer by name")
    refused(a.taut("export", "wg0", "--peer", "2", ok=False), "no peer '2'")
    refused(a.taut("export", "wg0", "--peer", "nobody", ok=False), "no peer 'nobody'")
    refused(a.taut("export", "wg0", "--peer", "0", ok=False), "no peer '0'")
    refused(a.taut("export", "wg0", "--qr", ok=False), "--new-peer", code=2)
    before = a.text("wg0.conf")
    # The IPv4 network is a /31 and full; the /64 has room.
    full = a.taut("export", "wg0", "--new-peer", "--endpoint", "[2001:db8::7]:4", "--allowed-ips",
                  "0.0.0.0/0, ::/0").out
    check(re.search(r"^Address = fd[0-9a-f:]*::3/64$", full, re.M), full)
    check("Endpoint = [2001:db8::7]:4\n" in full and "AllowedIPs = 0.0.0.0/0, ::/0\n" in full, full)
    check(a.text("wg0.conf").startswith(before), "the file was not only added to")
    refused(a.taut("export", "wg0", ok=False), "has 2 peers", "--peer")


@test(timeout=60)
def export_as_a_code_for_a_phone(lab):
    a, _ = two_hosts(lab)
    a.taut("new", "wg0", "--listen", "--address", "10.66.0.1/24")
    before = a.text("wg0.conf")
    done = a.taut("export", "wg0", "--new-peer", "--qr", ok=False, env={"NO_COLOR": "1"})
    if done.code:
        refused(done, "without libqrencode", "--wg-quick")
        equal(a.text("wg0.conf"), before, "a peer without its code")
        return
    text = qrread.read(done.out)
    check(text.startswith("[Interface]\nPrivateKey = "), f"read {text!r}")
    private = re.search(rf"^PrivateKey = ({KEY})$", text, re.M)[1]
    equal(a.run(lab.program, "pubkey", input=private).out.strip(),
          a.value("wg0.conf", "PublicKey")[0], "public key")
    check("Endpoint = 192.168.1.1:51820\n" in text, text)
    coloured = a.taut("export", "wg0", "--new-peer", "--qr", env={"WG_COLOR_MODE": "always"}).out
    check("\033[38;5;231;48;5;16m" in coloured, "no colours")
    check("Address = 10.66.0.3/24\n" in qrread.read(re.sub("\033\\[[0-9;]*m", "", coloured)),
          "the code in colours")


@test(timeout=60)
def a_word_with_a_file_is_an_interface(lab):
    """For scripts written for wireguard-go; without a file it is an error."""
    host = Host(lab, "a")
    refused(host.taut("lan7", ok=False), "there is no verb 'lan7'", "taut up lan7", code=2)
    for folder, name in (("wireguard", "lan7"), ("taut", "list")):
        os.makedirs(os.path.dirname(host.file("x", folder)), 0o750, exist_ok=True)
        host.put(host.file(name + ".conf", folder), "[Interface]\nListenPort = 7\n")
        host.taut(name)
        check(name in host.ns.links(), f"no interface {name}")
        host.taut("down", name)
    refused(host.taut("stop", ok=False), "did you mean 'down'?", code=2)
    equal(host.ns.links(), ["lo"], "links afterwards")


@test(timeout=60)
def import_takes_a_file_over(lab):
    a, b = two_hosts(lab)
    joined = b.taut("join", "wg0", line_of(a.taut("new", "wg0", "--listen")))
    a.taut("accept", "wg0", line_of(joined))
    private = b.key("wg0")
    ours = b.text("wg0.conf") + "# a comment stays\n"
    text = ours.replace("PrivateKeyFile = wg0.key", f"PrivateKey = {private} # old")
    old = b.put(b.file("corp.conf", "wireguard"), text.replace(
        "Address", "PostUp = echo %i\nSaveConfig = true\nAddress"), 0o644)
    done = b.taut("import", old)
    for name in ("corp.conf", "corp.key"):
        equal(b.rights(name), 0o600, f"rights of {name}")
    equal(b.key("corp"), private, "the key")
    with open(old, encoding="ascii") as file:
        equal(b.text("corp.conf"), file.read().replace(
            f"PrivateKey = {private} #", "PrivateKeyFile = corp.key #"), "the copy")
    for word in ("SaveConfig", "will run as root: PostUp = echo %i", "wg-quick down corp",
                 "the private key to /etc/taut/corp.key", "next, on this host:"):
        check(word in done.err, f"{word!r} is not in {done.err!r}")
    b.taut("check", "corp")
    b.taut("import", old, "mine", "--quiet")
    equal(b.text("mine.conf"), b.text("corp.conf").replace("corp.key", "mine.key"),
          "under another name")
    bad = b.put(os.path.join(b.etc, "bad.conf"), text.replace("PublicKey = ", "PublicKey = x")
                .replace("AllowedIPs", "AlowedIPs"))
    refused(b.taut("import", bad, ok=False), "did you mean", "2 errors")
    example = text.replace(private, "put/your/own/private/key/here/////////////0=")
    refused(b.taut("import", "-", "bad", input=example, ok=False), "placeholder", "taut genkey")
    twice = text.replace("Address", f"PrivateKey = {private}\nAddress")
    refused(b.taut("import", "-", "bad", input=twice, ok=False), "private key more than once")
    for name in ("bad.conf", "bad.key"):
        check(not os.path.exists(b.file(name)), "a bad file was taken over")
    refused(b.taut("import", "/nowhere/x.conf", ok=False), "No such file")
    refused(b.taut("import", "-", input=text, ok=False), "NAME", code=2)
    odd = b.put(os.path.join(b.etc, "my tunnel.conf"), text)
    refused(b.taut("import", odd, ok=False), "NAME", code=2)
    refused(b.taut("import", "-", "empty", input="", ok=False), "is empty")
    key = b.put(os.path.join(b.etc, "k.key"), private + "\n")
    named = b.put(os.path.join(b.etc, "keyed.conf"),
                  re.sub("PrivateKey = .*", "PrivateKeyFile = k.key\r", text))
    b.taut("import", named)
    equal(b.key("keyed"), private, "a key of a file")
    equal(b.value("keyed.conf", "PrivateKeyFile"), ["keyed.key"], "its place")
    check(os.path.exists(key), "the key file is gone")
    # The user is told what will run before it runs.
    done = b.taut("import", "-", "hooked", "--start", input=text.replace(
        "Address", "PostUp = echo it ran >&2; false\nAddress"), ok=False)
    check(done.err.index("will run as root: PostUp") < done.err.index("it ran\n"), done.err)


@test(timeout=60)
def import_takes_what_wg_accepts(lab):
    """One key twice, our own; but a key that only a hook knows stays with the hook."""
    _, b = two_hosts(lab)
    private, peer = (noise.private() for _ in range(2))
    public, own = noise.b64(noise.public(peer)), noise.b64(noise.public(private))
    text = (f"[Interface]\nPrivateKey = {noise.b64(private)}\nAddress = 10.9.0.1/255.255.255.0\n"
            f"[Peer]\nPublicKey = {public}\nAllowedIPs = 10.9.0.2\n"
            f"[Peer]\nPublicKey = {own}\nAllowedIPs = 10.9.0.1\n"
            f"[Peer]\nPublicKey = {public}\nAllowedIPs = 10.9.0.3\n")
    done = b.taut("import", "-", "odd", input=text)
    for word in ("taken as 10.9.0.1/24", "already in line 5", "your own public key"):
        check(word in done.err, f"{word!r} is not in {done.err!r}")
    equal(b.text("odd.conf").replace("PrivateKeyFile = odd.key",
                                     f"PrivateKey = {noise.b64(private)}"), text, "the copy")
    b.taut("check", "odd")
    keyless = re.sub("PrivateKey = .*", "PostUp = wg set %i private-key <(pass it)", text)
    refused(b.taut("import", "-", "none", input=keyless, ok=False), "none to import", "by hand")
    for name in ("none.conf", "none.key"):
        check(not os.path.exists(b.file(name)), f"{name} was written")


@test(timeout=60)
def pair_writes_what_the_service_may_read(lab):
    """If its group exists: the file for the group, keys for root only; edited files keep modes."""
    a, b = two_hosts(lab)
    for host in (a, b):
        host.add_group()
    offer = line_of(a.taut("new", "wg0", "--listen", "--psk"))
    rights = {}

    def look(host):
        path = os.path.dirname(host.file("x"))
        names = [os.path.relpath(os.path.join(top, name), path)
                 for top, folders, files in os.walk(path) for name in folders + files]
        for name in ["."] + sorted(names):
            st = os.stat(os.path.join(path, name))
            name = re.sub(r"/[\w-]{43}$", "/PEER", name)
            rights[name] = f"{st.st_mode & 0o777:o} {st.st_uid} {st.st_gid}"
        return rights
    equal(look(a), {".": f"750 0 {GROUP}", "wg0.conf": f"640 0 {GROUP}", "wg0.key": "600 0 0",
                    "wg0.pair": "600 0 0"}, "rights after new")
    answer = line_of(b.taut("join", "wg0", "-", input=offer))
    rights = {}
    equal(look(b), {".": f"750 0 {GROUP}", "wg0.conf": f"640 0 {GROUP}", "wg0.key": "600 0 0",
                    "wg0.psk": "700 0 0", "wg0.psk/PEER": "600 0 0"}, "rights after join")
    check("other than its owner" not in b.taut("check", "wg0").err, "a warning about its own rights")
    os.chmod(a.file("wg0.conf"), 0o600)
    a.taut("accept", "wg0", answer)
    rights = {}
    equal(look(a), {".": f"750 0 {GROUP}", "wg0.conf": f"600 0 {GROUP}", "wg0.key": "600 0 0",
                    "wg0.psk": "700 0 0", "wg0.psk/PEER": "600 0 0"}, "rights after accept")


@test(timeout=60)
def pair_keeps_each_preshared_key_in_a_file_of_its_own(lab):
    """Of each peer; an old one goes with its tunnel; what is in the way is named, and stays."""
    a, b = two_hosts(lab)
    a.taut("new", "wg0", "--listen", "--address", "10.66.0.1/24")
    given = [a.taut("export", "wg0", "--new-peer", "--psk").out for _ in range(2)]
    inline = a.taut("export", "wg0", "--new-peer").out
    check("PresharedKey" not in inline, "a preshared key that nobody wanted")
    files = a.value("wg0.conf", "PresharedKeyFile")
    equal((len(set(files)), a.value("wg0.conf", "PresharedKey")), (2, []), "files, keys in the text")
    for text, file in zip(given, files):
        equal(re.findall(rf"^PresharedKey = ({KEY})$", text, re.M), [a.text(file).strip()], file)
        equal(a.rights(file), 0o600, f"rights of {file}")
    # An existing peer is exported with the key, too.
    equal(a.taut("export", "wg0", "--peer", "2").out.split("PresharedKey = ")[1][:44],
          a.text(files[1]).strip(), "the key of a known peer")
    a.taut("up", "wg0")
    shown = a.run("wg", "show", "wg0", "preshared-keys").out
    equal([line.split("\t")[1] for line in shown.splitlines()],
          [a.text(file).strip() for file in files] + ["(none)"], "keys of the running tunnel")
    a.taut("down", "wg0")
    # A file that others may read is refused.
    os.chmod(a.file(files[0]), 0o640)
    refused(a.taut("check", "wg0", ok=False), "users other than its owner", files[0])
    os.chmod(a.file(files[0]), 0o600)
    # What a killed command left in there is swept, and nothing else.
    folder = a.file("wg0.psk")
    for name in (".x.4000000", ".y", "z.1"):
        a.put(os.path.join(folder, name), "left")
    a.taut("export", "wg0", "--new-peer", "--psk")
    left = set(os.listdir(folder))
    check(".x.4000000" not in left and {".y", "z.1"} < left and len(left) == 5, f"left: {left}")
    # A new tunnel of that name has other keys.
    offer = a.taut("new", "wg0", "--listen", "--force", "--psk").out
    check(not os.path.exists(folder), "keys of the old tunnel")
    joined = b.taut("join", "wg0", "-", input=offer)
    again = b.taut("join", "wg0", "-", "--force", input=offer)
    equal(os.listdir(b.file("wg0.psk")), [b.value("wg0.conf", "PresharedKeyFile")[0][8:]], "b's")
    check(joined.out != again.out, "the same key")
    # A file of that name was made by hand: no half-written tunnel.
    a.put(folder, "by hand")
    before = a.text("wg0.conf")
    done = a.taut("accept", "wg0", again.out.strip(), ok=False)
    refused(done, "/etc/taut/wg0.psk/", "Not a directory", "nothing was changed")
    equal((a.text("wg0.conf"), a.text("wg0.psk")), (before, "by hand"), "files")
    os.unlink(folder)
    a.taut("accept", "wg0", again.out.strip())
    equal(a.psk("wg0"), b.psk("wg0"), "the key of both")


@test(timeout=60)
def pair_restarts_a_service_for_a_preshared_key(lab):
    """A service gets its credentials when it starts; without a new one it is only reloaded."""
    a, b = two_hosts(lab, systemd=True)
    for name, more in (("wg0", ["--psk"]), ("wg1", [])):
        offer = a.taut("new", name, "--listen", "--start", *more).out
        joined = b.taut("join", name, "-", "--start", input=offer)
        a.taut("accept", name, line_of(joined))
        told = [line for line in a.told() if name in line]
        equal(any("restart" in line for line in told), bool(more), f"restart: {told}")
        added = a.taut("export", name, "--new-peer", "--address", "10.99.0.7/32", *more)
        again = f"systemctl restart taut@{name}" if more else f"taut reload {name}"
        check(f"next, on this host: {again};" in added.err, added.err)
    for host in (a, b):
        host.taut("down", "wg0")
        host.taut("down", "wg1")


@test(timeout=60)
def pair_leaves_nothing_half_done(lab):
    """A full disk, an existing key, a read-only folder: everything stays as it was."""
    a, b = two_hosts(lab)
    os.mkdir(b.file(""), 0o700)
    b.put(b.file("wg0.key"), "precious")
    refused(b.taut("new", "wg0", "--listen", ok=False), "/etc/taut/wg0.key already exists")
    equal((b.text("wg0.key"), os.listdir(b.file(""))), ("precious", ["wg0.key"]), "files")
    # Left behind by a killed command; and files that only look like it.
    for name in (".wg9.key.4711", ".wg9.conf.4711", ".wg9.pair.4711", ".wg9.key.bak", "wg9.key.1"):
        b.put(b.file(name), "of yesterday")
    b.taut("new", "wg8")
    equal(sorted(os.listdir(b.file(""))), [".wg9.key.bak", "wg0.key", "wg8.conf", "wg8.key",
                                           "wg8.pair", "wg9.key.1"], "files swept")
    os.mkdir(a.file(""), 0o700)
    a.run("mount", "-t", "tmpfs", "-o", "size=8k,mode=700", "none", "/etc/taut")

    def files():
        return a.run("ls", "-A", "/etc/taut").out.split()
    offer = b.taut("new", "wg1", "--listen").out.strip()
    refused(a.taut("new", "wg0", "--listen", ok=False), "No space left", "nothing was changed")
    equal(files(), [], "files on a full disk")
    a.taut("join", "wg0", offer)
    equal(files(), ["wg0.conf", "wg0.key"], "two files fit")
    before = a.run("cat", "/etc/taut/wg0.conf", "/etc/taut/wg0.key").out
    refused(a.taut("join", "wg0", offer, "--force", ok=False), "No space left")
    equal(files(), ["wg0.conf", "wg0.key"], "files on a full disk")
    equal(a.run("cat", "/etc/taut/wg0.conf", "/etc/taut/wg0.key").out, before, "their contents")
    a.run("mount", "-o", "remount,ro", "/etc/taut")
    refused(a.taut("new", "wg2", "--listen", ok=False), "Read-only")


@test(timeout=60)
def pair_replaces_all_or_nothing(lab):
    """The second of two files cannot be replaced: the first one is restored, too."""
    a, b = two_hosts(lab)
    offer = a.taut("new", "wg0", "--listen").out
    b.taut("join", "wg0", offer.strip())
    for host, argv in ((a, ("new", "wg0", "--listen")), (b, ("join", "wg0", offer.strip()))):
        def state():
            return {name: host.text(name) for name in sorted(os.listdir(host.file("")))}
        before = state()
        host.run("mount", "--bind", "/etc/taut/wg0.conf", "/etc/taut/wg0.conf")
        refused(host.taut(*argv, "--force", ok=False), "wg0.conf", "nothing was changed")
        equal(state(), before, "files")
        host.run("umount", "/etc/taut/wg0.conf")
        host.taut(*argv, "--force")
        check(state()["wg0.key"] != before["wg0.key"], "not replaced")
        equal(sorted(state()), sorted(before), "files left")
        os.unlink(host.file("wg0.conf"))
        os.mkdir(host.file("wg0.conf"))
        key = host.key("wg0")
        refused(host.taut(*argv, "--force", ok=False), "Is a directory")
        equal(host.key("wg0"), key, "key")
        os.rmdir(host.file("wg0.conf"))


@test(timeout=60)
def pair_says_when_its_line_is_lost(lab):
    a, b = two_hosts(lab)
    offer = a.taut("new", "wg0", "--listen").out.strip()
    for host, command in ((a, "new wg1"), (b, f"join wg0 {offer}")):
        done = host.run("sh", "-c", f"'{lab.program}' {command} >/dev/full", ok=False)
        refused(done, "could not print its line", "--force")


@test(timeout=60)
def pair_adds_peers_to_its_own_files_only(lab):
    a, b = two_hosts(lab)
    offer = a.taut("new", "wg0", "--listen", "--psk", "--address", "10.66.0.1/24").out
    answer = b.taut("join", "wg0", "-", input=offer).out.strip()
    # A file that is kept elsewhere, with a link to it here.
    kept = os.path.join(a.etc, "etc", "kept")
    os.rename(a.file("wg0.conf"), kept)
    os.symlink("/etc/kept", a.file("wg0.conf"))
    before = a.text("kept", ".")
    for argv in (("accept", "wg0", answer), ("export", "wg0", "--new-peer")):
        done = a.taut(*argv, ok=False)
        check(done.code == 1 and "is a symbolic link" in done.err, f"{argv[0]}: {done.err}")
        check(os.path.islink(a.file("wg0.conf")), "the link is gone")
        equal(a.text("kept", "."), before, "what it leads to")
    os.unlink(a.file("wg0.conf"))
    os.rename(kept, a.file("wg0.conf"))
    # What others may read is not for them: it may have keys.
    os.chmod(a.file("wg0.conf"), 0o644)
    a.taut("accept", "wg0", answer)
    equal((a.rights("wg0.conf"), a.psk("wg0")), (0o640, b.psk("wg0")), "rights, key")
    # One of the same name in a folder below.
    os.mkdir(a.file("old"), 0o700)
    a.put(a.file("old/wg0.conf"), a.text("wg0.conf") + "# old\n")
    a.put(a.file("old/wg0.key"), a.key("wg0") + "\n")
    shutil.copytree(a.file("wg0.psk"), a.file("old/wg0.psk"))
    before = a.text("wg0.conf")
    refused(a.taut("export", "/etc/taut/old/wg0.conf", "--new-peer", ok=False), "taut does not change")
    equal(a.text("wg0.conf"), before, "file")


@test(timeout=60)
def pair_tells_of_a_network_that_is_not_private(lab):
    a, b = two_hosts(lab)
    for number, (network, told) in enumerate((
            ("8.8.8.8/24", "8.8.8.9/24"), ("172.31.0.1/16", None),
            ("172.32.0.1/16", "172.32.0.2/16"),
            ("10.9.0.1/24", None), ("10.8.0.1/24,2001:db8::1/64", "2001:db8::2/64"))):
        offer = a.taut("new", f"wg{number}", "--listen", "--address", network).out.strip()
        said = b.taut("join", f"wg{number}", offer, ok=False).err
        equal(re.findall(r"gives this host the address (\S+) in the tunnel. That is not", said),
              [told] if told else [], network)


@test(timeout=60)
def pair_takes_no_address_that_this_host_needs(lab):
    """The maker of the line would get what is meant for a name server, a gateway or a peer."""
    a, b = two_hosts(lab)
    if os.path.lexists(b.file("resolv.conf", ".")):
        os.unlink(b.file("resolv.conf", "."))               # it may be a link out of the copy
    b.put(b.file("resolv.conf", "."), "search example.org\nnameserver 10.50.0.53\n"
                                      "nameserver fe80::53%e1\nnameserver fd50::53\n", 0o644)
    b.ns.ip("route add 198.51.100.0/24 via 10.51.0.1 dev e1 onlink",
            "route add 2001:db8:51::/48 via fd51::1 dev e1 onlink")
    peer = ("[Peer]\nPublicKey = AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAllowedIPs = {}\n"
            "Endpoint = {}\n")
    b.taut("new", "far", "--address", "10.99.0.1/24")
    b.put(b.file("far.conf"), b.text("far.conf") + peer.format("10.99.0.2/32", "10.52.0.1:4"))
    b.put(b.file("else.conf", "wireguard"), peer.format("10.98.0.2/32", "[fd52::1]:4"))
    for number, (address, there) in enumerate((
            ("10.50.0.53/24", "10.50.0.53/32"), ("10.50.0.52/24", "10.50.0.53/32"),
            ("fd50::53/64", "fd50::53/128"), ("10.51.0.1/31", "10.51.0.1/32"),
            ("fd51::1/64", "fd51::1/128"), ("10.52.0.1/24", "10.52.0.1/32"),
            ("fd52::1/64", "fd52::1/128"))):
        offer = line_of(a.taut("new", f"wg{number}", "--listen", "--address", address))
        refused(b.taut("join", f"wg{number}", offer, ok=False),
                f"overlaps with {there}, which is in use")
        check(not os.path.exists(b.file(f"wg{number}.conf")), "a file out of a refused line")
        # On the host that makes a line, it is up to the admin.
        told = b.taut("new", f"own{number}", "--listen", "--address", address).err
        check(f"overlaps with {there}" in told, told)
        os.unlink(b.file(f"own{number}.conf"))
    # The name server inside the tunnel that is made anew, and the places of its peers, are its own.
    offer = line_of(a.taut("new", "wg9", "--listen", "--address", "10.50.0.53/24"))
    b.put(b.file("wg9.conf"), f"[Interface]\nDNS = 10.50.0.53\nPrivateKey = {b.key('far')}\n"
          + peer.format("10.50.0.2/32", "10.50.0.77:4"))
    told = b.taut("join", "wg9", offer, "--force").err
    equal(b.value("wg9.conf", "Address"), ["10.50.0.54/32"], "address")
    equal(b.value("wg9.conf", "AllowedIPs"), ["10.50.0.53/32"], "what goes to the other host")
    shown = re.search(r"in the tunnel, this host is 10\.50\.0\.54; the other one \(\S+\) is "
                      r"10\.50\.0\.53, and this host dials it at 192\.168\.1\.1:\d+", told)
    check(shown and shown.start() < told.index("wrote "), f"not shown first: {told}")


@test(timeout=60, slow=6)
def pair_waits_three_seconds_for_tunnels_that_hang(lab):
    a, b = two_hosts(lab)
    offer = line_of(a.taut("new", "wg0", "--listen"))
    names = [f"far{i}" for i in range(5)]
    for name in names:
        b.taut("new", name, "--start")
    hanging = [pid for pid in b.ns.pids() if pid != b.keeper.pid]
    for pid in hanging:
        os.kill(pid, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        told = b.taut("join", "wg0", offer).err
        within(time.monotonic() - begin, 2.9, 8, "seconds with tunnels that hang")
    finally:
        for pid in hanging:
            os.kill(pid, signal.SIGCONT)
    for name in names:
        check(f"{name} does not answer" in told, f"no word about {name}: {told}")
        b.taut("down", name)


@test(timeout=120, slow=8)
def export_of_many_at_once_loses_nobody(lab):
    a, _ = two_hosts(lab)
    a.taut("new", "wg0", "--listen", "--address", "10.66.0.1/24")
    done = a.run("sh", "-c", f"""
        for i in $(seq 24); do
            '{lab.program}' export wg0 --new-peer >/run/out.$i 2>/run/err.$i && echo $i >>/run/good &
        done; wait; cat /run/good; cat /run/err.* >&2; rm -f /run/out.* /run/err.* /run/good""")
    good = len(done.out.split())
    check(good > 0, done.err)
    peers = a.value("wg0.conf", "AllowedIPs")
    equal((len(peers), len(set(peers))), (good, good), "peers in the file, and their addresses")
    equal(done.err.count("was changed in the meantime"), 24 - good, "told to do it once more")
    equal(sorted(os.listdir(a.file(""))), ["wg0.conf", "wg0.key", "wg0.pair"], "files")


@test(timeout=60)
def pair_needs_root_and_says_so(lab):
    a, _ = two_hosts(lab)
    if a.run("setpriv", "--version", ok=False).code:
        raise Failure("no setpriv")
    os.chmod(a.etc, 0o755)
    os.chmod(lab.dir, 0o755)
    # A copy of the program that anybody can read.
    there = os.path.join(a.etc, "taut")
    run("cp", lab.program, there)
    done = a.run("setpriv", "--reuid", "65534", "--clear-groups", there, "new", "wg0", "--listen",
                 ok=False)
    refused(done, "sudo")
    line_of(a.taut("new", "wg0", "--listen"))
    for words in (("new", "wg0", "--listen"), ("new", "wg1", "--listen", "--force"),
                  ("accept", "wg0", "taut-pair:AQE"), ("export", "wg0", "--new-peer")):
        done = a.run("setpriv", "--reuid", "65534", "--clear-groups", there, *words, ok=False)
        check(done.code == 1 and not done.out and "already exists" not in done.err, done.err)


sys.exit(runner.main(__doc__))

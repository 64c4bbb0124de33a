# SPDX-License-Identifier: ISC
"""The MTU that taut chooses, from paths that leave the host; and what a small one causes."""

import itertools
import re
import select
import subprocess

import variant
from lab import check, equal, wait_for
from node import Node, Pair
from runner import test

V4, V6 = "10.7.0.2", "fd07::2"
WIRE = variant.NOW.wire or 1500


def without_mtu(pair, which, *, without="Nothing", size=None):
    """A config file with this MTU or none, without the lines that begin with the given word."""
    text = re.sub(rf"^{without} = .*\n", "", pair.config(which), flags=re.MULTILINE)
    return text.replace(f"MTU = {pair.mtu}\n", f"MTU = {size}\n" if size else "")


def mtu(node):
    return int(re.search(r"mtu (\d+)", node.ns.run("ip", "link", "show", node.name).out).group(1))


def addresses(node):
    return node.ns.run("ip", "addr", "show", node.name).out


@test(needs=["taut"])
def mtu_is_not_that_of_lo(lab):
    """Packets do not grow to 64 KiB because a peer is behind a local program, nor because this
    host has one of the addresses that the default route is looked up with."""
    pair = Pair(lab, start=False)
    here = pair.a.ns
    here.ip(f"route add default via 192.168.1.2 dev {pair.dev_a}",
            f"route add ::/0 via fd00:1::2 dev {pair.dev_a}")
    own = pair.outer[0]
    for remote in ("127.0.0.1", "[::1]", own, "127.77.0.1", "192.0.2.77"):
        if remote == "192.0.2.77":      # a route makes a whole network local
            here.ip("route add local 192.0.2.0/24 dev lo")
        node = Node(lab, here)
        node.start_config(without_mtu(pair, 0).replace(f"{pair.outer[1]}:2002", f"{remote}:7"))
        equal(mtu(node), WIRE - 80, f"MTU with a peer at {remote}")
        node.stop()
    here.ip("route del local 192.0.2.0/24 dev lo")
    for taken in (("192.0.2.1/32",), ("198.51.100.1/32", "203.0.113.1/32", "2001:db8::1/128")):
        here.ip(*(f"addr add {address} dev lo" for address in taken))
        node = Node(lab, here)
        node.start_config(without_mtu(pair, 0, without="Endpoint"))
        equal(mtu(node), WIRE - 80 if len(taken) == 1 else 1420, f"MTU when {taken} are ours")
        node.stop()


@test(needs=["taut"])
def mtu_follows_peers_that_call_and_roam(lab):
    """The path to a peer becomes known when it calls, and changes when it moves."""
    pair = Pair(lab, start=False)
    pair.b.ns.ip(f"route add 192.168.1.1/32 dev {pair.dev_b} mtu 1400")
    pair.b.start_config(without_mtu(pair, 1, without="Endpoint"))
    equal(mtu(pair.b), 1420, "MTU before the first call")
    pair.a.start_config(without_mtu(pair, 0))
    pair.a.wait_ping(V4, 5, "the first call")
    wait_for(lambda: mtu(pair.b) == 1320, 3, "the MTU of the path to the caller")
    pair.a.ns.ip(f"addr del 192.168.1.1/24 dev {pair.dev_a}",
                 f"addr add 192.168.1.77/24 dev {pair.dev_a}")
    pair.a.wait_ping(V4, 5, "after it moved")
    wait_for(lambda: mtu(pair.b) == WIRE - 80, 3, "the MTU of the path to the new address")
    pair.b.ns.ip(f"route add 192.168.1.99/32 dev {pair.dev_b} mtu 1380")
    pair.b.set("peer", pair.a.public, "endpoint", "192.168.1.99:9")
    wait_for(lambda: mtu(pair.b) == 1300, 3, "the MTU of the path to the endpoint from wg")


@test(needs=["taut"])
def mtu_is_right_before_the_link_is_up(lab):
    """No packet, and no program that looks, meets another one at the start."""
    pair = Pair(lab, start=False)
    pair.a.ns.ip(f"route add 192.168.1.2/32 dev {pair.dev_a} mtu 1400")
    watch = lab.spawn(pair.a.ns, "ip", "-o", "monitor", "link", stdout=subprocess.PIPE, text=True)
    sizes = itertools.cycle((65535, 65536))
    wait_for(lambda: pair.a.ns.ip(f"link set lo mtu {next(sizes)}") and
             select.select([watch.stdout], [], [], 0.1)[0], 5, "the watch")
    pair.a.start_config(without_mtu(pair, 0))
    equal(mtu(pair.a), 1320, "MTU")
    watch.terminate()
    lines = [line for line in watch.communicate(timeout=5)[0].splitlines()
             if re.search(rf" {pair.a.name}: <[^>]*\bUP\b", line)]
    check(lines, "the link came up unseen")
    equal({re.search(r"mtu (\d+)", line).group(1) for line in lines}, {"1320"}, "MTU while up")


@test(slow=8, needs=["taut"])
def mtu_stays_while_a_peer_is_looked_for(lab):
    """It is that of the path to where the peer was last, whatever other places are tried."""
    pair = Pair(lab, rate=5, start=False)
    pair.a.ns.ip(f"route add 192.168.1.2/32 dev {pair.dev_a} mtu 1400")
    pair.a.start_config(without_mtu(pair, 0))
    pair.b.start_config(without_mtu(pair, 1))
    pair.a.wait_ping(V4, 5, "the first call")
    equal(mtu(pair.a), 1320, "the MTU of the path to the endpoint of the file")
    pair.b.ns.ip(f"addr del 192.168.1.2/24 dev {pair.dev_b}",
                 f"addr add 192.168.1.99/24 dev {pair.dev_b}")
    pair.b.ns.must_ping("10.7.0.1")
    wait_for(lambda: mtu(pair.a) == WIRE - 80, 3, "the MTU of the path to the new address")
    pair.b.stop()
    pair.a.ns.ping(V4, wait=0.1)
    places = []

    def came_round():
        equal(mtu(pair.a), WIRE - 80, f"MTU after {places}")
        place = pair.a.endpoint(pair.b)
        if [place] != places[-1:]:
            places.append(place)
        return len(places) == 4

    wait_for(came_round, 12, "each place is tried twice", step=0.05)


@test(needs=["taut"])
def mtu_below_1280_leaves_out_ipv6_and_says_so(lab):
    pair = Pair(lab, start=False)
    pair.b.start_config(pair.config(1))
    conf = pair.a.name + ".conf"
    for replace, words in ((", fd07::2/128", "AllowedIPs has fd07::2/128"),
                           (", ::/0", "AllowedIPs has ::/0")):
        path = lab.file(conf, without_mtu(pair, 0, size=1279).replace(
            ", fd07::2/128", replace))
        for verb, code in (("check", 1), ("run", 78)):
            done = pair.a.ns.run(lab.program, verb, path, ok=False)
            equal(done.code, code, f"exit status of {verb}")
            check(words in done.err and "1280" in done.err, f"{verb} said: {done.err}")

    def text(size):
        return without_mtu(pair, 0, size=size).replace(", fd07::2/128", "")

    done = pair.a.ns.run(lab.program, "check", lab.file(conf, text(1200)))
    check("fd07::1/64 is left out" in done.err, f"check said: {done.err}")
    pair.a.start_config(text(1200))
    check("fd07::1/64 is left out" in pair.a.log(), f"log: {pair.a.log()}")
    check("fd07::" not in addresses(pair.a), addresses(pair.a))
    pair.a.wait_ping(V4, 5, "the IPv4 half")
    for size, has in ((1280, True), (1279, False), (68, False), (1400, True)):
        lab.file(conf, text(size))
        pair.a.ns.run(lab.program, "reload", pair.a.name)
        equal(mtu(pair.a), size, "MTU after a reload")
        equal("inet6 fd07::1/64" in addresses(pair.a), has, f"IPv6 with MTU = {size}")
    lab.file(conf, text(1200))
    pair.a.ns.run(lab.program, "reload", pair.a.name)
    lab.file(conf, without_mtu(pair, 0))
    pair.a.ns.run(lab.program, "reload", pair.a.name)
    equal(mtu(pair.a), WIRE - 80, "MTU without MTU")
    pair.a.wait_ping(V6, 5, "IPv6, once the MTU is large enough")


@test(needs=["taut"])
def mtu_below_1280_set_by_an_admin_is_reported_and_repaired(lab):
    """ip link set mtu 1000: the kernel removes IPv6; with a larger one it comes back."""
    pair = Pair(lab, start=False)
    pair.start_configs()
    pair.a.wait_ping(V6, 5, "IPv6")
    for more in (1280, 1400):
        size = len(pair.a.log())
        pair.a.ns.ip(f"link set {pair.a.name} mtu 1000")
        wait_for(lambda n=size: "MTU is now 1000" in pair.a.log()[n:], 3, "a line about the MTU")
        check("fd07::" not in addresses(pair.a), addresses(pair.a))
        pair.a.ns.must_ping(V4)
        pair.a.ns.ip(f"link set {pair.a.name} mtu {more}")
        pair.a.wait_ping(V6, 5, "IPv6 again")
        equal(mtu(pair.a), more, "the admin's MTU")
    pair.a.ns.ip(f"link set {pair.a.name} mtu 1000")
    pair.a.ns.run(lab.program, "reload", pair.a.name)
    equal(mtu(pair.a), pair.mtu, "the MTU of the file after a reload")
    pair.a.wait_ping(V6, 5, "IPv6 after a reload")

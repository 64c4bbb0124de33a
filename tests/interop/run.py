#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The program against Debian's wireguard-go, for root: run.py [-k PATTERN] [--program PATH]."""

import os
import re
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../netns"))

import noise  # noqa: E402
import runner  # noqa: E402
import stream  # noqa: E402
from lab import check, equal, wait_for, within  # noqa: E402
from node import Node, Pair  # noqa: E402
from runner import test  # noqa: E402
from t_data import Echo, send_run, sizes  # noqa: E402
from t_quick import Quick  # noqa: E402

runner.TESTS.clear()
THEIRS = "wireguard-go"
NEEDS = (THEIRS,)


def mixed(lab, ours_first, **options):
    """A pair with one of ours and one of theirs; the first one starts."""
    theirs = shutil.which(THEIRS)
    return Pair(lab, programs=(None, theirs) if ours_first else (theirs, None), **options)


def connect(lab, ours_first, outer, psk):
    """The first knows where the second is; the second learns it; then traffic of all sizes."""
    pair = mixed(lab, ours_first, outer=outer, psk=psk, ends=(True, False))
    wire = lab.capture(pair.b.ns, pair.dev_b)
    pair.a.ns.must_ping("10.7.0.2")
    wait_for(lambda: len(wire.packets()) >= 4, 1, "packets")
    equal([(p.kind, p.out) for p in wire.packets()][:4],
          [(1, False), (2, True), (4, False), (4, True)], "messages (type, by the second)")
    pair.b.ns.must_ping("10.7.0.1")
    pair.a.ns.must_ping("fd07::2")
    pair.b.ns.must_ping("fd07::1")
    equal(pair.b.endpoint(pair.a), pair.outer[0] + ":2001", "learnt endpoint")
    equal(pair.a.transfer(pair.b), pair.b.transfer(pair.a)[::-1], "bytes as both count them")
    for size in (0, 1, 15, 16, 100, 1392):
        pair.a.ns.must_ping("10.7.0.2", size=size)


def matrix():
    """One test for each of: which end begins, v4 or v6 outside, with or without psk."""
    for ours_first in (True, False):
        for outer in (4, 6):
            for psk in (False, True):
                def one(lab, a=ours_first, b=outer, c=psk):
                    connect(lab, a, b, c)
                one.__name__ = (f"{'ours' if ours_first else 'theirs'}_begins_over_v{outer}_"
                                f"{'with' if psk else 'without'}_psk")
                test(needs=NEEDS)(one)


matrix()


def carry(lab, ours_first):
    """Datagrams and runs of all sizes, and streams both ways, with large packets each way."""
    pair = mixed(lab, ours_first)
    for host, header in (("10.7.0.2", 28), ("fd07::2", 48)):
        echo = Echo(lab, pair, host)
        for size in sizes(Pair.mtu, header):
            echo.round(bytes(size), f"{host}: a datagram")
        for size in (1, 17, 1200):
            for count in (2, 63, 64):
                send_run(echo, size, count, max(1, size // 2))
        stream.both_ways(lab, pair, host, 16 << 20, 11)


@test(needs=NEEDS, timeout=90)
def data_of_every_kind_ours_first(lab):
    carry(lab, True)


@test(needs=NEEDS, timeout=90)
def data_of_every_kind_theirs_first(lab):
    carry(lab, False)


def refuse(lab, ours_first):
    pair = mixed(lab, ours_first, psk=True)
    pair.b.set("peer", pair.a.public, "preshared-key",
               lab.file("other", noise.b64(noise.private()) + "\n"))
    equal(pair.a.ns.ping("10.7.0.2", 2, interval=0.2), 0, "pings with different psks")
    time.sleep(6)
    equal(pair.a.ns.ping("10.7.0.2"), 0, "pings with different psks, later")
    for node, other in ((pair.a, pair.b), (pair.b, pair.a)):
        equal(node.peer(other)["handshake"], 0, "handshake time")
    pair.b.set("peer", pair.a.public, "preshared-key", pair.psk)
    pair.a.wait_ping("10.7.0.2", 12, "the right psk", wait=1)


@test(slow=12, needs=NEEDS)
def wrong_psk_never_connects_ours_first(lab):
    refuse(lab, True)


@test(slow=12, needs=NEEDS)
def wrong_psk_never_connects_theirs_first(lab):
    refuse(lab, False)


def wrong_key(lab, ours_first):
    pair = mixed(lab, ours_first, ends=(True, False))
    stranger = noise.b64(noise.public(noise.private()))
    pair.b.set("peer", pair.a.public, "remove", "peer", stranger, "allowed-ips", "10.7.0.1/32")
    wire = lab.capture(pair.b.ns, pair.dev_b)
    equal(pair.a.ns.ping("10.7.0.2"), 0, "pings from an unknown key")
    check(wire.packets(1), "no initiation")
    equal([p for p in wire.packets() if p.out], [], "answers")


@test(needs=NEEDS)
def unknown_key_is_not_answered_by_theirs(lab):
    wrong_key(lab, True)


@test(needs=NEEDS)
def unknown_key_is_not_answered_by_ours(lab):
    wrong_key(lab, False)


def change_key(lab, ours_first):
    pair = mixed(lab, ours_first, ends=(True, False))
    pair.a.ns.must_ping("10.7.0.2")
    old = pair.a.public
    fresh = Node(lab, pair.a.ns)
    pair.a.set("private-key", fresh.key_file)
    pair.b.set("peer", old, "remove", "peer", fresh.public, "allowed-ips", "10.7.0.1/32")
    pair.a.ns.must_ping("10.7.0.2", wait=1, what="first ping with the new key")
    psk = lab.file("new-psk", noise.b64(b"n" * 32) + "\n")
    pair.a.set("peer", pair.b.public, "preshared-key", psk)
    pair.b.set("peer", fresh.public, "preshared-key", psk)
    pair.a.ns.must_ping("10.7.0.2", what="a new psk leaves the session alone")
    handshake = pair.b.peer(fresh)["handshake"]
    time.sleep(1.1)
    pair.a.set("peer", pair.b.public, "remove")
    pair.a.set("peer", *pair.words(pair.b, 2, 2002, psk=False), "preshared-key", psk)
    pair.a.wait_ping("10.7.0.2", 6, "new session with the new psk", wait=1)
    check(pair.b.peer(fresh)["handshake"] > handshake, "no handshake with the new psk")


@test(slow=6, needs=NEEDS)
def keys_change_ours_first(lab):
    change_key(lab, True)


@test(slow=6, needs=NEEDS)
def keys_change_theirs_first(lab):
    change_key(lab, False)


def roam(lab, ours_first):
    """The first moves its port, its address, to IPv6 and back; then the second its port."""
    pair = mixed(lab, ours_first, ends=(True, False))
    pair.a.ns.must_ping("10.7.0.2")
    wire = lab.capture(pair.b.ns, pair.dev_b)
    pair.a.set("listen-port", 2050)
    pair.a.ns.must_ping("10.7.0.2", wait=1)
    equal(pair.b.endpoint(pair.a), "192.168.1.1:2050", "endpoint after a new port")
    pair.a.ns.ip(f"addr add 192.168.1.66/24 dev {pair.dev_a}",
                 f"route add 192.168.1.2 dev {pair.dev_a} src 192.168.1.66")
    pair.a.set("peer", pair.b.public, "endpoint", "192.168.1.2:2002")
    pair.a.ns.must_ping("10.7.0.2", wait=1)
    equal(pair.b.endpoint(pair.a), "192.168.1.66:2050", "endpoint after a new address")
    for there, here in (("[fd00:1::2]:2002", "[fd00:1::1]:2050"),
                        ("192.168.1.2:2002", "192.168.1.66:2050")):
        pair.a.set("peer", pair.b.public, "endpoint", there)
        pair.a.wait_ping("10.7.0.2", 3, f"ping by {there}", wait=1)
        equal(pair.b.endpoint(pair.a), here, "endpoint after a change of family")
    pair.b.set("listen-port", 2060)
    pair.b.ns.must_ping("10.7.0.1", wait=1)
    equal(pair.a.endpoint(pair.b), "192.168.1.2:2060", "the second's endpoint")
    equal(wire.packets(1), [], "handshakes for moving")


@test(needs=NEEDS)
def ours_roams_and_theirs_follows(lab):
    roam(lab, True)


@test(needs=NEEDS)
def theirs_roams_and_ours_follows(lab):
    roam(lab, False)


def flow(pair, stop):
    """Ping both ways until stop() or a loss; (sent, received)."""
    children = [pair.lab.spawn(ns, "ping", "-n", "-i", "0.02", target, stdout=open(
        os.path.join(pair.lab.dir, f"ping{i}"), "wb"))
        for i, (ns, target) in enumerate(((pair.a.ns, "10.7.0.2"), (pair.b.ns, "10.7.0.1")))]
    while not stop():
        time.sleep(0.2)
    total = []
    for i, child in enumerate(children):
        child.send_signal(2)
        child.wait(5)
        with open(os.path.join(pair.lab.dir, f"ping{i}"), encoding="ascii") as file:
            text = file.read()
        sent = int(re.search(r"(\d+) packets transmitted", text).group(1))
        got = {int(n) for n in re.findall(r"icmp_seq=(\d+)", text)}
        # The answer to the last one may have been on its way when ping was stopped.
        total.append((sent, sent if set(range(1, sent)) <= got else len(got)))
    return total


def no_loss(total):
    for sent, got in total:
        check(sent > 20, f"only {sent} pings")
        equal(got, sent, "pings answered")


@test(slow=20, needs=NEEDS)
def ours_rekeys_with_a_fast_clock(lab):
    """Ours begins and renews three times under traffic, theirs runs in real time: no loss."""
    rate = 30
    pair = mixed(lab, True, ends=(True, False), start=False)
    pair.a = Node(lab, pair.a.ns, rate).start()
    pair.b.start()
    pair.configure(ends=(True, False))
    pair.a.ns.must_ping("10.7.0.2")
    wire = lab.capture(pair.b.ns, pair.dev_b)
    start = time.monotonic()
    no_loss(flow(pair, lambda: len(wire.packets(2)) >= 3 or time.monotonic() - start > 18))
    check(len(wire.packets(2)) >= 3, f"{len(wire.packets(2))} rekeys")
    equal([p for p in wire.packets(1) if p.out], [], "initiations by theirs")


def real_rekey(lab, ours_first):
    """Two minutes in real time: the initiator renews the session, and nothing is lost."""
    pair = mixed(lab, ours_first, ends=(True, False))
    pair.a.ns.must_ping("10.7.0.2")
    start = time.monotonic()
    wire = lab.capture(pair.b.ns, pair.dev_b)
    time.sleep(110)
    equal(wire.packets(1), [], "handshakes before the time")
    wire.forget()
    total = flow(pair, lambda: wire.packets(2) or time.monotonic() - start > 130)
    no_loss(total)
    seen = wire.packets(1)
    equal([p.out for p in seen], [False], "initiations (by the second)")
    within(seen[0].at - time.time() + time.monotonic() - start, 119.5, 122, "age at rekey")


@test(slow=130, timeout=170, needs=NEEDS, steady=True)
def ours_rekeys_after_120_s(lab):
    real_rekey(lab, True)


@test(slow=130, timeout=170, needs=NEEDS, steady=True)
def theirs_rekeys_after_120_s(lab):
    real_rekey(lab, False)


@test(slow=6, needs=NEEDS)
def passive_keepalives_are_exchanged(lab):
    """Ours (fast) answers their data with a keepalive; theirs accepts it."""
    rate = 10
    pair = mixed(lab, True, ends=(True, False), start=False)
    pair.a = Node(lab, pair.a.ns, rate).start()
    pair.b.start()
    pair.configure(ends=(True, False))
    pair.a.ns.must_ping("10.7.0.2")
    wire = lab.capture(pair.b.ns, pair.dev_b)
    sock = lab.udp(pair.b.ns, "0.0.0.0")
    lab.udp(pair.a.ns, "0.0.0.0", 9)
    rx = pair.b.peer(pair.a)["rx"]
    sock.sendto(b"x", ("10.7.0.1", 9))
    found = wait_for(lambda: wire.packets(4, out=False), 2, "keepalive")
    equal(len(found[0].data), 32, "length of the keepalive")
    wait_for(lambda: pair.b.peer(pair.a)["rx"] == rx + 32, 1, "theirs counts it")


def restart(lab, ours_first):
    """The second is killed and restarted: the first finds it again within 15.4 s."""
    pair = mixed(lab, ours_first)
    pair.a.ns.must_ping("10.7.0.2")
    pair.b.kill9()
    pair.b.start()
    pair.b.setup(pair.words(pair.a, 1, 2001), port=2002,
                 addresses=("10.7.0.2/24", "fd07::2/64"))
    pair.b.ns.must_ping("10.7.0.1", what="the restarted side's own traffic")
    pair.b.kill9()
    pair.b.start()
    pair.b.setup(pair.words(pair.a, 1), port=2002, addresses=("10.7.0.2/24", "fd07::2/64"))
    took = pair.a.wait_ping("10.7.0.2", 17, "the side that lived", wait=0.3)
    within(took, 0, 16.4, "seconds")


@test(slow=17, needs=NEEDS)
def theirs_restarts_and_ours_finds_it(lab):
    restart(lab, True)


@test(slow=17, needs=NEEDS)
def ours_restarts_and_theirs_finds_it(lab):
    restart(lab, False)


@test(needs=(THEIRS, "wg-quick"))
def wg_quick_with_ours_reaches_theirs(lab):
    ours, lab.program = lab.program, shutil.which(THEIRS)
    quick = Quick(lab, "10.7.0.2/32, fd07::2/128")    # the peer in it is theirs
    lab.program = ours
    quick.call("up")
    quick.ns.must_ping("10.7.0.2")
    quick.ns.must_ping("fd07::2")
    quick.down()


@test(needs=(THEIRS, "wg-quick", "nft"))
def wg_quick_default_route_with_ours_reaches_theirs(lab):
    ours, lab.program = lab.program, shutil.which(THEIRS)
    quick = Quick(lab, "0.0.0.0/0, ::/0")
    lab.program = ours
    quick.call("up")
    quick.ns.must_ping("172.20.0.1")
    quick.ns.must_ping("fd20::1")
    quick.down()


@test(needs=NEEDS)
def wg_sees_both_alike(lab):
    """The same commands on ours and theirs: the same dump, showconf and messages."""
    nodes = [Node(lab, lab.namespace("a")).start(),
             Node(lab, lab.namespace("b"), program=shutil.which(THEIRS)).start()]
    one, other = (noise.b64(noise.public(noise.private())) for _ in range(2))
    private = lab.file("private", noise.b64(noise.private()) + "\n")
    psk = lab.file("psk", noise.b64(b"q" * 32) + "\n")
    conf = lab.file("sync.conf", f"""[Interface]
PrivateKey = {noise.b64(noise.private())}
ListenPort = 7777
[Peer]
PublicKey = {other}
AllowedIPs = 10.2.0.0/16, 10.3.0.0/16
Endpoint = [2001:db8::7]:77
PersistentKeepalive = 11
""")
    add = lab.file("add.conf", f"[Peer]\nPublicKey = {one}\nAllowedIPs = ::/0\n")
    steps = (
        ("set", "private-key", private, "listen-port", 6001, "fwmark", "0x1f"),
        ("set", "peer", one, "preshared-key", psk, "endpoint", "192.0.2.9:9",
         "persistent-keepalive", 9, "allowed-ips", "10.1.2.3/8,fd00::1/16"),
        ("set", "peer", one, "allowed-ips", "", "preshared-key", "/dev/null"),
        ("set", "peer", one, "persistent-keepalive", "off", "allowed-ips", "0.0.0.0/0"),
        ("set", "peer", "x" * 44),
        ("set", "peer", other, "remove"),
        ("setconf", conf), ("addconf", add), ("syncconf", conf),
        ("set", "fwmark", "off", "private-key", "/dev/null"),
    )

    def facts(node):
        dump = [node.show("dump").splitlines()[0], *sorted(node.show("dump").splitlines()[1:])]
        conf = sorted(node.wg("showconf", node.name).out.replace("\n\n", "\n").splitlines())
        show = sorted(node.wg("show", node.name).out.replace(node.name, "IF").splitlines())
        each = [sorted(node.show(w).splitlines()) for w in (
            "public-key", "private-key", "listen-port", "fwmark", "peers", "preshared-keys",
            "endpoints", "allowed-ips", "latest-handshakes", "transfer", "persistent-keepalive")]
        return dump, conf, show, each

    for verb, *words in steps:
        done = [n.wg(verb, n.name, *words, ok=False) for n in nodes]
        equal((done[0].code, done[0].err), (done[1].code, done[1].err), f"wg {verb} {words}")
        ours, theirs = (facts(n) for n in nodes)
        equal(ours, theirs, f"state after wg {verb} {words}")


sys.exit(runner.main(__doc__))

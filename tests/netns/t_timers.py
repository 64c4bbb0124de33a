# SPDX-License-Identifier: ISC
"""Rekey, retries, giving up, keepalives, sleep: on the release program, with a fast clock.

`rate` is how many of the program's seconds pass in one of ours.
"""

import os
import signal
import struct
import time

import noise
from lab import check, equal, wait_for, within
from node import Node, Pair
from runner import test

V4 = "10.7.0.2"
REKEY, EXPIRE = 120, 180


def send_one(lab, ns, target, text=b"x" * 56, port=9):
    """One datagram into the tunnel: nothing repeats it and nothing answers."""
    sock = lab.udp(ns, "0.0.0.0")
    sock.sendto(text, (target, port))


def blackhole(pair):
    """b never hears a: nobody has its address, so not even ICMP comes back."""
    pair.b.kill9()
    sock = pair.lab.udp(pair.b.ns, "0.0.0.0", 2002)
    sock.setblocking(False)
    return sock


class Stream:
    """Numbered datagrams through the tunnel, one way, every few milliseconds."""

    def __init__(self, lab, source, sink, target, port):
        self.target = (target, port)
        self.tx = lab.udp(source, "0.0.0.0")
        self.rx = lab.udp(sink, "0.0.0.0", port)
        self.rx.setblocking(False)
        self.sent, self.got = 0, []

    def step(self):
        self.tx.sendto(struct.pack("<I", self.sent), self.target)
        self.sent += 1
        self.read()

    def read(self):
        try:
            while True:
                self.got.append(struct.unpack("<I", self.rx.recv(100))[0])
        except BlockingIOError:
            pass

    def lost(self):
        time.sleep(0.3)
        self.read()
        return sorted(set(range(self.sent)) - set(self.got))


def rekey_under(lab, directions):
    """Traffic in these directions for four key lifetimes; three keys replaced, nothing lost."""
    rate = 30
    pair = Pair(lab, rate=rate, ends=(True, False))
    wire = lab.capture(pair.b.ns, pair.dev_b)
    pair.a.ns.must_ping(V4)
    streams = []
    if "up" in directions:
        streams.append(Stream(lab, pair.a.ns, pair.b.ns, V4, 6001))
    if "down" in directions:
        streams.append(Stream(lab, pair.b.ns, pair.a.ns, "10.7.0.1", 6002))
    start = time.monotonic()
    while len(wire.packets(2)) < 4 and time.monotonic() - start < 3.9 * EXPIRE / rate:
        for stream in streams:
            stream.step()
        time.sleep(0.005)
    for _ in range(40):         # some more on the last key
        for stream in streams:
            stream.step()
        time.sleep(0.005)
    for stream in streams:
        equal(stream.lost(), [], f"lost of {stream.sent}")
        equal(len(stream.got), stream.sent, "received (no duplicates)")
    first = wire.packets(1)
    equal([p for p in first if p.out], [], "initiations by the responder")
    check(len(wire.packets(2)) >= 4, f"only {len(wire.packets(2))} responses")
    return rate, wire, first


@test(slow=19, needs=["taut"])
def rekeys_lose_nothing_both_ways(lab):
    rate, _, first = rekey_under(lab, ("up", "down"))
    for i in range(3):
        within((first[i + 1].at - first[i].at) * rate, REKEY - 1, REKEY + 12, "age at rekey")


@test(slow=19, needs=["taut"])
def rekeys_lose_nothing_upward_only(lab):
    rate, _, first = rekey_under(lab, ("up",))
    for i in range(3):
        within((first[i + 1].at - first[i].at) * rate, REKEY - 1, REKEY + 12, "age at rekey")


@test(slow=24, needs=["taut"])
def rekeys_lose_nothing_downward_only(lab):
    """The initiator sends only passive keepalives; it renews by these or at 165 s at the latest."""
    rate, _, first = rekey_under(lab, ("down",))
    for i in range(3):
        within((first[i + 1].at - first[i].at) * rate, REKEY - 1, 170, "age at rekey")


@test(slow=15, timeout=150, needs=["taut"])
def simultaneous_starts_always_connect(lab):
    """Both sides send at the same moment, 20 times or until they collided: up within 11 s."""
    rate = 10
    pair = Pair(lab, rate=rate, start=False)
    # One group, so that one call wakes both: in two calls, the first would always win.
    pair.a.group = 0
    pair.a.start()
    pair.b.group = pair.a.process.pid
    pair.b.start()
    pair.configure()
    wire = lab.capture(pair.b.ns, pair.dev_b)
    collisions, slowest = 0, 0
    for i in range(80):
        if i >= 20 and collisions:
            break
        for node in pair:
            node.down_up()
        time.sleep(0.05)
        wire.forget()
        before = pair.a.handshake_ns(pair.b), pair.b.handshake_ns(pair.a)
        os.killpg(pair.a.process.pid, signal.SIGSTOP)
        send_one(lab, pair.a.ns, V4)
        send_one(lab, pair.b.ns, "10.7.0.1")
        os.killpg(pair.a.process.pid, signal.SIGCONT)
        start = time.monotonic()
        wait_for(lambda old=before: pair.a.handshake_ns(pair.b) > old[0]
                 and pair.b.handshake_ns(pair.a) > old[1], 11 / rate + 0.2, f"start {i}")
        slowest = max(slowest, time.monotonic() - start)
        kinds = [(p.kind, p.out) for p in wire.packets() if p.kind in (1, 2)]
        collisions += {k for k in kinds[:2]} == {(1, True), (1, False)}
        pair.a.ns.must_ping(V4)
    within(slowest * rate, 0, 11.5, "slowest start")
    check(collisions >= 1, "the two never started at the same time: the test proves nothing")


@test(slow=14, needs=["taut"])
def gives_up_after_20_initiations(lab):
    """20 initiations, then silence; the staged packets are gone; a new one restarts."""
    rate = 20
    pair = Pair(lab, rate=rate, ends=(True, False))
    hole = blackhole(pair)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    send_one(lab, pair.a.ns, V4, b"old")
    wait_for(lambda: len(wire.packets(1)) >= 20, 110 / rate, "20 initiations")
    time.sleep(30 / rate)
    seen = wire.packets(1)
    equal(len(seen), 20, "initiations")
    within((seen[-1].at - seen[0].at) * rate, 95, 19 * 5.334 + 4, "from first to last")
    for one, two in zip(seen, seen[1:]):
        within((two.at - one.at) * rate, 4.99, 5.334 + 1.2, "between two")
    check(pair.a.drops().get("stage-purged", 0) >= 1, f"drops {pair.a.drops()}")
    hole.close()
    pair.b.start()
    pair.b.setup(pair.words(pair.a, 1), port=2002, addresses=("10.7.0.2/24",))
    sink = lab.udp(pair.b.ns, "0.0.0.0", 9)
    time.sleep(10 / rate)
    equal(len(wire.packets(1)), 20, "initiations without anything to send")
    start = time.monotonic()
    send_one(lab, pair.a.ns, V4, b"new")
    equal(sink.recv(100), b"new", "first datagram to arrive")
    within(time.monotonic() - start, 0, 0.5, "new packet connects after")
    sink.settimeout(0.3)
    try:
        late = sink.recv(100)
    except TimeoutError:
        late = None
    equal(late, None, "a packet that was given up came late")


@test(slow=8, needs=["taut"])
def staged_packets_are_the_newest_128(lab):
    rate = 10
    pair = Pair(lab, rate=rate, ends=(True, False))
    hole = blackhole(pair)
    for i in range(200):
        send_one(lab, pair.a.ns, V4, struct.pack("<I", i))
    wait_for(lambda: pair.a.drops().get("stage-full") == 72, 2,
             "72 drops of the oldest staged packets")
    hole.close()
    pair.b.start()
    sink = lab.udp(pair.b.ns, "0.0.0.0", 9)
    sink.settimeout(2)
    pair.b.setup(pair.words(pair.a, 1), port=2002, addresses=("10.7.0.2/24",))
    got = [struct.unpack("<I", sink.recv(100))[0] for _ in range(128)]
    equal(got, list(range(72, 200)), "what was staged, in order")


@test(slow=9, needs=["taut"])
def passive_keepalive_after_10_s(lab):
    """Data without an answer is answered by a keepalive after 10 s, once; keepalives never are."""
    rate = 10
    pair = Pair(lab, rate=rate)
    pair.a.ns.must_ping(V4)
    time.sleep(1.2)
    lab.udp(pair.b.ns, "0.0.0.0", 9)        # else ICMP would be the answer
    wire = lab.capture(pair.b.ns, pair.dev_b)
    send_one(lab, pair.a.ns, V4)
    equal(len(wait_for(lambda: wire.packets(4, out=False), 1, "datagram")), 1, "datagrams")
    answer = wait_for(lambda: wire.packets(4, out=True), 2, "keepalive")[0]
    equal(len(answer.data), 32, "length of the keepalive")
    within((answer.at - wire.packets(4, out=False)[0].at) * rate, 9.9, 10.8, "keepalive after")
    time.sleep(35 / rate)
    equal([len(p.data) for p in wire.packets()], [128, 32], "packets in the next 35 s")


@test(slow=6, needs=["taut"])
def silence_after_data_starts_a_handshake(lab):
    """Data sent and nothing heard for 15.0 to 15.334 s: a new handshake."""
    rate = 10
    pair = Pair(lab, rate=rate)
    pair.a.ns.must_ping(V4)
    hole = blackhole(pair)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    send_one(lab, pair.a.ns, V4)
    first = wait_for(lambda: wire.packets(1), 3, "initiation")[0]
    within((first.at - wire.packets(4)[0].at) * rate, 14.9, 16.4, "handshake after")
    hole.close()


@test(slow=5, needs=["taut"])
def persistent_keepalive_keeps_its_beat(lab):
    rate = 10
    pair = Pair(lab, rate=rate, keepalive=5, ends=(True, False))
    wire = lab.capture(pair.b.ns, pair.dev_b)
    wait_for(lambda: pair.b.peer(pair.a)["handshake"], 2, "handshake without any traffic")
    time.sleep(32 / rate)
    beat = [p.at for p in wire.packets(4, out=False)]
    check(len(beat) >= 5, f"{len(beat)} keepalives in 30 s")
    for one, two in zip(beat, beat[1:]):
        within((two - one) * rate, 4.9, 6.2, "between keepalives")


@test(slow=12, needs=["taut"])
def idle_sessions_stay_silent(lab):
    """No traffic: no keepalive, no rekey, for 10 minutes; then the keys are gone."""
    rate = 60
    pair = Pair(lab, rate=rate)
    pair.a.ns.must_ping(V4)
    time.sleep(15 / rate)
    wire, cpu = lab.capture(pair.b.ns, pair.dev_b), pair.b.cpu()
    time.sleep(600 / rate)
    within(pair.b.cpu() - cpu, 0, 0.1, "processor time of an idle tunnel in 10 s")
    equal(len(wire.packets()), 0, "packets of an idle tunnel in 10 minutes")
    for node, other in ((pair.a, pair.b), (pair.b, pair.a)):
        equal(node.status()[1][other.public]["key_age"], "none", "key age")
    pair.a.ns.must_ping(V4)
    equal([p.kind for p in wire.packets()][:2], [1, 2], "what the next packet starts with")


@test(slow=3, needs=["taut"])
def keys_that_slept_too_long_are_not_used(lab):
    """The machine sleeps for 181 s (boot time jumps): the next packet starts a handshake."""
    jump = lab.file("jump", "\0" * 8)
    pair = Pair(lab, start=False)
    pair.a = Node(lab, pair.a.ns, jump=jump)
    pair.a.start()
    pair.b.start()
    pair.configure(ends=(True, False))
    pair.a.ns.must_ping(V4)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    pair.a.ns.must_ping(V4)
    equal([p.kind for p in wire.packets()], [4, 4], "before the sleep")
    time.sleep(0.1)                         # b accepts only one handshake within 20 ms
    with open(jump, "r+b") as file:
        file.write(struct.pack("=q", 181 * 10**9))
    wire.forget()
    pair.a.ns.must_ping(V4, wait=1)
    equal([p.kind for p in wire.packets()], [1, 2, 4, 4], "after the sleep")


@test(slow=8, needs=["taut"])
def expired_keys_are_refused_on_receipt(lab):
    """A Python peer keeps using a key of 181 s: the packet is counted and not answered."""
    rate = 60
    ns, other = lab.namespace("a"), lab.namespace("b")
    wire_n = lab.wire(ns, other)
    node = Node(lab, ns, rate).start()
    own = noise.private()
    node.setup([noise.b64(noise.public(own)), "allowed-ips", "10.7.0.9/32"], port=2001,
               addresses=("10.7.0.1/24",))
    sock = lab.udp(other, f"192.168.{wire_n}.2", 3000)
    to = (f"192.168.{wire_n}.1", 2001)
    first = noise.Initiator(own, node.public_key)
    sock.sendto(first.initiation(), to)
    session = first.consume(sock.recv(2000))
    check(session, "no session")
    sock.sendto(session.seal(b""), to)
    rx = wait_for(lambda: node.peer(noise.b64(noise.public(own)))["rx"] == 148 + 32, 1, "keepalive")
    time.sleep(181 / rate)
    packet = noise.ip4_udp("10.7.0.9", "10.7.0.1", 1, 9, b"late")
    sock.sendto(session.seal(packet), to)
    wait_for(lambda: node.drops().get("expired", 0) + node.drops().get("no-session", 0),
             1, "drop of a packet under an expired key")
    equal(rx and node.peer(noise.b64(noise.public(own)))["rx"], 180, "received bytes")


@test(slow=3, needs=["taut"])
def lateness_of_timers_is_measured(lab):
    """A daemon that was stopped for longer than its keepalive reports how late it was."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    pair.a.set("peer", pair.b.public, "persistent-keepalive", 1)

    def late():
        return int(pair.a.status()[0]["timer_late_max_us"])

    check(late() < 500000, f"late by {late()} us before anything was wrong")
    pair.a.send(signal.SIGSTOP)
    time.sleep(1.8)
    pair.a.send(signal.SIGCONT)
    wait_for(lambda: late() >= 500000, 2, "lateness of the keepalive")
    within(late(), 500000, 1900000, "lateness")

# SPDX-License-Identifier: ISC
"""Junk and floods."""

import os
import random
import signal
import struct
import time

import noise
from lab import Failure, check, equal, wait_for, within
from node import Node, Pair
from runner import test

V4 = "10.7.0.2"
SERVER = ("192.168.1.2", 2002)


@test(slow=3, needs=["taut"])
def junk_changes_nothing(lab):
    """Every length 0 to 200, every type 0 to 5: no reply, no change, each counted."""
    pair = Pair(lab, ends=(True, False))
    pair.a.ns.must_ping(V4)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    before, drops = pair.b.peer(pair.a), sum(pair.b.drops().values())
    sock = lab.udp(pair.a.ns, "192.168.1.1")
    dice = random.Random(1)
    count = 0
    for length in range(201):
        for kind in range(6):
            sock.sendto((struct.pack("<I", kind) + dice.randbytes(length))[:length], SERVER)
            count += 1
        if length % 20 == 0:
            time.sleep(0.005)
    for _ in range(500):                    # reserved bytes and types at random
        sock.sendto(dice.randbytes(dice.randrange(0, 200)), SERVER)
        count += 1
    wait_for(lambda: sum(pair.b.drops().values()) - drops >= count, 3, f"{count} drops counted")
    equal(sum(pair.b.drops().values()) - drops, count, "drops")
    equal([p for p in wire.packets() if p.out], [], "replies")
    equal(pair.b.peer(pair.a), before, "the peer")
    pair.a.ns.must_ping(V4)
    equal(wire.packets(1), [p for p in wire.packets(1) if p.sport != 2001], "new handshakes")


@test()
def oversized_datagrams_change_nothing(lab):
    pair = Pair(lab, ends=(True, False))
    pair.a.ns.must_ping(V4)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    before = pair.b.peer(pair.a)
    sock = lab.udp(pair.a.ns, "192.168.1.1")
    for length in (1472, 1473, 2048, 9000, 65500, 65507):
        for kind in range(1, 5):
            sock.sendto(struct.pack("<I", kind) + bytes(length - 4), SERVER)
    time.sleep(0.3)
    equal([p for p in wire.packets() if p.out], [], "replies")
    equal(pair.b.peer(pair.a), before, "the peer")
    pair.a.ns.must_ping(V4)


def flood(lab, node, ns, target, good_mac, seconds, source="192.168.1.1"):
    """In its own process: initiations that are valid only in their mac1, from 64 ports."""
    key = noise.mac1_key(node.public_key)
    messages = []
    for _ in range(2000):
        body = b"\1\0\0\0" + os.urandom(112)
        tag = noise.mac(key, body) if good_mac else os.urandom(16)
        messages.append(body + tag + bytes(16))
    socks = [lab.udp(ns, source) for _ in range(64)]
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(seconds) + 1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:           # bursts of 500: 25000 a second
        for i, message in enumerate(random.sample(messages, 500)):
            socks[i & 63].sendto(message, target)
        time.sleep(0.015)
    os._exit(0)


def ask(sock, build, accept, what):
    """Send what build() makes until an answer is accepted: a flood loses some."""
    sock.settimeout(0.2)
    for _ in range(10):
        sock.sendto(build(), SERVER)
        try:
            while True:
                answer = sock.recv(2000)
                if accept(answer):
                    return answer
        except TimeoutError:
            pass
    raise Failure(f"{what}: no good answer to ten messages")


def limited(node, sock, message):
    """One message with a valid mac2, repeatedly: 5 at once and 20 a second are processed."""
    sock.sendto(message, SERVER)
    before, start = node.drops(), time.monotonic()
    while time.monotonic() - start < 0.5:
        for _ in range(20):
            sock.sendto(message, SERVER)
        time.sleep(0.02)
    looked_at = node.drops().get("timestamp", 0) - before.get("timestamp", 0)
    within(looked_at, 0, 6 + 20 * (time.monotonic() - start), "handshakes looked at")


def under_load(node):
    return node.drops().get("cookie-sent", 0)


@test(alone=True, timeout=90, slow=12, needs=["taut"])
def flood_meets_cookies_and_harms_nobody(lab):
    pair = Pair(lab, ends=(True, False))
    own = noise.private()
    pair.b.set("peer", noise.b64(noise.public(own)), "allowed-ips", "10.7.0.9/32")
    late = Node(lab, pair.a.ns, rate=5).start()
    pair.b.set("peer", late.public, "allowed-ips", "10.7.0.8/32")
    pair.a.ns.must_ping(V4)
    sock = lab.udp(pair.a.ns, "192.168.1.1")
    memory = pair.b.memory()
    # From a network of its own: the others are not to suffer from what it gets no cookies for.
    pair.a.ns.ip("addr add 10.99.0.1/32 dev lo")
    pair.b.ns.ip("route add 10.99.0.0/24 via 192.168.1.1")
    child = flood(lab, pair.b, pair.a.ns, SERVER, True, 8, source="10.99.0.1")
    try:
        wait_for(lambda: under_load(pair.b) > 200, 3, "cookie replies under a flood")
        sent, start = under_load(pair.b), time.monotonic()
        time.sleep(0.5)
        within(under_load(pair.b) - sent, 1, 400 * (time.monotonic() - start + 1), "cookies sent")
        equal(pair.a.ns.ping(V4, 20, interval=0.02), 20, "pings of a live session")

        first = noise.Initiator(own, pair.b.public_key)
        ask(sock, first.initiation, first.take_cookie, "a cookie for an initiation without mac2")
        wrong = noise.Initiator(own, pair.b.public_key)
        wrong.cookie = bytes([first.cookie[0] ^ 1]) + first.cookie[1:]
        ask(sock, wrong.initiation, wrong.take_cookie, "a cookie for a wrong mac2")
        equal(wrong.cookie, first.cookie, "cookie for the same source")
        ask(sock, first.initiation, first.consume, "a session with a right mac2")
        message = first.initiation()

        limited(pair.b, sock, first.initiation())

        late.setup([pair.b.public, "allowed-ips", "10.7.0.2/32", "endpoint", "192.168.1.2:2002",
                    "persistent-keepalive", 1], port=2003)
        wait_for(lambda: late.peer(pair.b)["handshake"], 3 * 5.4 / 5 + 0.5,
                 "a real peer, within two retries")
        within(pair.b.memory() - memory, -10000, 2048, "growth of memory in KiB")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    time.sleep(1.2)
    cpu = pair.b.cpu()
    time.sleep(0.5)
    within(pair.b.cpu() - cpu, 0, 0.1, "processor time in half a second after the flood")
    sent = under_load(pair.b)
    second = noise.Initiator(own, pair.b.public_key)
    sock.settimeout(0.05)
    try:
        while True:                         # answers still in the socket
            sock.recv(2000)
    except TimeoutError:
        sock.settimeout(2)
    sock.sendto(second.initiation(), SERVER)
    check(second.consume(sock.recv(2000)), "no plain response after the flood")
    equal(under_load(pair.b), sent, "cookies sent after the flood")


@test(alone=True, slow=5, needs=["taut"])
def flood_without_mac1_gets_no_answer(lab):
    """A sender without our public key gets no byte back; a real peer connects meanwhile."""
    pair = Pair(lab, ends=(True, False))
    child = flood(lab, pair.b, pair.a.ns, SERVER, False, 3)
    try:
        wait_for(lambda: pair.b.drops().get("mac", 0) > 5000, 3, "drops of the flood")
        pair.a.wait_ping(V4, 2, "a real peer during the flood", wait=1)
        equal(under_load(pair.b), 0, "cookies sent")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

# SPDX-License-Identifier: ISC
"""Packets of every size and kind arrive unchanged, even over a bad wire.

This holds for all offloads, AEADs and MTUs (variant.py).
"""

import os
import random
import re
import select
import socket
import struct
import subprocess
import time

import noise
import stream
import variant
from lab import Skip, check, equal, wait_for
from node import Node, Pair
from runner import test

V4, V6 = "10.7.0.2", "fd07::2"
SOL_UDP, UDP_SEGMENT = 17, 103
IPV6_DSTOPTS = 59
# A wire: of a million datagrams, how many are lost, delayed, doubled, broken.
BAD = (4000, 10000, 3000, 1000)


@test(needs=["taut"])
def variant_is_in_force(lab):
    """However a tunnel is started, its status confirms the variant."""
    pair = Pair(lab, start=False)
    pair.a.start_config(pair.config(0))
    pair.b.start()
    pair.b.setup(pair.words(pair.a, 1), port=2002, addresses=("10.7.0.2/24", "fd07::2/64"))
    other = Node(lab, pair.a.ns)
    text = f"[Interface]\nPrivateKey = {noise.b64(other.private)}\nMTU = {pair.mtu}\n"
    pair.a.ns.run(lab.program, "up", lab.file(other.name + ".conf", text))
    for node in (pair.a, pair.b, other):
        record = node.status()[0]
        check_record(record, node.name)
        equal(int(record["mtu"]), pair.mtu, f"{node.name}: MTU")
    pair.a.ns.must_ping(V4)
    pair.a.ns.run(lab.program, "down", other.name)


def check_record(record, name):
    off = set(variant.NOW.off)
    if "tun-vnet" in off:
        off |= set(variant.OF_VNET)
    for kind in variant.OFFLOADS:
        state = record["offload_" + kind.replace("-", "_")]
        equal(state.startswith("off"), kind in off, f"{name}: {kind} is {state}; is it off")
    if variant.NOW.aead:
        equal(record["aead"], variant.NOW.aead, f"{name}: AEAD")


def limit(node):
    """The kernel's limit of segments in a large packet to this node's interface."""
    return int(re.search(r"gso_max_segs (\d+)", node.ns.run(
        "ip", "-d", "link", "show", node.name).out).group(1))


@test(needs=["taut"])
def big_packets_fit_one_send_unless_packets_are_forwarded(lab):
    ns = lab.namespace("a")
    for family in ("ipv4", "ipv6"):
        ns.sysctl(f"{family}/conf/all/forwarding", 0)
    node = Node(lab, ns)
    node.start()
    if not {"tun-vnet", "tun-tso", "udp-gso"}.isdisjoint(variant.NOW.off):
        equal(limit(node), 65535, "limit without offloads")
        return
    # The socket answers a moment before the device is set up.
    wait_for(lambda: limit(node) == 65473 // 1452, 2, "limit for an MTU of 1420")
    ns.ip(f"link set {node.name} up mtu 1280")
    wait_for(lambda: limit(node) == 65473 // 1312, 2, "the limit follows the MTU")
    equal(node.status()[0]["tun_gso_segs"], str(65473 // 1312), "status")
    ns.sysctl("ipv6/conf/all/forwarding", 1)
    wait_for(lambda: limit(node) == 65535, 2, "no limit for what is forwarded")
    ns.sysctl("ipv6/conf/all/forwarding", 0)
    time.sleep(0.2)
    equal(limit(node), 65535, "limit while connections may know a higher one")
    ns.ip(f"link set {node.name} mtu 1420")
    wait_for(lambda: limit(node) == 45, 2, "a new MTU makes them look again")
    ns.sysctl("ipv4/conf/lo/forwarding", 1)
    wait_for(lambda: limit(node) == 65535, 2, "no limit for what one interface forwards")
    given = Node(lab, ns)
    given.start("--tun-gso-segs=7", "-f", given.name)
    wait_for(lambda: limit(given) == 7, 2, "what the admin wants, forwarding or not")
    kept = Node(lab, ns)
    ns.ip(f"tuntap add mode tun name {kept.name}", f"link set {kept.name} gso_max_segs 45")
    kept.start()
    wait_for(lambda: limit(kept) == 65535, 2, "no limit of an earlier run on the same device")
    kept.process.terminate()
    equal(kept.wait_exit(), 0, "exit status")
    ns.ip(f"tuntap del mode tun name {kept.name}")


class Echo:
    """A datagram socket in a, and one in b whose datagrams come back."""

    def __init__(self, lab, pair, host):
        self.there = lab.udp(pair.b.ns, host, 7)
        self.here = lab.udp(pair.a.ns, "fd07::1" if ":" in host else "10.7.0.1")
        self.here.connect((host, 7))
        for sock in (self.here, self.there):
            sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)     # SO_RCVBUFFORCE
            sock.settimeout(5)

    def round(self, data, what):
        self.here.send(data)
        got, back = self.there.recvfrom(70000)
        check(got == data, f"{what} of {len(data)} bytes: changed on the way there")
        self.there.sendto(got, back)
        check(self.here.recv(70000) == data, f"{what} of {len(data)} bytes: changed on the way back")


def sizes(mtu, header):
    """All edge cases: around each multiple of 16, of a full packet, and the maximum."""
    least = set(range(0, 97))
    for edge in (mtu - header, 2 * mtu - header, 1420, 1500, 2048, 4096, 9000, 16384, 32768, 65000):
        least |= set(range(edge - 20, edge + 21))
    return sorted(s for s in least | {65507, 65506} if 0 <= s <= 65507)


@test(timeout=90)
def datagrams_of_every_size_arrive(lab):
    """Beyond the MTU, in inner fragments, up to the largest size of UDP."""
    pair = Pair(lab)
    dice = random.Random(1)
    for host, header in ((V4, 28), (V6, 48)):
        echo = Echo(lab, pair, host)
        for size in sizes(Pair.mtu, header):
            echo.round(dice.randbytes(size), f"{host}: a datagram")


@test()
def pings_of_every_size_are_answered(lab):
    pair = Pair(lab)
    for host, header in ((V4, 28), (V6, 48)):
        full = variant.NOW.mtu_or(1420) - header
        for size in (0, 1, 7, 8, 15, 16, 17, 1000, full - 1, full):
            pair.a.ns.must_ping(host, size=size, whole=True)
            pair.b.ns.must_ping(host[:-1] + "1", size=size, whole=True)
        for size in (full + 1, min(2 * full, 65400), 30000, 65507 - 8 if ":" not in host else 65000):
            pair.a.ns.must_ping(host, size=size, whole=False)


def numbered(number, size):
    """A payload that contains its index; size 1: the index modulo 256."""
    head = struct.pack(">I", number)
    return (head[3:] + head[:3] + bytes(size))[:size]


@test()
def runs_of_datagrams_keep_order_and_content(lab):
    """An application that sends many at once (UDP_SEGMENT): 1, 64, 65; of 1 byte, odd sizes."""
    pair = Pair(lab)
    for host in (V4, V6):
        echo = Echo(lab, pair, host)
        for size in (1, 2, 15, 16, 17, 333, 1001, 1200):
            for count in (1, 2, 3, 63, 64, 65):
                send_run(echo, size, count, size)
                send_run(echo, size, count, max(1, size // 2))


def send_run(echo, size, count, last):
    want = [numbered(i, size) for i in range(count - 1)] + [numbered(count - 1, last)]
    data = b"".join(want)
    if len(data) > 65000:
        return
    here = echo.here
    here.setsockopt(SOL_UDP, UDP_SEGMENT, size)
    try:
        here.send(data)
    except OSError:                 # more at once than this kernel takes
        here.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
        for piece in want:
            here.send(piece)
    here.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
    got = [echo.there.recv(70000) for _ in want]
    check(got == want, f"a run of {count} datagrams of {size} bytes, the last of {last}")
    check(not select.select([echo.there], [], [], 0)[0], "more datagrams than were sent")


@test(timeout=90)
def streams_of_small_and_random_writes_arrive(lab):
    """TCP: single bytes, each in its own segment; then writes of random size, both ways."""
    pair = Pair(lab)
    for host in (V4, V6):
        one, two = stream.connect(lab, pair.a.ns, pair.b.ns, host, port=5001)
        data = random.Random(2).randbytes(1500)
        for i in range(len(data)):
            one.send(data[i:i + 1])
        got = b""
        while len(got) < len(data):
            got += two.recv(4096)
        check(got == data, f"{host}: single bytes")
        stream.both_ways(lab, pair, host, 4 << 20, 3)


@test(timeout=90)
def extension_headers_go_with_every_packet(lab):
    """Destination options before UDP and TCP, including large TCP packets that we split."""
    pair = Pair(lab)
    options = b"\0\0" + b"\x1e\x04" + bytes(4)      # an unknown option that may be skipped

    def prepare(sock):
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_DSTOPTS, options)
    echo = Echo(lab, pair, V6)
    prepare(echo.here)
    prepare(echo.there)
    dice = random.Random(4)
    for size in (0, 1, 2, 15, 16, 17, 1000, 1201, Pair.mtu - 56, 5000):
        echo.round(dice.randbytes(size), "a datagram behind options")
    # Kernels refuse some such packets of 64 KiB, no matter what wrote them: not too many.
    total = (8 if Pair.mtu < 10000 else 1) << 20
    stream.both_ways(lab, pair, V6, total, 5, prepare=prepare)


class Wire:
    """A pair whose ends communicate through badwire; its counts at the end."""

    def __init__(self, lab, options=(), bad=BAD, seed=1):
        if not lab.badwire:
            raise Skip("no badwire and no C compiler")
        self.pair = pair = Pair(lab, middle=True, start=False)
        for node in pair:
            node.start(*options, "-f", node.name)
        self.child = lab.spawn(pair.middle, lab.badwire, seed, *bad,
                               3001, f"{pair.outer[0]}:2001", 3002, f"{pair.outer[1]}:2002",
                               stdout=subprocess.PIPE, text=True)
        equal(self.child.stdout.readline(), "ready\n", "badwire")
        for i, node in enumerate(pair):     # each knows the other as the middle's near side
            other = (pair.b, pair.a)[i]
            near = re.sub(r"\.1$", ".2", pair.outer[i])
            words = [other.public, "allowed-ips", f"10.7.0.{2 - i}/32,fd07::{2 - i}/128",
                     "endpoint", f"{near}:{3001 + i}"]
            node.setup(words, port=2001 + i,
                       addresses=(f"10.7.0.{1 + i}/24", f"fd07::{1 + i}/64"))

    def counts(self):
        self.child.terminate()
        text = self.child.communicate(timeout=5)[0]
        return {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", text)}


def over_a_bad_wire(lab, options=()):
    """TCP both ways while datagrams are lost, reordered, doubled and corrupted."""
    wire = Wire(lab, options)
    wire.pair.a.wait_ping(V4, 16, "first handshake")
    total = int(os.environ.get("STREAM_MB", "50")) << 20
    stream.both_ways(lab, wire.pair, V4, total, 6)
    stream.both_ways(lab, wire.pair, V6, total // 10, 8)
    drops = [node.drops() for node in wire.pair]
    counts = wire.counts()
    for kind in ("lost", "late", "twice", "broken"):
        check(counts[kind] > 0, f"{kind}: {counts}")
    for reason in ("forged", "replay"):
        check(sum(d.get(reason, 0) for d in drops) > 0, f"{reason}: {drops}")


@test(alone=True, slow=20, timeout=600, needs=["taut"])
def stream_over_a_bad_wire_arrives(lab):
    over_a_bad_wire(lab)


@test(alone=True, slow=20, timeout=600, needs=["taut"])
def stream_over_a_bad_wire_arrives_without_offloads(lab):
    over_a_bad_wire(lab, [f"--{name}=off" for name in variant.OFFLOADS])

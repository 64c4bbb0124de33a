# SPDX-License-Identifier: ISC
"""The tunnel itself: connects, counts, refuses, pads, and checks addresses."""

import socket
import time

import noise
from lab import check, equal, wait_for, within
from node import Node, Pair
from runner import test

V4, V6 = "10.7.0.2", "fd07::2"


def both_ways(pair):
    for node, host in ((pair.a, 2), (pair.b, 1)):
        node.ns.must_ping(f"10.7.0.{host}")
        node.ns.must_ping(f"fd07::{host}")
    for node, other in ((pair.a, pair.b), (pair.b, pair.a)):
        within(node.peer(other)["handshake"], time.time() - 60, time.time() + 1, "handshake time")


@test()
def python_peer_is_right(_):
    noise.self_check()


@test()
def connects_over_v4(lab):
    both_ways(Pair(lab))


@test()
def connects_over_v6(lab):
    both_ways(Pair(lab, outer=6))


@test()
def connects_over_v4_with_psk(lab):
    both_ways(Pair(lab, psk=True))


@test()
def connects_over_v6_with_psk(lab):
    both_ways(Pair(lab, outer=6, psk=True))


@test()
def answers_a_stranger_to_its_address(lab):
    """The responder knows no endpoint; it learns it from the handshake."""
    pair = Pair(lab, ends=(True, False))
    equal(pair.b.endpoint(pair.a), "(none)", "endpoint before")
    both_ways(pair)
    equal(pair.b.endpoint(pair.a), pair.outer[0] + ":2001", "endpoint after")


@test()
def counters_are_exact(lab):
    """10 pings of 84 bytes: padded to 96, 128 on UDP; one handshake; nothing else."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4, 10, interval=0.002)
    equal(pair.a.transfer(pair.b), (92 + 1280, 148 + 1280), "initiator's rx, tx")
    equal(pair.b.transfer(pair.a), (148 + 1280, 92 + 1280), "responder's rx, tx")


@test()
def handshake_looks_as_specified(lab):
    """Lengths, type of service, reserved bytes, unused mac2; nothing but these messages."""
    pair = Pair(lab)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    pair.a.ns.must_ping(V4)     # alone: what waits for the handshake may leave as one big packet
    pair.a.ns.must_ping(V4, 2, interval=0.1)
    seen = wait_for(lambda: wire.packets() if len(wire.packets()) >= 8 else None, 2, "packets")
    equal([(p.kind, len(p.data), p.tos) for p in seen],
          [(1, 148, 0x88), (2, 92, 0x88)] + [(4, 128, 0)] * 6, "kind, length, TOS")
    check(all(p.data[1:4] == b"\0\0\0" for p in seen), "reserved bytes are not zero")
    check(all(p.data[-16:] == bytes(16) for p in seen[:2]), "mac2 without a cookie")
    equal([int.from_bytes(p.data[8:16], "little") for p in seen if p.kind == 4],
          [0, 0, 1, 1, 2, 2], "counters")
    equal(seen[1].data[8:12], seen[0].data[4:8], "receiver index of the response")


@test(needs=["taut"])
def wrong_psk_never_connects(lab):
    pair = Pair(lab, psk=True)
    pair.b.set("peer", pair.a.public, "preshared-key",
               lab.file("other", noise.b64(noise.private()) + "\n"))
    equal(pair.a.ns.ping(V4), 0, "pings answered")
    equal(pair.b.ns.ping("10.7.0.1"), 0, "pings answered")
    for node, other in ((pair.a, pair.b), (pair.b, pair.a)):
        equal(node.peer(other)["handshake"], 0, "handshake time")
    drops = pair.a.drops()
    check(drops.get("psk", 0) + pair.b.drops().get("psk", 0) >= 1, f"psk drops: {drops}")
    pair.b.set("peer", pair.a.public, "preshared-key", pair.psk)
    pair.b.down_up()
    pair.a.wait_ping(V4, 6.5, "right psk again")


@test(slow=14)
def wrong_key_is_never_answered(lab):
    """A handshake for another key: silence, no endpoint, retries after 5.0 to 5.334 s."""
    pair = Pair(lab, ends=(False, False))
    stranger = noise.b64(noise.public(noise.private()))
    pair.a.set("peer", pair.b.public, "remove", "peer", stranger, "allowed-ips", "10.7.0.2/32",
               "endpoint", f"{pair.outer[1]}:2002")
    wire = lab.capture(pair.b.ns, pair.dev_b)
    pair.a.ns.ping(V4)
    first = wait_for(lambda: wire.packets(1), 2, "first initiation")[0]
    seen = wait_for(lambda: len(wire.packets(1)) >= 3 and wire.packets(1), 13, "two retries")
    equal([p for p in wire.packets() if p.out], [], "packets from the responder")
    within(seen[1].at - first.at, 4.99, 5.40, "first retry after")
    within(seen[2].at - seen[1].at, 4.99, 5.40, "second retry after")
    check(len({p.data[4:40] for p in seen}) == 3, "a retry repeats an index and ephemeral key")
    equal(pair.b.endpoint(pair.a), "(none)", "endpoint")
    equal(pair.b.transfer(pair.a), (0, 0), "responder's counters")


@test()
def unknown_peer_is_never_answered(lab):
    pair = Pair(lab)
    pair.b.set("peer", pair.a.public, "remove")
    wire = lab.capture(pair.b.ns, pair.dev_b)
    equal(pair.a.ns.ping(V4), 0, "pings answered")
    check(wire.packets(1), "no initiation seen")
    equal([p for p in wire.packets() if p.out], [], "packets from the responder")
    equal(pair.a.peer(pair.b)["handshake"], 0, "handshake time")
    equal(pair.b.show("dump").count("\n"), 0, "peers of the responder")


@test()
def changed_keys_work_at_once(lab):
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    old = pair.a.public
    fresh = Node(lab, pair.a.ns)
    pair.a.set("private-key", fresh.key_file)
    pair.b.set("peer", old, "remove", "peer", fresh.public, "allowed-ips", "10.7.0.1/32")
    pair.a.ns.must_ping(V4, wait=1, what="first ping with the new key")
    equal(pair.a.show("public-key"), fresh.public, "public key")
    check(pair.b.peer(fresh)["handshake"], "no handshake with the new key")


@test()
def mtu_bounds_inner_and_outer(lab):
    """Padding never passes the MTU: 1300 inside is 1332 on UDP, 1360 in IPv4."""
    pair = Pair(lab)
    wire = lab.capture(pair.b.ns, pair.dev_b)

    def outer(size):
        wire.forget()
        pair.a.ns.must_ping(V4, size=size, whole=True)
        return [p.length for p in wire.packets(4, out=False)][:1]

    for node in pair:
        node.ns.ip(f"link set {node.name} mtu 1300")
    time.sleep(0.1)
    equal(pair.a.ns.ping(V4, size=1273, whole=True), 0, "1301 bytes through an MTU of 1300")
    equal(outer(56), [156], "outer length for 84 bytes inside")
    equal(outer(1272), [1360], "outer length for 1300 bytes inside")
    equal(outer(1261), [1356], "outer length for 1289 bytes inside (padded to 1296)")
    for node in pair:
        node.ns.ip(f"link set {node.name} mtu 1299")
    time.sleep(0.1)
    equal(outer(1271), [1359], "outer length for 1299 bytes at MTU 1299")
    equal(outer(1269), [1359], "outer length for 1297 bytes at MTU 1299")
    for node in pair:
        node.ns.ip(f"link set {node.name} mtu 1420")
    time.sleep(0.1)
    equal(outer(1392), [1480], "outer length for 1420 bytes inside")


@test()
def jumbo_mtu_carries(lab):
    pair = Pair(lab)
    for node in pair:
        node.ns.ip(f"link set {node.name} mtu 34736")
    time.sleep(0.1)
    pair.a.ns.must_ping(V4, 3, size=34708, interval=0.05, whole=True)


@test(needs=["taut"])
def source_must_belong_to_the_peer(lab):
    """What a peer sends from an address that is not its own is dropped, yet it roams."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    wire = lab.capture(pair.a.ns, pair.dev_a)
    pair.a.ns.ip(f"addr add 10.9.9.9/32 dev {pair.a.name}")
    pair.a.set("listen-port", 2101)
    equal(pair.a.ns.ping(V4, source="10.9.9.9"), 0, "pings from a foreign address")
    check(wire.packets(4), "nothing was sent")
    equal(pair.b.drops().get("source"), 1, "drops for the source")
    equal(pair.b.endpoint(pair.a), pair.outer[0] + ":2101", "endpoint")
    pair.a.ns.must_ping(V4)


@test()
def longest_prefix_owns_an_address(lab):
    """A more specific prefix of another peer takes the address over; removing it gives it back."""
    pair = Pair(lab)
    other = noise.b64(noise.public(noise.private()))
    pair.b.set("peer", pair.a.public, "allowed-ips", "10.7.0.0/24")
    pair.a.ns.must_ping(V4)
    pair.b.set("peer", other, "allowed-ips", "10.7.0.1/32")
    equal(pair.a.ns.ping(V4), 0, "pings from an address that is another peer's")
    pair.b.set("peer", other, "remove")
    pair.a.ns.must_ping(V4)


@test()
def a_prefix_moves_to_who_asks_last(lab):
    pair = Pair(lab)
    other = noise.b64(noise.public(noise.private()))
    pair.b.set("peer", other, "allowed-ips", "10.7.0.1/32,10.50.0.0/16")
    equal(pair.b.peer(other)["allowed"], "10.7.0.1/32,10.50.0.0/16", "the new owner's list")
    equal(pair.b.peer(pair.a)["allowed"], "fd07::1/128", "the old owner's list")
    equal(pair.a.ns.ping(V4), 0, "pings")
    pair.b.set("peer", pair.a.public, "allowed-ips", "10.7.0.1/32,fd07::1/128")
    equal(pair.b.peer(other)["allowed"], "10.50.0.0/16", "the list after it moved back")
    pair.a.ns.must_ping(V4)


@test()
def tcp_arrives_whole(lab):
    """4 MiB each way at once over one connection, v4 and v6 inside."""
    pair = Pair(lab)
    data = bytes(range(256)) * (4 << 12)
    for host in (V4, V6):
        with pair.b.ns:
            server = socket.create_server((host, 5000), family=socket.AF_INET6
                                          if ":" in host else socket.AF_INET)
        with pair.a.ns:
            one = socket.create_connection((host, 5000), timeout=10)
        two, _ = server.accept()
        got = {one: bytearray(), two: bytearray()}
        sent = {one: 0, two: 0}
        end = time.monotonic() + 20
        for sock in got:
            sock.setblocking(False)
        while any(len(g) < len(data) for g in got.values()) and time.monotonic() < end:
            busy = False
            for sock, so_far in got.items():
                try:
                    if sent[sock] < len(data):
                        sent[sock] += sock.send(data[sent[sock]:sent[sock] + 65536])
                        busy = True
                except BlockingIOError:
                    pass
                try:
                    so_far += sock.recv(1 << 20)
                    busy = True
                except BlockingIOError:
                    pass
            if not busy:
                time.sleep(0.0005)
        check(all(bytes(g) == data for g in got.values()), f"{host}: bytes differ or are missing")
        for sock in (one, two, server):
            sock.close()


@test()
def interface_moved_elsewhere_keeps_its_sockets(lab):
    """Device in one namespace, encrypted packets in the one where it was made."""
    pair = Pair(lab)
    inner = lab.namespace("i")
    pair.a.ns.ip(f"link set {pair.a.name} netns {inner.name}")
    inner.ip(f"addr add 10.7.0.1/24 dev {pair.a.name}", f"link set {pair.a.name} up")
    inner.must_ping(V4, 3, interval=0.05)


@test(needs=["taut"])
def low_order_peer_sends_nothing(lab):
    """Keys whose shared secret is zero are listed but never used."""
    points = ("0000000000000000000000000000000000000000000000000000000000000000",
              "0100000000000000000000000000000000000000000000000000000000000000",
              "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
              "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
              "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
              "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
              "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
    pair = Pair(lab)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    pair.a.set("peer", pair.b.public, "remove")
    for i, point in enumerate(points[1:]):
        pair.a.set("peer", noise.b64(bytes.fromhex(point)), "persistent-keepalive", 1,
                   "allowed-ips", f"10.7.1.{i}/32", "endpoint", f"{pair.outer[1]}:2002")
    equal(len(pair.a.show("peers").split()), 6, "peers listed")
    pair.a.ns.ip(f"route add 10.7.1.0/24 dev {pair.a.name}")
    for i in range(6):
        pair.a.ns.ping(f"10.7.1.{i}", wait=0.1)
    time.sleep(1.2)
    equal(wire.packets(), [], "packets sent")

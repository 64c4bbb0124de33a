# SPDX-License-Identifier: ISC
"""What peers share: none of them spoils it for the others."""

import json
import os
import signal
import socket
import statistics
import time

import noise
from lab import check, equal, wait_for, within
from node import Node
from runner import test

SOL_UDP, UDP_SEGMENT = 17, 103


class Hub:
    """A node with two peers, each on a wire of its own: near (10.7.0.2), far (10.7.0.3)."""

    def __init__(self, lab):
        self.lab, self.ns = lab, lab.namespace("hub")
        spaces = [lab.namespace("near"), lab.namespace("far")]
        wires = [lab.wire(self.ns, ns) for ns in spaces]
        self.devs = [f"e{n}" for n in wires]
        self.hub = Node(lab, self.ns).start()
        self.peers = [Node(lab, ns).start() for ns in spaces]
        self.words = [[p.public, "allowed-ips", f"10.7.0.{2 + i}/32",
                       "endpoint", f"192.168.{wires[i]}.2:2002"]
                      for i, p in enumerate(self.peers)]
        self.hub.setup(*self.words, port=2001, addresses=("10.7.0.1/24",))
        for i, peer in enumerate(self.peers):
            peer.setup([self.hub.public, "allowed-ips", "10.7.0.1/32"], port=2002,
                       addresses=(f"10.7.0.{2 + i}/24",))
            self.ns.must_ping(f"10.7.0.{2 + i}")

    def forget(self, which):
        """The hub knows this peer only by its configuration."""
        self.hub.set("peer", self.peers[which].public, "remove")
        self.hub.set("peer", *self.words[which])

    def interface(self):
        return self.hub.status()[0]

    def records(self):
        """The status records of both peers."""
        records = self.hub.status()[1]
        return [records[p.public] for p in self.peers]


def push(lab, ns, to, size=1392, count=20):
    """A run of datagrams into the tunnel, as one big packet of the kernel."""
    sock = lab.udp(ns, "10.7.0.1")
    sock.setsockopt(SOL_UDP, UDP_SEGMENT, size)
    sock.sendto(bytes(size * count), (to, 9))


@test(needs=["taut"])
def path_that_takes_no_runs_is_one_peers_affair(lab):
    """The way to one peer has a small MTU: only its datagrams leave one by one."""
    hub = Hub(lab)
    if hub.interface()["offload_udp_gso"] != "on" or hub.interface()["offload_tun_uso"] != "on":
        return                              # nothing leaves in runs on this kernel
    hub.ns.ip(f"route add 192.168.2.2/32 dev {hub.devs[1]} mtu lock 1280")
    for _ in range(3):
        push(lab, hub.ns, "10.7.0.3")
        time.sleep(0.05)
    status = hub.interface()
    equal(status["send_runs_refused"], "1", "runs refused")
    equal(status["offload_udp_gso"], "on", "offload")
    equal([r.get("runs_refused") for r in hub.records()], [None, "1"], "whose runs")
    runs = int(status.get("send_runs", 0))
    push(lab, hub.ns, "10.7.0.2")
    wait_for(lambda: int(hub.interface().get("send_runs", 0)) > runs, 2, "a run to the other peer")
    equal(hub.interface()["send_runs_refused"], "1", "runs refused")


def pour(ns, to, rate, seconds):
    """In its own process: datagrams into the tunnel; rate in bytes a second."""
    sock = ns.udp("10.7.0.1")
    pid = os.fork()
    if pid:
        sock.close()
        return pid
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(seconds) + 1)
    start, sent = time.monotonic(), 0
    while time.monotonic() < start + seconds:
        while sent < (time.monotonic() - start) * rate:
            sent += sock.sendto(bytes(1300), (to, 9))
        time.sleep(0.002)
    os._exit(0)


def slow_down(hub, which):
    hub.ns.run("tc", "qdisc", "add", "dev", hub.devs[which], "root", "tbf", "rate", "1mbit",
               "burst", "5k", "limit", "20000000")


def round_trips(ns, target, count, interval):
    """Milliseconds, of those requests that are answered within a second."""
    took = []
    with ns.echo(target) as echo:
        for number in range(count):
            start = time.monotonic()
            echo.send(number, 56)
            while (left := start + 1 - time.monotonic()) > 0:
                if echo.receive(left) == number:
                    took.append((time.monotonic() - start) * 1000)
                    break
            time.sleep(max(0, start + interval - time.monotonic()))
    return took


def blocked(hub):
    return int(hub.interface().get("send_blocked", 0))


def leaves_the_other_alone(hub, slow):
    """Bulk to the peer behind the slow link; the other is pinged, often and now and then."""
    other, before = f"10.7.0.{2 + (not slow)}", blocked(hub)
    slow_down(hub, slow)
    child = pour(hub.ns, f"10.7.0.{2 + slow}", 20_000_000, 20)
    try:
        wait_for(lambda: blocked(hub) > before, 4, "a full socket")
        took = round_trips(hub.ns, other, 200, 0.02)
        within(len(took), 198, 200, "pings of the other peer that were answered")
        within(statistics.median(took), 0, 5, "median of their milliseconds")
        equal(len(round_trips(hub.ns, other, 3, 1.5)), 3, "answers to one ping now and then")
        hub.forget(not slow)
        hub.ns.must_ping(other, wait=6, what="a peer that was never heard")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    hub.ns.run("tc", "qdisc", "del", "dev", hub.devs[slow], "root")


@test(alone=True, timeout=90, slow=24, needs=["taut"])
def slow_link_of_one_peer_leaves_the_others_alone(lab):
    """1 Mbit/s, on the link that has a socket apart, then on the one that has the first."""
    hub = Hub(lab)
    leaves_the_other_alone(hub, 1)
    leaves_the_other_alone(hub, 0)


@test(alone=True, slow=6, needs=["taut"])
def only_link_still_slows_its_sender_down(lab):
    """With a single link nothing is dropped before the wire: the device is not read."""
    hub = Hub(lab)
    hub.peers[0].stop()
    hub.hub.set("peer", hub.peers[0].public, "remove")
    hub.hub.set("listen-port", 2003)        # the links are forgotten with the sockets
    hub.ns.must_ping("10.7.0.3", wait=8)
    slow_down(hub, 1)
    child = pour(hub.ns, "10.7.0.3", 4_000_000, 4)
    try:
        wait_for(lambda: blocked(hub) > 0, 4, "a full socket")
        time.sleep(1)
        equal(hub.hub.drops().get("send"), None, "drops")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def receives_all(hub, port):
    """From 128 places, as a hash would share them out: each datagram is counted."""
    before = hub.hub.drops().get("type", 0)
    for family, address in ((socket.AF_INET, "192.168.1.1"), (socket.AF_INET6, "fd00:1::1")):
        for _ in range(64):
            with hub.peers[0].ns, socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.sendto(b"nothing that is known", (address, port))
    wait_for(lambda: hub.hub.drops().get("type", 0) == before + 128, 2, "128 drops")


def share(lab, ns, port):
    """What another program of the same user may open."""
    with ns:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    lab.closing.append(sock)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("", port))
    return sock


@test(needs=["taut"])
def sockets_apart_receive_nothing(lab):
    """All that arrives goes to the first socket, whatever happens to the sockets."""
    hub = Hub(lab)
    receives_all(hub, 2001)
    os.kill(hub.hub.workers()[0], signal.SIGKILL)
    wait_for(lambda: hub.ns.ping("10.7.0.2", 1, wait=0.2), 8, "the next worker")
    receives_all(hub, 2001)
    hub.hub.set("listen-port", 2004)
    receives_all(hub, 2004)
    share(lab, hub.ns, 2005)                # somebody else was first
    check(hub.hub.set("listen-port", 2005, ok=False).code, "a port that another one has")
    receives_all(hub, 2004)
    share(lab, hub.ns, 2004)
    receives_all(hub, 2004)
    hub.hub.set("listen-port", 2001)
    receives_all(hub, 2001)


@test(needs=["taut"])
def icmp_about_any_peer_is_heard(lab):
    """The kernel gives it to any of the sockets: each of 16 peers has a closed port."""
    ns, near = lab.namespace("hub"), lab.namespace("near")
    lab.wire(ns, near)
    near.sysctl("ipv4/icmp_ratelimit", 0)
    peers = [noise.b64(os.urandom(32)) for _ in range(16)]
    node = Node(lab, ns).start()
    node.setup(*([p, "allowed-ips", f"10.7.1.{i}/32", "endpoint", f"192.168.1.2:{100 + i}",
                  "persistent-keepalive", 1] for i, p in enumerate(peers)),
               port=2001, addresses=("10.7.0.1/24",))

    def told():
        records = node.status()[1]
        return all(records[p].get("icmp_last") == "3/3" for p in peers)

    wait_for(told, 12, "ICMP about all peers")


@test(needs=["taut"])
def flapping_peer_leaves_the_feed_to_others(lab):
    """A peer that sends from another port each time: ten moves are told, and all of the other."""
    node = Node(lab, lab.namespace("hub")).start()
    keys = [noise.private() for _ in range(2)]
    publics = [noise.b64(noise.public(k)) for k in keys]
    node.setup(*([p, "allowed-ips", f"10.7.0.{2 + i}/32"] for i, p in enumerate(publics)),
               addresses=("10.7.0.1/24",))
    to, sessions = ("127.0.0.1", node.port()), []
    for key in keys:
        sock = lab.udp(node.ns, "127.0.0.1")
        first = noise.Initiator(key, node.public_key)
        sock.sendto(first.initiation(), to)
        sessions.append(first.consume(sock.recv(200)))
        sock.sendto(sessions[-1].seal(b""), to)
    path = os.path.join(lab.dir, "feed")
    with open(path, "wb") as file:
        lab.spawn(node.ns, lab.program, "events", "--json", node.name, stdout=file)

        def moves(public):
            with open(path, encoding="utf-8") as feed:
                told = [json.loads(line) for line in feed if line.endswith("\n")]
            return sum(e["event"] == "endpoint" and e["public_key"] == public for e in told)

        def move(which):
            lab.udp(node.ns, "127.0.0.1").sendto(sessions[which].seal(b""), to)

        def first_told():
            move(0)
            return moves(publics[0])

        wait_for(first_told, 3, "the feed", step=0.1)
        for _ in range(40):
            move(0)
            time.sleep(0.005)
        move(1)
        wait_for(lambda: moves(publics[1]) == 1, 2, "the move of the other")
        within(moves(publics[0]), 1, 10, "moves told")
    within(node.log().count("is now at"), 2, 4, "lines about two peers")

# SPDX-License-Identifier: ISC
"""What peers share: none of them spoils it for the others."""

import json
import os
import time

import noise
from lab import equal, wait_for, within
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
        self.hub.setup(*([p.public, "allowed-ips", f"10.7.0.{2 + i}/32",
                          "endpoint", f"192.168.{wires[i]}.2:2002"]
                         for i, p in enumerate(self.peers)),
                       port=2001, addresses=("10.7.0.1/24",))
        for i, peer in enumerate(self.peers):
            peer.setup([self.hub.public, "allowed-ips", "10.7.0.1/32"], port=2002,
                       addresses=(f"10.7.0.{2 + i}/24",))
            self.ns.must_ping(f"10.7.0.{2 + i}")

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

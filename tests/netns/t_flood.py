# SPDX-License-Identifier: ISC
"""Floods by a generator in C: messages whose mac1 is right, from one address or from any."""

import contextlib
import json
import os
import subprocess
import time

import noise
from lab import Skip, check, wait_for, within
from node import Node
from runner import test

RATE = 300_000          # a second; a slow machine sends as many as it can
MESSAGES = 4000
LIVE = "10.7.0.2"


class Target:
    """A server with a live session to a peer on one wire; an attacker on another."""

    def __init__(self, lab):
        if not lab.flood:
            raise Skip("no flood and no C compiler")
        self.lab, self.ns = lab, lab.namespace("server")
        self.good, self.bad = lab.namespace("good"), lab.namespace("bad")
        lab.wire(self.ns, self.good)
        lab.wire(self.ns, self.bad)
        for scope in ("all", "e2"):
            self.ns.sysctl(f"ipv4/conf/{scope}/rp_filter", 0)
        self.ns.ip("route add default via 192.168.2.2")
        self.server = Node(lab, self.ns).start()
        self.live = Node(lab, self.good).start()
        self.server.setup([self.live.public, "allowed-ips", "10.7.0.2/32"], port=2001,
                          addresses=("10.7.0.1/24",))
        self.join(self.live, 2)
        self.ns.must_ping(LIVE)

    def join(self, node, number):
        node.setup([self.server.public, "allowed-ips", "10.7.0.1/32", "endpoint",
                    "192.168.1.1:2001", "persistent-keepalive", 1],
                   port=2000 + number, addresses=(f"10.7.0.{number}/24",))

    def expect(self, number):
        """A peer that the server has not heard of yet, with its daemon."""
        node = Node(self.lab, self.good).start()
        self.server.set("peer", node.public, "allowed-ips", f"10.7.0.{number}/32")
        return node

    def flood(self, seconds, *source):
        """Every other message has a mac2, which is wrong."""
        key = noise.mac1_key(self.server.public_key)
        path = os.path.join(self.lab.dir, "messages")
        with open(path, "wb") as file:
            for i in range(MESSAGES):
                body = b"\1\0\0\0" + os.urandom(112)
                file.write(body + noise.mac(key, body) + (os.urandom(16) if i % 2 else bytes(16)))
        link = json.loads(self.ns.run("ip", "-j", "link", "show", "e2").out)[0]
        child = self.lab.spawn(self.bad, self.lab.flood, path, "e2", link["address"],
                               "192.168.2.1", 2001, RATE, seconds, *source,
                               stdout=subprocess.PIPE, text=True)
        self.favour(child)
        wait_for(lambda: self.server.drops().get("rate", 0) > 1000, 5, "a flood")
        return child

    def favour(self, child):
        """It is about the flood, not about what else runs here: the generator, and the kernel's
        half of its work, stays on one core; the daemons come first on the others."""
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(child.pid, {max(cores)})
        for pid in (*self.server.pids(), *self.live.pids()):
            os.sched_setaffinity(pid, cores - {max(cores)} or cores)
            with contextlib.suppress(PermissionError):      # in a container
                os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))


def flooded(lab, *source):
    """A flood begins; what a live session and a known peer that must begin anew notice of it."""
    target = Target(lab)
    known = target.expect(3)
    target.join(known, 3)
    wait_for(lambda: target.server.peer(known)["handshake"], 5, "a session")
    target.flood(16, *source)
    known.down_up()
    before, drops = target.server.handshake_ns(known), target.server.drops()
    within(target.ns.ping(LIVE, 800, interval=0.005), 720, 800, "pings of the live session")
    check(target.server.drops()["rate"] - drops["rate"] > 100_000, "hardly a flood")
    wait_for(lambda: target.server.handshake_ns(known) > before, 6, "a handshake of a known peer")
    return target


@test(alone=True, steady=True, slow=12, needs=["taut"])
def flood_from_one_address_harms_nobody(lab):
    target = flooded(lab, "192.168.2.2")
    late = target.expect(4)
    target.join(late, 4)
    wait_for(lambda: target.server.handshake_ns(late), 6, "a handshake of a new peer")


@test(alone=True, steady=True, slow=12, needs=["taut"])
def flood_from_everywhere_harms_no_known_peer(lab):
    """A new one has to be lucky: most cookies go to invented addresses."""
    target = flooded(lab)
    sent, start = target.server.drops()["cookie-sent"], time.monotonic()
    time.sleep(1)
    within((target.server.drops()["cookie-sent"] - sent) / (time.monotonic() - start),
           1, 10000 + 20 + 512, "cookies a second")

# SPDX-License-Identifier: ISC
"""wg-quick up and down with the program as its userspace implementation."""

import os
import re

import noise
import variant
from lab import check, equal, wait_for
from node import Node
from runner import test

V4 = "10.7.0.2"


class Quick:
    """A namespace with a wg-quick file, and a peer that answers as 10.7.0.2 and 172.20.0.1."""

    def __init__(self, lab, allowed, interface=""):
        self.lab, self.ns, self.far = lab, lab.namespace("a"), lab.namespace("b")
        if variant.NOW.mtu and "MTU" not in interface:
            interface += f"\nMTU = {variant.NOW.mtu}"
        lab.wire(self.ns, self.far)
        self.ns.ip("route add default via 192.168.1.2", "route add ::/0 via fd00:1::2")
        self.peer = Node(lab, self.far).start()
        self.name = lab.name()
        self.private = noise.private()
        self.public = noise.b64(noise.public(self.private))
        self.peer.setup([self.public, "allowed-ips", "10.7.0.1/32,fd07::1/128"], port=2002,
                        addresses=("10.7.0.2/24", "fd07::2/64", "172.20.0.1/32", "fd20::1/128"))
        self.marks = os.path.join(lab.dir, "marks")
        self.conf = lab.file(self.name + ".conf", f"""
[Interface]
PrivateKey = {noise.b64(self.private)}
ListenPort = 2001
Address = 10.7.0.1/24, fd07::1/64
PreUp = echo pre-up %i >> {self.marks}
PostUp = echo post-up $(ip -o link show %i | wc -l) >> {self.marks}
PreDown = echo pre-down >> {self.marks}
PostDown = echo post-down $(ip -o link show %i 2>/dev/null | wc -l) >> {self.marks}
{interface}
[Peer]
PublicKey = {self.peer.public}
AllowedIPs = {allowed}
Endpoint = 192.168.1.2:2002
""")
        self.before = self.state()

    def call(self, verb):
        return self.ns.run("wg-quick", verb, self.conf, timeout=30, env={
            "WG_QUICK_USERSPACE_IMPLEMENTATION": self.lab.program})

    def state(self):
        """Everything that may be left behind."""
        def out(*argv):
            text = self.ns.run(*argv, ok=False).out
            return re.sub(r"\d+sec|expires \S+", "", text)
        return {
            "links": self.ns.links(), "processes": self.ns.pids(),
            "rules": out("ip", "-4", "rule") + out("ip", "-6", "rule"),
            "routes": out("ip", "-4", "route", "show", "table", "all"),
            "routes v6": out("ip", "-6", "route", "show", "table", "all"),
            "nft": out("nft", "list", "ruleset"),
            "socket": os.path.exists(f"/var/run/wireguard/{self.name}.sock"),
        }

    def marked(self):
        with open(self.marks, encoding="ascii") as file:
            return file.read().split("\n")[:-1]

    def down(self):
        self.call("down")
        wait_for(lambda: not self.ns.pids(), 3, "end of the daemon")
        after = self.state()
        for what, value in self.before.items():
            equal(after[what], value, f"{what} left behind")
        equal(self.marked(), [f"pre-up {self.name}", "post-up 1", "pre-down", "post-down 0"],
              "hooks")


@test(needs=["wg-quick"])
def quick_up_and_down_leave_nothing(lab):
    quick = Quick(lab, "10.7.0.2/32, fd07::2/128, 172.20.0.0/16", "MTU = 1380")
    quick.call("up")
    equal(len(quick.ns.daemons()), 1, "daemons")
    quick.ns.must_ping(V4)
    quick.ns.must_ping("fd07::2")
    quick.ns.must_ping("172.20.0.1", source="10.7.0.1")
    text = quick.ns.run("ip", "link", "show", quick.name).out
    check("mtu 1380" in text, f"MTU: {text}")
    quick.down()


@test(needs=["wg-quick", "nft"])
def quick_default_route_leaves_nothing(lab):
    """AllowedIPs 0.0.0.0/0 and ::/0: wg-quick's rules and marks keep the tunnel's packets out."""
    quick = Quick(lab, "0.0.0.0/0, ::/0")
    quick.peer.set("peer", quick.public, "allowed-ips", "10.7.0.1/32,fd07::1/128")
    quick.call("up")
    text = quick.ns.run("wg", "show", quick.name, "fwmark").out.strip()
    equal(text, "0xca6c", "fwmark")
    check(quick.ns.run("nft", "list", "ruleset").out, "no firewall rule")
    quick.ns.must_ping("172.20.0.1", what="a far address by the default route")
    quick.ns.must_ping("fd20::1", what="a far v6 address by the default route")
    quick.down()


@test(needs=["wg-quick"])
def quick_save_config_keeps_the_peer(lab):
    """SaveConfig: down writes what runs; up again from that works."""
    quick = Quick(lab, "10.7.0.2/32, fd07::2/128", "SaveConfig = true")
    quick.call("up")
    quick.ns.must_ping(V4)
    quick.ns.run("wg", "set", quick.name, "peer", quick.peer.public, "persistent-keepalive", 7)
    quick.down()
    with open(quick.conf, encoding="ascii") as file:
        text = file.read()
    for line in ("PersistentKeepalive = 7", f"PublicKey = {quick.peer.public}", "ListenPort = 2001",
                 f"PrivateKey = {noise.b64(quick.private)}", "Endpoint = 192.168.1.2:2002"):
        check(line in text, f"saved file lacks {line!r}")
    os.unlink(quick.marks)
    quick.call("up")
    quick.ns.must_ping(V4)
    quick.down()


@test(needs=["wg-quick"])
def quick_failure_leaves_nothing(lab):
    """A hook that fails: wg-quick undoes everything, the program exits."""
    quick = Quick(lab, "10.7.0.2/32", "PostUp = false")
    done = quick.ns.run("wg-quick", "up", quick.conf, ok=False, env={
        "WG_QUICK_USERSPACE_IMPLEMENTATION": lab.program})
    check(done.code != 0, "wg-quick up succeeded")
    wait_for(lambda: not quick.ns.pids(), 3, "end of the daemon")
    after = quick.state()
    for what, value in quick.before.items():
        equal(after[what], value, f"{what} left behind")

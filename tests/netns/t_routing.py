# SPDX-License-Identifier: ISC
"""conf/routed-link.conf under bird and babeld: a ring of three tunnels, one of which fails."""

import os
import re

from lab import Failure, check, equal, wait_for
from node import Node
from runner import test

TOP = os.path.abspath(os.environ.get("srcdir") or os.path.join(os.path.dirname(__file__), "../.."))
RING = ((0, 1), (1, 2), (2, 0))     # tunnel N joins these routers


def inner(i):
    """The addresses behind router i, which the others must learn."""
    return f"10.20.{i}.1", f"fd20:{i}::1"


class End:
    """One end of a tunnel: the example, with what an admin changes in it."""

    def __init__(self, ring, link, which):
        router, other = RING[link][which], RING[link][1 - which]
        self.node = Node(ring.lab, ring.spaces[router])
        self.link, self.which, self.other = link, which, other
        # The second tunnel of a router has its own mark and table.
        self.second = which == 1

    def config(self, ring):
        far = ring.ends[self.link][1 - self.which]
        near_by = f"192.168.{self.link + 1}.{2 - self.which}"
        with open(os.path.join(TOP, "conf/routed-link.conf"), encoding="utf-8") as file:
            text = file.read()
        for pattern, value in (
                ("PrivateKey = .*", f"PrivateKeyFile = {self.node.key_file}"),
                ("PublicKey = .*", f"PublicKey = {far.node.public}"),
                ("ListenPort = .*", f"ListenPort = {2001 + self.link}"),
                ("Endpoint = .*", f"Endpoint = {near_by}:{2001 + self.link}"),
                ("Address = 10.255.1.1/31, fe80::1/64",
                 f"Address = 10.255.{self.link}.{self.which}/31, fe80::{1 + self.which}/64"),
                ("via 192.0.2.254", f"via {near_by}"),
                ("0xca6c", "0xca6d" if self.second else "0xca6c"),
                ("table 100", "table 101" if self.second else "table 100")):
            text, n = re.subn(pattern, value, text)
            check(n, f"{pattern} is not in the example")
        return text

    def start(self, ring):
        self.node.start_config(self.config(ring))
        self.node.wait_log(": ready", 10)


class Ring:
    def __init__(self, lab):
        self.lab = lab
        self.spaces = [lab.namespace(c) for c in "abc"]
        for link, (one, two) in enumerate(RING):
            equal(lab.wire(self.spaces[one], self.spaces[two]), link + 1, "wire")
        self.ends = [[End(self, link, which) for which in (0, 1)] for link in range(3)]
        for i, ns in enumerate(self.spaces):
            for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
                ns.sysctl(name, 1)
            ns.ip(f"addr add {inner(i)[0]}/32 dev lo", f"addr add {inner(i)[1]}/128 dev lo")
        for ends in self.ends:
            for end in ends:
                end.start(self)
        for link, ends in enumerate(self.ends):
            ends[0].node.wait_ping(f"10.255.{link}.1", 10, f"tunnel {link}")

    def devices(self, router):
        return [e.node.name for ends in self.ends for e in ends
                if RING[e.link][e.which] == router]

    def device(self, router, link):
        return self.ends[link][RING[link].index(router)].node.name

    def way(self, router, to):
        """The devices over which a router sends to what is behind another, v4 and v6."""
        out = []
        for address, source in zip(inner(to), inner(router)):
            text = self.spaces[router].run("ip", "route", "get", address, "from", source,
                                           ok=False).out
            out.append((re.findall(r" dev (\S+)", text) or [None])[0])
        return out

    def answers(self, router, to):
        return all(self.spaces[router].ping(address, source=source)
                   for address, source in zip(inner(to), inner(router)))

    def wait(self, router, to, link, what, timeout=45):
        """Packets arrive, and go through this tunnel."""
        want = [self.device(router, link)] * 2
        try:
            wait_for(lambda: self.way(router, to) == want and self.answers(router, to), timeout, what,
                     0.1)
        except Failure as why:
            routes = self.spaces[router].run("ip", "route").out.replace("\n", " | ")
            raise Failure(f"{why} (over {self.way(router, to)}; {routes})") from why

    def show(self):
        """Shortest paths; then one end of a tunnel fails; then it comes back."""
        for link, (one, two) in enumerate(RING):
            self.wait(one, two, link, f"{one} to {two}")
            self.wait(two, one, link, f"{two} to {one}")
        dead = self.ends[0][0]
        dead.node.kill9()
        self.wait(1, 0, 1, "1 to 0, the long way round")
        self.wait(0, 1, 2, "0 to 1, the long way round")
        dead.start(self)
        self.wait(1, 0, 0, "1 to 0, once it is back")
        self.wait(0, 1, 0, "0 to 1, once it is back")
        for number in range(3):
            rules = self.spaces[number].run("ip", "rule").out
            equal(sorted(re.findall(r"fwmark 0xca6\w lookup 10\d", rules)),
                  ["fwmark 0xca6c lookup 100", "fwmark 0xca6d lookup 101"], "rules")


BIRD = """
router id 10.0.0.{id};
protocol device {{ scan time 1; }}
protocol direct {{ ipv4; ipv6; interface "lo"; }}
protocol kernel {{ ipv4 {{ export where source != RTS_DEVICE; }}; }}
protocol kernel {{ ipv6 {{ export where source != RTS_DEVICE; }}; }}
"""
BABEL = """
protocol babel {{
	interface {devices} {{ type wired; hello interval 500 ms; update interval 2 s; }};
	ipv4 {{ import all; export where source = RTS_DEVICE || source = RTS_BABEL; }};
	ipv6 {{ import all; export where source = RTS_DEVICE || source = RTS_BABEL; }};
}}
"""
OSPF = """
protocol ospf v2 {{
	ipv4 {{ import all; export where source = RTS_DEVICE; }};
	area 0 {{ interface {devices} {{ type ptp; hello 1; dead 3; }}; }};
}}
protocol ospf v3 {{
	ipv6 {{ import all; export where source = RTS_DEVICE; }};
	area 0 {{ interface {devices} {{ type ptp; hello 1; dead 3; }}; }};
}}
"""
BABELD = "".join(f"{line}\n" for line in (
    "redistribute local ip {v4}/32 allow", "redistribute local ip {v6}/128 allow",
    "redistribute local deny", "redistribute deny", "default update-interval 2",
    "smoothing-half-life 0"))


def start_bird(ring, text):
    for i, ns in enumerate(ring.spaces):
        devices = ", ".join(f'"{name}"' for name in ring.devices(i))
        config = ring.lab.file(f"bird{i}.conf", (BIRD + text).format(id=i + 1, devices=devices))
        log = open(os.path.join(ring.lab.dir, f"bird{i}.log"), "wb")     # pylint: disable=R1732
        ring.lab.closing.append(log)
        ring.lab.spawn(ns, "bird", "-f", "-c", config, "-s",
                       os.path.join(ring.lab.dir, f"bird{i}.ctl"), stdout=log, stderr=log)


def start_babeld(ring):
    for i, ns in enumerate(ring.spaces):
        text = BABELD.format(v4=inner(i)[0], v6=inner(i)[1])
        for name in ring.devices(i):
            # On a busy machine delays, not hops, would decide between the paths.
            text += f"interface {name} type tunnel hello-interval 0.5 enable-timestamps false\n"
        folder = ring.lab.dir
        ring.lab.spawn(ns, "babeld", "-I", f"{folder}/babeld{i}.pid", "-S",
                       f"{folder}/babeld{i}.state", "-L", f"{folder}/babeld{i}.log", "-c",
                       ring.lab.file(f"babeld{i}.conf", text))


@test(needs=["taut", "bird"], slow=20, timeout=150)
def routed_ring_with_bird_and_babel(lab):
    ring = Ring(lab)
    start_bird(ring, BABEL)
    ring.show()


@test(needs=["taut", "bird"], slow=20, timeout=150)
def routed_ring_with_bird_and_ospf(lab):
    ring = Ring(lab)
    start_bird(ring, OSPF)
    ring.show()


@test(needs=["taut", "babeld"], slow=20, timeout=150)
def routed_ring_with_babeld(lab):
    ring = Ring(lab)
    start_babeld(ring)
    ring.show()

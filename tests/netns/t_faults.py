# SPDX-License-Identifier: ISC
"""Failures around a tunnel, and how soon traffic recovers."""

import time

from lab import equal, wait_for, within
from node import Pair
from runner import test

V4 = "10.7.0.2"


def outage(pair, on):
    """A router on the path silently drops everything."""
    pair.middle.sysctl("ipv4/ip_forward", 0 if on else 1)


@test(slow=5)
def short_outage_costs_one_round_trip(lab):
    """10 s of silence with traffic: the very next packet after it goes through."""
    fast = 10 if not lab.program.endswith("wireguard-go") else None
    pair = Pair(lab, middle=True, rate=fast)
    pair.a.ns.must_ping(V4)
    outage(pair, True)
    equal(pair.a.ns.ping(V4, 9, wait=1, interval=0.1), 0, "pings in the outage")
    outage(pair, False)
    pair.a.ns.must_ping(V4, wait=1)
    pair.b.ns.must_ping("10.7.0.1", wait=1)


@test(slow=20, needs=["taut"])
def long_outage_with_traffic_ends_in_5_s(lab):
    """More than 90 s while an application goes on sending: back within one retry, 5.4 s."""
    rate = 10
    pair = Pair(lab, middle=True, rate=rate, ends=(True, False))
    pair.a.ns.must_ping(V4)
    for _ in range(2):
        outage(pair, True)
        memory = pair.a.memory()
        equal(pair.a.ns.ping(V4, 140, wait=1, interval=0.07), 0, "pings in the outage")
        within(pair.a.memory() - memory, -10000, 1024, "growth of memory in KiB")
        wire = lab.capture(pair.a.ns, pair.dev_a)
        outage(pair, False)
        start = time.time()
        wait_for(lambda: pair.a.ns.ping(V4, 1, wait=0.1), 2, "traffic")
        answer = next(p for p in wire.packets(4, out=False))
        within((answer.at - start) * rate, 0, 5.4 + 0.6, "seconds until the first answer")
        wire.forget()


@test(slow=16, needs=["taut"])
def long_silent_outage_ends_at_once(lab):
    """Given up after 90 s without traffic; the first new packet starts a handshake at once."""
    rate = 20
    pair = Pair(lab, middle=True, rate=rate, ends=(True, False))
    pair.a.ns.must_ping(V4)
    time.sleep(181 / rate)
    outage(pair, True)
    pair.a.ns.ping(V4, wait=0.1)
    time.sleep(115 / rate)
    outage(pair, False)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    time.sleep(10 / rate)
    equal(wire.packets(), [], "packets after giving up")
    start = time.monotonic()
    pair.a.ns.must_ping(V4, wait=1)
    within(time.monotonic() - start, 0, 0.5, "seconds until the first new packet is answered")


@test(slow=30, timeout=120, needs=["taut"])
def killed_ends_come_back(lab):
    """Each end is killed and restarted in turn: its own traffic at once, the other's in 15.4 s."""
    rate = 10
    pair = Pair(lab, rate=rate, start=False)
    pair.start_configs()
    pair.a.ns.must_ping(V4)
    slowest = 0
    for i in range(6):
        dead, other, target = ((pair.b, pair.a, V4), (pair.a, pair.b, "10.7.0.1"))[i % 2]
        dead.kill9()
        dead.start("run", dead.config)
        wait_for(dead.is_up, 3, "link up again")
        start = time.monotonic()
        wait_for(lambda n=other, t=target: n.ns.ping(t, 1, wait=0.05), 15.4 / rate + 0.5,
                 f"traffic of the side that lived, turn {i}", step=0)
        slowest = max(slowest, time.monotonic() - start)
    within(slowest * rate, 0, 15.4 + 1.5, "slowest return")
    for i in range(6):
        dead, target = ((pair.b, "10.7.0.1"), (pair.a, V4))[i % 2]
        time.sleep(0.1)
        dead.kill9()
        dead.start("run", dead.config)
        wait_for(dead.is_up, 3, "link up again")
        start = time.monotonic()
        dead.ns.must_ping(target, wait=1, what="own traffic of the restarted side")
        within(time.monotonic() - start, 0, 0.3, "seconds for it")


@test()
def underlay_down_and_up(lab):
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    for ns in (pair.b.ns, pair.a.ns):
        ns.ip(f"link set {pair.dev_b} down")
        equal(pair.a.ns.ping(V4, wait=0.2), 0, "pings while down")
        ns.ip(f"link set {pair.dev_b} up")
        wait_for(lambda: all("LOWER_UP" in n.ns.run("ip", "link", "show", pair.dev_b).out
                             for n in pair), 3, "carrier")
        pair.a.wait_ping(V4, 1.5, "traffic after the wire is back", wait=0.3)


def replace_address(pair, outer):
    """The underlay address of a is replaced five times; no ping is lost."""
    got = 0
    for i in range(5):
        old, new = (1 if i == 0 else 100 + i - 1), 100 + i
        pair.a.ns.ip(f"addr del 192.168.1.{old}/24 dev {pair.dev_a}",
                     f"addr add 192.168.1.{new}/24 dev {pair.dev_a}",
                     f"addr del fd00:1::{old}/64 dev {pair.dev_a}")
        pair.a.ns.add_v6(f"fd00:1::{new}/64", pair.dev_a)
        got += pair.a.ns.ping(V4, 3, wait=1, interval=0.05)
        equal(pair.b.endpoint(pair.a).startswith(outer % new), True, f"server follows to {new}")
    equal(got, 15, "pings answered")


@test()
def replaced_address_loses_nothing_v4(lab):
    pair = Pair(lab, ends=(True, False))
    pair.a.ns.must_ping(V4)
    replace_address(pair, "192.168.1.%d:")


@test()
def replaced_address_loses_nothing_v6(lab):
    pair = Pair(lab, outer=6, ends=(True, False))
    pair.a.ns.must_ping(V4)
    replace_address(pair, "[fd00:1::%d]:")


@test()
def default_route_moved(lab):
    """The only route to the peer moves to another device: the next packet takes it."""
    pair = Pair(lab, middle=True, ends=(True, False))
    third = lab.wire(pair.a.ns, pair.middle)
    pair.a.ns.must_ping(V4)
    pair.a.ns.ip(f"route replace default via 192.168.{third}.2")
    pair.a.ns.must_ping(V4, 3, wait=1, interval=0.05)
    equal(pair.b.endpoint(pair.a), f"192.168.{third}.1:2001", "endpoint")


@test(needs=["taut"])
def changed_network_shakes_hands_again(lab):
    """SIGUSR2: name and handshake now, without waiting for timers."""
    pair = Pair(lab, start=False)
    pair.start_configs()
    pair.a.ns.must_ping(V4)
    time.sleep(5.2)                         # the minimum interval between two handshakes
    before = pair.a.handshake_ns(pair.b)
    pair.a.process.send_signal(12)
    wait_for(lambda: pair.a.handshake_ns(pair.b) > before, 1, "new handshake after SIGUSR2")
    pair.a.ns.must_ping(V4)

# SPDX-License-Identifier: ISC
"""The worker or the monitor is killed at random moments: what stays, what goes, what is next."""

import base64
import os
import random
import re
import signal
import time

import noise
from lab import check, equal, wait_for
from node import Pair
from runner import numbered, test
from t_daemon import host_state
from t_worker import V4, Sender, Sniffer, kill_worker, killed_under_a_full_tunnel, on_host

MARK = 51820


class Pace:
    """More than 5 deaths of a worker in 10 s end a tunnel."""

    def __init__(self, sniffer):
        self.sniffer, self.times = sniffer, []

    def wait(self):
        if len(self.times) >= 5:
            self.sniffer.sleep(self.times[-5] + 10.2 - time.monotonic())
        self.times.append(time.monotonic())


# -- everything goes through the tunnel, and its worker dies

def full_by_file(lab):
    pair = Pair(lab, start=False)
    pair.a.start_config(pair.config(0).replace("10.7.0.2/32", "0.0.0.0/0"))
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping(V4, 5, "first answer")
    return pair


def full_by_hand(lab):
    """As wg-quick does it: wg setconf, a table, two rules."""
    pair = Pair(lab, start=False)
    pair.b.start_config(pair.config(1))
    pair.a.start()
    pair.a.wg("setconf", pair.a.name, lab.file(
        "setconf", f"[Interface]\nPrivateKey = {noise.b64(pair.a.private)}\nListenPort = 2001\n"
        f"FwMark = {MARK}\n[Peer]\nPublicKey = {pair.b.public}\nAllowedIPs = 0.0.0.0/0\n"
        f"Endpoint = {pair.outer[1]}:2002\n"))
    pair.a.ns.ip(f"addr add 10.7.0.1/24 dev {pair.a.name}", f"link set {pair.a.name} up",
                 f"route add default dev {pair.a.name} table {MARK}",
                 f"rule add not fwmark {MARK} table {MARK}",
                 "rule add table main suppress_prefixlength 0")
    pair.a.wait_ping(V4, 5, "first answer")
    return pair


def by_hand_with_another_peer(lab, times):
    pair = full_by_hand(lab)
    key = base64.b64encode(os.urandom(32)).decode()
    pair.a.set("peer", key, "allowed-ips", "10.8.0.0/24", "persistent-keepalive", "25")
    before, peers = on_host(pair.a), pair.a.wg("showconf", pair.a.name).out

    def look():
        equal(on_host(pair.a), before, "what is on the host")
        equal(pair.a.wg("showconf", pair.a.name).out, peers, "configuration")
        check(key in peers, "the peer that was added")

    killed_under_a_full_tunnel(lab, pair, times, look)


@test(needs=["taut"], timeout=120, slow=20)
def nothing_leaks_from_a_tunnel_set_up_by_hand(lab):
    """taut -f, wg setconf, routes as by wg-quick, a peer added since: the peer stays."""
    by_hand_with_another_peer(lab, 4)


@test(needs=["taut"], timeout=300, long=True)
def nothing_leaks_in_twenty_deaths(lab):
    killed_under_a_full_tunnel(lab, full_by_file(lab), 20)


@test(needs=["taut"], timeout=300, long=True)
def nothing_leaks_in_twenty_deaths_by_hand(lab):
    killed_under_a_full_tunnel(lab, full_by_hand(lab), 20)


@test(needs=["taut"], timeout=300, long=True)
def a_peer_survives_twenty_deaths(lab):
    by_hand_with_another_peer(lab, 20)


# -- a worker dies while the tunnel changes

class Choice:
    """One of two files, and how to tell which one is in force."""

    def __init__(self, pair, which, peers=40):
        self.address = f"10.{17 + which}.0.1"
        self.net = f"10.{50 + 10 * which}"
        self.port, self.keepalive = 2001 + 10 * which, 21 + which
        self.mtu = pair.mtu + (20 if pair.mtu < 1300 else -20) * which
        more = "".join(f"[Peer]\nPublicKey = {noise.b64(bytes([i + 1] * 32))}\n"
                       f"AllowedIPs = {self.net}.{i}.0/24\n" for i in range(peers))
        text = pair.config(0, rest=f"PersistentKeepalive = {self.keepalive}\n{more}")
        self.text = (text.replace("10.7.0.1/24", f"10.7.0.1/24, {self.address}/24", 1)
                     .replace("10.7.0.2/32", "0.0.0.0/0").replace("ListenPort = 2001",
                                                                  f"ListenPort = {self.port}")
                     .replace(f"MTU = {pair.mtu}", f"MTU = {self.mtu}"))
        self.peers = peers

    def seen(self, node, peer):
        """What of it there is."""
        addresses = node.ns.run("ip", "-o", "addr", "show", "dev", node.name).out
        routes = node.ns.run("ip", "route", "show", "table", "all", "dev", node.name).out
        link = node.ns.run("ip", "-o", "link", "show", node.name).out
        allowed = node.show("allowed-ips")
        return {"address": f" {self.address}/" in addresses,
                "routes": routes.count(f"\n{self.net}.") + routes.startswith(f"{self.net}."),
                "MTU": f"mtu {self.mtu} " in link, "port": node.show("listen-port") ==
                str(self.port), "keepalive": node.peer(peer)["keepalive"] == str(self.keepalive),
                "allowed": allowed.count(f"\t{self.net}.")}

    @property
    def all(self):
        return {"address": True, "routes": self.peers, "MTU": True, "port": True,
                "keepalive": True, "allowed": self.peers}

    @property
    def none(self):
        return {key: type(value)(0) for key, value in self.all.items()}


def in_force(pair, choices):
    """Which of them, wholly; the other one not at all."""
    seen = [choice.seen(pair.a, pair.b) for choice in choices]
    for i in range(2):
        if seen[i] == choices[i].all and seen[1 - i] == choices[1 - i].none:
            return i
    check(False, f"a mixture of two configurations: {seen}")
    return None


OUTCOME = re.compile("reload: MTU changed|reload failed")


def reload_and_kill(pair, choice):
    """Returns when it is decided whether the reload has failed."""
    with open(pair.a.config, "w", encoding="utf-8") as file:
        file.write(choice.text)
    before = len(OUTCOME.findall(pair.a.log()))
    pair.a.process.send_signal(signal.SIGHUP)
    time.sleep(random.uniform(0, 0.015))
    kill_worker(pair.a)
    wait_for(lambda: len(OUTCOME.findall(pair.a.log())) > before, 5, "the end of a reload")


def killed_at_random_moments(lab, times):
    """Half of them while a reload is under way."""
    pair = Pair(lab, start=False)
    choices = [Choice(pair, i) for i in range(2)]
    pair.b.start_config(pair.config(1))     # first: a calls as soon as it is up
    pair.a.start_config(choices[0].text)
    pair.a.wait_ping(V4, 5, "first answer")
    pair.a.ns.ip(f"route add default via 192.168.1.2 dev {pair.dev_a}")
    sniffer, sender = Sniffer(lab, pair.a.ns, pair.dev_a), Sender(pair.a.ns)
    pace = Pace(sniffer)
    index = pair.a.ns.run("ip", "-o", "link", "show", pair.a.name).out.partition(":")[0]
    now, changes, worst = in_force(pair, choices), 0, 0
    try:
        for turn in range(times):
            pace.wait()
            start = time.monotonic()
            if turn % 2:
                time.sleep(random.uniform(0, 0.1))
                start = time.monotonic()
                kill_worker(pair.a)
            else:
                reload_and_kill(pair, choices[1 - now])
            pair.a.wait_ping(V4, 2 - (time.monotonic() - start), f"a session, turn {turn + 1}")
            worst = max(worst, time.monotonic() - start)
            before, now = now, in_force(pair, choices)
            changes += before != now
            check(turn % 2 == 0 or before == now, "another configuration without a reload")
            clear, tunnel = sniffer.count()
            equal(clear, 0, f"packets in clear, beside {tunnel}, turn {turn + 1}")
        check(tunnel > 100, f"only {tunnel} packets through the tunnel")
        check(pair.a.ns.run("ip", "-o", "link", "show", pair.a.name).out.startswith(f"{index}:"),
              "it is another device")
        pair.a.stop()
        wait_for(lambda: sniffer.count()[0], 3, "packets in clear, now that there is no tunnel")
    finally:
        sender.stop()
    print(f"    {times} deaths, {tunnel} packets through the tunnel, {changes} of "
          f"{(times + 1) // 2} reloads took place; the slowest session took {worst:.2f} s",
          flush=True)


@test(needs=["taut"], timeout=120, slow=20)
def worker_may_die_at_any_moment(lab):
    """Under traffic, under reload: nothing in clear, and one configuration or the other."""
    killed_at_random_moments(lab, 10)


# 200 deaths would take some time in one tunnel.
numbered(8, "worker_may_die_25_times", lambda lab, _: killed_at_random_moments(lab, 25),
         needs=["taut"], timeout=300, long=True)


# -- the monitor is killed

HOOKS = "".join(f"{kind} = sleep 0.1\n" for kind in ("PreUp", "PostUp", "PreDown", "PostDown"))


def ready(node):
    wait_for(lambda: ": ready" in node.log(), 5, "ready")


def go_on_until(pair, moment, text, other):
    """Start it, and return at some point of that."""
    pair.a.config = pair.lab.file(pair.a.name + ".conf", text)
    pair.a.launch("run", pair.a.config)
    if moment == "start":
        time.sleep(random.uniform(0, 0.5))
        return
    ready(pair.a)
    if moment == "reload":
        pair.lab.file(pair.a.name + ".conf", other)
        pair.a.process.send_signal(signal.SIGHUP)
        time.sleep(random.uniform(0, 0.02))
    elif moment == "stop":
        pair.a.process.send_signal(signal.SIGTERM)
        time.sleep(random.uniform(0, 0.25))
    else:
        time.sleep(random.uniform(0, 0.05))


def kill_monitor(node):
    """Then nothing of it is there: no device, no process; a hook ends after a moment."""
    if node.process.poll() is None:
        node.process.kill()
    node.process.wait()
    wait_for(lambda: not node.ns.pids(), 3, "end of the worker")
    check(node.name not in node.ns.links(), "the device was left behind")


def monitor_killed(lab, moments):
    pair = Pair(lab, start=False)
    texts = [Choice(pair, i, peers=8).text.replace("[Peer]", f"{HOOKS}[Peer]", 1)
             for i in range(2)]
    before = host_state(pair.a.ns)
    for turn, moment in enumerate(moments):
        go_on_until(pair, moment, texts[turn % 2], texts[1 - turn % 2])
        kill_monitor(pair.a)
        os.truncate(pair.a.log_path, 0)
    pair.b.start_config(pair.config(1))
    pair.a.launch("run", pair.a.config)
    ready(pair.a)
    pair.a.wait_ping(V4, 3, "the next start")
    pair.a.stop()
    equal(host_state(pair.a.ns), before, "state of the host afterwards")


MOMENTS = ("start", "up", "reload", "stop")


@test(needs=["taut"], timeout=120, slow=12)
def monitor_may_die_at_any_moment(lab):
    """At the start, in a hook, up, in a reload, at the end: nothing stays, the next one starts."""
    monitor_killed(lab, MOMENTS * 2)


@test(needs=["taut"], timeout=300, long=True)
def monitor_may_die_thirty_times(lab):
    monitor_killed(lab, ("start", *MOMENTS) * 6)

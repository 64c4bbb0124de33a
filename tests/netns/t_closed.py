# SPDX-License-Identifier: ISC
"""A tunnel that takes the default route: it fails closed, and its addresses cannot be probed."""

import contextlib
import os
import platform
import random
import re
import signal
import socket
import struct
import threading
import time

from callfilter import filtered
from lab import Skip, check, equal, wait_for
from node import Node, Pair
from runner import numbered, test
from t_daemon import host_state, taut
from t_kills import kill_monitor, ready
from t_start import ALL, rewrite
from t_why import codes, why
from t_worker import Sniffer, kill_worker

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
V4 = "10.7.0.2"
FAR4, FAR6 = "198.51.100.7", "2001:db8:7::7"


class Traffic(threading.Thread):
    """Datagrams of both families to everywhere, until told to stop."""

    def __init__(self, ns):
        super().__init__(daemon=True)
        with ns:
            self.socks = [(socket.socket(family, socket.SOCK_DGRAM), far) for family, far in (
                (socket.AF_INET, FAR4), (socket.AF_INET6, FAR6))]
        self.over, self.tried = threading.Event(), 0
        self.start()

    def run(self):
        while not self.over.wait(0.001):
            for sock, far in self.socks:
                self.tried += 1
                with contextlib.suppress(OSError):
                    sock.sendto(b"secret", (far, 9))

    def stop(self):
        self.over.set()
        self.join()
        for sock, _ in self.socks:
            sock.close()


class Line:
    """Three hosts in a line: c, which a forwards for; a; and b, its peer and its only way out."""

    def __init__(self, lab):
        self.lab = lab
        self.pair = Pair(lab, start=False)
        self.a, self.b = self.pair
        self.c = lab.namespace("c")
        self.wire = lab.wire(self.a.ns, self.c)
        self.a.ns.ip(f"route add default via 192.168.1.2 dev {self.pair.dev_a}",
                     f"route add ::/0 via fd00:1::2 dev {self.pair.dev_a}")
        self.c.ip(f"route add default via 192.168.{self.wire}.1",
                  f"route add ::/0 via fd00:{self.wire}::1")
        for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self.a.ns.sysctl(name, 1)
        self.before = host_state(self.a.ns)
        self.full = self.pair.config(0).replace(*ALL)
        self.sniffer = Sniffer(lab, self.a.ns, self.pair.dev_a)
        self.traffic = []

    def start(self, text=None):
        if not self.b.process:
            self.b.start_config(self.pair.config(1))
        before = self.a.log().count(": ready") if self.a.process else 0
        self.a.start_config(text or self.full)
        wait_for(lambda: self.a.log().count(": ready") > before, 5, "ready")
        self.a.wait_ping(V4, 5, "first answer")
        return self

    def send(self):
        """From now on; what was seen before does not count."""
        self.traffic = [Traffic(self.a.ns), Traffic(self.c)]
        self.sniffer.count()
        self.sniffer.clear = self.sniffer.tunnel = 0

    def stop_sending(self):
        for traffic in self.traffic:
            traffic.stop()
        self.traffic = []

    def kill(self, numbers=(0, 1)):
        """The monitor, the worker, or both at once."""
        pids = self.a.pids()
        for i in numbers:
            os.kill(pids[i], signal.SIGKILL)
        self.a.process.wait()
        wait_for(lambda: self.a.name not in self.a.ns.links(), 3, "the end of the device")

    def closed(self, what):
        clear, _ = self.sniffer.count()
        equal(clear, 0, f"packets in clear {what}")

    def opened(self, what):
        """It can be seen that traffic is under way."""
        wait_for(lambda: self.sniffer.count()[0] > 10, 3, f"packets in clear {what}")

    def down(self):
        done = taut(self.lab, self.a.ns, "down", self.a.name)
        equal(host_state(self.a.ns), self.before, "state of the host after down")
        return done


@contextlib.contextmanager
def sending(line):
    line.send()
    try:
        yield
    finally:
        line.stop_sending()


def says_closed(line, given=None):
    """why and status, of a tunnel that does not run."""
    status, said = why(line.a, given)
    found = [v["code"] for v in said["verdicts"]]
    equal((status, found[-1]), (1, "E-CLOSED"), f"why: {found}")
    equal([step["text"].split()[:2] for step in said["verdicts"][-1]["steps"]],
          [["taut", "up"], ["taut", "down"]], "what to type")
    done = line.a.ns.run(line.lab.program, "status", line.a.name, ok=False)
    check("keeps this host closed" in done.err, f"status said: {done.err}")
    return found


# -- it is killed

@test(needs=["taut"], timeout=120, slow=20)
def nothing_leaks_when_all_of_it_is_killed(lab):
    """Monitor and worker at once, under traffic of its own and of others: 10 s, and a restart."""
    line = Line(lab).start()
    with sending(line):
        wait_for(lambda: line.sniffer.count()[1] > 100, 5, "packets through the tunnel")
        line.kill()
        tried = line.traffic[0].tried + line.traffic[1].tried
        line.sniffer.sleep(10)
        tried = line.traffic[0].tried + line.traffic[1].tried - tried
        print(f"    {tried} datagrams of both families in 10 s, {line.sniffer.count()[0]} in clear",
              flush=True)
        line.closed("in the 10 s after its death")
        check(tried > 1000, "nobody tried to send")
        line.a.ns.must_ping(f"192.168.{line.wire}.2", what="the local network")
        equal(says_closed(line), ["E-CLOSED"], "why, without a file in its place")
        equal(says_closed(line, line.a.config), ["E-NOT-RUNNING", "E-CLOSED"], "why of the file")
        line.a.start("run", line.a.config)
        line.a.wait_ping(V4, 5, "the next one")
        line.closed("up to the next start")
        check("was killed: nothing leaves" in line.a.log(), f"log: {line.a.log()}")
        for family in ("-4", "-6"):
            rules = line.a.ns.run("ip", family, "rule").out
            equal(len(re.findall(r"not from all fwmark (\S+) lookup 51820", rules)), 1, rules)
        line.a.stop()
        line.opened("once it was told to stop")
    equal(host_state(line.a.ns), line.before, "state of the host afterwards")


@test(needs=["taut"], timeout=90, slow=8)
def nothing_leaks_when_its_monitor_is_killed(lab):
    """Its worker ends with it; four times, the next one takes over what the last one left."""
    line = Line(lab).start()
    with sending(line):
        for turn in range(4):
            line.kill((0,))
            line.sniffer.sleep(0.3)
            line.closed(f"after death {turn + 1}")
            line.a.start("run", line.a.config)
            line.a.wait_log("ready", times=turn + 2)
        line.a.wait_ping(V4, 5, "the last one")
        line.closed("in the end")
        line.kill()
        done = line.down()
        for words in ("policy rules", "the route that kept this host closed", "control socket"):
            check(words in done.err, f"down said: {done.err}")
        line.opened("after down")
    equal(line.a.ns.run(lab.program, "why", line.a.name, ok=False).code, 4, "why afterwards")


MOMENTS = ("start", "up", "reload", "stop", "restart")


def lab_file(line, text):
    return line.lab.file(line.a.name + ".conf", text)


def empty_log(line):
    with open(line.a.log_path, "wb"):
        pass


def go_on_until(line, moment, texts):
    """Start it, and return at some point of that; whether it was up, and not asked to stop."""
    line.a.config = lab_file(line, texts[0])
    for again in range(1 + (moment == "restart")):
        if again:
            kill_monitor(line.a)
        empty_log(line)
        line.a.launch("run", line.a.config)
        if moment == "start" or again:
            time.sleep(random.uniform(0, 0.15))
            return bool(again)
        ready(line.a)
        line.sniffer.count()
        line.sniffer.clear = 0
    if moment == "reload":
        lab_file(line, texts[1])
        line.a.process.send_signal(signal.SIGHUP)
        time.sleep(random.uniform(0, 0.03))
    elif moment == "stop":
        line.a.process.send_signal(signal.SIGTERM)
        time.sleep(random.uniform(0, 0.06))
    else:
        time.sleep(random.uniform(0, 0.05))
    return moment != "stop"


def killed_and_started(lab, times):
    """Under traffic; after each death the next one starts, or down cleans up, and all is gone."""
    line = Line(lab)
    line.b.start_config(line.pair.config(1))
    texts = [line.full, line.full.replace("10.7.0.1/24", "10.7.0.1/24, 10.7.0.9/32")
             .replace("[Peer]", "FwMark = 0x77\n[Peer]")]
    closed = 0
    with sending(line):
        for turn in range(times):
            moment, order = MOMENTS[turn % len(MOMENTS)], (turn % 2 * 2 - 1)
            was_up = go_on_until(line, moment, texts[::order])
            kill_monitor(line.a)
            if was_up:
                time.sleep(0.05)
                line.closed(f"after death {turn + 1}, {moment}")
                closed += 1
            if turn % 3 == 0:
                line.down()
                continue
            empty_log(line)
            line.a.start("run", line.a.config)
            ready(line.a)
            line.a.wait_ping(V4, 5, f"the next start, turn {turn + 1}, {moment}")
            if was_up:
                line.closed(f"up to the start after death {turn + 1}, {moment}")
            line.a.stop()
            equal(host_state(line.a.ns), line.before, f"state of the host, {turn + 1}, {moment}")
    print(f"    {times} deaths, the host closed after {closed} of them", flush=True)


@test(needs=["taut"], timeout=120, slow=20)
def full_tunnel_may_die_at_any_moment(lab):
    """At the start, up, in a reload, at the end, in a start on a closed host; twice each."""
    killed_and_started(lab, 2 * len(MOMENTS))


numbered(20, "full_tunnel_may_die_25_times", lambda lab, _: killed_and_started(lab, 25),
         needs=["taut"], timeout=300, long=True)


@test(needs=["taut"], timeout=90, slow=6)
def start_that_fails_leaves_a_closed_host_closed(lab):
    """A restart that does not succeed, in whatever place; a first start that fails opens it."""
    line = Line(lab)

    def fail(what):
        """PreUp, PostUp, and a port that is taken."""
        for hook in ("PreUp = exit 1\n", "PostUp = exit 1\n", ""):
            with line.a.ns.udp("0.0.0.0", 0 if hook else 2001):
                line.a.config = lab.file(line.a.name + ".conf",
                                         line.full.replace("[Peer]", hook + "[Peer]"))
                line.a.launch("run", line.a.config)
                equal(line.a.wait_exit(), 1, f"exit status of {what} with {hook!r}")
                yield f"after {what} with {hook!r}"

    for what in fail("a first start"):
        equal(host_state(line.a.ns), line.before, f"state of the host {what}")
    line.start()
    with sending(line):
        line.kill()
        for what in fail("a restart"):
            line.sniffer.sleep(0.2)
            line.closed(what)
            says_closed(line)
        check(f"taut down {line.a.name}" in line.a.log(), f"log: {line.a.log()}")
        line.a.config = lab.file(line.a.name + ".conf", line.full.replace(
            "[Peer]", "PostUp = sleep 60\n[Peer]"))
        line.a.start("run", line.a.config)
        wait_for(line.a.is_up, 5, "link up")
        line.closed("while it starts")
        line.a.stop()       # told to, while it starts: that opens the host
        line.opened("after a start that was given up")
    equal(host_state(line.a.ns), line.before, "state of the host afterwards")


@test(needs=["taut"], timeout=90, slow=6)
def tunnel_that_fails_leaves_the_host_closed(lab):
    """Its workers keep dying: exit 1, and it is as if it had been killed."""
    line = Line(lab).start()
    with sending(line):
        for _ in range(5):
            kill_worker(line.a)
        os.kill(line.a.workers()[0], signal.SIGKILL)
        equal(line.a.wait_exit(), 1, "exit status")
        check(f"to give it up: taut down {line.a.name}" in line.a.log(), "not a word about it")
        line.sniffer.sleep(1)
        line.closed("after it has failed")
        says_closed(line)
        line.down()
        line.opened("after down")


@test(needs=["taut"], timeout=90, slow=6)
def who_is_told_to_end_opens_the_host(lab):
    """By a signal, by down, by deleting the device or the socket, as wg-quick does it."""
    line = Line(lab).start()
    with sending(line):
        for end in (lambda: line.a.process.send_signal(signal.SIGINT),
                    lambda: taut(lab, line.a.ns, "down", line.a.name),
                    lambda: line.a.ns.ip(f"link del {line.a.name}"),
                    lambda: os.unlink(line.a.socket_path)):
            line.closed("before the end")
            end()
            equal(line.a.wait_exit(), 0, "exit status")
            equal(host_state(line.a.ns), line.before, "state of the host afterwards")
            line.opened("after the end")
            line.stop_sending()
            line.a.start("run", line.a.config)
            line.a.wait_ping(V4, 5, "again")
            line.send()
    line.a.stop()


@test(needs=["taut"], timeout=90, slow=6)
def closed_host_is_opened_by_its_own_tunnel_only(lab):
    """Another tunnel comes, goes and is asked to go; a split one of that name opens it."""
    line = Line(lab).start()
    other = Node(lab, line.a.ns)
    with sending(line):
        line.kill()
        rules = line.a.ns.run("ip", "rule").out
        other.start_config(line.pair.config(1).replace("10.7.0.", "10.17.0.")
                           .replace("fd07:", "fd17:").replace("2002", "2012"))
        other.stop()
        done = taut(lab, line.a.ns, "down", other.name)
        check("is not running" in done.err, f"down said: {done.err}")
        equal(line.a.ns.run("ip", "rule").out, rules, "rules")
        # Another one that takes all gets a table of its own, and leaves nothing of it.
        other.start_config(line.full.replace("10.7.0.1", "10.17.0.1").replace("fd07::1", "fd17::1")
                           .replace("2001", "2012"))
        check("lookup 51821" in line.a.ns.run("ip", "rule").out, "the same table")
        other.stop()
        equal(line.a.ns.run("ip", "rule").out, rules, "rules after a second full tunnel")
        line.closed("with other tunnels")
        line.a.start_config(line.pair.config(0))
        line.a.wait_log("policy rules that a killed tunnel left behind")
        line.opened("with a file that takes less")
    line.a.stop()
    equal(host_state(line.a.ns), line.before, "state of the host afterwards")


@test(needs=["taut"], timeout=60, slow=4)
def restart_with_another_mark_is_closed_throughout(lab):
    """FwMark appears, changes, and goes: each table is swept, none before the next one stands."""
    line = Line(lab).start()
    with sending(line):
        for mark in ("0x77", "0x78", None):
            line.kill()
            text = line.full if not mark else line.full.replace("[Peer]",
                                                                f"FwMark = {mark}\n[Peer]")
            line.a.start_config(text)
            line.a.wait_ping(V4, 5, f"with the mark {mark}")
            line.closed(f"up to the mark {mark}")
            rules = line.a.ns.run("ip", "rule").out
            equal(rules.count("not from all fwmark"), 1, f"rules with {mark}: {rules}")
        rewrite(line.a, line.full.replace("[Peer]", "FwMark = 0x79\n[Peer]"))
        taut(lab, line.a.ns, "reload", line.a.name)
        line.a.wait_ping(V4, 5, "after a reload")
        line.closed("in a reload")
    line.a.stop()
    equal(host_state(line.a.ns), line.before, "state of the host afterwards")


@test(needs=["taut"])
def link_that_is_down_leads_nowhere(lab):
    """ip link set down is no end of the tunnel, and opens nothing."""
    line = Line(lab).start()
    with sending(line):
        line.a.ns.ip(f"link set {line.a.name} down")
        line.sniffer.sleep(0.5)
        line.closed("while the link is down")
        line.a.ns.ip(f"link set {line.a.name} up")
        line.a.wait_ping(V4, 5, "up again")
        line.closed("in the end")
    line.a.stop()


def recipe(dev):
    """Of the manual: the lines of a file after which only the tunnel's own packets leave."""
    with open(os.path.join(TOP, "docs/man/taut.conf.5"), encoding="utf-8") as file:
        text = file.read().partition("TunnelVision")[2]
    lines = text.partition("\nPrivateKeyFile = wg0.key\n")[2].partition(".Ed")[0]
    check(lines.count("PostUp") > 3 and "eth0" in lines, f"the recipe: {lines}")
    return lines.replace("eth0", dev)


@test(needs=["taut", "nft"], timeout=60, slow=4)
def recipe_against_longer_routes_works(lab):
    """A route that DHCP could add wins over the default route, unless the recipe is used."""
    line = Line(lab)
    line.a.ns.ip("route add 198.51.100.0/24 via 192.168.1.2", "route add 2001:db8::/32 via fd00:1::2")
    line.before = host_state(line.a.ns)
    line.start()
    with sending(line):
        line.opened("by a longer route")
    line.a.stop()
    line.start(line.full.replace("[Peer]", recipe(line.pair.dev_a) + "[Peer]"))
    with sending(line):
        line.sniffer.sleep(1)
        line.closed("with the recipe")
        line.a.down_up()
        line.a.wait_ping(V4, 5, "again")
    line.a.stop()
    equal(host_state(line.a.ns), line.before, "state of the host afterwards")


@test(needs=["taut"])
def bound_programs_take_no_other_way(lab):
    """Over IPv4, binding is no way past the tunnel but to networks with routes of their own."""
    line = Line(lab).start()
    dev = line.pair.dev_a
    with line.a.ns:
        index = struct.pack("!I", socket.if_nametoindex(dev))
    for option in ((socket.SOL_SOCKET, socket.SO_BINDTODEVICE, dev.encode()),
                   (socket.IPPROTO_IP, 50, index)):         # IP_UNICAST_IF, of resolvers
        for far, clear in ((FAR4, False), ("192.168.1.2", True)):
            with line.a.ns.udp("0.0.0.0") as sock:
                sock.setsockopt(*option)
                line.sniffer.clear = 0
                with contextlib.suppress(OSError):
                    sock.sendto(b"secret", (far, 9))
                time.sleep(0.1)
                equal(bool(line.sniffer.count()[0]), clear, f"in clear to {far} by {option}")


@test(needs=["taut"], timeout=60, slow=3)
def ipv6_that_is_switched_on_later_is_closed(lab):
    """Off at the start, it is left out, but does not leave in clear; a reload takes it in."""
    line = Line(lab)
    sysctls = [f"ipv6/conf/{scope}/disable_ipv6" for scope in ("all", "default")]
    for name in sysctls:
        line.a.ns.sysctl(name, 1)
    before = host_state(line.a.ns)
    line.start()
    check("IPv6 is off" in line.a.log(), f"log: {line.a.log()}")
    with sending(line):
        for name in (*sysctls, f"ipv6/conf/{line.a.name}/disable_ipv6"):
            line.a.ns.sysctl(name, 0)
        line.a.ns.ip(f"addr add fd00:1::1/64 dev {line.pair.dev_a} nodad",
                     f"route add ::/0 via fd00:1::2 dev {line.pair.dev_a}")
        tried = line.traffic[0].tried
        line.sniffer.sleep(1)
        check(line.traffic[0].tried > tried + 100, "nobody tried to send")
        line.closed("once IPv6 is there")
        taut(lab, line.a.ns, "reload", line.a.name)
        line.a.wait_ping("fd07::2", 5, "IPv6 through the tunnel")
        line.closed("in the end")
    line.a.ns.ip(f"addr del fd00:1::1/64 dev {line.pair.dev_a}")
    line.a.stop()
    for name in sysctls:
        line.a.ns.sysctl(name, 1)
    equal(host_state(line.a.ns), before, "state of the host afterwards")


# -- nftables

def table(node):
    return "taut-" + node.name.replace("+", "/2b").replace("=", "/3d")


def tables(node):
    return re.findall(r"table inet (\S+)", node.ns.run("nft", "list", "tables").out)


def answers(ns, *targets):
    return [ns.ping(target, 1, 0.3) for target in targets]


@test(needs=["taut", "nft"], timeout=60, slow=6)
def inner_addresses_do_not_answer_from_the_lan(lab):
    """CVE-2019-14899: with a default route, they answer this host and the tunnel, nobody else."""
    line = Line(lab).start()
    inner = ("10.7.0.1", "fd07::1")
    rewrite(line.a, line.pair.config(0))
    taut(lab, line.a.ns, "reload", line.a.name)
    equal(answers(line.c, *inner), [1, 1], "answers of a tunnel that takes less")
    equal(tables(line.a), [], "tables of a tunnel that takes less")
    rewrite(line.a, line.full)
    taut(lab, line.a.ns, "reload", line.a.name)
    equal(tables(line.a), [table(line.a)], "tables")
    equal(answers(line.c, *inner), [0, 0], "answers to the local network")
    equal(answers(line.a.ns, *inner), [1, 1], "answers to this host")
    equal(answers(line.b.ns, *inner), [1, 1], "answers through the tunnel")
    equal(answers(line.c, f"192.168.{line.wire}.1", f"fd00:{line.wire}::1"), [1, 1],
          "answers of the host's other addresses")
    line.a.ns.run("nft", "flush", "ruleset")    # what most firewalls begin with
    equal(answers(line.c, *inner), [0, 0], "answers after somebody's flush ruleset")
    rewrite(line.a, line.full.replace("10.7.0.1/24", "10.7.0.1/24, 10.7.0.9/32"))
    taut(lab, line.a.ns, "reload", line.a.name)
    equal(answers(line.c, "10.7.0.9", *inner), [0, 0, 0], "answers of one more address")
    line.a.stop()
    equal(tables(line.a), [], "tables afterwards")


@test(needs=["taut", "nft"], timeout=60, slow=3)
def table_of_the_guard_is_its_own(lab):
    """A name that nft(8) does not take; what an older kernel left behind; others' tables stay."""
    pair = Pair(lab, start=False)
    node = Node(lab, pair.a.ns, name=lab.name()[-10:] + "+=")
    for line in (f"add table inet {table(node)}", f"add chain inet {table(node)} old",
                 "add table inet taut-other", "add table ip " + table(node)):
        node.ns.run("nft", *line.split())
    others = ["taut-other"]
    node.start_config(pair.config(0).replace(*ALL))
    equal(sorted(tables(node)), sorted([table(node), *others]), "tables while it runs")
    check("old" not in node.ns.run("nft", "list", "table", "inet", table(node)).out, "old chain")
    node.kill9()
    wait_for(lambda: table(node) not in tables(node), 2, "the end of its table")
    node.start_config(pair.config(0).replace(*ALL))
    node.stop()
    equal(tables(node), others, "tables afterwards")
    check("table ip " in node.ns.run("nft", "list", "tables").out, "a table of another family")


@test(needs=["taut", "nft"], timeout=60, slow=4)
def strict_filtering_lets_answers_in(lab):
    """rp_filter = 1, a peer behind a router, a default route: what it sends gets our mark."""
    pair = Pair(lab, start=False, middle=True)
    pair.b.start_config(pair.config(1))
    for name in (pair.dev_a, "all"):
        pair.a.ns.sysctl(f"ipv4/conf/{name}/rp_filter", 1)
    pair.a.start_config(pair.config(0).replace(*ALL))
    pair.a.wait_ping(V4, 5, "under a strict filter")
    pair.a.ns.must_ping(V4, 20, interval=0.02)
    check("rp_filter" not in pair.a.log(), "a line about rp_filter that is good")
    equal(pair.a.ns.run(lab.program, "why", pair.a.name, ok=False).code, 0, "why")
    # Nothing else gets it: neither a mark of others, nor what comes without being asked for.
    pair.a.ns.run("nft", "-f", "-", input="table inet t { chain c { type filter hook prerouting "
                  "priority 0; udp dport 7777 meta mark 51820 counter drop; }; }\n")
    with lab.udp(pair.b.ns, "0.0.0.0") as sock:
        sock.sendto(b"x", (pair.outer[0], 7777))
    time.sleep(0.1)
    check("counter packets 0" in pair.a.ns.run("nft", "list", "table", "inet", "t").out,
          "a stranger's packet got the mark")


def without_nftables():
    """For a child: this kernel has no nftables, by a seccomp filter."""
    if platform.machine() not in ("x86_64", "aarch64"):
        raise Skip("not the numbers of this machine")
    number = {"x86_64": 41, "aarch64": 198}[platform.machine()]
    bpf = [(0x20, 0, 0, 0), (0x15, 0, 5, number),       # socket
           (0x20, 0, 0, 16), (0x15, 0, 3, socket.AF_NETLINK),
           (0x20, 0, 0, 32), (0x15, 0, 1, 12),          # NETLINK_NETFILTER
           (0x06, 0, 0, 0x00050000 | 93),               # EPROTONOSUPPORT
           (0x06, 0, 0, 0x7FFF0000)]
    return filtered(bpf)


def start_without_nftables(node, text):
    node.config = node.lab.file(node.name + ".conf", text)
    with open(node.log_path, "ab") as log:
        node.process = node.ns.popen(node.program, "run", node.config, stdout=log, stderr=log,
                                     env={**os.environ, **node.env},
                                     preexec_fn=without_nftables())
    wait_for(node.answers, 10, "the control socket")
    node.wait_log("ready", 10)


@test(needs=["taut"], timeout=60, slow=4)
def kernel_without_nftables_is_told_once(lab):
    """One warning, a remark of why, and a tunnel that works and fails closed."""
    line = Line(lab)
    line.b.start_config(line.pair.config(1))
    start_without_nftables(line.a, line.full)
    line.a.wait_ping(V4, 5, "first answer")
    taut(lab, line.a.ns, "reload", line.a.name)
    line.a.wait_log("nftables cannot be used here (Protocol not supported)", times=1)
    status, said = why(line.a)
    equal((status, [(v["code"], v["problem"]) for v in said["verdicts"]]),
          (0, [("E-UNGUARDED", False)]), "why")
    kill_worker(line.a)     # the next worker knows it, too
    wait_for(lambda: "E-UNGUARDED" in codes(line.a), 3, "why of the next worker")
    with sending(line):
        line.kill()
        line.sniffer.sleep(1)
        line.closed("after its death")
        line.down()


@test(slow=4, needs=["taut"])
def strict_filtering_without_nftables_is_told(lab):
    """rp_filter = 1 drops packets of peers behind a router, with a default route: one line."""
    pair = Pair(lab, start=False, middle=True)
    pair.b.start_config(pair.config(1))
    pair.a.ns.sysctl(f"ipv4/conf/{pair.dev_a}/rp_filter", 1)
    start_without_nftables(pair.a, pair.config(0).replace(*ALL))
    found = wait_for(lambda: re.search(r"rp_filter on (\S+) .*sysctl (\S+)=2", pair.a.log()), 2,
                     "a line about rp_filter")
    equal(found.group(1), pair.dev_a, "device")
    equal(pair.a.ns.ping(V4), 0, "answers before the remedy")
    said = pair.a.ns.run(lab.program, "why", pair.a.name, ok=False)
    check(said.code == 1 and "E-RP-FILTER (likely)" in said.out, f"why: {said.out}")
    check(f"here    sysctl {found.group(2)}=2" in said.out, f"what to type: {said.out}")
    pair.a.ns.run("sysctl", "-w", found.group(2) + "=2")
    pair.a.wait_ping(V4, 8, "after the remedy")
    equal(pair.a.ns.run(lab.program, "why", pair.a.name, ok=False).code, 0, "and then all is well")
    pair.a.stop()
    size = len(pair.a.log())
    start_without_nftables(pair.a, pair.config(0).replace(*ALL))
    pair.a.wait_ping(V4, 8, "again")
    check("rp_filter on" not in pair.a.log()[size:], "a line about rp_filter that is good")


@test(needs=["taut"], timeout=60, slow=2)
def split_tunnel_needs_no_nftables(lab):
    pair = Pair(lab, start=False)
    pair.b.start_config(pair.config(1))
    start_without_nftables(pair.a, pair.config(0))
    pair.a.wait_ping(V4, 5, "first answer")
    check("nftables" not in pair.a.log(), f"log: {pair.a.log()}")
    equal(why(pair.a)[1]["verdicts"], [], "why")
    pair.a.stop()

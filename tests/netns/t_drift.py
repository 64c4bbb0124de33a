# SPDX-License-Identifier: ISC
"""Others remove addresses, routes and rules of a tunnel: they come back, within limits."""

import json
import os
import re
import signal
import threading
import time

import noise
from lab import check, equal, wait_for, within
from node import Node, Pair
from runner import test
from t_why import holds, verdict, why
from t_worker import kill_worker

V4 = "10.7.0.2"
WITHIN = 1      # second


def full(pair, extra=""):
    """A config for a that sends everything into the tunnel, and has a route in main, too."""
    return pair.config(0, extra).replace(
        "AllowedIPs = 10.7.0.2/32, fd07::2/128",
        "AllowedIPs = 0.0.0.0/0, ::/0, 172.20.0.0/16, fd20::/64, 10.7.0.2/32")


def start(lab, extra=""):
    """The tunnel with such a file at one end."""
    pair = Pair(lab, start=False)
    pair.b.start_config(pair.config(1))
    pair.a.start_config(full(pair, extra))
    pair.a.wait_log(": ready", 10)
    pair.a.ns.must_ping(V4)
    return pair


def run_ip(node, *argv):
    return node.ns.run("ip", *argv, ok=False).out


def on_host(node):
    """What is ours there: addresses, routes (without who made them), rules."""
    addresses = re.findall(r"inet6? (\S+) ", run_ip(node, "addr", "show", "dev", node.name,
                                                   "scope", "global"))
    routes = [f"{family} {line.split()[0]} {' '.join(re.findall(r'table [0-9]+', line))}"
              for family in ("-4", "-6")
              for line in run_ip(node, family, "route", "show", "table", "all", "dev",
                                 node.name).splitlines()
              if not re.search(r"^(local|broadcast|multicast|anycast|fe80|ff00)|table local", line)]
    for family in ("-4", "-6"):
        routes += [f"IPv{family[1]} unreachable {table}" for table in re.findall(
            r"unreachable default .*?table ([0-9]+) proto 117",
            run_ip(node, family, "route", "show", "table", "all", "type", "unreachable"))]
    rules = [line.partition(":")[2].strip() for family in ("-4", "-6")
             for line in run_ip(node, family, "rule").splitlines()
             if "51820" in line or "suppress" in line]
    return sorted(addresses), sorted(routes), sorted(rules)


def take_away(node, before, *lines):
    """Each ip command removes something; the seconds until all is back."""
    for line in lines:
        node.ns.run("ip", *line.split())
    check(lines, "nothing to do")
    since = time.monotonic()
    wait_for(lambda: on_host(node) == before, WITHIN, f"back after {lines}: {on_host(node)}")
    return time.monotonic() - since


@test(needs=["taut"], steady=True, slow=6)
def what_others_remove_is_back_within_a_second(lab):
    """One after the other, and all that ip can flush at once; nothing leaves by the wire for long."""
    pair = start(lab)
    before = on_host(pair.a)
    equal([len(part) for part in before], [2, 8, 4], f"addresses, routes, rules: {before}")
    name = pair.a.name
    for lines in (["rule del not fwmark 51820 lookup 51820"],
                  ["-6 rule del not fwmark 51820 lookup 51820"],
                  ["rule del lookup main suppress_prefixlength 0"],
                  ["route del 172.20.0.0/16"],
                  ["-6 route del fd20::/64"],
                  ["route flush table 51820"],
                  ["-6 route flush table 51820"],
                  ["route del unreachable default table 51820"],
                  ["-6 route del default dev lo table 51820"],
                  [f"addr del 10.7.0.1/24 dev {name}"],
                  [f"addr del fd07::1/64 dev {name}"],
                  [f"addr flush dev {name}"],
                  [f"route flush dev {name}", f"-6 route flush dev {name} proto 117"],
                  ["route del 10.7.0.0/24", f"-6 route del fd07::/64 dev {name}"],
                  ["rule del not fwmark 51820 lookup 51820", "route flush table 51820",
                   f"addr flush dev {name}"]):
        take_away(pair.a, before, *lines)
    pair.a.ns.must_ping(V4)
    log = pair.a.log()
    within(log.count("put back"), 1, 16, "lines")
    said = verdict(pair.a, "E-DRIFT", problem=False)
    holds(said, "and put back", "ip monitor")
    wait_for(lambda: int(pair.a.status()[0]["put_back"]) >= 18, 2, "put back in the status")
    equal(pair.a.status()[0]["missing"], "0", "missing")
    check("drift:" not in lab_taut(pair.a, "status").out, "drift in the status")


def lab_taut(node, *argv, **options):
    return node.ns.run(node.program, *argv, node.name, **options)


def removed(node, rule, seconds, pause=0.1):
    """Remove a rule again and again, as another manager might; how often that worked."""
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        n += node.ns.run("ip", *rule.split(), ok=False).code == 0
        time.sleep(pause)
    return n


def monitor_cpu(node):
    with open(f"/proc/{node.process.pid}/stat", encoding="ascii") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / 100


@test(needs=["taut"], steady=True, slow=8)
def rule_that_is_removed_all_the_time_is_given_up(lab):
    """Ten times in a minute, then it is told, once; a reload, or a minute, puts it back."""
    pair = start(lab)
    before, cpu = on_host(pair.a), monitor_cpu(pair.a)
    times = removed(pair.a, "rule del not fwmark 51820 lookup 51820", 5)
    equal(times, 11, "times that the rule was there")
    within(monitor_cpu(pair.a) - cpu, 0, 0.3, "seconds of processor time")
    said = verdict(pair.a, "E-DRIFT")
    holds(said, "not fwmark 0xca6c lookup 51820", "is missing", "again and again", "process",
          f"taut reload {pair.a.name}")
    log = pair.a.log()
    equal((log.count("; put back\n"), log.count("again and again")), (1, 1), f"lines: {log}")
    # The rest is looked after as before.
    pair.a.ns.run("ip", "route", "flush", "table", "51820")
    wait_for(lambda: on_host(pair.a)[:2] == before[:2], WITHIN, "the route")
    words = json.loads(lab_taut(pair.a, "status", "--json").out)["interfaces"][0]
    holds(("", str(words["drift"])), "not fwmark 0xca6c lookup 51820", "removed by others")
    equal(words["figures"]["missing"], 1, "missing")
    check("drift: " in lab_taut(pair.a, "status").out, "no drift in the status")
    # Another worker has to be told.
    kill_worker(pair.a)
    verdict(pair.a, "E-DRIFT")
    check(on_host(pair.a) != before, "it is back too early")
    out = lab_taut(pair.a, "reload").out
    check("put back: IPv4 rule 'not fwmark 0xca6c lookup 51820'" in out, f"reload: {out}")
    equal(on_host(pair.a), before, "after the reload")
    check("nothing to change" in lab_taut(pair.a, "reload").out, "a second reload has work")
    wait_for(lambda: not any(v["code"] == "E-DRIFT" for v in why(pair.a)[1]["verdicts"]), 3,
             "no drift any more")


@test(needs=["taut"], steady=True, long=True, timeout=150)
def rule_that_was_given_up_comes_back_by_itself(lab):
    """Seventy seconds of it: at most ten times in each minute; then peace."""
    pair = start(lab)
    before = on_host(pair.a)
    within(removed(pair.a, "rule del not fwmark 51820 lookup 51820", 70), 11, 21, "times")
    log = pair.a.log()
    equal((log.count("; put back\n"), log.count("again and again")), (1, 1), f"lines: {log}")
    wait_for(lambda: on_host(pair.a) == before, 61, "back")


@test(needs=["taut"], steady=True, slow=8)
def many_removals_are_few_lines(lab):
    """One after the other, each of them for the first time: all come back, and the log stays short."""
    pair = Pair(lab, start=False)
    pair.b.start_config(pair.config(1))
    routes = [f"172.20.{i}.0/24" for i in range(80)]
    pair.a.start_config(full(pair).replace("172.20.0.0/16", ", ".join(routes)))
    pair.a.wait_log(": ready", 10)
    before = on_host(pair.a)
    for route in routes:
        pair.a.ns.run("ip", "route", "del", route)
        time.sleep(0.06)
    wait_for(lambda: on_host(pair.a) == before, WITHIN, "all of them")
    within(pair.a.log().count("removed by"), 2, 10, "lines")
    wait_for(lambda: pair.a.status()[0]["put_back"] == "80", 2, "put back in the status")


@test(needs=["taut"], steady=True, slow=3)
def ipv6_that_is_switched_off_is_told(lab):
    """The kernel refuses to take it back: that is said, with the cure, and not tried all the time."""
    pair = start(lab)
    before = on_host(pair.a)
    key = f"net/ipv6/conf/{pair.a.name}/disable_ipv6"
    pair.a.ns.run("sysctl", "-q", f"{key}=1")
    holds(verdict(pair.a, "E-DRIFT", 3), "cannot be put back: Permission denied", f"sysctl {key}=0")
    time.sleep(1)
    equal(pair.a.log().count("cannot be put back"), 1, "lines")
    pair.a.ns.run("sysctl", "-q", f"{key}=0")
    check("put back: address fd07::1/64" in lab_taut(pair.a, "reload").out, "nothing in the reload")
    equal(on_host(pair.a), before, "after the reload")


@test(needs=["taut"], steady=True, slow=3)
def notices_that_are_lost_do_not_blind_it(lab):
    """The link came up while there was no room for a notice about it; what it has now is kept."""
    pair = start(lab)
    os.kill(pair.a.process.pid, signal.SIGSTOP)
    try:
        pair.a.ns.ip(f"link set {pair.a.name} down",
                     *(f"addr add 10.99.{i // 250}.{i % 250}/32 dev {pair.a.name}"
                       for i in range(6000)),
                     f"link set {pair.a.name} up")
    finally:
        os.kill(pair.a.process.pid, signal.SIGCONT)

    def has():
        return "172.20.0.0/16" in run_ip(pair.a, "route", "show", "dev", pair.a.name)
    wait_for(has, 4, "the route after the link was down")
    time.sleep(1)
    pair.a.ns.run("ip", "route", "del", "172.20.0.0/16")
    wait_for(has, WITHIN, "the route")


@test(needs=["taut"], steady=True)
def link_in_another_namespace_is_not_missed(lab):
    """A hook has moved it: there is nothing to look after here, and nothing to complain about."""
    inner = lab.namespace("i")
    pair = Pair(lab, start=False)
    pair.a.start("run", lab.file(pair.a.name + ".conf", pair.config(
        0, f"PostUp = ip link set %i netns {inner.name}\n")))
    pair.a.wait_log(": ready", 10)
    check("cannot watch" not in pair.a.log(), "a warning")


OTHER = """[Interface]
PrivateKey = {}
Address = 10.8.0.1/24
[Peer]
PublicKey = {}
AllowedIPs = 0.0.0.0/0
Endpoint = {}:2003
"""


@test(needs=["taut"], steady=True, slow=3)
def rule_that_two_tunnels_need_is_put_back_once(lab):
    """Both see that it is gone; the kernel would take it twice."""
    pair = start(lab)
    other = Node(lab, pair.a.ns)
    other.start_config(OTHER.format(noise.b64(other.private), pair.b.public, pair.outer[1]))
    other.wait_log(": ready", 10)

    def rules():
        return run_ip(pair.a, "rule").count("suppress")
    for _ in range(5):
        pair.a.ns.run("ip", "rule", "del", "lookup", "main", "suppress_prefixlength", "0")
        wait_for(rules, WITHIN, "the rule")
    time.sleep(0.6)
    equal(rules(), 1, "rules")
    # As wg-quick does it, whose last tunnel takes the rule along.
    other.stop()
    equal(rules(), 1, "rules that are left to the other tunnel")


HOOKS = """
PostUp = ip route del 172.20.0.0/16 dev %i
PostUp = ip -6 route replace fd20::/64 dev %i mtu 1300
PostUp = ip rule del lookup main suppress_prefixlength 0; ip rule add lookup main suppress_prefixlength 0 priority 99
PostUp = ip -6 rule del not fwmark 51820 lookup 51820
"""


@test(needs=["taut"], steady=True, slow=3)
def what_postup_removes_stays_away(lab):
    """...or as it has made it; also when the link was down, and after a reload."""
    pair = start(lab, HOOKS)
    after = on_host(pair.a)
    check("172.20.0.0/16" not in str(after[1]), f"the route: {after}")
    equal(len(after[2]), 3, f"rules: {after}")
    time.sleep(1)
    equal(on_host(pair.a), after, "a second later")
    pair.a.ns.run("ip", "route", "flush", "table", "51820")
    wait_for(lambda: on_host(pair.a) == after, WITHIN, "what is kept")
    check("nothing to change" in lab_taut(pair.a, "reload").out, "a reload has work")
    equal(on_host(pair.a), after, "after the reload")
    check("mtu 1300" in run_ip(pair.a, "-6", "route", "show", "fd20::/64"), "the hook's route")
    pair.a.down_up()
    wait_for(lambda: on_host(pair.a) == after, 3, "after the link was down")
    equal(run_ip(pair.a, "rule").count("99:"), 1, "the rule of the hook")


@test(needs=["taut"], steady=True, slow=5)
def link_that_is_set_down_is_not_fought(lab):
    """Its routes go and come with it, and nobody calls that drift; rules do not go."""
    pair = start(lab)
    before = on_host(pair.a)
    pair.a.ns.ip(f"link set {pair.a.name} down")
    time.sleep(1.5)
    check(not pair.a.is_up(), "the link is up")
    equal([line for line in on_host(pair.a)[1] if "-4" in line], [], "routes")
    equal([v["code"] for v in why(pair.a)[1]["verdicts"]], ["E-LINK-DOWN"], "verdicts")
    take = "rule del not fwmark 51820 lookup 51820"
    pair.a.ns.run("ip", *take.split())
    wait_for(lambda: on_host(pair.a)[2] == before[2], WITHIN, "the rule")
    pair.a.ns.ip(f"link set {pair.a.name} up")
    wait_for(lambda: on_host(pair.a) == before, 2, "all of it")
    for _ in range(12):         # more often than anything is put back
        pair.a.down_up(0.02)
        time.sleep(0.05)
    wait_for(lambda: on_host(pair.a) == before, 4, "all of it again")
    equal(pair.a.status()[0]["put_back"], "1", "put back")
    equal(len(re.findall("removed", pair.a.log())), 1, "lines")
    pair.a.wait_ping(V4, 5, "tunnel")


@test(needs=["taut"], steady=True, slow=3)
def another_route_in_the_place_of_ours_is_told(lab):
    """It is not taken away; ours comes back when it is gone."""
    pair = start(lab)
    before = on_host(pair.a)
    pair.a.ns.run("ip", "route", "replace", "172.20.0.0/16", "via", pair.outer[1])
    holds(verdict(pair.a, "E-DRIFT", 3), "route to 172.20.0.0/16 is missing", "in its place")
    check("via" in run_ip(pair.a, "route", "show", "172.20.0.0/16"), "the other route")
    check("replaced" in pair.a.log(), "nothing in the log")
    take_away(pair.a, before, "route del 172.20.0.0/16")
    wait_for(lambda: why(pair.a)[1]["healthy"], 3, "no problem any more")
    verdict(pair.a, "E-DRIFT", problem=False)
    # Another that leads into the tunnel as well is as good.
    lines = pair.a.log().count("\n")
    pair.a.ns.run("ip", "route", "replace", "172.20.0.0/16", "dev", pair.a.name, "mtu", "1300")
    time.sleep(0.5)
    check("mtu 1300" in run_ip(pair.a, "route", "show", "172.20.0.0/16"), "the route of the admin")
    equal(pair.a.log().count("\n"), lines, "lines in the log")


@test(needs=["taut"], steady=True, slow=4)
def reload_adds_to_what_is_kept(lab):
    """New routes are kept, old ones are not put back any more."""
    pair = start(lab)
    lab.file(pair.a.name + ".conf", full(pair).replace("172.20.0.0/16", "172.21.0.0/16"))
    lab_taut(pair.a, "reload")
    after = on_host(pair.a)
    check("172.21.0.0/16" in str(after) and "172.20.0.0/16" not in str(after), f"routes: {after}")
    take_away(pair.a, after, "route del 172.21.0.0/16")
    time.sleep(0.5)
    equal(on_host(pair.a), after, "a moment later")


@test(needs=["taut"], steady=True, slow=4, alone=True)
def routes_of_others_cost_nothing(lab):
    """A routing daemon brings twenty thousand and takes them away; ours is still watched."""
    pair = start(lab)
    before, cpu = on_host(pair.a), pair.a.cpu()
    lines = [f"route {{}} 100.{i // 250}.{i % 250}.0/24 via {pair.outer[1]}" for i in range(20000)]
    for what in ("add", "del"):
        pair.a.ns.ip(*(line.format(what) for line in lines))
    within(pair.a.cpu() - cpu, 0, 0.06, "seconds of processor time")
    flood = threading.Thread(target=pair.a.ns.ip,
                             args=[line.format("add") for line in lines])
    flood.start()
    try:
        take_away(pair.a, before, "route del 172.20.0.0/16")
    finally:
        flood.join()


@test(needs=["taut"], steady=True)
def reload_looks_at_the_setting(lab):
    """The kernel does not tell that somebody has reset it; strict rp_filter drops answers then."""
    pair = start(lab)
    key = "ipv4/conf/all/src_valid_mark"
    equal(pair.a.ns.sysctl(key), "1", key)
    pair.a.ns.sysctl(key, 0)
    out = lab_taut(pair.a, "reload").out
    check("put back: setting net.ipv4.conf.all.src_valid_mark = 1" in out, f"reload: {out}")
    equal(pair.a.ns.sysctl(key), "1", key)

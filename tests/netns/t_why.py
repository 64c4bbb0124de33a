# SPDX-License-Identifier: ISC
"""`taut why`: each cause is produced for real, and must be reported by one of the hosts."""

import json
import os
import re
import socket
import struct
import subprocess
import threading
import time

import noise
import schema
from lab import Failure, check, equal, run, wait_for, within
from node import Node, Pair
from runner import test

V4 = "10.7.0.2"
FAST = 10
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../docs/why.schema.json")


def why(node, arg=None):
    """(exit status, the JSON)."""
    done = node.ns.run(node.program, "why", "--json", arg or node.name, ok=False)
    check(done.out, f"{node.name}: why says nothing: {done.err}")
    said = json.loads(done.out)
    equal(list(schema.judge(said, schema.load(SCHEMA))), [], "why.schema.json")
    problem = any(v["problem"] for v in said["verdicts"])
    early = sum(v["code"] == "E-TOO-EARLY" for v in said["verdicts"])
    equal(said["healthy"], not problem and not early, "healthy")
    equal(said["peers_early"], early, "peers_early")
    equal(done.code, 1 if problem else 5 if early else 0, "exit status")
    return done.code, said


def codes(node):
    return [v["code"] for v in why(node)[1]["verdicts"]]


def verdict(node, code, timeout=12, problem=True):
    """Wait until `why` reports the cause; its verdict as one text."""
    def find():
        return next((v for v in why(node)[1]["verdicts"] if v["code"] == code), None)
    try:
        found = wait_for(find, timeout, code, step=0.1)
    except Failure as e:
        raise Failure(f"{e}; {node.name} has {codes(node)}") from e
    status, said = why(node)
    equal(found["problem"], problem, f"{code} is a problem")
    if problem:
        equal((status, said["healthy"]), (1, False), "exit status, healthy")
    check(found["steps"], f"{code} says nothing to do")
    text = node.ns.run(node.program, "why", node.name, ok=False).out
    for word in (code, "what", "why"):
        check(word in text, f"{word} is not in the text")
    no_secret(node, text + json.dumps(said))
    return found["certainty"], " ".join([found["what"], found["because"]]
                                        + [f"{s['where']}: {s['text']}" for s in found["steps"]])


def no_secret(node, text):
    check(noise.b64(node.private) not in text, "the private key is in the text")
    check(node.private.hex() not in text, "the private key is in the text")


def holds(said, *words):
    for word in words:
        check(word in said[1], f"'{word}' is not in: {said[1]}")


def poke(node, target=V4, n=1):
    """Packets into the tunnel, regardless of their fate."""
    sock = node.lab.udp(node.ns, "0.0.0.0")
    for _ in range(n):
        try:
            sock.sendto(b"x" * 56, (target, 9))
        except OSError:
            pass


def nft(ns, *lines):
    ns.run("nft", "-f", "-", input="\n".join(lines) + "\n")


def drop(ns, hook, rule, verdict_="drop"):
    """A rule of a firewall."""
    nft(ns, "table inet t {", f"chain c {{ type filter hook {hook} priority 0; {rule} {verdict_}",
        "}", "}")


# --- no problem, or no tunnel ---


@test(needs=["taut"])
def healthy_tunnel_has_no_problem(lab):
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    for node in pair:
        status, said = why(node)
        equal((status, said["healthy"], said["verdicts"], said["peers_up"]), (0, True, [], 1),
              "answer")
    equal(pair.a.ns.run(lab.program, "status", pair.a.name, ok=False).code, 0, "status")


@test(slow=8, needs=["taut"])
def first_seconds_are_too_early_to_tell(lab):
    """Asked, and not answered yet: neither health nor a problem."""
    pair = Pair(lab, ends=(True, False))
    pair.b.ns.ip(f"link set {pair.b.name} down")    # hears, says nothing
    equal(why(pair.a)[0], 0, "nobody was asked")
    poke(pair.a)
    status, said = why(pair.a)
    equal((status, said["peers_early"], [v["code"] for v in said["verdicts"]]),
          (5, 1, ["E-TOO-EARLY"]), "answer")
    holds(verdict(pair.a, "E-TOO-EARLY", problem=False), "was asked for a session",
          "here: ask again in ", f" s: taut why {pair.a.name}", f"{pair.outer[1]}:2002")
    text = pair.a.ns.run(lab.program, "why", pair.a.name, ok=False).out
    check(re.match(rf"{pair.a.name}: too early: asked \d s ago; 0 of 1 peer is up\n", text), text)
    verdict(pair.a, "E-SILENCE")
    pair.b.ns.ip(f"link set {pair.b.name} up")
    pair.a.wait_ping(V4, 8, "when it answers")
    equal((why(pair.a)[0], why(pair.b)[0]), (0, 0), "at once")


@test(needs=["taut"])
def absent_tunnel_is_told_from_one_that_does_not_run(lab):
    node = Node(lab, lab.namespace("a"))
    other = Node(lab, node.ns)
    equal(node.ns.run(lab.program, "why", node.name, ok=False).code, 4, "no such tunnel")
    path = lab.file(node.name + ".conf", f"[Interface]\nPrivateKey = {noise.b64(node.private)}\n"
                    f"[Peer]\nPublicKey = {other.public}\n")
    status, said = why(node, path)
    equal((status, said["verdicts"][0]["code"]), (1, "E-NOT-RUNNING"), "with a file")


@test(needs=["taut"])
def wait_ends_with_the_session_or_with_the_time(lab):
    pair = Pair(lab)
    start = time.monotonic()
    equal(pair.a.ns.run(lab.program, "wait", "--timeout", "10", pair.a.name, ok=False).code, 0,
          "wait")      # nothing was sent: the handshake is requested
    within(time.monotonic() - start, 0, 3, "seconds")
    pair.b.set("peer", pair.a.public, "remove")
    equal(pair.b.ns.run(lab.program, "wait", "--timeout", "1", pair.b.name, ok=False).code, 124,
          "without peers")
    equal(pair.a.ns.run(lab.program, "wait", "--timeout", "1", "nobody0", ok=False).code, 4,
          "no such tunnel")


@test(slow=25, needs=["taut"])
def wait_asks_again_after_it_was_given_up(lab):
    """A host that comes up minutes later, does not dial, and is contacted only by wait."""
    pair = Pair(lab, rate=FAST, ends=(True, False))
    pair.b.ns.ip(f"link set {pair.b.name} down")
    wait = lab.spawn(pair.a.ns, lab.program, "wait", pair.a.name)
    wait_for(lambda: pair.a.status()[1][pair.b.public]["state"] == "dead", 150 / FAST, "given up")
    pair.b.ns.ip(f"link set {pair.b.name} up")
    equal(wait.wait(15), 0, "exit status")
    # meanwhile something else was reported once
    for text in (" is handshaking: ", " is dead: ", "no answer yet"):
        pair.a.wait_log(text, times=1)


@test(needs=["taut"])
def bare_tunnels_are_told_what_is_missing(lab):
    node = Node(lab, lab.namespace("a")).start()
    verdict(node, "E-LINK-DOWN")
    node.ns.ip(f"link set {node.name} up")
    verdict(node, "E-NO-KEY")
    node.set("private-key", node.key_file)
    verdict(node, "E-NO-PEERS")
    check("E-NO-KEY" not in codes(node), "the key is there")


# --- on this host ---


def no_way_out(lab, outer):
    pair = Pair(lab, outer=outer, rate=FAST, start=False)
    pair.a.start()
    return pair


@test(needs=["taut"])
def missing_route_is_named(lab):
    pair = no_way_out(lab, 4)
    pair.a.setup([pair.b.public, "allowed-ips", "10.7.0.2/32", "endpoint", "203.0.113.9:2002"],
                 port=2001, addresses=["10.7.0.1/24"])
    poke(pair.a)
    said = verdict(pair.a, "E-NO-ROUTE")
    equal(said[0], "sure", "certainty")
    holds(said, "203.0.113.9", "Network is unreachable", "here: ip route get 203.0.113.9")
    equal(pair.a.ns.run(lab.program, "status", pair.a.name, ok=False).code, 3, "status")
    pair.a.set("peer", pair.b.public, "endpoint", "[2001:db8::9]:2002")
    poke(pair.a)
    wait_for(lambda: "2001:db8::9" in verdict(pair.a, "E-NO-ROUTE")[1], 5, "the same by IPv6")


@test(needs=["taut", "nft"])
def own_firewall_is_named(lab):
    pair = Pair(lab, rate=FAST, ends=(True, False))
    drop(pair.a.ns, "output", "udp dport 2002")
    poke(pair.a)
    said = verdict(pair.a, "E-FIREWALL-LOCAL")
    equal(said[0], "sure", "certainty")
    holds(said, f"{pair.outer[1]}:2002", "EPERM", "here: nft list ruleset")
    nft(pair.a.ns, "delete table inet t")
    pair.a.wait_ping(V4, 5, "after the rule is gone")
    equal(why(pair.a)[0], 0, "and then all is well")


@test(needs=["taut"])
def endpoint_inside_the_tunnel_is_a_loop(lab):
    pair = Pair(lab, rate=FAST, ends=(True, False))
    pair.a.set("peer", pair.b.public, "endpoint", "10.7.0.9:2002")
    poke(pair.a)
    said = verdict(pair.a, "E-ROUTE-LOOP")
    holds(said, "10.7.0.9", pair.a.name)


@test(needs=["taut"])
def own_key_as_peer_is_named(lab):
    pair = Pair(lab)
    pair.a.set("peer", pair.b.public, "remove")
    pair.a.set("peer", pair.a.public, "allowed-ips", "10.7.0.2/32")
    equal(pair.a.peer(pair.a), None, "the peer that is ourselves")
    said = verdict(pair.a, "E-OWN-KEY")
    equal(said[0], "sure", "certainty")
    holds(said, pair.a.public)
    pair.a.set("peer", pair.b.public, "allowed-ips", "10.7.0.2/32")
    check("E-OWN-KEY" not in codes(pair.a), "named although it was mended")
    path = lab.file("own0.conf", f"[Interface]\nPrivateKey = {noise.b64(pair.a.private)}\n"
                    f"[Peer]\nPublicKey = {pair.a.public}\n")
    done = pair.a.ns.run(lab.program, "check", path)
    check("your own public key" in done.err, f"check does not say why: {done.err}")
    wrong = lab.file("own1.conf", f"[Interface]\nPrivateKey = {noise.b64(pair.a.private)}\n"
                     f"[Peer]\nPublicKey = {noise.b64(pair.a.private)}\n")
    equal(pair.a.ns.run(lab.program, "run", wrong, ok=False).code, 78, "run")
    status, answer = why(pair.a, wrong)
    equal((status, answer["verdicts"][0]["code"]), (1, "E-CONFIG"), "why of the file")
    check("own private" in answer["verdicts"][0]["because"], "the file's error is not told")


@test(needs=["taut"])
def packets_for_nobody_are_named(lab):
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    poke(pair.a, "10.7.0.77")
    holds(verdict(pair.a, "E-NO-PEER", problem=False), "10.7.0.77", "AllowedIPs")
    equal(why(pair.a)[0], 0, "a remark is no problem")
    poke(pair.b)                           # b does not know where a is, if a had not called
    pair.b.set("peer", noise.b64(noise.public(noise.private())), "allowed-ips", "10.7.0.50/32")
    poke(pair.b, "10.7.0.50")
    holds(verdict(pair.b, "E-NO-ENDPOINT"), "endpoint")


# --- errors from the network ---


def closed_port(lab, outer):
    pair = Pair(lab, outer=outer, rate=FAST, ends=(True, False))
    pair.b.stop()
    pair.b.process = None
    poke(pair.a)
    said = verdict(pair.a, "E-PORT-CLOSED")
    equal(said[0], "sure", "certainty")
    holds(said, pair.outer[1].strip("[]"), "port unreachable", "2002", "there: ss -lun")
    return pair


@test(needs=["taut"])
def closed_port_is_named(lab):
    pair = closed_port(lab, 4)
    _, peers = pair.a.status()
    record = peers[pair.b.public]
    equal((record["state"], record["icmp_last"]), ("handshaking", "3/3"), "record")
    check("nothing is listening" in pair.a.uapi("status=1\n\n"), "the state does not say so")


@test(needs=["taut"])
def closed_port_is_named_by_ipv6(lab):
    closed_port(lab, 6)


@test(needs=["taut", "nft"])
def filter_on_the_way_is_named(lab):
    pair = Pair(lab, rate=FAST, middle=True, ends=(True, False))
    drop(pair.middle, "forward", "udp dport 2002", "reject with icmpx type admin-prohibited")
    poke(pair.a)
    said = verdict(pair.a, "E-FILTERED")
    equal(said[0], "sure", "certainty")
    holds(said, "192.168.1.2", "administratively prohibited")


@test(needs=["taut"])
def unreachable_host_is_named(lab):
    pair = Pair(lab, rate=FAST, middle=True, ends=(True, False))
    pair.middle.ip("route add unreachable 192.168.2.1/32")
    poke(pair.a)
    said = verdict(pair.a, "E-UNREACHABLE")
    holds(said, "host unreachable", "192.168.1.2", "192.168.2.1")


# --- silence, and the verdict of the other host ---


@test(needs=["taut"])
def silence_names_all_that_look_the_same(lab):
    pair = Pair(lab, rate=FAST, ends=(True, False))
    pair.b.stop()
    pair.b.process = None
    lab.udp(pair.b.ns, "0.0.0.0", 2002)       # takes everything, says nothing
    poke(pair.a)
    said = verdict(pair.a, "E-SILENCE")
    equal(said[0], "open", "certainty")
    holds(said, pair.a.public, pair.b.public, "blocked", "address", "2002", "there: taut why")
    equal(codes(pair.a), ["E-SILENCE"], "nothing else is claimed")
    record = wait_for(lambda: (r := pair.a.status()[1][pair.b.public])["state"] == "dead" and r,
                      110 / FAST, "dead")
    check("E-SILENCE" in codes(pair.a), f"dead, but {codes(pair.a)}")
    check(int(record["state_age"]) < 30, f"state_age={record['state_age']}")
    pair.a.wait_log(" is dead: no answer to 20 initiations", times=1)
    poke(pair.a)
    wait_for(lambda: pair.a.status()[1][pair.b.public]["state"] == "handshaking", 3, "once more")
    wait_for(lambda: pair.a.status()[1][pair.b.public]["state"] == "dead", 150 / FAST, "dead again")
    for text in (" is handshaking: ", " is dead: ", "no answer yet"):
        pair.a.wait_log(text, times=1)


@test(needs=["taut"])
def far_side_that_does_not_know_us_says_so(lab):
    """b has the wrong key for a: a hears nothing, b knows why."""
    pair = Pair(lab, rate=FAST, start=False)
    pair.a.start()
    pair.b.start()
    wrong = noise.b64(noise.public(noise.private()))
    pair.a.setup(pair.words(pair.b, 2, 2002), port=2001, addresses=["10.7.0.1/24"])
    pair.b.setup([wrong, "allowed-ips", "10.7.0.1/32", "endpoint", f"{pair.outer[0]}:2001"],
                 port=2002, addresses=["10.7.0.2/24"])
    poke(pair.a)
    holds(verdict(pair.a, "E-SILENCE"), pair.a.public)
    said = verdict(pair.b, "E-UNKNOWN-PEER")
    equal(said[0], "sure", "certainty")
    holds(said, pair.a.public, f"{pair.outer[0]}:2001", wrong, f"peer {pair.a.public}")


@test(needs=["taut"])
def wrong_own_key_says_so_on_both_sides(lab):
    """a runs with a private key that does not match the key b has for it; both dial."""
    pair = Pair(lab, rate=FAST)
    key = noise.private()
    pair.a.private, right = key, pair.a.public
    pair.a.set("private-key", lab.file("wrong.key", noise.b64(key) + "\n"))
    poke(pair.a)
    poke(pair.b, "10.7.0.1")
    said = verdict(pair.a, "E-MAC1")
    equal(said[0], "likely", "certainty")
    holds(said, pair.outer[1].split(":")[0], noise.b64(noise.public(key)), "private key")
    holds(verdict(pair.b, "E-UNKNOWN-PEER"), noise.b64(noise.public(key)), right)


@test(needs=["taut"])
def different_preshared_keys_are_named(lab):
    pair = Pair(lab, rate=FAST, ends=(True, False))
    pair.a.set("peer", pair.b.public, "preshared-key",
               lab.file("psk1", noise.b64(os.urandom(32)) + "\n"))
    secret = open(os.path.join(lab.dir, "psk1"), encoding="ascii").read().strip()
    poke(pair.a)
    said = verdict(pair.a, "E-PSK-MISMATCH")
    equal(said[0], "likely", "certainty")
    holds(said, f"{pair.outer[1]}:2002", "PresharedKey")
    check(secret not in said[1], "the preshared key is in the text")
    holds(verdict(pair.b, "E-ONE-WAY"), "preshared keys")
    pair.b.set("peer", pair.a.public, "preshared-key", os.path.join(lab.dir, "psk1"))
    pair.a.wait_ping(V4, 5, "with the same key")
    equal((why(pair.a)[0], why(pair.b)[0]), (0, 0), "and then all is well")


@test(needs=["taut", "nft"])
def answers_that_do_not_arrive_are_named(lab):
    pair = Pair(lab, rate=FAST, ends=(True, False))
    drop(pair.a.ns, "input", "udp sport 2002")
    poke(pair.a)
    said = verdict(pair.b, "E-ONE-WAY")
    equal(said[0], "likely", "certainty")
    holds(said, "as if we had not answered", "there: taut why NAME",
          f"ip route get {pair.outer[0]}:")
    verdict(pair.a, "E-SILENCE")


# --- strangers and clocks, with a second implementation ---


class Caller:
    """A peer or a stranger, in Python."""

    def __init__(self, lab, node, port=None):
        self.node, self.sock = node, lab.udp(node.ns, "127.0.0.1", port or 0)
        self.private = noise.private()
        self.public = noise.b64(noise.public(self.private))
        self.psk = noise.ZERO

    def where(self):
        return "127.0.0.1:%d" % self.sock.getsockname()[1]

    def call(self, stamp_ns=None):
        """One initiation; the session, or None without an answer."""
        first = noise.Initiator(self.private, self.node.public_key, self.psk)
        stamp = noise.tai64n(stamp_ns) if stamp_ns else None
        self.sock.sendto(first.initiation(stamp=stamp), ("127.0.0.1", self.node.port()))
        self.sock.settimeout(0.5)
        try:
            return first.consume(self.sock.recv(200))
        except TimeoutError:
            return None


def lone(lab, *peers):
    """A tunnel with these peers, none of which is dialled."""
    node = Node(lab, lab.namespace("a")).start()
    node.setup(*([p.public if isinstance(p, Caller) else p, "allowed-ips", f"10.7.0.{i}/32"]
                 for i, p in enumerate(peers, 2)), addresses=["10.7.0.1/24"])
    return node


@test(needs=["taut"])
def unknown_initiator_is_named(lab):
    node = lone(lab)
    strangers = []
    for _ in range(11):
        strangers.append(Caller(lab, node))
        equal(strangers[-1].call(), None, "answer to a stranger")
        time.sleep(0.03)
    last = strangers[-1]
    last.call()
    said = verdict(node, "E-UNKNOWN-PEER")
    equal(said[0], "sure", "certainty")
    text = json.dumps(why(node)[1])
    equal([s.public in text for s in strangers], [False] * 3 + [True] * 8, "the last 8 of 11")
    check(last.where() in text and "asked 2 times" in text, "address and count")
    check(f"wg set {node.name} peer {last.public} allowed-ips" in text, "how to accept it")
    node.wait_log(strangers[0].public)
    within(node.log().count("asks for a session"), 1, 5, "lines of the log about 12 of them")
    node.set("peer", last.public, "allowed-ips", "10.7.0.9/32")
    check(last.public not in json.dumps(why(node)[1]["verdicts"]), "named although it is known")


@test(needs=["taut"])
def clock_that_went_back_is_named(lab):
    node = lone(lab)
    peer = Caller(lab, node)
    node.set("peer", peer.public, "allowed-ips", "10.7.0.2/32")
    now = time.time_ns()
    check(peer.call(now), "first handshake")
    time.sleep(0.05)
    equal(peer.call(now), None, "answer to a copy")
    check("E-CLOCK" not in codes(node), "a copy tells of no clock")
    past = now - (3 * 86400 + 4 * 3600 + 600) * 10**9
    equal(peer.call(past), None, "answer to an old one")
    equal(verdict(node, "E-CLOCK", problem=False)[0], "hint", "one old one may be a copy")
    equal(peer.call(past), None, "answer to the same again")
    equal(verdict(node, "E-CLOCK", problem=False)[0], "hint", "a copy of it")
    equal(peer.call(past + 5 * 10**9), None, "answer to the next")
    said = verdict(node, "E-CLOCK")
    equal(said[0], "likely", "certainty")
    holds(said, "3 d 4 h", peer.where(), "two hosts share its private key", "there: date")
    time.sleep(0.05)
    session = peer.call(now + 10**9)
    check(session, "handshake with a new time")
    peer.sock.sendto(session.seal(b""), ("127.0.0.1", node.port()))
    wait_for(lambda: why(node)[0] == 0, 3, "then all is well", step=0.1)
    node.wait_log("not newer", times=1)


@test(needs=["taut"], slow=6)
def the_log_has_one_line_about_each_stranger(lab):
    """Repeated requests, and repeated copies of one: a single log line, or none."""
    node = lone(lab)
    stranger, peer = Caller(lab, node), Caller(lab, node)
    node.set("peer", peer.public, "allowed-ips", "10.7.0.2/32")
    for _ in range(7):
        stranger.call()
    node.wait_log("asks for a session", times=1)
    check("asked 7 times" in json.dumps(why(node)[1]), "they are still counted")
    first = noise.Initiator(peer.private, node.public_key, noise.ZERO).initiation()
    for _ in range(10):
        peer.sock.sendto(first, ("127.0.0.1", node.port()))
        time.sleep(0.06)
    wait_for(lambda: node.drops().get("timestamp", 0) >= 8, 3, "copies refused")
    equal(node.log().count("not newer"), 0, "lines about copies")


@test(needs=["taut"])
def wrong_mac1_is_named(lab):
    node = lone(lab, noise.b64(noise.public(noise.private())))
    sock = lab.udp(node.ns, "127.0.0.1")
    for size, kind in ((148, 1), (92, 2)):
        sock.sendto(struct.pack("<I", kind) + os.urandom(size - 4), ("127.0.0.1", node.port()))
    said = verdict(node, "E-MAC1")
    equal(said[0], "likely", "certainty")
    holds(said, "127.0.0.1:%d" % sock.getsockname()[1], node.public, "2 in all")
    sock.settimeout(0.2)
    try:
        sock.recv(100)
        raise Failure("a stranger got an answer")
    except TimeoutError:
        pass


@test(needs=["taut"])
def key_in_two_places_is_named(lab):
    node = lone(lab)
    here = Caller(lab, node)
    there = lab.udp(node.ns, "127.0.0.1")
    node.set("peer", here.public, "allowed-ips", "10.7.0.2/32")
    session = here.call()
    for _ in range(6):
        for sock in (here.sock, there):
            sock.sendto(session.seal(b""), ("127.0.0.1", node.port()))
            time.sleep(0.02)
    said = verdict(node, "E-TWO-PLACES")
    holds(said, here.where(), "127.0.0.1:%d" % there.getsockname()[1], "same private key")


# --- inside ---


@test(needs=["taut"])
def wrong_inner_source_is_named(lab):
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    pair.a.ns.ip(f"addr add 10.9.9.9/32 dev {pair.a.name}")
    pair.a.ns.ping(V4, 3, wait=0.2, interval=0.1, source="10.9.9.9")
    said = verdict(pair.b, "E-SOURCE")
    equal(said[0], "sure", "certainty")
    holds(said, "10.9.9.9", "3 were dropped", "add 10.9.9.9/32")
    check("10.9.9.9" in pair.b.uapi("status=1\n\n"), "the state does not say so")


@test(slow=8, needs=["taut"])
def missing_way_back_is_named(lab):
    """b takes what a sends, and has no route for its answers."""
    pair = Pair(lab, ends=(True, False))
    pair.a.ns.ip("addr add 10.8.0.1/32 dev lo")
    pair.b.set("peer", pair.a.public, "allowed-ips", "10.7.0.1/32,10.8.0.1/32")
    sock = lab.udp(pair.a.ns, "10.8.0.1")
    pair.a.ns.ping(V4, 20, wait=0.2, interval=0.2, source="10.8.0.1")
    equal(pair.a.status()[1][pair.b.public]["state"], "up", "state")
    said = verdict(pair.a, "E-NO-RETURN")
    equal(said[0], "likely", "certainty")
    holds(said, "no packet comes back", "route back", "there: taut why NAME")
    pair.b.ns.ip(f"route add 10.8.0.1/32 dev {pair.b.name}")
    sock.sendto(b"x", (V4, 9))             # nothing listens there: ICMP comes back
    wait_for(lambda: why(pair.a)[0] == 0, 3, "then all is well", step=0.1)


@test(slow=12, needs=["taut"])
def traffic_that_needs_no_answer_is_no_problem(lab):
    """A log host: datagrams go one way for longer than the limit for a verdict."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    lab.udp(pair.b.ns, "0.0.0.0", 6000)
    sock = lab.udp(pair.a.ns, "0.0.0.0")
    for _ in range(110):
        sock.sendto(b"x" * 100, (V4, 6000))
        time.sleep(0.1)
    said = verdict(pair.a, "E-NO-RETURN", problem=False)
    equal(said[0], "hint", "certainty")
    equal((why(pair.a)[0], why(pair.b)[0]), (0, 0), "exit status")


@test(slow=5, needs=["taut"])
def client_of_everything_is_healthy(lab):
    """
    AllowedIPs = 0.0.0.0/0, ::/0: what the client's host sends automatically
    (neighbours, groups) goes into the tunnel, is refused there, and is not a problem.
    """
    pair = Pair(lab, ends=(True, False))
    pair.a.set("peer", pair.b.public, "allowed-ips", "0.0.0.0/0,::/0")
    pair.a.ns.ping(f"ff02::1%{pair.a.name}", 20, wait=0.2, interval=0.2)
    wait_for(lambda: pair.b.drops().get("source", 0) >= 10, 5, "refused packets")
    equal(pair.a.status()[1][pair.b.public]["state"], "up", "state")
    equal(codes(pair.a), [], "the client")
    holds(verdict(pair.b, "E-SOURCE", problem=False), "fe80::", "on their own")
    equal(why(pair.b)[0], 0, "the server")
    check("session works\"" in pair.b.uapi("status=1\n\n"), "the state tells of it")
    pair.a.ns.ip(f"addr add 10.9.9.9/32 dev {pair.a.name}")
    pair.a.ns.ping(V4, 3, wait=0.2, interval=0.1, source="10.9.9.9")
    pair.a.ns.ping(f"ff02::1%{pair.a.name}", 2, wait=0.2, interval=0.2)
    holds(verdict(pair.b, "E-SOURCE"), "10.9.9.9")


@test(slow=25, needs=["taut"])
def strangers_make_no_problem_of_a_tunnel_that_rests(lab):
    """Junk and unknown keys, from elsewhere: remarks, as long as no peer is missing."""
    pair = Pair(lab, rate=FAST)
    pair.a.ns.must_ping(V4)
    wait_for(lambda: pair.a.status()[1][pair.b.public]["state"] == "idle", 40, "idle")
    pair.b.ns.ip(f"addr add 192.168.1.77/24 dev {pair.dev_b}")
    sock = lab.udp(pair.b.ns, "192.168.1.77")
    here = (pair.outer[0], 2001)
    sock.sendto(struct.pack("<I", 1) + os.urandom(144), here)
    stranger = noise.Initiator(noise.private(), pair.a.public_key, noise.ZERO)
    sock.sendto(stranger.initiation(), here)
    holds(verdict(pair.a, "E-MAC1", problem=False), "192.168.1.77")
    holds(verdict(pair.a, "E-UNKNOWN-PEER", problem=False), "192.168.1.77")
    equal(why(pair.a)[0], 0, "exit status")
    pair.b.stop()
    pair.b.process = None
    poke(pair.a)
    wait_for(lambda: sum(v["problem"] for v in why(pair.a)[1]["verdicts"]) == 3, 5,
             "once the peer is missed", step=0.1)


@test(slow=25, timeout=90, needs=["taut", "iperf3"])
def tunnels_that_work_never_have_a_problem(lab):
    """Just started, under load, roaming, after restarts of the peer: checked continuously."""
    pair = Pair(lab, start=False).start_configs()

    def look(what):
        for node in pair:
            status, said = why(node)
            equal((status, [v["code"] for v in said["verdicts"] if v["problem"]]), (0, []),
                  f"{what}, {node.name}")
    look("just started")
    pair.a.ns.must_ping(V4)
    look("after the first packet")
    server = lab.spawn(pair.b.ns, "iperf3", "-s", "-1", stdout=subprocess.DEVNULL)
    with pair.b.ns:
        wait_for(lambda: "5201" in run("ss", "-ltn").out, 5, "iperf3")
    client = lab.spawn(pair.a.ns, "iperf3", "-c", V4, "-t", "3", stdout=subprocess.DEVNULL)
    looks = 0
    while client.poll() is None:
        look("under load")
        looks += 1
    equal((client.wait(), server.wait()), (0, 0), "iperf3")
    check(looks > 10, f"{looks} looks under load")
    for n in range(5):
        pair.b.set("listen-port", 3000 + n)
        pair.b.ns.must_ping("10.7.0.1")
        look("after a move")
    text = pair.config(1)
    for _ in range(3):
        pair.b.kill9()
        pair.b.start_config(text)
        pair.b.ns.must_ping("10.7.0.1")
        look("after a restart")
    pair.b.kill9()
    pair.b.start_config(text)              # and now the other side has to find out
    lab.spawn(pair.a.ns, "ping", "-q", "-i", "0.2", V4, stdout=subprocess.DEVNULL)
    wait_for(lambda: int(pair.a.status()[1][pair.b.public]["handshake_age"]) < 5
             and pair.a.ns.ping(V4, 1, 0.2), 20, "found out")
    look("after that")


@test(slow=8, needs=["taut"])
def strangers_fill_neither_log_nor_memory(lab):
    """Junk of each type, and 400 senders that know our key: a few lines, nothing grows."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    sock = lab.udp(pair.b.ns, "0.0.0.0")
    here = (pair.outer[0], 2001)

    def knock(times):
        for kind, size in ((1, 148), (2, 92), (3, 64), (4, 120)) * times:
            sock.sendto(struct.pack("<I", kind) + os.urandom(size - 4), here)
        for _ in range(times):
            someone = noise.Initiator(noise.private(), pair.a.public_key, noise.ZERO)
            sock.sendto(someone.initiation(), here)
    knock(50)
    wait_for(lambda: pair.a.drops().get("unknown-peer", 0) > 40, 10, "the first strangers")
    time.sleep(0.2)     # their lines go through the monitor
    before, lines = pair.a.memory(), len(pair.a.log().splitlines())
    knock(350)
    wait_for(lambda: pair.a.drops().get("unknown-peer", 0) > 300, 10, "strangers")
    if not pair.a.has_sanitizers():
        within(pair.a.memory() - before, -1000, 200, "kB more")
    equal(len(pair.a.log().splitlines()) - lines, 0, "lines about the last 350")
    within(lines, 1, 20, "lines")
    status, said = why(pair.a)
    equal((status, len(said["verdicts"])), (0, 9), "eight of them, and rubbish")
    sock.settimeout(0.2)
    try:
        raise Failure(f"an answer: {sock.recv(200)[:4]}")
    except TimeoutError:
        pass


# --- ICMP errors must not cost packets ---


def forged_unreachable(src, sport, dst, dport):
    """ICMP port unreachable, quoting a datagram of src."""
    quoted = noise.ip4_udp(src, dst, sport, dport, b"x" * 8)[:28]
    body = struct.pack(">BBHI", 3, 3, 0, 0) + quoted
    return body[:2] + struct.pack(">H", noise.checksum(body)) + body[4:]


def stream(lab, pair, seconds):
    """Numbered datagrams through the tunnel for a time: (how many, which ones arrived)."""
    tx, rx = lab.udp(pair.a.ns, "0.0.0.0"), lab.udp(pair.b.ns, "0.0.0.0", 6000)
    rx.setsockopt(socket.SOL_SOCKET, 33, 4 << 20)      # SO_RCVBUFFORCE
    rx.setblocking(False)
    sent, got, end = 0, [], time.monotonic() + seconds

    def read():
        try:
            while True:
                got.append(struct.unpack("<I", rx.recv(100))[0])
        except BlockingIOError:
            pass
    while time.monotonic() < end:
        for _ in range(16):
            tx.sendto(struct.pack("<I", sent), (V4, 6000))
            sent += 1
        read()
        time.sleep(0.001)
    time.sleep(0.3)
    read()
    return sent, got


@test(slow=6, alone=True, needs=["taut"])
def flood_of_icmp_costs_no_datagram(lab):
    """Thousands of ICMP a second about datagrams of ours, and all others arrive."""
    pair = Pair(lab, ends=(True, False))
    pair.a.ns.must_ping(V4)
    with pair.b.ns:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    lab.closing.append(raw)
    ours, theirs = pair.outer
    forged = [forged_unreachable(ours, 2001, theirs, 2002),
              forged_unreachable(ours, 2001, "192.0.2.55", 4711)]
    count, over = [0], threading.Event()

    def flood():
        while not over.is_set():
            for _ in range(20):
                for piece in forged:
                    raw.sendto(piece, (ours, 0))
            count[0] += 40
            time.sleep(0.001)
    thread = threading.Thread(target=flood)
    thread.start()
    try:
        sent, got = stream(lab, pair, 4)
    finally:
        over.set()
        thread.join()
    equal(sorted(set(range(sent)) - set(got)), [], f"lost of {sent} while {count[0]} ICMP came")
    equal(len(got), sent, "datagrams (none twice)")
    interface, peers = pair.a.status()
    check(count[0] > 1000 and sent > 1000, f"only {count[0]} ICMP, {sent} datagrams")
    check(int(interface["icmp"]) > 100, f"{interface['icmp']} of {count[0]} noticed")
    check(int(interface["icmp_unmatched"]) > 50, "those about nobody are told apart")
    check(int(peers[pair.b.public]["icmp"]) > 50, "those about the peer are counted")
    check(int(interface.get("pending_errors", 0)) > 0, "no send was hit: this proves nothing")
    equal(interface.get("drop_send"), None, "datagrams that did not leave")
    equal(interface.get("send_errors"), None, "datagrams that were refused")
    equal(why(pair.a)[0], 0, "the session works: no problem")
    before = pair.a.cpu()
    time.sleep(1)
    within(pair.a.cpu() - before, 0, 0.1, "seconds of processor time when it is over")


@test(needs=["taut"])
def log_has_a_line_per_change_and_not_more(lab):
    """Up and down many times: the log lines of one peer are rate-limited."""
    pair = Pair(lab, ends=(True, False))
    for _ in range(12):
        pair.a.ns.must_ping(V4)
        wait_for(lambda: pair.a.status()[1][pair.b.public]["state"] == "up", 3, "up")
        pair.a.down_up(0.05)
        wait_for(lambda: pair.a.status()[1][pair.b.public]["state"] == "idle", 3, "idle")
    lines = re.findall(r"peer \S+ \(\S+\) is (\w+): ", pair.a.log())
    within(len(lines), 3, 6, "lines about the state")

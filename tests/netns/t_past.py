# SPDX-License-Identifier: ISC
"""Names of peers: asked for past the tunnel that waits for them."""

import contextlib
import os
import re
import selectors
import shutil
import signal
import socket
import struct
import threading
import time

from lab import check, equal, wait_for, within
from node import Pair
from runner import test

TYPE_A, TYPE_CNAME, TYPE_AAAA = 1, 5, 28
TRUNCATED = 0x0200
BOTH = "10.7.0.2/32, fd07::2/128"
ALL = "0.0.0.0/0, ::/0"
FAR, NEAR = "192.168.2.1", "192.168.1.2"    # servers: on the host of the peer, on the router
# Its own /etc and /run; but control sockets are where the tests look for them.
WRAPPER = """#!/bin/sh
exec unshare -m sh -c 'mount --bind {dir}/etc /etc && mount --bind {dir}/sbin /usr/sbin &&
mount --bind /run/wireguard {dir}/run/wireguard && mount --rbind {dir}/run /run &&
exec "$0" "$@"' {program} "$@"
"""
# As openresolv with -x: only these servers from now on; and no record that could be swept.
RESOLVCONF = """#!/bin/sh
case $1 in
-a) cp /etc/resolv.conf /etc/before; cat >/etc/resolv.conf; echo >>/etc/calls ;;
-d) cp /etc/before /etc/resolv.conf ;;
esac
"""


class Server(threading.Thread):
    """A name server in a namespace. answer: an IPv4 address for all names."""

    def __init__(self, lab, ns, at, answer, **ways):
        super().__init__(daemon=True)
        self.answer, self.asked, self.by_tcp = answer, 0, 0
        # truncates: datagrams are too short for it. aliases: in between. garbage: instead.
        self.ways = ways
        self.poll = selectors.DefaultSelector()
        self.bell, bell = socket.socketpair()
        family = socket.AF_INET6 if ":" in at else socket.AF_INET
        with ns:
            self.udp = socket.socket(family, socket.SOCK_DGRAM)
            self.udp.bind((at, 53))
            self.tcp = socket.create_server((at, 53), family=family)
        for sock in (self.udp, self.tcp, bell):
            self.poll.register(sock, selectors.EVENT_READ)
        lab.closing.append(self)
        self.start()

    def run(self):
        while True:
            for key, _ in self.poll.select():
                if key.fileobj is self.udp:
                    question, client = self.udp.recvfrom(512)
                    self.udp.sendto(self.reply(question, self.ways.get("truncates")), client)
                elif key.fileobj is self.tcp:
                    self.serve(self.tcp.accept()[0])
                else:
                    return

    def serve(self, client):
        """All questions of a connection, until it is closed or quiet."""
        with client, client.makefile("rb") as stream, contextlib.suppress(TimeoutError):
            client.settimeout(2)
            while head := stream.read(2):
                self.by_tcp += 1
                reply = self.reply(stream.read(struct.unpack(">H", head)[0]), False)
                client.sendall(struct.pack(">H", len(reply)) + reply)

    def reply(self, question, truncated):
        name = question[12:question.index(0, 12) + 5]
        kind, = struct.unpack(">H", name[-4:-2])
        self.asked += kind == TYPE_A
        records = self.records() if kind == TYPE_A and self.answer and not truncated else []
        if kind == TYPE_AAAA and "v6" in self.ways:
            records = [b"\xc0\x0c" + struct.pack(">HHIH", TYPE_AAAA, 1, 0, 16) +
                       socket.inet_pton(socket.AF_INET6, self.ways["v6"])]
        flags = 0x8180 | (TRUNCATED if truncated else 0)
        if self.ways.get("garbage"):
            return question[:2] + struct.pack(">HHHHH", flags, 1, 9, 0, 0) + name + b"\xc0" * 50
        return (question[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + name +
                b"".join(records))

    def records(self):
        owner, found = b"\xc0\x0c", []
        for i in range(self.ways.get("aliases", 0)):
            alias = bytes([4]) + b"a%03d" % i + b"\0"
            found.append(owner + struct.pack(">HHIH", TYPE_CNAME, 1, 0, len(alias)) + alias)
            owner = alias
        if self.ways.get("other"):
            owner = b"\x05other\0"
        return found + [owner + struct.pack(">HHIH", TYPE_A, 1, 0, 4) +
                        socket.inet_aton(self.answer)]

    def close(self):
        self.bell.send(b"x")
        self.join()
        for sock in (self.udp, self.tcp, self.bell):
            sock.close()


class Line:
    """a, a router, and b, which a finds by its name; all that is asked goes by the router."""

    def __init__(self, lab, conf):
        self.lab = lab
        self.pair = Pair(lab, start=False, middle=True)
        self.a, self.b = self.pair
        self.dir, self.address = lab.dir, "fd07::1/64"
        os.chmod(lab.dir, 0o755)
        for name in ("etc", "sbin", "run", "run/wireguard"):
            os.mkdir(os.path.join(lab.dir, name))
        for name in ("passwd", "group", "nsswitch.conf", "hosts", "ld.so.cache"):
            if os.path.exists(f"/etc/{name}"):
                shutil.copy(f"/etc/{name}", os.path.join(lab.dir, "etc"))
        os.makedirs("/run/wireguard", exist_ok=True)
        lab.file("sbin/resolvconf", RESOLVCONF, 0o755)
        self.write("etc/resolv.conf", conf)
        self.a.program = lab.file("wrapper", WRAPPER.format(dir=lab.dir, program=lab.program),
                                  0o755)
        self.b.start_config(self.pair.config(1))

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, 0o644)

    def config(self, allowed=BOTH, extra=""):
        text = re.sub(r"Endpoint = [^:]*:", "Endpoint = peer.test:", self.pair.config(0, extra))
        text = text.replace("fd07::1/64", self.address)
        return text.replace(f"AllowedIPs = {BOTH}", f"AllowedIPs = {allowed}")

    def comes_up(self, *config):
        """Within two seconds, from the start on."""
        start = time.monotonic()
        self.a.start_config(self.config(*config))
        self.a.wait_ping("10.7.0.2", 10, "the peer, once its name is known", 0.1)
        seconds = time.monotonic() - start
        print(f"    it works after {seconds:.2f} s", flush=True)
        within(seconds, 0, 2, "seconds until the tunnel works")

    def verdict(self):
        """What is said once it is not too early any more, in one line."""
        def why():
            return self.a.ns.run(self.lab.program, "why", self.a.name, ok=False)
        wait_for(lambda: "too early" not in why().out, 15, "a verdict")
        said = why()
        equal(said.code, 1, "exit status of why")
        return " ".join(said.out.split())


@test(needs=["taut", "unshare"], timeout=60)
def full_tunnel_finds_its_peer_off_link(lab):
    """The way to the name server leads into the tunnel, for all that has not the mark."""
    line = Line(lab, f"nameserver {FAR}\n")
    server = Server(lab, line.b.ns, FAR, FAR)
    wire = lab.capture(line.a.ns, line.pair.dev_a)
    line.comes_up(ALL)
    check(server.asked, "nobody asked the name server")
    others = {(p.dst, p.dport) for p in wire.packets(out=True)} - {(FAR, 53), (FAR, 2002)}
    equal(others, set(), "other datagrams that left")


@test(needs=["taut", "unshare"], timeout=60)
def full_tunnel_finds_its_peer_on_link(lab):
    line = Line(lab, f"nameserver {NEAR}\n")
    Server(lab, line.pair.middle, NEAR, FAR)
    line.comes_up(ALL)


@test(needs=["taut", "unshare"], timeout=60)
def full_tunnel_finds_its_peer_by_tcp(lab):
    """An answer that is too long for a datagram is fetched past the tunnel as well."""
    line = Line(lab, f"nameserver {FAR}\n")
    server = Server(lab, line.b.ns, FAR, FAR, truncates=True)
    line.comes_up(ALL)
    check(server.by_tcp, "nobody asked by TCP")


@test(needs=["taut", "unshare"], timeout=60)
def name_server_of_ipv6_is_asked_past_the_tunnel(lab):
    """With the mark; and then by the uplink, since a plain route leads inside."""
    line = Line(lab, "nameserver fd53::1\n")
    line.b.ns.add_v6("fd53::1/128", "lo")
    line.pair.middle.ip("route add fd53::/64 via fd00:2::1")
    server = Server(lab, line.b.ns, "fd53::1", FAR)
    for allowed in (ALL, f"{BOTH}, fd53::/64"):
        line.comes_up(allowed)
        check(server.asked, f"{allowed}: nobody asked the name server")
        server.asked = 0
        line.a.stop()


@test(needs=["taut", "unshare"], timeout=60)
def family_that_only_the_tunnel_has_is_no_way_to_the_peer(lab):
    """IPv6 comes with the tunnel: the peer's IPv6 address is not tried first."""
    line = Line(lab, f"nameserver {FAR}\n")
    Server(lab, line.b.ns, FAR, FAR, v6="2001:db8::1")
    line.a.ns.ip("route del ::/0")
    line.address = "2001:db8:7::1/64"
    line.comes_up(ALL)


@test(needs=["taut", "unshare"], timeout=60)
def routed_network_may_contain_the_name_server(lab):
    """A plain route into the tunnel, which no mark avoids."""
    line = Line(lab, "nameserver 10.53.0.1\n")
    line.b.ns.ip("addr add 10.53.0.1/32 dev lo")
    line.pair.middle.ip(f"route add 10.53.0.0/24 via {FAR}")
    server = Server(lab, line.b.ns, "10.53.0.1", FAR)
    line.comes_up("10.7.0.2/32, 10.53.0.0/24")
    check(server.asked, "nobody asked the name server")


@test(needs=["taut", "unshare"], timeout=60)
def name_server_may_have_a_route_of_its_own(lab):
    """There is no default route: past the tunnel leads the next best one."""
    line = Line(lab, "nameserver 10.53.0.1\n")
    line.b.ns.ip("addr add 10.53.0.1/32 dev lo")
    line.pair.middle.ip(f"route add 10.53.0.0/24 via {FAR}")
    line.a.ns.ip("route del default", f"route add {FAR} via {NEAR}",
                 f"route add 10.53.0.0/16 via {NEAR}")
    Server(lab, line.b.ns, "10.53.0.1", FAR)
    line.comes_up("10.7.0.2/32, 10.53.0.0/24")


@test(needs=["taut", "unshare"], timeout=60, slow=8)
def strict_filter_that_drops_the_answers_is_named(lab):
    """They arrive from where only the tunnel leads."""
    line = Line(lab, "nameserver 10.53.0.1\n")
    line.b.ns.ip("addr add 10.53.0.1/32 dev lo")
    line.pair.middle.ip(f"route add 10.53.0.0/24 via {FAR}")
    dev = line.pair.dev_a
    line.a.ns.sysctl(f"ipv4/conf/{dev}/rp_filter", 1)
    server = Server(lab, line.b.ns, "10.53.0.1", FAR)
    line.a.start_config(line.config("10.7.0.2/32, 10.53.0.0/24"))
    said = line.verdict()
    check("E-RP-FILTER (likely)" in said, f"why: {said}")
    check(f"sysctl net.ipv4.conf.{dev}.rp_filter=2" in said, f"why: {said}")
    check(server.asked, "nobody asked the name server")
    line.a.ns.sysctl(f"ipv4/conf/{dev}/rp_filter", 2)
    line.a.wait_ping("10.7.0.2", 30, "the peer, once answers are let in")


@test(needs=["taut", "unshare"], timeout=60)
def two_halves_may_contain_the_name_server(lab):
    """Both leave past the tunnel: questions by the uplink, and its own datagrams by a route."""
    line = Line(lab, "nameserver 10.53.0.1\n")
    line.b.ns.ip("addr add 10.53.0.1/32 dev lo")
    line.pair.middle.ip(f"route add 10.53.0.0/24 via {FAR}")
    line.a.ns.ip(f"route add {FAR} via {NEAR}")
    Server(lab, line.b.ns, "10.53.0.1", FAR)
    line.comes_up("0.0.0.0/1, 128.0.0.0/1")


@test(needs=["taut", "unshare"], timeout=60)
def name_server_inside_is_not_needed_to_begin(lab):
    """DNS in the tunnel: the servers of before are asked; also after the tunnel was killed."""
    line = Line(lab, f"nameserver {FAR}\n")
    Server(lab, line.b.ns, FAR, FAR)
    calls = os.path.join(line.dir, "etc/calls")
    for i in range(3):
        line.comes_up(BOTH, "DNS = 10.7.0.2")
        wait_for(lambda n=i: os.path.exists(calls) and os.path.getsize(calls) > n, 5,
                 "DNS is changed")
        with open(os.path.join(line.dir, "etc/resolv.conf"), encoding="ascii") as file:
            equal(file.read(), "nameserver 10.7.0.2\n", "resolv.conf")
        line.a.kill9()
    line.comes_up(BOTH, "DNS = 10.7.0.2")
    state = os.path.join(line.dir, "run/taut", line.a.name)
    check(os.path.exists(os.path.join(state, "nameservers")), "the servers are not remembered")
    line.a.stop()
    check(not os.path.exists(state), "the servers are still remembered")


@test(needs=["taut", "unshare"], timeout=60)
def name_server_of_a_hook_is_not_needed_to_begin(lab):
    """After the tunnel was killed, nothing else knows what was there before."""
    line = Line(lab, f"nameserver {FAR}\n")
    Server(lab, line.b.ns, FAR, FAR)
    for _ in range(3):
        line.comes_up(BOTH, "PostUp = echo nameserver 10.7.0.2 >/etc/resolv.conf")
        line.a.kill9()


@test(needs=["taut", "unshare"], timeout=60)
def full_tunnel_with_name_server_inside(lab):
    line = Line(lab, f"nameserver {FAR}\n")
    Server(lab, line.b.ns, FAR, FAR)
    line.comes_up(ALL, "DNS = 10.7.0.2")


@test(needs=["taut", "unshare"], timeout=60)
def stub_resolver_is_passed_by(lab):
    """It would ask on its own, into the tunnel; here it says nothing at all."""
    line = Line(lab, "nameserver 127.0.0.53\n")
    line.write("run/systemd/resolve/resolv.conf", f"nameserver {FAR}\n")
    Server(lab, line.b.ns, FAR, FAR)
    stub = lab.udp(line.a.ns, "127.0.0.53", 53)
    line.comes_up(ALL)
    stub.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        check(not stub.recv(512), "the stub was asked")


@test(needs=["taut", "unshare"], timeout=60)
def stub_resolver_is_asked_if_the_tunnel_is_not_in_its_way(lab):
    """It may know more than the servers behind it."""
    line = Line(lab, "nameserver 127.0.0.53\n")
    line.write("run/systemd/resolve/resolv.conf", f"nameserver {FAR}\n")
    stub = Server(lab, line.a.ns, "127.0.0.53", FAR)
    other = Server(lab, line.b.ns, FAR, None)
    line.comes_up()
    check(stub.asked and not other.asked, "the other one was asked")


@test(needs=["taut", "unshare"], timeout=90, slow=30)
def peer_that_moves_is_found_although_dns_is_inside(lab):
    """Behind the tunnel nobody answers any more; the server outside knows the new address."""
    line = Line(lab, f"nameserver {NEAR}\n")
    server = Server(lab, line.pair.middle, NEAR, FAR)
    line.comes_up(ALL, "DNS = 10.7.0.2")
    line.b.stop()
    dev = line.pair.dev_b
    line.b.ns.ip(f"addr del {FAR}/24 dev {dev}", f"addr add 192.168.2.7/24 dev {dev}",
                 "route add default via 192.168.2.2")
    server.answer = "192.168.2.7"
    # It waits to be called, as behind NAT.
    line.b.start_config(re.sub("Endpoint = .*", "", line.pair.config(1)))
    line.a.wait_ping("10.7.0.2", 60, "the peer at its new address")
    equal(line.a.endpoint(line.b), "192.168.2.7:2002", "endpoint")


@test(needs=["taut", "unshare"], timeout=60)
def start_waits_for_no_name_server(lab):
    line = Line(lab, f"nameserver {FAR}\n")     # where nobody listens
    start = time.monotonic()
    line.a.start_config(line.config(ALL))
    line.a.wait_log(": ready")
    within(time.monotonic() - start, 0, 2, "seconds until it was ready")
    line.a.wait_log("peer.test has no usable address", 10)
    for pid in line.a.workers():        # the next one asks as well
        os.kill(pid, signal.SIGKILL)
    line.a.wait_log("peer.test has no usable address", 10, times=2)
    Server(lab, line.b.ns, FAR, FAR)
    line.a.wait_ping("10.7.0.2", 10, "the peer, once there is a name server")


@test(needs=["taut", "unshare"], timeout=60, slow=8)
def only_name_server_is_behind_the_tunnel(lab):
    """It says so."""
    line = Line(lab, "nameserver 10.7.0.9\n")
    line.a.start_config(line.config("10.7.0.0/24", "DNS = 10.7.0.9"))
    said = line.verdict()
    check("E-NAME-LOOP (likely)" in said, f"why: {said}")
    check("10.7.0.9 (routed into the tunnel)" in said, f"why: {said}")


@test(needs=["taut", "unshare"], timeout=60, slow=8)
def resolver_on_this_host_asks_into_the_tunnel(lab):
    """One that asks root servers, at an address of the host itself: it says so."""
    line = Line(lab, "nameserver 192.168.1.1\n")
    stub = Server(lab, line.a.ns, "192.168.1.1", None)
    line.a.start_config(line.config(ALL))
    said = line.verdict()
    check("E-NAME-LOOP (likely)" in said, f"why: {said}")
    check("192.168.1.1 (on this host; what it asks goes into the tunnel)" in said, f"why: {said}")
    check(stub.asked, "nobody asked the resolver")


def lies(lab, words, **ways):
    """No endpoint, and a verdict."""
    line = Line(lab, f"nameserver {FAR}\n")
    Server(lab, line.b.ns, FAR, FAR, **ways)
    line.a.start_config(line.config(ALL))
    said = line.verdict()
    check("E-NAME " in said and words in said, f"why: {said}")
    check(f"it asks {FAR} (past the tunnel)" in said, f"why: {said}")
    equal(line.a.endpoint(line.b), "(none)", "endpoint")


@test(needs=["taut", "unshare"], timeout=60)
def garbage_is_no_endpoint(lab):
    lies(lab, "The resolver reports:", garbage=True)


@test(needs=["taut", "unshare"], timeout=60)
def hundred_aliases_are_no_endpoint(lab):
    lies(lab, "too many aliases", truncates=True, aliases=100)


@test(needs=["taut", "unshare"], timeout=60)
def address_of_another_name_is_no_endpoint(lab):
    lies(lab, "name has no address", other=True)

# SPDX-License-Identifier: ISC
"""Roaming, sticky source addresses, NAT."""

import socket
import struct
import time

import noise
from lab import check, equal, wait_for, within
from node import Node, Pair
from runner import test

V4 = "10.7.0.2"
SOL_UDP, UDP_SEGMENT, IPV6_CHECKSUM = 17, 103, 7


def replay_from(lab, ns, address, data, to):
    """Send a datagram from another place."""
    sock = lab.udp(ns, address)
    sock.sendto(data, to)
    return f"{address}:{sock.getsockname()[1]}"


@test()
def server_follows_first_data_packet(lab):
    """Address and port of the client change in the middle of a flow."""
    pair = Pair(lab, ends=(True, False))
    pair.a.ns.must_ping(V4)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    pair.a.ns.ip(f"addr del 192.168.1.1/24 dev {pair.dev_a}",
                 f"addr add 192.168.1.77/24 dev {pair.dev_a}")
    pair.a.set("listen-port", 2077)
    pair.a.ns.must_ping(V4, wait=1, what="first ping after the move")
    equal(pair.b.endpoint(pair.a), "192.168.1.77:2077", "endpoint")
    equal(wire.packets(1), [], "handshakes for a move")


@test()
def server_follows_from_v4_to_v6(lab):
    pair = Pair(lab, ends=(True, False))
    pair.a.ns.must_ping(V4)
    pair.a.set("peer", pair.b.public, "endpoint", "[fd00:1::2]:2002")
    pair.a.wait_ping(V4, 3, "ping over v6")
    equal(pair.b.endpoint(pair.a), "[fd00:1::1]:2001", "endpoint")


@test()
def client_follows_its_server(lab):
    """The server moves and speaks first."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    pair.b.set("listen-port", 2099)
    pair.b.ns.must_ping("10.7.0.1", wait=1)
    equal(pair.a.endpoint(pair.b), pair.outer[1] + ":2099", "endpoint")


@test(needs=["taut"])
def replayed_packets_move_nothing(lab):
    """All packets of the client are replayed from elsewhere: no reply, no state change."""
    pair = Pair(lab, ends=(True, False))
    wire = lab.capture(pair.b.ns, pair.dev_b)
    pair.a.ns.must_ping(V4, 3, interval=0.01)
    said = [p.data for p in wire.packets(out=False)]
    equal(len(said), 4, "packets to replay")
    before = pair.b.peer(pair.a)
    wire.forget()
    for data in said:
        replay_from(lab, pair.a.ns, "192.168.1.1", data, ("192.168.1.2", 2002))
    wait_for(lambda: pair.b.drops().get("replay") == 3, 2, "3 drops as replays")
    equal(pair.b.drops().get("timestamp"), 1, "drops of the old initiation")
    equal([p for p in wire.packets() if p.out], [], "replies")
    equal(pair.b.peer(pair.a), before, "the peer")
    pair.a.ns.must_ping(V4)


def send_from_port_0(lab, ns, source, to, data):
    """A datagram with source port 0, which no UDP socket can be bound to."""
    six = ":" in source
    with ns:
        raw = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW,
                            socket.IPPROTO_UDP)
    lab.closing.append(raw)
    raw.bind((source, 0))
    if six:
        raw.setsockopt(socket.IPPROTO_IPV6, IPV6_CHECKSUM, 6)      # its offset
    raw.sendto(struct.pack(">HHHH", 0, to[1], 8 + len(data), 0) + data, (to[0], 0))


@test(needs=["taut"])
def sender_on_port_0_is_not_followed(lab):
    """An authentic packet from port 0 would disable sending in runs for all peers."""
    for here in ("127.0.0.1", "::1"):
        node = Node(lab, lab.namespace("v6" if ":" in here else "v4")).start()
        sock, own = lab.udp(node.ns, here), noise.private()
        public = noise.b64(noise.public(own))
        node.setup([public, "allowed-ips", V4 + "/32"], addresses=["10.7.0.1/24"])
        to = (here, node.port())
        first = noise.Initiator(own, node.public_key)
        send_from_port_0(lab, node.ns, here, to, first.initiation())
        wait_for(lambda: node.drops().get("sender") == 1, 2, "drop of the initiation")
        first = noise.Initiator(own, node.public_key)
        sock.sendto(first.initiation(), to)
        session = first.consume(sock.recv(200))
        sock.sendto(session.seal(b""), to)
        wait_for(lambda: node.peer(public)["endpoint"] != "(none)", 2, "the endpoint")
        before, gso = node.endpoint(public), node.status()[0]["offload_udp_gso"]
        send_from_port_0(lab, node.ns, here, to, session.seal(b""))
        wait_for(lambda: node.drops().get("sender") == 2, 2, "drop of the data")
        equal(node.endpoint(public), before, "endpoint")
        run = lab.udp(node.ns, "10.7.0.1")
        run.setsockopt(SOL_UDP, UDP_SEGMENT, 1000)
        run.sendto(bytes(20000), (V4, 9))           # 20 packets in one
        for _ in range(20):
            check(session.open(sock.recv(2000)), "a packet of the run")
        interface = node.status()[0]
        equal((interface["offload_udp_gso"], interface.get("send_runs_refused")), (gso, None), "runs")


@test(needs=["taut"])
def forged_packets_move_nothing(lab):
    """A Python peer's messages with one bit wrong at every byte, from elsewhere; then intact."""
    ns, far = lab.namespace("a"), lab.namespace("b")
    lab.wire(ns, far)
    own = noise.private()
    public = noise.b64(noise.public(own))
    server = Node(lab, ns).start()
    server.setup([public, "allowed-ips", "10.7.0.9/32"], port=2002, addresses=("10.7.0.1/24",))
    to = ("192.168.1.1", 2002)
    home = lab.udp(far, "192.168.1.2")
    first = noise.Initiator(own, server.public_key)
    home.sendto(first.initiation(), to)
    session = first.consume(home.recv(2000))
    home.sendto(session.seal(b""), to)
    here = f"192.168.1.2:{home.getsockname()[1]}"
    wait_for(lambda: server.peer(public)["handshake"], 2, "session")
    equal(server.endpoint(public), here, "endpoint")

    elsewhere = lab.udp(far, "192.168.1.2")
    data = session.seal(noise.ip4_udp("10.7.0.9", "10.7.0.1", 1, 9, b"data"))
    time.sleep(0.05)
    again = noise.Initiator(own, server.public_key)
    initiation = again.initiation()
    wire, before = lab.capture(ns, "e1"), server.peer(public)
    count = 0
    for message, end in ((data, len(data)), (initiation, 132)):     # mac2 matters only under load
        for i in range(end):
            bad = bytearray(message)
            bad[i] ^= 1 << i % 8
            elsewhere.sendto(bytes(bad), to)
            count += 1
    wait_for(lambda: sum(server.drops().values()) >= count, 3, f"{count} drops")
    equal([p for p in wire.packets() if p.out], [], "replies")
    equal(server.peer(public), before, "the peer")

    elsewhere.sendto(data, to)
    there = f"192.168.1.2:{elsewhere.getsockname()[1]}"
    wait_for(lambda: server.endpoint(public) == there, 1, "the genuine packet moves the endpoint")
    home.sendto(initiation, to)
    session = again.consume(home.recv(2000))
    equal(server.endpoint(public), there, "endpoint after the initiation, which is answered")
    home.sendto(session.seal(b""), to)
    wait_for(lambda: server.endpoint(public) == here, 1, "its first packet moves it back")


@test(slow=7, needs=["taut"])
def old_initiation_after_a_restart_moves_nothing(lab):
    """Who has recorded initiations sends them to a server that was restarted: they are answered,
    once each, but what is sent to the peer goes to the Endpoint of the file."""
    ns, far = lab.namespace("a"), lab.namespace("b")
    lab.wire(ns, far)
    own = noise.private()
    public = noise.b64(noise.public(own))
    server = Node(lab, ns)
    home, thief = lab.udp(far, "192.168.1.2"), lab.udp(far, "192.168.1.2")
    here = f"192.168.1.2:{home.getsockname()[1]}"
    to, target = ("192.168.1.1", 2002), "10.7.0.9"
    server.start_config(f"[Interface]\nPrivateKey = {noise.b64(server.private)}\n"
                        f"ListenPort = 2002\nAddress = 10.7.0.1/24\n[Peer]\nPublicKey = {public}\n"
                        f"AllowedIPs = {target}/32\nEndpoint = {here}\n")
    recorded = []
    for _ in range(3):
        first = noise.Initiator(own, server.public_key)
        recorded.append(first.initiation())
        home.sendto(recorded[-1], to)
        session = first.consume(home.recv(2000))
        home.sendto(session.seal(b""), to)
        time.sleep(0.05)
    wait_for(lambda: server.peer(public)["handshake"], 2, "session")

    server.kill9()
    server.start("run", server.config)
    wait_for(server.is_up, 10, "link up again")
    for message in recorded:
        thief.sendto(message, to)
        equal(thief.recv(2000)[0], 2, "the kind of the answer")
        thief.sendto(message, to)
        time.sleep(0.05)
    equal(server.drops().get("timestamp"), 3, "copies refused")
    equal(server.endpoint(public), here, "endpoint")
    equal(server.peer(public)["handshake"], 0, "handshakes")
    home.setblocking(False)
    while True:
        try:
            home.recv(2000)
        except BlockingIOError:
            break
    home.settimeout(7)
    server.ns.ping(target, wait=0.1)
    equal(home.recv(2000)[0], 1, "what the server sends to the endpoint of the file")
    thief.settimeout(0.2)
    try:
        thief.recv(2000)
        check(False, "something more was sent to who replays")
    except TimeoutError:
        pass


def sticky(lab, outer=4):
    """b answers a; both know each other."""
    pair = Pair(lab, outer=outer, ends=(True, False))
    pair.a.ns.must_ping(V4)
    return pair


@test()
def vanished_source_is_replaced_v4(lab):
    """b's address in use is replaced: b's very next packet uses the new one."""
    pair = sticky(lab)
    pair.b.ns.ip(f"addr del 192.168.1.2/24 dev {pair.dev_b}",
                 f"addr add 192.168.1.99/24 dev {pair.dev_b}")
    pair.b.ns.must_ping("10.7.0.1", wait=1, what="the very next packet")
    equal(pair.a.endpoint(pair.b), "192.168.1.99:2002", "endpoint")


@test()
def vanished_source_is_replaced_v6(lab):
    pair = sticky(lab, 6)
    pair.b.ns.ip(f"addr del fd00:1::2/64 dev {pair.dev_b}")
    pair.b.ns.add_v6("fd00:1::99/64", pair.dev_b)
    pair.b.ns.must_ping("10.7.0.1", wait=1, what="the very next packet")
    equal(pair.a.endpoint(pair.b), "[fd00:1::99]:2002", "endpoint")


@test()
def answers_from_the_address_contacted(lab):
    """Two addresses on one device, v4 and v6: each is answered from itself."""
    pair = sticky(lab)
    pair.b.ns.ip(f"addr add 192.168.1.22/24 dev {pair.dev_b}")
    pair.b.ns.add_v6("fd00:1::22/64", pair.dev_b)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    for host in ("192.168.1.22", "fd00:1::22", "192.168.1.2", "fd00:1::2"):
        there = f"[{host}]:2002" if ":" in host else f"{host}:2002"
        pair.a.set("peer", pair.b.public, "endpoint", there)
        pair.a.wait_ping(V4, 3, f"ping by {host}", wait=1)
        wire.forget()
        pair.a.ns.must_ping(V4)
        equal({p.src for p in wire.packets(out=True)}, {host}, "source of the answers")
        equal(pair.a.endpoint(pair.b), there, "endpoint as the other side sees it")


@test()
def answers_from_an_address_of_another_device(lab):
    """The address contacted lives on a bridge, the packets come over the wire."""
    pair = sticky(lab)
    pair.b.ns.ip("link add br0 type bridge", "addr add 172.16.5.5/32 dev br0",
                 "addr add fd55::5/128 dev br0 nodad", "link set br0 up")
    pair.a.ns.ip("route add 172.16.5.5 via 192.168.1.2", "route add fd55::5 via fd00:1::2")
    wire = lab.capture(pair.b.ns, pair.dev_b)
    for host in ("172.16.5.5", "fd55::5"):
        there = f"[{host}]:2002" if ":" in host else f"{host}:2002"
        pair.a.set("peer", pair.b.public, "endpoint", there)
        pair.a.wait_ping(V4, 3, f"ping by {host}", wait=1)
        wire.forget()
        pair.a.ns.must_ping(V4)
        equal({p.src for p in wire.packets(out=True)}, {host}, "source of the answers")


@test()
def better_route_changes_the_source(lab):
    """A better route through another device appears: the next packet uses it and its address."""
    pair = Pair(lab, ends=(True, False))
    second = lab.wire(pair.a.ns, pair.b.ns)
    pair.a.ns.ip("addr add 172.16.0.1/32 dev lo")
    pair.b.ns.ip("route add 172.16.0.1 via 192.168.1.1 metric 100")
    for dev in ("all", pair.dev_a, f"e{second}"):
        pair.a.ns.sysctl(f"ipv4/conf/{dev}/rp_filter", 0)
        pair.b.ns.sysctl(f"ipv4/conf/{dev}/rp_filter", 0)
    pair.b.set("peer", pair.a.public, "endpoint", "172.16.0.1:2001")
    pair.a.set("peer", pair.b.public, "endpoint", "192.168.1.2:2002")
    pair.b.ns.must_ping("10.7.0.1")
    equal(pair.a.endpoint(pair.b), "192.168.1.2:2002", "endpoint by the first way")
    pair.b.ns.ip(f"route add 172.16.0.1 via 192.168.{second}.1 metric 1")
    time.sleep(0.3)
    wire = lab.capture(pair.b.ns, f"e{second}")
    pair.b.set("peer", pair.a.public, "endpoint", "172.16.0.1:2001")
    pair.b.ns.must_ping("10.7.0.1", wait=1)
    equal({p.src for p in wire.packets(out=True)}, {f"192.168.{second}.2"}, "source")
    equal(pair.a.endpoint(pair.b), f"192.168.{second}.2:2002", "endpoint by the better way")


@test()
def better_route_changes_a_remembered_source(lab):
    """As above, but the source was learned from the peer's own packets."""
    pair = Pair(lab, ends=(True, False))
    second = lab.wire(pair.a.ns, pair.b.ns)
    pair.a.ns.ip("addr add 172.16.0.1/32 dev lo",
                 "route add 192.168.1.2 dev e1 src 172.16.0.1")
    pair.b.ns.ip("route add 172.16.0.1 via 192.168.1.1 metric 100")
    for ns in (pair.a.ns, pair.b.ns):
        for dev in ("all", pair.dev_a, f"e{second}"):
            ns.sysctl(f"ipv4/conf/{dev}/rp_filter", 0)
    pair.a.ns.must_ping(V4)
    equal(pair.b.endpoint(pair.a), "172.16.0.1:2001", "endpoint")
    pair.b.ns.ip(f"route add 172.16.0.1 via 192.168.{second}.1 metric 1")
    time.sleep(0.3)
    wire = lab.capture(pair.b.ns, f"e{second}")
    pair.b.ns.must_ping("10.7.0.1", wait=1)
    sent = wire.packets(4, out=True)
    check(sent, "nothing went by the better way")
    equal(sent[0].src, f"192.168.{second}.2", "source of the next packet")


@test(slow=4, needs=["taut"])
def roamed_peer_is_found_at_the_endpoint_of_the_file(lab):
    """The server moves and the client follows; then it is back, and waits to be called."""
    rate = 10
    pair = Pair(lab, rate=rate, start=False)
    pair.a.start_config(pair.config(0))
    pair.b.start_config("\n".join(line for line in pair.config(1).splitlines()
                                  if not line.startswith("Endpoint")) + "\n")
    pair.a.wait_ping(V4, 3, "first ping")
    home, away = "192.168.1.2", "192.168.1.99"
    equal(pair.a.endpoint(pair.b), f"{home}:2002", "endpoint of the file")
    pair.b.ns.ip(f"addr del {home}/24 dev {pair.dev_b}", f"addr add {away}/24 dev {pair.dev_b}")
    pair.b.ns.must_ping("10.7.0.1", wait=1)
    equal(pair.a.endpoint(pair.b), f"{away}:2002", "endpoint after the move")
    time.sleep(12 / rate)       # both have had their answers: b has no reason to speak
    pair.b.ns.ip(f"addr del {away}/24 dev {pair.dev_b}", f"addr add {home}/24 dev {pair.dev_b}")
    took = rate * pair.a.wait_ping(V4, 60 / rate, "ping after the way back")
    print(f"found again after {took:.0f} s")
    within(took, 20, 40, "seconds until the peer is found again")
    equal(pair.a.endpoint(pair.b), f"{home}:2002", "endpoint in the end")


@test(slow=6, needs=["nft"])
def keepalive_holds_a_nat_mapping(lab):
    """Client behind a NAT that forgets after 2 s; the server can still begin after 3 s idle."""
    inside, nat, outside = (lab.namespace(x) for x in ("a", "m", "b"))
    lab.wire(inside, nat)
    lab.wire(outside, nat)
    inside.ip("route add default via 192.168.1.2")
    nat.sysctl("ipv4/ip_forward", 1)
    nat.run("nft", "-f", "-", input="""
        table ip nat {
            chain out {
                type nat hook postrouting priority 100; policy accept;
                ip saddr 192.168.1.0/24 masquerade
            }
        }""")
    for key in ("nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream"):
        nat.sysctl("netfilter/" + key, 2)
    client, server = Node(lab, inside).start(), Node(lab, outside).start()
    server.setup([client.public, "allowed-ips", "10.7.0.1/32"], port=2002,
                 addresses=("10.7.0.2/24",))
    client.setup([server.public, "allowed-ips", "10.7.0.2/32", "endpoint", "192.168.2.1:2002",
                  "persistent-keepalive", 1], port=2001, addresses=("10.7.0.1/24",))
    wait_for(lambda: server.peer(client)["handshake"], 3, "handshake from behind the NAT")
    check(server.endpoint(client).startswith("192.168.2.2:"), "endpoint is not the NAT's")
    time.sleep(3.3)
    outside.must_ping("10.7.0.1", what="server begins")
    client.set("peer", server.public, "persistent-keepalive", 0)
    time.sleep(3.3)
    equal(outside.ping("10.7.0.1", wait=0.5), 0, "pings through a forgotten mapping")
    inside.must_ping("10.7.0.2", what="client opens it again")


@test(needs=["taut"])
def cookie_replies_move_nothing(lab):
    """A stranger answers an initiation with junk in the format of a cookie reply."""
    pair = Pair(lab, ends=(True, False))
    pair.b.kill9()
    hole = lab.udp(pair.b.ns, "0.0.0.0", 2002)
    pair.a.ns.ping(V4, wait=0.1)
    data, source = hole.recvfrom(2000)
    other = lab.udp(pair.b.ns, "192.168.1.2", 4444)
    before = pair.a.peer(pair.b)
    other.sendto(b"\3\0\0\0" + data[4:8] + bytes(56), source)
    wait_for(lambda: pair.a.drops().get("cookie") == 1, 1, "drop of the cookie reply")
    after = pair.a.peer(pair.b)
    equal(after, before, "the peer")
    other.sendto(b"\2\0\0\0" + noise.private()[:4] + data[4:8] + bytes(80), source)
    wait_for(lambda: pair.a.drops().get("mac") == 1, 1, "drop of a response without mac1")
    equal(pair.a.peer(pair.b), before, "the peer")

# SPDX-License-Identifier: ISC
"""The control socket: through wg(8), and directly."""

import fcntl
import os
import re
import signal
import socket
import stat
import struct
import time

import noise
from lab import check, equal, run, wait_for, within
from node import SOCKETS, Node, Pair
from runner import test

V4 = "10.7.0.2"
PEER = "aa" * 31 + "00"
TUNSETIFF, TUN_FLAGS = 0x400454CA, 0x5001      # without packet information, with offloads


def fresh(lab):
    return Node(lab, lab.namespace("a")).start()


def key():
    return noise.b64(noise.public(noise.private()))


def slowness(node):
    """How much longer things may take than in the release: a program with sanitizers is slow."""
    return 6 if node.has_sanitizers() else 1


@test(needs=["taut"])
def every_key_reads_back(lab):
    node = fresh(lab)
    private = noise.private()
    answer = node.uapi(
        f"set=1\nprivate_key={private.hex()}\nlisten_port=3456\nfwmark=51820\n"
        f"public_key={PEER.upper()}\npreshared_key={'bb' * 32}\nendpoint=[fd00::7]:7\n"
        "persistent_keepalive_interval=25\nreplace_allowed_ips=true\nallowed_ip=10.1.2.3/24\n"
        "allowed_ip=fd12::ffff/64\nprotocol_version=1\n\n")
    equal(answer, "errno=0\n\n", "answer to set")
    equal(node.uapi("get=1\n\n"),
          f"private_key={private.hex()}\nlisten_port=3456\nfwmark=51820\npublic_key={PEER}\n"
          f"preshared_key={'bb' * 32}\nprotocol_version=1\nendpoint=[fd00::7]:7\n"
          "last_handshake_time_sec=0\nlast_handshake_time_nsec=0\ntx_bytes=0\nrx_bytes=0\n"
          "persistent_keepalive_interval=25\nallowed_ip=10.1.2.0/24\nallowed_ip=fd12::/64\n"
          "errno=0\n\n", "answer to get")
    node.uapi(f"set=1\nprivate_key={'00' * 32}\nfwmark=0\npublic_key={PEER}\nremove=true\n\n")
    equal(node.uapi("get=1\n\n"), "listen_port=3456\nerrno=0\n\n", "get after removal")


BAD = (
    ("private_key=" + "0" * 63, -22), ("private_key=" + "0" * 65, -22),
    ("private_key=" + "0" * 63 + "g", -22), ("private_key=", -22),
    ("listen_port=65536", -22), ("listen_port=-1", -22), ("listen_port=", -22),
    ("listen_port=1x", -22), ("fwmark=4294967296", -22), ("fwmark=x", -22),
    ("replace_peers=false", -22), ("replace_peers=1", -22), ("unknown=1", -22),
    ("Listen_port=1", -22), ("listen_port =1", -22), ("listen_port= 1", -22),
    ("public_key=" + "0" * 62, -22), ("endpoint=192.0.2.1:1", -22),
    ("allowed_ip=10.0.0.0/8", -22), ("preshared_key=" + "0" * 64, -22),
    ("listen_port", -71), ("x" * 5000, -71), ("allowed_ip=" + "1" * 5000, -71),
)
BAD_PEER = (
    ("listen_port=1", -22), ("private_key=" + "1" * 64, -22), ("fwmark=1", -22),
    ("replace_peers=true", -22), ("remove=false", -22), ("update_only=false", -22),
    ("preshared_key=1", -22), ("endpoint=example.org:51820", -22), ("endpoint=192.0.2.1", -22),
    ("endpoint=192.0.2.1:65536", -22), ("endpoint=:1", -22), ("endpoint=[::1]", -22),
    ("persistent_keepalive_interval=65536", -22), ("persistent_keepalive_interval=off", -22),
    ("replace_allowed_ips=false", -22), ("allowed_ip=10.0.0.0", -22),
    ("allowed_ip=10.0.0.0/33", -22), ("allowed_ip=::/129", -22), ("allowed_ip=10.0.0/8", -22),
    ("allowed_ip=10.0.0.0/-1", -22), ("protocol_version=2", -22), ("nonsense", -71),
)


@test(needs=["taut"])
def bad_requests_change_nothing(lab):
    """Each error has its number, and the valid part of the request is not applied either."""
    node = fresh(lab)
    good = f"set=1\nprivate_key={'44' * 32}\nlisten_port=4000\npublic_key={PEER}\n"
    equal(node.uapi(good + "allowed_ip=10.0.0.0/8\n\n"), "errno=0\n\n", "set up")
    before = node.uapi("get=1\n\n")
    for line, number in BAD:
        answer = node.uapi(f"set=1\nlisten_port=4001\n{line}\npublic_key={PEER}\nremove=true\n\n")
        equal(answer, f"errno={number}\n\n", f"answer to {line[:40]}")
        equal(node.uapi("get=1\n\n"), before, f"state after {line[:40]}")
    for line, number in BAD_PEER:
        answer = node.uapi(f"set=1\nfwmark=9\npublic_key={PEER}\nallowed_ip=::/0\n{line}\n"
                           f"public_key={'cc' * 31}00\n\n")
        equal(answer, f"errno={number}\n\n", f"answer to {line[:40]}")
        equal(node.uapi("get=1\n\n"), before, f"state after {line[:40]}")
    check(node.uapi("get=1\nlisten_port=1\n\n").startswith("errno=22\n"), "get with a key")
    equal(node.uapi("hello\n\n").replace("\n", ""), "", "answer to an unknown verb")
    equal(node.uapi(f"set=1\npublic_key={PEER}\nremove=true\n"), "", "answer to half a request")
    equal(node.uapi("get=1\n\n"), before, "state after half a request")


@test(needs=["taut"])
def peers_are_updated_moved_and_removed(lab):
    node = fresh(lab)
    one, two = "11" * 31 + "00", "22" * 31 + "00"

    def peers():
        found, last = {}, None
        for line in node.uapi("get=1\n\n").splitlines():
            name, _, value = line.partition("=")
            if name == "public_key":
                last = found.setdefault(value, [])
            elif name == "allowed_ip":
                last.append(value)
        return found

    def said(text):
        equal(node.uapi(f"set=1\n{text}\n\n"), "errno=0\n\n", f"answer to {text}")
        return peers()

    equal(said(f"public_key={one}\nallowed_ip=10.0.0.0/8\npublic_key={two}\nallowed_ip=::/0"),
          {one: ["10.0.0.0/8"], two: ["::/0"]}, "two peers")
    equal(said(f"public_key={two}\nallowed_ip=10.0.0.0/8"),
          {one: [], two: ["::/0", "10.0.0.0/8"]}, "a moved prefix")
    equal(said(f"public_key={two}\nallowed_ip=-::/0\nallowed_ip=-172.16.0.0/12"),
          {one: [], two: ["10.0.0.0/8"]}, "a removed prefix")
    equal(said(f"public_key={one}\nallowed_ip=-10.0.0.0/8"),
          {one: [], two: ["10.0.0.0/8"]}, "removing what another owns")
    equal(said(f"public_key={two}\nreplace_allowed_ips=true\nallowed_ip=10.9.0.0/16"),
          {one: [], two: ["10.9.0.0/16"]}, "replaced prefixes")
    absent = "33" * 31 + "00"
    equal(said(f"public_key={absent}\nremove=true"), {one: [], two: ["10.9.0.0/16"]}, "absent")
    equal(said(f"public_key={absent}\nupdate_only=true\nallowed_ip=::/0"),
          {one: [], two: ["10.9.0.0/16"]}, "update of an absent peer")
    equal(said(f"public_key={one}\nallowed_ip=1.0.0.0/8\npublic_key={one}\nallowed_ip=2.0.0.0/8"),
          {one: ["1.0.0.0/8", "2.0.0.0/8"], two: ["10.9.0.0/16"]}, "the same peer twice")
    equal(said(f"replace_peers=true\npublic_key={absent}"), {absent: []}, "replaced peers")
    private = noise.private()
    mine = noise.public(private).hex()
    equal(said(f"public_key={mine}"), {absent: [], mine: []}, "not own yet")
    equal(said(f"private_key={private.hex()}"), {absent: []}, "own key as peer vanishes")
    equal(said(f"public_key={mine}\nallowed_ip=0.0.0.0/0"), {absent: []}, "own key is ignored")
    wild = bytearray(private)
    wild[0] |= 7
    said(f"private_key={wild.hex()}")
    check(f"private_key={private.hex()}\n" in node.uapi("get=1\n\n"), "the key is stored clamped")


@test(needs=["taut"])
def requests_may_come_in_any_pieces(lab):
    """Byte by byte, several in one write, after one another, or never."""
    node = fresh(lab)

    def connect():
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(3)
        sock.connect(node.socket_path)
        lab.closing.append(sock)
        return sock

    def answer(sock, ends=1):
        got = b""
        while got.count(b"\n\n") < ends:
            piece = sock.recv(65536)
            check(piece, f"closed after {got!r}")
            got += piece
        return got.decode()

    silent = [connect() for _ in range(5)]
    one = connect()
    for byte in b"set=1\nlisten_port=4567\n\n":
        one.sendall(bytes([byte]))
    equal(answer(one), "errno=0\n\n", "byte by byte")
    one.sendall(b"get=1\n\nset=1\nfwmark=7\n\nget=1\n\n")
    text = answer(one, 3)
    equal([text.count("errno=0"), text.count("fwmark=7"), text.count("listen_port=4567")],
          [3, 1, 2], "three requests in one write")
    silent[0].close()
    equal(node.show("listen-port"), "4567", "wg beside silent clients")


@test()
def wg_says_what_is_wrong(lab):
    """errno signs: wg(8) shows the text of each."""
    node = fresh(lab)
    taken = lab.udp(node.ns, "0.0.0.0", 5555)
    node.set("listen-port", 5556)
    done = node.set("listen-port", taken.getsockname()[1], ok=False)
    equal((done.code, done.err.strip()),
          (1, "Unable to modify interface: Address already in use"), "wg set with a taken port")
    equal(node.port() if "wireguard-go" not in node.program else 5556, 5556, "port kept")
    done = node.wg("show", "doesnotexist", ok=False)
    check(done.code == 1 and "Unable to access interface" in done.err, f"wg show: {done.err}")


@test(needs=["taut"])
def placeholders_of_the_examples_are_no_keys(lab):
    """Refused with an error number and a line in the log; nothing of the request is applied."""
    node = fresh(lab)
    before = node.uapi("get=1\n\n")
    for name, request, remedy in (
            ("private-key", ("private-key",), "taut genkey"),
            ("public-key", ("peer",), "taut pubkey"),
            ("psk", ("peer", key(), "preshared-key"), "taut genpsk")):
        text = f"put/the/{name.replace('-', '/')}".ljust(42, "/") + "0="
        if name != "public-key":
            text = lab.file(name, text + "\n")
        done = node.set("listen-port", 4711, *request, text, ok=False)
        equal((done.code, done.err.strip()), (1, "Unable to modify interface: Invalid argument"),
              f"wg set with the placeholder of a {name}")
        # The line goes through the monitor, and the answer may be there first.
        wait_for(lambda want=remedy: "placeholder" in node.last_log() and want in node.last_log(), 2,
                 f"a line with {remedy}")
        equal(node.uapi("get=1\n\n"), before, f"get after the placeholder of a {name}")
    node.set("peer", "put/the/public/key/of/the/peer/here///////0=", "remove")


@test(needs=["taut"])
def port_works_after_a_refused_one(lab):
    """A port that is in use is refused, and the old one keeps carrying traffic."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    lab.udp(pair.a.ns, "0.0.0.0", 5555)
    equal(pair.a.set("listen-port", 5555, ok=False).code, 1, "wg set")
    pair.a.ns.must_ping(V4)
    equal(pair.a.port(), 2001, "port")
    pair.a.set("listen-port", 0)
    check(pair.a.port() not in (0, 2001), "a random port")
    pair.a.ns.must_ping(V4, what="by a random port")


@test(needs=["taut"])
def wg_shows_and_keeps_settings(lab):
    """set, show, dump, showconf, setconf, addconf, syncconf."""
    node = fresh(lab)
    one, two, three = key(), key(), key()
    psk = lab.file("psk", noise.b64(b"p" * 32) + "\n")
    node.set("private-key", node.key_file, "listen-port", 7000, "fwmark", "0xca6c",
             "peer", one, "preshared-key", psk, "endpoint", "192.0.2.1:51820",
             "persistent-keepalive", 25, "allowed-ips", "10.1.2.3/24,fd00::1/64",
             "peer", two)
    equal(node.show("dump").splitlines(), [
        f"{noise.b64(node.private)}\t{node.public}\t7000\t0xca6c",
        f"{one}\t{noise.b64(b'p' * 32)}\t192.0.2.1:51820\t10.1.2.0/24,fd00::/64\t0\t0\t0\t25",
        f"{two}\t(none)\t(none)\t(none)\t0\t0\t0\toff"], "dump")
    text = node.wg("showconf", node.name).out
    conf = lab.file("x.conf", text)
    node.set("fwmark", 0, "peer", one, "remove", "peer", two, "remove")
    equal(node.show("peers"), "", "peers after removal")
    node.wg("setconf", node.name, conf)
    equal(node.wg("showconf", node.name).out, text, "showconf after setconf of it")
    more = lab.file("more.conf", f"[Peer]\nPublicKey = {three}\nAllowedIPs = 10.3.0.0/16\n")
    node.wg("addconf", node.name, more)
    equal(node.show("peers").split(), [one, two, three], "peers after addconf")
    node.wg("syncconf", node.name, conf)
    equal(node.show("peers").split(), [one, two], "peers after syncconf")
    human = node.wg("show", node.name).out
    for word in (f"interface: {node.name}", "public key: " + node.public, "listening port: 7000",
                 "fwmark: 0xca6c", "peer: " + one, "preshared key: (hidden)",
                 "endpoint: 192.0.2.1:51820", "allowed ips: 10.1.2.0/24, fd00::/64",
                 "persistent keepalive: every 25 seconds", "peer: " + two, "allowed ips: (none)"):
        check(word in human, f"wg show lacks {word!r}")
    check(node.name in node.wg("show", "interfaces").out.split(), "wg show interfaces")
    node.set("private-key", "/dev/null", "peer", one, "preshared-key", "/dev/null")
    equal(node.show("private-key"), "(none)", "private key removed")
    equal(node.show("preshared-keys").split("\n")[0], f"{one}\t(none)", "psk removed")
    empty = lab.file("empty.conf", "[Interface]\n")
    node.wg("setconf", node.name, empty)
    equal(node.show("peers"), "", "peers after an empty setconf")


@test(alone=True, timeout=120, slow=6, needs=["taut"])
def allowed_ips_130560_in_2_s(lab):
    node = fresh(lab)
    v4 = [f"10.{a}.{b}.0/24" for a in range(255) for b in range(256)]
    v6 = [f"fd{a:02x}:{b:x}::/32" for a in range(255) for b in range(1, 257)]
    lines = "".join(f"AllowedIPs = {','.join(v4[i:i + 64])}\n" for i in range(0, len(v4), 64))
    lines += "".join(f"AllowedIPs = {','.join(v6[i:i + 64])}\n" for i in range(0, len(v6), 64))
    conf = lab.file("big.conf", f"[Peer]\nPublicKey = {key()}\n{lines}")
    start = time.monotonic()
    node.wg("setconf", node.name, conf, timeout=60)
    took = time.monotonic() - start
    got = node.wg("show", node.name, "allowed-ips", timeout=60).out.split()[1:]
    equal(len(got), 130560, "allowed IPs read back")
    check(set(got) == set(v4) | set(v6), "the allowed IPs differ")
    check(took < 2 * slowness(node), f"wg setconf took {took:.2f} s")
    start = time.monotonic()
    node.wg("setconf", node.name, lab.file("none.conf", "[Interface]\n"))
    check(time.monotonic() - start < 1 * slowness(node), "removal took more than 1 s")
    within(node.memory() / slowness(node) / 3, 0, 12 << 10, "a third of KiB resident afterwards")


@test(alone=True, timeout=120, slow=5, needs=["taut"])
def peers_1000_come_and_go(lab):
    node = fresh(lab)
    keys = [os.urandom(31).hex() + "00" for _ in range(1000)]
    before = node.memory()

    def add():
        text = "".join(f"public_key={k}\nendpoint=192.0.2.{i % 250}:{i + 1}\n"
                       f"allowed_ip=10.{i >> 8}.{i & 255}.0/24\n" for i, k in enumerate(keys))
        equal(node.uapi("set=1\n" + text + "\n", timeout=60), "errno=0\n\n", "adding")

    for _ in range(3):
        start = time.monotonic()
        add()
        full = node.memory()
        found = re.findall(r"public_key=(\w+)", node.uapi("get=1\n\n"))
        equal(found, keys, "peers, in order")
        for i in (0, 499, 999):
            check(f"allowed_ip=10.{i >> 8}.{i & 255}.0/24\n" in node.uapi("get=1\n\n"), f"peer {i}")
        node.uapi("set=1\n" + "".join(f"public_key={k}\nremove=true\n" for k in keys) + "\n")
        equal(node.uapi("get=1\n\n").count("public_key"), 0, "peers after removal")
        check(time.monotonic() - start < 5 * slowness(node), "too slow")
    if slowness(node) == 1:
        check(node.memory() - before < 768 + (full - before) / 4,
              f"memory {before} KiB, with 1000 peers {full}, afterwards {node.memory()}")


@test(needs=["taut"])
def lists_of_many_shapes_read_back(lab):
    """Replies around buffer borders: many peers with many, none, and one very long list."""
    node = fresh(lab)
    shapes = [[52] * 40, [0] * 29 + [394], [0, 197], [1000, 0, 1]]
    for shape in shapes:
        want = {}
        text = "set=1\nreplace_peers=true\n"
        for i, n in enumerate(shape):
            public = f"{i + 1:02x}" * 31 + "00"
            want[public] = [f"fd00:{i:x}:{j:x}::/64" for j in range(1, n + 1)]
            text += f"public_key={public}\n" + "".join(f"allowed_ip={a}\n" for a in want[public])
        equal(node.uapi(text + "\n"), "errno=0\n\n", "set")
        got, last = {}, None
        for line in node.uapi("get=1\n\n").splitlines():
            name, _, value = line.partition("=")
            if name == "public_key":
                last = got.setdefault(value, [])
            elif name == "allowed_ip":
                last.append(value)
        equal(list(got), list(want), "peers")
        check(got == want, f"lists of shape {shape[:3]} differ")


@test(slow=4)
def concurrent_shows_disturb_nothing(lab):
    """Four loops of `wg show` and one of `wg set` beside pings."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    loops = [lab.spawn(pair.a.ns, "sh", "-c",
                       f"i=0; while [ $i -lt 60 ]; do wg show {pair.a.name} dump >/dev/null"
                       " || exit 1; i=$((i + 1)); done") for _ in range(4)]
    loops.append(lab.spawn(pair.a.ns, "sh", "-c",
                           "i=0; while [ $i -lt 60 ]; do wg set "
                           f"{pair.a.name} peer {pair.b.public} persistent-keepalive $((i % 3))"
                           " || exit 1; i=$((i + 1)); done"))
    equal(pair.a.ns.ping(V4, 50, interval=0.02), 50, "pings meanwhile")
    equal([loop.wait(30) for loop in loops], [0] * 5, "exit codes of the loops")


@test()
def restarts_over_a_stale_socket(lab):
    node = fresh(lab)
    check(stat.S_IMODE(os.stat(node.socket_path).st_mode) & 0o077 == 0, "others may use the socket")
    check(os.path.isdir(SOCKETS), "socket directory")
    node.kill9()
    if not os.path.exists(node.socket_path):    # wg of another test removes dead ones
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(node.socket_path)
    node.start()
    equal(node.show("peers"), "", "peers")


@test()
def second_daemon_is_refused(lab):
    node = fresh(lab)
    other = Node(lab, lab.namespace("b"), name=node.name)
    other.launch("-f", other.name)
    equal(other.wait_exit(), 1, "exit status")
    other.process = None
    node.show("peers")
    check(os.path.exists(node.socket_path), "the first one's socket is gone")


@test()
def link_down_and_up_forgets_keys(lab):
    """Keys gone; the first packet starts a handshake at once; the port is the same."""
    pair = Pair(lab, ends=(True, False))
    pair.a.ns.must_ping(V4)
    wire = lab.capture(pair.b.ns, pair.dev_b)
    time.sleep(0.1)                         # b accepts only one handshake within 20 ms
    pair.a.down_up()
    pair.a.ns.must_ping(V4, wait=1)
    equal([p.kind for p in wire.packets()][:2], [1, 2], "first messages")
    wire.forget()
    time.sleep(0.1)
    pair.a.send(signal.SIGSTOP)      # it hears of both at once
    pair.a.down_up()
    pair.a.send(signal.SIGCONT)
    pair.a.ns.must_ping(V4, wait=1)
    equal([p.kind for p in wire.packets()][:2], [1, 2], "first messages after a short down")
    equal({p.sport for p in wire.packets(out=False)}, {2001}, "port")
    equal(pair.a.port(), 2001, "port shown")


@test()
def link_deleted_ends_with_0(lab):
    node = fresh(lab)
    node.ns.ip(f"link set {node.name} up")
    node.ns.ip(f"link del {node.name}")
    equal(node.wait_exit(), 0, "exit status")
    check(not os.path.exists(node.socket_path), "socket left behind")


@test()
def namespace_deleted_ends_with_0(lab):
    ns = lab.namespace("x")
    node = Node(lab, lab.namespace("a")).start()
    node.ns.ip(f"link set {node.name} netns {ns.name}")
    lab.spaces.remove(ns)
    os.close(ns.fd)
    run("ip", "netns", "del", ns.name)
    equal(node.wait_exit(), 0, "exit status")
    check(not os.path.exists(node.socket_path), "socket left behind")


@test()
def socket_removed_ends_with_0(lab):
    node = fresh(lab)
    os.unlink(node.socket_path)
    equal(node.wait_exit(), 0, "exit status")
    check(node.name not in node.ns.links(), "link left behind")


@test()
def int_and_term_end_with_0(lab):
    node = fresh(lab)
    node.stop(signal.SIGINT)
    node.start()
    node.ns.ip(f"link set {node.name} up")
    node.stop(signal.SIGTERM)


@test(needs=["taut"])
def background_start_returns_when_ready(lab):
    """As wg-quick calls it: exits with 0, and link and socket exist at once."""
    node = Node(lab, lab.namespace("a"))
    for _ in range(5):
        done = node.ns.run(node.program, node.name, env={
            "WG_QUICK_USERSPACE_IMPLEMENTATION": node.program})
        equal(done.code, 0, "exit status")
        node.wg("show", node.name)
        check(node.name in node.ns.links(), "no link")
        pids = node.ns.daemons()
        equal(len(pids), 1, "processes")
        equal(os.readlink(f"/proc/{pids[0]}/cwd"), "/", "working directory")
        equal([os.readlink(f"/proc/{pids[0]}/fd/{n}") for n in (0, 1, 2)], ["/dev/null"] * 3,
              "standard files")
        equal(os.getsid(pids[0]), pids[0], "session leader")
        os.kill(pids[0], signal.SIGTERM)
        wait_for(lambda: not node.ns.pids(), 3, "end")
        check(not os.path.exists(node.socket_path), "socket left behind")


@test(needs=["taut"])
def words_that_are_not_verbs_start_nothing(lab):
    """A typing error must not start a daemon as root, not even with LOG_LEVEL set."""
    ns = lab.namespace("a")
    empty = ns.links(), ns.pids()
    for word, hint in (("list", "did you mean 'status'?"), ("ls", "did you mean 'status'?"),
                       ("stop", "did you mean 'down'?"), ("keygen", "did you mean 'genkey'?"),
                       ("pair", "did you mean 'new'?"), ("verison", "did you mean 'version'?"),
                       ("dwon", "there is no verb"), ("relaod", "did you mean 'reload'?"),
                       ("upp", "did you mean 'up'?"), ("UP", "did you mean 'up'?"),
                       ("frobnicate", "taut up frobnicate; for a bare interface of that name: "
                                      "taut -- frobnicate"),
                       ("./wg0.conf", "to start the tunnel of a file: taut up ./wg0.conf\n")):
        done = ns.run(lab.program, word, ok=False, env={"LOG_LEVEL": "debug"})
        equal((done.code, done.out), (2, ""), f"taut {word}")
        check(f"there is no verb '{word}'" in done.err and hint in done.err, f"taut {word}: {done.err}")
        equal((ns.links(), ns.pids()), empty, f"what exists after taut {word}")
    version = ns.run(lab.program, "version")
    equal((version.out, version.err), (ns.run(lab.program, "--version").out, ""), "taut version")
    equal((ns.links(), ns.pids()), empty, "what exists after taut version")


@test(needs=["taut"])
def calls_like_wireguard_go_start_an_interface(lab):
    """-f, --, the variables of wg-quick and wireguard-go, and a link named wireguard-go."""
    node = Node(lab, lab.namespace("a"))
    link = os.path.join(lab.dir, "wireguard-go")
    os.symlink(node.program, link)
    for argv, env in (([node.program, "-f", node.name], {}),
                      ([node.program, "--foreground", node.name], {}),
                      ([node.program, "--", node.name], {}),
                      ([link, node.name], {}),
                      ([node.program, node.name], {"WG_PROCESS_FOREGROUND": "1"}),
                      ([node.program, node.name], {"WG_QUICK_USERSPACE_IMPLEMENTATION": "taut"})):
        child = lab.spawn(node.ns, *argv, env={**os.environ, **env})
        wait_for(lambda: node.name in node.wg("show", "interfaces", ok=False).out.split(), 5,
                 f"an interface by {argv} {env}")
        node.wg("show", node.name)      # its worker, which answers, can be told from it now
        # In the background, the program that was called may still be on its way out.
        for pid in [p for p in node.ns.daemons() if p != child.pid] or [child.pid]:
            os.kill(pid, signal.SIGTERM)
        equal(child.wait(5), 0, f"exit status of {argv} {env}")
        wait_for(lambda: not node.ns.pids(), 3, "end")


def hand_over(node, *argv):
    """Start it with a device and a control socket that are made here; returns both."""
    with node.ns:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", node.name.encode(), TUN_FLAGS))
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(node.socket_path)
    sock.listen()
    with open(node.log_path, "ab") as log:
        node.process = node.ns.popen(
            node.program, *argv, stdout=log, stderr=log, pass_fds=(device, sock.fileno()),
            env={**os.environ, **node.env, "WG_TUN_FD": str(device),
                 "WG_UAPI_FD": str(sock.fileno())})
    return device, sock


@test(needs=["taut"], slow=2)
def device_and_control_socket_can_be_handed_over(lab):
    """As to wireguard-go: both processes use them, and the next worker; the caller need not."""
    pair = Pair(lab, start=False)
    device, sock = hand_over(pair.a, "-f", pair.a.name)
    os.close(device)
    sock.close()
    wait_for(pair.a.answers, 5, "the control socket")
    pair.b.start()
    pair.configure()
    pair.a.ns.must_ping(V4)
    worker, = pair.a.workers()
    os.kill(worker, signal.SIGKILL)
    pair.a.wait_ping(V4, 5, "with the next worker")
    check(pair.a.workers() != [worker], "the worker that was killed is still there")
    pair.a.stop()


@test(needs=["taut"])
def caller_may_keep_what_it_has_handed_over(lab):
    """In the background: the device is there until the caller closes it, too."""
    node = Node(lab, lab.namespace("a"))
    device, sock = hand_over(node, node.name)
    equal(node.process.wait(10), 0, "exit status")
    check("errno=0" in node.uapi("get=1\n\n"), "no answer")
    node.setup([key(), "allowed-ips", "10.9.0.0/16"], addresses=["10.7.0.1/24"])
    daemon, = node.ns.daemons()
    os.kill(daemon, signal.SIGTERM)
    wait_for(lambda: not node.ns.pids(), 5, "end")
    check(node.name in node.ns.links(), "the device of the caller is gone")
    os.close(device)
    check(node.name not in node.ns.links(), "the device is still there")
    sock.close()


@test(needs=["taut"])
def fwmark_is_on_every_packet(lab):
    """Set by UAPI while up: a rule that drops unmarked packets lets the tunnel's through."""
    pair = Pair(lab)
    pair.a.ns.ip("rule add fwmark 77 table 77 priority 10", "rule add unreachable priority 20",
                 f"route add 192.168.1.0/24 dev {pair.dev_a} src 192.168.1.1 table 77",
                 f"rule add to 10.7.0.0/24 table main priority 5")
    equal(pair.a.ns.ping(V4), 0, "pings without mark")
    pair.a.set("fwmark", 77)
    pair.a.wait_ping(V4, 6, "pings with mark")
    pair.a.set("listen-port", 0)
    pair.a.wait_ping(V4, 1, "pings with mark, by another port")

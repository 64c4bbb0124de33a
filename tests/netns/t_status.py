# SPDX-License-Identifier: ISC
"""Machine-readable output: JSON, metrics, dumps, events; and the live view."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import termios
import threading
import time

import noise
import promtext
import schema
from lab import check, equal, run, wait_for, within
from node import SOCKETS, Pair
from runner import test

V4 = "10.7.0.2"
HERE = os.path.dirname(os.path.abspath(__file__))
DOCS = os.path.join(HERE, "../../docs")


def taut(lab, ns, *argv, **options):
    return ns.run(lab.program, *argv, **options)


def judged(value, name):
    """The value, which the schema allows."""
    equal(list(schema.judge(value, schema.load(os.path.join(DOCS, name)))), [], name)
    return value


def status_json(lab, node, *argv, **options):
    done = taut(lab, node.ns, "status", "--json", *(argv or [node.name]), **options)
    return judged(json.loads(done.out), "status.schema.json")


def faulty(document):
    """Copies of a good document, each with one fault."""
    def with_fault(change):
        copy = json.loads(json.dumps(document))
        change(copy, copy["interfaces"][0], copy["interfaces"][0]["peers"][0])
        return copy
    yield with_fault(lambda d, i, p: d.pop("time"))
    yield with_fault(lambda d, i, p: d.update(schema=2))
    yield with_fault(lambda d, i, p: d.update(time="now"))
    yield with_fault(lambda d, i, p: i.update(sent_bytes="12"))
    yield with_fault(lambda d, i, p: i.update(sent_bytes=1.5))
    yield with_fault(lambda d, i, p: i.update(listen_port=0))
    yield with_fault(lambda d, i, p: i.update(state="UP"))
    yield with_fault(lambda d, i, p: i["drops"].update({"No-Key": 1}))
    yield with_fault(lambda d, i, p: i["offloads"]["tun_vnet"].pop("why"))
    yield with_fault(lambda d, i, p: p.update(latest_handshake=0))
    yield with_fault(lambda d, i, p: p.update(state="good"))
    yield with_fault(lambda d, i, p: p.update(public_key=p["public_key"][:-1]))
    yield with_fault(lambda d, i, p: p.update(private_key="x"))
    yield with_fault(lambda d, i, p: p.pop("reason"))
    yield with_fault(lambda d, i, p: p.update(allowed_ips="10.7.0.2/32"))


@test(needs=["taut"])
def json_says_what_wg_says_and_fits_its_schema(lab):
    """Traffic, then every number compared with that of wg; the schema rejects fifteen faults."""
    equal(schema.selftest(), [], "the validator itself")
    pair = Pair(lab, psk=True)
    before = status_json(lab, pair.a, ok=False)
    equal(before["interfaces"][0]["peers"][0]["latest_handshake"], None, "no handshake yet")
    pair.a.set("peer", pair.b.public, "persistent-keepalive", 25)
    pair.a.wait_ping(V4, 15, "first ping", wait=1)
    pair.a.ns.must_ping(V4, count=3, interval=0.1)
    found = status_json(lab, pair.a)
    within(found["time"], time.time() - 10, time.time() + 1, "time")
    equal(len(found["interfaces"]), 1, "interfaces")
    interface = found["interfaces"][0]
    equal([interface[k] for k in ("name", "state", "public_key", "listen_port", "fwmark")],
          [pair.a.name, "up", pair.a.public, 2001, None], "interface")
    peer, wg = interface["peers"][0], pair.a.peer(pair.b)
    equal([peer[k] for k in ("public_key", "has_preshared_key", "endpoint", "persistent_keepalive",
                             "state", "allowed_ips")],
          [pair.b.public, True, wg["endpoint"], 25, "up", wg["allowed"].split(",")], "peer")
    equal([peer["received_bytes"], peer["sent_bytes"]], [wg["rx"], wg["tx"]], "bytes")
    equal([interface["received_bytes"], interface["sent_bytes"]], [wg["rx"], wg["tx"]], "sums")
    check(peer["received_packets"] >= 3 and peer["sent_packets"] >= 3, f"packets: {peer}")
    equal(int(peer["latest_handshake"]), wg["handshake"], "handshake")
    within(abs(peer["latest_handshake"] - pair.a.handshake_ns(pair.b) / 1e9), 0, 1e-5, "fraction")
    text = taut(lab, pair.a.ns, "status", "--json", pair.a.name).out
    for secret in (pair.a.show("private-key"), pair.a.show("preshared-keys").split("\t")[1]):
        check(secret not in text, "a secret is in it")
    for document in faulty(found):
        check(list(schema.judge(document, schema.load(f"{DOCS}/status.schema.json"))),
              f"a fault was not caught: {document}")
    # all that run in this network namespace
    for node in pair:
        everything = status_json(lab, node, "--")
        equal([i["public_key"] for i in everything["interfaces"]], [node.public], "all")


@test(needs=["taut"])
def who_does_not_run_is_an_empty_list(lab):
    pair = Pair(lab)
    text = pair.config(0)
    path = lab.file(pair.a.name + ".conf", text)
    pair.a.stop()
    pair.a.process = None
    done = taut(lab, pair.a.ns, "status", "--json", path, ok=False)
    equal((done.code, json.loads(done.out)["interfaces"]), (3, []), "has a file")
    done = taut(lab, pair.a.ns, "status", "--json", pair.a.name, ok=False)
    equal((done.code, json.loads(done.out)["interfaces"]), (4, []), "has none")
    done = taut(lab, pair.a.ns, "status", "--prometheus", path, ok=False)
    equal((done.code, promtext.Samples(done.out).of("taut_interface_up", interface=pair.a.name)),
          (3, [0]), "metrics")
    equal(taut(lab, pair.a.ns, "events", "--json", pair.a.name, ok=False).code, 4, "events")
    equal(taut(lab, pair.a.ns, "status", "--watch", pair.a.name, ok=False).code, 4, "watch")


@test(needs=["wireguard-go"])
def another_daemon_is_shown_with_nulls(lab):
    """wireguard-go closes the connection on an unknown request."""
    pair = Pair(lab, programs=("wireguard-go", None))
    pair.a.ns.must_ping(V4)
    found = status_json(lab, pair.a)["interfaces"][0]
    equal([found["state"], found["aead"], found["peers"][0]["state"]], [None] * 3, "unknown")
    check(found["peers"][0]["received_bytes"] > 0, "bytes")
    done = taut(lab, pair.a.ns, "status", "--prometheus", pair.a.name)
    samples = promtext.Samples(done.out)
    equal(samples.faults, [], "metrics")
    check(samples.of("wireguard_sent_bytes_total", interface=pair.a.name)[0] > 0, "sent bytes")
    done = taut(lab, pair.a.ns, "events", "--json", pair.a.name, ok=False)
    equal((done.code, done.out), (1, ""), "events")
    check("does not support events" in done.err, done.err)


@test(needs=["taut"])
def metrics_have_the_names_that_dashboards_know(lab):
    """The grammar by our own checker, which finds 18 faults, and by promtool if it is installed."""
    equal(promtext.selftest(), [], "the checker itself")
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    done = taut(lab, pair.a.ns, "status", "--prometheus", pair.a.name)
    samples = promtext.Samples(done.out)
    equal(samples.faults, [], "grammar")
    wg, labels = pair.a.peer(pair.b), {"interface": pair.a.name, "public_key": pair.b.public}
    known = {**labels, "allowed_ips": wg["allowed"], "friendly_name": ""}
    for name, value in (("sent_bytes_total", "tx"), ("received_bytes_total", "rx"),
                        ("latest_handshake_seconds", "handshake")):
        equal(samples[("wireguard_" + name, frozenset(known.items()))], wg[value], name)
    equal(samples.of("taut_interface_up", interface=pair.a.name), [1], "up")
    equal(samples.of("taut_peer_state", state="up", **labels), [1], "state up")
    equal(sum(samples.of("taut_peer_state", **labels)), 1, "one state")
    interface, peers = pair.a.status()
    equal(samples.of("taut_interface_mtu_bytes"), [int(interface["mtu"])], "mtu")
    equal(samples.of("taut_peer_sent_packets_total", **labels),
          [int(peers[pair.b.public]["tx_packets"])], "packets")
    pair.b.ns.udp("0.0.0.0").sendto(b"\x04" + b"x" * 40, (pair.outer[0], 2001))
    wait_for(lambda: pair.a.drops(), 3, "a drop")
    done = taut(lab, pair.a.ns, "status", "--prometheus", pair.a.name)
    samples = promtext.Samples(done.out)
    for reason, count in pair.a.drops().items():
        equal(samples.of("taut_interface_drops_total", reason=reason.replace("-", "_")), [count],
              reason)
    if shutil.which("promtool"):
        done = run("promtool", "check", "metrics", input=done.out, ok=False)
        equal((done.code, done.out + done.err), (0, ""), "promtool")


@test(needs=["taut"])
def the_textfile_is_always_whole(lab):
    """Read continuously while it is written: never partial, never absent, always 0644."""
    pair = Pair(lab)
    path = os.path.join(lab.dir, "taut.prom")
    argv = ("status", "--textfile", path, pair.a.name)
    os.umask(0o077)
    pair.a.ns.must_ping(V4)
    taut(lab, pair.a.ns, *argv)
    seen, bad, done = set(), [], threading.Event()

    def read():
        while not done.is_set():
            with open(path, encoding="utf-8") as file:
                text = file.read()
                seen.add(os.fstat(file.fileno()).st_mtime_ns)
            if promtext.Samples(text).faults or "taut_peer_initiations_sent_total{" not in text:
                bad.append(text)
    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(40):
        taut(lab, pair.a.ns, *argv)
    done.set()
    reader.join()
    equal(bad, [], "half a file")
    check(len(seen) > 3, f"files seen: {len(seen)}")
    equal(stat.S_IMODE(os.stat(path).st_mode), 0o644, "mode")
    equal([f for f in os.listdir(lab.dir) if "taut.prom" in f], ["taut.prom"], "files left")
    os.mkdir(os.path.join(lab.dir, "folder"))
    failed = taut(lab, pair.a.ns, "status", "--textfile", os.path.join(lab.dir, "folder"), ok=False)
    check(failed.code == 1 and "folder: Is a directory" in failed.err, failed.err)
    equal(failed.out, "", "output")


@test(needs=["taut", "unshare"])
def the_textfile_survives_a_full_disk(lab):
    """No space: an error, the old file unchanged, and no other file left."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    script = (f'mount --make-rprivate / && mount -t tmpfs -o size=32k none "{lab.dir}" || exit 9\n'
              f'cd "{lab.dir}"; "$0" status --textfile a.prom "$1" || exit 8\n'
              'cp a.prom /dev/shm/$$; head -c 99999 /dev/zero >fill 2>/dev/null\n'
              '"$0" status --textfile a.prom "$1"; echo "status $?"\n'
              'cmp a.prom /dev/shm/$$ && ls -A; rm /dev/shm/$$\n')
    done = pair.a.ns.run("unshare", "--mount", "sh", "-c", script, lab.program, pair.a.name,
                         ok=False)
    equal((done.code, done.out), (0, "status 1\na.prom\nfill\n"), f"result ({done.err})")
    check("a.prom: No space left on device" in done.err, done.err)


@test(needs=["taut"])
def what_cannot_be_written_is_an_error(lab):
    """A full disk, or a closed reader of standard output: never exit status 0."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    for argv in (["status", pair.a.name], ["status", "--json", pair.a.name],
                 ["status", "--prometheus", pair.a.name], ["why", pair.a.name],
                 ["why", "--json", pair.a.name], ["show", pair.a.name, "dump"], ["help"]):
        for where in (">/dev/full", ">&-"):
            done = pair.a.ns.run("sh", "-c", f'exec "$0" "$@" {where}', lab.program, *argv,
                                 ok=False)
            equal(done.code, 1, f"{argv} {where}")
            check("cannot write to standard output" in done.err, f"{argv} {where}: {done.err}")


class Recorded:
    """
    A control socket with the recorded answers of a daemon from the time when a tunnel was one
    process: after an upgrade, one that was started before it runs on.
    """

    def __init__(self, lab, path):
        self.name = lab.name()
        self.path = f"{SOCKETS}/{self.name}.sock"
        with open(path, encoding="ascii") as file:
            parts = re.split(r"^> (.*)\n", file.read().replace("NAME", self.name), flags=re.M)
        self.answers = dict(zip(parts[1::2], parts[2::2]))
        os.makedirs(SOCKETS, exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            with self.socket.accept()[0] as client:
                request = b""
                while not request.endswith(b"\n\n") and (piece := client.recv(100)):
                    request += piece
                # Some only look whether anybody answers.
                with contextlib.suppress(OSError, KeyError):
                    client.sendall(self.answers[request.decode().strip()].encode())

    def close(self):
        os.unlink(self.path)


OLD_STATUS = """interface: NAME
  public key: uEhmvXJ/mFSVNEdpavxayIfljYtnd+/wlCLu1XVTt2U=
  private key: (hidden)
  listening port: 2001

peer: caLIP0lZmxZO61X80rPqob+J7Wik0eEnJz/VpqGXrQ8=
  preshared key: (hidden)
  endpoint: 192.168.1.2:2002
  allowed ips: 10.7.0.2/32, fd07::2/128
  latest handshake: AGE ago
  transfer: 3.21 KiB received, 3.41 KiB sent
  persistent keepalive: every 25 seconds
  state: up
  reason: session works

peer: CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=
  allowed ips: 10.9.0.0/16, fd00:9::/64
  state: idle
  reason: no endpoint; waits until the peer calls
"""
OLD_WHY = """NAME: no known problem; 1 of 2 peers are up
  peer CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk= is idle: no endpoint; waits until the peer calls
"""


@test(needs=["taut", "wg"])
def daemon_of_before_the_upgrade_is_understood(lab):
    """Recorded answers of one that was a single process: nothing is missing, nothing made up."""
    ns, old = lab.namespace("a"), Recorded(lab, os.path.join(HERE, "answers_of_one_process.txt"))
    lab.closing.append(old)
    text = taut(lab, ns, "status", old.name).out
    equal(re.sub(r"handshake: .* ago", "handshake: AGE ago", text),
          OLD_STATUS.replace("NAME", old.name), "status")
    equal(taut(lab, ns, "why", old.name).out, OLD_WHY.replace("NAME", old.name), "why")
    equal(taut(lab, ns, "show", old.name, "dump").out, ns.run("wg", "show", old.name, "dump").out,
          "dump")
    done = taut(lab, ns, "status", "--json", old.name)
    document = judged(json.loads(done.out), "status.schema.json")["interfaces"][0]
    equal((document["name"], document["state"], document["aead"]["name"], len(document["peers"])),
          (old.name, "up", "ipsec-mb", 2), "JSON")
    equal(document["figures"]["recv_datagrams"], 26, "a figure")
    equal(document["peers"][0]["received_packets"], 25, "a figure of a peer")
    equal(taut(lab, ns, "wait", old.name).code, 0, "wait")
    metrics = taut(lab, ns, "status", "--prometheus", old.name).out
    check(f'taut_interface_up{{interface="{old.name}"}} 1\n' in metrics, metrics)


@test(needs=["taut"])
def dump_is_that_of_wg_byte_for_byte(lab):
    pair = Pair(lab, psk=True, keepalive=7, outer=6)
    pair.a.set("fwmark", "0x77", "peer", "A" * 42 + "E=")
    pair.a.wait_ping(V4, 15, "ping", wait=1)
    want = pair.a.wg("show", pair.a.name, "dump").out
    equal(taut(lab, pair.a.ns, "show", pair.a.name, "dump").out, want, "dump")
    named = "".join(f"{pair.a.name}\t{line}\n" for line in want.splitlines())
    check(named in taut(lab, pair.a.ns, "show", "all", "dump").out, "show all dump")
    pair.a.wg("setconf", pair.a.name, lab.file("empty.conf", "[Interface]\n"))
    equal(taut(lab, pair.a.ns, "show", pair.a.name, "dump", ok=False).out,
          pair.a.wg("show", pair.a.name, "dump").out, "an empty one")
    equal(taut(lab, pair.a.ns, "show", pair.a.name, "peers", ok=False).code, 2, "other words")


class Listener:
    """`taut events --json`; each line checked against its schema."""

    def __init__(self, lab, node, *argv):
        self.child = lab.spawn(node.ns, lab.program, "events", "--json", *argv,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.set_blocking(self.child.stdout.fileno(), False)
        self.rest, self.seen = b"", []
        self.node = node

    def events(self, kind=None):
        while piece := self.child.stdout.read():
            self.rest += piece
        *lines, self.rest = self.rest.split(b"\n")
        for line in lines:
            event = judged(json.loads(line), "events.schema.json")
            if event["interface"] == self.node.name:
                self.seen.append(event)
        return [e for e in self.seen if kind in (None, e["event"])]

    def wait(self, kind, timeout=5, **want):
        """The first event that is like this."""
        def find():
            return next((e for e in self.events(kind)
                         if all(e[k] == v for k, v in want.items())), None)
        return wait_for(find, timeout, f"event {kind} {want}")


@test(needs=["taut"], timeout=90)
def events_tell_of_all_that_happens(lab):
    """Handshake, states, a move, link, reloads good and bad, the end; each line by its schema."""
    pair = Pair(lab, start=False)
    text = pair.config(0)
    pair.a.start_config(text)
    hear, hear_all = Listener(lab, pair.a, pair.a.name), Listener(lab, pair.a)
    hear.wait("listening")
    hear_all.wait("listening")
    pair.a.ns.ping(V4, 1, 1)
    asked = hear.wait("state", state="handshaking")
    check(asked["previous"] in (None, "idle"), f"before: {asked}")   # new, if we were quick
    equal([asked["public_key"], asked["endpoint"]], [pair.b.public, f"{pair.outer[1]}:2002"], "who")
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping(V4, 15, "first answer", wait=1)
    shake = hear.wait("handshake", first=True)
    equal([shake["public_key"], shake["endpoint"]],
          [pair.b.public, f"{pair.outer[1]}:2002"], "handshake")
    within(shake["time"], time.time() - 20, time.time() + 1, "time")
    hear.wait("state", state="up", previous="handshaking")
    pair.b.set("listen-port", 2222)                     # it moves
    pair.b.ns.must_ping("10.7.0.1")
    hear.wait("endpoint", endpoint=f"{pair.outer[1]}:2222", public_key=pair.b.public)
    with open(pair.a.config, "w", encoding="utf-8") as file:
        file.write(text + "PersistentKeepalive = 9\n")
    taut(lab, pair.a.ns, "reload", pair.a.name)
    good = hear.wait("reload", ok=True)
    check(good["error"] is None and good["detail"].startswith("peer "), f"reload: {good}")
    with open(pair.a.config, "w", encoding="utf-8") as file:
        file.write(text + "Colour = \"red\"\n")
    taut(lab, pair.a.ns, "reload", pair.a.name, ok=False)
    bad = hear.wait("reload", ok=False)
    check(bad["error"] and "Colour" in bad["detail"], f"bad reload: {bad}")
    pair.a.ns.ip(f"link set {pair.a.name} down")
    hear.wait("link", state="down")
    hear.wait("state", state="dead", previous="up", timeout=10)
    pair.a.ns.ip(f"link set {pair.a.name} up")
    hear.wait("link", state="up")
    pair.a.stop()
    equal(hear.child.wait(5), 0, "exit status of events NAME")
    equal([e["event"] for e in hear.events()][-1], "ending", "last event")
    hear_all.wait("ending")
    # The other began a moment later, and may have missed what came before.
    equal(*([e for e in some.events() if e["time"] >= asked["time"]] for some in (hear_all, hear)),
          "what was told without a name")
    pair.a.start("run", lab.file(pair.a.name + ".conf", text))
    wait_for(lambda: len(hear_all.events("listening")) == 2, 5, "the tunnel is found again")
    check(hear_all.child.poll() is None, "events without a name goes on")
    times = [e["time"] for e in hear_all.events()]
    equal(times, sorted(times), "order")
    pair.a.kill9()
    pair.a.process = None
    time.sleep(1.2)
    check(hear_all.child.poll() is None, "events without a name ends with a tunnel that was killed")


def restless_peers(lab, pair, count):
    """Further peers of a, each with a session that a test may use from any port."""
    sessions = []
    for i in range(count):
        key = noise.private()
        pair.a.set("peer", noise.b64(noise.public(key)), "allowed-ips", f"10.7.1.{i}/32")
        sock = lab.udp(pair.b.ns, pair.outer[1])
        sock.settimeout(5)
        first = noise.Initiator(key, pair.a.public_key)
        sock.sendto(first.initiation(), (pair.outer[0], 2001))
        sessions.append(first.consume(sock.recv(200)))
        sock.sendto(sessions[-1].seal(b""), (pair.outer[0], 2001))
    return sessions


@test(needs=["taut"], timeout=90)
def listeners_are_bounded_and_disturb_nothing(lab):
    """Eight listeners at most; a stalled one blocks neither the others nor the daemon."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    sleeper = socket.socket(socket.AF_UNIX)
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.connect(pair.a.socket_path)
    lab.closing.append(sleeper)
    sleeper.sendall(b"events=1\n\n")
    others = []
    while len(others) < 9:              # somebody on this machine may listen to all tunnels
        done = None
        listener = Listener(lab, pair.a, pair.a.name)
        wait_for(lambda n=listener: n.events() or n.child.poll() is not None, 5, "an answer")
        if not listener.events():
            done = listener.child.wait(), listener.child.stderr.read().decode()
            break
        others.append(listener)
    within(len(others), 5, 7, "listeners beside the one that sleeps")
    equal(done, (1, f"taut: {pair.a.name}: too many listeners already\n"), "one too many")
    pair.a.ns.must_ping(V4)
    told = len(others[0].events("endpoint"))
    sessions = restless_peers(lab, pair, 30)
    for _ in range(10):                 # as many moves of each peer are told
        told += len(sessions)
        wait_for(lambda n=told: len(others[0].events("endpoint")) >= n, 3, f"{told} moves")
        equal(len(others[0].events("endpoint")), told, "moves told")
        for session in sessions:
            lab.udp(pair.b.ns, pair.outer[1]).sendto(session.seal(b""), (pair.outer[0], 2001))
    equal(others[0].events("missed"), [], "missed by who reads")
    others[1].child.kill()
    others[1].child.wait()
    wait_for(lambda: pair.a.uapi("get=1\n\n"), 2, "get")
    again = Listener(lab, pair.a, pair.a.name)
    again.wait("listening")
    others[2].child.send_signal(signal.SIGSTOP)
    pair.a.ns.must_ping(V4, count=5, interval=0.1, what="beside a stopped listener")
    others[2].child.send_signal(signal.SIGCONT)


class Terminal:
    """A program on a terminal of its own: what it wrote, and what is on the screen now."""

    def __init__(self, lab, ns, *argv, env=None, rows=30):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 100, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.text = ""

        def own():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        with ns:
            self.child = subprocess.Popen([lab.program, *argv], stdin=self.slave,
                                          stdout=self.slave, stderr=self.slave, preexec_fn=own,
                                          env={**os.environ, "TERM": "xterm", **(env or {})})
        lab.children.append(self.child)
        lab.closing.append(self)

    def close(self):
        os.close(self.master)
        os.close(self.slave)

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.text += os.read(self.master, 65536).decode()
        return self.text

    def screen(self):
        """The latest whole drawing, as plain lines."""
        frames = self.read().split("\x1b[H")
        frames = [f for f in frames[1:] if "q: quit" in f]
        plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", frames[-1]) if frames else ""
        return plain.replace("\r", "").split("\n")

    def press(self, keys):
        os.write(self.master, keys.encode())

    def is_restored(self):
        """Terminal modes and screen are restored."""
        now = termios.tcgetattr(self.slave)
        tail = self.read()[-60:]
        return (now == self.before and tail.count("\x1b[?1049l") == 1
                and self.text.count("\x1b[?1049h") == self.text.count("\x1b[?1049l")
                and "\x1b[?25h" in tail and "\x1b[?7h" in tail)


@test(needs=["taut"], timeout=90, slow=12)
def watch_shows_rates_and_gives_the_terminal_back(lab):
    """On a pseudo terminal: frames, rates, q, Ctrl-C, TERM, Ctrl-Z and fg, colours on request."""
    pair = Pair(lab, psk=True)
    pair.a.ns.must_ping(V4)
    flood = lab.spawn(pair.a.ns, "ping", "-q", "-i", "0.01", "-s", "1000", V4,
                      stdout=subprocess.DEVNULL)
    t = Terminal(lab, pair.a.ns, "status", "--watch", pair.a.name)

    def rate():
        found = re.search(r"  rate: ([\d.]+) KiB/s received, ([\d.]+) KiB/s sent",
                          "\n".join(t.screen()))
        return found and [float(n) for n in found.groups()]
    wait_for(lambda: rate() and min(rate()) > 20, 8, "a rate of 100 KB/s", step=0.1)
    within(max(rate()), 20, 400, "KiB/s")
    check("\x1b[32m" in t.text, "no colours on a terminal")
    lines = t.screen()
    equal(lines[0], f"interface: {pair.a.name}", "first line")
    for words in ("  private key: (hidden)", "  preshared key: (hidden)", "  state: up"):
        check(words in lines, f"no {words!r} in {lines}")
    check(re.match(r"\d\d:\d\d:\d\d  q: quit", lines[-1]), f"last line: {lines[-1]!r}")
    check(not termios.tcgetattr(t.slave)[3] & (termios.ICANON | termios.ECHO), "keys as lines")
    frames = t.read().count("q: quit")
    time.sleep(3)
    within(t.read().count("q: quit") - frames, 2, 4, "frames in 3 s")
    fcntl.ioctl(t.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 100, 0, 0))
    t.child.send_signal(signal.SIGWINCH)
    wait_for(lambda: len(t.screen()) == 5, 2, "a smaller screen")
    t.press("x\x1b[A")
    t.child.send_signal(signal.SIGTSTP)
    wait_for(t.is_restored, 2, "restored for the shell")
    check(t.child.poll() is None, "stopped, not gone")
    t.child.send_signal(signal.SIGCONT)
    wait_for(lambda: t.read().rstrip().endswith("q: quit\x1b[K"), 3, "drawn again")
    t.press("q")
    equal(t.child.wait(3), 0, "exit status after q")
    check(t.is_restored(), f"not restored: {t.text[-80:]!r}")
    for way in (lambda u: u.press("\x03"), lambda u: u.child.send_signal(signal.SIGTERM),
                lambda u: u.press("Q")):
        u = Terminal(lab, pair.a.ns, "status", "--watch", pair.a.name,
                     env={"NO_COLOR": "1", "WG_HIDE_KEYS": "never"})
        wait_for(lambda u=u: "q: quit" in u.read(), 3, "a frame")
        way(u)
        equal(u.child.wait(3), 0, "exit status")
        check(u.is_restored(), "not restored")
        check("\x1b[3" not in u.text, "colours in spite of NO_COLOR")
        check(pair.a.show("private-key") in u.text, "keys hidden in spite of WG_HIDE_KEYS")
    flood.kill()


@test(needs=["taut"])
def watch_without_a_terminal_is_plain_blocks(lab):
    """A block each second, no escapes; Ctrl-C exits with 0; it ends if the reader hangs up."""
    pair = Pair(lab)
    path = os.path.join(lab.dir, "out")
    with open(path, "wb") as out:
        child = lab.spawn(pair.a.ns, lab.program, "status", "--watch", pair.a.name, stdout=out)

    def text():
        with open(path, encoding="utf-8") as file:
            return file.read()
    wait_for(lambda: text().count("interface: ") >= 3, 6, "three blocks")
    child.send_signal(signal.SIGINT)
    equal(child.wait(3), 0, "exit status")
    check("\x1b" not in text(), "escapes in a file")
    check("rate: 0 B/s received, 0 B/s sent" in text(), "no rate")
    blocks = text().strip("\n").split("\n\n\n") if "\n\n\n" in text() else text().split("\n\ninter")
    check(len(blocks) >= 3, f"blocks: {len(blocks)}")
    child = lab.spawn(pair.a.ns, lab.program, "status", "--watch", pair.a.name,
                      stdout=subprocess.PIPE)
    child.stdout.readline()
    child.stdout.close()
    check(child.wait(4) != 0, "writes to nobody")


@test(needs=["taut"])
def watch_waits_for_a_tunnel_to_come_back(lab):
    pair = Pair(lab)
    t = Terminal(lab, pair.a.ns, "status", "--watch", pair.a.name)
    wait_for(lambda: f"interface: {pair.a.name}" in t.screen(), 4, "shown")
    pair.a.stop()
    wait_for(lambda: f"{pair.a.name}: it is not running" in t.screen(), 4, "gone")
    pair.a.start()
    wait_for(lambda: f"interface: {pair.a.name}" in t.screen(), 4, "shown again")
    t.press("q")
    equal(t.child.wait(3), 0, "exit status")

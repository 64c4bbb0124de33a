# SPDX-License-Identifier: ISC
"""The worker, the process without rights, dies: another takes over, and nothing leaks meanwhile."""

import base64
import contextlib
import os
import random
import re
import signal
import socket
import struct
import subprocess
import threading
import time

from lab import check, equal, wait_for
from node import Pair
from runner import test

V4 = "10.7.0.2"


def kill_worker(node, number=signal.SIGKILL):
    """The new one's pid."""
    old, = node.workers()
    os.kill(old, number)
    return wait_for(lambda: [pid for pid in node.workers() if pid != old], 3, "a new worker")[0]


def on_host(node):
    """What the monitor keeps: device, addresses, routes, rules, port."""
    link = node.ns.run("ip", "-o", "link", "show", node.name).out
    return {"device": re.match(r"\d+: \S+ <[^>]*> mtu \d+", link).group(),
            "addresses": node.ns.run("ip", "-o", "addr", "show", "dev", node.name).out,
            "routes": node.ns.run("ip", "route", "show", "table", "all", "dev", node.name).out,
            "rules": node.ns.run("ip", "rule").out, "port": node.show("listen-port")}


@test(needs=["taut"])
def worker_that_died_is_replaced(lab):
    """Device, addresses, routes and port are the old ones; a new session within 2 s."""
    pair = Pair(lab, start=False).start_configs()
    pair.a.ns.must_ping(V4)
    before, peers = on_host(pair.a), pair.a.wg("showconf", pair.a.name).out
    kill_worker(pair.a)
    pair.a.wait_ping(V4, 2, "a new session")
    equal(on_host(pair.a), before, "what is on the host")
    equal(pair.a.wg("showconf", pair.a.name).out, peers, "peers")
    check("died" in pair.a.log() or "new worker process" in pair.a.log(), "nothing in the log")
    equal(len(pair.a.workers()), 1, "workers")
    kill_worker(pair.b)
    pair.b.ns.must_ping("10.7.0.1", 2)
    pair.a.wait_ping(V4, 2, "from the side that lived")


@test(needs=["taut"])
def worker_that_dies_in_a_handshake_is_replaced(lab):
    """Peers take one handshake in 20 ms: that of the next worker must not be the second."""
    pair = Pair(lab, start=False)
    pair.a.start_config(pair.config(0, "Aead = sodium"))    # none is measured: a quick start
    pair.b.start_config(pair.config(1))
    for _ in range(2):
        pair.a.wait_ping(V4, 5, "first answer")
        wire = lab.capture(pair.b.ns, pair.dev_b)
        kill_worker(pair.a)
        pair.a.ns.ping(V4, 1, 0.01)
        wait_for(lambda w=wire: w.packets(1), 2, "an initiation", 0.0005)
        start = time.monotonic()
        kill_worker(pair.a)
        pair.a.wait_ping(V4, 2 - (time.monotonic() - start), "a new session", wait=0.05)


@test(needs=["taut"])
def what_was_set_at_run_time_survives_a_worker(lab):
    """Configured by wg(8), and a peer added and another that roamed since."""
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    more = [os.urandom(32) for _ in range(2)]
    for i, key in enumerate(more):
        pair.a.set("peer", base64.b64encode(key).decode(), "allowed-ips", f"10.8.{i}.0/24",
                   "persistent-keepalive", 20 + i)
    pair.b.set("listen-port", 2222)
    pair.b.ns.must_ping("10.7.0.1")
    wait_for(lambda: pair.a.endpoint(pair.b).endswith(":2222"), 2, "it roamed")
    time.sleep(1.3)                     # it is handed over within a second
    before = pair.a.wg("showconf", pair.a.name).out
    kill_worker(pair.a)
    equal(pair.a.wg("showconf", pair.a.name).out, before, "configuration")
    pair.a.wait_ping(V4, 2, "a new session")
    pair.a.set("listen-port", 2001)     # the monitor still opens sockets
    pair.a.wait_ping(V4, 6, "by another port")


class Sender(threading.Thread):
    """Datagrams to everywhere, until told to stop."""

    def __init__(self, ns):
        super().__init__(daemon=True)
        with ns:
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.over = threading.Event()
        self.sent = 0
        self.start()

    def run(self):
        while not self.over.is_set():
            for host in range(1, 5):
                with contextlib.suppress(OSError):
                    self.sock.sendto(b"secret", (f"198.51.100.{host}", 9))
                    self.sent += 1
            time.sleep(0.001)

    def stop(self):
        self.over.set()
        self.join()
        self.sock.close()


class Sniffer:
    """Frames that leave a device and carry what the tunnel should have carried."""

    def __init__(self, lab, ns, dev):
        with ns:
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)       # SO_RCVBUFFORCE
        self.sock.bind((dev, 3))
        self.sock.setblocking(False)
        lab.closing.append(self.sock)

    def count(self):
        """(in clear, of the tunnel)"""
        clear = tunnel = 0
        while True:
            try:
                frame = self.sock.recv(70000)
            except BlockingIOError:
                return clear, tunnel
            kind, = struct.unpack("!H", frame[12:14])
            clear += kind == 0x800 and frame[30:33] == bytes([198, 51, 100])
            clear += b"secret" in frame
            tunnel += kind == 0x800 and frame[23] == 17 and frame[30:34] == bytes([192, 168, 1, 2])


def killed_under_a_full_tunnel(lab, pair, times):
    pair.a.ns.ip(f"route add default via 192.168.1.2 dev {pair.dev_a}")
    sniffer, sender = Sniffer(lab, pair.a.ns, pair.dev_a), Sender(pair.a.ns)
    try:
        wait_for(lambda: sniffer.count()[1] > 10, 3, "packets through the tunnel")
        for turn in range(times):
            time.sleep(random.uniform(0, 0.05))
            start = time.monotonic()
            kill_worker(pair.a)
            pair.a.wait_ping(V4, 2 - (time.monotonic() - start), f"a new session, turn {turn + 1}")
            time.sleep(2.1 if turn % 4 == 3 else 0)     # 5 in 10 s are too many
        before = sender.sent
        time.sleep(0.1)
        check(sender.sent > before, "the sender has stopped")
    finally:
        sender.stop()
    clear, tunnel = sniffer.count()
    check(tunnel > 100, f"only {tunnel} packets through the tunnel")
    equal(clear, 0, f"packets in clear, beside {tunnel}")


@test(needs=["taut"], timeout=120, slow=20)
def nothing_leaks_while_a_worker_is_replaced(lab):
    """AllowedIPs 0.0.0.0/0 and traffic to everywhere: no packet in clear, a session within 2 s."""
    pair = Pair(lab, start=False)
    pair.a.start_config(pair.config(0).replace("10.7.0.2/32", "0.0.0.0/0"))
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping(V4, 5, "first answer")
    killed_under_a_full_tunnel(lab, pair, 4)


@test(needs=["taut"])
def worker_that_keeps_dying_ends_the_tunnel(lab):
    """More than 5 deaths in 10 s: exit 1, and nothing stays behind."""
    pair = Pair(lab, start=False).start_configs()
    for _ in range(5):
        kill_worker(pair.a)
    last, = pair.a.workers()
    os.kill(last, signal.SIGKILL)
    equal(pair.a.wait_exit(), 1, "exit status")
    check("keeps dying" in pair.a.log(), "not a word about it")
    check(not os.path.exists(pair.a.socket_path), "the control socket was left behind")
    check(pair.a.name not in pair.a.ns.links(), "the device was left behind")
    pair.a.process = None


@test(needs=["taut"])
def worker_ends_with_its_monitor(lab):
    pair = Pair(lab)
    pair.a.ns.must_ping(V4)
    pair.a.kill9()
    check(pair.a.name not in pair.a.ns.links(), "the device was left behind")
    equal(pair.a.ns.pids(), [], "processes")
    pair.a.process = None
    os.unlink(pair.a.socket_path)


@test(needs=["taut"], timeout=60)
def reloads_survive_the_death_of_a_worker(lab):
    """Killed at random moments of reloads: the last one holds, on the host and in the tunnel."""
    pair = Pair(lab, start=False).start_configs()
    texts = [pair.config(0), pair.config(0).replace("10.7.0.1/24", "10.7.0.1/24, 10.17.0.1/24")]
    for turn in range(4):
        with open(pair.a.config, "w", encoding="utf-8") as file:
            file.write(texts[(turn + 1) % 2])
        pair.a.process.send_signal(signal.SIGHUP)
        time.sleep(random.uniform(0, 0.02))
        kill_worker(pair.a)
        time.sleep(2.1 if turn == 2 else 0)
    with open(pair.a.config, "w", encoding="utf-8") as file:
        file.write(texts[1])
    child = subprocess.run([pair.a.program, "reload", pair.a.name], check=False,
                           capture_output=True, text=True)
    equal(child.returncode, 0, f"reload: {child.stderr}")
    check("10.17.0.1" in pair.a.ns.run("ip", "addr", "show", "dev", pair.a.name).out, "address")
    pair.a.wait_ping(V4, 3, "a session")


@test(needs=["taut"], timeout=90)
def big_reloads_do_not_cost_the_worker(lab):
    """Each of 1500 peers is a line of the report, which goes through the monitor."""
    pair = Pair(lab, start=False).start_configs()
    worker = pair.a.workers()
    few = pair.config(0)
    many = few + "".join(
        f"[Peer]\nPublicKey = {base64.b64encode(os.urandom(32)).decode()}\n"
        f"AllowedIPs = 10.9.{i // 250}.{i % 250}/32\n" for i in range(1500))
    for text, count in ((many, 1501), (few, 1), (many, 1501), (few, 1)):
        with open(pair.a.config, "w", encoding="utf-8") as file:
            file.write(text)
        child = subprocess.run([pair.a.program, "reload", pair.a.name], check=False,
                               capture_output=True, text=True)
        equal(child.returncode, 0, f"reload: {child.stderr}")
        equal(len(pair.a.show("peers").split()), count, "peers")
    equal(pair.a.workers(), worker, "the worker")
    pair.a.ns.must_ping(V4)


@test(needs=["taut"])
def what_was_just_set_survives_a_worker(lab):
    pair = Pair(lab)
    key = base64.b64encode(os.urandom(32)).decode()
    pair.a.set("peer", key, "allowed-ips", "10.8.0.0/24")
    kill_worker(pair.a)
    check(key in pair.a.show("peers"), "the peer that was just added is gone")


@test(needs=["taut"])
def hup_of_a_bare_interface_is_refused(lab):
    """Also while it starts: there is no file."""
    pair = Pair(lab, start=False)
    pair.a.launch("-f", pair.a.name)
    # Not before it is ready to take signals at all.
    wait_for(lambda: os.path.exists(pair.a.socket_path), 5, "the socket's file", 0.001)
    for _ in range(100):
        pair.a.process.send_signal(signal.SIGHUP)
        time.sleep(0.002)
    wait_for(pair.a.answers, 5, "control socket")
    check(pair.a.process.poll() is None, f"it ended: {pair.a.last_log()}")


@test(needs=["taut"], timeout=60)
def hooks_are_answered_by_a_new_worker(lab):
    """The worker dies while a PostUp runs that will ask the control socket."""
    pair = Pair(lab, start=False)
    mark = os.path.join(lab.dir, "mark")
    pair.a.config = lab.file(pair.a.name + ".conf", pair.config(
        0, f"PostUp = touch {mark}; sleep 0.5; wg show %i peers >{mark}.peers\n"))
    pair.a.launch("run", pair.a.config)
    wait_for(lambda: os.path.exists(mark), 5, "the hook")
    for pid in pair.a.workers():
        os.kill(pid, signal.SIGKILL)
    pair.a.wait_log(": ready", 5)
    with open(f"{mark}.peers", encoding="ascii") as file:
        equal(file.read().strip(), pair.b.public, "what the hook was told")


@test(needs=["taut"])
def killed_tunnel_can_be_started_at_once(lab):
    """The worker still holds the device for a moment; standard input is /dev/null."""
    pair = Pair(lab, start=False)
    path = lab.file(pair.a.name + ".conf", pair.config(0))
    for _ in range(5):
        child = pair.a.ns.popen(pair.a.program, "run", path, stderr=subprocess.PIPE, text=True)
        for line in child.stderr:
            check("in use" not in line, line)
            if ": ready" in line:
                break
        equal(child.poll(), None, "exit status")
        child.kill()
        child.wait()
        child.stderr.close()
    wait_for(lambda: pair.a.name not in pair.a.ns.links(), 5, "end of the last one")
    os.unlink(pair.a.socket_path)

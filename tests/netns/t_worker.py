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
import sys
import threading
import time

import variant
from lab import Skip, check, equal, wait_for, within
from node import Pair, children, lives
from runner import test
from t_liar import Liars

V4 = "10.7.0.2"


def kill_worker(node, number=signal.SIGKILL):
    """The new one's pid."""
    old, = node.workers()
    os.kill(old, number)
    return wait_for(lambda: [pid for pid in node.workers() if pid != old], 3, "a new worker")[0]


def on_host(node):
    """What the monitor keeps: device, addresses, routes, rules, port."""
    link = node.ns.run("ip", "-o", "link", "show", node.name).out
    wait_for(lambda: not node.ns.run("ip", "-o", "addr", "show", "dev", node.name,
                                     "tentative").out, 3, "addresses that are final")
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
        self.clear = self.tunnel = 0
        lab.closing.append(self.sock)

    def count(self):
        """(in clear, of the tunnel) since it was opened; none may have been missed."""
        with contextlib.suppress(BlockingIOError):
            while True:
                frame = self.sock.recv(70000)
                kind, = struct.unpack("!H", frame[12:14])
                to = frame[30:34] if kind == 0x800 else b""
                self.clear += to[:3] == bytes([198, 51, 100]) or b"secret" in frame
                self.tunnel += to == bytes([192, 168, 1, 2]) and frame[23] == 17
        statistics = self.sock.getsockopt(263, 6, 8)                # PACKET_STATISTICS
        equal(struct.unpack("II", statistics)[1], 0, "frames that the sniffer has missed")
        return self.clear, self.tunnel

    def sleep(self, seconds):
        """Without missing any."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.1)
            self.count()


def killed_under_a_full_tunnel(lab, pair, times, look=lambda: None):
    """look: what is to hold after each time."""
    pair.a.ns.ip(f"route add default via 192.168.1.2 dev {pair.dev_a}")
    sniffer, sender, worst = Sniffer(lab, pair.a.ns, pair.dev_a), Sender(pair.a.ns), 0
    try:
        wait_for(lambda: sniffer.count()[1] > 10, 3, "packets through the tunnel")
        for turn in range(times):
            time.sleep(random.uniform(0, 0.05))
            start = time.monotonic()
            kill_worker(pair.a)
            pair.a.wait_ping(V4, 2 - (time.monotonic() - start), f"a new session, turn {turn + 1}")
            worst = max(worst, time.monotonic() - start)
            look()
            sniffer.sleep(10 if turn % 4 == 3 and turn + 1 < times else 0)  # at most 5 in 10 s
        before = sender.sent
        time.sleep(0.1)
        check(sender.sent > before, "the sender has stopped")
        clear, tunnel = sniffer.count()
        check(tunnel > 100, f"only {tunnel} packets through the tunnel")
        equal(clear, 0, f"packets in clear, beside {tunnel}")
        pair.a.stop()
        wait_for(lambda: sniffer.count()[0], 3, "packets in clear, now that there is no tunnel")
    finally:
        sender.stop()
    print(f"    {times} deaths, {tunnel} packets through the tunnel; the slowest session took "
          f"{worst:.2f} s", flush=True)


@test(needs=["taut"], timeout=120, slow=20)
def nothing_leaks_while_a_worker_is_replaced(lab):
    """AllowedIPs 0.0.0.0/0 and traffic to everywhere: no packet in clear, a session within 2 s."""
    pair = Pair(lab, start=False)
    pair.a.start_config(pair.config(0).replace("10.7.0.2/32", "0.0.0.0/0"))
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping(V4, 5, "first answer")
    killed_under_a_full_tunnel(lab, pair, 4)


@test(needs=["taut"])
def each_worker_begins_anew(lab):
    """It has neither the monitor's addresses nor those of the last one, so a crash tells nothing
    about the next; nor does it inherit a descriptor that is none of its business."""
    pair = Pair(lab, start=False).start_configs()

    def places(pid):
        with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
            words = [line.split() for line in file]
        first = {}
        for word in words:
            if len(word) > 5:
                first.setdefault(os.path.basename(word[5]), word[0].partition("-")[0])
        return {name: at for name, at in first.items()
                if name.startswith(("taut", "libc.", "[stack"))}

    seen = [places(pid) for pid in pair.a.pids()]
    seen.append(places(kill_worker(pair.a)))
    equal(len(seen), 3, "processes")
    check(len(seen[0]) >= 3, f"mappings: {seen[0]}")
    for name in seen[0]:
        equal(len({place.get(name) for place in seen}), 3, f"places of {name}")
    names = [os.readlink(f"/proc/{pair.a.workers()[0]}/fd/{fd}")
             for fd in os.listdir(f"/proc/{pair.a.workers()[0]}/fd")]
    check(not [name for name in names if "signalfd" in name], f"descriptors: {names}")


@test(needs=["taut"])
def no_worker_gets_the_environment(lab):
    """Where containers keep their secrets; only what its libraries read is passed on."""
    pair = Pair(lab, start=False)
    passed = {"RES_OPTIONS": "timeout:3", "LD_LIBRARY_PATH": "/nowhere", "OPENSSL_X": "1"}
    pair.a.env |= passed | {"DB_PASSWORD": "hunter2", "TAUT_PRIVATE_KEY": "hunter2", "LDX": "1", "RES_OPTIONSX": "1"}
    pair.start_configs()
    for find in (lambda node: node.workers()[0], kill_worker):
        with open(f"/proc/{find(pair.a)}/environ", encoding="utf-8", errors="replace") as file:
            got = dict(word.partition("=")[::2] for word in file.read().split("\0") if word)
        equal({name: got.get(name) for name in passed}, passed, "what is passed on")
        for name in ("DB_PASSWORD", "LDX", "RES_OPTIONSX", "PATH", "HOME", "LOG_LEVEL"):
            check(name not in got, f"{name}: {got}")
        check("hunter2" not in str(got), f"the environment: {got}")


@test(needs=["taut"])
def worker_is_not_started_by_hand(lab):
    """Nor by chance: without what a monitor hands over it does nothing."""
    for words in (["taut-worker", "wg0", "0"], ["taut-worker", "wg0", "99"],
                  ["taut-worker", "wg0", "x"]):
        done = subprocess.run(words, executable=variant.real(lab.program), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        equal(done.returncode, 2, f"exit status of {words}")
        check("a part of a running tunnel" in done.stderr, f"{words} said: {done.stderr}")


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
    done = pair.a.ns.run(pair.a.program, "reload", pair.a.name, ok=False)
    equal(done.code, 0, f"reload: {done.err}")
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
        done = pair.a.ns.run(pair.a.program, "reload", pair.a.name, ok=False)
        equal(done.code, 0, f"reload: {done.err}")
        equal(len(pair.a.show("peers").split()), count, "peers")
    equal(pair.a.workers(), worker, "the worker")
    pair.a.ns.must_ping(V4)


def add_address(pair):
    """To the file of a."""
    with open(pair.a.config, "w", encoding="utf-8") as file:
        file.write(pair.config(0).replace("10.7.0.1/24", "10.7.0.1/24, 10.17.0.1/24"))


def wait_address(pair):
    wait_for(lambda: "10.17.0.1" in pair.a.ns.run("ip", "addr", "show", "dev", pair.a.name).out,
             5, "the address that the file was given")


def reload_by_client(node):
    return node.ns.popen(node.program, "reload", node.name, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)


def waits_for_answer(pid):
    with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
        return file.read().startswith("unix_stream")


@test(needs=["taut"])
def reload_outlives_the_worker_that_was_asked(lab):
    """It dies after it has told the monitor: the next one does it, and the client is told."""
    pair = Pair(lab, start=False).start_configs()
    add_address(pair)
    pair.a.process.send_signal(signal.SIGSTOP)
    client = reload_by_client(pair.a)
    wait_for(lambda: waits_for_answer(client.pid), 3, "the client")
    for _ in range(3):                  # those who ask later are answered later
        pair.a.status()
    worker, = pair.a.workers()
    os.kill(worker, signal.SIGKILL)
    pair.a.process.send_signal(signal.SIGUSR1)      # an order that the worker does not get
    _, said = client.communicate(timeout=5)
    pair.a.process.send_signal(signal.SIGCONT)
    equal(client.returncode, 1, "exit status of the client")
    check("was cut" in said and f"taut reload {pair.a.name}" in said, f"it said: {said}")
    wait_address(pair)
    pair.a.wait_ping(V4, 3, "a session")
    again = reload_by_client(pair.a)
    equal(again.communicate(timeout=5)[0], "nothing to change\n", "the next reload")


def service_manager(lab, node):
    """The socket of one; the node will tell it what it does."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    lab.closing.append(manager)
    node.env["NOTIFY_SOCKET"] = os.path.join(lab.dir, "notify")
    manager.bind(node.env["NOTIFY_SOCKET"])
    manager.settimeout(5)
    return manager


def wait_reloading(manager):
    while b"RELOADING=1" not in manager.recv(4096):
        pass


def stops_soon(node, when):
    """Told to stop, it waits 2 s at most for the worker, and nothing of the tunnel stays."""
    start = time.monotonic()
    node.stop()
    within(time.monotonic() - start, 0, 4, f"seconds until the end, {when}")
    equal(node.ns.pids(), [], f"processes, {when}")


@test(needs=["taut"])
def stop_does_not_wait_for_a_worker_that_hangs(lab):
    """Asked for its plan, in a reload and in a start."""
    pair = Pair(lab, start=False)
    manager = service_manager(lab, pair.a)
    pair.start_configs()
    os.kill(pair.a.workers()[0], signal.SIGSTOP)
    add_address(pair)
    pair.a.process.send_signal(signal.SIGHUP)
    wait_reloading(manager)
    stops_soon(pair.a, "in a reload")
    del pair.a.env["NOTIFY_SOCKET"]     # nobody reads it any more
    mark, go = os.path.join(lab.dir, "mark"), os.path.join(lab.dir, "go")
    hook = f"PreUp = touch {mark}; while ! test -e {go}; do sleep 0.02; done"
    lab.file(pair.a.name + ".conf", pair.config(0, hook))
    pair.a.launch("run", pair.a.config)
    wait_for(lambda: os.path.exists(mark), 5, "the hook")
    worker, = pair.a.workers()
    os.kill(worker, signal.SIGSTOP)
    open(go, "w", encoding="ascii").close()
    wait_for(lambda: children(pair.a.process.pid) == [worker], 5, "the end of the hook")
    stops_soon(pair.a, "at the plan of a start")


@test(needs=["taut"])
def stop_does_not_wait_for_a_worker_that_does_not_come_up(lab):
    liars = Liars(lab)
    liars.launch("hangs before it is ready")
    wait_for(liars.node.workers, 5, "a worker")
    stops_soon(liars.node, "before it is ready")


@test(needs=["taut"])
def reload_outlives_the_worker_that_plans_it(lab):
    """It hangs and dies after SIGHUP, while the monitor waits for its plan."""
    pair = Pair(lab, start=False)
    manager = service_manager(lab, pair.a)
    pair.start_configs()
    add_address(pair)
    worker, = pair.a.workers()
    os.kill(worker, signal.SIGSTOP)
    pair.a.process.send_signal(signal.SIGHUP)
    wait_reloading(manager)
    os.kill(worker, signal.SIGKILL)
    wait_address(pair)
    pair.a.wait_ping(V4, 3, "a session")
    pair.a.wait_log("the next one repeats it")
    manager.setblocking(False)
    heard = []
    with contextlib.suppress(BlockingIOError):
        while True:
            heard += manager.recv(4096).decode().splitlines()
    equal([line for line in heard if line in ("RELOADING=1", "READY=1")],
          ["RELOADING=1", "READY=1"], "what the service manager heard after that")


@test(needs=["taut"])
def what_was_just_set_survives_a_worker(lab):
    pair = Pair(lab)
    key = base64.b64encode(os.urandom(32)).decode()
    pair.a.set("peer", key, "allowed-ips", "10.8.0.0/24")
    kill_worker(pair.a)
    check(key in pair.a.show("peers"), "the peer that was just added is gone")


@test(needs=["taut"])
def what_a_worker_said_last_counts(lab):
    """Its answer cannot be delivered, but a peer that was set after that is not forgotten."""
    pair = Pair(lab)
    key = base64.b64encode(os.urandom(32)).decode()
    pair.a.process.send_signal(signal.SIGSTOP)
    client = pair.a.ns.popen("wg", "set", pair.a.name, "listen-port", 2055,
                             stderr=subprocess.DEVNULL)
    wait_for(lambda: waits_for_answer(client.pid), 3, "the client")
    for _ in range(3):
        pair.a.status()
    pair.a.set("peer", key, "allowed-ips", "10.8.0.0/24")
    worker, = pair.a.workers()
    os.kill(worker, signal.SIGKILL)
    client.wait(5)
    pair.a.process.send_signal(signal.SIGCONT)
    wait_for(lambda: pair.a.workers() not in ([], [worker]), 3, "a new worker")
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


NO_PIDFD = """#!{python}
import ctypes, os, struct, sys
lines = [(0x20, 0, 0, 0), (0x15, 0, 1, 434), (6, 0, 0, 0x50000 | 38), (6, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
program = ctypes.create_string_buffer(struct.pack("HP", len(lines), ctypes.addressof(code)))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0
assert libc.syscall(434, os.getpid(), 0) == -1
os.execv("{program}", ["{program}", *sys.argv[1:]])
"""


@test(needs=["taut"], timeout=60)
def hooks_outlive_a_worker_on_old_kernels(lab):
    """Linux before 5.3 has no pidfd_open(2): a signal tells only that some child has ended."""
    pair = Pair(lab, start=False)
    mark = os.path.join(lab.dir, "mark")
    pair.a.config = lab.file(pair.a.name + ".conf", pair.config(
        0, f"PostUp = touch {mark}; until test -e {mark}.go; do sleep 0.05; done\n"))
    pair.a.program = lab.file("old", NO_PIDFD.format(python=sys.executable, program=lab.program),
                              0o755)
    pair.a.launch("run", pair.a.config)
    wait_for(lambda: os.path.exists(mark), 5, "the hook")
    worker, = pair.a.workers()          # its end and the signal are seen at the same time
    pair.a.process.send_signal(signal.SIGSTOP)
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: not lives(worker), 3, "the end of the worker")
    pair.a.process.send_signal(signal.SIGCONT)
    wait_for(lambda: pair.a.workers() not in ([], [worker]), 3, "a new worker")
    check(": ready" not in pair.a.log(), "it is up before the hook has ended")
    lab.file("mark.go", "")
    wait_for(lambda: ": ready" in pair.a.log(), 5, "ready")


@test(needs=["taut"])
def what_the_next_worker_gets_is_locked(lab):
    """It has keys in it, which must not be written to swap space."""
    pair = Pair(lab, start=False)
    if pair.a.has_sanitizers():
        raise Skip("sanitizers lock nothing")
    pair.start_configs()
    with open(f"/proc/{pair.a.process.pid}/status", encoding="ascii") as file:
        locked = int(re.search(r"VmLck:\s+(\d+) kB", file.read()).group(1))
    check(locked > 0, "the monitor has locked nothing")


@test(needs=["taut"])
def status_has_a_line_about_the_jail(lab):
    pair = Pair(lab, start=False)
    pair.a.start("-f", pair.a.name)
    pair.b.start("-f", "--jail=off", pair.b.name)
    for node, want in ((pair.a, "  jail: on"), (pair.b, "  jail: off")):
        shown = node.ns.run(node.program, "status", node.name, ok=False).out
        check(any(line.startswith(want) for line in shown.splitlines()), f"status: {shown}")


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


@test(needs=["taut"])
def worker_has_no_rights(lab):
    """Nor has the next one; by what the kernel says."""
    pair = Pair(lab, start=False).start_configs()
    for turn in range(2):
        if turn:
            kill_worker(pair.a)
        pair.a.wait_ping(V4, 2, "it works")
        worker, = pair.a.workers()
        with open(f"/proc/{worker}/status", encoding="ascii") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        check("0" not in status["Uid"].split() + status["Gid"].split(), f"user: {status['Uid']}")
        equal(status["Groups"].strip(), "", "other groups")
        equal({status[f"Cap{which}"] for which in ("Inh", "Prm", "Eff", "Bnd", "Amb")},
              {"0" * 16}, "capabilities")
        equal((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), "NoNewPrivs, Seccomp")

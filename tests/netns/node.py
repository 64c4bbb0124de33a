# SPDX-License-Identifier: ISC
"""A tunnel daemon in a namespace, driven with wg(8) and its control socket."""

import os
import re
import signal
import socket
import subprocess
import time

import noise
import variant
from lab import Failure, Skip, check, equal, wait_for

SOCKETS = "/var/run/wireguard"


def uapi(name, request, timeout=10):
    """Send a request to the control socket of an interface; return the whole answer."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(timeout)
        sock.connect(f"{SOCKETS}/{name}.sock")
        sock.sendall(request.encode())
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := sock.recv(1 << 20):
            answer += piece
    return answer.decode()


def records(text):
    """key=value lines; the interface's record and {peer key: record}."""
    interface, peers = {}, {}
    for line in text.splitlines():
        found = dict(re.findall(r"([a-z][a-z0-9_-]*)=(\S*)", line))
        if "peer" in found:
            peers[found["peer"]] = found
        elif "interface" in found:
            interface = found
    return interface, peers


def children(pid):
    """The processes that it has forked."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def lives(pid):
    """It may be dead but not yet reaped by its new parent."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def comm(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


class Node:
    def __init__(self, lab, ns, rate=None, program=None, name=None, jump=None,
                 wall=None):
        self.lab, self.ns = lab, ns
        self.program = program or lab.program
        self.name = name or lab.name()
        self.private = noise.private()
        self.public_key = noise.public(self.private)
        self.public = noise.b64(self.public_key)
        self.key_file = lab.file(self.name + ".key", noise.b64(self.private) + "\n")
        self.log_path = os.path.join(lab.dir, self.name + ".log")
        self.socket_path = f"{SOCKETS}/{self.name}.sock"
        self.state_dir = os.path.join(lab.dir, "state-" + self.name)
        self.env = {"LOG_LEVEL": "debug", "STATE_DIRECTORY": self.state_dir}
        if rate or jump or wall is not None:
            if not lab.fastclock:
                raise Skip("no fastclock.so and no C compiler")
            if os.path.basename(self.program) == "wireguard-go":
                raise Skip("wireguard-go reads the clock without libc")
            self.env |= {"LD_PRELOAD": lab.fastclock, "FASTCLOCK_RATE": str(rate or 1)}
            if jump:
                self.env["FASTCLOCK_JUMP"] = jump
            if wall is not None:
                self.env["FASTCLOCK_WALL"] = str(wall)
            options = os.environ.get("ASAN_OPTIONS", "")
            self.env["ASAN_OPTIONS"] = options + ":verify_asan_link_order=0"
        self.process = None
        self.group = None       # process group to start it in; 0: one of its own
        lab.nodes.append(self)

    # -- the process

    def launch(self, *argv):
        """Start the program without waiting for anything."""
        with open(self.log_path, "ab") as log:
            self.process = self.ns.popen(self.program, *argv, stdout=log, stderr=log,
                                         env={**os.environ, **self.env},
                                         preexec_fn=self.join_group)

    def join_group(self):
        if self.group is not None:
            os.setpgid(0, self.group)

    def start(self, *argv):
        self.launch(*(argv or ("-f", self.name)))
        wait_for(self.answers, 10, f"{self.name}: control socket of {self.program}")
        return self

    def start_config(self, text):
        """`run` with a config file of that text; returns when the link is up."""
        self.config = self.lab.file(self.name + ".conf", text)
        self.start("run", self.config)
        wait_for(self.is_up, 10, f"{self.name}: link up")
        return self

    def is_up(self):
        return "UP" in self.flags()

    def flags(self):
        text = self.ns.run("ip", "-o", "link", "show", self.name, ok=False).out
        found = re.search(r"<([^>]*)>", text)
        return found.group(1).split(",") if found else []

    def answers(self):
        if self.process and self.process.poll() is not None:
            raise Failure(f"{self.name}: exit {self.process.returncode}: {self.last_log()}")
        with socket.socket(socket.AF_UNIX) as sock:
            return sock.connect_ex(self.socket_path) == 0

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def last_log(self):
        lines = self.log().strip().splitlines()
        return lines[-1] if lines else "(no log)"

    def wait_log(self, words, timeout=3, times=None):
        """Wait until the log holds these words; if times is given, this often and no more. A line
        of the worker goes through the monitor, and may come after the answer to a request."""
        wait_for(lambda: self.log().count(words) >= (times or 1), timeout,
                 f"{self.name}: {words!r} in the log, {times or 1} times")
        if times:
            equal(self.log().count(words), times, f"{self.name}: lines with {words!r}")

    def workers(self):
        """The processes without rights that it has started: one, for taut; none, for others."""
        return [pid for pid in children(self.process.pid) if comm(pid) == "taut-worker"]

    def pids(self):
        """Its processes, the one that was started first."""
        return [self.process.pid, *self.workers()]

    def send(self, number):
        """To all of them, as from a terminal."""
        for pid in self.pids():
            os.kill(pid, number)

    def kill9(self, whole=False):
        """The worker dies with it, a moment later, even if it was not one yet. whole: all of its
        process group is killed at once, also who writes a file for it."""
        names = ("taut-worker", "exe", comm(self.process.pid))
        workers = [pid for pid in children(self.process.pid) if comm(pid) in names]
        if whole:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()
        wait_for(lambda: not any(lives(pid) and comm(pid) in names for pid in workers), 5,
                 f"{self.name}: end of the worker")

    def wait_exit(self, timeout=5):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired as e:
            raise Failure(f"{self.name}: still running after {timeout} s") from e

    def stop(self, number=signal.SIGTERM):
        """Stop it as an init would; it must exit with 0 and remove its socket and link."""
        self.process.send_signal(number)
        code = self.wait_exit()
        equal(code, 0, f"{self.name}: exit status after {signal.Signals(number).name} "
                       f"(log: {self.last_log()})")
        check(not os.path.exists(self.socket_path), f"{self.name}: control socket left behind")
        check(self.name not in self.ns.links(), f"{self.name}: link left behind")

    def finish(self):
        """Called by the lab at the end of a test."""
        if not self.process:
            return
        if self.process.poll() is None:
            try:
                self.stop()
            finally:
                self.process.kill()
                self.process.wait()
        for sign in ("AddressSanitizer", "LeakSanitizer", "runtime error:"):
            check(sign not in self.log(), f"{self.name}: {sign} in the log")

    def memory(self, key="VmRSS"):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                total += int(re.search(key + r":\s+(\d+) kB", file.read()).group(1))
        return total

    def has_sanitizers(self):
        with open(variant.real(self.program), "rb") as file:
            return b"__asan_init" in file.read()

    def cpu(self):
        """Seconds of processor time used so far."""
        ticks = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                words = file.read().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    # -- wg(8) and the control socket

    def wg(self, *argv, **options):
        return self.ns.run("wg", *argv, **options)

    def set(self, *argv, **options):
        return self.wg("set", self.name, *argv, **options)

    def show(self, what):
        return self.wg("show", self.name, what).out.strip()

    def setup(self, *peers, port=0, addresses=(), up=True):
        """Own key, port, and peers (each a list of words for wg set), then addresses and up."""
        argv = ["private-key", self.key_file, "listen-port", port]
        for peer in peers:
            argv += ["peer", *peer]
        self.set(*argv)
        mtu = [f"link set {self.name} mtu {variant.NOW.mtu}"] if variant.NOW.mtu else []
        self.ns.ip(*mtu, *(f"addr add {a} dev {self.name}" + (" nodad" if ":" in a else "")
                           for a in addresses), *([f"link set {self.name} up"] if up else []))
        if up:                              # the kernel makes v6 addresses usable a little later
            for address in addresses:
                self.ns.wait_local(address)
        return self

    def down_up(self, pause=0):
        self.ns.ip(f"link set {self.name} down")
        time.sleep(pause)
        self.ns.ip(f"link set {self.name} up")

    def port(self):
        return int(self.show("listen-port"))

    def peer(self, other):
        """One peer as in `wg show dump`."""
        key = other if isinstance(other, str) else other.public
        for line in self.show("dump").splitlines()[1:]:
            word = line.split("\t")
            if word[0] == key:
                return {"psk": word[1], "endpoint": word[2], "allowed": word[3],
                        "handshake": int(word[4]), "rx": int(word[5]), "tx": int(word[6]),
                        "keepalive": word[7]}
        return None

    def endpoint(self, other):
        return self.peer(other)["endpoint"]

    def transfer(self, other):
        peer = self.peer(other)
        return peer["rx"], peer["tx"]

    def handshake_ns(self, other):
        """Time of the last handshake, in nanoseconds; 0: never."""
        answer, here = uapi(self.name, "get=1\n\n"), False
        key = other.public_key.hex()
        sec = nsec = 0
        for line in answer.splitlines():
            name, _, value = line.partition("=")
            if name == "public_key":
                here = value == key
            elif here and name == "last_handshake_time_sec":
                sec = int(value)
            elif here and name == "last_handshake_time_nsec":
                nsec = int(value)
        return sec * 10**9 + nsec

    def uapi(self, request, **options):
        return uapi(self.name, request, **options)

    def status(self):
        """taut's own status records: (interface, {peer: record})."""
        return records(self.uapi("status=1\n\n"))

    def drops(self):
        """All drop counters that are not zero, by reason."""
        return {k[5:]: int(v) for k, v in self.status()[0].items() if k.startswith("drop_")}

    def wait_ping(self, target, timeout, what, wait=0.2):
        """Ping until one is answered; return the seconds it took."""
        start = time.monotonic()
        while not self.ns.ping(target, 1, wait):
            if time.monotonic() - start > timeout:
                raise Failure(f"{what}: {target} silent for {timeout:g} s")
        return time.monotonic() - start


class Pair:
    """Two daemons on one wire, a (10.7.0.1) and b (10.7.0.2), each the other's only peer."""

    mtu = variant.NOW.mtu_or(1420)

    def __init__(self, lab, outer=4, psk=False, rate=None, programs=(None, None), middle=False,
                 keepalive=0, ends=(True, True), start=True, wall=None):
        self.lab = lab
        ns_a, ns_b = lab.namespace("a"), lab.namespace("b")
        if middle:
            self.middle = lab.namespace("m")
            n, m = lab.wire(ns_a, self.middle), lab.wire(ns_b, self.middle)
            for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
                self.middle.sysctl(name, 1)
            ns_a.ip(f"route add default via 192.168.{n}.2", f"route add ::/0 via fd00:{n}::2")
            ns_b.ip(f"route add default via 192.168.{m}.2", f"route add ::/0 via fd00:{m}::2")
            self.outer = {4: (f"192.168.{n}.1", f"192.168.{m}.1"),
                          6: (f"[fd00:{n}::1]", f"[fd00:{m}::1]")}[outer]
            self.dev_a, self.dev_b = f"e{n}", f"e{m}"
        else:
            n = lab.wire(ns_a, ns_b)
            self.outer = {4: (f"192.168.{n}.1", f"192.168.{n}.2"),
                          6: (f"[fd00:{n}::1]", f"[fd00:{n}::2]")}[outer]
            self.dev_a = self.dev_b = f"e{n}"
        self.a = Node(lab, ns_a, rate, programs[0], wall=wall)
        self.b = Node(lab, ns_b, rate, programs[1])
        self.psk = lab.file("psk", noise.b64(os.urandom(32)) + "\n") if psk else None
        if not start:
            return
        self.a.start()
        self.b.start()
        self.configure(ends, keepalive)

    def words(self, of, host, port=None, keepalive=0, psk=True):
        words = [of.public, "allowed-ips", f"10.7.0.{host}/32,fd07::{host}/128"]
        words += ["preshared-key", self.psk] if self.psk and psk else []
        words += ["endpoint", f"{self.outer[host - 1]}:{port}"] if port else []
        return words + (["persistent-keepalive", keepalive] if keepalive else [])

    def configure(self, ends=(True, True), keepalive=0):
        """ends: whether a knows where b is, and b where a is."""
        self.a.setup(self.words(self.b, 2, 2002 if ends[0] else None, keepalive), port=2001,
                     addresses=("10.7.0.1/24", "fd07::1/64"))
        self.b.setup(self.words(self.a, 1, 2001 if ends[1] else None), port=2002,
                     addresses=("10.7.0.2/24", "fd07::2/64"))

    def config(self, which, extra="", rest=""):
        """A config file for taut's own `run`."""
        node, other, host = ((self.a, self.b, 1), (self.b, self.a, 2))[which]
        return (f"[Interface]\nPrivateKey = {noise.b64(node.private)}\nListenPort = 200{host}\n"
                f"Address = 10.7.0.{host}/24, fd07::{host}/64\nMTU = {self.mtu}\n{extra}\n"
                f"[Peer]\nPublicKey = {other.public}\n"
                f"AllowedIPs = 10.7.0.{3 - host}/32, fd07::{3 - host}/128\n"
                f"Endpoint = {self.outer[2 - host]}:200{3 - host}\n{rest}")

    def start_configs(self):
        self.a.start_config(self.config(0))
        self.b.start_config(self.config(1))
        return self

    def __iter__(self):
        return iter((self.a, self.b))

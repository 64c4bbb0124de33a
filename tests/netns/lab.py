# SPDX-License-Identifier: ISC
"""A lab of network namespaces for one test.

A Lab creates namespaces, wires, captures and daemons with its process id in their
names, and removes all of them when it ends, even after a failure or Ctrl-C.
Addresses: a wire between two namespaces is 192.168.N.0/24 and fd00:N::/64.
"""

import contextlib
import ctypes
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import variant
from echo import Echo

CLONE_NEWNET = 0x40000000
SO_TIMESTAMPNS = 35
ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """The program under test did not do what it should."""


class Skip(Exception):
    """This machine lacks what the test needs."""


def check(good, what):
    if not good:
        raise Failure(what)


def equal(got, want, what):
    if got != want:
        raise Failure(f"{what}: got {got!r}, want {want!r}")


def within(got, low, high, what):
    if not low <= got <= high:
        raise Failure(f"{what}: got {got:.3f}, want {low:.3f}..{high:.3f}")


def wait_for(predicate, timeout, what, step=0.01):
    """The first true value of predicate(), or a Failure after timeout seconds."""
    end = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {timeout:g} s")
        time.sleep(step)


def setns(fd):
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


def run(*argv, ok=True, input=None, timeout=30, env=None):
    """Run a program until it exits; ok: it must exit with 0."""
    done = subprocess.run([str(a) for a in argv], input=input, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL if input is None else None,
                          env={**os.environ, **(env or {})}, capture_output=True, check=False)
    if ok and done.returncode:
        text = (done.stderr or done.stdout).strip().replace("\n", " | ")
        raise Failure(f"{' '.join(map(str, argv))}: exit {done.returncode}: {text}")
    return Result(done.returncode, done.stdout, done.stderr)


class Packet:
    """A UDP datagram that was seen on a wire."""

    __slots__ = ("at", "out", "src", "sport", "dst", "dport", "tos", "length", "data")

    def __init__(self, at, out, tos, length, src, dst, udp):
        self.at, self.out, self.tos, self.length, self.src, self.dst = (
            at, out, tos, length, src, dst)
        self.sport, self.dport, size = struct.unpack(">HHH", udp[:6])
        self.data = udp[8:size]

    @property
    def kind(self):
        """WireGuard's message type; 0 if it cannot be one."""
        return self.data[0] if len(self.data) >= 32 else 0

    @staticmethod
    def parse(frame, at, out):
        ether = struct.unpack(">H", frame[12:14])[0]
        ip = frame[14:]
        if ether == 0x0800 and ip[9] == 17 and not (ip[6] & 0x1F or ip[7]):
            return Packet(at, out, ip[1], struct.unpack(">H", ip[2:4])[0],
                          socket.inet_ntoa(ip[12:16]), socket.inet_ntoa(ip[16:20]),
                          ip[(ip[0] & 15) * 4:])
        if ether == 0x86DD and ip[6] == 17:
            return Packet(at, out, (ip[0] << 4 | ip[1] >> 4) & 0xFF,
                          40 + struct.unpack(">H", ip[4:6])[0],
                          socket.inet_ntop(socket.AF_INET6, ip[8:24]),
                          socket.inet_ntop(socket.AF_INET6, ip[24:40]), ip[40:])
        return None


def stamp(anc):
    """When a packet came, by the kernel, from what recvmsg() says beside it."""
    sec, nsec = struct.unpack("ll", anc[0][2][:16])
    return sec + nsec / 1e9


@contextlib.contextmanager
def stamps(ns):
    """The kernel begins to stamp a moment after the first socket asks for it, on a busy machine
    much later; until then a packet gets the time at which it is read."""
    with ns:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.bind(("127.0.0.1", 0))
        sock.connect(sock.getsockname())
        sock.settimeout(5)

        def is_early():
            sock.send(b"")
            sent = time.time()
            time.sleep(0.002)
            return stamp(sock.recvmsg(1, 64)[1]) < sent + 0.001
        wait_for(is_early, 10, "stamps of the kernel")
        yield


class Capture:
    """Every UDP datagram on a device from now on, in order, stamped by the kernel."""

    def __init__(self, ns, dev):
        with stamps(ns), ns:
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self.sock.bind((dev, ETH_P_ALL))
        self.sock.setblocking(False)
        self.seen = []

    def packets(self, kind=None, out=None):
        """All so far; optionally of one message type or one direction only."""
        while True:
            try:
                frame, anc, _, address = self.sock.recvmsg(70000, 64)
            except BlockingIOError:
                break
            packet = Packet.parse(frame, stamp(anc), address[2] == 4)
            if packet:
                self.seen.append(packet)
        return [p for p in self.seen if kind in (None, p.kind) and out in (None, p.out)]

    def forget(self):
        self.packets()
        self.seen = []

    def close(self):
        self.sock.close()


class Namespace:
    """A network namespace; `with ns:` puts this thread into it."""

    def __init__(self, name):
        self.name = name
        run("ip", "netns", "add", name)
        self.fd = os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)
        self.home = []
        for scope in ("all", "default"):    # nobody has our link-local addresses: no waiting
            self.sysctl(f"ipv6/conf/{scope}/accept_dad", 0)
        self.ip("link set lo up")

    def __enter__(self):
        self.home.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        setns(self.fd)
        return self

    def __exit__(self, *_):
        fd = self.home.pop()
        setns(fd)
        os.close(fd)

    def run(self, *argv, **options):
        with self:
            return run(*argv, **options)

    def popen(self, *argv, **options):
        with self:
            return subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, **options)

    def ip(self, *lines, ok=True):
        return run("ip", "-n", self.name, "-batch", "-", input="\n".join(lines) + "\n", ok=ok)

    def add_v6(self, address, dev):
        """Without duplicate detection; returns when the kernel answers for it, a moment later:
        when it has joined the group in which neighbours ask for it, and made the local route."""
        self.ip(f"addr add {address} dev {dev} nodad")
        self.wait_local(address)

    def sysctl(self, key, value=None):
        with self, open("/proc/sys/net/" + key, "w" if value is not None else "r",
                        encoding="ascii") as file:
            return file.write(str(value)) if value is not None else file.read().strip()

    def udp(self, address, port=0):
        """A UDP socket in the namespace, bound to an address."""
        with self:
            sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                                 socket.SOCK_DGRAM)
        sock.bind((address, port))
        sock.settimeout(2)
        return sock

    def is_settled(self, dev):
        """The device has a carrier, and its addresses and routes are usable."""
        text = run("ip", "-n", self.name, "link", "show", dev).out
        return ("state UP" in text and "fe80:" in run("ip", "-n", self.name, "addr", "show",
                                                     dev).out
                and "linkdown" not in run("ip", "-n", self.name, "route", "show", "table", "all",
                                          "dev", dev).out)

    def wait_local(self, address):
        """Wait until packets to this v6 address are accepted."""
        host = address.partition("/")[0]
        if ":" in host:
            wait_for(lambda: f"local {host} " in run("ip", "-n", self.name, "-6", "route", "show",
                                                     "table", "local").out,
                     2, f"{self.name}: {host}")

    def links(self):
        text = run("ip", "-n", self.name, "-o", "link", "show").out
        return re.findall(r"^\d+: ([^:@]+)", text, re.M)

    def pids(self):
        return [int(p) for p in run("ip", "netns", "pids", self.name).out.split()]

    def daemons(self):
        """The same without workers, which come and go with their daemon."""
        found = []
        for pid in self.pids():
            with contextlib.suppress(FileNotFoundError), \
                    open(f"/proc/{pid}/comm", encoding="ascii") as file:
                if file.read().strip() != "taut-worker":
                    found.append(pid)
        return found

    def echo(self, target, **options):
        with self:
            return Echo(target, **options)

    def ping(self, target, count=1, wait=1, size=56, interval=1, **options):
        """The number of answers up to `wait` seconds after the last request."""
        with self.echo(target, **options) as echo:
            return echo.exchange(count, wait, size, interval)

    def must_ping(self, target, count=1, wait=2, what="", **options):
        got = self.ping(target, count, wait, **options)
        if got != count:
            raise Failure(f"{what or 'ping'} {target}: {got} of {count} answered")


class Lab:
    def __init__(self, program, fastclock=None, badwire=None):
        self.program, self.fastclock, self.badwire = program, fastclock, badwire
        self.nodes, self.spaces, self.children, self.closing = [], [], [], []
        self.wires = 0
        self.letters = iter("abcdefghijklmnopqrstuvwxyz")

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix=f"taut-lab-{os.getpid()}-")
        return self

    def __exit__(self, kind, error, trace):
        # A second Ctrl-C or alarm must not interrupt the cleanup.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        problems = []
        for node in reversed(self.nodes):
            try:
                node.finish()
            except (Failure, OSError, subprocess.SubprocessError) as e:
                problems.append(str(e))
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
        for thing in self.closing:
            thing.close()
        for ns in self.spaces:
            with contextlib.suppress(Failure, ProcessLookupError, subprocess.SubprocessError):
                for pid in ns.pids():       # a daemon that wg-quick or a hook left behind
                    os.kill(pid, signal.SIGKILL)
            os.close(ns.fd)
            run("ip", "netns", "del", ns.name, ok=False)
        for node in self.nodes:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(node.socket_path)
        if kind is None or not os.environ.get("KEEP_LAB"):
            shutil.rmtree(self.dir, ignore_errors=True)
        if kind is None and problems:
            raise Failure("; ".join(problems))

    def namespace(self, label):
        ns = Namespace(f"taut{os.getpid()}{label}")
        self.spaces.append(ns)
        return ns

    def name(self):
        """An interface name that nobody else uses: the control sockets share one directory."""
        return f"t{os.getpid()}{next(self.letters)}"

    def wire(self, a, b, dev_a=None, dev_b=None):
        """Connect two namespaces; the number N of the wire. a gets .1, b gets .2."""
        self.wires += 1
        n = self.wires
        dev_a, dev_b = dev_a or f"e{n}", dev_b or f"e{n}"
        run("ip", "link", "add", dev_a, "netns", a.name, "type", "veth",
            "peer", "name", dev_b, "netns", b.name)
        for ns, dev, host in ((a, dev_a, 1), (b, dev_b, 2)):
            ns.ip(f"addr add 192.168.{n}.{host}/24 dev {dev}",
                  f"addr add fd00:{n}::{host}/64 dev {dev} nodad",
                  f"link set {dev} up mtu {variant.NOW.wire or 1500}")
        for ns, dev in ((a, dev_a), (b, dev_b)):
            wait_for(lambda n=ns, d=dev: n.is_settled(d), 5, f"{ns.name}: {dev} up")
        return n

    def capture(self, ns, dev):
        capture = Capture(ns, dev)
        self.closing.append(capture)
        return capture

    def udp(self, ns, address, port=0):
        sock = ns.udp(address, port)
        self.closing.append(sock)
        return sock

    def spawn(self, ns, *argv, **options):
        """A helper program that may outlive the call; stopped with the lab."""
        child = ns.popen(*argv, **options)
        self.children.append(child)
        return child

    def file(self, name, text, mode=0o600):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
        return path

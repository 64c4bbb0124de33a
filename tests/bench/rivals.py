# SPDX-License-Identifier: ISC
"""The daemons that are measured, each brought up between two namespaces in the same way.

A Tunnel has two ends, 0 and 1, on one veth: namespaces, a daemon at each, addresses
inside (10.9.0.1 and .2).  With `segmented`, segmentation is switched off on the veth,
which otherwise carries a run of datagrams in one piece: the kernel then splits and joins
them as it does for a network card.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "netns"))

import noise                                            # noqa: E402
from lab import Failure, Lab, run, wait_for             # noqa: E402
from node import SOCKETS, records, uapi                 # noqa: E402
from variant import AEADS                               # noqa: E402

INNER = ("10.9.0.1", "10.9.0.2")
MTU = 1420
PORT = 51820
RUN_SEGMENTS = 45           # as many datagrams of that MTU as one send takes
FIRST_PING_SECONDS = 45     # some try again only after 20 s
CONGESTION = "ipv4/tcp_congestion_control"
WIRE_FEATURES = ("tso", "off", "tx-udp-segmentation", "off", "gro", "on")


def first_line(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].strip() if lines else "?"


class WireGuard:
    """Any userspace WireGuard that serves `-f IFNAME` and is configured by wg(8)."""

    needs = ("wg",)

    def __init__(self, name, program, options=()):
        self.name, self.program, self.options = name, program, options

    def version(self):
        return first_line(self.program, "--version")

    def prepare(self, tunnel):
        self.private = [noise.private() for _ in INNER]

    def argv(self, tunnel, end):
        return [self.program, *self.options, "-f", tunnel.dev[end]]

    def configure(self, tunnel, end):
        dev, other = tunnel.dev[end], 1 - end
        wait_for(lambda: tunnel.alive(end) and os.path.exists(f"{SOCKETS}/{dev}.sock"), 10,
                 f"{self.name}: control socket")
        key = tunnel.lab.file(f"key{end}", noise.b64(self.private[end]) + "\n")
        peer = noise.b64(noise.public(self.private[other]))
        tunnel.ns[end].run("wg", "set", dev, "private-key", key, "listen-port", PORT,
                           "peer", peer, "allowed-ips", f"{INNER[other]}/32",
                           "endpoint", f"{tunnel.outer[other]}:{PORT}")
        tunnel.ns[end].ip(f"addr add {INNER[end]}/24 dev {dev}", f"link set {dev} up mtu {MTU}")


class OpenVpn:
    """Debian's OpenVPN without kernel offload: TLS by fingerprint, AES-256-GCM, default options."""

    needs = ("openvpn", "openssl")
    name = program = "openvpn"

    def version(self):
        return " ".join(first_line("openvpn", "--version").split()[:2]) + ", AES-256-GCM"

    def prepare(self, tunnel):
        self.mark = []
        for end in (0, 1):
            key, cert = (os.path.join(tunnel.lab.dir, f"{end}.{kind}") for kind in ("key", "crt"))
            run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", 2, "-subj", f"/CN=end{end}",
                "-keyout", key, "-out", cert)
            text = run("openssl", "x509", "-in", cert, "-noout", "-fingerprint", "-sha256").out
            self.mark.append(text.strip().partition("=")[2])

    def argv(self, tunnel, end):
        role = ["--tls-server", "--dh", "none"] if end else ["--tls-client"]
        path = os.path.join(tunnel.lab.dir, str(end))
        return ["openvpn", "--verb", "1", "--mode", "p2p", *role, "--peer-fingerprint",
                self.mark[1 - end], "--cert", path + ".crt", "--key", path + ".key",
                "--data-ciphers", "AES-256-GCM", "--disable-dco", "--proto", "udp",
                "--local", tunnel.outer[end], "--port", str(PORT),
                "--remote", tunnel.outer[1 - end], str(PORT),
                "--dev", tunnel.dev[end], "--dev-type", "tun", "--tun-mtu", str(MTU),
                "--topology", "p2p", "--ifconfig", INNER[end], INNER[1 - end]]

    def configure(self, tunnel, end):
        wait_for(lambda: tunnel.alive(end) and INNER[end] in tunnel.ns[end].ip("addr show").out,
                 15, "openvpn: address")


class Fastd:
    """Debian's fastd with the method that its manual recommends for speed."""

    needs = ("fastd",)
    name = program = "fastd"
    method = "salsa2012+umac"

    def version(self):
        return f"{first_line('fastd', '--version')}, {self.method}"

    def prepare(self, tunnel):
        self.keys = []
        for _ in INNER:
            text = run("fastd", "--generate-key").out
            self.keys.append([re.search(word + r": (\w+)", text).group(1)
                              for word in ("Secret", "Public")])

    def argv(self, tunnel, end):
        other = 1 - end
        path = tunnel.lab.file(f"fastd{end}.conf", f"""
log level warn;
mode tun;
interface "{tunnel.dev[end]}";
method "{self.method}";
bind {tunnel.outer[end]}:{PORT};
mtu {MTU};
secret "{self.keys[end][0]}";
peer "other" {{
    remote {tunnel.outer[other]}:{PORT};
    key "{self.keys[other][1]}";
}}
""")
        return ["fastd", "--config", path]

    def configure(self, tunnel, end):
        dev = tunnel.dev[end]
        wait_for(lambda: tunnel.alive(end) and dev in tunnel.ns[end].links(), 10, "fastd: device")
        tunnel.ns[end].ip(f"addr add {INNER[end]}/24 dev {dev}", f"link set {dev} up")


class Floor:
    """bench_floor: no tunnel at all, or nothing but the cipher. It carries TCP only."""

    needs = ()

    def __init__(self, name, program, options=()):
        self.name, self.program, self.options = name, program, options

    def version(self):
        return "the least that any daemon must do" + (" with a cipher" if self.options else "")

    def prepare(self, tunnel):
        pass

    def argv(self, tunnel, end):
        return [self.program, tunnel.dev[end], tunnel.outer[1 - end], str(PORT), *self.options]

    def configure(self, tunnel, end):
        dev = tunnel.dev[end]
        wait_for(lambda: tunnel.alive(end) and dev in tunnel.ns[end].links(), 10, "floor: device")
        tunnel.ns[end].ip(f"link set {dev} gso_max_segs {RUN_SEGMENTS}",
                          f"addr add {INNER[end]}/24 dev {dev}", f"link set {dev} up mtu {MTU}")


class Tunnel:
    def __init__(self, lab, rival, segmented, congestion):
        self.lab, self.rival = lab, rival
        self.ns = [lab.namespace(label) for label in "ab"]
        number = lab.wire(*self.ns)
        self.outer = [f"192.168.{number}.{host}" for host in (1, 2)]
        self.dev = [lab.name(), lab.name()]
        self.daemons = []
        if segmented:
            for ns in self.ns:
                ns.run("ethtool", "-K", f"e{number}", *WIRE_FEATURES)
        if congestion:
            for ns in self.ns:
                ns.sysctl(CONGESTION, congestion)

    def alive(self, end):
        if self.daemons[end].poll() is not None:
            raise Failure(f"{self.rival.name}: {self.last_words(end)}")
        return True

    def last_words(self, end):
        with open(self.log_path(end), encoding="utf-8", errors="replace") as file:
            return " | ".join(file.read().strip().splitlines()[-3:]) or "ended"

    def log_path(self, end):
        return os.path.join(self.lab.dir, f"log{end}")

    def start(self):
        self.rival.prepare(self)
        clean = {k: v for k, v in os.environ.items() if "LOG_LEVEL" not in k}
        for end in (0, 1):      # one after the other: the second finds the first running
            with open(self.log_path(end), "wb") as log:
                self.daemons.append(self.ns[end].popen(*self.rival.argv(self, end), stdout=log,
                                                       stderr=log, env=clean))
            self.rival.configure(self, end)
        wait_for(lambda: self.ns[0].ping(INNER[1], 1, 1), FIRST_PING_SECONDS,
                 f"{self.rival.name}: first ping", 0.1)

    def stop(self):
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(5)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for dev in self.dev:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{SOCKETS}/{dev}.sock")

    # -- resource usage

    def pids(self, end):
        """The processes of one daemon: some have more than one, and the first may be idle."""
        found = [self.daemons[end].pid]
        for pid in found:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
        return found

    def cpu_of(self, end):
        """Processor seconds of one daemon so far, children that have ended included."""
        ticks = 0
        for pid in self.pids(end):
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                words = file.read().rpartition(")")[2].split()
            ticks += sum(int(word) for word in words[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")

    def cpu(self):
        return self.cpu_of(0) + self.cpu_of(1)

    def memory(self, end, key="VmRSS"):
        """MiB, of all its processes; pages that they share count for each."""
        total = 0
        for pid in self.pids(end):
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                total += int(re.search(key + r":\s+(\d+) kB", file.read()).group(1))
        return total / 1024

    def peak(self):
        return max(self.memory(end, "VmHWM") for end in (0, 1))

    def status(self, end):
        """taut's own record of the interface; empty for other daemons."""
        try:
            return records(uapi(self.dev[end], "status=1\n\n"))[0]
        except (OSError, IndexError):
            return {}

    # -- loads

    def serve(self, port=5201):
        """An iperf3 server at end 1."""
        self.lab.spawn(self.ns[1], "iperf3", "-s", "-p", port, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

        def listens():
            with self.ns[1]:
                text = ""
                for name in ("tcp", "tcp6"):
                    with contextlib.suppress(FileNotFoundError):
                        with open(f"/proc/thread-self/net/{name}", encoding="ascii") as file:
                            text += file.read()
            return re.search(rf":{port:04X} \S+ 0A ", text)
        wait_for(listens, 5, "iperf3 -s")


@contextlib.contextmanager
def tunnel(rival, segmented=False, congestion=None):
    """A Tunnel that carries packets; removed completely afterwards."""
    handlers = {number: signal.getsignal(number)
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)}
    try:
        with Lab(None) as lab:
            it = Tunnel(lab, rival, segmented, congestion)
            try:
                it.start()
                yield it
            finally:
                it.stop()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def hindrance(rival):
    """Why it cannot be measured here, in words; None if it can."""
    for name in (rival.program, *rival.needs):
        if not shutil.which(name):
            return f"no {name}"
    return None


def lab_hindrance(segmented):
    if os.geteuid():
        return "not root"
    for name in ("ip", "ping", "iperf3", *(["ethtool"] if segmented else [])):
        if not shutil.which(name):
            return f"no {name}"
    if not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    return None


def chosen_aead(taut):
    """The AEAD that taut chooses on this machine."""
    with tunnel(taut) as it:
        return it.status(0).get("aead", "?")


def candidates(taut, peer):
    """All rivals: taut with the AEAD it chooses, with each other AEAD, and the other daemons."""
    plain = WireGuard("taut", taut)
    found = [plain]
    if taut and not hindrance(plain):
        chosen = chosen_aead(plain)
        found += [WireGuard(f"taut-{name}", taut, [f"--aead={name}"]) for name in AEADS
                  if name != chosen]
    return found + [WireGuard("wireguard-go", peer), OpenVpn(), Fastd()]


def floors(program):
    """The rivals that measure the cost without a daemon; none without the program."""
    if not program:
        return []
    return [Floor("floor", program), Floor("floor+cipher", program, ["cipher"])]


def about(congestion=None):
    """The machine, for later readers of the figures; TCP's control, if not the default."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    with open(f"/proc/sys/net/{CONGESTION}", encoding="ascii") as file:
        congestion = congestion or file.read().strip()
    return {"date": time.strftime("%Y-%m-%d", time.gmtime()), "kernel": os.uname().release,
            "congestion": congestion, "machine": os.uname().machine,
            "cpu": model.group(1) if model else "?", "cores": os.cpu_count()}


def end_on_term():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

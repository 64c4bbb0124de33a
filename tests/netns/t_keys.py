# SPDX-License-Identifier: ISC
"""Every key of a file, by a start and by a reload: the same result, and back again."""

import difflib
import os
import pathlib
import re
import time

import noise
import variant
from lab import Failure, Skip, check, equal, wait_for
from node import Node
from runner import test

TOP = pathlib.Path(os.environ.get("srcdir") or pathlib.Path(__file__).resolve().parents[2])
# Where the keys are defined, and how: a key and its section, [Interface] if that is empty.
TABLES = (("src/conf/directives.c", r'^\t\{ "(\w+)", SECTION_(\w+)'),
          ("src/conf/tune.c", r'^\t\[TUNE_\w+\] = \{ "(\w+)", ()'))

PRIVATE, OTHER_PRIVATE, PSK = (noise.b64(noise.private()) for _ in range(3))
PUBLIC, OTHER_PUBLIC = (noise.b64(noise.public(noise.private())) for _ in range(2))

# The file; each key is added to it, or replaces what it has.
BASE = {
    "INTERFACE": {"PrivateKey": PRIVATE, "ListenPort": "2001", "Aead": "sodium",
                  "Address": "10.7.0.1/24, fd07::1/64"},
    "PEER": {"PublicKey": PUBLIC, "Endpoint": "192.168.9.2:2002",
             "AllowedIPs": "10.7.0.2/32, fd07::2/128, 172.20.0.0/16, fd20::/64"},
}
DEFAULT_ROUTE = {"AllowedIPs": "0.0.0.0/0, ::/0"}

# What a reload does with the value of a key.
NOW = "it takes effect at once"
LATER = "it takes effect at the next start, and the reload says so"
AT_END = "it takes effect when the tunnel is taken down"
NEVER = "it is ignored, and that is said"


class Case:
    """A value of a key. also: other keys that the file has then (None: has not)."""

    def __init__(self, value, when=NOW, also=None):
        self.value, self.when, self.also = value, when, also or {}


def later(value):
    return [Case(value, LATER)]


CASES = {
    "PrivateKey": [Case(OTHER_PRIVATE)],
    "PrivateKeyFile": [Case("other.key", also={"PrivateKey": None})],
    "ListenPort": [Case("2101")],
    "FwMark": [Case("0x99"), Case("0x99", also=DEFAULT_ROUTE)],
    "Address": [Case("10.7.0.1/24, 10.17.0.1/24, fd17::1/64"), Case("10.7.0.3/24")],
    "DNS": [Case("10.7.0.2, fd07::2, example.org")],
    "MTU": [Case("1300")],
    "Table": [Case("off"), Case("1234"), Case("1234", also=DEFAULT_ROUTE)],
    "PreUp": later("echo PreUp >>{marks}"),
    "PostUp": later("echo PostUp >>{marks}"),
    "PreDown": [Case("echo PreDown >>{marks}", AT_END)],
    "PostDown": [Case("echo PostDown >>{marks}", AT_END)],
    "Aead": later("{aead}"),
    "SaveConfig": [Case("true", NEVER)],
    "PublicKey": [Case(OTHER_PUBLIC)],
    "Name": [Case("the other one")],
    "PresharedKey": [Case(PSK)],
    "PresharedKeyFile": [Case("other.key")],
    "Endpoint": [Case("192.168.9.3:2003"), Case("[fd00:9::2]:2002"), Case("localhost:2004")],
    "AllowedIPs": [Case("10.7.0.2/32, 172.21.0.0/16, fd21::/64"), Case("0.0.0.0/0, ::/0")],
    "PersistentKeepalive": [Case("25")],
    "TunVnet": later("off"),
    "TunTso": later("off"),
    "TunUso": later("off"),
    "TunTcpGro": later("off"),
    "TunUdpGro": later("off"),
    "UdpGso": later("off"),
    "UdpGro": later("off"),
    "UdpRcvbuf": later("100K"),
    "UdpSndbuf": later("300K"),
    "TunQueueLen": later("77"),
    "TunGsoSegs": later("11"),
    "BatchBytes": later("64K"),
}

# The outside: one wire, whose other end answers nothing.
OUTSIDE = ("link add out address 02:00:00:00:00:01 type veth peer name far",
           "addr add 192.168.9.1/24 dev out", "addr add fd00:9::1/64 dev out nodad",
           "link set out up", "link set far up",
           "neigh add 192.168.9.2 lladdr 02:00:00:00:00:02 dev out nud permanent",
           "route add default via 192.168.9.2",
           "neigh add fd00:9::2 lladdr 02:00:00:00:00:02 dev out nud permanent",
           "route add ::/0 via fd00:9::2")
# Keeps what it was told last about an interface.
RESOLVECTL = """#!/bin/sh
case $1 in
revert) rm -f {dir}/$2.dns ;;
*) echo "$@" >>{dir}/$2.dns ;;
esac
"""
# The daemon's own mount namespace, with that program in it.
WRAPPER = """#!/bin/sh
exec unshare -m sh -c 'mount --bind {dir}/sbin /usr/sbin && exec "$0" "$@"' {program} "$@"
"""
STATE = """
ip -d addr show dev {name}
for family in -4 -6; do ip $family rule; ip $family route show table all; done
ss -Hnuaem 2>/dev/null
cat {dir}/{name}.dns {dir}/{name}.marks 2>/dev/null; true
"""
# Whatever else is a number in a status record counts or measures something.
NUMBERS = "listen_port|mtu|tun_gso_segs|batch_bytes|peers|keepalive|allowed_ips"


def keys_of_the_program():
    """{key: its section}, from the tables of the source."""
    found = {}
    for path, pattern in TABLES:
        some = re.findall(pattern, (TOP / path).read_text(encoding="utf-8"), re.M)
        check(len(some) > 5, f"no keys in {path}")
        found |= {key: section or "INTERFACE" for key, section in some}
    return found


def settings(text, name):
    """A state without what differs from one second, or one process, to the next."""
    for pattern, new in (
            (name, "NAME"), (r"^\d+: (?=NAME)", ""),
            (r"(unreachable default .*metric) \d+", r"\1 OF NAME"),
            (r"^(last_handshake_time_\w+|[rt]x_bytes)=.*\n", ""),
            (rf" (?!(?:{NUMBERS})=)\w+=\d[\d./]*(?=[ \n])", ""),
            (r" state=\w+ reason=.*?\"(?= )", ""),
            (r" (ino|sk|cgroup|uid):\S+", ""), (r"skmem:\(.*(rb\d+).*(tb\d+).*\)", r"\1 \2")):
        text = re.sub(pattern, new, text, flags=re.M)
    return text


def other_aead(program):
    for name in variant.AEADS:
        if name != BASE["INTERFACE"]["Aead"] and variant.has_aead(program, name):
            return name
    raise Skip("no second AEAD is built in")


class Tunnel(Node):
    """A daemon in a namespace of its own, which looks like that of any other."""

    def __init__(self, lab, label, sections):
        ns = lab.namespace(label)
        ns.sysctl("ipv6/conf/default/addr_gen_mode", 1)     # no address at random
        ns.ip(*OUTSIDE)
        super().__init__(lab, ns, program=lab.file("wrapped", WRAPPER.format(
            dir=lab.dir, program=variant.real(lab.program)), 0o700))
        self.sections = sections
        self.aead = other_aead(variant.real(lab.program))

    def text(self, key=None, case=None):
        """The base, with that case of a key."""
        given = {**case.also, key: case.value} if case else {}
        text = ""
        for section, lines in BASE.items():
            lines = {**lines, **{k: v for k, v in given.items() if self.sections[k] == section}}
            text += f"[{section.title()}]\n" + "".join(
                f"{k} = {v}\n" for k, v in lines.items() if v is not None)
        return text.replace("{marks}", self.path("marks")).replace("{aead}", self.aead)

    def path(self, kind):
        return os.path.join(self.lab.dir, f"{self.name}.{kind}")

    def begin(self, *what):
        self.forget_marks()
        size = len(self.log()) if self.process else 0
        self.start_config(self.text(*what))
        wait_for(lambda: self.answers() and ": ready" in self.log()[size:], 10,
                 f"{self.name}: ready")

    def reload(self, *what):
        """What it says."""
        self.lab.file(f"{self.name}.conf", self.text(*what))
        return self.ns.run(variant.real(self.lab.program), "reload", self.name).out

    def state(self):
        host = self.ns.run("sh", "-c", STATE.format(name=self.name, dir=self.lab.dir)).out
        return settings(host + self.uapi("get=1\n\n") + self.uapi("status=1\n\n"), self.name)

    def marks(self):
        """What the hooks have written."""
        if not os.path.exists(self.path("marks")):
            return ""
        with open(self.path("marks"), encoding="ascii") as file:
            return file.read()

    def forget_marks(self):
        if os.path.exists(self.path("marks")):
            os.unlink(self.path("marks"))


def same(got, want, what, timeout=3):
    """Two states, soon: the MTU follows the network after up to a second."""
    end = time.monotonic() + timeout
    while (one := got()) != (other := want()):
        if time.monotonic() > end:
            lines = difflib.unified_diff(other.split("\n"), one.split("\n"), n=0, lineterm="")
            raise Failure(f"{what}: {' | '.join(list(lines)[2:])}")
        time.sleep(0.05)


def try_case(tunnel, fresh, base, key, case):
    """One case by a reload of the first and by a start of the second; both had the base."""
    what = f"{key} = {case.value}" + "".join(f", {k} = {v}" for k, v in case.also.items())
    fresh.begin(key, case)
    said = tunnel.reload(key, case)
    if case.when == NOW:
        same(tunnel.state, fresh.state, f"{what}: start - and reload +")
        check(fresh.state() != base, f"{what}: no effect")
        check("changed" in said or "added" in said, f"{what}: reload said {said!r}")
    else:
        same(tunnel.state, lambda: base, f"{what}: effect of a reload")
        equal(fresh.state() != base, case.when == LATER, f"{what}: effect of a start")
        words = {LATER: "takes effect at the next start", AT_END: f"{key} changed",
                 NEVER: f"{key} is ignored"}[case.when]
        check(key in said and words in said, f"{what}: reload said {said!r}")
    tunnel.reload()
    same(tunnel.state, lambda: base, f"{what}: base - and the way back to it +")
    fresh.forget_marks()
    fresh.stop()
    if case.when == AT_END:
        equal(fresh.marks(), f"{key}\n", f"{what}: at the end")
        fresh.begin()
        fresh.reload(key, case)
        fresh.stop()
        equal(fresh.marks(), f"{key}\n", f"{what}: at the end, after a reload")


@test(timeout=120, slow=6, needs=["taut", "ss", "unshare"])
def every_key_is_reloaded_as_it_is_started(lab):
    """
    For each key of the tables: a file that has it gives the same tunnel and the same host by a
    start and by a reload, another one than without it; without it all is as before.
    """
    sections = keys_of_the_program()
    equal(sorted(set(CASES) ^ set(sections)), [], "keys without example, or the other way round")
    lab.file("other.key", OTHER_PRIVATE + "\n")
    os.mkdir(os.path.join(lab.dir, "sbin"))
    lab.file("sbin/resolvectl", RESOLVECTL.format(dir=lab.dir), 0o700)
    tunnel, fresh = (Tunnel(lab, label, sections) for label in "ab")
    tunnel.begin()
    base = tunnel.state()
    equal(tunnel.reload(), "nothing to change\n", "reload of the same file")
    for key, cases in CASES.items():
        for case in cases:
            try_case(tunnel, fresh, base, key, case)

# SPDX-License-Identifier: ISC
"""The built unit, users and folders under a real systemd."""

import base64
import json
import os
import re
import sys
import time

import noise
import stamps
from box import TOP, Box
from lab import Skip, check, equal, wait_for
from node import Pair
from runner import test
from t_unit import config_with_key_file, unit_path


class BoxPair(Pair):
    """The usual pair, but a will run in a box."""

    def __init__(self, lab):
        super().__init__(lab, start=False)
        self.unit = f"taut@{self.a.name}.service"

    def box(self, config=None, key=True, drop_ins=None):
        files = {f"{self.a.name}.conf": config or config_with_key_file(self, 0)}
        if key:
            files[f"{self.a.name}.key"] = noise.b64(self.a.private) + "\n"
        return Box(self.lab, self.a.ns, unit_path(), files,
                   {f"{self.unit}.d/{name}": text for name, text in (drop_ins or {}).items()})


def process_status(box, unit):
    text = box.run("cat", f"/proc/{box.show(unit, 'MainPID')}/status").out
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


@test(needs=["taut"], slow=6, timeout=90)
def systemd_starts_and_stops_a_tunnel(lab):
    """The built unit, unchanged: user, privileges, key, state in words, reload, clean exit."""
    pair = BoxPair(lab)
    box, unit = pair.box(), pair.unit
    before = pair.a.ns.links()
    box.systemctl("start", unit)
    equal(box.show(unit, "ActiveState"), "active", "state")
    check(pair.a.name in pair.a.ns.links(), "READY, but no device")
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping("10.7.0.2", 10, "tunnel")
    wait_for(lambda: box.show(unit, "StatusText") == "up: session works", 7, "StatusText")
    status = process_status(box, unit)
    equal(box.run("getent", "passwd", status["Uid"].split()[0]).out.split(":")[0],
          f"taut-{pair.a.name}", "user")
    equal(box.run("getent", "group", status["Gid"].split()[0]).out.split(":")[0], "taut", "group")
    equal(set(status["Groups"].split()) - {status["Gid"].split()[0]}, set(), "other groups")
    equal({status[k] for k in ("CapEff", "CapBnd", "CapAmb")}, {f"{1 << 12:016x}"}, "capabilities")
    equal((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), "NoNewPrivs, Seccomp")
    equal(box.run("stat", "-c", "%A %U %G", "/etc/taut", "/run/wireguard").out.splitlines(),
          ["drwxr-x--- root taut", "drwxrwxr-t root taut"], "folders")
    equal(box.run("stat", "-c", "%A %G", f"/run/wireguard/{pair.a.name}.sock").out.strip(),
          "srw-rw---- taut", "control socket")
    journal = box.journal(unit)
    check("other than its owner" not in journal, f"a warning about rights: {journal}")
    check(noise.b64(pair.a.private) not in journal, "private key in the journal")
    box.run("sed", "-i", "s/2001/2011/", f"/etc/taut/{pair.a.name}.conf")
    box.systemctl("reload", unit)
    wait_for(lambda: "UDP port changed from 2001 to 2011" in box.journal(unit), 5, "reload")
    box.wait_show(unit, "SubState", "running")
    box.systemctl("stop", unit)
    equal((box.show(unit, "ActiveState"), box.show(unit, "Result")), ("inactive", "success"), "end")
    equal(pair.a.ns.links(), before, "links afterwards")
    equal(box.run("ls", "/run/wireguard").out, "", "control sockets afterwards")


@test(needs=["taut"], slow=6, timeout=90)
def systemd_sandbox_lets_a_default_route_pass(lab):
    """/proc/sys is read-only in there, except what a tunnel must set."""
    pair = BoxPair(lab)
    config = config_with_key_file(pair, 0).replace("10.7.0.2/32, fd07::2/128", "0.0.0.0/0, ::/0")
    pair.a.ns.sysctl("ipv4/conf/all/src_valid_mark", 0)
    pair.a.ns.ip("route add default via 192.168.1.2", "route add ::/0 via fd00:1::2")
    pair.b.start_config(pair.config(1))
    pair.b.ns.ip("addr add 172.20.0.1/32 dev lo")
    box = pair.box(config)
    box.systemctl("start", pair.unit)
    pair.a.wait_ping("172.20.0.1", 10, "a far address")
    equal(pair.a.ns.sysctl("ipv4/conf/all/src_valid_mark"), "1", "src_valid_mark")
    equal(pair.a.ns.sysctl(f"ipv4/conf/{pair.a.name}/promote_secondaries"), "1",
          "promote_secondaries")
    target = box.show(pair.unit, "MainPID")
    mounts = [line.split() for line in box.run("cat", f"/proc/{target}/mountinfo").out.splitlines()]
    rights = {words[4]: words[5].split(",")[0] for words in mounts}
    equal([rights.get(path) for path in ("/", "/proc/sys", "/proc/sys/net", "/run/wireguard")],
          ["ro", "ro", "rw", "rw"], "what may be written to in there")
    box.systemctl("stop", pair.unit)


@test(needs=["taut"], slow=8, timeout=90)
def systemd_restarts_what_is_stuck_or_killed(lab):
    """SIGSTOP: no pings, so the watchdog kills it; SIGKILL: restarted; the tunnel recovers."""
    pair = BoxPair(lab)
    box, unit = pair.box(drop_ins={"quick.conf": "[Service]\nWatchdogSec=1\nRestartSec=100ms\n"}), \
        pair.unit
    pair.b.start_config(pair.config(1))
    box.systemctl("start", unit)
    pair.a.wait_ping("10.7.0.2", 10, "tunnel")
    time.sleep(2.5)
    equal(box.show(unit, "NRestarts"), "0", "restarts while all is well")
    box.systemctl("kill", "--kill-whom=main", "--signal=STOP", unit)
    box.wait_show(unit, "NRestarts", "1")
    check("Watchdog timeout" in box.journal(unit), f"the journal: {box.journal(unit)}")
    box.wait_show(unit, "ActiveState", "active")
    box.systemctl("kill", "--kill-whom=main", "--signal=KILL", unit)
    box.wait_show(unit, "NRestarts", "2")
    box.wait_show(unit, "ActiveState", "active")
    pair.a.wait_ping("10.7.0.2", 20, "tunnel after the restarts")
    box.systemctl("stop", unit)


FAR = """
import socket, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try:
        sock.sendto(b"secret", ("198.51.100.7", 9))
    except OSError:
        pass
    time.sleep(0.002)
"""


@test(needs=["taut", "nft"], slow=8, timeout=90)
def systemd_restarts_a_full_tunnel_on_a_closed_host(lab):
    """CAP_NET_ADMIN suffices for what closes and guards it; nothing in clear until it stops."""
    pair = BoxPair(lab)
    config = config_with_key_file(pair, 0).replace("10.7.0.2/32, fd07::2/128", "0.0.0.0/0, ::/0")
    box, unit = pair.box(config), pair.unit
    pair.a.ns.ip(f"route add default via 192.168.1.2 dev {pair.dev_a}")
    pair.b.start_config(pair.config(1))
    box.systemctl("start", unit)
    pair.a.wait_ping("10.7.0.2", 10, "tunnel")
    equal(box.show(unit, "OOMPolicy"), "continue", "what becomes of it if its worker is killed")
    check(f"taut-{pair.a.name}" in pair.a.ns.run("nft", "list", "tables").out, "no table")
    wire = lab.capture(pair.a.ns, pair.dev_a)
    lab.spawn(pair.a.ns, sys.executable, "-c", FAR)

    def clear():
        return len([packet for packet in wire.packets() if packet.dst == "198.51.100.7"])

    wait_for(lambda: len(wire.packets(4)) > 20, 5, "packets through the tunnel")
    for turn in range(2):
        box.systemctl("kill", "--kill-whom=all", "--signal=KILL", unit)
        box.wait_show(unit, "NRestarts", str(turn + 1))
        box.wait_show(unit, "ActiveState", "active")
        pair.a.wait_ping("10.7.0.2", 10, "tunnel after a restart")
        equal(clear(), 0, "packets in clear")
    box.systemctl("stop", unit)
    wait_for(clear, 3, "packets in clear, now that there is no tunnel")
    check("proto 117" not in pair.a.ns.run("ip", "route", "show", "table", "all").out, "a route")


@test(needs=["taut"], slow=6, timeout=90)
def systemd_keeps_stamps_over_a_restart(lab):
    """In a folder of the unit's user; also what a clock that was ahead by an hour has left."""
    pair = BoxPair(lab)
    box, unit, name = pair.box(), pair.unit, pair.a.name
    path, user = f"/var/lib/taut/{name}/{name}.stamp", f"taut-{name}"

    def held():
        text = box.run("base64", path, ok=False).out
        return text and stamps.read(base64.b64decode(text))[pair.b.public_key]

    pair.b.start_config(pair.config(1))
    box.systemctl("start", unit)
    pair.a.wait_ping("10.7.0.2", 10, "tunnel")
    wait_for(held, 3, path)
    equal(box.run("stat", "-L", "-c", "%a %U", os.path.dirname(path), path).out.splitlines(),
          [f"700 {user}", f"600 {user}"], "folder and file")
    box.systemctl("stop", unit)
    ahead = held() + 3600
    text = base64.b64encode(stamps.write({pair.b.public_key: ahead})).decode()
    box.run("sh", "-ec", 'echo "$1" | base64 -d >"$2"', "sh", text, path)
    for _ in range(2):
        box.systemctl("start", unit)
        pair.a.wait_ping("10.7.0.2", 3, "tunnel after the restart")
        equal(held(), ahead + 2, "the stamp in the file")
        box.systemctl("stop", unit)
        ahead = held()
    equal(pair.b.drops().get("timestamp"), None, "handshakes refused")
    check(".stamp: cannot" not in box.journal(unit), f"the journal: {box.journal(unit)}")


@test(needs=["taut"], slow=5, timeout=90)
def systemd_keeps_the_name_servers_of_a_killed_tunnel(lab):
    """Those from before its DNS: kept for the start after that, gone with a stop."""
    pair = BoxPair(lab)
    config = config_with_key_file(pair, 0).replace("[Peer]", "DNS = 10.7.0.9\n[Peer]", 1)
    box = pair.box(config, drop_ins={"quick.conf": "[Service]\nRestartSec=100ms\n"})
    state = f"/run/taut/{pair.a.name}"
    box.run("sh", "-c", "umask 022; echo nameserver 192.0.2.53 >/etc/resolv.conf")
    box.systemctl("start", pair.unit)
    equal(box.run("cat", f"{state}/nameservers").out, "nameserver 192.0.2.53\n", "remembered")
    equal(box.run("stat", "-L", "-c", "%A %U", state).out.strip(),
          f"drwxr-xr-x taut-{pair.a.name}", "folder")
    box.run("sh", "-c", "echo nameserver 10.7.0.9 >/etc/resolv.conf")
    box.systemctl("kill", "--kill-whom=main", "--signal=KILL", pair.unit)
    box.wait_show(pair.unit, "NRestarts", "1")
    box.wait_show(pair.unit, "ActiveState", "active")
    equal(box.run("cat", f"{state}/nameservers").out, "nameserver 192.0.2.53\n", "after that")
    box.systemctl("stop", pair.unit)
    check(box.run("test", "-e", f"{state}/nameservers", ok=False).code, "it is still there after the stop")


@test(needs=["taut"], slow=5, timeout=90)
def systemd_leaves_a_bad_file_alone(lab):
    """Exit status 78: failed, and not restarted; also without the key file."""
    pair = BoxPair(lab)
    box, unit = pair.box(key=False), pair.unit
    check(box.systemctl("start", unit, ok=False).code != 0, "a start without a key")
    time.sleep(2.5)     # longer than RestartSec
    equal([box.show(unit, key) for key in ("ActiveState", "ExecMainStatus", "NRestarts")],
          ["failed", "78", "0"], "state")
    check(f"/etc/taut/{pair.a.name}.key: cannot open it: No such file" in box.journal(unit),
          f"the journal: {box.journal(unit)}")


@test(needs=["taut"], slow=5, timeout=90)
def systemd_runs_hooks_with_the_rights_they_were_given(lab):
    """By default as a user of its own with one capability; with the drop-in root.conf as root."""
    with open(os.path.join(TOP, "systemd/examples/root.conf"), encoding="utf-8") as file:
        root = file.read()
    pair = BoxPair(lab)
    hook = ("PostUp = rm -f /run/wireguard/who; id -nu > /run/wireguard/who; "
            "ip route add 172.21.0.0/16 dev %i; echo x > /var/tmp/x || true\n")
    box, unit = pair.box(pair.config(0, hook)), pair.unit

    def who():
        box.systemctl("start", unit)
        route = "172.21.0.0/16" in pair.a.ns.run("ip", "route").out
        user = box.run("cat", "/run/wireguard/who").out.strip()
        box.systemctl("stop", unit)
        return user, route
    equal(who(), (f"taut-{pair.a.name}", True), "user of the hook, its route")
    box.put(f"/etc/systemd/system/{unit}.d/root.conf", root)
    box.systemctl("daemon-reload")
    equal(who(), ("root", True), "with root.conf")
    box.run("sh", "-c", f"rm -r /etc/systemd/system/{unit}.d")


@test(needs=["taut"], slow=4, timeout=90)
def systemd_enables_nothing_by_itself(lab):
    """The preset; `enable`; and stopping the target stops all tunnels."""
    pair = BoxPair(lab)
    box, unit = pair.box(), pair.unit
    box.systemctl("preset", unit)
    equal(box.systemctl("is-enabled", unit, ok=False).out.strip(), "disabled", "after preset")
    box.systemctl("enable", "--now", unit)
    equal(box.systemctl("is-enabled", unit).out.strip(), "enabled", "after enable")
    equal(box.show(unit, "ActiveState"), "active", "state")
    box.systemctl("start", "taut.target")
    box.systemctl("stop", "taut.target")
    box.wait_show(unit, "ActiveState", "inactive")


@test(needs=["taut"], slow=4, timeout=90)
def systemd_gives_a_low_port_by_drop_in(lab):
    """Refused by default, available with low-port.conf."""
    with open(os.path.join(TOP, "systemd/examples/low-port.conf"), encoding="utf-8") as file:
        drop_in = file.read()
    pair = BoxPair(lab)
    box = pair.box(config_with_key_file(pair, 0).replace("2001", "201"))
    check(box.systemctl("start", pair.unit, ok=False).code != 0, "port 201 without the right")
    check("CAP_NET_BIND_SERVICE" in box.journal(pair.unit), "what to do is not in the journal")
    box.put(f"/etc/systemd/system/{pair.unit}.d/low-port.conf", drop_in)
    box.systemctl("daemon-reload")
    box.systemctl("restart", pair.unit)
    check(re.search(r":201\s", pair.a.ns.run("ss", "-uln").out), "port 201")
    box.systemctl("stop", pair.unit)


NETWORKD = "/usr/lib/systemd/systemd-networkd"
# As an administrator may have it: every tunnel device gets this.
GREEDY = ("[Match]\nKind=tun\n[Network]\nAddress=172.30.0.1/24\n"
          "ConfigureWithoutCarrier=yes\n")


def prepare_networkd(box):
    box.run("mount", "-o", "remount,ro", "/sys")   # as in a container: no udev to wait for
    box.run("systemd-sysusers", "/usr/lib/sysusers.d/systemd-network.conf")


def start_networkd(box):
    box.run("systemd-run", "--quiet", "--unit=networkd", "--property=RuntimeDirectory=systemd/netif",
            "--property=User=systemd-network", "--property=AmbientCapabilities=CAP_NET_ADMIN",
            NETWORKD)


@test(needs=["taut"], slow=6, timeout=90)
def systemd_networkd_keeps_away(lab):
    """It leaves our device alone, but not that of another program."""
    if not os.path.exists(NETWORKD):
        raise Skip("no systemd-networkd")
    pair = BoxPair(lab)
    pair.a.name = f"taut{os.getpid()}"
    pair.unit = f"taut@{pair.a.name}.service"
    box = pair.box()
    prepare_networkd(box)
    box.put("/etc/systemd/network/20-greedy.network", GREEDY)
    start_networkd(box)
    box.systemctl("start", pair.unit)
    pair.a.ns.run("ip", "tuntap", "add", "other0", "mode", "tun")

    def addresses(dev):
        return re.findall(r"inet (\S+)", pair.a.ns.run("ip", "-4", "addr", "show", "dev", dev).out)
    wait_for(lambda: addresses("other0") == ["172.30.0.1/24"], 10, "networkd takes other0")
    time.sleep(1)
    equal(addresses(pair.a.name), ["10.7.0.1/24"], "addresses of our device")
    box.systemctl("stop", pair.unit)


OTHERS = ("[Match]\nName=other*\n[Network]\nAddress=172.30.0.1/24\n"
          "ConfigureWithoutCarrier=yes\n")


@test(needs=["taut"], slow=6, timeout=90)
def systemd_networkd_removes_no_rules(lab):
    """...with the file that is installed; without it, they are put back, and it is named."""
    if not os.path.exists(NETWORKD):
        raise Skip("no systemd-networkd")
    pair = BoxPair(lab)
    ns = pair.a.ns
    config = config_with_key_file(pair, 0).replace("AllowedIPs = ", "AllowedIPs = 0.0.0.0/0, ")
    box = pair.box(config)
    prepare_networkd(box)
    box.put("/etc/systemd/network/20-others.network", OTHERS)
    box.systemctl("start", pair.unit)

    def rules():
        return len(re.findall("51820|suppress", ns.run("ip", "rule").out))

    def put_back():
        text = box.run("/opt/taut/bin/taut", "status", "--json", pair.a.name, ok=False).out
        return json.loads(text)["interfaces"][0]["figures"].get("put_back", 0)

    def bring(dev, times):
        """It configures a new device, and removes what it does not know."""
        start_networkd(box)
        wait_for(lambda: box.journal("networkd").count("Enumeration completed") == times, 10,
                 "networkd")
        ns.run("ip", "tuntap", "add", dev, "mode", "tun")
        wait_for(lambda: "172.30.0.1" in ns.run("ip", "addr", "show", "dev", dev).out, 10, dev)
    equal(rules(), 2, "rules")
    bring("other0", 1)
    # Two rules, and the route that closes the host, which belongs to no device either.
    wait_for(lambda: put_back() == 3 and rules() == 2, 5, "rules and a route that were put back")
    pid = box.show("networkd", "MainPID")
    check(re.search(rf"rule .*: removed by .*process {pid}\b", box.journal(pair.unit)),
          f"networkd ({pid}) in {box.journal(pair.unit)}")
    box.systemctl("stop", "networkd")
    with open(os.path.join(TOP, "systemd/networkd/10-taut.conf"), encoding="utf-8") as file:
        box.put("/etc/systemd/networkd.conf.d/10-taut.conf", file.read())
    bring("other1", 2)
    time.sleep(1)
    equal((put_back(), rules()), (3, 2), "what was put back, rules")
    box.systemctl("stop", pair.unit)

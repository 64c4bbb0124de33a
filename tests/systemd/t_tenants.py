# SPDX-License-Identifier: ISC
"""The built unit under a real systemd: a user for each tunnel, and what it may not touch."""

import re

import noise
from box import Box
from lab import check, equal, wait_for
from node import Pair
from runner import test
from t_apart import PROBE, PROBES
from t_real import BoxPair, process_status
from t_unit import config_with_key_file, unit_path

TAUT = "/opt/taut/bin/taut"
UNIT_CAPS = "-all,+net_admin"


def uid_of(box, unit):
    return process_status(box, unit)["Uid"].split()[0]


def worker_of(box, unit):
    """The pid of the worker, as the box counts."""
    group = box.show(unit, "ControlGroup")
    for pid in box.run("cat", f"/sys/fs/cgroup{group}/cgroup.procs").out.split():
        if box.run("cat", f"/proc/{pid}/comm", ok=False).out.strip() == "taut-worker":
            return pid
    return None


class Neighbours:
    """Two running tunnels in one box: {name: unit}; the first is the one that tries."""

    def __init__(self, lab):
        self.keys, files = {}, {}
        for port, name in ((2001, "wg0"), (2002, "wg1")):
            key, psk = noise.private(), noise.b64(noise.private())
            self.keys[name] = (noise.b64(key), psk)
            peer = noise.b64(noise.public(noise.private()))
            files |= {f"{name}.conf": f"[Interface]\nPrivateKeyFile = {name}.key\n"
                                      f"ListenPort = {port}\n[Peer]\nPublicKey = {peer}\n"
                                      f"PresharedKeyFile = {name}.psk/peer\n",
                      f"{name}.key": noise.b64(key) + "\n", f"{name}.psk/peer": psk + "\n"}
        self.box = Box(lab, lab.namespace("a"), unit_path(), files)
        self.box.run("chmod", "600", "/etc/taut/wg1.conf")
        for name in self.keys:
            self.box.systemctl("start", f"taut@{name}")

    def by_first(self, *argv, **options):
        """Run it as the user of the first tunnel, with its rights and where it sees its files."""
        box, unit = self.box, "taut@wg0.service"
        status = process_status(box, unit)
        return box.run("nsenter", "-t", box.show(unit, "MainPID"), "-m", "setpriv",
                       f"--reuid={status['Uid'].split()[0]}",
                       f"--regid={status['Gid'].split()[0]}", "--clear-groups",
                       f"--inh-caps={UNIT_CAPS}", f"--ambient-caps={UNIT_CAPS}",
                       f"--bounding-set={UNIT_CAPS}", "--no-new-privs", "--", *argv, **options)


def reads_no_file_of_another(two):
    """Neither the files nor the credentials; root can, and a tunnel its own."""
    box = two.box
    here = "/run/credentials/taut@wg0.service"
    there = "/run/credentials/taut@wg1.service"
    equal(two.by_first("cat", f"{here}/wg0.key").out.strip(), two.keys["wg0"][0], "its own key")
    equal(two.by_first("cat", "/etc/taut/wg0.conf", ok=False).code, 0, "its own file")
    for path in ("/etc/taut/wg1.key", "/etc/taut/wg1.psk/peer", "/etc/taut/wg1.conf",
                 f"{there}/wg1.key", f"{there}/wg1.psk_peer", f"{there}/wg1.conf"):
        equal(box.run("cat", path, ok=False).code, 0, f"root can read {path}")
        done = two.by_first("cat", path, ok=False)
        check(done.code and not done.out, f"{path}: {done.out}{done.err}")


def gets_nothing_by_the_socket_of_another(two):
    box = two.box
    shown = two.by_first("wg", "showconf", "wg1").out
    check("ListenPort = 2002" in shown, f"the group may look: {shown}")
    for argv in (("wg", "showconf", "wg1"), ("wg", "show", "wg1", "dump"),
                 (TAUT, "show", "wg1", "dump")):
        done = two.by_first(*argv, ok=False)
        for secret in two.keys["wg1"]:
            check(secret in box.run(*argv).out, f"{argv}: root sees no key")
            check(secret not in done.out + done.err, f"{argv}: a key")
    pid = box.show("taut@wg1", "MainPID")
    for argv in (("wg", "set", "wg1", "listen-port", "9"), (TAUT, "reload", "wg1"),
                 (TAUT, "down", "wg1"), ("kill", pid), ("rm", "/run/wireguard/wg1.sock")):
        check(two.by_first(*argv, ok=False).code, f"{argv} works")
    port = box.run("wg", "show", "wg1", "listen-port").out.strip()
    equal((box.show("taut@wg1", "MainPID"), port), (pid, "2002"), "the other tunnel afterwards")
    two.by_first("wg", "set", "wg0", "listen-port", "2011")
    check(two.keys["wg0"][0] in two.by_first("wg", "showconf", "wg0").out, "its own key")
    two.by_first(TAUT, "reload", "wg0")


IMPOSTOR = r"""
import os, socket, sys
path = f"/run/wireguard/{sys.argv[1]}.sock"
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
os.chmod(path, 0o660)
listens = os.pipe()
if os.fork():
    os.close(listens[1])
    os.read(listens[0], 1)
    sys.exit()
os.setsid()
listener.listen()       # it is asked for who did this
for number in (*range(3), *listens):
    os.close(number)
while True:
    client = listener.accept()[0]
    try:
        client.recv(4096)
        client.send(b"listen_port=4\nerrno=0\n\n")
    except OSError:
        pass
    client.close()
"""


@test(needs=["taut", "setpriv"], slow=5, timeout=90)
def systemd_root_knows_who_listens(lab):
    """A tunnel in place of another one: root asks it nothing; the group still may."""
    two = Neighbours(lab)
    box = two.box
    for name in ("wg1", "wg9"):
        if name == "wg1":
            box.systemctl("stop", "taut@wg1")
        two.by_first("python3", "-c", IMPOSTOR, name)
        for argv in (("status", name), ("show", name, "dump"), ("why", name), ("reload", name),
                     ("events", name), ("wait", "--timeout", "1", name), ("down", name)):
            done = box.run(TAUT, *argv, ok=False)
            check(done.code == 1 and "another user, neither root nor its service" in done.err and
                  not done.out, f"{argv}: {done.code} {done.out}{done.err}")
        check("port: 4" in two.by_first(TAUT, "status", name, ok=False).out, f"{name}: no impostor")
        check(box.run(TAUT, "up", name, ok=False).code, f"up {name}")
    done = box.run(TAUT, "status", ok=False)
    check("interface: wg0" in done.out and "wg1" not in done.out and
          "wg1: its control socket" in done.err, f"status of all: {done.out}{done.err}")
    box.run(TAUT, "reload", "wg0")


@test(needs=["taut", "setpriv"], slow=9, timeout=120)
def systemd_keeps_tunnels_apart(lab):
    """Files, credentials, socket, memory, descriptors of another; root can, as a control."""
    two = Neighbours(lab)
    box = two.box
    uids = [uid_of(box, f"taut@{name}") for name in two.keys]
    shared = box.run("id", "-u", "taut").out.strip()
    equal(len({*uids, shared, "0"}), 4, f"users {uids}, taut {shared}")
    reads_no_file_of_another(two)
    gets_nothing_by_the_socket_of_another(two)
    for pid in (box.show("taut@wg1", "MainPID"), worker_of(box, "taut@wg1")):
        equal(two.by_first("python3", "-c", PROBE, pid).out.split(), [], "what wg0 may do to wg1")
        equal(box.run("python3", "-c", PROBE, pid).out.split(), PROBES, "and root")
    for name in two.keys:
        box.systemctl("stop", f"taut@{name}")


@test(needs=["taut"], slow=5, timeout=90)
def systemd_worker_has_no_rights(lab):
    """Of the unit as built: the user, no capability, no new privileges, a filter; so its heirs."""
    pair = BoxPair(lab)
    box, unit = pair.box(), pair.unit
    box.systemctl("start", unit)

    def judge(what):
        wait_for(lambda: worker_of(box, unit), 5, f"{what} worker")
        text = box.run("cat", f"/proc/{worker_of(box, unit)}/status").out
        status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        uids = set(status["Uid"].split())
        equal(uids, {uid_of(box, unit)}, f"{what}: user")
        check("0" not in uids, f"{what}: root")
        equal({status[key] for key in ("CapEff", "CapPrm", "CapAmb")}, {"0" * 16},
              f"{what}: capabilities")
        equal((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), f"{what}: NoNewPrivs, Seccomp")
    judge("first")
    box.run("kill", "-9", worker_of(box, unit))
    wait_for(lambda: "a new worker process took over" in box.journal(unit), 10, "a new worker")
    judge("second")
    equal(box.show(unit, "NRestarts"), "0", "restarts of the service")
    box.systemctl("stop", unit)


@test(needs=["taut"], slow=8, timeout=120)
def systemd_takes_every_name(lab):
    """Also with . + and =, which the name of a user must not contain: each its user and its key."""
    names = ["wg.0", "wg_0", "a-b", "a+b", "x=y-z", "a_b"]
    keys = {name: noise.private() for name in names}
    files = {}
    for name, key in keys.items():
        files |= {f"{name}.conf": f"[Interface]\nPrivateKeyFile = {name}.key\n",
                  f"{name}.key": noise.b64(key) + "\n"}
    ns = lab.namespace("a")
    lab.wire(ns, lab.namespace("b"))
    box = Box(lab, ns, unit_path(), files,
              {"taut@.service.d/once.conf": "[Service]\nRestart=no\n"})
    for name in names:
        box.run("chmod", "600", f"/etc/taut/{name}.conf")
    uids = {}
    for name in names:
        unit = f"taut@{name}.service"
        if re.search("[+=]", name):
            unit = box.run("systemd-escape", "--template=taut@.service", name).out.strip()
        box.systemctl("enable", "--now", unit)
        uids[name] = uid_of(box, unit)
        equal(box.run("wg", "show", name, "public-key").out.strip(),
              noise.b64(noise.public(keys[name])), f"{name}: key")
        check(f"interface: {name}\n" in box.run(TAUT, "status", name, ok=False).out,
              f"{name}: root does not believe its unit")
        equal(box.show(unit, "Description"), f"Tunnel {name} (taut)", "description")
        check(box.run("ls", "/run/wireguard").out, "no socket")
        box.run("kill", "-9", box.show(unit, "MainPID"))
        box.wait_show(unit, "ActiveState", "failed")
        equal(box.run("ls", "/run/wireguard").out, "", f"{name}: what a killed tunnel leaves")
        box.systemctl("start", unit)
        box.systemctl("stop", unit)
    equal(len(set(uids.values())), len(names), f"users: {uids}")
    done = box.run(TAUT, "new", "q+1", "--listen", "--start")
    equal(box.show(r"taut@q\x2b1.service", "ActiveState"), "active", f"by taut new: {done.err}")
    equal(box.show(r"taut@q\x2b1.service", "UnitFileState"), "enabled", "by taut new")


@test(needs=["taut"], slow=5, timeout=90)
def systemd_clears_up_after_a_kill_without_nss(lab):
    """Also where nobody knows the user's name, and the socket's first name; only what is its own."""
    pair = BoxPair(lab)
    box, unit, name = pair.box(drop_ins={"once.conf": "[Service]\nRestart=no\n"}), pair.unit, \
        pair.a.name
    box.run("sed", "-i", "s/\\<systemd\\>//", "/etc/nsswitch.conf")
    box.systemctl("start", unit)
    check(box.run("getent", "passwd", f"taut-{name}", ok=False).code, "the name is known")
    folder, uid = "/run/wireguard", uid_of(box, unit)
    for path, owner in ((f".{name}.99999", uid), (f".{name}.99998", "0"),
                        (f".{name}x.99997", uid), (f"{name}x.sock", uid)):
        box.run("python3", "-c", "import os, socket, sys; socket.socket(1).bind(sys.argv[1]); "
                "os.chown(sys.argv[1], int(sys.argv[2]), 0)", f"{folder}/{path}", owner)
    box.run("kill", "-9", box.show(unit, "MainPID"))
    box.wait_show(unit, "ActiveState", "failed")
    equal(box.run("ls", "-A", folder).out.split(),
          sorted([f".{name}.99998", f".{name}x.99997", f"{name}x.sock"]), "what is left")


@test(needs=["taut"], slow=6, timeout=90)
def systemd_passes_a_file_for_root_only(lab):
    """As wg-quick has it, keys and all; a reload says what it takes, and changes nothing."""
    pair = BoxPair(lab)
    box, unit, name = pair.box(pair.config(0), key=False), pair.unit, pair.a.name
    path = f"/etc/taut/{name}.conf"
    box.run("sh", "-c", f"chown root:root {path}; chmod 600 {path}")
    box.systemctl("start", unit)
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping("10.7.0.2", 10, "tunnel")
    box.run("sed", "-i", "s/2001/2011/", path)
    done = box.run(TAUT, "reload", name, ok=False)
    for text in (done.err, box.journal(unit)):
        check(f"{path} is for root only, so the service has it as it was at the start; restart the "
              "service\n" in text, f"reload: {text}")
    equal(done.code, 1, "status of the reload")
    check(f"{name} keeps running unchanged" in done.err, done.err)
    box.systemctl("reload", unit)
    equal(box.run("wg", "show", name, "listen-port").out.strip(), "2001", "port after the reload")
    box.systemctl("restart", unit)
    equal(box.run("wg", "show", name, "listen-port").out.strip(), "2011", "port after the restart")
    # A copy is no copy once the service may read the file itself.
    box.run("sh", "-c", f"sed -i s/2011/2012/ {path}; chown root:taut {path}; chmod 640 {path}")
    done = box.run(TAUT, "reload", name)
    equal(box.run("wg", "show", name, "listen-port").out.strip(), "2012", "port after that")
    check("the group taut, and so every other tunnel, may read this key; chmod 600 " + path
          in done.out + done.err, f"no warning about the key: {done.out}{done.err}")
    # And back: the copy is that of the start, so it must not be used any more.
    box.run("sh", "-c", f"chmod 600 {path}")
    check("restart the service" in box.run(TAUT, "reload", name, ok=False).err, "reload at the end")
    equal(box.run("wg", "show", name, "listen-port").out.strip(), "2012", "port at the end")
    box.systemctl("stop", unit)
    box.run("rm", path)
    check(box.systemctl("start", unit, ok=False).code, "a start without a file")
    equal(box.show(unit, "ExecMainStatus"), "78", "without a file")
    check(f"neither {path} nor /etc/wireguard/{name}.conf exists" in box.journal(unit) or
          f"{path} does not exist" in box.journal(unit), box.journal(unit))


@test(needs=["taut"], slow=5, timeout=90)
def systemd_runs_hooks_that_use_the_socket(lab):
    """wg set and taut, in PostUp and PreDown, by the tunnel's own user."""
    pair = BoxPair(lab)
    hooks = (f"PostUp = wg set %i listen-port 2021; {TAUT} status %i > /run/wireguard/state; "
             "wg showconf %i > /run/wireguard/conf; id -nu > /run/wireguard/who\n"
             "PostUp = a=(by bash); read -r b < <(cat <<< ${a[1]}); [[ $b == ba* ]]; "
             "echo $b > /run/wireguard/shell\n"
             "PreDown = wg show %i listen-port > /run/wireguard/port\n")
    config = config_with_key_file(pair, 0).replace("[Peer]", hooks + "[Peer]")
    box, unit = pair.box(config), pair.unit
    box.systemctl("start", unit)
    equal(box.run("wg", "show", pair.a.name, "listen-port").out.strip(), "2021", "the port")
    text = box.run("cat", "/run/wireguard/conf").out
    check(noise.b64(pair.a.private) in text, f"its own key: {text}")
    check("listening port: 2021" in box.run("cat", "/run/wireguard/state").out, "status")
    equal(box.run("cat", "/run/wireguard/who").out.strip(), f"taut-{pair.a.name}", "user")
    equal(box.run("cat", "/run/wireguard/shell").out.strip(), "bash", "shell")
    # A signal for all processes of the unit would also end, at times, the hooks of the end.
    equal(box.show(unit, "KillMode"), "mixed", "who is told to stop")
    box.systemctl("stop", unit)
    equal(box.run("cat", "/run/wireguard/port").out.strip(), "2021", "in PreDown")


@test(needs=["taut"], slow=14, timeout=90)
def systemd_waits_until_hooks_are_given_up(lab):
    """A PreDown that hangs costs neither the PostDown nor what the tunnel takes back itself."""
    pair = BoxPair(lab)
    hooks = "PreDown = trap '' TERM; sleep 60\nPostDown = echo post > /run/wireguard/post\n"
    config = config_with_key_file(pair, 0).replace("[Peer]", hooks + "[Peer]")
    box, unit = pair.box(config), pair.unit
    box.systemctl("start", unit)
    box.systemctl("stop", unit)
    equal(box.show(unit, "Result"), "success", "how it ended")
    equal(box.run("cat", "/run/wireguard/post").out.strip(), "post", "PostDown")
    check("PreDown took too long and was given up" in box.journal(unit), box.journal(unit))


@test(needs=["taut"], slow=6, timeout=90)
def systemd_goes_on_after_an_upgrade(lab):
    """From the unit of the user taut: the running tunnel answers, and is restarted as a new one."""
    pair = BoxPair(lab)
    old = "[Service]\nDynamicUser=no\nUser=taut\nGroup=taut\nLoadCredential=\nSetCredential=\n" \
          "LoadCredential=%i.key:/etc/taut/%i.key\nSetCredential=%i.key:\\n\n"
    box, unit = pair.box(drop_ins={"old.conf": old}), pair.unit
    box.systemctl("start", unit)
    equal(uid_of(box, unit), box.run("id", "-u", "taut").out.strip(), "user before")
    box.run("rm", f"/etc/systemd/system/{unit}.d/old.conf")
    box.systemctl("daemon-reload")
    for argv in (("status", pair.a.name), ("reload", pair.a.name)):
        done = box.run(TAUT, *argv, ok=False)
        check(done.code in (0, 3), f"{argv}: {done.out}{done.err}")
    box.systemctl("restart", unit)
    check(uid_of(box, unit) != box.run("id", "-u", "taut").out.strip(), "user afterwards")
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping("10.7.0.2", 10, "tunnel")
    box.systemctl("stop", unit)


@test(needs=["taut"], slow=6, timeout=90)
def systemd_leaves_long_files_to_the_tunnel(lab):
    """No credential has more than 1 MiB, a file may have four."""
    pair = BoxPair(lab)
    config = config_with_key_file(pair, 0) + f"# {'x' * 120}\n" * 10000
    box, unit = pair.box(config), pair.unit
    box.systemctl("start", unit)
    box.systemctl("stop", unit)
    box.run("sh", "-c", "rm /usr/lib/systemd/system-generators/taut-generator")
    box.systemctl("daemon-reload")
    check(box.systemctl("start", unit, ok=False).code, "without the generator it starts, too")

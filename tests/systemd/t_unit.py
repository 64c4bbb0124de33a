# SPDX-License-Identifier: ISC
"""The built unit's ExecStart, user, privileges and credentials, without systemd."""

import os
import re
import resource
import shlex
import signal
import stat

import noise
from lab import Failure, check, equal, run, wait_for
from manager import Manager, unit_settings
from node import Node, Pair
from runner import test

SHARED = GID = 64321     # the user taut, and its group
UID = 64322              # of this tunnel

# $1: folder with dev/, etc/, credentials/ and run/, then uid, gid, memlock, umask, mode of
# /dev/net/tun; the rest is run.
ENTER = r"""
set -e
top=$1 uid=$2 gid=$3 memlock=$4; umask $5; tun=$6; shift 6
mount --make-rprivate /
mount -t tmpfs none "$top/dev"
mknod -m "$tun" "$top/dev/tun" c 10 200
mount --bind "$top/dev/tun" /dev/net/tun
for file in nsswitch.conf ld.so.cache; do	# at once: another unit of the folder may read it
	cp -L "/etc/$file" "$top/etc/$file.$$" 2>/dev/null && mv "$top/etc/$file.$$" "$top/etc/$file" || true
done
mount --bind "$top/etc" /etc
mount --bind "$top/run" /run/wireguard
exec prlimit --memlock="$memlock" --core=0 setpriv --reuid="$uid" --regid="$gid" --clear-groups \
	--inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin --bounding-set=-all,+net_admin \
	--no-new-privs -- "$@"
"""


def unit_path():
    path = os.path.join(os.environ.get("builddir", "."), "systemd/taut@.service")
    if not os.path.exists(path):
        raise Failure(f"{path} was not built")
    return path


def last(settings, key):
    return settings[key][-1]


class Instance(Node):
    """One instance of the unit: what systemd does before ExecStart, by other means."""

    uid, gid = UID, GID

    def __init__(self, lab, ns):
        super().__init__(lab, ns)
        self.settings = unit_settings(unit_path(), self.name)
        self.top = os.path.join(lab.dir, self.name)
        for folder, uid, gid, mode in (("", 0, 0, 0o755), ("dev", 0, 0, 0o755),
                                       ("etc", 0, 0, 0o755), ("etc/taut", 0, GID, 0o750),
                                       ("credentials", self.uid, self.gid, 0o500),
                                       ("run", 0, GID, 0o1775)):
            path = os.path.join(self.top, folder)
            os.mkdir(path)
            os.chown(path, uid, gid)
            os.chmod(path, mode)
        os.chmod(lab.dir, 0o755)
        os.makedirs("/run/wireguard", exist_ok=True)
        self.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n"
                   f"taut:x:{SHARED}:{GID}::/:/bin/false\n")
        self.write("etc/group", f"root:x:0:\ntaut:x:{GID}:\n")
        self.socket_path = os.path.join(self.top, "run", self.name + ".sock")

    @property
    def as_service(self):
        return ("setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups")

    def share_user(self):
        self.uid = SHARED
        os.chown(os.path.join(self.top, "credentials"), self.uid, self.gid)

    def write(self, name, text, uid=0, gid=0, mode=0o644):
        path = os.path.join(self.top, name)
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            os.fchown(file.fileno(), uid, gid)
            file.write(text)
        return path

    @staticmethod
    def text(path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def credentials(self):
        """LoadCredential and SetCredential of the unit."""
        held = {}
        for value in self.settings.get("SetCredential", []):
            name, _, text = value.partition(":")
            held[name] = text.encode().decode("unicode_escape")
        for value in self.settings.get("LoadCredential", []):
            name, _, path = value.partition(":")
            path = os.path.join(self.top, path.lstrip("/"))
            if os.path.isdir(path):
                held |= {f"{name}_{file}": self.text(os.path.join(path, file))
                         for file in os.listdir(path)}
            elif os.path.exists(path):
                held[name] = self.text(path)
            elif name not in held:
                raise Failure(f"systemd refuses this start: no {path}")
        for name, text in held.items():
            self.write(f"credentials/{name}", text, self.uid, self.gid, 0o400)

    def start_unit(self, config, manager=None, tun="666"):
        self.write(f"etc/taut/{self.name}.conf", config, 0, GID, 0o640)
        self.credentials()
        argv = shlex.split(last(self.settings, "ExecStart"))
        equal(os.path.basename(argv[0]), "taut", "the program of ExecStart")
        memlock = int(re.fullmatch(r"(\d+)M", last(self.settings, "LimitMEMLOCK")).group(1)) << 20
        hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
        memlock = memlock if hard == resource.RLIM_INFINITY else min(memlock, hard)
        env = {"PATH": os.environ["PATH"], "LOG_LEVEL": "debug",
               "CREDENTIALS_DIRECTORY": os.path.join(self.top, "credentials")}
        os.makedirs(self.state_dir, 0o700, exist_ok=True)
        os.chown(self.state_dir, self.uid, self.gid)
        equal(last(self.settings, "StateDirectory"), f"taut/{self.name}", "StateDirectory")
        env["STATE_DIRECTORY"] = self.state_dir
        env |= manager.environment() if manager else {}
        with open(self.log_path, "a", encoding="utf-8") as log:
            self.process = self.ns.popen(
                "unshare", "--mount", "sh", "-c", ENTER, "sh", self.top, self.uid, self.gid,
                memlock, last(self.settings, "UMask"), tun, self.program, *argv[1:],
                stdout=log, stderr=log, env=env)

    def status(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    def inside(self, *argv, **options):
        """Run something as root where the service sees its files."""
        return run("nsenter", "-t", self.process.pid, "-m", "-n", *argv, **options)


def wait_up(node):
    wait_for(lambda: node.answers() and node.is_up(), 10, f"{node.name}: link up")
    return node


def config_with_key_file(pair, which):
    node = (pair.a, pair.b)[which]
    return re.sub(r"PrivateKey = .*", f"PrivateKeyFile = {node.name}.key", pair.config(which))


class UnitPair(Pair):
    """The usual pair, but a is an instance of the unit."""

    def __init__(self, lab):
        super().__init__(lab, start=False)
        self.a = Instance(lab, self.a.ns)

    def key_text(self):
        return noise.b64(self.a.private) + "\n"


@test(needs=["taut", "setpriv", "prlimit", "unshare", "nsenter"])
def the_unit_runs_without_root(lab):
    """Own user, one capability, root's key by credential, file of root:taut; and it connects."""
    pair = UnitPair(lab)
    a = pair.a
    key = a.write(f"etc/taut/{a.name}.key", pair.key_text(), mode=0o600)
    manager = Manager(lab)
    os.chmod(manager.name, 0o666)
    a.start_unit(config_with_key_file(pair, 0), manager)
    manager.wait("READY", 10)
    wait_up(a)
    pair.b.start_config(pair.config(1))
    a.wait_ping("10.7.0.2", 10, "tunnel")
    status = a.status()
    equal(status["Uid"].split(), [str(UID)] * 4, "user")
    equal(status["Groups"].split(), [], "other groups")
    equal({status[k] for k in ("CapEff", "CapPrm", "CapBnd", "CapAmb")}, {f"{1 << 12:016x}"},
          "capabilities")
    equal(status["NoNewPrivs"], "1", "NoNewPrivs")
    equal(stat.S_IMODE(os.stat(key).st_mode), 0o600, "mode of the key file")
    check("other than its owner" not in a.log(), f"a warning about rights: {a.log()}")
    mode = os.stat(a.socket_path)
    equal((stat.S_IMODE(mode.st_mode), mode.st_uid, mode.st_gid), (0o660, UID, GID),
          "mode, user and group of the socket")
    equal(a.inside("wg", "show", a.name, "listen-port").out.strip(), "2001", "wg show, by root")
    done = a.inside(a.program, "reload", a.name, ok=False)
    check(done.code == 1 and "another user" in done.err, f"root asks what is no unit: {done.err}")
    own = a.inside(*a.as_service, "wg", "showconf", a.name).out
    check(noise.b64(a.private) in own, f"its key, by its own user: {own}")
    equal(a.inside(*a.as_service, a.program, "reload", a.name).code, 0, "reload, by its own user")
    a.stop()


@test(needs=["taut", "setpriv", "prlimit", "unshare", "nsenter"])
def a_unit_of_the_shared_user_keeps_working(lab):
    """As older versions had it: all tunnels are the user taut, so it may no more than the group."""
    pair = UnitPair(lab)
    a = pair.a
    a.share_user()
    a.write(f"etc/taut/{a.name}.key", pair.key_text(), mode=0o600)
    a.start_unit(config_with_key_file(pair, 0))
    wait_up(a)
    equal(a.status()["Uid"].split(), [str(SHARED)] * 4, "user")
    shown = a.inside(*a.as_service, "wg", "showconf", a.name).out
    check("ListenPort = 2001" in shown and "PrivateKey" not in shown, f"by its own user: {shown}")
    done = a.inside(*a.as_service, a.program, "reload", a.name, ok=False)
    check(done.code and "try sudo" in done.err, f"reload, by its own user: {done.err}")
    a.stop()


@test(needs=["taut", "setpriv", "prlimit", "unshare", "nsenter"])
def the_unit_can_take_the_default_route(lab):
    """Marks, policy rules, and src_valid_mark, which CAP_NET_ADMIN may write."""
    pair = UnitPair(lab)
    a = pair.a
    a.write(f"etc/taut/{a.name}.key", pair.key_text(), mode=0o600)
    a.ns.sysctl("ipv4/conf/all/src_valid_mark", 0)
    a.ns.ip("route add default via 192.168.1.2", "route add ::/0 via fd00:1::2")
    config = config_with_key_file(pair, 0).replace("10.7.0.2/32, fd07::2/128", "0.0.0.0/0, ::/0")
    pair.b.start_config(pair.config(1))
    pair.b.ns.ip("addr add 172.20.0.1/32 dev lo")
    a.start_unit(config)
    wait_up(a)
    a.wait_ping("172.20.0.1", 10, "a far address")
    equal(a.ns.sysctl("ipv4/conf/all/src_valid_mark"), "1", "src_valid_mark")
    check("fwmark" in a.ns.run("ip", "rule").out, "no policy rule")
    a.stop()
    check("fwmark" not in a.ns.run("ip", "rule").out, "policy rule left behind")


@test(needs=["taut", "setpriv", "prlimit", "unshare", "nsenter"])
def a_missing_key_file_is_named(lab):
    """systemd does not refuse the start; taut says which file it needs, and exits with 78."""
    pair = UnitPair(lab)
    pair.a.start_unit(config_with_key_file(pair, 0))
    equal(pair.a.wait_exit(), 78, "exit status")
    check(f"/etc/taut/{pair.a.name}.key: cannot open it: No such file" in pair.a.log(),
          f"the log: {pair.a.log()}")


@test(needs=["taut", "setpriv", "prlimit", "unshare", "nsenter"])
def a_device_for_root_alone_is_named(lab):
    """udev gives /dev/net/tun the mode 0666; without udev it may have another."""
    pair = UnitPair(lab)
    pair.a.start_unit(pair.config(0), tun="600")
    equal(pair.a.wait_exit(), 1, "exit status")
    check("chmod 666 /dev/net/tun" in pair.a.log(), pair.a.last_log())


@test(needs=["taut", "setpriv", "prlimit", "unshare", "nsenter"])
def a_key_in_the_file_needs_no_key_file(lab):
    """PrivateKey = in a file of root:taut 0640; hooks have the same single capability."""
    pair = UnitPair(lab)
    hook = f"PostUp = id -u > {pair.a.top}/run/who; ip route add 172.21.0.0/16 dev %i\n"
    pair.a.start_unit(pair.config(0, hook))
    wait_up(pair.a)
    wait_for(lambda: "172.21.0.0/16" in pair.a.ns.run("ip", "route").out, 5, "route of the hook")
    with open(f"{pair.a.top}/run/who", encoding="ascii") as file:
        equal(file.read().strip(), str(UID), "user of the hook")
    pair.a.stop()


@test(needs=["taut", "unshare"])
def the_world_may_not_read_the_file(lab):
    """The service's group can read, others only with a warning; nobody can write."""
    node = Instance(lab, lab.namespace("a"))
    text = f"[Interface]\nPrivateKey = {noise.b64(node.private)}\n"
    for gid, mode, code, line in ((GID, 0o640, 0, None), (0, 0o640, 0, "read"),
                                  (GID, 0o644, 0, "read"), (GID, 0o660, 1, "write")):
        node.write(f"etc/taut/{node.name}.conf", text, 0, gid, mode)
        done = run("unshare", "--mount", "sh", "-c",
                   'mount --make-rprivate /; mount --bind "$1" /etc; exec "$2" check "$3"', "sh",
                   node.top + "/etc", lab.program, node.name, ok=False)
        what = f"mode {mode:o} of group {gid}: {done.out}{done.err}"
        equal(done.code, code, what)
        equal(f"users other than its owner may {line} it" in done.err, line is not None, what)
        equal("every other tunnel, may read" in done.err, (gid, mode) == (GID, 0o640), what)


@test(needs=["taut", "unshare"])
def keys_are_not_for_all_tunnels(lab):
    """In a file that they all may read; said once, at the first key, with the remedy."""
    node = Instance(lab, lab.namespace("a"))
    key, peers = noise.b64(node.private), [noise.b64(noise.private()) for _ in range(2)]
    node.write(f"etc/taut/{node.name}.key", key + "\n", mode=0o600)
    inside, beside = f"PrivateKey = {key}", f"PrivateKeyFile = {node.name}.key"
    psk = f"PresharedKey = {noise.b64(noise.private())}"
    for first, extra, mode, place, word in (
            (inside, psk, 0o640, "2:14", "PrivateKeyFile"),
            (beside, psk, 0o640, "6:16", "PresharedKeyFile"),
            (beside, "", 0o640, None, None),
            (inside, psk, 0o600, None, None)):
        text = f"[Interface]\n{first}\n[Peer]\nPublicKey = {peers[0]}\n\n{extra}\n" \
               f"[Peer]\nPublicKey = {peers[1]}\n{extra}\n"
        node.write(f"etc/taut/{node.name}.conf", text, 0, GID, mode)
        done = run("unshare", "--mount", "sh", "-c",
                   'mount --make-rprivate /; mount --bind "$1" /etc; exec "$2" check "$3"', "sh",
                   node.top + "/etc", lab.program, node.name, ok=False)
        path = f"/etc/taut/{node.name}.conf"
        want = f"{path}:{place}: the group taut, and so every other tunnel, may read this key; " \
               f"chmod 600 {path}, or put it into a {word} (warning)\n" if place else ""
        equal(done.err, want, f"{first[:14]}, {extra[:12]}, mode {mode:o}")
        equal(done.code, 0, "status")


@test(needs=["taut"])
def exec_reload_is_a_hup(lab):
    """What systemctl reload runs, with MAINPID, reads the file again."""
    pair = UnitPair(lab)
    settings = pair.a.settings
    node = pair.a
    text = pair.config(0)
    node.start_unit(text)
    wait_up(node)
    node.write(f"etc/taut/{node.name}.conf", text.replace("2001", "2007"), 0, GID, 0o640)
    command = last(settings, "ExecReload").replace("$MAINPID", str(node.process.pid))
    run(*shlex.split(command))
    wait_for(lambda: node.inside("wg", "show", node.name, "listen-port").out.strip() == "2007", 5,
             "the new port")
    equal(last(settings, "RestartPreventExitStatus"), "78", "RestartPreventExitStatus")
    node.stop(signal.SIGTERM)

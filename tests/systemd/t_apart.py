# SPDX-License-Identifier: ISC
"""Tunnels apart from one another, each with a user of its own; people of the group, strangers."""

import os
import re
import shutil
import stat

import noise
from lab import check, equal, run
from runner import test
from t_unit import GID, Instance, UnitPair, config_with_key_file, wait_up

FIRST, SECOND, PERSON, STRANGER = 64331, 64332, 64341, 64342
PSK = noise.b64(noise.private())
NEEDS = ["taut", "setpriv", "prlimit", "unshare", "nsenter"]

# What a process may try against another: $1 is its pid. Prints what it could do.
PROBE = r"""
import ctypes, os, sys
pid = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, do):
    try:
        do()
    except OSError:
        return
    print(name)
def attach():
    if libc.ptrace(0x4206, pid, None, None) != 0:    # PTRACE_SEIZE: it is not stopped
        raise OSError(ctypes.get_errno(), "ptrace")
def vm():
    local = (ctypes.c_size_t * 2)(ctypes.addressof(ctypes.create_string_buffer(8)), 8)
    if libc.process_vm_readv(pid, local, 1, local, 1, 0) < 0 and ctypes.get_errno() != 14:
        raise OSError(ctypes.get_errno(), "process_vm_readv")
attempt("ptrace", attach)
attempt("process_vm_readv", vm)
attempt("mem", lambda: open(f"/proc/{pid}/mem", "rb"))
attempt("environ", lambda: open(f"/proc/{pid}/environ", "rb").read())
attempt("fd", lambda: os.listdir(f"/proc/{pid}/fd"))
attempt("root", lambda: os.listdir(f"/proc/{pid}/root/etc"))
attempt("kill", lambda: os.kill(pid, 0))
def steal():
    fd = libc.syscall(438, os.pidfd_open(pid), 0, 0)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
attempt("pidfd_getfd", steal)
"""
PROBES = ["ptrace", "process_vm_readv", "mem", "environ", "fd", "root", "kill", "pidfd_getfd"]


class Tenant(Instance):
    """One of several instances, each with a user of its own, and all of the group taut."""

    def __init__(self, lab, ns, uid, neighbour=None):
        self.uid = uid
        super().__init__(lab, ns)
        if neighbour:       # the same machine: one /etc, one /run
            for folder in ("etc", "run"):
                shutil.rmtree(os.path.join(self.top, folder))
                os.symlink(os.path.join(neighbour.top, folder), os.path.join(self.top, folder))

    def by(self, uid, *argv, group=True, caps=True, **options):
        """
        Run it as that user where the service sees its files. caps: with those of a unit, whose
        group is taut; people are its members.
        """
        groups = (f"--regid={GID}", "--clear-groups") if caps else \
            (f"--regid={uid}", f"--groups={GID}" if group else "--clear-groups")
        return self.inside("setpriv", f"--reuid={uid}", *groups,
                           "--inh-caps=-all" + ",+net_admin" * caps,
                           "--ambient-caps=-all" + ",+net_admin" * caps,
                           "--bounding-set=-all" + ",+net_admin" * caps, "--no-new-privs", "--",
                           *argv, **options)


def start_two(lab):
    """Tunnels of two users on one machine. Returns both, the other host, and their secrets."""
    pair = UnitPair(lab)
    a = Tenant(lab, pair.a.ns, FIRST)
    a.private, a.public = pair.a.private, pair.a.public
    pair.a = a
    b = Tenant(lab, a.ns, SECOND, a)
    a.write(f"etc/taut/{a.name}.key", pair.key_text(), mode=0o600)
    a.write(f"etc/taut/{b.name}.key", noise.b64(b.private) + "\n", mode=0o600)
    os.mkdir(os.path.join(a.top, f"etc/taut/{b.name}.psk"), 0o700)
    a.write(f"etc/taut/{b.name}.psk/peer", PSK + "\n", mode=0o600)
    a.start_unit(config_with_key_file(pair, 0))
    b.start_unit(f"[Interface]\nPrivateKeyFile = {b.name}.key\nListenPort = 2002\n"
                 f"[Peer]\nPublicKey = {pair.b.public}\n"
                 f"PresharedKeyFile = {b.name}.psk/peer\n")
    for node in (a, b):
        node.socket_path = os.path.join(a.top, "run", node.name + ".sock")
        wait_up(node)
    return a, b


def sees_state_without_secrets(b, who):
    """who(*argv) runs a program as somebody who may read."""
    secrets = (noise.b64(b.private), b.private.hex(), PSK)
    shown = who("wg", "show", b.name).out
    check("listening port: 2002" in shown and "peer: " in shown, f"wg show: {shown}")
    check("private key" not in shown and "preshared" not in shown, f"keys in wg show: {shown}")
    status = who(b.program, "status", b.name, ok=False)
    check(f"  public key: {noise.b64(noise.public(b.private))}\n  private key: (hidden)\n"
          in status.out, f"taut status: {status.out}{status.err}")
    equal(who("wg", "show", b.name, "private-key").out.strip(), "(none)", "wg show private-key")
    for argv in (("wg", "show", b.name, "dump"), ("wg", "showconf", b.name),
                 (b.program, "show", b.name, "dump"), (b.program, "status", "--json", b.name),
                 (b.program, "status", "--prometheus", b.name), (b.program, "why", b.name)):
        done = who(*argv, ok=False, env={"WG_HIDE_KEYS": "never"})
        check(len(done.out) > 40, f"{argv}: {done.out}{done.err}")
        for secret in secrets:
            check(secret not in done.out + done.err, f"a key in {argv}")
    check('"has_preshared_key": null' in who(b.program, "status", "--json", b.name, ok=False).out,
          "whether there is a preshared key")


def changes_nothing(b, who, word):
    for argv in ((b.program, "reload", b.name), (b.program, "down", b.name)):
        done = who(*argv, ok=False)
        check(done.code == 1 and "try sudo" in done.err and word in done.err,
              f"{argv}: {done.code} {done.err}")
    done = who("wg", "set", b.name, "listen-port", "9", ok=False)
    check(done.code and ("not permitted" in done.err or "denied" in done.err),
          f"wg set: {done.code} {done.err}")
    equal(b.inside("wg", "show", b.name, "listen-port").out.strip(), "2002", "port afterwards")
    equal(b.process.poll(), None, "the tunnel has ended")


@test(needs=NEEDS)
def a_tunnel_has_nothing_of_another(lab):
    """Not its key, credentials, socket, memory or descriptors; it may see what the group sees."""
    a, b = start_two(lab)
    equal([node.status()["Uid"].split()[1] for node in (a, b)], [str(FIRST), str(SECOND)], "users")

    def who(*argv, **options):
        return a.by(FIRST, *argv, **options)
    equal(who("cat", f"/etc/taut/{a.name}.conf", ok=False).code, 0, "the probe runs at all")
    for path in (f"/etc/taut/{b.name}.key", f"/etc/taut/{b.name}.psk/peer",
                 f"{b.top}/credentials/{b.name}.conf",
                 f"{b.top}/credentials/{b.name}.key", f"{b.top}/credentials/{b.name}.psk_peer"):
        equal(b.inside("cat", path).code, 0, f"root can read {path}")
        check("denied" in who("cat", path, ok=False).err, f"{path} can be read")
    equal(who("python3", "-c", PROBE, b.process.pid).out.split(), [], "what a may do to b")
    equal(b.inside("python3", "-c", PROBE, b.process.pid).out.split(), PROBES, "and root")
    sees_state_without_secrets(b, who)
    changes_nothing(b, who, "only root may do this")
    # Its own tunnel it may change, as its hooks do.
    who("wg", "set", a.name, "listen-port", "2011")
    check(noise.b64(a.private) in who("wg", "showconf", a.name).out, "its own key")
    for node in (a, b):
        node.stop()


@test(needs=NEEDS)
def the_socket_of_a_tunnel_stays(lab):
    """Another tunnel's user can neither remove nor replace it, dead or alive."""
    a, b = start_two(lab)
    path, other = f"/run/wireguard/{b.name}.sock", f"/run/wireguard/{a.name}.sock"

    def refuse_all(what):
        before = os.stat(b.socket_path)
        for argv in (("rm", "-f", path), ("mv", path, "/run/wireguard/x.sock"),
                     ("mv", "-f", other, path), ("ln", "-sf", other, path),
                     ("chmod", "777", path), ("chown", str(FIRST), path),
                     ("ln", path, "/run/wireguard/y.sock"), ("mv", "/run/wireguard", "/run/w")):
            check(a.by(FIRST, *argv, ok=False).code, f"{what}: {argv} works")
        now = os.stat(b.socket_path)
        equal((now.st_ino, now.st_mode, now.st_uid, now.st_gid),
              (before.st_ino, before.st_mode, SECOND, GID), what)
    refuse_all("alive")
    equal(b.process.poll(), None, "b has ended")
    b.kill9()
    check(os.path.exists(b.socket_path), "nothing is left behind")
    refuse_all("dead")
    config = f"[Interface]\nPrivateKey = {noise.b64(b.private)}\n"
    a.write(f"etc/taut/{b.name}.conf", config, 0, GID, 0o640)
    done = a.by(FIRST, a.program, "run", b.name, ok=False)
    check(done.code == 1 and f"belongs to another user: is the tunnel already up? If not, run as "
          f"root: taut down {b.name}" in done.err, done.err)
    done = a.by(FIRST, a.program, "down", b.name, ok=False)
    check(done.code == 1 and "try sudo" in done.err, done.err)
    check(os.path.exists(b.socket_path), "it is gone")
    # Its own user starts again over it, and root may sweep it.
    b.start_unit(config)
    wait_up(b)
    b.kill9()
    done = a.inside(a.program, "down", b.name)
    check("its control socket" in done.err, done.err)
    check(not os.path.exists(b.socket_path), "it is still there")
    a.stop()


@test(needs=NEEDS)
def people_of_the_group_may_look(lab):
    """status, why and wg show, without keys; strangers are refused by the mode of the file."""
    a, b = start_two(lab)

    def person(*argv, **options):
        return b.by(PERSON, *argv, caps=False, **options)

    def stranger(*argv, **options):
        return b.by(STRANGER, *argv, caps=False, group=False, **options)
    sees_state_without_secrets(b, person)
    changes_nothing(b, person, "only root may do this")
    changes_nothing(b, stranger, "only root and the group taut")
    for verb in ("status", "why", "events"):
        done = stranger(b.program, verb, b.name, ok=False)
        check(done.code == 1 and "only root and the group taut may query it (try sudo)" in done.err
              and not done.out, f"{verb} by a stranger: {done.out}{done.err}")
    # Even if somebody opened the file for all.
    os.chmod(b.socket_path, 0o777)
    changes_nothing(b, stranger, "only root and the group taut")
    done = stranger("wg", "show", b.name, ok=False)
    check(done.code and "denied" in done.err, f"wg show by a stranger: {done.out}{done.err}")
    check(noise.b64(b.private) in b.inside("wg", "showconf", b.name).out, "root sees no key")
    done = person(b.program, "wait", "--timeout", "1", b.name, ok=False)
    check(done.code and "not up" in done.err, f"wait: {done.err}")
    b.stop()
    a.stop()


@test(needs=NEEDS)
def root_by_hand_makes_the_same_directory(lab):
    """Without tmpfiles.d; and nobody of the group can remove root's socket."""
    node = Tenant(lab, lab.namespace("a"), FIRST)
    os.chown(os.path.join(node.top, "run"), 0, 0)
    os.chmod(os.path.join(node.top, "run"), 0o755)
    config = node.write("etc/taut/" + node.name + ".conf",
                        f"[Interface]\nPrivateKey = {noise.b64(node.private)}\n", mode=0o600)
    # Where other users can start it: the build may be in a directory for root alone.
    program = os.path.join(node.top, "run", "taut")
    shutil.copy(node.program, program)
    os.chmod(program, 0o755)
    script = (f"mount --make-rprivate /; mount --bind {node.top}/etc /etc; "
              f"mount --bind {node.top}/run /run; "
              f"{node.program} up {node.name} || exit; stat -c '%a %U %G' /run/wireguard "
              f"/run/wireguard/{node.name}.sock; "
              f"setpriv --reuid={FIRST} --regid={FIRST} --groups={GID} sh -c '"
              f"rm -f /run/wireguard/{node.name}.sock; touch /run/wireguard/own; "
              f"/run/taut status {node.name}'; {node.program} down {node.name}")
    done = node.ns.run("unshare", "--mount", "sh", "-c", "umask 077; " + script)
    check(os.path.exists(config), "no file")
    lines = done.out.splitlines()
    equal(lines[:2], ["1775 root taut", "660 root taut"], "directory and socket")
    check(f"interface: {node.name}" in lines, f"status by the group: {done.out}{done.err}")
    left = os.listdir(os.path.join(node.top, "run", "wireguard"))
    equal(left, ["own"], f"what is left ({done.err})")

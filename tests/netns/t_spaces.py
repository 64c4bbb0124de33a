# SPDX-License-Identifier: ISC
"""Tunnels of one name in several network namespaces, which share /run."""

import os
import signal

import noise
from lab import check, equal, run, wait_for
from node import SOCKETS, Node, Pair, children, lives
from runner import test
from t_daemon import host_state, taut
from t_start import RESOLVCONF

V4 = "10.7.0.2"


class Second:
    """A tunnel with the name of the first one, in its own namespace, and its peer."""

    def __init__(self, lab, pair, more="", allowed="10.8.0.2/32"):
        self.lab, self.name, self.env = lab, pair.a.name, {}
        self.ns, far = lab.namespace("c"), lab.namespace("d")
        n = lab.wire(self.ns, far)
        self.private = noise.private()
        self.peer = Node(lab, far)
        self.peer.start_config(
            f"[Interface]\nPrivateKey = {noise.b64(self.peer.private)}\nListenPort = 2012\n"
            f"Address = 10.8.0.2/24\n[Peer]\nPublicKey = {noise.b64(noise.public(self.private))}\n"
            "AllowedIPs = 10.8.0.1/32\n")
        os.mkdir(os.path.join(lab.dir, "second"))
        self.conf = lab.file(
            f"second/{self.name}.conf",
            f"[Interface]\nPrivateKey = {noise.b64(self.private)}\nAddress = 10.8.0.1/24\n{more}\n"
            f"[Peer]\nPublicKey = {self.peer.public}\nAllowedIPs = {allowed}\n"
            f"Endpoint = 192.168.{n}.2:2012\n")

    def taut(self, *argv, **options):
        return taut(self.lab, self.ns, *argv, env=self.env, **options)

    def up(self, **options):
        return self.taut("up", self.conf, **options)

    def ping(self):
        self.ns.must_ping("10.8.0.2", what="the second")

    def kill9(self):
        """Monitor and worker."""
        [pid] = self.ns.daemons()
        workers = children(pid)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(lives(p) for p in (pid, *workers)), 5, "end of the second")


def first(lab, default=False):
    pair = Pair(lab, start=False)
    text = pair.config(0)
    pair.a.start_config(text.replace("10.7.0.2/32", "0.0.0.0/0") if default else text)
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping(V4, 5, "first answer")
    return pair


@test(slow=2, needs=["taut"])
def tunnel_of_another_namespace_is_left_alone(lab):
    """Commands say where it runs and what to type; wg works from anywhere, as it did."""
    pair, other = first(lab), lab.namespace("c")
    name = pair.a.name
    for verb in ("status", "show", "why", "events", "reload", "down"):
        typed = "status" if verb == "show" else verb
        done = taut(lab, other, verb, name, ok=False)
        equal((done.code, done.out), (1, ""), f"{verb} in another namespace")
        check(f"in {pair.a.ns.name}; for that one, run: ip netns exec {pair.a.ns.name} taut "
              f"{typed} {name}" in done.err, f"{verb} said: {done.err}")
    equal(run(lab.program, "down", name, ok=False).code, 1, "down from outside")
    check(name not in taut(lab, other, "status").out, "it is among the tunnels there")
    check(name in taut(lab, pair.a.ns, "status").out, "it is not among the tunnels here")
    check(pair.a.public in other.run("wg", "show", name).out, "wg does not find it")
    pair.a.ns.must_ping(V4)
    equal(taut(lab, pair.a.ns, "down", name).code, 0, "down at home")
    equal(pair.a.wait_exit(), 0, "exit status")


@test(slow=2, needs=["taut"])
def nameless_namespace_is_told_by_its_process(lab):
    pair = first(lab)
    run("umount", "-l", f"/run/netns/{pair.a.ns.name}")
    done = run(lab.program, "down", pair.a.name, ok=False)
    pid = pair.a.process.pid
    check(done.code == 1 and f"run: nsenter --net=/proc/{pid}/ns/net taut down {pair.a.name}" in
          done.err, f"down said: {done.err}")
    equal(run("nsenter", f"--net=/proc/{pid}/ns/net", lab.program, "down", pair.a.name).code, 0,
          "what it said")


@test(slow=3, needs=["taut"])
def one_name_runs_in_two_namespaces(lab):
    """Each is its own namespace's business; the first keeps wg, and what goes by the name."""
    pair = first(lab)
    second = Second(lab, pair)
    second.env = {"STATE_DIRECTORY": os.path.join(lab.dir, "state-second")}
    done = second.up()
    check("also runs in another network namespace" in done.err, f"up said: {done.err}")
    second.ping()
    pair.a.ns.must_ping(V4)
    key = noise.b64(noise.public(second.private))
    for ns, public in ((pair.a.ns, pair.a.public), (second.ns, key)):
        text = taut(lab, ns, "show", pair.a.name, "dump").out
        equal(text.split("\t")[1], public, "whose tunnel it is")
        check(pair.a.public in ns.run("wg", "show", pair.a.name).out, "wg has found another")
    check("already running" in second.up().err, "it is started twice")
    equal(second.taut("down", second.name).code, 0, "down of the second")
    check(second.name not in second.ns.links(), "its device remains")
    check(not os.path.exists(second.env["STATE_DIRECTORY"]), "stamps by the first one's name")
    pair.a.ns.must_ping(V4)
    equal([f for f in os.listdir(SOCKETS) if f.startswith(pair.a.name)].count(
        pair.a.name + ".sock"), 1, "socket of the first")
    second.up()
    pair.a.stop()
    second.ping()
    equal(second.taut("down", second.name).code, 0, "down of the last")
    equal([f for f in os.listdir(SOCKETS) if pair.a.name in f], [], "what is left")


@test(slow=3, needs=["taut"])
def crash_in_one_namespace_concerns_no_other(lab):
    """down and up remove what was killed here, and nothing of the one that runs there."""
    pair = first(lab, default=True)
    second = Second(lab, pair, allowed="0.0.0.0/0")
    clean, running = host_state(second.ns), host_state(pair.a.ns)
    second.up()
    second.ping()
    for repair in ("down", "up"):
        second.kill9()
        done = second.taut("down", second.name) if repair == "down" else second.up()
        if repair == "down":
            check("was not running; removed" in done.err, f"down said: {done.err}")
            equal(host_state(second.ns), clean, "what down leaves")
            second.up()
        second.ping()
        equal(host_state(pair.a.ns), running, f"the first, after {repair} of the second")
        pair.a.ns.must_ping(V4)
    running = host_state(second.ns)
    pair.a.kill9()
    done = taut(lab, pair.a.ns, "down", pair.a.name)
    check("its control socket" in done.err, f"down of the first said: {done.err}")
    equal(host_state(second.ns), running, "the second, after down of the first")
    second.ping()
    equal(second.taut("down", second.name).code, 0, "down of the second")
    equal(host_state(second.ns), clean, "what the second leaves")


@test(slow=2, needs=["taut"])
def what_goes_by_the_name_alone_is_refused(lab):
    """Hooks, and wg-quick, would set up the tunnel of the other namespace."""
    pair = first(lab)
    second = Second(lab, pair, more=f"PostUp = wg set %i listen-port 1\n")
    done = second.up(ok=False)
    check(done.code and "PostUp is not run" in done.err, f"up said: {done.err}")
    check(second.name not in second.ns.links(), "its device remains")
    done = second.taut("-f", second.name, ok=False, timeout=10)
    check(done.code and "choose another name" in done.err, f"-f said: {done.err}")
    equal(pair.a.port(), 2001, "port of the first")
    pair.a.ns.must_ping(V4)


SCRIPT = """
mount --bind "$helpers" /usr/sbin
mount -t tmpfs none /run
mkdir -p /run/resolvconf/interface
"$taut" up "$first"
left() { echo "$1: $(cat /run/resolvconf/interface/*)"; }
left first
unshare -n sh -c '
"$taut" up "$second"
"$taut" down "$name"
"$taut" down "$name" || true
'
left second
"$taut" down "$name"
"""


@test(slow=2, needs=["taut"])
def name_servers_of_another_namespace_stay(lab):
    """resolvconf knows names only: the record of the first is neither replaced nor removed."""
    pair = Pair(lab, start=False)
    os.mkdir(os.path.join(lab.dir, "sbin"))
    os.mkdir(os.path.join(lab.dir, "other"))
    for program, text in (("resolvconf", RESOLVCONF), ("resolvectl", "#!/bin/sh\nexit 1\n")):
        lab.file(os.path.join("sbin", program), text, 0o700)
    name = pair.a.name
    done = pair.a.ns.run("unshare", "-m", "sh", "-ec", SCRIPT, env={
        "helpers": os.path.join(lab.dir, "sbin"), "taut": lab.program, "name": name,
        "first": lab.file(name + ".conf", pair.config(0, "DNS = 10.7.0.2")),
        "second": lab.file(f"other/{name}.conf", pair.config(0, "DNS = 10.7.0.3"))})
    equal(done.out.splitlines(), ["first: nameserver 10.7.0.2", "second: nameserver 10.7.0.2"],
          f"the record ({done.err})")
    check("DNS not set" in done.err, f"up said: {done.err}")

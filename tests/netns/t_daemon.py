# SPDX-License-Identifier: ISC
"""taut as a service: its own config files, signals, verbs, and errors about bad input."""

import os
import re
import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import noise
from lab import Skip, check, equal, run, wait_for, within
from node import Pair, records
from runner import test

V4 = "10.7.0.2"


def taut(lab, ns, *argv, **options):
    return ns.run(lab.program, *argv, **options)


def meanwhile(echo, *exchange):
    """The number of answers, as a future."""
    pool = ThreadPoolExecutor(1)
    pings = pool.submit(echo.exchange, *exchange)
    pings.add_done_callback(lambda _: echo.sock.close())
    pool.shutdown(wait=False)
    return pings


def host_state(ns):
    """Everything that a tunnel may leave behind."""
    def out(*argv):
        if not shutil.which(argv[0]):
            return ""
        return re.sub(r"\d+sec", "", ns.run(*argv, ok=False).out)
    return [ns.links(), out("ip", "rule"), out("ip", "-6", "rule"),
            out("ip", "route", "show", "table", "all"),
            out("ip", "-6", "route", "show", "table", "all"), out("nft", "list", "ruleset")]


@test(needs=["taut"])
def config_files_connect_and_leave_nothing(lab):
    """Two files, as a user has them: addresses, MTU, routes, hooks; TERM undoes everything."""
    pair = Pair(lab, start=False)
    marks = os.path.join(lab.dir, "marks")
    hooks = "".join(f"{k} = echo {k} %i $(ip -o link show %i 2>/dev/null | wc -l) >> {marks}\n"
                    for k in ("PreUp", "PostUp", "PreDown", "PostDown"))
    before = host_state(pair.a.ns)
    pair.a.start_config(pair.config(0, hooks).replace("fd07::2/128", "fd07::2/128, 172.20.0.0/16"))
    pair.b.start_config(pair.config(1))
    pair.b.ns.ip("addr add 172.20.0.1/32 dev lo")
    pair.a.ns.must_ping(V4)
    pair.b.ns.must_ping("10.7.0.1")
    pair.a.ns.must_ping("fd07::2")
    route = pair.a.ns.run("ip", "route", "get", "172.20.0.1").out
    check(f"dev {pair.a.name}" in route, f"route of an allowed IP: {route}")
    check(f"mtu {pair.mtu} " in pair.a.ns.run("ip", "link", "show", pair.a.name).out, "MTU")
    pair.a.stop()
    equal(host_state(pair.a.ns), before, "state of the host afterwards")
    with open(marks, encoding="ascii") as file:
        said = [line.split() for line in file.read().splitlines()]
    equal([line[0] for line in said], ["PreUp", "PostUp", "PreDown", "PostDown"], "hooks")
    equal({line[1] for line in said}, {pair.a.name}, "%i")
    equal([said[1][2], said[2][2]], ["1", "1"], "link seen by PostUp and PreDown")


@test(needs=["taut"])
def default_route_by_config_leaves_nothing(lab):
    """AllowedIPs 0.0.0.0/0, ::/0: everything goes through the tunnel, except its own packets."""
    pair = Pair(lab, start=False)
    for ns, host in ((pair.a.ns, 2), (pair.b.ns, 1)):
        ns.ip(f"route add default via 192.168.1.{host}", f"route add ::/0 via fd00:1::{host}")
    before = host_state(pair.a.ns)
    text = pair.config(0).replace("10.7.0.2/32, fd07::2/128", "0.0.0.0/0, ::/0")
    pair.b.start_config(pair.config(1))     # first: a sends as soon as it is up
    pair.a.start_config(text)
    pair.b.ns.ip("addr add 172.20.0.1/32 dev lo", "addr add fd20::1/128 dev lo nodad")
    pair.b.ns.wait_local("fd20::1")
    wire = lab.capture(pair.b.ns, pair.dev_b)
    pair.a.ns.must_ping("172.20.0.1", what="a far address")
    pair.a.ns.must_ping("fd20::1", what="a far v6 address")
    pair.a.ns.must_ping("192.168.1.2", what="the local network stays direct")
    check(len(wire.packets(4)) >= 4, "nothing went through the tunnel")
    pair.a.stop()
    equal(host_state(pair.a.ns), before, "state of the host afterwards")


def status_lines(node):
    return [line for line in node.log().splitlines() if "peer=" in line or "interface=" in line]


@test(needs=["taut"])
def usr1_writes_the_records(lab):
    """One key=value line for the interface and for each peer; nothing secret."""
    pair = Pair(lab, start=False)
    pair.start_configs()
    pair.a.ns.must_ping(V4, 5, interval=0.01)
    pair.a.process.send_signal(signal.SIGUSR1)
    lines = wait_for(lambda: len(status_lines(pair.a)) >= 2 and status_lines(pair.a), 2, "records")
    interface, peers = records("\n".join(lines))
    equal((interface["interface"], interface["state"], interface["listen_port"],
           interface["fwmark"], interface["mtu"], interface["peers"]),
          (pair.a.name, "up", "2001", "off", str(pair.mtu), "1"), "record of the interface")
    peer = peers[pair.b.public]
    equal(peer["endpoint"], pair.outer[1] + ":2002", "endpoint")
    equal((int(peer["rx_bytes"]), int(peer["tx_bytes"])), pair.a.transfer(pair.b), "bytes")
    equal((peer["rx_packets"], peer["tx_packets"]), ("5", "5"), "packets")
    within(int(peer["handshake_age"]), 0, 3, "handshake age")
    within(int(peer["key_age"]), 0, 3, "key age")
    equal(peer["state"], "up", "state")
    check(noise.b64(pair.a.private) not in pair.a.log(), "private key in the log")
    check(pair.a.private.hex() not in pair.a.log(), "private key in the log")
    pair.a.ns.ping("10.7.0.99")
    pair.b.kill9()
    equal(pair.a.status()[1][pair.b.public]["peer"], pair.b.public, "record by control socket")


def open_files(node):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in node.pids())


@test(slow=4, needs=["taut"])
def storms_of_signals_change_nothing(lab):
    """
    A hundred HUPs in a second, with good and broken files in turn, and as many USR1: the
    last good file holds, no packet is lost, nothing grows.
    """
    pair = Pair(lab, start=False).start_configs()
    pair.a.ns.must_ping(V4)
    text = pair.config(0)
    key_age = int(pair.a.status()[1][pair.b.public]["handshake_age"])
    fds = open_files(pair.a)
    pings = meanwhile(pair.a.ns.echo(V4), 100, 1, 56, 0.02)
    for n in range(100):
        change = f"PersistentKeepalive = {n + 1}\n" if n % 2 == 0 else "Colour = red\n"
        path = lab.file("next", text + change)
        os.rename(path, pair.a.config)
        for number in (signal.SIGHUP, signal.SIGUSR1):
            pair.a.process.send_signal(number)
        if n == 10:
            before = pair.a.memory()
        time.sleep(0.01)
    pair.a.wait_log("Colour")
    os.rename(lab.file("next", text + "PersistentKeepalive = 77\n"), pair.a.config)
    pair.a.process.send_signal(signal.SIGHUP)
    wait_for(lambda: pair.a.peer(pair.b)["keepalive"] == "77", 3, "the last good file")
    equal(pings.result(20), 100, "answers meanwhile")
    within(int(pair.a.status()[1][pair.b.public]["handshake_age"]), key_age, 30, "handshake_age")
    wait_for(lambda: open_files(pair.a) <= fds, 5, f"{fds} open files again")
    if not pair.a.has_sanitizers():
        within(pair.a.memory() - before, -2000, 300, "kB more")


@test(slow=4, needs=["taut"])
def hup_keeps_the_first_peers_session(lab):
    """A peer is added and HUP sent: same key, same age, no handshake, no lost packet."""
    pair = Pair(lab, start=False)
    pair.start_configs()
    pair.a.ns.must_ping(V4)
    time.sleep(2.1)
    before = pair.a.status()[1][pair.b.public]
    wire = lab.capture(pair.b.ns, pair.dev_b)
    other = noise.b64(noise.public(noise.private()))
    with open(pair.a.config, "a", encoding="ascii") as file:
        file.write(f"\n[Peer]\nPublicKey = {other}\nAllowedIPs = 10.8.0.0/16\n")
    pings = meanwhile(pair.a.ns.echo(V4), 100, 1, 56, 0.01)
    pair.a.process.send_signal(signal.SIGHUP)
    wait_for(lambda: pair.a.peer(other), 2, "the new peer")
    wait_for(lambda: "10.8.0.0/16" in pair.a.ns.run("ip", "route").out, 2, "the new peer's route")
    equal(pings.result(10), 100, "answers during the reload")
    after = pair.a.status()[1][pair.b.public]
    check(int(after["key_age"]) >= int(before["key_age"]) >= 2, f"key age {before} {after}")
    equal((after["handshakes"], after["initiations_sent"]),
          (before["handshakes"], before["initiations_sent"]), "handshakes")
    equal(wire.packets(1) + wire.packets(2), [], "handshakes on the wire")


@test(needs=["taut"])
def reload_applies_every_difference(lab):
    """Keys of the interface and of the peer change; the session lives; then all back."""
    pair = Pair(lab, start=False)
    pair.start_configs()
    pair.a.ns.must_ping(V4)
    text = pair.config(0)
    before = pair.a.handshake_ns(pair.b)

    def reload(new):
        lab.file(pair.a.name + ".conf", new)
        return taut(lab, pair.a.ns, "reload", pair.a.name)

    reload(text.replace(f"MTU = {pair.mtu}", "MTU = 1400\nFwMark = 0x99")
           .replace("fd07::1/64", "fd07::1/64, 10.77.0.1/32")
           .replace("fd07::2/128", "fd07::2/128, 172.21.0.0/16")
           + "PersistentKeepalive = 25\n")
    shown = pair.a.ns.run("ip", "addr", "show", pair.a.name).out
    check("mtu 1400" in shown, f"MTU: {shown}")
    check("10.77.0.1/32" in shown, f"addresses: {shown}")
    check("172.21.0.0/16" in pair.a.ns.run("ip", "route").out, "route of a new allowed IP")
    equal(pair.a.show("fwmark"), "0x99", "fwmark")
    equal(pair.a.peer(pair.b)["keepalive"], "25", "keepalive")
    pair.a.ns.must_ping(V4)
    reload(text)
    shown = pair.a.ns.run("ip", "addr", "show", pair.a.name).out
    check(f"mtu {pair.mtu} " in shown, f"MTU: {shown}")
    check("10.77.0.1" not in shown, f"addresses: {shown}")
    check("172.21.0.0/16" not in pair.a.ns.run("ip", "route").out, "route of an old allowed IP")
    equal(pair.a.show("fwmark"), "off", "fwmark")
    equal(pair.a.peer(pair.b)["keepalive"], "off", "keepalive")
    pair.a.ns.must_ping(V4)
    equal(pair.a.handshake_ns(pair.b), before, "time of the last handshake")


@test(needs=["taut"])
def broken_reload_changes_nothing(lab):
    pair = Pair(lab, start=False)
    pair.start_configs()
    pair.a.ns.must_ping(V4)
    before = pair.a.wg("showconf", pair.a.name).out, host_state(pair.a.ns)
    log = len(pair.a.log())
    other = noise.b64(noise.public(noise.private()))
    good = f"\n[Peer]\nPublicKey = {other}\nAllowedIPs = 10.8.0.0/16\n"
    lab.file(pair.a.name + ".conf", pair.config(0) + good + "Endpiont = 1.2.3.4:5\n")
    pair.a.process.send_signal(signal.SIGHUP)
    said = wait_for(lambda: re.search(r"\.conf:\d+:\d+: .*", pair.a.log()[log:]), 2, "complaint")
    check("ndpoint" in said.group(0), f"complaint without a hint: {said.group(0)}")
    done = taut(lab, pair.a.ns, "reload", pair.a.name, ok=False)
    equal(done.code, 1, "exit status of `reload`")
    check(f"{pair.a.name}.conf:" in done.err, f"`reload` said: {done.err}")
    equal((pair.a.wg("showconf", pair.a.name).out, host_state(pair.a.ns)), before, "what runs")
    os.unlink(pair.a.config)
    equal(taut(lab, pair.a.ns, "reload", pair.a.name, ok=False).code, 1, "reload without a file")
    equal((pair.a.wg("showconf", pair.a.name).out, host_state(pair.a.ns)), before, "what runs")
    pair.a.ns.must_ping(V4)


@test(needs=["taut"])
def up_status_down(lab):
    """The everyday verbs and their exit codes."""
    pair = Pair(lab, start=False)
    ns = pair.a.ns
    before = host_state(ns)
    conf = lab.file(pair.a.name + ".conf", pair.config(0))
    pair.b.start_config(pair.config(1))
    equal(taut(lab, ns, "up", conf).code, 0, "up")
    pair.a.wait_ping(V4, 3, "after up", wait=1)
    done = taut(lab, ns, "status", pair.a.name)
    equal(done.code, 0, "status")
    for word in (pair.a.name, pair.b.public, pair.outer[1] + ":2002", "latest handshake",
                 "transfer"):
        check(word in done.out, f"status lacks {word!r}: {done.out}")
    check(noise.b64(pair.a.private) not in done.out, "status shows the private key")
    equal(taut(lab, ns, "up", conf, ok=False).code, 0, "up again")
    equal(len(ns.daemons()), 1, "daemons")
    equal(taut(lab, ns, "reload", pair.a.name).code, 0, "reload")
    equal(taut(lab, ns, "down", pair.a.name).code, 0, "down")
    equal(ns.pids(), [], "processes after down")
    equal(host_state(ns), before, "state of the host after down")
    equal(taut(lab, ns, "status", "nosuch" + pair.a.name[-4:], ok=False).code, 4,
          "status of a tunnel that is unknown")
    equal(taut(lab, ns, "nonsense", "a", "b", ok=False).code, 2, "usage")


BAD = (
    # (text to replace in a good file, new text, words that the error must contain)
    ("Address", "Adress", ("Address",)),
    ("PrivateKey = ", "PrivateKey = x", ("PrivateKey",)),
    ("[Peer]", "[Pear]", ("Pear", "Peer")),
    ("AllowedIPs = 10.7.0.2/32", "AllowedIPs = 10.7.0.2/33", ("AllowedIPs", "33")),
    (":2002", ":99999", ("99999",)),
    (":2002", "", ("port",)),
    ("ListenPort = 2001", "ListenPort = 70000", ("70000",)),
)


@test(needs=["taut"])
def bad_config_names_its_place(lab):
    """`check` exits with 1, `run` with 78; file:line:column and nothing left behind."""
    pair = Pair(lab, start=False)
    ns, good = pair.a.ns, pair.config(0)
    before = host_state(ns)
    equal(taut(lab, ns, "check", lab.file(pair.a.name + ".conf", good)).code, 0, "a good file")
    for old, new, words in BAD:
        check(old in good, f"{old!r} is not in the file")
        path = lab.file(pair.a.name + ".conf", good.replace(old, new, 1))
        for verb, code in (("check", 1), ("run", 78)):
            done = taut(lab, ns, verb, path, ok=False)
            equal(done.code, code, f"exit status of {verb} with {new!r} ({done.err.strip()})")
            found = re.search(re.escape(path) + r":(\d+):(\d+): (.*)", done.err)
            check(found, f"{verb} with {new!r} says: {done.err}")
            line = next(i for i, t in enumerate(good.replace(old, new, 1).splitlines(), 1)
                        if new in t and (new or "Endpoint" in t))
            equal(int(found.group(1)), line, f"line of the complaint about {new!r}")
            for word in words:
                check(word in found.group(0), f"{word!r} is not in: {found.group(0)}")
            check(noise.b64(pair.a.private)[:43] not in done.err, "the private key is printed")
    two = good.replace("Address", "Adress").replace("Endpoint", "Endpiont")
    done = taut(lab, ns, "check", lab.file(pair.a.name + ".conf", two), ok=False)
    check("Adress" in done.err and "Endpiont" in done.err, f"two errors, one go: {done.err}")
    equal(taut(lab, ns, "run", "/nonexistent/x.conf", ok=False).code, 78, "run without a file")
    equal(host_state(ns), before, "state of the host afterwards")


@test(needs=["taut"])
def key_files_must_be_private(lab):
    pair = Pair(lab, start=False)
    text = re.sub("PrivateKey = .*", f"PrivateKeyFile = {pair.a.key_file}", pair.config(0))
    conf = lab.file(pair.a.name + ".conf", text)
    equal(taut(lab, pair.a.ns, "check", conf).code, 0, "a private key file")
    os.chmod(pair.a.key_file, 0o644)
    done = taut(lab, pair.a.ns, "run", conf, ok=False)
    equal(done.code, 78, "exit status with a readable key file")
    check("chmod" in done.err, f"no chmod to type: {done.err}")
    os.chmod(pair.a.key_file, 0o600)
    os.chmod(conf, 0o644)
    done = taut(lab, pair.a.ns, "check", lab.file(pair.a.name + ".conf", pair.config(0), 0o644))
    check("chmod" in done.err, f"no warning for a readable config: {done.err}")
    lab.file(pair.a.name + ".conf", text)
    pair.a.start("run", conf)
    equal(pair.a.show("public-key"), pair.a.public, "public key from the file")


@test(needs=["taut"])
def taken_name_is_one_clear_line(lab):
    pair = Pair(lab, start=False)
    pair.a.ns.ip(f"link add {pair.a.name} type bridge")
    before = host_state(pair.a.ns)
    for argv in (["run", lab.file(pair.a.name + ".conf", pair.config(0))], ["-f", pair.a.name]):
        done = taut(lab, pair.a.ns, *argv, ok=False)
        equal(done.code, 1, f"exit status of {argv[0]}")
        lines = [t for t in done.err.splitlines() if "exists" in t]
        equal(len(lines), 1, f"lines about it in {done.err!r}")
        check(f"ip link del {pair.a.name}" in lines[0], f"no remedy in {lines[0]!r}")
        equal(host_state(pair.a.ns), before, "state of the host")
        check(not os.path.exists(pair.a.socket_path), "socket left behind")


@test(needs=["taut"])
def taken_port_is_one_clear_line(lab):
    pair = Pair(lab, start=False)
    lab.udp(pair.a.ns, "0.0.0.0", 2001)
    before = host_state(pair.a.ns)
    done = taut(lab, pair.a.ns, "run", lab.file(pair.a.name + ".conf", pair.config(0)), ok=False)
    equal(done.code, 1, "exit status")
    lines = [t for t in done.err.splitlines() if "port 2001 " in t]
    equal(len(lines), 1, f"no line about the port in {done.err!r}")
    equal(host_state(pair.a.ns), before, "state of the host")
    check(not os.path.exists(pair.a.socket_path), "socket left behind")


@test(needs=["taut"])
def no_permission_is_one_clear_line(lab):
    """Without any privileges: exit 1, a line that says so, nothing left behind."""
    ns = lab.namespace("a")
    name = lab.name()
    done = ns.run("setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--reuid", "65534",
                  "--clear-groups", lab.program, "-f", name, ok=False)
    if "setpriv" in done.err or done.code in (126, 127):
        raise Skip(f"the program cannot be run by others here: {done.err.strip()}")
    equal(done.code, 1, "exit status")
    check(done.err.strip(), "nothing said")
    check(name not in ns.links(), "link left behind")


@test(slow=3, needs=["taut"])
def unresolvable_name_never_stops_the_start(lab):
    """The tunnel is up, says what it waits for, and the other peer's traffic flows."""
    pair = Pair(lab, start=False)
    other = noise.b64(noise.public(noise.private()))
    pair.a.start_config(pair.config(0) + f"[Peer]\nPublicKey = {other}\nAllowedIPs = 10.8.0.0/16\n"
                        "Endpoint = nowhere.invalid:51820\n")
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping(V4, 3, "the other peer", wait=1)
    pair.a.wait_log("nowhere.invalid", 8)
    equal(pair.a.endpoint(other), "(none)", "endpoint")


@test(needs=["taut"])
def keys_are_those_of_wg(lab):
    ns = lab.namespace("a")
    for verb in ("genkey", "genpsk"):
        text = taut(lab, ns, verb).out
        check(re.fullmatch(r"[A-Za-z0-9+/]{43}=\n", text), f"{verb}: {text!r}")
    for _ in range(20):
        text = taut(lab, ns, "genkey").out
        equal(taut(lab, ns, "pubkey", input=text).out, run("wg", "pubkey", input=text).out,
              "public key")
    for bad in ("", "x\n", "A" * 43 + "\n", "A" * 44 + "\n", "A" * 42 + "9=\n", "A" * 43 + "=x\n"):
        ours, theirs = (ns.run(p, "pubkey", input=bad, ok=False) for p in (lab.program, "wg"))
        equal((ours.code, ours.out), (theirs.code, theirs.out), f"pubkey of {bad!r}")
    path = lab.file("world", "", 0o644)
    done = ns.run("sh", "-c", f"{lab.program} genkey > {path}")
    check("world accessible" in done.err, f"no warning: {done.err}")


@test(slow=5, needs=["taut"])
def memory_stays_small(lab):
    """After 200 MB through the tunnel: under 12 MiB resident."""
    pair = Pair(lab)
    with pair.b.ns:
        server = socket.create_server((V4, 5000))
    with pair.a.ns:
        out = socket.create_connection((V4, 5000), timeout=10)
    back, _ = server.accept()
    total, piece = 200 << 20, bytes(1 << 18)
    pid = os.fork()
    if not pid:
        for _ in range(total // len(piece)):
            out.sendall(piece)
        os._exit(0)
    back.settimeout(10)
    got = 0
    while got < total:
        more = len(back.recv(1 << 20))
        check(more, f"the connection ended after {got} bytes")
        got += more
    os.waitpid(pid, 0)
    # Sanitizers need shadow memory.
    limit = (12 << 10) * (20 if pair.a.has_sanitizers() else 1)
    within(pair.a.memory(), 0, limit, "KiB resident of the sender")
    within(pair.b.memory(), 0, limit, "KiB resident of the receiver")
    for sock in (server, out, back):
        sock.close()

# SPDX-License-Identifier: ISC
"""How a tunnel starts and stops on hosts that are not ideal."""

import fcntl
import os
import platform
import re
import signal
import time

import noise
from callfilter import filtered
from lab import Skip, check, equal, run, wait_for, within
from node import Node, Pair
from runner import test
from t_daemon import host_state, taut

V4 = "10.7.0.2"
ALL = ("10.7.0.2/32, fd07::2/128", "0.0.0.0/0, ::/0")


def rewrite(node, text):
    """The new file replaces the old one atomically."""
    os.rename(node.lab.file(node.name + ".new", text), node.config)


@test(slow=3, needs=["taut"])
def reload_waits_until_the_tunnel_is_up(lab):
    """While hooks run the file is not reread; a HUP takes effect once the tunnel is up."""
    pair = Pair(lab, start=False)
    mark, gate = (os.path.join(lab.dir, n) for n in ("mark", "gate"))
    hooks = (f"PreUp = until [ -e {gate} ]; do sleep 0.05; done\n"
             f"PreUp = echo second >> {mark}\n")
    pair.a.config = lab.file(pair.a.name + ".conf", pair.config(0, hooks))
    pair.a.start("run", pair.a.config)
    rewrite(pair.a, pair.config(0, rest="PersistentKeepalive = 7\n"))
    done = taut(lab, pair.a.ns, "reload", pair.a.name, ok=False)
    equal(done.code, 1, "exit status of a reload while it comes up")
    check("coming up" in done.err, f"reload said: {done.err}")
    pair.a.process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    check("UP" not in pair.a.flags(), "the link came up before its PreUp had ended")
    open(gate, "w", encoding="ascii").close()
    pair.a.wait_log("ready")
    with open(mark, encoding="ascii") as file:
        equal(file.read(), "second\n", "hooks of the first file")
    wait_for(lambda: pair.a.peer(pair.b)["keepalive"] == "7", 2, "what the second file says")


@test(slow=2, needs=["taut"])
def failed_hook_after_a_hangup_is_told(lab):
    pair = Pair(lab, start=False)
    gate = os.path.join(lab.dir, "gate")
    pair.a.config = lab.file(pair.a.name + ".conf", pair.config(
        0, f"PreUp = until [ -e {gate} ]; do sleep 0.05; done; exit 3\n"))
    pair.a.start("run", pair.a.config)
    rewrite(pair.a, pair.config(0))
    pair.a.process.send_signal(signal.SIGHUP)
    taut(lab, pair.a.ns, "reload", pair.a.name, ok=False)
    open(gate, "w", encoding="ascii").close()
    equal(pair.a.wait_exit(), 1, "exit status")
    check("PreUp failed with exit status 3" in pair.a.log(), f"log: {pair.a.last_log()}")


@test(slow=3, needs=["taut"])
def reload_is_refused_at_the_end(lab):
    """No reload sets things up again while PreDown or PostDown hooks run."""
    pair = Pair(lab, start=False)
    before = host_state(pair.a.ns)
    gates = [os.path.join(lab.dir, n) for n in ("one", "two")]
    pair.a.start_config(pair.config(0, "".join(
        f"{kind} = until [ -e {gate} ]; do sleep 0.05; done\n"
        for kind, gate in zip(("PreDown", "PostDown"), gates))))
    pair.a.wait_log("ready")       # a start that is interrupted has no Down hooks
    pair.a.process.send_signal(signal.SIGTERM)
    pair.a.wait_log("stopping")
    rewrite(pair.a, pair.config(0, rest="PersistentKeepalive = 7\n"))
    done = taut(lab, pair.a.ns, "reload", pair.a.name, ok=False)
    equal(done.code, 1, "exit status of a reload while it ends")
    check("stopping" in done.err, f"reload said: {done.err}")
    equal(pair.a.peer(pair.b)["keepalive"], "off", "what runs")
    open(gates[0], "w", encoding="ascii").close()
    wait_for(lambda: not os.path.exists(pair.a.socket_path), 3, "control socket gone")
    told = pair.a.log().count("the tunnel is stopping")
    pair.a.process.send_signal(signal.SIGHUP)
    wait_for(lambda: pair.a.log().count("the tunnel is stopping") > told, 2,
             "a line about the late HUP")
    open(gates[1], "w", encoding="ascii").close()
    equal(pair.a.wait_exit(), 0, "exit status")
    equal(host_state(pair.a.ns), before, "state of the host afterwards")


def forget_calls(*numbers):
    """For a child: these system calls are unknown to the kernel, by a seccomp filter."""
    bpf = [(0x20, 0, 0, 0)]                             # load the number of the call
    for i, number in enumerate(numbers):
        bpf.append((0x15, len(numbers) - i, 0, number))  # equal: to the last line
    bpf += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050000 | 38)]   # allow; ENOSYS
    return filtered(bpf)


@test(slow=2, needs=["taut"])
def old_kernel_runs_hooks(lab):
    """Linux 4.18 has neither pidfd_open nor close_range: hooks run, no descriptor is kept."""
    if platform.machine() not in ("x86_64", "aarch64"):
        raise Skip("not the numbers of this machine")
    pair = Pair(lab, start=False)
    mark = os.path.join(lab.dir, "mark")
    conf = lab.file(pair.a.name + ".conf", pair.config(
        0, f"PreUp = echo up >> {mark}\nPostUp = sleep 0.2; echo after >> {mark}\n"
           f"PreDown = sleep 0.2; echo down >> {mark}\n"))
    extra = os.open("/dev/zero", os.O_RDONLY)
    os.set_inheritable(extra, True)
    child = pair.a.ns.popen(lab.program, "up", conf, preexec_fn=forget_calls(434, 436),
                            close_fds=False)
    equal(child.wait(10), 0, "exit status of up")
    os.close(extra)
    daemon, = pair.a.ns.daemons()
    files = [os.readlink(f"/proc/{daemon}/fd/{n}") for n in os.listdir(f"/proc/{daemon}/fd")]
    check("/dev/zero" not in files, f"descriptors of the daemon: {files}")
    equal(taut(lab, pair.a.ns, "down", pair.a.name).code, 0, "down")
    with open(mark, encoding="ascii") as file:
        equal(file.read().split(), ["up", "after", "down"], "hooks")
    bad = lab.file(pair.a.name + ".conf", pair.config(0, "PostUp = exit 7\n"))
    child = pair.a.ns.popen(lab.program, "up", bad, preexec_fn=forget_calls(434, 436))
    equal(child.wait(10), 1, "exit status with a hook that fails")


def lines_with(words, text):
    return [line for line in text.splitlines() if words in line]


@test(needs=["taut", "unshare"])
def missing_proc_is_one_clear_line(lab):
    """In the foreground, where nobody keeps the terminal open, and with a file."""
    node = Node(lab, lab.namespace("a"))
    before = host_state(node.ns)
    conf = lab.file(node.name + ".conf", "[Interface]\nPrivateKey = "
                    f"{noise.b64(node.private)}\nAddress = 10.7.0.1/24\n")
    for argv in (("-f", node.name), (node.name,), ("run", conf), ("up", conf)):
        done = node.ns.run("unshare", "--mount", "sh", "-c", 'umount -l /proc && exec "$@"', "sh",
                           lab.program, *argv, env={"WG_QUICK_USERSPACE_IMPLEMENTATION": "taut"},
                           ok=False)
        equal(done.code, 1, f"exit status of {argv[0]}")
        equal(len(lines_with("is /proc mounted?", done.err)), 1, f"{argv[0]} said: {done.err}")
        equal(host_state(node.ns), before, f"state of the host after {argv[0]}")
        check(not os.path.exists(node.socket_path), f"socket left behind by {argv[0]}")


@test(needs=["taut", "setpriv", "unshare"], slow=2)
def missing_right_is_one_clear_line(lab):
    """The tunnel comes up, and tells once what its worker could not give up, and why."""
    if platform.machine() not in ("x86_64", "aarch64"):
        raise Skip("not the numbers of this machine")
    seccomp = {"x86_64": 317, "aarch64": 277}[platform.machine()]
    node = Node(lab, lab.namespace("a"))
    # Without a filter it would look for leaks, and cannot: nobody may trace it.
    node.env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    start = (lab.program, "-f", node.name)
    for argv, filtered, part, why in (
            (("setpriv", "--bounding-set", "-setuid,-setgid"), (),
             "user", "root: changing the user needs CAP_SETUID"),
            (("unshare", "--map-root-user", "--net"), (),
             "user", "root: this user namespace has no other user"),
            ((), (444,), "landlock", "this kernel has no Landlock"),
            ((), (seccomp,), "seccomp", "this kernel has no filters of system calls")):
        with open(node.log_path, "wb") as log:
            node.process = node.ns.popen(
                *argv, *start, stdout=log, stderr=log, env={**os.environ, **node.env},
                preexec_fn=forget_calls(*filtered) if filtered else None)
        wait_for(node.answers, 10, f"{part}: the control socket")
        node.wait_log("ready")
        # What an old kernel lacks anyway is told besides.
        told = [line for line in lines_with("jail: ", node.log()) if "jail: limits" not in line
                and (part == "landlock" or "jail: landlock: this kernel" not in line)]
        equal(len(told), 1, f"{part}: lines: {told}")
        check(f"jail: {part}: {why}" in told[0], f"{part}: it said {told[0]}")
        said = run("nsenter", f"--net=/proc/{node.process.pid}/ns/net", lab.program, "status",
                   node.name, ok=False).out
        equal(len(lines_with(f" {part} (", said)), 1, f"{part}: status said: {said}")
        node.stop()


@test(slow=2, needs=["taut"])
def rules_of_a_killed_tunnel_are_removed(lab):
    """A default route dies with its process, its rules do not: the next start removes them."""
    pair = Pair(lab, start=False)
    before = host_state(pair.a.ns)
    pair.a.start_config(pair.config(0).replace(*ALL))
    pair.a.kill9()
    check(host_state(pair.a.ns) != before, "nothing is left of a killed tunnel")
    pair.a.start_config(pair.config(0))
    pair.a.wait_log("killed tunnel left behind")
    pair.a.stop()
    equal(host_state(pair.a.ns), before, "state of the host afterwards")


@test(slow=2, needs=["taut"])
def down_removes_what_a_killed_tunnel_left(lab):
    """Rules and the socket, nothing of a live tunnel; a second time there is nothing to do."""
    pair = Pair(lab, start=False)
    other = Node(lab, pair.a.ns)
    other.start_config(pair.config(1).replace("10.7.0.", "10.17.0.").replace(
        "10.17.0.1/32, fd07::1/128", "0.0.0.0/0"))
    before = host_state(pair.a.ns)
    for text in (pair.config(0).replace(*ALL), pair.config(0)):
        pair.a.start_config(text)
        pair.a.kill9()
        check(os.path.exists(pair.a.socket_path), "a killed tunnel leaves no socket")
        done = taut(lab, pair.a.ns, "down", pair.a.name)
        check("was not running; removed" in done.err and "its control socket" in done.err,
              f"down said: {done.err}")
        equal("policy rules" in done.err, text != pair.config(0), f"rules in: {done.err}")
        equal(host_state(pair.a.ns), before, "state of the host afterwards")
        check(not os.path.exists(pair.a.socket_path), "the socket remains")
        done = taut(lab, pair.a.ns, "down", pair.a.name)
        equal(done.err, f"taut: {pair.a.name} is not running\n", "down of what is not running")
    equal(taut(lab, pair.a.ns, "down", other.name).code, 0, "down of the live one")
    with open(pair.a.socket_path, "w", encoding="ascii") as file:
        file.write("somebody's own\n")
    done = taut(lab, pair.a.ns, "down", pair.a.name, ok=False)
    equal(done.code, 1, "exit status when something stays")
    check("cannot remove" in done.err and os.path.exists(pair.a.socket_path), f"said: {done.err}")


RESOLVCONF = """#!/bin/sh
case $1 in
-a) cat >/run/resolvconf/interface/$2 ;;
-d) rm /run/resolvconf/interface/$2 ;;
esac
"""
KILLED = """
mount --bind "$helpers" /usr/sbin
mount -t tmpfs none /run
mkdir -p /run/resolvconf/interface
left() { echo "$1: $(ls /run/resolvconf/interface)"; }
killed() {
    "$taut" run "$conf" 2>/dev/null & pid=$!
    until grep -q 10.7.0.2 /run/resolvconf/interface/*; do sleep 0.1; done 2>/dev/null
    kill -9 $pid
    wait $pid || left killed
}
killed
"$taut" down "$name"
left down
"$taut" down "$name"
killed
ip tuntap add dev "$name" mode tun
"$taut" down "$name"
left "not ours"
ip link del "$name"
sed -i '/^DNS/d' "$conf"
"$taut" up "$conf"
left up
"$taut" down "$name"
"""


@test(slow=2, needs=["taut"])
def dns_of_a_killed_tunnel_is_removed(lab):
    """resolvconf keeps its records: down and the next start remove them."""
    pair = Pair(lab, start=False)
    helpers = os.path.join(lab.dir, "sbin")
    os.mkdir(helpers)
    for program, text in (("resolvconf", RESOLVCONF), ("resolvectl", "#!/bin/sh\nexit 1\n")):
        lab.file(os.path.join("sbin", program), text, 0o700)
    name = pair.a.name
    conf = lab.file(name + ".conf", pair.config(0, "DNS = 10.7.0.2"))
    done = pair.a.ns.run("unshare", "-m", "sh", "-ec", KILLED, env={
        "helpers": helpers, "taut": lab.program, "conf": conf, "name": name})
    lines = re.sub(r"\btun\." + name, name, done.out).splitlines()
    equal(lines, [f"killed: {name}", "down: ", f"killed: {name}", f"not ours: {name}", "up: "],
          "the records")
    said = [line for line in done.err.splitlines() if line.startswith("taut: " + name)]
    check("its DNS servers" in said[0], f"the first down said: {said}")
    equal(said[1], f"taut: {name} is not running", "the second down said")
    check("DNS" not in said[2], f"the third down said: {said}")
    check("removed the DNS servers" in done.err, f"up said: {done.err}")


@test(slow=2, needs=["taut"])
def rules_of_a_living_tunnel_stay(lab):
    pair = Pair(lab, start=False)
    pair.a.start_config(pair.config(0).replace(*ALL))
    rules = [pair.a.ns.run("ip", f, "rule").out for f in ("-4", "-6")]
    other = Node(lab, pair.a.ns)    # on the same host, without a default route
    other.start_config(pair.config(1).replace("10.7.0.", "10.17.0.").replace("fd07:", "fd17:"))
    equal([pair.a.ns.run("ip", f, "rule").out for f in ("-4", "-6")], rules, "rules")
    other.stop()
    equal([pair.a.ns.run("ip", f, "rule").out for f in ("-4", "-6")], rules, "rules")


@test(slow=2, needs=["taut"])
def ipv6_switched_off_is_left_out(lab):
    """disable_ipv6: the IPv4 half of the file works, one line reports the rest."""
    pair = Pair(lab, start=False)
    for scope in ("all", "default"):
        pair.a.ns.sysctl(f"ipv6/conf/{scope}/disable_ipv6", 1)
    before = host_state(pair.a.ns)
    pair.b.start_config(pair.config(1))
    for text in (pair.config(0), pair.config(0).replace(*ALL)):
        pair.a.start_config(text)
        pair.a.wait_ping(V4, 8, "the IPv4 half")
        check("IPv6 is off" in pair.a.log(), f"log: {pair.a.log()}")
        done = taut(lab, pair.a.ns, "reload", pair.a.name)
        equal(done.out, "nothing to change\n", "reload")
        pair.a.stop()
        equal(host_state(pair.a.ns), before, "state of the host afterwards")
    pair.a.start_config(pair.config(0))
    for scope in ("all", "default", pair.a.name):
        pair.a.ns.sysctl(f"ipv6/conf/{scope}/disable_ipv6", 0)
    taut(lab, pair.a.ns, "reload", pair.a.name)
    check("fd07::1" in pair.a.ns.run("ip", "addr", "show", pair.a.name).out,
          "IPv6 is on again, and reload adds no address")


@test(needs=["taut"])
def check_tells_of_hooks_that_will_be_refused(lab):
    pair = Pair(lab, start=False)
    marks = os.path.join(lab.dir, "marks")
    text = pair.config(0, f"PreUp = touch {marks}\n")
    for mode, owner in ((0o777, 0), (0o755, 1000)):
        above = os.path.join(lab.dir, f"d{mode:o}{owner}")
        place = os.path.join(above, "etc")      # valid in itself, but others may replace it
        os.makedirs(place, 0o755)
        os.chown(above, owner, 0)
        os.chmod(above, mode)
        path = os.path.join(place, pair.a.name + ".conf")
        os.rename(lab.file(pair.a.name + ".conf", text), path)
        done = taut(lab, pair.a.ns, "run", path, ok=False)
        equal(done.code, 78, f"exit status of run below mode {mode:o} of {owner}")
        check(above in done.err and "ch" in done.err, f"run said: {done.err}")
        done = taut(lab, pair.a.ns, "check", path)
        check("refused" in done.err, f"check said: {done.err}")
    check(not os.path.exists(marks), "a hook ran")


@test(needs=["taut"])
def one_mistake_is_one_error(lab):
    """An invalid key is not also reported as missing."""
    pair = Pair(lab, start=False)
    good = pair.config(0)
    for bad in (re.sub("PublicKey = .", "PublicKey = ", good),
                re.sub("PrivateKey = .", "PrivateKey = ", good),
                good.replace("PublicKey =", "# PublicKey ="),
                good.replace("Address", "Adress")):
        path = lab.file(pair.a.name + ".conf", bad)
        done = taut(lab, pair.a.ns, "check", path, ok=False)
        equal(done.code, 1, "exit status of check")
        equal(len(done.err.splitlines()), 2, f"lines of {done.err!r}")


@test(needs=["taut"])
def file_behind_a_link_is_read_where_it_points_now(lab):
    """A file that is replaced by moving a link: reload reads the new one."""
    pair = Pair(lab, start=False)
    one = lab.file("one", pair.config(0))
    two = lab.file("two", pair.config(0, rest="PersistentKeepalive = 7\n"))
    link = os.path.join(lab.dir, pair.a.name + ".conf")
    os.symlink(one, link)
    equal(taut(lab, pair.a.ns, "up", link).code, 0, "up")
    os.symlink(two, link + "2")
    os.rename(link + "2", link)
    taut(lab, pair.a.ns, "reload", pair.a.name)
    equal(pair.a.peer(pair.b)["keepalive"], "7", "keepalive of the second file")
    taut(lab, pair.a.ns, "down", pair.a.name)


@test(needs=["taut"])
def hidden_file_is_not_called_missing(lab):
    pair = Pair(lab, start=False)
    os.chmod(lab.dir, 0o700)
    path = lab.file(pair.a.name + ".conf", pair.config(0))
    done = pair.a.ns.run("setpriv", "--reuid", "65534", "--clear-groups", lab.program, "run", path,
                         ok=False)
    if "setpriv" in done.err or done.code in (126, 127):
        raise Skip(f"the program cannot be run by others here: {done.err.strip()}")
    equal(done.code, 78, "exit status")
    check("Permission denied" in done.err, f"run said: {done.err}")


@test(slow=4, needs=["taut"])
def stopped_reader_of_the_log_stops_nothing(lab):
    """`taut run | less`: the pipe is full, the tunnel keeps running, and stops on request."""
    pair = Pair(lab, start=False)
    conf = lab.file(pair.a.name + ".conf", pair.config(0))
    pair.b.start_config(pair.config(1))
    reader, writer = os.pipe()
    child = lab.spawn(pair.a.ns, lab.program, "run", conf, stdout=writer, stderr=writer)
    wait_for(lambda: pair.a.ns.ping(V4, 1, 0.2), 8, "a session")
    size = fcntl.fcntl(writer, 1032)        # F_GETPIPE_SZ
    text = pair.a.uapi("status=1\n\n")
    for _ in range(2 * size // len(text)):
        child.send_signal(signal.SIGUSR1)
        time.sleep(0.002)
    pair.a.wait_ping(V4, 2, "with a log that nobody reads")
    child.send_signal(signal.SIGTERM)
    equal(child.wait(3), 0, "exit status")
    check(pair.a.name not in pair.a.ns.links(), "link left behind")
    os.close(reader)
    os.close(writer)


@test(slow=2, needs=["taut"])
def many_routes_survive_a_change_of_address(lab):
    """20400 of them: routes that vanished with a changed address are added again, quickly."""
    pair = Pair(lab, start=False)
    nets = [f"{20 + i // 65536}.{i >> 8 & 255}.{i & 255}.0/24" for i in range(20400)]
    lines = "".join(f"AllowedIPs = {', '.join(nets[i:i + 510])}\n" for i in range(0, 20400, 510))
    text = pair.config(0, rest=lines)
    pair.a.start_config(text)
    pair.a.wait_log("ready", 10)
    rewrite(pair.a, text.replace("10.7.0.1/24", "10.7.0.9/24"))
    start = time.monotonic()
    taut(lab, pair.a.ns, "reload", pair.a.name)
    within(time.monotonic() - start, 0, 4, "seconds for the reload")
    equal(pair.a.ns.run("ip", "route").out.count(f"dev {pair.a.name}"), 20401, "routes")


@test(slow=6, needs=["taut"])
def packets_do_not_wait_for_a_busy_monitor(lab):
    """It does not read for a while, and there is much to log; nothing of that is lost."""
    pair = Pair(lab, start=False)
    silent = "".join(f"[Peer]\nPublicKey = {noise.b64(os.urandom(32))}\nPersistentKeepalive = 1\n"
                     f"Endpoint = {pair.outer[1]}:9\n" for _ in range(600))
    pair.a.start_config(pair.config(0) + silent)
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping(V4, 5, "first answer")
    pair.a.process.send_signal(signal.SIGSTOP)
    try:
        end, missed = time.monotonic() + 8, 0
        while time.monotonic() < end:
            missed += not pair.a.ns.ping(V4, 1, 0.1)
            time.sleep(0.02)
    finally:
        pair.a.process.send_signal(signal.SIGCONT)
    check(missed <= 10, f"{missed} pings without an answer within 0.1 s")
    wait_for(lambda: pair.a.log().count("initiation resent") > 600, 5, "the lines")
    check("were lost" not in pair.a.log(), "lines were lost")

# SPDX-License-Identifier: ISC
"""taut's messages on the notify socket; this test plays the service manager."""

import os
import signal
import time

from lab import check, equal, wait_for, within
from manager import VARIABLES, Manager
from node import Pair
from runner import test

WATCHDOG = 0.6      # seconds; a ping every third of it


def service(lab, extra="", watchdog=None, pid=None, abstract=False):
    """A pair, the first started by a manager; (pair, manager, config text)."""
    pair = Pair(lab, start=False)
    manager = Manager(lab, *(pair.a.ns, f"@taut-test-{os.getpid()}") if abstract else ())
    pair.a.env.update(manager.environment(watchdog, pid))
    return pair, manager, pair.config(0, extra)


def launch(pair, text):
    pair.a.config = pair.a.lab.file(pair.a.name + ".conf", text)
    pair.a.launch("run", pair.a.config)


def ready(manager):
    return manager.wait("READY", 10)


@test(needs=["taut"])
def ready_comes_when_the_device_stands(lab):
    """Not before the hooks are done; then device, addresses and control socket exist."""
    pair, manager, text = service(lab, "PreUp = sleep 0.5\nPostUp = sleep 0.5\n")
    start = time.monotonic()
    launch(pair, text)
    ready(manager)
    check(time.monotonic() - start > 0.9, "READY before the hooks were through")
    check(pair.a.is_up(), "READY, but the link is not up")
    check("10.7.0.1/24" in pair.a.ns.run("ip", "addr", "show", pair.a.name).out, "no address")
    check(pair.a.answers(), "READY, but the control socket does not answer")
    first = manager.messages[0][1]
    equal(set(first), {"READY", "STATUS"}, "the first message")
    equal(manager.values("READY"), ["1"], "READY")
    equal(manager.pings(), [], "pings that nobody asked for")


@test(needs=["taut"], slow=3)
def status_follows_the_state(lab):
    """In words, once per change: handshaking, up, link down, up."""
    pair, manager, text = service(lab)
    launch(pair, text)
    ready(manager)
    pair.a.ns.ping("10.7.0.2", 1, 0.2)
    manager.wait("STATUS", 5, lambda v: v.startswith("handshaking: "))
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping("10.7.0.2", 10, "tunnel")
    wait_for(lambda: manager.values("STATUS")[-1].startswith("up: "), 5, "STATUS up")
    pair.a.ns.ip(f"link set {pair.a.name} down")
    manager.wait("STATUS", 5, lambda v: v == "dead: the interface is down")
    pair.a.ns.ip(f"link set {pair.a.name} up", f"addr replace 10.7.0.1/24 dev {pair.a.name}")
    pair.a.wait_ping("10.7.0.2", 10, "tunnel after the link was down")
    wait_for(lambda: manager.values("STATUS")[-1].startswith("up: "), 5, "STATUS up again")
    said = manager.values("STATUS")
    equal([s for s, t in zip(said, said[1:]) if s == t], [], "said twice in a row")
    check(len(said) < 12, f"too talkative: {said}")


@test(needs=["taut"])
def reload_is_told_from_begin_to_end(lab):
    """By HUP and by the verb; also if the file is invalid; the tunnel keeps running."""
    pair, manager, text = service(lab)
    launch(pair, text)
    ready(manager)
    for change, good in (("ListenPort = 2009", True), ("ListenPort = many", False)):
        lab.file(pair.a.name + ".conf", text.replace("ListenPort = 2001", change))
        for how in ("signal", "verb"):
            manager.forget()
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            if how == "signal":
                pair.a.process.send_signal(signal.SIGHUP)
            else:
                done = pair.a.ns.run(lab.program, "reload", pair.a.name, ok=False)
                equal(done.code, 0 if good else 1, "exit status of reload")
            ready(manager)
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            told = [said for _, said in manager.messages if "RELOADING" in said or "READY" in said]
            equal([sorted(said)[0] for said in told], ["MONOTONIC_USEC", "READY"], how)
            equal(told[0]["RELOADING"], "1", "RELOADING")
            within(int(told[0]["MONOTONIC_USEC"]), before, after, "MONOTONIC_USEC")
    equal(pair.a.port(), 2009, "the port of the good file")


@test(needs=["taut"], slow=6)
def a_stopped_process_stops_its_pings(lab):
    """At least three times in WatchdogSec; SIGSTOP, of either process: none; SIGCONT: again."""
    pair, manager, text = service(lab, watchdog=WATCHDOG)
    launch(pair, text)
    ready(manager)
    manager.forget()
    time.sleep(2)
    times = manager.pings()
    within(len(times), 8, 12, "pings in 2 s")
    gaps = [b - a for a, b in zip(times, times[1:])]
    check(max(gaps) < WATCHDOG * 2 / 3, f"a gap of {max(gaps):.3f} s")
    pids = pair.a.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.1)
        manager.forget()
        time.sleep(2 * WATCHDOG)
        equal(manager.pings(), [], f"pings while {pid} of {pids} is stopped")
        os.kill(pid, signal.SIGCONT)
        manager.wait("WATCHDOG", 2)
    equal(pair.a.pids(), pids, "processes")


@test(needs=["taut"], slow=3)
def pings_go_on_while_nothing_works(lab):
    """No peer, no link, no route: nothing that a restart would fix."""
    pair, manager, text = service(lab, watchdog=WATCHDOG)
    launch(pair, text)
    ready(manager)
    for change in (f"link set {pair.a.name} down", f"link set {pair.a.name} up",
                   f"link set {pair.dev_a} down", f"link set {pair.dev_a} up"):
        pair.a.ns.ip(change)
        manager.forget()
        pair.a.ns.ping("10.7.0.2", 1, 0.2)
        time.sleep(2 * WATCHDOG)
        check(len(manager.pings()) >= 5, f"{change}: {len(manager.pings())} pings")


@test(needs=["taut"])
def pings_come_during_a_long_hook(lab):
    """A PreDown that takes longer than the watchdog timeout."""
    pair, manager, text = service(lab, f"PreDown = sleep {2 * WATCHDOG}\n", WATCHDOG)
    launch(pair, text)
    ready(manager)
    pair.a.process.send_signal(signal.SIGTERM)
    manager.wait("STOPPING", 2)
    manager.forget()
    time.sleep(1.5 * WATCHDOG)
    check(len(manager.pings()) >= 3, f"{len(manager.pings())} pings in a hook")
    equal(pair.a.wait_exit(), 0, "exit status")


@test(needs=["taut"])
def a_watchdog_for_another_process_gets_no_pings(lab):
    """WATCHDOG_PID names the process that must ping."""
    pair, manager, text = service(lab, watchdog=WATCHDOG, pid=1)
    launch(pair, text)
    ready(manager)
    time.sleep(2 * WATCHDOG)
    equal(manager.pings(), [], "pings")


@test(needs=["taut"])
def stopping_is_told(lab):
    """On TERM, and when the device is deleted."""
    pair, manager, text = service(lab)
    for end in ("TERM", "deleted"):
        manager.forget()
        launch(pair, text)
        ready(manager)
        if end == "TERM":
            pair.a.process.send_signal(signal.SIGTERM)
        else:
            pair.a.ns.ip(f"link del {pair.a.name}")
        equal(manager.wait("STOPPING", 5)[0], "1", end)
        equal(pair.a.wait_exit(), 0, "exit status")
        equal(manager.values("STOPPING"), ["1"], "once")


@test(needs=["taut"])
def hooks_cannot_speak_for_the_service(lab):
    """Hooks do not get the variables; /proc does not show them for a hook either."""
    seen = os.path.join(lab.dir, "seen")
    hooks = "".join(f"{kind} = env >> {seen}\n" for kind in ("PreUp", "PostUp", "PostDown"))
    pair, manager, text = service(lab, hooks, WATCHDOG)
    launch(pair, text)
    ready(manager)
    pair.a.stop()
    with open(seen, encoding="utf-8") as file:
        names = [line.split("=")[0] for line in file]
    equal(names.count("PATH"), 3, "hooks that ran")
    equal([n for n in names if n in VARIABLES], [], "in their environment")


@test(needs=["taut"])
def an_abstract_socket_is_reached(lab):
    """NOTIFY_SOCKET=@name."""
    pair, manager, text = service(lab, abstract=True)
    launch(pair, text)
    ready(manager)
    pair.a.stop()
    equal(manager.values("STOPPING"), ["1"], "STOPPING")


@test(needs=["taut"])
def a_start_that_fails_is_never_ready(lab):
    """An invalid file exits with 78, a failed hook with 1; neither reported readiness."""
    pair, manager, text = service(lab)
    for change, code in ((text.replace("2001", "many"), 78), (text.replace(
            "[Peer]", "PostUp = false\n[Peer]"), 1)):
        launch(pair, change)
        equal(pair.a.wait_exit(), code, "exit status")
        equal(manager.values("READY"), [], "READY")


@test(needs=["taut"])
def a_manager_that_went_away_harms_nobody(lab):
    """The socket is gone: the tunnel keeps working."""
    pair, manager, text = service(lab, watchdog=WATCHDOG)
    launch(pair, text)
    ready(manager)
    manager.sock.close()
    os.unlink(manager.name)
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping("10.7.0.2", 10, "tunnel")
    time.sleep(WATCHDOG)
    pair.a.process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    pair.a.ns.must_ping("10.7.0.2")
    pair.a.stop()

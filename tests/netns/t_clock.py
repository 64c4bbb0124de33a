# SPDX-License-Identifier: ISC
"""A clock that went back over a restart: peers must go on answering."""

import os
import random
import time

import stamps
from lab import check, equal, wait_for, within
from node import Pair, children
from runner import test
from t_why import holds, verdict

V4 = "10.7.0.2"
HOUR = 3600


def stamp_file(node):
    return os.path.join(node.state_dir, node.name + ".stamp")


def stamps_of(node):
    with open(stamp_file(node), "rb") as file:
        return stamps.read(file.read())


def stamp(pair):
    """In seconds since 1970: what the next process of a has to exceed for b."""
    return stamps_of(pair.a)[pair.b.public_key]


def connected(lab, **options):
    pair = Pair(lab, start=False, wall=0, **options)
    pair.start_configs()
    pair.a.wait_ping(V4, 3, "first ping")
    wait_for(lambda: os.path.exists(stamp_file(pair.a)), 2, "the file of stamps")
    return pair


def start_again(node):
    """A killed monitor may leave its device to a worker that ends a moment later."""
    before = node.log().count(": ready")
    node.start("run", node.config)
    wait_for(lambda: node.log().count(": ready") > before and node.is_up(), 10, "link up again")


def restart(node, behind, kill=False):
    """With the clock behind by that number of seconds."""
    if kill:
        node.kill9()
    else:
        node.stop()
    node.env["FASTCLOCK_WALL"] = str(-behind)
    start_again(node)


def answered_at_once(pair):
    start = time.monotonic()
    pair.a.ns.must_ping(V4, wait=1, what="first ping after the restart")
    within(time.monotonic() - start, 0, 1, "seconds until it is answered")


@test(slow=3, needs=["taut"])
def clock_an_hour_back_over_a_restart(lab):
    """The first ping is answered, and why names the clock of this host."""
    pair = connected(lab)
    equal(os.stat(stamp_file(pair.a)).st_mode & 0o7777, 0o600, "mode of the file")
    equal(list(stamps_of(pair.a)), [pair.b.public_key], "peers in the file")
    within(stamp(pair) - time.time(), -60, 2.1, "seconds of lead")
    for kill in (False, True):
        restart(pair.a, HOUR, kill)
        answered_at_once(pair)
        found = verdict(pair.a, "E-OWN-CLOCK", problem=False)
        check(any(f"{HOUR + i} s" in found[1] for i in range(-10, 5)), f"not by an hour: {found}")
        holds(found, "timedatectl")
    equal(pair.b.drops().get("timestamp"), None, "handshakes refused")


@test(slow=6, needs=["taut"])
def clock_back_without_the_file_is_deafness(lab):
    """What the file is good for: proves that the test before this one can fail."""
    pair = connected(lab)
    restart(pair.a, HOUR)
    answered_at_once(pair)
    pair.a.stop()
    os.unlink(stamp_file(pair.a))
    pair.a.env["FASTCLOCK_WALL"] = str(-2 * HOUR)
    pair.a.start("run", pair.a.config)
    wait_for(pair.a.is_up, 10, "link up again")
    equal(pair.a.ns.ping(V4, 3, wait=1, interval=0.2), 0, "pings answered")
    check(pair.b.drops().get("timestamp"), "no handshake was refused")


@test(slow=4, needs=["taut"])
def crash_loop_leads_by_two_seconds_a_restart(lab):
    pair = connected(lab)
    before = stamp(pair)
    for _ in range(4):
        restart(pair.a, HOUR, kill=True)
        answered_at_once(pair)
        wait_for(lambda: stamp(pair) != before, 2, "a new stamp in the file")
        after = stamp(pair)
        equal(after - before, 2, "seconds ahead")
        before = after


def killed_while_stamps_are_written(lab, times):
    """The clock stays behind, so that each process has to exceed all that the killed ones have
    sent, and knows it from the file alone. Every other time the writer is killed as well."""
    pair = Pair(lab, start=False, wall=0)
    pair.a.group = 0
    pair.b.start_config(pair.config(1))
    pair.a.start_config(pair.config(0, rest="PersistentKeepalive = 5\n"))
    pair.a.wait_ping(V4, 3, "first ping")
    wait_for(lambda: os.path.exists(stamp_file(pair.a)), 2, "the file of stamps")
    before, began, torn, worst = stamp(pair), 1, 0, 0
    first = before
    for turn in range(times):
        pair.a.kill9(whole=turn % 2)
        pair.a.env["FASTCLOCK_WALL"] = str(-HOUR)
        pair.a.launch("run", pair.a.config)
        if turn % 4 == 3:                       # the first one that it forks writes the file
            wait_for(lambda: children(pair.a.process.pid), 5, "the writer", step=0)
            time.sleep(random.uniform(0, 0.001))
        else:                                   # the first initiation leaves within that
            time.sleep(random.uniform(0, 0.2))
        pair.a.kill9(whole=turn % 2)
        torn += os.path.exists(os.path.join(pair.a.state_dir, ".stamp.next"))
        start_again(pair.a)
        start = time.monotonic()
        answered_at_once(pair)
        worst = max(worst, time.monotonic() - start)
        began += 2
        after = stamp(pair)
        check(after >= before, f"turn {turn}: the file went back from {before} to {after}")
        before = after
    equal(pair.b.drops().get("timestamp"), None, "handshakes refused")
    within(before - first, 1, 2 * began, "seconds ahead")
    check(".stamp: cannot" not in pair.a.log(), "a file that could not be used")
    print(f"    {2 * times} deaths, {torn} of them while the file was written; the slowest first "
          f"ping took {worst:.2f} s", flush=True)


@test(slow=8, needs=["taut"])
def stamps_survive_deaths_at_any_moment(lab):
    killed_while_stamps_are_written(lab, 8)


@test(timeout=600, needs=["taut"], long=True)
def stamps_survive_five_hundred_deaths(lab):
    killed_while_stamps_are_written(lab, 250)


@test(slow=4, needs=["taut"])
def bad_file_of_stamps_is_as_good_as_none(lab):
    """Zeros, half a file, a wrong bit, a link: one warning, and the tunnel works."""
    pair = connected(lab)
    pair.a.stop()
    path = stamp_file(pair.a)
    with open(path, "rb") as file:
        good = file.read()
    bit = bytearray(good)
    bit[30] ^= 1
    for number, bad in enumerate((b"", bytes(len(good)), good[:40], bytes(bit), None), 1):
        os.unlink(path)
        if bad is None:
            os.symlink("/etc/passwd", path)
        else:
            with open(path, "wb") as file:
                file.write(bad)
        pair.a.start("run", pair.a.config)
        wait_for(pair.a.is_up, 10, "link up again")
        pair.a.wait_ping(V4, 2, "ping")
        pair.a.wait_log(".stamp: cannot use it", times=number)
        pair.a.stop()
        equal(list(stamps_of(pair.a)), [pair.b.public_key], "peers in the next file")
    with open("/etc/passwd", "rb") as file:
        check(b"taut stamps" not in file.read(), "written through a link")


@test(slow=2, needs=["taut"])
def folder_that_cannot_be_written_costs_one_warning(lab):
    pair = Pair(lab, start=False)
    pair.a.state_dir = pair.a.env["STATE_DIRECTORY"] = "/proc/sys/nowhere"
    pair.start_configs()
    pair.a.wait_ping(V4, 3, "first ping")
    pair.a.stop()
    equal(pair.a.log().count(".stamp: cannot"), 1, "warnings")


@test(slow=3, needs=["taut"])
def peers_that_are_gone_leave_the_file_of_stamps(lab):
    pair = connected(lab)
    text = pair.config(0)
    lab.file(pair.a.name + ".conf", text[:text.index("[Peer]")])
    equal(pair.a.ns.run(pair.a.program, "reload", pair.a.name).code, 0, "reload")
    wait_for(lambda: stamps_of(pair.a) == {}, 3, "an empty file")


@test(slow=3, needs=["taut"])
def peers_set_by_hand_go_on_from_the_file_of_stamps(lab):
    """As wg-quick and wg(8) do it: without a file of ours, and peers that come later."""
    pair = Pair(lab, wall=0)
    pair.a.wait_ping(V4, 3, "first ping")
    wait_for(lambda: os.path.exists(stamp_file(pair.a)), 2, "the file of stamps")
    pair.a.kill9()
    pair.a.env["FASTCLOCK_WALL"] = str(-HOUR)
    pair.a.start()
    pair.a.setup(pair.words(pair.b, 2, 2002), port=2001, addresses=("10.7.0.1/24",))
    answered_at_once(pair)

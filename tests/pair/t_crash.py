# SPDX-License-Identifier: ISC
"""Commands that write files are killed: what was there stays, or all of what was wanted is there.

test_conftrail kills what writes the files before each of its system calls. Here it is whole
commands, at random moments, and then the tunnel must come up with a key that is known.
"""

import base64
import os
import random
import shutil
import subprocess
import time

from host import GROUP, LINE, line_of, refused, two_hosts
from lab import check, equal, run
from runner import test

HALF = 4000000      # no process has this id


def files_of(host):
    """All of /etc/taut: {name: text}."""
    top = host.file("")
    return {os.path.relpath(os.path.join(folder, name), top):
            host.text(os.path.relpath(os.path.join(folder, name), top))
            for folder, _, names in os.walk(top) for name in names}


def restore(host, files):
    shutil.rmtree(host.file(""))
    os.mkdir(host.file(""), 0o700)
    for name, text in files.items():
        os.makedirs(os.path.dirname(host.file(name)), 0o700, exist_ok=True)
        host.put(host.file(name), text)


def has_trail(host):
    return any(name.startswith(".") for _, _, names in os.walk(host.file("")) for name in names)


def public_of(host, key):
    return host.run(host.lab.program, "pubkey", input=key).out.strip()


def key_in(line):
    """The public key of the host that made this line."""
    line = line.strip().removeprefix("taut-pair:")
    raw = base64.urlsafe_b64decode(line + "=" * (-len(line) % 4))
    return base64.b64encode(raw[4:36]).decode()


class Crash:
    """A command that is killed again and again, from the same files."""

    def __init__(self, host, argv, line=None):
        self.host, self.argv, self.line = host, argv, line
        self.before = files_of(host)
        self.first, self.whole = self.measure()

    def start(self):
        process = subprocess.Popen(
            ["nsenter", "-t", str(self.host.keeper.pid), "-m", "-n", self.host.lab.program,
             *self.argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        process.stdin.write(self.line or "")
        process.stdin.close()
        return process

    def await_trail(self, process):
        while process.poll() is None and not has_trail(self.host):
            pass

    def measure(self):
        """When it begins to write, and when it ends."""
        times = []
        for _ in range(3):
            restore(self.host, self.before)
            begin = time.monotonic()
            process = self.start()
            self.await_trail(process)
            first = time.monotonic() - begin
            equal(process.wait(), 0, f"exit status of {self.argv}")
            process.stdout.close()
            times.append((time.monotonic() - begin, first))
        return sorted(times)[1][::-1]

    def kill(self, turn):
        """
        At a random moment of all its time, or of that in which it writes; what it had printed.
        """
        restore(self.host, self.before)
        process = self.start()
        if turn % 2:
            time.sleep(random.uniform(0, 1.1 * self.whole))
        else:
            self.await_trail(process)
            time.sleep(random.uniform(0, 1.1 * (self.whole - self.first)))
        process.kill()
        out = process.stdout.read()
        process.stdout.close()
        process.wait()
        return out

    def comes_up(self):
        """With the key that is in the file, which it returns; and nothing is left."""
        self.host.taut("up", "wg0")
        public = self.host.run("wg", "show", "wg0", "public-key").out.strip()
        self.host.taut("down", "wg0")
        check(not has_trail(self.host), f"left: {sorted(files_of(self.host))}")
        equal(public, public_of(self.host, self.host.text("wg0.key")), "the key that it ran with")
        return public

    def changed(self):
        """Which files differ from before."""
        now = files_of(self.host)
        return {name for name in {*now, *self.before} if now.get(name) != self.before.get(name)}


# -- each returns a Crash, and what judges the files after one: (crash, printed) -> it was done

def crash_new(a, _):
    a.taut("new", "wg0", "--listen")

    def judge(crash, out):
        public, changed = crash.comes_up(), crash.changed()
        check(changed in (set(), {"wg0.conf", "wg0.key", "wg0.pair"}), f"only {changed} are new")
        equal(public, key_in(a.text("wg0.pair")), "the key in the line that it waits for")
        if LINE.fullmatch(out):
            equal(a.text("wg0.pair"), out, "the line that was printed")
        return bool(changed)

    return Crash(a, ("new", "wg0", "--force", "--listen", "4242")), judge


def crash_join(a, b):
    line = a.taut("new", "wg0", "--listen", "--psk").out
    b.taut("join", "wg0", "-", input=a.taut("new", "other", "--listen", "--psk").out)
    old = set(files_of(b))

    def judge(crash, out):
        public, changed = crash.comes_up(), crash.changed()
        if not changed:
            check(not out, "its line was printed, but nothing was done")
            return False
        check({"wg0.conf", "wg0.key"} < changed, f"only {changed} are new")
        name, = b.value("wg0.conf", "PresharedKeyFile")
        check(name not in old and name in changed, f"no {name} in {changed}")
        if LINE.fullmatch(out):
            equal(public, key_in(out), "the key in the line that was printed")
        return True

    return Crash(b, ("join", "wg0", "-", "--force", "--listen"), line), judge


def crash_accept(a, b):
    answer = line_of(b.taut("join", "wg0", "-", input=a.taut(
        "new", "wg0", "--listen", "--psk").out))

    def judge(crash, _):
        public, changed = crash.comes_up(), crash.changed()
        equal(public, public_of(a, crash.before["wg0.key"]), "the key")
        if changed:
            check("wg0.conf" in changed and "wg0.key" not in changed, f"{changed} are new")
            equal(len(a.psk("wg0")), 44, "length of the preshared key")
        a.taut("accept", "wg0", answer)         # once more, or for the first time
        equal(len(a.value("wg0.conf", "PublicKey")), 1, "peers")
        equal(a.psk("wg0"), b.psk("wg0"), "preshared keys")
        return bool(changed)

    return Crash(a, ("accept", "wg0", answer)), judge


def crash_export(a, _):
    a.taut("new", "wg0", "--listen")

    def judge(crash, _):
        public, changed = crash.comes_up(), crash.changed()
        equal(public, public_of(a, crash.before["wg0.key"]), "the key")
        if changed:
            check("wg0.conf" in changed and len(changed) == 2, f"{changed} are new")
            check(a.text("wg0.conf").startswith(crash.before["wg0.conf"]), "other lines changed")
            equal(len(a.psk("wg0")), 44, "length of the preshared key")
        return bool(changed)

    return Crash(a, ("export", "wg0", "--new-peer", "--psk")), judge


def killed(lab, scene, times):
    crash, judge = scene(*two_hosts(lab))
    done = 0
    for turn in range(times):
        done += judge(crash, crash.kill(turn))
    print(f"    taut {crash.argv[0]}: killed {times} times, done {done}, undone {times - done}",
          flush=True)
    return done


SCENES = (crash_new, crash_join, crash_accept, crash_export)


def few(scene):
    def function(lab):
        killed(lab, scene, 10)
    function.__name__ = f"pair_{scene.__name__}_is_undone_or_done"
    return function


def many(scene):
    def function(lab):
        done = killed(lab, scene, 125)
        check(0 < done < 125, f"the moments were badly chosen: {done} of 125 were done")
    function.__name__ = f"pair_{scene.__name__}_125_times"
    return function


for _scene in SCENES:
    test(timeout=120, slow=8)(few(_scene))
    test(timeout=600, long=True)(many(_scene))


# -- as a kill between the renames of new --force leaves it

def half_done(host):
    """The old file, and a new key. The files as they should be, and the right public key."""
    before = files_of(host)
    os.rename(host.file("wg0.key"), host.file(f".wg0.key.{HALF}.old"))
    host.put(host.file("wg0.key"), host.run(host.lab.program, "genkey").out)
    os.link(host.file("wg0.conf"), host.file(f".wg0.conf.{HALF}.old"))
    host.put(host.file(f".wg0.conf.{HALF}"), "[Interface]\n")
    return before, public_of(host, before["wg0.key"])


@test(timeout=60)
def pair_half_done_is_undone_before_a_start_and_a_reload(lab):
    a, _ = two_hosts(lab)
    a.taut("new", "wg0", "--listen")
    for verb in ("up", "reload", "check"):
        before, public = half_done(a)
        a.taut(verb, "wg0")
        equal(a.run("wg", "show", "wg0", "public-key").out.strip(), public, "the key")
        equal(files_of(a), before, f"files after {verb}")
    a.taut("down", "wg0")


def as_service(host, *argv):
    """A user that may read what the service reads."""
    return host.run("setpriv", "--reuid", "65534", "--regid", GROUP, "--clear-groups",
                    os.path.join(host.etc, "taut"), *argv, ok=False)


@test(timeout=60)
def pair_half_done_is_not_started_by_who_may_not_undo_it(lab):
    a, _ = two_hosts(lab)
    a.add_group()
    for path in (lab.dir, a.etc):
        os.chmod(path, 0o755)
    run("cp", lab.program, os.path.join(a.etc, "taut"))
    a.taut("new", "wg0", "--listen")
    before, _ = half_done(a)
    refused(as_service(a, "run", "wg0"), "do not belong together", "sudo taut check wg0", code=78)
    # Of another tunnel, of one that is done, and of one that changed nothing yet: no reason.
    os.rename(a.file(f".wg0.key.{HALF}.old"), a.file(f".wg0.wg0.key.{HALF}.old"))
    check("belong" not in as_service(a, "run", "wg0").err, "for another tunnel")
    os.rename(a.file(f".wg0.wg0.key.{HALF}.old"), a.file(f".wg0.key.{HALF}.old"))
    a.put(a.file(f".done.{HALF}"), "")
    check("belong" not in as_service(a, "run", "wg0").err, "although it is done")
    os.unlink(a.file(f".done.{HALF}"))
    a.taut("check", "wg0")
    equal(files_of(a), before, "files")
    a.put(a.file(f".wg0.key.{HALF}"), "")
    os.link(a.file("wg0.key"), a.file(f".wg0.key.{HALF}.old"))
    check("belong" not in as_service(a, "run", "wg0").err, "although nothing is moved")


@test(timeout=60, slow=25)
def pair_a_lock_by_others_holds_up_nobody_for_long(lab):
    """All who may read /etc/taut may lock it."""
    a, _ = two_hosts(lab)
    a.taut("new", "wg0", "--listen")
    begin = time.monotonic()
    refused(a.run("flock", "/etc/taut", lab.program, "new", "wg1", ok=False), "another process",
            "fuser /etc/taut")
    check(time.monotonic() - begin < 30, "it took too long")
    equal(sorted(files_of(a)), ["wg0.conf", "wg0.key", "wg0.pair"], "files")

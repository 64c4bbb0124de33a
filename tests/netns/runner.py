# SPDX-License-Identifier: ISC
"""Runs tests, each in its own process, several at a time; prints a line for each.

Exit status: 0 all good, 1 something failed, 77 nothing could run.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import variant
from lab import Failure, Lab, Skip

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = []


def test(timeout=60, alone=False, needs=(), slow=0, long=False, steady=False):
    """
    Mark a test, a function of a Lab. alone: not in parallel with others (it measures speed).
    needs: programs. slow: seconds that it takes; the slowest start first. long: it takes too
    long for every change, and runs only with --long. steady: offloads, AEAD and MTU make no
    difference, so it runs in the default variant only.
    """
    def mark(function):
        function.timeout, function.alone = timeout, alone
        function.needs, function.slow, function.long = needs, slow, long
        function.steady = steady
        TESTS.append(function)
        return function
    return mark


def numbered(n, name, body, **options):
    """The tests NAME_1 to NAME_n, which together are one: each calls body(lab, number)."""
    def make(number):
        def function(lab):
            body(lab, number)
        function.__name__ = f"{name}_{number}"
        return function
    for number in range(1, n + 1):
        test(**options)(make(number))


def is_taut(program):
    return os.path.basename(program) != "wireguard-go"


def find_built(name, scratch, *flags):
    """A helper in C: built by make, or else here; None without a compiler."""
    built = os.path.join(os.environ.get("builddir", ""), "tests/netns", name)
    if os.environ.get("builddir") and os.path.exists(built):
        return built
    made = os.path.join(scratch, name)
    for compiler in ("cc", "gcc", "clang"):
        if shutil.which(compiler):
            source = os.path.join(HERE, os.path.splitext(name)[0] + ".c")
            subprocess.run([compiler, "-std=gnu11", "-D_GNU_SOURCE", "-O2", *flags, "-o", made,
                            source], check=True)
            return made
    return None


def hindrance():
    """Why no test at all can run here; None if they can."""
    if os.geteuid():
        return "not root"
    for name in ("ip", "wg", "ping"):
        if not shutil.which(name):
            return f"no {name}"
    if not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    probe = f"taut{os.getpid()}probe"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode:
        return "no network namespaces"
    subprocess.run(["ip", "netns", "del", probe], check=False)
    return None


def child(function, options, write):
    """In the test's own process: run it and say how it went."""
    def leave(number, _):
        raise Failure(f"took more than {function.timeout} s" if number == signal.SIGALRM
                      else "interrupted")
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    signal.alarm(function.timeout)
    lab, verdict, reason = None, "ok", ""
    try:
        for name in function.needs:
            if name == "taut" and not is_taut(options.program):
                raise Skip("only taut can do this")
            if name != "taut" and not shutil.which(name):
                raise Skip(f"no {name}")
        with Lab(options.program, options.fastclock, options.badwire, options.flood) as lab:
            try:
                function(lab)
            except BaseException as e:
                if not isinstance(e, Skip):
                    show_logs(lab, e)
                raise
    except Skip as e:
        verdict, reason = "SKIP", str(e)
    except (Failure, AssertionError) as e:
        verdict, reason = "FAIL", str(e) or traceback.format_exc(limit=-1)
    except BaseException as e:   # a bug in the test itself is a failure too
        where = traceback.extract_tb(e.__traceback__)[-1]
        verdict = "FAIL"
        reason = f"{type(e).__name__}: {e} ({os.path.basename(where.filename)}:{where.lineno})"
    os.write(write, f"{verdict} {' '.join(reason.split())}".encode()[:4000])
    os._exit(0)


def show_logs(lab, error):
    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if os.path.basename(f.filename) not in ("runner.py", "lab.py", "node.py")]
    text = "".join(f"    at {os.path.basename(f.filename)}:{f.lineno} {f.line}\n" for f in frames)
    for node in lab.nodes:
        if os.path.exists(node.log_path):
            lines = node.log().splitlines()[-25:]
            text += f"    log of {node.name} ({node.ns.name}):\n"
            text += "".join(f"    | {line}\n" for line in lines)
    sys.stderr.write(text)
    sys.stderr.flush()


class Job:
    def __init__(self, function, options):
        self.function, self.start = function, time.monotonic()
        read, write = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            os.close(read)
            child(function, options, write)
        os.close(write)
        self.read = read

    def kill_late(self):
        """The last resort, when a test hangs in its own cleanup."""
        if time.monotonic() - self.start > self.function.timeout + 30:
            os.kill(self.pid, signal.SIGKILL)
            for line in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True,
                                       check=False).stdout.splitlines():
                name = line.split()[0]
                if re.match(rf"taut{self.pid}[a-z]", name):
                    subprocess.run(f"kill -9 $(ip netns pids {name}); ip netns del {name}",
                                   shell=True, check=False)

    def result(self):
        """(verdict, reason, seconds), or None while it runs."""
        pid, _ = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            self.kill_late()
            return None
        verdict, _, reason = os.read(self.read, 65536).decode().partition(" ")
        os.close(self.read)
        return verdict or "FAIL", reason or "died", time.monotonic() - self.start


FAILED = []     # names and reasons, for the end: who trims the log keeps that


def report(name, verdict, reason, seconds):
    if verdict == "FAIL":
        FAILED.append(f"failed: {name} {reason}")
    print(f"ok {name} {seconds:.1f}s" if verdict == "ok" else f"{verdict} {name} {reason}",
          flush=True)


def run_all(tests, options):
    count = {"ok": 0, "FAIL": 0, "SKIP": 0}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    waiting = sorted(tests, key=lambda t: (t.alone, -t.slow))
    running = []
    try:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                if running and (waiting[0].alone or running[0].function.alone):
                    break
                running.append(Job(waiting.pop(0), options))
            for job in list(running):
                result = job.result()
                if result:
                    running.remove(job)
                    count[result[0]] += 1
                    report(job.function.__name__, *result)
            time.sleep(0.01)
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM):  # a second signal must not interrupt this
            signal.signal(number, signal.SIG_IGN)
        for job in running:
            os.kill(job.pid, signal.SIGTERM)
        for job in running:
            os.waitpid(job.pid, 0)
            report(job.function.__name__, "FAIL", "interrupted", 0)
            count["FAIL"] += 1
    return count


def main(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("-k", metavar="PATTERN", help="only tests whose name matches (regex)")
    parser.add_argument("-j", dest="jobs", type=int, default=4, help="tests at a time")
    parser.add_argument("--list", action="store_true", help="names only")
    parser.add_argument("--long", action="store_true", help="the long tests, and no others")
    parser.add_argument("--program", default=os.environ.get(
        "TAUT", os.path.join(HERE, "../../src/taut")), help="the program under test")
    options = parser.parse_args()
    options.program = shutil.which(options.program) or os.path.abspath(options.program)
    tests = [t for t in TESTS if t.long == options.long
             and not (t.steady and variant.NAME != "default")
             and (not options.k or re.search(options.k, t.__name__))]
    if options.list:
        print("\n".join(t.__name__ for t in tests))
        return 0
    if not shutil.which(options.program):
        parser.error(f"no such program: {options.program}")
    why = hindrance()
    if why:
        for t in tests:
            report(t.__name__, "SKIP", why, 0)
        print(f"0 passed, 0 failed, {len(tests)} skipped")
        return 77
    with tempfile.TemporaryDirectory(prefix="taut-tests-") as scratch:
        options.fastclock = find_built("fastclock.so", scratch, "-shared", "-fPIC")
        options.badwire = find_built("badwire", scratch)
        options.flood = find_built("flood", scratch)
        if is_taut(options.program):
            options.program = variant.wrapped(options.program, scratch)
        count = run_all(tests, options)
    print("\n".join([*FAILED, f"{count['ok']} passed, {count['FAIL']} failed, "
                     f"{count['SKIP']} skipped"]))
    return 1 if count["FAIL"] else 0 if count["ok"] else 77

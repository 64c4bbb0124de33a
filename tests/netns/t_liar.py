# SPDX-License-Identifier: ISC
"""A worker that lies (liar.h): its monitor says no or ends it, and stays as it was."""

import contextlib
import functools
import os
import re
import signal
import socket
import subprocess
import sys
import time

import noise
import runner
import variant
from lab import Skip, check, equal, wait_for
from node import Node, lives
from t_daemon import host_state

PORT = 53       # in the file: the one low port that may be asked for
PLAIN, NEXT = "10.7.0.1/24", "10.7.0.1/24, 10.17.0.1/24"
RSS_KB, RSS_KB_SANITIZED = 1500, 100000
STATE_KB = 64 << 10   # the biggest
QUARANTINE_KB = 256 << 10   # what sanitizers keep of freed memory
# The worker that lies has no data path.
test = functools.partial(runner.test, needs=["taut"], steady=True)


def liar(lab):
    """The program with another worker; make check builds it."""
    top = os.environ.get("builddir") or os.path.dirname(os.path.dirname(variant.real(lab.program)))
    path = os.path.join(top, "tests/netns/liar")
    if not os.path.exists(path):
        raise Skip(f"no {path}: make tests/netns/liar")
    return path


def lies(lab, kind, harm="deadly"):
    done = subprocess.run([liar(lab)], env={**os.environ, "TAUT_LIE": "list"}, check=True,
                          capture_output=True, text=True)
    table = [line.split("\t") for line in done.stdout.splitlines()]
    return [name for got, deadly, name in table if (got, deadly) == (kind, harm)]


def config(node, address=PLAIN, hooks=""):
    return (f"[Interface]\nPrivateKey = {noise.b64(node.private)}\nListenPort = {PORT}\n"
            f"Address = {address}\n{hooks}[Peer]\nPublicKey = {noise.b64(bytes([9] * 32))}\n"
            "AllowedIPs = 10.9.0.0/16\n")


def up_state(node):
    """Link-local addresses are made up by the kernel."""
    return [re.sub(r"fe80::\S*", "fe80::", str(part)) for part in host_state(node.ns)]


class Liars:
    """One tunnel after the other, each with a worker that tells a lie."""

    def __init__(self, lab, bare=False):
        self.lab, self.bare = lab, bare
        self.node = Node(lab, lab.namespace("a"), program=liar(lab))
        self.node.config = lab.file(self.node.name + ".conf", config(self.node))
        self.before = host_state(self.node.ns)
        if not bare:
            self.node.env["LIAR_PORT"] = str(PORT)
        self.begin("")
        self.state = self.settled()
        self.facts = self.measure()
        self.end()

    def launch(self, lie):
        node = self.node
        if os.path.exists(node.log_path):
            os.truncate(node.log_path, 0)
        node.env["TAUT_LIE"] = lie
        node.launch(*(("-f", node.name) if self.bare else ("run", node.config)))

    def begin(self, lie):
        """Up, and about to lie."""
        self.launch(lie)
        self.say("ready")

    def settled(self):
        """The host, once the kernel has added to it what it adds a moment later."""
        seen = [up_state(self.node)]

        def same():
            time.sleep(0.2)
            seen.append(up_state(self.node))
            text = str(seen[-1])
            return seen[-1] == seen[-2] and ("fe80:: dev" in text) == ("local fe80:: dev" in text)
        wait_for(same, 5, "a host that does not change")
        return seen[-1]

    def say(self, words, timeout=5):
        wait_for(lambda: words in self.node.log() or self.node.process.poll() is not None,
                 timeout, f"{self.node.env['TAUT_LIE']}: {words!r} in the log")
        check(words in self.node.log(), f"{self.node.env['TAUT_LIE']}: no {words!r}, but exit "
              f"{self.node.process.poll()}: {self.node.last_log()}")

    def measure(self):
        pid = self.node.process.pid
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            rss = int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1))
        return len(os.listdir(f"/proc/{pid}/fd")), rss

    def cpu(self):
        """Seconds of the monitor alone."""
        with open(f"/proc/{self.node.process.pid}/stat", encoding="ascii") as file:
            words = file.read().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def share(self, start):
        """Half of a processor for the worker since then, and a tenth of a second at once."""
        lie, cpu, seconds = self.node.env["TAUT_LIE"], self.cpu(), time.monotonic() - start
        most = 0.5 * seconds + 0.1 + (1.5 if self.node.has_sanitizers() else 0.3)
        check(cpu < most, f"{lie}: {cpu:.2f} s of processor time in {seconds:.2f} s")
        print(f"    {lie}: {cpu:.2f} of {seconds:.2f} s", flush=True)

    def judge(self, host=True):
        """Descriptors, memory and host are as with an honest worker."""
        lie = self.node.env["TAUT_LIE"]
        least = self.facts[0] + (8 if self.bare else 0)     # sockets that were asked for
        wait_for(lambda: self.measure()[0] <= least, 1, f"{lie}: fewer descriptors")
        most = RSS_KB_SANITIZED if self.node.has_sanitizers() else RSS_KB
        grown = self.measure()[1] - self.facts[1]
        check(grown < most, f"{lie}: {grown} kB more")
        if host and up_state(self.node) != self.state:
            equal(self.settled(), self.state, f"{lie}: the host")
        check("wrong" not in self.node.log(), f"{lie}: {self.node.log()}")

    def end(self, seconds=5):
        """By SIGTERM; nothing stays."""
        lie, pids = self.node.env["TAUT_LIE"], self.node.pids()
        self.node.process.send_signal(signal.SIGTERM)
        equal(self.node.wait_exit(seconds), 0, f"{lie}: exit status")
        self.gone(lie, pids)

    def gone(self, lie, pids=()):
        check(not any(lives(pid) for pid in pids), f"{lie}: a process was left behind")
        check(not os.path.exists(self.node.socket_path), f"{lie}: a socket was left behind")
        equal(host_state(self.node.ns), self.before, f"{lie}: the host afterwards")

    def ended(self, lie, words="may not send and was killed"):
        """The monitor ends the worker, and another one takes over."""
        self.begin(lie)
        self.say("took over")
        log = self.node.log()
        check(words in log or "the worker process died of signal 9" in log, f"{lie}: {log}")
        equal(len(self.node.workers()), 1, f"{lie}: workers")
        self.judge()
        self.end()


def all_messages(lab, bare):
    names, liars = lies(lab, "message"), Liars(lab, bare)
    check(len(names) > 40, f"only {len(names)} lies")
    for lie in names:
        liars.ended(lie)


@test(timeout=180, slow=25)
def each_wrong_message_ends_the_worker(lab):
    """Unknown verbs, wrong lengths, values, numbers and kinds of descriptors."""
    all_messages(lab, bare=False)


@test(timeout=180, slow=25)
def each_wrong_message_ends_the_worker_of_a_bare_interface(lab):
    all_messages(lab, bare=True)


def told(liars, lie):
    liars.begin(lie)
    liars.say("the lie is told", 20)
    liars.judge()


@test(timeout=120, slow=5)
def wrong_values_get_errors(lab):
    """All verbs with all boundary values: an error, or what was asked for and nothing else."""
    liars = Liars(lab)
    told(liars, "values")
    liars.end()


@test(timeout=120, slow=5)
def wrong_values_get_errors_from_a_bare_interface(lab):
    liars = Liars(lab, bare=True)
    told(liars, "values")
    liars.end()


@test(timeout=60, slow=3)
def answers_to_no_question_are_harmless(lab):
    liars = Liars(lab)
    told(liars, "answers to no question")
    worker = liars.node.workers()
    reload(liars, NEXT)
    equal(liars.node.workers(), worker, "the worker")
    liars.end()


# -- floods

FLOODS = 4      # tests, to be run side by side


def flood(liars, lie):
    start = time.monotonic()
    liars.begin(lie)
    liars.say("liar: sent", 20)
    liars.share(start)
    liars.judge()
    lines = liars.node.log().count("\n")
    check(lines < 10100, f"{lie}: {lines} lines in the log")
    sent = re.search(r"liar: sent (\d+)", liars.node.log()).group(1)
    print(f"    {lie}: {sent}", flush=True)
    liars.end()


def floods(lab, number):
    names, liars = lies(lab, "deed", "harmless"), Liars(lab)
    names = [name for name in names if name.startswith("flood")]
    check(len(names) >= 13, f"only {len(names)} floods")
    for lie in names[number - 1::FLOODS]:
        flood(liars, lie)


runner.numbered(FLOODS, "floods_of_a_worker_are_bounded", floods, needs=["taut"], steady=True,
                timeout=120, slow=15)


def peak(node):
    """The most memory that the monitor ever had, in kB."""
    with open(f"/proc/{node.process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1))


@test(timeout=60, slow=6)
def big_states_are_bounded(lab):
    """The monitor copies and locks each: it does nothing else, but for no more than its share."""
    liars, lie = Liars(lab), "big states"
    start = time.monotonic()
    liars.begin(lie)
    liars.say("liar: sent", 20)
    liars.share(start)
    grown = peak(liars.node) - liars.facts[1]
    # What it has, the next one, and a sixteenth of each to keep books.
    most = 2 * (STATE_KB + STATE_KB // 16) + RSS_KB * 4
    if liars.node.has_sanitizers():
        most += QUARANTINE_KB
    check(grown < most, f"{lie}: {grown} kB more")
    check(grown > STATE_KB, f"{lie}: no big state arrived: {grown} kB more")
    liars.end(2)


@contextlib.contextmanager
def crowded(pid):
    """It gets a quarter of a processor, and so never reaches its share; or a third of the only one,
    which it shares with its worker.
    """
    cpus = os.sched_getaffinity(pid)
    cpu = min(cpus)
    if len(cpus) > 1:
        os.sched_setaffinity(pid, {cpu})
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"],
                               preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
              for _ in range(3 if len(cpus) > 1 else 1)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


@test(timeout=60, alone=True)
def big_states_delay_no_signal(lab):
    """The monitor looks for one now and then, not only when it has read a lot of them."""
    liars = Liars(lab)
    liars.begin("big states")
    with crowded(liars.node.process.pid):
        liars.say("liar: sent", 20)
        liars.end(10 if liars.node.has_sanitizers() else 3)


@test(timeout=60, slow=2)
def marks_use_up_no_lines_of_the_log(lab):
    liars = Liars(lab)
    told(liars, "marks, then a line")
    check("a line after the marks" in liars.node.log(), liars.node.log())
    check("were not logged" not in liars.node.log(), liars.node.log())
    liars.end()


@test(timeout=60, slow=2)
def few_questions_for_resolv_conf_are_answered(lab):
    liars = Liars(lab)
    told(liars, "questions, often")
    liars.end()


@test(timeout=60, slow=2)
def few_sockets_for_name_servers_are_given_out(lab):
    liars = Liars(lab)
    told(liars, "queries, often")
    liars.end()


@test(timeout=60, slow=5)
def monitor_stops_in_a_flood(lab):
    liars = Liars(lab)
    for lie in ("flood of MTUs", "flood of log lines", "flood of reloads"):
        liars.begin(lie)
        time.sleep(0.3)
        liars.end()


# -- bad ends

@test(timeout=60, slow=8)
def worker_that_ends_badly_is_replaced(lab):
    liars = Liars(lab)
    for lie, words in (("closes its channel", "signal 9"), ("exits", "has exited"),
                       ("aborts", "signal 6"), ("is killed", "signal 9"),
                       ("reads no answers", "did not answer")):
        liars.ended(lie, words)


@test(timeout=60, slow=15)
def monitor_stops_although_its_worker_does_not(lab):
    """One that hangs gets a few seconds."""
    liars = Liars(lab)
    for lie, seconds in (("closes all but its channel", 2), ("hangs", 8), ("is stopped", 8)):
        told(liars, lie)
        liars.end(seconds)


@test(timeout=60, slow=4)
def lingering_sockets_do_not_stop_the_monitor(lab):
    """Descriptors whose last end takes a minute to close."""
    liars = Liars(lab)
    with liars.node.ns:
        sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.bind(("127.0.0.1", 0))
    sock.listen(64)         # connected by the kernel, and never read
    lab.closing.append(sock)
    liars.node.env["LIAR_TO"] = str(sock.getsockname()[1])
    for lie in ("lingering sockets", "lingering sockets at once"):
        liars.ended(lie)


@test(timeout=60, slow=3)
def worker_cannot_have_hooks_given_up(lab):
    """It may end the tunnel, but not what root wants done then."""
    liars = Liars(lab)
    mark = os.path.join(lab.dir, "mark")
    hooks = "".join(f"{kind} = sleep 0.3; echo {kind} >>{mark}\n"
                    for kind in ("PreDown", "PostDown"))
    lab.file(liars.node.name + ".conf", config(liars.node, hooks=hooks))
    liars.begin("stop, often")
    equal(liars.node.wait_exit(), 0, "exit status")
    with open(mark, encoding="ascii") as file:
        equal(file.read().split(), ["PreDown", "PostDown"], "hooks")
    liars.gone("stop, often")


# -- half-way through a handover

def address(node):
    """Which of the two files the host is like."""
    text = node.ns.run("ip", "-o", "addr", "show", "dev", node.name).out
    check(" 10.7.0.1/24" in text, f"addresses: {text}")
    return NEXT if " 10.17.0.1/24" in text else PLAIN


def reload(liars, to):
    """By SIGHUP; nothing is waited for but that it takes place."""
    liars.lab.file(liars.node.name + ".conf", config(liars.node, to))
    liars.node.process.send_signal(signal.SIGHUP)
    wait_for(lambda: address(liars.node) == to, 5, f"a reload to {to}")


def agreed(liars):
    """Which commit the worker is at, if the host is like that; or else 0."""
    commits = int(re.findall(r"commit (\d+)", liars.node.log())[-1])
    return commits if address(liars.node) == (PLAIN, NEXT)[commits - 1] else 0


def dies_in_a_reload(liars, lie, timeout=5):
    """What the next worker was handed over, and the host, agree; then all goes on."""
    liars.lab.file(liars.node.name + ".conf", config(liars.node, PLAIN))
    liars.begin(lie)
    liars.lab.file(liars.node.name + ".conf", config(liars.node, NEXT))
    liars.node.process.send_signal(signal.SIGHUP)
    liars.say("took over after commit", timeout)
    wait_for(lambda: agreed(liars), 2, f"{lie}: worker and host at the same commit")
    liars.settled()
    commits = agreed(liars)
    check(commits, f"{lie}: worker and host are no longer at the same commit")
    liars.judge(host=False)
    reload(liars, (NEXT, PLAIN)[commits - 1])
    liars.judge(host=False)
    liars.end()


@test(timeout=60, slow=8)
def death_in_a_reload_leaves_old_or_new(lab):
    liars = Liars(lab)
    names = [lie for lie in lies(lab, "deed")
             if lie.startswith("dies") and lie.endswith("reload")]
    equal(len(names), 5, "lies")
    for lie in names:
        dies_in_a_reload(liars, lie)


@test(timeout=60, slow=4)
def refusal_leaves_the_old(lab):
    liars = Liars(lab)
    for lie, wanted in (("refusal", {PLAIN}), ("error that means death", {PLAIN}),
                        ("failed commit", {NEXT}), ("answers before the question", {PLAIN, NEXT})):
        lab.file(liars.node.name + ".conf", config(liars.node, PLAIN))
        liars.begin(lie)
        worker = liars.node.workers()
        lab.file(liars.node.name + ".conf", config(liars.node, NEXT))
        liars.node.process.send_signal(signal.SIGHUP)
        liars.say("the lie is told")
        liars.say("reload")
        check(address(liars.node) in wanted, f"{lie}: {address(liars.node)}")
        if lie == "failed commit":
            check("the new file is in force, but not all of it" in liars.node.log() and
                  "as before" not in liars.node.log(), liars.node.log())
        equal(liars.node.workers(), worker, f"{lie}: the worker")
        liars.judge(host=False)
        liars.end()


@test(timeout=60, slow=4)
def death_in_the_start_ends_it(lab):
    """Or another one takes over, if the configuration was in force already."""
    liars = Liars(lab)
    names = [lie for lie in lies(lab, "deed")
             if lie.startswith("dies") and lie.endswith(("start", "ready"))]
    equal(len(names), 6, "lies")
    for lie in names:
        liars.launch(lie)
        wait_for(lambda: liars.node.process.poll() is not None or
                 "took over after commit 1" in liars.node.log(), 5, f"{lie}: an end")
        if liars.node.process.poll() is None:
            check("after the commit" in lie, f"{lie}: it came up")
            liars.end()
        else:
            equal(liars.node.process.poll(), 1, f"{lie}: exit status")
            liars.gone(lie)


@test(timeout=200, long=True)
def worker_that_hangs_is_replaced(lab):
    """The monitor waits 20 s for an answer."""
    liars = Liars(lab)
    for lie in ("hangs at the plan of a reload", "hangs after the state of a reload"):
        dies_in_a_reload(liars, lie, 25)
    liars.launch("hangs before it is ready")
    equal(liars.node.wait_exit(30), 1, "exit status")
    liars.gone("hangs before it is ready")

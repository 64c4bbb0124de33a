# SPDX-License-Identifier: ISC
"""Types what the docs tell admins to type: each block of commands, line by line.

Only commands that need the Internet, an editor or the sources are skipped.  Host B is
the other end of A's tunnel wg0, so that a tunnel that comes up there is really up.
"""

import os
import pathlib
import re
import shutil
import sys

from host import two_hosts
from lab import Failure, check, wait_for
from runner import test

HERE = pathlib.Path(__file__).resolve().parent
TOP = pathlib.Path(os.environ.get("srcdir") or HERE.parents[1]).resolve()
sys.path.insert(0, str(HERE.parent / "style"))

import docs  # noqa: E402

PAGES = ("README.md", "docs/MIGRATION.md", "docs/STATUS.md", "docs/WHY.md", "docs/man/taut.7",
         "docs/man/taut.8", "docs/man/taut.conf.5")
# Not for a namespace of this machine.
PASSED_OVER = ("scripts/", "apt-get ", "./", "make", "editor ", "libsodium-dev")
KNOWN = ("taut ", "umask ", "mkdir ", "chown ", "chmod ", "install ", "cp ", "rm ", "systemctl ",
         "wg ", "wg-quick ", "ip ", "(umask ", "WG_QUICK_USERSPACE_IMPLEMENTATION=",
         "while ip link show ")


def lines_of(body):
    """(host, command) of a block."""
    for line in body.replace("\\\n", " ").replace("\\e", "\\").splitlines():
        host, command = re.match(r"(?:([AB]?)# )?(.*)", line).groups()
        command = re.sub(r"\s+# .*", "", command).strip()
        if command:
            yield host or "A", command


def is_commands(body):
    return not re.match(r"[\[{#]|# office", body) or re.match(r"# (?!office)", body)


class Story:
    """Two hosts, and the line that was printed last."""

    def __init__(self, lab):
        self.hosts = dict(zip("AB", two_hosts(lab, systemd=True)))
        for host in self.hosts.values():
            with open(host.file("hosts", "."), "a", encoding="ascii") as file:
                file.write("192.168.1.1 a.example.org\n192.168.1.2 b.example.org\n")
            host.put(host.etc + "/taut", f"#!/bin/sh\nexec '{lab.program}' \"$@\"\n", 0o755)
        self.pasted, self.umask, self.ran = "", "", 0

    def clear(self):
        """Return to the initial state."""
        for host in self.hosts.values():
            for name in ("wg0", "site"):
                host.run("taut", "down", name, ok=False)
            host.run("sh", "-c", "rm -rf /etc/taut /etc/wireguard/* /run/systemd/active.*; "
                                 "mkdir -p -m 700 /etc/taut")
        self.umask = ""

    def pair(self, body):
        """A's tunnel exists as a file, and as one of wg-quick; B waits for it."""
        a, b = self.hosts["A"], self.hosts["B"]
        made = a.taut("new", "wg0", "--listen", "--address", "10.66.0.1/24").out.strip()
        joined = b.taut("join", "wg0", made, "--start").out.strip()
        a.taut("accept", "wg0", joined)
        config = re.sub("PrivateKeyFile = .*", "PrivateKey = " + a.key("wg0"), a.text("wg0.conf"))
        config = config.replace("[Peer]", "[Peer]\nEndpoint = 192.168.1.2:" + b.wg_port())
        if "wg setconf" in body:
            config = re.sub("Address = .*\n", "", config)
        a.put(a.file("wg0.conf", "wireguard"), config)
        a.put(a.file("site.conf"), a.text("wg0.conf").replace("wg0.key", "site.key"))
        a.put(a.file("site.key"), a.key("wg0") + "\n")
        if "import" in body:
            a.run("rm", "/etc/taut/wg0.conf", "/etc/taut/wg0.key")
        if body.startswith("rm /run/wireguard/wg0.sock"):
            a.run("taut", "wg0")
        ends = re.search(r"taut (?:down|reload) (wg0|site)|^taut (?:why|status|wait|show)", body)
        if ends:
            a.run("taut", "up", ends[1] or "wg0")

    def prepare(self, body):
        first = re.search(r"\btaut (\w+)", body)
        if first and first[1] in ("join", "accept"):
            return
        self.clear()
        if "taut new" not in body:
            self.pair(body)

    def type(self, host, command, where):
        if command.startswith(PASSED_OVER):
            return
        if not command.startswith(KNOWN):
            raise Failure(f"{where}: what is {command!r}?")
        if command.startswith("umask"):
            self.umask = command + "; "
            return
        if "wg-quick down" in command:
            command = command.replace("wg-quick down", "taut down")   # the test starts it
        command = command.replace("taut-pair:...", self.pasted).replace("NAME", "wg0")
        folder = os.path.dirname(command.split()[-1])
        if "--textfile" in command:
            self.hosts[host].run("mkdir", "-p", folder)
        done = self.hosts[host].run("sh", "-c", self.umask + command, ok=False, timeout=60)
        self.ran += 1
        # Even if something else follows, as in a || b.
        if re.search("^Try 'taut|not found$", done.err, re.M):
            raise Failure(f"{where}: {command}: {done.err.strip()}")
        if done.out.startswith("taut-pair:"):
            self.pasted = done.out.strip()
        # A tunnel that has just started may not be up yet; that is not a failure.
        if re.match("taut (status|why|wait)", command) and done.code:
            wait_for(lambda: self.hosts[host].run("sh", "-c", command, ok=False).code == 0, 15,
                     f"{where}: {command}")
        elif done.code:
            raise Failure(f"{where}: {command}: exit {done.code}: {done.err.strip()}")


@test(needs=["wg-quick"], slow=45, timeout=240)
def docs_commands_do_what_they_say(lab):
    story = Story(lab)
    for page in PAGES:
        path = TOP / page
        for number, body in docs.blocks(path, path.suffix != ".md"):
            if not is_commands(body):
                continue
            commands = list(lines_of(body))
            if all(command.startswith(PASSED_OVER) for _, command in commands):
                continue
            story.prepare(commands[0][1] + "\n" + body)
            for host, command in commands:
                story.type(host, command, f"{page}:{number}")
    story.clear()
    check(story.ran >= 60, f"only {story.ran} commands were found")

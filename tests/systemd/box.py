# SPDX-License-Identifier: ISC
"""A real systemd as process 1 of a small system, made of namespaces and the machine's /usr.

On the machine itself only a control group and the lab's folder change; both are
removed when the box is closed.
"""

import contextlib
import os
import re
import shutil
import subprocess
import time

from lab import Failure, Skip, run, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.environ.get("srcdir") or os.path.join(HERE, "../.."))
SYSTEMD = "/usr/lib/systemd/systemd"
NEEDS = ("systemctl", "systemd-sysusers", "systemd-tmpfiles", "journalctl", "unshare", "nsenter")


def control_groups():
    """Where the unified hierarchy is mounted; None: nowhere."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            if " - cgroup2 " in line:
                return line.split()[4]
    return None


class Box:
    """
    Box(lab, ns, unit, {name: text of /etc/taut/name}, drop-ins {unit.d/name: text}). Two
    boxes in one lab need labels.
    """

    def __init__(self, lab, ns, unit, files, drop_ins=None, label="box"):
        if not os.path.exists(SYSTEMD):
            raise Skip("no systemd")
        for name in NEEDS:
            if not shutil.which(name):
                raise Skip(f"no {name}")
        hierarchy = control_groups()
        if not hierarchy or not os.access(hierarchy, os.W_OK):
            raise Skip("no cgroup2 to write to")
        with open(lab.program, "rb") as file:
            if b"__asan_init" in file.read():
                raise Skip("sanitizers need more than the unit allows")
        self.lab, self.ns = lab, ns
        self.group = os.path.join(hierarchy, f"taut-test-{os.getpid()}-{label}")
        self.files, self.root = os.path.join(lab.dir, label), os.path.join(lab.dir, label + ".root")
        os.mkdir(self.root)
        self.log_path = os.path.join(lab.dir, label + ".log")
        self.write_files(unit, files, drop_ins or {})
        self.process = self.init = None
        lab.closing.append(self)
        self.start()

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.files, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)

    def write_files(self, unit, files, drop_ins):
        with open(unit, encoding="utf-8") as file:
            text = re.sub(r"^ExecStart=\S+", "ExecStart=/opt/taut/bin/taut", file.read(), flags=re.M)
        self.write("units/taut@.service", text)
        generator = os.path.join(os.path.dirname(unit), "taut-generator")
        with open(generator, encoding="utf-8") as file:
            text = re.sub(r"'[^']*'; do$", "/usr/lib/systemd/system; do", file.read(), flags=re.M)
        self.write("generators/taut-generator", text, 0o755)
        for name, source in (("units/taut.target", "taut.target"),
                             ("preset/90-taut.preset", "90-taut.preset"),
                             ("rules/taut.rules", "taut.rules"),
                             ("network/10-taut.network", "network/10-taut.network"),
                             ("lib/sysusers.d/taut.conf", "sysusers.d/taut.conf"),
                             ("lib/tmpfiles.d/taut.conf", "tmpfiles.d/taut.conf")):
            with open(os.path.join(TOP, "systemd", source), encoding="utf-8") as file:
                self.write(name, file.read())
        os.makedirs(os.path.join(self.files, "etc"))
        for name, text in files.items():
            self.write(f"etc/taut/{name}", text, 0o600)
        for name, text in drop_ins.items():
            self.write(f"etc/systemd/system/{name}", text)

    def start(self):
        os.mkdir(self.group)
        script = ('echo $$ > "$1/cgroup.procs"; shift; exec unshare --mount --pid --ipc --uts '
                  '--cgroup --fork --kill-child sh "$@"')
        with open(self.log_path, "wb") as log:
            self.process = self.ns.popen(
                "sh", "-c", script, "sh", self.group, os.path.join(HERE, "box.sh"), self.root,
                self.files, self.lab.program, stdout=log, stderr=log)
        wait_for(self.is_running, 20, "systemd in its box", 0.05)

    def find_init(self):
        if self.process.poll() is not None:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                said = " | ".join(file.read().split("\n")[-4:])
            if re.search("(mount|mknod|unshare|pivot_root): ", said):
                raise Skip(f"no box can be made here: {said}")
            raise Failure(f"the box ended: {said}")
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = file.read().split()
        if not children:
            return None
        with contextlib.suppress(FileNotFoundError):
            with open(f"/proc/{children[0]}/comm", encoding="ascii") as file:
                return int(children[0]) if file.read().strip() == "systemd" else None
        return None

    def is_running(self):
        self.init = self.init or self.find_init()
        return self.init and self.run("systemctl", "is-system-running",
                                      ok=False).out.strip() == "running"

    def run(self, *argv, **options):
        """Run something in the box, as its root."""
        return run("nsenter", "-t", self.init, "-m", "-p", "-n", "-i", "-u", "-C", "env",
                   "SYSTEMD_COLORS=0", "LC_ALL=C", *argv, **options)

    def put(self, path, text):
        """Write a file in the running box that all of its users can read."""
        self.run("sh", "-ec", 'umask 022; mkdir -p "${1%/*}"; printf %s "$2" > "$1"', "sh", path, text)

    def systemctl(self, *argv, **options):
        return self.run("systemctl", "--no-pager", *argv, **options)

    def show(self, unit, key):
        return self.systemctl("show", "-P", key, unit).out.strip()

    def wait_show(self, unit, key, want, timeout=10):
        wait_for(lambda: self.show(unit, key) == want, timeout, f"{unit}: {key}={want}", 0.05)

    def journal(self, unit):
        self.run("journalctl", "--sync")    # what was said last may be on its way
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit).out

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()     # and its init by --kill-child, and all with that
        if self.process:
            self.process.wait()
        end = time.monotonic() + 10
        while os.path.exists(self.group):
            for path, _, _ in list(os.walk(self.group, topdown=False)):
                with contextlib.suppress(OSError):
                    os.rmdir(path)
            if time.monotonic() > end:
                raise Failure(f"{self.group} is still in use")
            time.sleep(0.02)

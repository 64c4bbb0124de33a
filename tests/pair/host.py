# SPDX-License-Identifier: ISC
"""A host and its admin: a network namespace and a mount namespace with its own /etc."""

import os
import re

from lab import check, equal, run, wait_for

LINE = re.compile(r"taut-pair:[A-Za-z0-9_-]+\n")
KEY = r"[A-Za-z0-9+/]{43}="

# A stand-in for init: it records each command and carries it out.
SYSTEMCTL = """#!/bin/sh
echo "$*" >> /run/systemd/told
name=$(expr "$*" : '.*taut@\\([^.]*\\)' | sed 's/\\\\x2b/+/')
[ -n "$name" ] || exit 0
case $* in
*is-active*) [ -e "/run/systemd/active.$name" ] ;;
*"disable --now"*) rm -f "/run/systemd/active.$name"; exec "$TAUT" down "$name" ;;
*--now*) touch "/run/systemd/active.$name"; exec "$TAUT" up "$name" ;;
*restart*) "$TAUT" down "$name"; exec "$TAUT" up "$name" ;;
esac
"""
GROUP = 4242


class Host:
    """A namespace with its own /etc/taut, /etc/wireguard and control sockets."""

    def __init__(self, lab, label, systemd=False):
        self.lab, self.ns = lab, lab.namespace(label)
        self.etc = os.path.join(lab.dir, label)
        ready = os.path.join(lab.dir, label + ".ready")
        for folder in ("sockets", "state"):
            os.makedirs(os.path.join(self.etc, folder))
        run("cp", "-a", "/etc/.", os.path.join(self.etc, "etc"))
        for name in ("taut", "wireguard"):
            run("rm", "-rf", os.path.join(self.etc, "etc", name))
        os.makedirs(os.path.join(self.etc, "etc", "wireguard"), 0o700)
        script = ("set -e; mount --make-rprivate /; mkdir -p /run/wireguard /var/lib/taut; "
                  f"mount --bind {self.etc}/etc /etc; "
                  f"mount --bind {self.etc}/sockets /run/wireguard; "
                  f"mount --bind {self.etc}/state /var/lib/taut; "
                  "if [ -d /run/systemd ]; then mount -t tmpfs none /run/systemd; fi; ")
        if systemd:
            with open(os.path.join(self.etc, "systemctl"), "w", encoding="ascii") as file:
                os.fchmod(file.fileno(), 0o755)
                file.write(SYSTEMCTL)
            self.add_group()
            script += "mkdir -p /run/systemd/system; "
        self.keeper = lab.spawn(self.ns, "unshare", "--mount", "sh", "-c",
                                script + f"touch {ready}; exec sleep 600")
        wait_for(lambda: os.path.exists(ready) or self.keeper.poll() is not None, 10, "mounts")
        check(self.keeper.poll() is None, "no mount namespace")

    def add_group(self):
        """That of the services."""
        with open(self.file("group", "."), "a", encoding="ascii") as file:
            file.write(f"taut:x:{GROUP}:\n")

    def run(self, *argv, ok=True, input=None, timeout=90, env=None):
        path = f"{self.etc}:{os.environ['PATH']}"
        return run("nsenter", "-t", self.keeper.pid, "-m", "-n", *argv, ok=ok, input=input,
                   timeout=timeout, env={"PATH": path, "TAUT": self.lab.program, **(env or {})})

    def taut(self, *argv, **options):
        return self.run(self.lab.program, *argv, **options)

    def file(self, name, folder="taut"):
        return os.path.join(self.etc, "etc", folder, name)

    def text(self, name, folder="taut"):
        with open(self.file(name, folder), encoding="ascii") as file:
            return file.read()

    def rights(self, name):
        return os.stat(self.file(name)).st_mode & 0o777

    def put(self, path, text, mode=0o600):
        with open(path, "w", encoding="ascii") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
        return path

    def value(self, name, key):
        return re.findall(rf"^{key} = (.*)$", self.text(name), re.M)

    def key(self, name):
        return self.text(name + ".key").strip()

    def psk(self, name):
        """The preshared key of the only peer, which is in a file of its own."""
        file, = self.value(name + ".conf", "PresharedKeyFile")
        equal(self.value(name + ".conf", "PresharedKey"), [], "preshared keys in the file")
        equal((self.rights(file), self.rights(os.path.dirname(file))), (0o600, 0o700), "rights")
        key = self.text(file)
        check(re.fullmatch(KEY + "\n", key), f"not a key: {len(key)} characters")
        return key.strip()

    def told(self):
        return self.run("cat", "/run/systemd/told").out.splitlines()

    def wg_port(self, name="wg0"):
        return self.run("wg", "show", name, "listen-port").out.strip()

    def addresses(self, name):
        return [a.split("/")[0] for a in self.value(name, "Address")[0].split(", ")]


def two_hosts(lab, systemd=False):
    a, b = Host(lab, "a", systemd), Host(lab, "b", systemd)
    lab.wire(a.ns, b.ns)
    return a, b


def line_of(result):
    check(LINE.fullmatch(result.out), f"not one line: {result.out!r}")
    return result.out.strip()


def refused(result, *words, code=1):
    equal(result.code, code, f"exit status ({result.err.strip()})")
    check(not result.out, f"talk on stdout: {result.out!r}")
    for word in words:
        check(word in result.err, f"{word!r} is not in {result.err!r}")

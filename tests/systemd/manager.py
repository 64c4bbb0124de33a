# SPDX-License-Identifier: ISC
"""The service manager's end of the notify socket, and its reading of a unit file."""

import os
import socket
import time

from lab import Failure

VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class Manager:
    """Receives a daemon's messages, each as {key: value} with the time of its arrival."""

    def __init__(self, lab, ns=None, name=None):
        self.name = name or os.path.join(lab.dir, "notify")
        # Abstract names are local to a network namespace.
        with ns or open(os.devnull, "rb"):
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.sock.bind("\0" + self.name[1:] if self.name[0] == "@" else self.name)
        self.sock.setblocking(False)
        self.messages = []      # (time, {key: value})
        lab.closing.append(self.sock)

    def environment(self, watchdog=None, pid=None):
        env = {"NOTIFY_SOCKET": self.name}
        if watchdog:
            env["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
        if pid:
            env["WATCHDOG_PID"] = str(pid)
        return env

    def read(self):
        while True:
            try:
                text = self.sock.recv(4096).decode()
            except BlockingIOError:
                return self.messages
            said = dict(line.split("=", 1) for line in text.split("\n"))
            self.messages.append((time.monotonic(), said))

    def wait(self, key, timeout=5, match=lambda value: True):
        """The first value of this key since forget(), and its time."""
        end = time.monotonic() + timeout
        while True:
            for at, said in self.read():
                if key in said and match(said[key]):
                    return said[key], at
            if time.monotonic() > end:
                raise Failure(f"no {key} within {timeout:g} s; got {self.messages}")
            time.sleep(0.005)

    def values(self, key):
        return [said[key] for _, said in self.read() if key in said]

    def pings(self):
        return [at for at, said in self.read() if "WATCHDOG" in said]

    def forget(self):
        self.read()
        self.messages = []


def unit_settings(path, instance):
    """[Service] of a unit: {key: [values]}, with %i replaced."""
    settings, section = {}, ""
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.strip()
            if line.startswith("["):
                section = line
            elif section == "[Service]" and line and line[0] not in "#;":
                key, _, value = line.partition("=")
                settings.setdefault(key.strip(), []).append(value.strip().replace("%i", instance))
    return settings

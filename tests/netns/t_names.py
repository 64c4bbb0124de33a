# SPDX-License-Identifier: ISC
"""Endpoints that are names: whom the worker asks, in its jail."""

import contextlib
import os
import re
import shutil
import signal

from dnslab import Server
from lab import equal, wait_for
from node import Pair
from runner import test

# The daemon's own mount namespace, with that directory as /etc.
WRAPPER = """#!/bin/sh
exec unshare -m sh -c 'mount --bind {dir}/etc /etc && exec "$0" "$@"' {program} "$@"
"""


class Host:
    """An /etc of its own, whose resolv.conf is replaced as a whole."""

    def __init__(self, lab, pair):
        self.lab, self.dir = lab, os.path.join(lab.dir, "etc")
        os.mkdir(self.dir)
        os.chmod(lab.dir, 0o755)
        for name in ("passwd", "group", "nsswitch.conf", "hosts", "ld.so.cache"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(f"/etc/{name}", self.dir)
        pair.a.program = lab.file("wrapper", WRAPPER.format(dir=lab.dir, program=lab.program),
                                  0o755)

    def write(self, text, name="resolv.conf"):
        new = os.path.join(self.dir, "new")
        with open(new, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(new, 0o644)
        os.rename(new, os.path.join(self.dir, name))


def begin(lab, conf, name="resolv.conf"):
    pair = Pair(lab, start=False)
    host = Host(lab, pair)
    host.write(conf, name)
    if name != "resolv.conf":
        os.symlink(name, os.path.join(host.dir, "resolv.conf"))
    pair.b.start_config(pair.config(1))
    return pair, host


def start(pair):
    text = re.sub(r"Endpoint = [^:]*:", "Endpoint = peer.test:", pair.config(0))
    pair.a.start_config(text)


def replaced(lab, name):
    """The first one does not know the peer, the second one does."""
    pair, host = begin(lab, "nameserver 127.0.0.2\n", name)
    first = Server(lab, pair.a.ns, "127.0.0.2", None)
    second = Server(lab, pair.a.ns, "127.0.0.3", pair.outer[1])
    start(pair)
    wait_for(lambda: first.asked >= 2, 5, "questions to the first name server")
    equal(second.asked, 0, "questions to the second one")
    host.write("nameserver 127.0.0.3\n", name)
    pair.a.wait_ping("10.7.0.2", 8, "the peer, once its name is known")
    before = first.asked
    pair.a.process.send_signal(signal.SIGUSR2)      # the network has changed
    wait_for(lambda: second.asked >= 4, 5, "questions to the second name server")
    equal(first.asked, before, "questions to the first one after that")


@test(needs=["taut", "unshare"], timeout=60)
def resolv_conf_may_be_replaced(lab):
    """By rename: for the jail that is another file, which the worker may not read."""
    replaced(lab, "resolv.conf")


@test(needs=["taut", "unshare"], timeout=60)
def what_resolv_conf_is_a_link_to_may_be_replaced(lab):
    replaced(lab, "resolv.conf.real")


@test(needs=["taut", "unshare"], timeout=60)
def resolv_conf_that_cannot_be_read_is_told_once(lab):
    """More than 64 KiB: the name servers of before are asked, until there is one to be read."""
    pair, host = begin(lab, "nameserver 127.0.0.2\n")
    first = Server(lab, pair.a.ns, "127.0.0.2", None)
    second = Server(lab, pair.a.ns, "127.0.0.3", pair.outer[1])
    start(pair)
    wait_for(lambda: first.asked >= 2, 5, "questions to the first name server")
    host.write("nameserver 127.0.0.3\n" + "#\n" * 35000)
    asked = first.asked
    wait_for(lambda: first.asked >= asked + 4, 8, "more questions to it")
    pair.a.wait_log("cannot read resolv.conf: File too large")
    equal(second.asked, 0, "questions to the second one")
    host.write("nameserver 127.0.0.3\n")
    pair.a.process.send_signal(signal.SIGUSR2)      # the network has changed
    pair.a.wait_ping("10.7.0.2", 8, "the peer, once its name is known")


@test(needs=["taut", "unshare"], timeout=60)
def name_server_may_be_link_local(lab):
    """With its interface, as a router announces it; also in the jail."""
    pair, _ = begin(lab, "nameserver fe80::53%lo\n")
    pair.a.ns.add_v6("fe80::53/64", "lo")
    server = Server(lab, pair.a.ns, "fe80::53%lo", pair.outer[1])
    start(pair)
    pair.a.wait_ping("10.7.0.2", 8, "the peer, once its name is known")
    equal(server.asked > 0, True, "it was asked")

# SPDX-License-Identifier: ISC
"""Name servers that answer, the questions that leave by a wire, and where the real helpers are."""

import contextlib
import os
import socket
import struct
import threading

from lab import Skip

TYPE_A, TYPE_AAAA = 1, 28
# Where scripts/resolvers.sh has unpacked packages that must not be installed for a test: they take
# over the resolv.conf of the machine.
UNPACKED = os.environ.get("TAUT_RESOLVERS", "/var/cache/taut-resolvers")


def find(what, *paths):
    """The first of these files that is there, on this machine or unpacked."""
    for path in paths:
        for folder in (f"{UNPACKED}/{what}", ""):
            if os.path.exists(folder + path):
                return folder + path
    raise Skip(f"no {what} (scripts/resolvers.sh {UNPACKED})")


def name_of(question):
    """The name that a question is about, and where it ends."""
    words, at = [], 12
    while question[at]:
        words.append(question[at + 1:at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(words), at + 1


class Server(threading.Thread):
    """Knows one IPv4 address for all names, or one of each family, and what it was asked."""

    def __init__(self, lab, ns, at, answer, answer6=None):
        super().__init__(daemon=True)
        self.answers = {TYPE_A: answer and socket.inet_aton(answer),
                        TYPE_AAAA: answer6 and socket.inet_pton(socket.AF_INET6, answer6)}
        self.names = []
        with ns:
            self.sock = socket.socket(socket.AF_INET6 if ":" in at else socket.AF_INET,
                                      socket.SOCK_DGRAM)
            self.sock.bind(socket.getaddrinfo(at, 53, type=socket.SOCK_DGRAM)[0][4])
        lab.closing.append(self)
        self.start()

    def run(self):
        while True:
            question, client = self.sock.recvfrom(4096)
            if not question:
                return
            name, end = name_of(question)
            self.names.append(name)
            kind, = struct.unpack(">H", question[end:end + 2])
            known = self.answers.get(kind)
            reply = question[:2] + struct.pack(">HHHHH", 0x8180, 1, bool(known), 0, 0)
            reply += question[12:end + 4]
            if known:
                reply += struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(known)) + known
            with contextlib.suppress(OSError):      # there may be no way back
                self.sock.sendto(reply, client)

    @property
    def asked(self):
        return len(self.names)

    def close(self):
        with contextlib.suppress(OSError):  # it is not connected, but is woken up
            self.sock.shutdown(socket.SHUT_RDWR)
        self.join()
        self.sock.close()


def ask(ns, at, name, seconds=4):
    """As a program does: the address that the server there knows; None: no answer."""
    words = b"".join(bytes([len(w)]) + w.encode() for w in name.split("."))
    question = os.urandom(2) + struct.pack(">HHHHH", 0x100, 1, 0, 0, 0) + words
    question += struct.pack(">BHH", 0, TYPE_A, 1)
    with ns.udp("0.0.0.0") as sock:
        sock.settimeout(seconds)
        sock.sendto(question, (at, 53))
        try:
            reply = sock.recv(4096)
        except OSError:
            return None
    count, = struct.unpack(">H", reply[6:8])
    return socket.inet_ntoa(reply[len(question) + 12:len(question) + 16]) if count else None


def in_clear(capture):
    """The names in questions that have left by that wire, readable for everybody."""
    return [name_of(p.data)[0] for p in capture.packets(out=True) if p.dport == 53]

# SPDX-License-Identifier: ISC
"""Long TCP streams with writes of random sizes, checked by length and hash."""

import hashlib
import json
import os
import random
import signal
import socket

from lab import Failure, equal

POOL = 1 << 22          # random bytes that writes are cut from
PATIENCE = 60           # seconds within which there must be progress


def write_size(dice):
    kind = dice.random()
    return dice.randint(1, 65536 if kind < 0.7 else 3000 if kind < 0.9 else 10)


def pour(sock, total, seed):
    """Write `total` bytes; return their (length, hash)."""
    dice = random.Random(seed)
    pool, told, sent = memoryview(dice.randbytes(POOL)), hashlib.blake2b(), 0
    while sent < total:
        size = min(write_size(dice), total - sent)
        at = dice.randrange(POOL - size)
        sock.sendall(pool[at:at + size])
        told.update(pool[at:at + size])
        sent += size
    sock.shutdown(socket.SHUT_WR)
    return sent, told.hexdigest()


def drink(sock):
    """Read to the end; (length, hash)."""
    told, got, room = hashlib.blake2b(), 0, bytearray(1 << 18)
    view = memoryview(room)
    while size := sock.recv_into(room):
        told.update(view[:size])
        got += size
    return got, told.hexdigest()


class Job:
    """A function in its own process."""

    def __init__(self, function, *argv):
        read, write = os.pipe()
        self.pid, self.read = os.fork(), read
        if self.pid:
            os.close(write)
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.alarm(0)
        try:
            answer = function(*argv)
        except OSError as e:
            answer = str(e)
        os.write(write, json.dumps(answer).encode())
        os._exit(0)

    def result(self):
        with os.fdopen(self.read, "rb") as file:
            text = file.read()
        os.waitpid(self.pid, 0)
        self.pid = 0
        return json.loads(text) if text else "died"

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def connect(lab, client, server, host, port=5000, prepare=lambda sock: None):
    """A connection through a tunnel: (socket of the client, of the server)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with server:
        listener = socket.create_server((host, port), family=family)
    with client:
        one = socket.socket(family, socket.SOCK_STREAM)
    lab.closing += [listener, one]
    prepare(listener)
    prepare(one)
    one.settimeout(PATIENCE)
    one.connect((host, port))
    two, _ = listener.accept()
    lab.closing.append(two)
    for sock in (one, two):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(PATIENCE)
    return one, two


def both_ways(lab, pair, host, total, seed, **options):
    """`total` bytes each way at once over one connection from a to b; all must arrive."""
    one, two = connect(lab, pair.a.ns, pair.b.ns, host, **options)
    jobs = [Job(pour, one, total, seed), Job(pour, two, total, seed + 1), Job(drink, two),
            Job(drink, one)]
    lab.closing += jobs
    told = [job.result() for job in jobs]
    for answer in told:
        if isinstance(answer, str):
            raise Failure(f"{host}: {answer} ({told})")
    for way, sent, got in (("there", told[0], told[2]), ("back", told[1], told[3])):
        equal(sent[0], total, f"{host}: bytes written, {way}")
        equal(got, sent, f"{host}: bytes and hash, {way}")

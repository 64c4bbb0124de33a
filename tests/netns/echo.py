# SPDX-License-Identifier: ISC
"""Echo requests. ping(8) waits for its last answer twice the longest round trip so far, or its
interval, and would leave before one that a busy machine delays; this waits as long as it is
told, and sends exactly as many requests as it is told."""

import random
import socket
import struct
import time

# Python does not name these.
MTU_DISCOVER = {socket.AF_INET: (socket.IPPROTO_IP, 10), socket.AF_INET6: (socket.IPPROTO_IPV6, 23)}
PMTUDISC_DONT, PMTUDISC_DO = 0, 2
PROTOCOL = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1]))
    total += data[-1] << 8 if len(data) & 1 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Echo:
    """A socket for echo requests, in the network namespace of the thread that makes it.
    whole: never fragment (True), or always allow it (False)."""

    def __init__(self, target, source=None, whole=None):
        self.family, _, _, _, self.to = socket.getaddrinfo(target, None)[0]
        self.sock = socket.socket(self.family, socket.SOCK_RAW, PROTOCOL[self.family])
        if whole is not None:
            self.sock.setsockopt(*MTU_DISCOVER[self.family], PMTUDISC_DO if whole else PMTUDISC_DONT)
        if source:
            self.sock.bind((source, 0))
        self.id = random.getrandbits(16)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, number, size):
        """False: it could not leave."""
        text = bytes(n & 0xFF for n in range(size))
        head = struct.pack("!BBHHH", REQUEST[self.family], 0, 0, self.id, number)
        if self.family == socket.AF_INET:       # the kernel does it for IPv6
            head = struct.pack("!BBHHH", REQUEST[self.family], 0, checksum(head + text), self.id,
                               number)
        try:
            self.sock.sendto(head + text, self.to)
        except OSError:
            return False
        return True

    def receive(self, seconds):
        """The number of the request that is answered within this time, or None."""
        self.sock.settimeout(max(seconds, 1e-6))
        try:
            data = self.sock.recv(1 << 17)
        except OSError:
            return None
        if self.family == socket.AF_INET:
            data = data[(data[0] & 15) * 4:]
        if len(data) < 8 or data[0] != REPLY[self.family] or data[4:6] != self.id.to_bytes(2, "big"):
            return None
        return int.from_bytes(data[6:8], "big")

    def exchange(self, count, wait, size, interval):
        """Send `count` requests; the number of those answered at most `wait` seconds after the
        last of them."""
        answered, sent, failed, due, end = set(), 0, 0, time.monotonic(), 0
        while True:
            now = time.monotonic()
            if sent < count and now >= due:
                failed += not self.send(sent, size)
                sent, due, end = sent + 1, now + interval, now + wait
            if sent == count and (now >= end or len(answered) + failed >= count):
                return len(answered)
            number = self.receive((due if sent < count else end) - now)
            if number is not None and number < count:
                answered.add(number)

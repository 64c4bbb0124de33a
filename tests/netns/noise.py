# SPDX-License-Identifier: ISC
"""WireGuard's messages in plain Python: a second implementation for the tests.

Shares nothing with the program under test.  Slow (a handshake costs some 20 ms)
and not constant-time: for tests only.
"""

import base64
import hashlib
import hmac as std_hmac
import os
import struct
import time

P = 2**255 - 19
ZERO = bytes(32)


def x25519(scalar, point):
    """RFC 7748 section 5: the Montgomery ladder."""
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = (k[31] & 127) | 64
    k = int.from_bytes(k, "little")
    u = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for bit in range(254, -1, -1):
        now = (k >> bit) & 1
        if swap ^ now:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = now
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def public(private):
    return x25519(private, (9).to_bytes(32, "little"))


def private():
    k = bytearray(os.urandom(32))
    k[0] &= 248
    k[31] = (k[31] & 127) | 64
    return bytes(k)


def b64(key):
    return base64.b64encode(key).decode()


def chacha_quarter(s, a, b, c, d):
    s[a] = (s[a] + s[b]) & 0xFFFFFFFF
    x = s[d] ^ s[a]
    s[d] = (x << 16 | x >> 16) & 0xFFFFFFFF
    s[c] = (s[c] + s[d]) & 0xFFFFFFFF
    x = s[b] ^ s[c]
    s[b] = (x << 12 | x >> 20) & 0xFFFFFFFF
    s[a] = (s[a] + s[b]) & 0xFFFFFFFF
    x = s[d] ^ s[a]
    s[d] = (x << 8 | x >> 24) & 0xFFFFFFFF
    s[c] = (s[c] + s[d]) & 0xFFFFFFFF
    x = s[b] ^ s[c]
    s[b] = (x << 7 | x >> 25) & 0xFFFFFFFF


def chacha_rounds(state):
    s = list(state)
    for _ in range(10):
        for column in range(4):
            chacha_quarter(s, column, column + 4, column + 8, column + 12)
        chacha_quarter(s, 0, 5, 10, 15)
        chacha_quarter(s, 1, 6, 11, 12)
        chacha_quarter(s, 2, 7, 8, 13)
        chacha_quarter(s, 3, 4, 9, 14)
    return s


SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def chacha20(key, nonce, counter, data):
    out = bytearray()
    for block in range(0, len(data), 64):
        state = (*SIGMA, *struct.unpack("<8I", key), counter + block // 64,
                 *struct.unpack("<3I", nonce))
        words = [(a + b) & 0xFFFFFFFF for a, b in zip(chacha_rounds(state), state)]
        stream = struct.pack("<16I", *words)
        out += bytes(a ^ b for a, b in zip(data[block:block + 64], stream))
    return bytes(out)


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    acc = 0
    for i in range(0, len(data), 16):
        acc = (acc + int.from_bytes(data[i:i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((acc + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def aead_tag(key, nonce, sealed, aad):
    def padded(x):
        return x + bytes(-len(x) % 16)
    text = padded(aad) + padded(sealed) + struct.pack("<QQ", len(aad), len(sealed))
    return poly1305(chacha20(key, nonce, 0, ZERO), text)


def nonce_of(counter):
    return bytes(4) + struct.pack("<Q", counter)


def seal(key, counter, plain, aad=b"", nonce=None):
    nonce = nonce or nonce_of(counter)
    sealed = chacha20(key, nonce, 1, plain)
    return sealed + aead_tag(key, nonce, sealed, aad)


def open_(key, counter, sealed, aad=b"", nonce=None):
    """The plaintext, or None."""
    nonce = nonce or nonce_of(counter)
    body, tag = sealed[:-16], sealed[-16:]
    if aead_tag(key, nonce, body, aad) != tag:
        return None
    return chacha20(key, nonce, 1, body)


def xopen(key, nonce24, sealed, aad):
    state = (*SIGMA, *struct.unpack("<8I", key), *struct.unpack("<4I", nonce24[:16]))
    s = chacha_rounds(state)
    subkey = struct.pack("<8I", *s[0:4], *s[12:16])
    return open_(subkey, 0, sealed, aad, nonce=bytes(4) + nonce24[16:])


def hash_(*parts):
    return hashlib.blake2s(b"".join(parts)).digest()


def mac(key, data):
    return hashlib.blake2s(data, key=key, digest_size=16).digest()


def kdf(n, key, data):
    def hm(k, d):
        return std_hmac.new(k, d, hashlib.blake2s).digest()
    prk, out, last = hm(key, data), [], b""
    for i in range(1, n + 1):
        last = hm(prk, last + bytes([i]))
        out.append(last)
    return out


CK0 = hash_(b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s")
H0 = hash_(CK0, b"WireGuard v1 zx2c4 Jason@zx2c4.com")


def mac1_key(their_public):
    return hash_(b"mac1----", their_public)


def cookie_key(their_public):
    return hash_(b"cookie--", their_public)


def tai64n(now_ns):
    return struct.pack(">QI", 0x400000000000000A + now_ns // 10**9, now_ns % 10**9 & ~0xFFFFFF)


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ip4_udp(src, dst, sport, dport, payload):
    """A whole IPv4 packet that carries a datagram (without a UDP checksum)."""
    def quad(a):
        return bytes(int(x) for x in a.split("."))
    length = 28 + len(payload)
    head = struct.pack(">BBHHHBBH", 0x45, 0, length, 0, 0, 64, 17, 0) + quad(src) + quad(dst)
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return head + struct.pack(">HHHH", sport, dport, length - 20, 0) + payload


class Session:
    def __init__(self, send_key, receive_key, local, remote):
        self.send_key, self.receive_key = send_key, receive_key
        self.local, self.remote, self.counter = local, remote, 0

    def seal(self, plain, counter=None):
        if counter is None:
            counter, self.counter = self.counter, self.counter + 1
        plain += bytes(-len(plain) % 16)
        return (struct.pack("<IIQ", 4, self.remote, counter)
                + seal(self.send_key, counter, plain))

    def open(self, message):
        kind, index, counter = struct.unpack("<IIQ", message[:16])
        if kind != 4 or index != self.local:
            return None
        return open_(self.receive_key, counter, message[16:])


class Initiator:
    """One attempt to reach a responder: initiation() first, then consume()."""

    def __init__(self, own_private, their_public, psk=ZERO):
        self.own, self.theirs, self.psk = own_private, their_public, psk
        self.cookie = None

    def initiation(self, ephemeral=None, index=None, stamp=None):
        e = self.e = ephemeral or private()
        self.index = int.from_bytes(os.urandom(4), "little") if index is None else index
        h = hash_(H0, self.theirs)
        e_pub = public(e)
        h, ck = hash_(h, e_pub), kdf(1, CK0, e_pub)[0]
        ck, k = kdf(2, ck, x25519(e, self.theirs))
        static = seal(k, 0, public(self.own), h)
        h = hash_(h, static)
        ck, k = kdf(2, ck, x25519(self.own, self.theirs))
        stamped = seal(k, 0, stamp or tai64n(time.time_ns()), h)
        self.h, self.ck = hash_(h, stamped), ck
        return self.macs(struct.pack("<II", 1, self.index) + e_pub + static + stamped)

    def macs(self, body):
        self.mac1 = mac(mac1_key(self.theirs), body)
        body += self.mac1
        return body + (mac(self.cookie, body) if self.cookie else bytes(16))

    def take_cookie(self, message):
        """A cookie reply: True if it was valid; it is used from now on."""
        kind, index = struct.unpack("<II", message[:8])
        if kind != 3 or index != self.index or len(message) != 64:
            return False
        cookie = xopen(cookie_key(self.theirs), message[8:32], message[32:], self.mac1)
        if cookie is None:
            return False
        self.cookie = cookie
        return True

    def consume(self, response):
        """A response: the Session, or None."""
        if len(response) != 92 or response[:4] != b"\2\0\0\0":
            return None
        remote, index = struct.unpack("<II", response[4:12])
        if index != self.index:
            return None
        e_pub = response[12:44]
        h, ck = hash_(self.h, e_pub), kdf(1, self.ck, e_pub)[0]
        ck = kdf(1, ck, x25519(self.e, e_pub))[0]
        ck = kdf(1, ck, x25519(self.own, e_pub))[0]
        ck, tau, k = kdf(3, ck, self.psk)
        if open_(k, 0, response[44:60], hash_(h, tau)) is None:
            return None
        if mac(mac1_key(public(self.own)), response[:60]) != response[60:76]:
            return None
        send, receive = kdf(2, ck, b"")
        return Session(send, receive, self.index, remote)


def self_check():
    """A published handshake, byte for byte: raises AssertionError when this file is wrong."""
    def x(text):
        return bytes.fromhex(text)
    own = x("084c72050194d676f8d8ad9dd916c6c4f963dfca54c5c510da5167f0f082bc49")
    theirs = x("1d5a4d0e279f6aad89ed13019fb841327e7d86d393e37ab4df138c4e9947121a")
    e = x("c0617ec2d4df48189dd78b9d2c4dd9114b90de5868f84696f7d0867a603d4779")
    first = Initiator(own, theirs)
    message = first.initiation(e, 0x11223344, x("400000006553f10a07000000"))
    assert message[116:132] == x("76c44a2dad036a789285de6497cb0031"), "initiation"
    assert first.h == x("fdcf5c8402951c28ee0db1427c9ebd22847ec9ccdcd56b148d987862bd224882")
    assert first.take_cookie(x(
        "0300000044332211000102030405060708090a0b0c0d0e0f1011121314151617"
        "d2d2664fcbc0441dd21076ed57ad5c94cd4f466a54cbc536d0f037a8911c0168")), "cookie"
    message = first.initiation(e, 0x11223344, x("400000006553f10a07000000"))
    assert message[132:] == x("129bba007d52f5f80a949876b9efc208"), "mac2"
    key = x("559115f6e97eed763c81d3adee6632dad99243bd516f5c1a8c1f6a686f993aa6")
    keepalive = Session(key, ZERO, 0, 0xAABBCCDD).seal(b"")
    assert keepalive == x("04000000ddccbbaa00000000000000000d90bd00e313aae251210890efab3462")

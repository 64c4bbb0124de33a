# SPDX-License-Identifier: ISC
"""The file of stamps (src/privsep/stamps.h), read and written without the program."""

import struct

from lab import equal

HEAD, ENTRY, SUM = b"taut stamps 1\n\0\0", 44, 8
TAI64 = 0x400000000000000A


def checksum(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 % (1 << 64)
    return struct.pack(">Q", value)


def read(data):
    """{public key: seconds since 1970}. The file must be whole."""
    equal(data[:len(HEAD)], HEAD, "the head of the file of stamps")
    equal(data[-SUM:], checksum(data[:-SUM]), "the checksum of the file of stamps")
    body = data[len(HEAD):-SUM]
    equal(len(body) % ENTRY, 0, "odd bytes in the file of stamps")
    entries = [body[i:i + ENTRY] for i in range(0, len(body), ENTRY)]
    return {entry[:32]: struct.unpack(">Q", entry[32:40])[0] - TAI64 for entry in entries}


def write(stamps):
    data = HEAD + b"".join(key + struct.pack(">QL", TAI64 + seconds, 0)
                           for key, seconds in stamps.items())
    return data + checksum(data)

# SPDX-License-Identifier: ISC
"""System calls that a child of a test cannot use, by a seccomp filter."""

import ctypes
import struct


def filtered(bpf):
    """For subprocess' preexec_fn: install this classic BPF program, a list of instructions."""
    code = b"".join(struct.pack("HBBI", *line) for line in bpf)
    text = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(bpf), ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)

    def apply():
        if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
            raise OSError(ctypes.get_errno(), "seccomp")
    apply.keep = text
    return apply

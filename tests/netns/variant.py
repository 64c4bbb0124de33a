# SPDX-License-Identifier: ISC
"""The same tests with other offloads, another AEAD, another MTU.

TAUT_VARIANT names one of VARIANTS; without it everything has its default.  A wrapper
script passes the options to each daemon, no matter what starts it (the lab, `taut up`,
wg-quick, a hook).  Tests set the MTU of the variant on each link, and on the wires
between the namespaces.
"""

import os
import pathlib
import re
import shlex
import subprocess

OFFLOADS = ("tun-vnet", "tun-tso", "tun-uso", "tun-tcp-gro", "tun-udp-gro", "udp-gso", "udp-gro")
HEADER = pathlib.Path(__file__).resolve().parents[2] / "src/base/aeadname.h"
AEADS = [name for name in re.findall(r'^#define AEADNAME_\w+\s+"([^"]+)"',
                                     HEADER.read_text(encoding="utf-8"), re.MULTILINE)
         if name != "auto"]
# None of these can be used without the first.
OF_VNET = ("tun-tso", "tun-uso", "tun-tcp-gro", "tun-udp-gro")


class Variant:
    def __init__(self, off=(), aead=None, mtu=None, wire=None):
        self.off, self.aead = tuple(off), aead
        self.mtu = mtu          # of every link that a test sets up; None: the default
        self.wire = wire        # MTU of the underlay; None: 1500, longer datagrams in fragments

    @property
    def options(self):
        return [f"--{name}=off" for name in self.off] + (
            ["--aead", self.aead] if self.aead else [])

    def mtu_or(self, usual):
        return self.mtu or usual


VARIANTS = {
    "default": Variant(),
    "offloads-off": Variant(off=OFFLOADS),
    **{f"{name}-off": Variant(off=(name,)) for name in OFFLOADS},
    **{name: Variant(aead=name) for name in AEADS},
    "mtu-1280": Variant(mtu=1280),
    "mtu-1420": Variant(mtu=1420),
    "mtu-9000": Variant(mtu=9000, wire=9080),
    "mtu-65000": Variant(mtu=65000, wire=65080),
    "mtu-9000-in-fragments": Variant(mtu=9000),
    "mtu-65000-in-fragments": Variant(mtu=65000),
}

NAME = os.environ.get("TAUT_VARIANT", "default")
NOW = VARIANTS[NAME]
REAL = {}       # the program that a wrapper script starts

SCRIPT = """#!/bin/sh
# The program as the tests' variant {name} wants it.
program={program} value=
case $0 in */wireguard-go) program={link} ;; esac	# that name says how it is meant
for word; do
	[ -z "$value" ] || {{ value=; continue; }}
	case $word in
	--aead | --log-level) value=next ;;
	-f | --foreground | --) exec "$program" {options} "$@" ;;
	-*) ;;
	run | up) exec "$program" {options} "$@" ;;
	{verbs}) exec "$program" "$@" ;;
	*) exec "$program" {options} "$@" ;;
	esac
done
exec "$program" "$@"
"""


def verbs(program):
    text = subprocess.run([program, "help"], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^  ([a-z]+) ", text, re.M)
    assert {"run", "up", "status"} <= set(found), text
    return found


def has_aead(program, name):
    text = subprocess.run([program, "--version"], capture_output=True, text=True,
                          check=True).stdout
    return name in text.partition("aead:")[2].split("\n")[0].split()


def wrapped(program, folder):
    """A script in the folder that starts the program with the variant's options."""
    if not NOW.options:
        return program
    path = os.path.join(folder, "taut")
    link = os.path.join(folder, "wireguard-go")
    os.symlink(os.path.abspath(program), link)
    os.chmod(folder, 0o755)     # some tests run it as nobody
    with open(path, "w", encoding="ascii") as file:
        file.write(SCRIPT.format(name=NAME, program=shlex.quote(program),
                                 link=shlex.quote(link),
                                 options=shlex.join(NOW.options),
                                 verbs=" | ".join(verbs(program))))
        os.fchmod(file.fileno(), 0o755)
    REAL[path] = program
    return path


def real(program):
    return REAL.get(program, program)

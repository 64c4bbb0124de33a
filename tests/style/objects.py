# SPDX-License-Identifier: ISC
"""What the style tests that read object files share: nm, and small samples to try it on."""

import os
import pathlib
import re
import shlex
import subprocess

import style

NM = shlex.split(os.environ.get("NM", "nm"))


def built():
    """The libraries of all rooms and the main program's object: all of src as it was built."""
    top = style.build()
    found = sorted(top.glob("lib*.a")) + [top / "src/main.o"]
    for path in found:
        style.need(path)
    return found


def symbols(path):
    """(stem of the source, name, type) for each symbol of a library or an object."""
    done = subprocess.run(NM + ["-A", "-P", str(path)], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        where, _, rest = line.partition(": ")
        member = where.rpartition("[")[2].rstrip("]") if "[" in where else where
        stem = re.sub(r"^lib\w+_a-", "", pathlib.PurePath(member).name)
        name, kind = rest.split()[:2]
        yield stem.removesuffix(".o"), name, kind


def exported(path):
    """(stem, name) of all that others may use."""
    return [(stem, name) for stem, name, kind in symbols(path) if kind in "TDBRCSGVW"]


def needed(path):
    """(stem, name) of all that is taken from another object."""
    return [(stem, name) for stem, name, kind in symbols(path) if kind == "U"]


def compiled(folder, file, source):
    """The object made from one piece of C."""
    path = pathlib.Path(folder, file)
    path.write_text(source, encoding="utf-8")
    target = path.with_suffix(".o")
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run(compiler + ["-O2", "-w", "-c", str(path), "-o", str(target)], check=True)
    return target

# SPDX-License-Identifier: ISC
"""What the style tests share that read object files: names by nm, small libraries to judge."""

import os
import pathlib
import shlex
import subprocess

NM = shlex.split(os.environ.get("NM", "nm"))
CC = shlex.split(os.environ.get("CC", "cc"))


def names(archive, *options):
    """The names that nm lists, each with the member of the archive that it is in."""
    done = subprocess.run(NM + ["-A", "-P", *options, str(archive)], capture_output=True,
                          text=True, check=True)
    found = []
    for line in done.stdout.splitlines():
        where, _, rest = line.partition(": ")
        if rest:
            found.append((where.rpartition("[")[2].rstrip("]"), rest.split()[0]))
    return found


def defined(archive):
    """The (member, name) pairs that others can link with."""
    return names(archive, "-g", "--defined-only")


def undefined(archive):
    """The (member, name) pairs that others must provide."""
    return names(archive, "-u")


def file_of(member):
    """The object libproto_a-noise.o comes from the file noise."""
    return member.rpartition("-")[2].removesuffix(".o")


def archive_of(folder, room, sources):
    """Build lib<room>.a from {file: C}."""
    folder = pathlib.Path(folder)
    made = []
    for name, source in sources.items():
        path = folder / f"lib{room}_a-{name}.c"
        path.write_text(source, encoding="utf-8")
        made.append(str(path.with_suffix(".o")))
        subprocess.run(CC + ["-O2", "-w", "-c", str(path), "-o", made[-1]], check=True)
    library = folder / f"lib{room}.a"
    library.unlink(missing_ok=True)
    subprocess.run(["ar", "crs", str(library), *made], check=True)
    return library

# SPDX-License-Identifier: ISC
"""Shared by the style tests: finding files, reading C, reporting.

A style test is a function that takes the top of a source tree and yields
complaints.  Each test first shows that it can fail: it builds small trees with
one fault each and demands the complaint; a test that misses one exits 1.
"""

import os
import pathlib
import re
import sys
import tempfile

SKIP = 77


def top():
    """The top of the source tree: srcdir when run by make, else relative to this file."""
    given = os.environ.get("srcdir")
    return pathlib.Path(given).resolve() if given else pathlib.Path(__file__).resolve().parents[2]


def build():
    """The top of the build tree."""
    return pathlib.Path(os.environ.get("builddir", ".")).resolve()


def c_files(root, folders=("src",), suffixes=(".c", ".h")):
    """All C files below the folders, sorted."""
    found = []
    for folder in folders:
        found += [p for p in (root / folder).rglob("*") if p.suffix in suffixes and p.is_file()]
    return sorted(found)


def room_of(root, path):
    """src/proto/wire.h is in room proto, src/main.c in room main."""
    parts = path.relative_to(root / "src").parts
    return parts[0] if len(parts) > 1 else "main"


TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def code_only(text, keep_strings=False):
    """C with comments (and strings) blanked out; each line keeps its number."""
    def blank(match):
        token = match.group(0)
        if keep_strings and token[0] in "\"'":
            return token
        return "".join(c if c == "\n" else " " for c in token)
    return TOKEN.sub(blank, text)


def write_tree(root, files):
    """Make a small tree from {path: text}."""
    for name, text in files.items():
        path = pathlib.Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def must_catch(check, faults, good):
    """Prove that check detects each fault and accepts the good tree.

    faults is a list of (what it is, {path: text}, words of the complaint)."""
    failures = []
    for what, files, expect in faults:
        with tempfile.TemporaryDirectory() as tree:
            write_tree(tree, files)
            found = list(check(pathlib.Path(tree)))
            if not any(expect in line for line in found):
                failures.append(f"selftest: not caught: {what} (got {found})")
    with tempfile.TemporaryDirectory() as tree:
        write_tree(tree, good)
        failures += [f"selftest: false alarm: {line}" for line in check(pathlib.Path(tree))]
    finish_selftest(failures, len(faults) + 1)


def finish_selftest(failures, n):
    """End the program if the selftest failed."""
    for line in failures:
        print(line)
    if failures:
        sys.exit(1)
    print(f"selftest: {n} samples judged correctly")


def finish(complaints, checked):
    """Print the complaints and end the program."""
    for line in complaints:
        print(line)
    if not checked:
        print("nothing to check: is srcdir right?")
        sys.exit(1)
    print(f"{checked} checked, {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


def option_values(told):
    """{option: its values} of those that `taut help` prints as --option=one|other; N: a number."""
    return {option: set(values.split("|"))
            for option, values in re.findall(r"^ +--([a-z-]+)=(\S+)", told, re.MULTILINE)}


def need(path):
    """Fail if a file that the build should have made is missing."""
    if not os.path.exists(path):
        print(f"{path} was not built")
        sys.exit(1)


def skip(why):
    """End the program as skipped."""
    print(f"SKIP: {why}")
    sys.exit(SKIP)

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Each header of src/ compiles alone, included twice, and in any order.

All headers are included in one file in alphabetical order and in reverse, so that
none depends on what happens to be included before it.  Guards are ROOM_NOUN_H.
"""

import os
import pathlib
import re
import shlex
import subprocess
import tempfile

import style

FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]


def compiles(root, names):
    """The compiler's first complaint about a file that includes these headers, or None."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "all.c"
        source.write_text("".join(f'#include "{n}"\n' for n in names) + "int at_least_one;\n")
        command = shlex.split(os.environ.get("CC", "cc")) + FLAGS + ["-I", str(root / "src")]
        done = subprocess.run(command + [str(source)], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return None
        errors = [line for line in done.stderr.splitlines() if "error" in line]
        return (errors or done.stderr.splitlines() or ["failed"])[0]


def check(root):
    """Yield a complaint for each header that does not compile alone."""
    headers = style.c_files(root, suffixes=(".h",))
    names = [str(p.relative_to(root / "src")) for p in headers]
    for path, name in zip(headers, names):
        guard = re.sub(r"\W", "_", name).upper()
        lines = path.read_text(encoding="utf-8").splitlines()
        if f"#ifndef {guard}" not in lines or f"#define {guard}" not in lines:
            yield f"src/{name}: the guard should be {guard}"
        why = compiles(root, [name, name])
        if why:
            yield f"src/{name}: does not compile alone: {why}"
    for order, what in ((names, "in order"), (names[::-1], "in reverse")):
        why = compiles(root, order)
        if why:
            yield f"all headers {what}: {why}"


def header(name, body):
    """A header with a proper guard."""
    guard = re.sub(r"\W", "_", name).upper()
    return f"#ifndef {guard}\n#define {guard}\n{body}\n#endif\n"


FAULTS = [
    ("a type without its header", {"src/base/a.h": header("base/a.h", "uint8_t f(void);")},
     "src/base/a.h: does not compile alone"),
    ("no guard", {"src/base/a.h": "struct a { int x; };\n"}, "guard should be BASE_A_H"),
    ("no guard, twice", {"src/base/a.h": "struct a { int x; };\n"}, "does not compile alone"),
    ("another's guard", {"src/base/b.h": header("base/a.h", "")}, "guard should be BASE_B_H"),
    ("a macro that hurts the next one",
     {"src/base/a.h": header("base/a.h", "#define len 3 +"),
      "src/base/b.h": header("base/b.h", "int f(int len);")}, "all headers in order"),
    ("a macro that hurts the one before",
     {"src/base/a.h": header("base/a.h", "int f(int len);"),
      "src/base/b.h": header("base/b.h", "#define len 3 +")}, "all headers in reverse"),
]
GOOD = {
    "src/base/a.h": header("base/a.h", "#include <stdint.h>\nstruct a { uint8_t x; };"),
    "src/base/b.h": header("base/b.h", '#include "base/a.h"\nint f(struct a *a);'),
}

if __name__ == "__main__":
    style.must_catch(check, FAULTS, GOOD)
    TOP = style.top()
    style.finish(list(check(TOP)), len(style.c_files(TOP, suffixes=(".h",))))

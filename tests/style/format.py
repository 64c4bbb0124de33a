#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The layout of src/ and tests/ is that of clang-format 14 with .clang-format."""

import os
import shlex
import subprocess

import style

VERSION = "14."  # other versions disagree about details
CLANG_FORMAT = shlex.split(os.environ.get("CLANG_FORMAT", "clang-format"))


def version():
    """The version of the installed clang-format, or None."""
    try:
        done = subprocess.run(CLANG_FORMAT + ["--version"], capture_output=True, text=True,
                              check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    words = done.stdout.split()
    return words[words.index("version") + 1] if "version" in words else None


def check(root):
    """Yield a complaint for each file that clang-format would change."""
    config = (style.top() / ".clang-format").read_text(encoding="utf-8")
    (root / ".clang-format").exists() or (root / ".clang-format").write_text(config)
    for path in style.c_files(root, ("src", "tests")):
        done = subprocess.run(CLANG_FORMAT + ["--dry-run", "-Werror", "--style=file", str(path)],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            first = (done.stderr.splitlines() or ["?"])[0].replace(f"{root}/", "")
            yield f"{first.split(' error:')[0]} would change (clang-format -i)"


FAULTS = [
    ("spaces for a tab", {"src/a.c": "int f(void)\n{\n    return 1;\n}\n"}, "src/a.c:2"),
    ("a brace", {"tests/a.h": "static inline int f(void) {\n\treturn 1;\n}\n"}, "tests/a.h:1"),
]
GOOD = {"src/a.c": "int f(void)\n{\n\treturn 1;\n}\n"}

if __name__ == "__main__":
    HAVE = version()
    if not (HAVE or "").startswith(VERSION):
        style.skip(f"clang-format {VERSION}x is needed, here is {HAVE or 'none'}")
    style.must_catch(check, FAULTS, GOOD)
    TOP = style.top()
    style.finish(list(check(TOP)), len(style.c_files(TOP, ("src", "tests"))))

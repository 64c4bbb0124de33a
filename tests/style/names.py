#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Names tell where things are: what a file exports begins with the file's first word.

Functions and objects by nm, over the libraries that the build makes; and no two rooms of
src have a file of the same name.
"""

import pathlib
import re
import tempfile

import objects
import style

NOT_OURS = re.compile(r"^(_|main$)")


def judge_names(exported):
    """Yield a complaint for each name of (file, name) that does not begin with its file."""
    for stem, name in exported:
        word = stem.split("_")[0]
        if NOT_OURS.match(name) or name == word or name.startswith(word + "_"):
            continue
        yield f"{stem}.c exports {name}: it should begin with {word}_"


def judge_files(root):
    """Yield a complaint for each file name that two rooms have."""
    seen = {}
    for path in style.c_files(root):
        other = seen.setdefault(path.name, path)
        if other != path:
            yield f"{path.relative_to(root)}: {other.relative_to(root)} has that name too"


SAMPLES = [
    ("a strange word", "ring.c", "int ring_new(void) { return 1; } int make(void) { return 2; }",
     "ring.c exports make"),
    ("a strange object", "ring_at.c", "int ring_at(void) { return 1; } int at_last = 1;",
     "ring_at.c exports at_last"),
    ("a word that only begins alike", "ring.c", "int ringing(void) { return 1; }", "ringing"),
    ("static names and the file's own", "ring_at.c",
     "static int other; int ring_more(void) { return ++other; } int ring(void) { return 1; }",
     None),
]


def selftest():
    """Each sample must be judged rightly."""
    failures = []
    for what, file, source, culprit in SAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            found = list(judge_names(objects.exported(objects.compiled(folder, file, source))))
        if not (any(culprit in f for f in found) if culprit else not found):
            failures.append(f"selftest: {what}: got {found}")
    style.finish_selftest(failures, len(SAMPLES))
    style.must_catch(judge_files, [("one name in two rooms",
                                    {"src/io/a.c": "", "src/proto/a.c": ""}, "that name too")],
                     {"src/io/a.c": "", "src/io/a.h": "", "src/proto/b.c": ""})


if __name__ == "__main__":
    selftest()
    EXPORTED = [pair for path in objects.built() for pair in objects.exported(path)]
    style.finish(list(judge_names(EXPORTED)) + list(judge_files(style.top())), len(EXPORTED))

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Sizes: of files, of functions, and of rooms.

A .c file has at most 450 lines, a function at most 60 from the first line of its signature to
its last brace, and each room has less than 15 % of the lines of src. Nine of ten functions have
at most 24 lines, and half of them at most 11. The layout is that of .clang-format: the braces
of a function, and no others, stand alone in the first column. Functions in headers have the
same limit; the shares are those of the functions in .c files.
"""

import math

import style

FILE_LINES = 450
FUNCTION_LINES = 60
ROOM_PERCENT = 15
P90 = 24
MEDIAN = 11


def signature(lines, brace):
    """The index of the line where the signature before this brace begins."""
    first = brace
    while first > 0:
        before = lines[first - 1].rstrip()
        if not before or before[0] in "#}" or before.endswith((";", "*/")):
            break
        first -= 1
    return first


def functions(text):
    """Yield (line number, length) of each function; a length of 0 if its end is not found."""
    lines = style.code_only(text).split("\n")
    for brace, line in enumerate(lines):
        if line.rstrip() != "{":
            continue
        first = signature(lines, brace)
        last = next((n for n in range(brace, len(lines)) if lines[n].rstrip() == "}"), None)
        yield first + 1, 0 if last is None else last - first + 1


def rank(lengths, percent):
    """The length that at least this share of the functions does not exceed."""
    return sorted(lengths)[math.ceil(len(lengths) * percent / 100) - 1] if lengths else 0


def measure(root):
    """Lines of each room, and the functions of src as (file, line, length)."""
    rooms, found = {}, []
    for path in style.c_files(root):
        text = path.read_text(encoding="utf-8")
        room = style.room_of(root, path)
        rooms[room] = rooms.get(room, 0) + len(text.splitlines())
        found += [(path, line, length) for line, length in functions(text)]
    return rooms, found


def lengths_of(found):
    """The lengths of the functions in .c files."""
    return [length for path, _, length in found if path.suffix == ".c"]


def check_pieces(root):
    """Yield a complaint for each file and each function that is too long."""
    for path in style.c_files(root, suffixes=(".c",)):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            yield f"{path.relative_to(root)}: {lines} lines, more than {FILE_LINES}"
    for path, line, length in measure(root)[1]:
        where = f"{path.relative_to(root)}:{line}"
        if not length:
            yield f"{where}: a function without an end"
        if length > FUNCTION_LINES:
            yield f"{where}: a function of {length} lines, more than {FUNCTION_LINES}"


def check_shares(root):
    """Yield a complaint if a room is too big, or too many functions are long."""
    rooms, found = measure(root)
    whole = sum(rooms.values())
    for room, lines in sorted(rooms.items()):
        if lines * 100 >= whole * ROOM_PERCENT:
            yield f"src/{room}: {lines} of {whole} lines, not below {ROOM_PERCENT} %"
    for percent, most in ((50, MEDIAN), (90, P90)):
        length = rank(lengths_of(found), percent)
        if length > most:
            yield f"{percent} % of the functions have up to {length} lines, more than {most}"


def check(root):
    """Yield a complaint for each size that is exceeded."""
    yield from check_pieces(root)
    yield from check_shares(root)


def report(root):
    """Print what was measured."""
    rooms, found = measure(root)
    whole = sum(rooms.values())
    for room, lines in sorted(rooms.items(), key=lambda item: -item[1]):
        print(f"{room:10} {lines:6} lines {100 * lines / whole:5.1f} %")
    lengths = lengths_of(found)
    print(f"{'all':10} {whole:6} lines")
    print(f"{len(lengths)} functions in .c files: median {rank(lengths, 50)}, "
          f"p90 {rank(lengths, 90)}, max {max(lengths, default=0)} lines")


def function(lines):
    """A function of this length."""
    return "int f(int a,\n\tint b)\n{\n" + "\tg();\n" * (lines - 4) + "}\n"


def one(text, suffix="c"):
    """A tree of one file."""
    return {f"src/io/a.{suffix}": text}


def rooms_of(sizes):
    """A tree of rooms with these numbers of lines."""
    return {f"src/room{i}/a.c": "int x;\n" * size for i, size in enumerate(sizes)}


# What looks like an end or a beginning, but is none: 11 lines.
DECOYS = ("struct a {\n\tint x;\n};\nstatic const int t[] = {\n\t1,\n};\n"
          "/*\n{\n */\n#define X 1\n\n")
FAULTS = [
    ("a long file", one("int x;\n" * 451), "src/io/a.c: 451 lines, more than 450"),
    ("a long function", one(DECOYS + function(61)), "src/io/a.c:12: a function of 61 lines"),
    ("the second of two", one(function(9) + function(61)), "src/io/a.c:10: a function of 61"),
    ("a long signature", one("static int\nf(\n" + "\tint a,\n" * 60 + "\tint b)\n{\n}\n"),
     "src/io/a.c:1: a function of 65 lines"),
    ("a long function in a header", one(function(61), "h"), "src/io/a.h:1: a function of 61"),
    ("no end", one("int f(void)\n{\n\tg();\n"), "src/io/a.c:1: a function without an end"),
    ("a big room", rooms_of([100, 100, 100, 100, 100, 89]), "src/room0: 100 of 589 lines, not"),
    ("a room of just that share", rooms_of([17] * 5 + [15]), "src/room5: 15 of 100 lines, not"),
    ("half of the functions", one(function(12) * 5 + function(5) * 4), "50 % of the functions"),
    ("a tenth of the functions", one(function(25) * 2 + function(5) * 9), "90 % of the functions"),
    ("only headers are short", {**one(function(12)), **one(function(5) * 9, "h")},
     "50 % of the functions have up to 12 lines, more than 11"),
]
GOOD = {**rooms_of([449] * 7), "src/main.c": DECOYS + function(60) + function(24) +
        function(11) * 18, "src/room0/b.h": "int x;\n" * 2}

if __name__ == "__main__":
    style.must_catch(check, FAULTS, GOOD)
    TOP = style.top()
    report(TOP)
    style.finish(list(check(TOP)), len(style.c_files(TOP)))

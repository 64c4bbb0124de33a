#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Nothing grows too large: lines of files, functions and rooms.

A function counts from the first line of its signature to its closing brace, comments
and blank lines included.  Prints how long functions are: median, nine tenths, longest.
"""

import pathlib
import sys
import tempfile

import style

FILE_LINES = 450     # of a .c file
FUNCTION_LINES = 60
ROOM_SHARE = 0.15    # of all lines of src


def functions(text):
    """Yield (line number, name, lines) of each function that is defined in this C."""
    lines = style.code_only(text).splitlines()
    begun = None
    for number, line in enumerate(lines):
        if line == "{":
            begun = number
        elif line == "}" and begun is not None:
            first = begun
            while first > 0 and goes_on(lines[first - 1]):
                first -= 1
            head = " ".join(lines[first:begun])
            yield first + 1, head.partition("(")[0].split()[-1].lstrip("*"), number - first + 1
            begun = None


def goes_on(line):
    """Whether the definition below began on this line or before it."""
    bare = line.strip()
    return bool(bare) and not bare.startswith("#") and bare[-1] not in ";}"


def quantile(sorted_numbers, share):
    """The number below which this share lies."""
    return sorted_numbers[min(len(sorted_numbers) - 1, int(len(sorted_numbers) * share))]


def measure(root):
    """(lines of each room, lengths of all functions, sorted)."""
    rooms, lengths = {}, []
    for path in style.c_files(root):
        text = path.read_text(encoding="utf-8")
        room = style.room_of(root, path)
        rooms[room] = rooms.get(room, 0) + text.count("\n")
        lengths += [n for _, _, n in functions(text)]
    return rooms, sorted(lengths)


def check(root, share=ROOM_SHARE):
    """Yield a complaint for each thing that is too large."""
    for path in style.c_files(root):
        name = path.relative_to(root)
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if path.suffix == ".c" and lines > FILE_LINES:
            yield f"{name}: {lines} lines, more than {FILE_LINES}"
        for number, function, n in functions(text):
            if n > FUNCTION_LINES:
                yield f"{name}:{number}: {function}() has {n} lines, more than {FUNCTION_LINES}"
    rooms, _ = measure(root)
    for room, lines in rooms.items():
        if lines >= share * sum(rooms.values()):
            yield f"src/{room}: {100 * lines / sum(rooms.values()):.1f} % of the lines of src"


def sized(lines, head="static int f(int a,\n\t     int b)"):
    """A function of that many lines."""
    return f"{head}\n{{\n" + "\tx();\n" * (lines - head.count("\n") - 3) + "}\n"


EVEN = {f"src/room{i}/even.c": sized(50) for i in range(10)}
FAULTS = [
    ("a long file", {"src/io/a.c": "int x;\n" * 451}, "src/io/a.c: 451 lines"),
    ("a long function", {"src/io/a.c": "int x;\n\n" + sized(61)}, "src/io/a.c:3: f() has 61 lines"),
    ("a long function in a header", {"src/io/a.h": sized(61, "static inline struct s *g(void)")},
     "src/io/a.h:1: g() has 61 lines"),
    ("the second function", {"src/io/a.c": sized(9) + "\n" + sized(70, "void g(void)")},
     "src/io/a.c:11: g() has 70 lines"),
    ("a long one behind a directive", {"src/io/a.c": "#ifdef X\n" + sized(61) + "#endif\n"},
     "src/io/a.c:2: f() has 61 lines"),
    ("blank lines and comments", {"src/io/a.c": sized(58).replace("{", "{\n\n\t/* { */\n", 1)
                                  .replace("\tx();\n", "\tif (y) {\n\t}\n", 1)}, "f() has 62 lines"),
    ("a big room", EVEN | {"src/hall/a.c": sized(50), "src/hall/b.c": sized(50)},
     "src/hall: 16.7 % of"),
]
GOOD = EVEN | {
    "src/room0/a.h": "struct s {\n" + "\tint x;\n" * 8 + "};\n" + sized(10),
    "src/room1/a.c": "static const int x[] = {\n" + "\t1,\n" * 8 + "};\n" + sized(10),
}


def selftest_lengths():
    """The numbers that are printed must be right."""
    with tempfile.TemporaryDirectory() as tree:
        style.write_tree(tree, {"src/io/a.c": "".join(sized(n) + "\n" for n in range(10, 21))})
        _, lengths = measure(pathlib.Path(tree))
    if (lengths != list(range(10, 21)) or quantile(lengths, 0.5) != 15
            or quantile(lengths, 0.9) != 19):
        print(f"selftest: lengths {lengths}")
        sys.exit(1)


if __name__ == "__main__":
    selftest_lengths()
    style.must_catch(check, FAULTS, GOOD)
    TOP = style.top()
    ROOMS, LENGTHS = measure(TOP)
    BIGGEST = max(ROOMS, key=ROOMS.get)
    print(f"{len(LENGTHS)} functions: median {quantile(LENGTHS, 0.5)} lines, nine tenths up to "
          f"{quantile(LENGTHS, 0.9)}, longest {LENGTHS[-1]}")
    print(f"biggest room: {BIGGEST}, {100 * ROOMS[BIGGEST] / sum(ROOMS.values()):.1f} % of "
          f"{sum(ROOMS.values())} lines")
    style.finish(list(check(TOP)), len(LENGTHS))

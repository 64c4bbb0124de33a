#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The README.md of each room: every file in it, once, and the rooms that it may include.

An entry is `name.c`, `name.h`, or `name.[ch]` for both. The last line repeats the room's row
of the table in layers.py, as does the table of docs/ARCHITECTURE.md. The page is distributed: it is in EXTRA_DIST of room.mk.
"""

import re

import layers
import style

NAME = re.compile(r"`([a-z0-9_]+)\.(c|h|\[ch\])`")
ROW = re.compile(r"^May include: (.*)\.$", re.MULTILINE)
MAY = re.compile(r"`([a-z]+)`(?:, |$)")
NO_PAGE = {"main"}
TABLE = "docs/ARCHITECTURE.md"
CELLS = re.compile(r"^\| `([a-z]+)` \|[^|]*\|([^|]*)\|", re.MULTILINE)


def named(text):
    """The files that a page names, in its order."""
    found = []
    for stem, suffix in NAME.findall(text):
        found += [f"{stem}.{letter}" for letter in suffix.strip("[]")]
    return found


def judge_files(room, page, files):
    """Yield a complaint for each file that is missing, named twice, or does not exist."""
    names = named(page)
    for name in sorted(files):
        if names.count(name) != 1:
            yield f"src/{room}/README.md: {name} is named {names.count(name)} times, not once"
    for name in sorted(set(names) - files):
        yield f"src/{room}/README.md: {name} does not exist"


def judge_row(room, page):
    """Yield a complaint if the page and the table disagree about what a room may include."""
    rows = ROW.findall(page)
    if len(rows) != 1:
        yield f"src/{room}/README.md: {len(rows)} lines say what it may include, not one"
        return
    listed = MAY.findall(rows[0])
    if MAY.sub("", rows[0]) not in ("", "nothing") or (rows[0] == "nothing") != (not listed):
        yield f'src/{room}/README.md: "May include:" takes `room`, `room`, or nothing'
    if len(listed) != len(set(listed)) or set(listed) != layers.ROOMS[room]:
        want = ", ".join(sorted(layers.ROOMS[room])) or "nothing"
        yield f"src/{room}/README.md: it may include {want} (tests/style/layers.py)"


def judge_table(page, rooms):
    """Yield a complaint for each row of the table of all rooms that is not that of layers.py."""
    table = {}
    for room, cell in CELLS.findall(page):
        if room in layers.ROOMS or room in rooms:
            table.setdefault(room, []).append(cell.strip())
    for room in sorted((rooms | set(table)) - NO_PAGE):
        rows = table.get(room, [])
        if room not in rooms or len(rows) != 1:
            yield f"{TABLE}: {room} has {len(rows)} rows"
            continue
        listed = MAY.findall(rows[0])
        odd = MAY.sub("", rows[0]) not in ("", "nothing")
        if odd or len(listed) != len(set(listed)) or set(listed) != layers.ROOMS.get(room, set()):
            yield f"{TABLE}: the row of {room} is not that of tests/style/layers.py"


def check(root):
    """Yield a complaint for each page that is not true of its room."""
    rooms = {}
    for path in style.c_files(root):
        rooms.setdefault(style.room_of(root, path), set()).add(path.name)
    for room, files in sorted(rooms.items()):
        if room in NO_PAGE or room not in layers.ROOMS:
            continue
        path = root / "src" / room / "README.md"
        if not path.is_file():
            yield f"src/{room}/README.md is missing"
            continue
        page = path.read_text(encoding="utf-8")
        yield from judge_files(room, page, files)
        yield from judge_row(room, page)
        fragment = path.with_name("room.mk")
        made = fragment.read_text(encoding="utf-8") if fragment.is_file() else ""
        if f"src/{room}/README.md" not in made.split():
            yield f"src/{room}/room.mk: README.md is not in EXTRA_DIST"
    path = root / TABLE
    if path.is_file():
        yield from judge_table(path.read_text(encoding="utf-8"), set(rooms))


def tree(page, room="io", made=None):
    """A room of three files with this page."""
    made = f"EXTRA_DIST += src/{room}/README.md\n" if made is None else made
    return {f"src/{room}/a.c": "", f"src/{room}/a.h": "", f"src/{room}/b.c": "",
            f"src/{room}/room.mk": made, f"src/{room}/README.md": page}


ALL = "- `a.[ch]`: one\n- `b.c`: two\n"
ROW_OF_IO = "| `io` | x | `base` | - |\n"


def rows(table):
    """A good room, and this table of all rooms."""
    return {**tree(ALL + "\nMay include: `base`.\n"), TABLE: table}


FAULTS = [
    ("no page", {"src/io/a.c": ""}, "src/io/README.md is missing"),
    ("a file left out", tree("- `a.[ch]`: one\n\nMay include: `base`.\n"),
     "b.c is named 0 times"),
    ("half of a pair", tree("- `a.c`: one\n- `b.c`: two\n\nMay include: `base`.\n"),
     "a.h is named 0 times"),
    ("a file twice", tree(ALL + "- `a.c`: again\n\nMay include: `base`.\n"),
     "a.c is named 2 times"),
    ("a file that is gone", tree(ALL + "- `c.h`: three\n\nMay include: `base`.\n"),
     "c.h does not exist"),
    ("a pair that is none", tree("- `a.[ch]`: one\n- `b.[ch]`: two\n\nMay include: `base`.\n"),
     "b.h does not exist"),
    ("no row", tree(ALL), "0 lines say"),
    ("two rows", tree(ALL + "\nMay include: `base`.\nMay include: `base`.\n"), "2 lines say"),
    ("a room too many", tree(ALL + "\nMay include: `base`, `conf`.\n"), "it may include base ("),
    ("a room too few", tree(ALL + "\nMay include: nothing.\n"), "it may include base ("),
    ("a room twice", tree(ALL + "\nMay include: `base`, `base`.\n"), "it may include base ("),
    ("nothing, wrongly", tree(ALL + "\nMay include: `io`.\n", "base"), "it may include nothing"),
    ("a word between", tree(ALL + "\nMay include: only `base`.\n"), "takes `room`, `room`"),
    ("not distributed", tree(ALL + "\nMay include: `base`.\n", made="X = src/io/a.c\n"),
     "README.md is not in EXTRA_DIST"),
    ("a room that the table lacks", rows("| `conf` | x | `base` | - |\n"), "io has 0 rows"),
    ("a room twice in the table", rows(ROW_OF_IO * 2), "io has 2 rows"),
    ("a room of the table that is gone", rows(ROW_OF_IO + "| `conf` | x | `base` | - |\n"),
     "conf has 1 rows"),
    ("a table that allows more", rows("| `io` | x | `base`, `conf` | - |\n"), "the row of io is not"),
    ("a table that allows less", rows("| `io` | x | nothing | - |\n"), "the row of io is not"),
    ("a table that is vague", rows("| `io` | x | all but `base` | - |\n"), "the row of io is not"),
]
GOOD = {**tree("# io\n\nNot `b/x.c`.\n\n" + ALL + "\nMay include: `base`.\n"),
        **tree(ALL + "\nMay include: nothing.\n", "base"), "src/main.c": "",
        TABLE: ROW_OF_IO + "| `base` | x | nothing | - |\n| `noise` | `io` | x | y |\n"}

if __name__ == "__main__":
    style.must_catch(check, FAULTS, GOOD)
    TOP = style.top()
    style.finish(list(check(TOP)), len(list((TOP / "src").glob("*/README.md"))))

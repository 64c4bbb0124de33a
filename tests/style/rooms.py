#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Each room explains itself: src/ROOM/README.md against the files and the tables.

A README names each .c and .h of its room once, `noise.[ch]` standing for two, and no
file that does not exist.  Its line "May include:" and the table of docs/ARCHITECTURE.md
say what tests/style/layers.py enforces.  The tarball has it.
"""

import re

import layers
import style

FILE = re.compile(r"`([\w-]+)\.(c|h|\[ch\])`")
ROW = re.compile(r"^May include: (.*)\.$", re.MULTILINE)
WORD = re.compile(r"`(\w+)`")
TABLE = "docs/ARCHITECTURE.md"


def named_in(text):
    """The files that a README names, as often as it does."""
    found = []
    for name, suffix in FILE.findall(text):
        found += [f"{name}.{s}" for s in (suffix if len(suffix) == 1 else "ch")]
    return found


def row_of(text):
    """The rooms that are named in a cell or after "May include:"; None: it says something else."""
    rooms = set(WORD.findall(text))
    odd = WORD.sub("", text).strip(" ,")
    return rooms if odd == ("" if rooms else "nothing") else None


def judge_room(root, room, row):
    """Yield a complaint for each thing that the README of a room has wrong."""
    folder = root / "src" / room
    name = f"src/{room}/README.md"
    if not (folder / "README.md").is_file():
        yield f"{name}: missing"
        return
    text = (folder / "README.md").read_text(encoding="utf-8")
    named = named_in(text)
    files = {p.name for p in folder.iterdir() if p.suffix in (".c", ".h")}
    for file in sorted(files | set(named)):
        if file not in files:
            yield f"{name}: {file} does not exist"
        elif named.count(file) != 1:
            yield f"{name}: {file} is named {named.count(file)} times"
    found = ROW.search(text)
    if not found or row_of(found.group(1)) != row:
        yield f'{name}: "May include:" is not the row of tests/style/layers.py'
    makefile = folder / "room.mk"
    if not makefile.is_file() or name not in makefile.read_text(encoding="utf-8"):
        yield f"src/{room}/room.mk: EXTRA_DIST lacks {name}"


def judge_table(root, rows):
    """Yield a complaint for each row of the table in ARCHITECTURE.md that is not as enforced."""
    path = root / TABLE
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    cells = [[c.strip() for c in line.split("|")[1:-1]] for line in text.splitlines()
             if re.match(r"\| `\w+` \|", line)]
    table = {c[0].strip("`"): row_of(c[2]) for c in cells if len(c) > 2}
    for room in sorted(set(table) | set(rows)):
        if room not in rows:
            yield f"{TABLE}: there is no room {room}"
        elif table.get(room) != rows[room]:
            yield f"{TABLE}: the row of {room} is not that of tests/style/layers.py"


def check(root, rows=None):
    """Yield all complaints; rows: {room: what it may include}."""
    rows = rows or {room: row for room, row in layers.ROOMS.items() if room != "main"}
    for folder in sorted(p for p in (root / "src").iterdir() if p.is_dir()):
        if folder.name not in rows:
            yield f"src/{folder.name}: not a room of tests/style/layers.py"
    for room, row in rows.items():
        yield from judge_room(root, room, row)
    yield from judge_table(root, rows)


SMALL = {"base": set(), "io": {"base"}}


def small(**changed):
    """A tree of two rooms; changed: other texts for some files, by the words of their paths."""
    tree = {
        "src/base/a.c": "", "src/base/a.h": "", "src/base/room.mk": "src/base/README.md",
        "src/base/README.md": "# base\n\n- `a.[ch]`: bytes\n\nMay include: nothing.\n",
        "src/io/b.c": "", "src/io/b.h": "", "src/io/room.mk": "src/io/README.md",
        "src/io/README.md": "# io\n\n- `b.h`, `b.c`: see `base/a.h`\n\nMay include: `base`.\n",
        TABLE: "| `base` | bytes | nothing | - |\n| `io` | sockets | `base` | - |\n",
    }
    for words, text in changed.items():
        path = next(p for p in tree if re.sub(r"\W", "_", p) == words)
        tree[path] = text
        if text is None:
            del tree[path]
    return tree


FAULTS = [
    ("a room without a README", small(src_io_README_md=None), "src/io/README.md: missing"),
    ("a file that is not named", small() | {"src/io/c.c": ""}, "c.c is named 0 times"),
    ("a file that is named twice",
     small(src_io_README_md="`b.[ch]` `b.c`\nMay include: `base`.\n"), "b.c is named 2 times"),
    ("a file that is gone", small(src_io_b_h=None), "b.h does not exist"),
    ("half a pair that is gone", small(src_base_a_c=None), "a.c does not exist"),
    ("a row that allows more", small(src_base_README_md="`a.[ch]`\nMay include: `io`.\n"),
     'src/base/README.md: "May include:"'),
    ("a row that allows less", small(src_io_README_md="`b.[ch]`\nMay include: nothing.\n"),
     'src/io/README.md: "May include:"'),
    ("a row that is vague", small(src_io_README_md="`b.[ch]`\nMay include: all but `base`.\n"),
     'src/io/README.md: "May include:"'),
    ("no row", small(src_io_README_md="`b.[ch]`\n"), 'src/io/README.md: "May include:"'),
    ("not in the tarball", small(src_io_room_mk="src/io/b.c"), "EXTRA_DIST lacks"),
    ("another row in the table", small(docs_ARCHITECTURE_md="| `base` | b | nothing | - |\n"
                                       "| `io` | s | nothing | - |\n"), "the row of io is not"),
    ("no row in the table", small(docs_ARCHITECTURE_md="| `base` | b | nothing | - |\n"),
     "the row of io is not"),
    ("a room too many in the table",
     small(docs_ARCHITECTURE_md="| `base` | b | nothing |\n| `io` | s | `base` |\n"
           "| `attic` | x | nothing |\n"), "there is no room attic"),
    ("an unknown folder", small() | {"src/misc/a.c": ""}, "src/misc: not a room"),
]

if __name__ == "__main__":
    style.must_catch(lambda tree: check(tree, SMALL), FAULTS, small())
    style.finish(list(check(style.top())), len(style.c_files(style.top())))

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""No circles: who calls whom, by nm on the libraries of the rooms.

Between rooms, a call or a variable of another room is allowed where tests/style/layers.py
allows the include, so a declaration that was reached through a third room's header is
seen here.  There is no circle of rooms, and none of files inside proto: tunnel.c and
tunnel_send.c count as two files.
"""

import tempfile

import layers
import objects
import style

# The rooms whose files are looked at one by one.
ORDERED_INSIDE = ("proto",)


def circles(graph):
    """The groups of nodes that reach each other, by Tarjan's algorithm."""
    number, low, stack, found = {}, {}, [], []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            at = stack.index(node)
            group, stack[at:] = stack[at:], []
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found


def calls(libraries):
    """{((room, file), (room, file)): a name that the first needs of the second}."""
    home, found = {}, {}
    for room, library in libraries.items():
        for member, name in objects.defined(library):
            home[name] = (room, objects.file_of(member))
    for room, library in libraries.items():
        for member, name in objects.undefined(library):
            there, here = home.get(name), (room, objects.file_of(member))
            if there and there != here:
                found.setdefault((here, there), name)
    return found


def judge(libraries, rows):
    """Yield a complaint for each circle, and each call that leaves the row of its room."""
    rooms, inside = {}, {room: {} for room in ORDERED_INSIDE}
    for (here, there), name in calls(libraries).items():
        if here[0] == there[0]:
            inside.get(here[0], {}).setdefault(here[1], set()).add(there[1])
            continue
        rooms.setdefault(here[0], set()).add(there[0])
        if there[0] not in rows[here[0]]:
            yield f"{here[0]}/{here[1]} needs {name} of {there[0]}/{there[1]}: not in its row"
    for group in circles(rooms):
        yield f"a circle of rooms: {', '.join(group)}"
    for room, graph in inside.items():
        for group in circles(graph):
            yield f"a circle inside {room}: {', '.join(group)}"


CALL_B = "void b(void); void a(void) { b(); }"
CALL_A = "void a(void); void b(void) { a(); }"
SAMPLES = [
    ("two rooms that call each other",
     {"io": {"one": CALL_B}, "netlink": {"two": CALL_A}}, "a circle of rooms: io, netlink"),
    ("three rooms in a circle",
     {"io": {"one": CALL_B}, "conf": {"two": "void c(void); void b(void) { c(); }"},
      "names": {"three": "void a(void); void c(void) { a(); }"}},
     "a circle of rooms: conf, io, names"),
    ("a call upwards", {"base": {"one": CALL_B}, "proto": {"two": "void b(void) { }"}},
     "base/one needs b of proto/two: not in its row"),
    ("a variable upwards", {"base": {"one": "extern int b; int a(void) { return b; }"},
                            "proto": {"two": "int b = 1;"}}, "base/one needs b of proto/two"),
    ("two files of the core", {"proto": {"one": CALL_B, "two": CALL_A}},
     "a circle inside proto: one, two"),
    ("two files with one prefix", {"proto": {"tunnel": CALL_B, "tunnel_send": CALL_A}},
     "a circle inside proto: tunnel, tunnel_send"),
    ("a file that calls itself", {"proto": {"one": CALL_B + " void b(void) { a(); }"}}, None),
    ("downwards, and two files of another room",
     {"daemon": {"one": CALL_B, "two": CALL_A + " void c(void); void d(void) { c(); }"},
      "proto": {"three": "void c(void) { }"}}, None),
]


def selftest():
    """Each sample must be judged rightly."""
    failures = []
    for what, rooms, expect in SAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            found = list(judge({room: objects.archive_of(folder, room, sources)
                                for room, sources in rooms.items()}, layers.ROOMS))
        right = any(expect in line for line in found) if expect else not found
        if not right:
            failures.append(f"selftest: {what}: got {found}")
    style.finish_selftest(failures, len(SAMPLES))


if __name__ == "__main__":
    selftest()
    LIBRARIES = {room: style.build() / f"lib{room}.a" for room in layers.ROOMS if room != "main"}
    for path in LIBRARIES.values():
        style.need(path)
    style.finish(list(judge(LIBRARIES, layers.ROOMS)), len(calls(LIBRARIES)))

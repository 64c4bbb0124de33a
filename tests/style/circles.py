#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""No circles: between the libraries of the rooms, and between the objects of the core, by nm.

A needs B if a name is undefined in A and defined in B. layers.py judges what files include;
this test judges what the linker sees, so a private declaration of a name cannot hide its use.
"""

import pathlib
import subprocess
import tempfile

import layers
import purity
import style


def graph(archives, by_member=False):
    """{who: {whom it needs: a name}} for archives, or for the members of them."""
    defined, wanted, needs = {}, [], {}
    for archive in archives:
        for member, name in purity.names(archive, "-g", "--defined-only"):
            who = member if by_member else archive.name
            defined.setdefault(name, set()).add(who)
            needs.setdefault(who, {})
        for member, name in purity.names(archive, "-u"):
            wanted.append((member if by_member else archive.name, name))
    for who, name in wanted:
        homes = defined.get(name, set())
        for whom in homes if who not in homes else ():
            needs.setdefault(who, {}).setdefault(whom, name)
    return needs


def way(needs, start, goal):
    """The shortest way from start to goal along needs, both included; [] if there is none."""
    came, queue = {}, [start]
    for who in queue:
        for whom in sorted(needs.get(who, {})):
            if whom not in came:
                came[whom] = who
                queue.append(whom)
    if goal not in came:
        return []
    found = [goal]
    while found[-1] != start or len(found) == 1:
        found.append(came[found[-1]])
    return found[::-1]


def judge(needs):
    """Yield a complaint for each circle: the shortest one through each of its parts, once."""
    told = set()
    for who in sorted(needs):
        circle = way(needs, who, who)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            yield " -> ".join([who] + [f"{b} ({needs[a][b]})" for a, b in zip(circle, circle[1:])])


def joined(folder, name, members):
    """One library from the objects of several that archive_of() made."""
    library = pathlib.Path(folder) / f"lib{name}.a"
    library.unlink(missing_ok=True)
    objects = [str(library.with_name(f"{member}.o")) for member in members]
    subprocess.run(["ar", "crs", str(library), *objects], check=True)
    return library


USES = "void {0}(void); void (*{1}_uses_{0})(void) = {0}; void {1}(void) {{ {0}(); }}"
LEAF = "void {0}(void) {{ }}"
SAMPLES = [
    ("a circle of two", [("a", USES.format("b", "a")), ("b", USES.format("a", "b"))],
     "a -> b (b) -> a (a)"),
    ("a circle of three", [("a", USES.format("b", "a")), ("b", USES.format("c", "b")),
                           ("c", USES.format("a", "c"))], "a -> b (b) -> c (c) -> a (a)"),
    ("a circle by a variable", [("a", "int a_x; extern int b_x; int f(void) { return b_x; }"),
                                ("b", "int b_x; extern int a_x; int g(void) { return a_x; }")],
     "a -> b (b_x) -> a (a_x)"),
    ("a circle beyond a chain", [("a", USES.format("b", "a")), ("b", USES.format("c", "b")),
                                 ("c", USES.format("b", "c"))], "b -> c (c) -> b (b)"),
    ("a chain", [("a", USES.format("b", "a")), ("b", USES.format("c", "b")),
                 ("c", LEAF.format("c"))], None),
    ("the C library", [("a", USES.format("exit", "a")), ("b", USES.format("exit", "b"))], None),
]


def selftest():
    """Each sample must be judged correctly, as libraries and as the objects of one library."""
    failures = []
    for what, pieces, expect in SAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            made = [purity.archive_of(folder, name, source) for name, source in pieces]
            whole = joined(folder, "whole", [name for name, _ in pieces])
            found = [list(judge(graph(made))), list(judge(graph([whole], by_member=True)))]
        for ways, shape in zip(found, ("lib{}.a", "{}.o")):
            plain = [line.replace(".o", "") if shape == "{}.o" else
                     line.replace("lib", "").replace(".a", "") for line in ways]
            if plain != ([expect] if expect else []):
                failures.append(f"selftest: {what} ({shape}): got {ways}")
    style.finish_selftest(failures, 2 * len(SAMPLES))


if __name__ == "__main__":
    selftest()
    LIBRARIES = [style.build() / f"lib{room}.a" for room in layers.ROOMS if room != "main"]
    for LIBRARY in LIBRARIES:
        style.need(LIBRARY)
    ROOMS = graph(LIBRARIES)
    CORE = graph([style.build() / "libproto.a"], by_member=True)
    for WHO, WHOM in [*ROOMS.items(), *CORE.items()]:
        print(f"{WHO}: {' '.join(sorted(WHOM)) or '-'}")
    style.finish([*judge(ROOMS), *judge(CORE)], len(ROOMS) + len(CORE))

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""CONTRIBUTING.md, "How to add something": the lists of files are true.

Each file exists; one with NAME in it stands for at least one that does.  What there is of
a kind today went the way that the list of its kind describes: a rule below finds, say, all
timers in timers.h, and each has to occur in the other files of the rule, all of which the
list has to name.
"""

import re

import style

PAGE = "CONTRIBUTING.md"
FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:[ch]|inc|m4|md|mk|py|ac|bash|fish|\d|conf\.5)"
                  r"|completions/_taut|configure\.ac)`")

# Either file.
SIDES = "src/monitor/hostside.c src/daemon/tunnelside.c"

# Section: [(file that has them all, what finds them, {other file: what to find there})].
# {} is the name, and {low} the same in small letters; NAME in a file stands for {low}.
RULES = {
    "A config key": [
        ("src/conf/directives.c", r'^\t\{ "(\w+)", SECTION_',
         {"docs/man/taut.conf.5": r"^\.It Ic {}\b", SIDES: r'"{}"',
          "tests/netns/t_keys.py": r'^    "{}": '}),
        ("src/conf/tune.h", r"^\t(TUNE_(?!SWITCHES|KINDS)[A-Z_]+)\b[^;{]*$",
         {"src/conf/tune.c": r"^\t\[{}\] = "}),
        ("src/conf/tune.c", r'\] = \{ "(\w+)", ',
         {"docs/man/taut.conf.5": r"^\.It Ic {}\b", SIDES: r'"{}"',
          "tests/netns/t_keys.py": r'^    "{}": '}),
        ("src/conf/tune.c", r'\] = \{ "\w+", "([\w-]+)"',
         {"docs/man/taut.8": r"Fl -{}\b", "completions/taut.bash": r"--{}\b",
          "completions/taut.fish": r"\b{}\b"}),
    ],
    "A timer": [
        ("src/proto/timers.h", r"^\t(TIMER_(?!COUNT)\w+)",
         {"src/proto/timers.c": r"\b{}\b", "src/proto/tunnel.c": r"\bcase {}:",
          "tests/unit/test_timers.c": r"\[{}\]"}),
    ],
    "A verdict": [
        ("src/diag/why.h", r"^\t(WHY_(?!CODES|SURE|LIKELY|HINT|OPEN)\w+),",
         {"src/diag/why.c": r"^\t\t\[{}\] = \"E-"}),
        ("src/diag/why.c", r'^\t\t\[WHY_\w+\] = "(E-[A-Z0-9-]+)"', {"docs/WHY.md": r"^\| `{}` "}),
    ],
    "An AEAD": [
        ("src/base/aeadname.h", r"^#define AEADNAME_(?!AUTO)(\w+)",
         {"src/base/aeadname.c": r"\bAEADNAME_{}\b",
          "src/crypto/aead_NAME.c": r"\.name = AEADNAME_{}\b",
          "src/crypto/aead_NAME.h": r"\baead_{low};", "src/crypto/aead.c": r"&aead_{low}\b",
          "src/crypto/room.mk": r"\baead_{low}\.c", "src/crypto/README.md": r"`aead_{low}\."}),
        ("src/base/aeadname.h", r'^#define AEADNAME_(?!AUTO)\w+ +"([\w-]+)"',
         {"docs/man/taut.8": r"^\.Cm {}\b", "docs/man/taut.conf.5": r"^\.Cm {}\b",
          "completions/taut.bash": r"\b{}\b", "completions/_taut": r"\b{}\b",
          "completions/taut.fish": r"\b{}\b"}),
    ],
    "A device kind": [
        ("src/io/room.mk", r"\bdev_(\w+)\.c\b",
         {"src/io/dev_NAME.c": r"\bstruct dev_ops\b", "src/io/dev.h": r"\bdev_{}_open\(",
          "src/daemon/daemon.c": r"\bdev_{}_open\(", "src/io/README.md": r"`dev_{}\.c`"}),
    ],
    "A verb": [
        ("src/cli/verb.c", r'^\t\{ "(\w+)", "',
         {"src/cli/verb_NAME.c": r"\bverb_{}\(", "src/cli/verb.h": r"\bverb_{}\(",
          "docs/man/taut.8": r"^\.It Cm {}\b",
          "completions/taut.bash": r"\b{}\b", "completions/_taut": r"'{}:",
          "completions/taut.fish": r"-a {} "}),
        ("src/cli/room.mk", r"/verb_(\w+)\.c",
         {"src/cli/README.md": r"`verb_{}\.c`", "src/cli/verb.h": r"\bverb_{}\("}),
    ],
}
# A verb that shares the file of another.
SHARED = {"src/cli/verb_show.c": "src/cli/verb_status.c"}


def sections(page):
    """{title: text} of the lists."""
    parts = re.split(r"^### (.+)\n", page, flags=re.MULTILINE)[1:]
    return {title: re.split(r"^## ", text, flags=re.MULTILINE)[0]
            for title, text in zip(parts[::2], parts[1::2])}


def exists(root, name):
    """Whether the file exists; with NAME, whether there is one like it."""
    if "NAME" in name:
        return any(root.glob(name.replace("NAME", "*")))
    return (root / name).is_file()


def read(root, name):
    """The text of a file; nothing if it does not exist."""
    paths = [root / SHARED.get(one, one) for one in name.split()]
    return "\n".join(p.read_text(encoding="utf-8") for p in paths if p.is_file())


def judge_rule(root, named, source, finds, others):
    """Yield a complaint for each name of the source that is not where it has to be."""
    wanted = {one for name in (source, *others) for one in name.split()}
    for name in sorted(wanted - named):
        yield f"the list does not name {name}"
    found = sorted(set(re.findall(finds, read(root, source), re.MULTILINE)))
    if not found:
        yield f"{source}: nothing found by {finds}"
    for item in found:
        for name, pattern in others.items():
            name = name.replace("NAME", item.lower())
            wanted = pattern.replace("{low}", item.lower()).replace("{}", re.escape(item))
            if not re.search(wanted, read(root, name), re.MULTILINE):
                yield f"{item} of {source} is not in {name}"


def check(root, rules=None):
    """Yield a complaint for each list that is not true."""
    rules = rules or RULES
    lists = sections(read(root, PAGE))
    for title, text in lists.items():
        for name in FILE.findall(text):
            if not exists(root, name):
                yield f"{PAGE}: {title}: {name} does not exist"
    for title, checks in rules.items():
        if title not in lists:
            yield f'{PAGE}: no section "{title}"'
            continue
        named = set(FILE.findall(lists[title]))
        for source, finds, others in checks:
            for why in judge_rule(root, named, source, finds, others):
                yield f"{PAGE}: {title}: {why}"


SMALL = {"A verb": [("src/verb.c", r'^\{ "(\w+)" \}',
                     {"src/verb_NAME.c": r"\b{}\b", "docs/a.md": r"`{}`"})]}
LISTED = "## How\n\n### A verb\n\n- `src/verb.c`, `src/verb_NAME.c`\n- `docs/a.md`\n\n## More\n`gone.c`\n"
SOURCES = {"src/verb.c": '{ "up" }\n{ "down" }\n', "src/verb_up.c": "up", "src/verb_down.c": "down",
           "docs/a.md": "`up` `down`"}
FAULTS = [
    ("no list", {**SOURCES, PAGE: "## How\n"}, 'no section "A verb"'),
    ("a file that is gone", {**SOURCES, PAGE: LISTED.replace("- `docs", "- `src/old.c`, `docs")},
     "A verb: src/old.c does not exist"),
    ("a kind of file that is gone", {**SOURCES, PAGE: LISTED.replace(
        "- `docs", "- `src/x_NAME.h`, `docs")}, "A verb: src/x_NAME.h does not exist"),
    ("a list that lacks a file", {**SOURCES, PAGE: LISTED.replace("- `docs/a.md`\n", "")},
     "the list does not name docs/a.md"),
    ("a list that lacks a kind", {**SOURCES, PAGE: LISTED.replace(", `src/verb_NAME.c`", "")},
     "the list does not name src/verb_NAME.c"),
    ("a verb without its file", {k: v for k, v in {**SOURCES, PAGE: LISTED}.items()
                                 if k != "src/verb_down.c"},
     "down of src/verb.c is not in src/verb_down.c"),
    ("a verb that is not described", {**SOURCES, PAGE: LISTED, "docs/a.md": "`up` down"},
     "down of src/verb.c is not in docs/a.md"),
    ("a rule that finds nothing", {**SOURCES, PAGE: LISTED, "src/verb.c": "none"},
     "nothing found by"),
]

if __name__ == "__main__":
    style.must_catch(lambda tree: check(tree, SMALL), FAULTS, {**SOURCES, PAGE: LISTED})
    TOP = style.top()
    style.finish(list(check(TOP)), sum(len(checks) for checks in RULES.values()))

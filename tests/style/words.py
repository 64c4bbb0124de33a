#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Banned functions and phrases, and rules that a compiler does not check.

Everywhere: no unbounded string functions, no shells by the back door, no
typedef of a struct, no preprocessor inside a function, at most 100 columns,
the licence on each file.  Where the network or another user can reach: no
assert.  The clock is read in one file, and only the shell
(daemon, control, names, cli) logs.  No text that
people read, be it a comment, a message or a page, has one of PHRASES.
"""

import re

import style

BANNED = ("strcpy stpcpy strcat strncat sprintf vsprintf gets strtok system popen alloca mktemp "
          "tmpnam atoi atol rand srand random srandom usleep sleep gethostbyname "
          "getaddrinfo inet_ntoa inet_aton inet_addr").split()
NO_ASSERT = {"proto", "io", "control", "names", "conf", "crypto", "netlink", "host", "datapath",
             "diag", "daemon"}
MAY_LOG = {"monitor", "daemon", "control", "names", "cli", "main"}
CLOCK_HOMES = {"src/base/clock.c"}
COLUMNS = 100
SOURCES = (".c", ".h", ".py", ".sh", ".mk", ".am", ".ac", ".m4")
SPDX = "SPDX-License-Identifier: ISC"
FOLDERS = ("src", "tests", "scripts", "docs", "conf", "m4", ".ci")

# Literal translations that are not idiomatic English; say it as a native speaker would.
PHRASES = ("said why", "whoever", "so many", "be had", "by itself", "told to end", "for ever",
           "without end", "to its end", "speaks against", "made true", "if need be",
           "start us anew", "that this host has not", "by hand of", "of its own accord",
           "to speak of", "not to be had", "all the same", "what for", "of old", "it be")
PROSE_FOLDERS = ("src", "tests", "scripts", "docs", "conf", "m4", "systemd", "debian",
                 "completions", ".ci")
THIS = "tests/style/words.py"

CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")[ \t]*\(")
ASSERT = re.compile(r"(?<!\w)(assert|abort|__builtin_trap)[ \t]*\(")
TYPEDEF = re.compile(r"(?<!\w)typedef\s+(?:const\s+)?(struct|union|enum)\b")
CLOCK = re.compile(r"(?<!\w)(clock_gettime|gettimeofday)[ \t]*\(")
LOG = re.compile(r"(?<!\w)log_(error|warn|info|debug)[ \t]*\(")
# Between two words: blanks, and what a line break adds in comments, strings and man pages.
GAP = r"(?:\\n|[\s#*\"'/\\]|(?<=\n)(?:\.\\\"|dnl\b))+"
PHRASE = re.compile(r"(?<![\w-])(?:" + "|".join(
    GAP.join(re.escape(word) for word in phrase.split())
    for phrase in sorted(PHRASES, key=len, reverse=True)) + r")(?![\w-])", re.IGNORECASE)
OPEN_WORK = re.compile(r"\b(TODO|FIXME" + r"|XXX)\b")
DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b")


def judge_code(name, room, code):
    """Yield (line number, complaint) for C without comments and strings."""
    depth = 0
    for number, line in enumerate(code.splitlines(), 1):
        if DIRECTIVE.match(line):
            if depth > 0:
                yield number, "preprocessor inside a function or type"
            continue
        depth += line.count("{") - line.count("}")
        for match in CALL.finditer(line):
            yield number, f"{match.group(1)}() is banned"
        if room in NO_ASSERT and ASSERT.search(line):
            yield number, f"{room} must not end the process"
        if TYPEDEF.search(line):
            yield number, "a type is struct noun, never typedef'd"
        if CLOCK.search(line) and name not in CLOCK_HOMES:
            yield number, "the clock is read in base/clock.c only"
        if LOG.search(line) and room not in MAY_LOG and name not in ("src/base/log.c",
                                                                     "src/base/log.h"):
            yield number, "only the shell writes to the log"


def texts(root):
    """All text files that belong to the project."""
    found = [p for p in root.iterdir() if p.is_file() and (p.suffix in (".md", ".ac", ".am")
                                                          or p.name == "bootstrap")]
    for folder in FOLDERS:
        found += [p for p in (root / folder).rglob("*") if p.is_file()
                  and (p.suffix in SOURCES + (".md",) or p.name == "run")]
    return sorted(found)


def judge_prose(text):
    """Yield (line number, complaint) for each phrase that is not idiomatic."""
    for match in PHRASE.finditer(text):
        phrase = re.sub(GAP, " ", match.group(0)).lower()
        yield text.count("\n", 0, match.start()) + 1, f'"{phrase}" is not idiomatic'


def prose(root):
    """All files that people read, except this one."""
    found = [p for p in root.iterdir() if p.is_file() and (p.suffix in (".md", ".ac", ".am")
                                                          or p.name == "bootstrap")]
    for folder in PROSE_FOLDERS:
        found += [p for p in (root / folder).rglob("*") if p.is_file()
                  and "corpus" not in p.parts and "__pycache__" not in p.parts]
    return sorted(p for p in found if str(p.relative_to(root)) != THIS)


def check_prose(root):
    """Yield a complaint for each phrase in a text."""
    for path in prose(root):
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, why in judge_prose(text):
            yield f"{path.relative_to(root)}:{number}: {why}"


def check(root):
    """Yield a complaint for each word that does not belong."""
    yield from check_prose(root)
    for path in style.c_files(root):
        name = str(path.relative_to(root))
        text = path.read_text(encoding="utf-8")
        for number, why in judge_code(name, style.room_of(root, path), style.code_only(text)):
            yield f"{name}:{number}: {why}"
        for number, line in enumerate(text.splitlines(), 1):
            if len(line.expandtabs(8)) > COLUMNS:
                yield f"{name}:{number}: more than {COLUMNS} columns"
    for path in texts(root):
        name = str(path.relative_to(root))
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if path.suffix != ".md" and not any(SPDX in line for line in lines[:3]):
            yield f"{name}:1: no {SPDX}"
        for number, line in enumerate(lines, 1):
            if OPEN_WORK.search(line) and name != THIS:
                yield f"{name}:{number}: unfinished work belongs in an issue"
            if line != line.rstrip() and path.suffix != ".md":
                yield f"{name}:{number}: white space at the end"


HEAD = f"/* {SPDX} */\n"
FAULTS = [
    ("strcpy", {"src/cli/a.c": HEAD + "void f(void) { strcpy(a, b); }\n"}, "src/cli/a.c:2: strcpy()"),
    ("sprintf", {"src/base/a.c": HEAD + "void f(void) { sprintf (a, b); }\n"}, "sprintf() is"),
    ("system", {"src/daemon/a.c": HEAD + "void f(void) { system(a); }\n"}, "system() is banned"),
    ("alloca", {"src/io/a.c": HEAD + "void f(void) { alloca(9); }\n"}, "alloca() is banned"),
    ("a blocking resolver", {"src/daemon/a.c": HEAD + "int x = getaddrinfo(a);\n"}, "getaddrinfo"),
    ("an assert", {"src/proto/a.c": HEAD + "void f(int x) { assert(x); }\n"},
     "proto must not end the process"),
    ("abort", {"src/control/a.c": HEAD + "void f(int x) { abort(); }\n"}, "control must not end"),
    ("typedef", {"src/conf/a.h": HEAD + "typedef struct a a_t;\n"}, "never typedef'd"),
    ("ifdef in a function",
     {"src/io/a.c": HEAD + "void f(void)\n{\n#ifdef X\n\tg();\n#endif\n}\n"},
     "src/io/a.c:4: preprocessor inside"),
    ("a second clock", {"src/datapath/datapath.c": HEAD + "int x = clock_gettime(1, &t);\n"},
     "the clock is read in"),
    ("a log in io", {"src/io/a.c": HEAD + 'void f(void) { log_warn("x"); }\n'}, "writes to the log"),
    ("a long line", {"src/io/a.c": HEAD + "/* " + "x" * 100 + " */\n"}, "more than 100 columns"),
    ("a long line of tabs", {"src/io/a.c": HEAD + "\t" * 12 + "int x;\n"}, "more than 100 columns"),
    ("no licence", {"src/io/a.c": "int x;\n"}, "no SPDX"),
    ("no licence in a script", {"scripts/a.sh": "#!/bin/sh\nset -eu\n"}, "no SPDX"),
    ("work left", {"docs/a.md": "TO" + "DO: write this\n"}, "docs/a.md:1: unfinished"),
    ("white space", {"tests/a.c": HEAD + "int x; \n"}, "white space at the end"),
    ("a phrase in a comment", {"src/io/a.h": HEAD + "/*\n * Runs for\n * ever.\n */\n"},
     'src/io/a.h:3: "for ever"'),
    ("a phrase in a string", {"src/io/a.c": HEAD + 'char *x = "Told to "\n\t"end";\n'},
     'src/io/a.c:2: "told to end"'),
    ("a phrase in a string of two lines", {"src/io/a.c": HEAD + 'char *x = "so\\n"\n\t"many";\n'},
     '"so many"'),
    ("a phrase in a man page", {"docs/man/a.8": ".Nm\nworks all\nthe same.\n"},
     'docs/man/a.8:2: "all the same"'),
    ("a phrase in a docstring", {"tests/a.py": f'# {SPDX}\n"""As of\nold."""\n'}, '"of old"'),
    ("a phrase in a unit", {"systemd/a.service": "# Ends by\n# itself.\n"}, '"by itself"'),
    ("a phrase in a page", {"README.md": "Whoever reads.\n"}, 'README.md:1: "whoever"'),
    ("a phrase in m4", {"m4/a.m4": f"# {SPDX}\ndnl to be\ndnl had\n"}, '"be had"'),
]
FAULTS += [(f"the phrase {phrase}", {"conf/a.conf": f"# x {phrase}.\n"}, "is not idiomatic")
           for phrase in PHRASES]
GOOD = {
    "src/proto/a.c": HEAD + "/* strcpy() is bad, assert( too */\n_Static_assert(1, \"x\");\n"
    "#ifdef X\nint snprintf_like(void);\n#endif\nvoid f(struct b *b) { b->random(0); }\n",
    "src/base/clock.c": HEAD + "int x = clock_gettime(1, &t);\nchar *s = \"system(1)\";\n",
    "src/daemon/b.c": HEAD + "void f(void)\n{\n\tlog_info(\"{\");\n}\n#ifdef Y\n#endif\n",
    "src/conf/c.h": HEAD + "typedef void sink_fn(void *ctx);\n",
    "docs/a.md": "So manyfold, for every one; it begins, fit be; by-itself-ness.\n",
}

if __name__ == "__main__":
    style.must_catch(check, FAULTS, GOOD)
    TOP = style.top()
    style.finish(list(check(TOP)), len(texts(TOP)))

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The man pages are valid, complete, and match the program.

mandoc and groff read them without a warning, each expected section exists, taut(8) has
exactly the verbs and options that `taut help` prints, and taut.conf(5) exactly the keys
of src/conf, both with exactly the words that these take.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import style

SECTIONS = ("NAME", "DESCRIPTION", "SIGNALS", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES",
            "SEE ALSO")
LINTERS = {
    "mandoc": ["mandoc", "-Tlint", "-W", "warning"],
    "groff": ["groff", "-ww", "-mandoc", "-Tutf8", "-z", "-P-c"],
}
WORD = re.compile(r'^\t*\{ "([A-Za-z]+)", SECTION_|^\t\[TUNE_\w+\] = \{ "(\w+)"', re.MULTILINE)
KEY = re.compile(r"^\.It Ic ([A-Za-z]+) =", re.MULTILINE)
VERB = re.compile(r"^\.It Cm ([a-z]+)", re.MULTILINE)
OPTION = re.compile(r"^\.It Fl (?:. , )?-([a-z][a-z-]+)", re.MULTILINE)
GETENV = re.compile(r'\bgetenv\("([A-Z_]+)"\)|^\t(?:static )?const char \*const names\[\] = '
                    r'\{([^}]*)\}', re.MULTILINE)


def pages(root):
    """All man pages."""
    return sorted(p for p in (root / "docs/man").glob("*.[0-9]"))


def part(text, section):
    """One section of a page."""
    match = re.search(rf"^\.Sh {section}\n(.*?)(?=^\.Sh |\Z)", text, re.MULTILINE | re.DOTALL)
    return match.group(1) if match else ""


def judge_page(path, linters):
    """Yield a complaint for each fault of one page as a text."""
    for name in linters:
        done = subprocess.run(LINTERS[name] + [str(path)], capture_output=True, text=True,
                              check=False)
        for line in (done.stdout + done.stderr).splitlines():
            if "mandoc.db" not in line:
                yield f"{path.name}: {name}: {line}"
        if done.returncode and not done.stdout + done.stderr:
            yield f"{path.name}: {name} exits {done.returncode}"
    text = path.read_text(encoding="utf-8")
    for section in SECTIONS:
        if not part(text, section).strip():
            yield f"{path.name}: no section {section}"
    for xref in ("wg 8", "wg-quick 8"):
        if f".Xr {xref}" not in part(text, "SEE ALSO"):
            yield f"{path.name}: SEE ALSO does not name {xref}"
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip():
            yield f"{path.name}:{number}: white space at the end"


def compare(page, what, told, real):
    """Yield a complaint for each word on one side only."""
    for word in sorted(real - told):
        yield f"{page}: {what} {word} is not described"
    for word in sorted(told - real):
        yield f"{page}: {what} {word} is described, but does not exist"


def sources(root, folder):
    """The text of a room."""
    return "".join(p.read_text(encoding="utf-8") for p in style.c_files(root, (folder,), (".c",)))


def keys(root):
    """The keys that src/conf reads."""
    return {a or b for a, b in WORD.findall(sources(root, "src/conf"))}


def item(text, head):
    """One item of a list, its head included."""
    match = re.search(rf"^\.It {head}\b.*?(?=^\.It |^\.El|\Z)", text, re.MULTILINE | re.DOTALL)
    return match.group(0) if match else ""


def judge_values(conf, page, options):
    """Yield a complaint where the pages and the help have other words for an option."""
    for option in ("aead", "log-level"):
        for name, text in (("taut.8", item(page, f"Fl -{option}")),
                           ("taut.conf.5", item(conf, f"Ic {option.capitalize()}"))):
            if text:
                told = set(re.findall(r"^\.Cm ([a-z-]+)", text, re.MULTILINE)) - {"run", "up"}
                yield from compare(name, f"word of {option}", told, options.get(option, set()))
    knobs = {option.replace("-", ""): option for option in options}
    for key, told in re.findall(r"^\.It Ic ([A-Za-z]+) = (.*)", conf, re.MULTILINE):
        option = knobs.get(key.lower())
        if option and option != "aead":
            words = set(re.findall(r"\b[a-z]+\b", re.sub(r"Ar [a-z]+", "N", told)))
            yield from compare("taut.conf.5", f"word of {key}", words, options[option] - {"N"})


def pairing(root):
    """The options of new, join and so on, except those that every verb has."""
    table = root / "src/pair/pairopts.c"
    text = table.read_text(encoding="utf-8") if table.exists() else ""
    found = set(re.findall(r'\{ "([a-z-]+)",', text))
    return found - {"help", "quiet", "verbose"}


def variables(root):
    """The environment variables that the program reads."""
    code = sources(root, "src")
    found = set()
    for one, table in GETENV.findall(code):
        found |= {one} if one else set(re.findall(r'"([A-Z_]+)"', table))
    found |= set(re.findall(r'handed_over\("([A-Z_]+)"', code))
    return found


def check(root, told="", linters=()):
    """Yield a complaint for each fault of the pages; told is what `taut help` prints."""
    texts = {p.name: p.read_text(encoding="utf-8") for p in pages(root)}
    for path in pages(root):
        yield from judge_page(path, linters)
    conf, page = texts.get("taut.conf.5", ""), texts.get("taut.8", "")
    yield from compare("taut.conf.5", "key", set(KEY.findall(conf)),
                       keys(root))
    usage, _, options = told.partition("  -f, ")
    verbs = set(re.findall(r"^  ([a-z]+)\b", usage, re.MULTILINE))
    described = part(page, "DESCRIPTION").partition(".Ss Options")
    paired = described[0].partition(".Ss Pairing")[2].partition("\n.Ss ")[0]
    yield from compare("taut.8", "option of pairing", set(OPTION.findall(paired)), pairing(root))
    yield from compare("taut.8", "verb", set(VERB.findall(described[0])) - {"taut"}, verbs)
    yield from compare("taut.8", "option", set(OPTION.findall(described[2])),
                       set(re.findall(r"--([a-z][a-z-]+)", options)))
    yield from judge_values(conf, page, style.option_values(told))
    yield from compare("taut.8", "variable", set(re.findall(r"\b[A-Z]+_?[A-Z_]+\b", "".join(
        line for line in part(page, "ENVIRONMENT").splitlines() if line.startswith(".It Ev"))))
        - {"It", "Ev"}, variables(root))


PAGE = ".\\\" page\n.Dd May 1, 2026\n.Dt X 8\n.Os\n.Sh NAME\n.Nm x\n.Nd y\n" + "".join(
    f".Sh {s}\ntext\n" for s in SECTIONS[1:-1]) + ".Sh SEE ALSO\n.Xr wg 8 ,\n.Xr wg-quick 8\n"
GOOD = {"docs/man/a.8": PAGE}
# What a program with one knob would say, and its pages.
HELP = "  -f, --foreground\n      --aead=auto|fast\n      --tun-tso=auto|on\n"
LIST = "%s.Bl -tag -width Ds\n%s.El\n"
OPTIONS = PAGE.replace("text\n", "text\n" + LIST % (
    ".Ss Options\n", ".It Fl f , -foreground\nx\n.It Fl -aead Ar cipher\n.Cm auto\nor\n"
    ".Cm fast .\n.It Fl -tun-tso Ns = Ns Ar value\nx\n"), 1)
KEYS = PAGE.replace(".Dt X 8", ".Dt X 5").replace("text\n", "text\n" + LIST % (
    "", ".It Ic Aead = Ar cipher\n.Cm auto\nor\n.Cm fast .\n"
    ".It Ic TunTso = Cm auto | on\nx\n"), 1)
KNOBS = {"help": HELP, "docs/man/taut.8": OPTIONS, "docs/man/taut.conf.5": KEYS,
         "src/conf/directives.c": '\t{ "Aead", SECTION_INTERFACE, 0 },\n',
         "src/conf/tune.c": '\t[TUNE_TUN_TSO] = { "TunTso", "tun-tso" },\n'}
FAULTS = [
    ("an unknown macro", {"docs/man/a.8": PAGE + ".Zz x\n"}, "a.8: "),
    ("a list that does not end", {"docs/man/a.8": PAGE.replace(
        "text\n", "text\n.Bl -tag\n.It x\ny\n", 1)}, "a.8: "),
    ("no examples", {"docs/man/a.8": PAGE.replace(".Sh EXAMPLES\ntext\n", "")}, "no section EXAMP"),
    ("no wg(8)", {"docs/man/a.8": PAGE.replace(".Xr wg 8 ,\n", "")}, "does not name wg 8"),
    ("a key without words", {"src/conf/directives.c": '\t{ "Mode", SECTION_PEER, 0 },\n',
                             "docs/man/taut.conf.5": PAGE}, "key Mode is not described"),
    ("a key that is gone", {"docs/man/taut.conf.5": PAGE.replace(
        "text\n", "text\n.Bl -tag -width Ds\n.It Ic Old = x\ny\n.El\n", 1)}, "key Old is desc"),
    ("a verb that is gone", {"docs/man/taut.8": PAGE.replace(
        "text\n", "text\n.Bl -tag -width Ds\n.It Cm old\ny\n.El\n", 1)}, "verb old is described"),
    ("an option of pairing that is gone", {"docs/man/taut.8": PAGE.replace(
        "text\n", "text\n.Ss Pairing\n.Bl -tag -width Ds\n.It Fl -old\ny\n.El\n.Ss Options\nx\n",
        1)}, "option of pairing old is described"),
    ("a knob that the help lacks", {**KNOBS, "help": HELP.replace("tun-tso", "tun-uso")},
     "option tun-tso is described, but does not exist"),
    ("a knob that taut(8) lacks", {**KNOBS, "docs/man/taut.8": OPTIONS.replace(
        ".It Fl -tun-tso Ns = Ns Ar value\n", "")}, "option tun-tso is not described"),
    ("a knob that taut.conf(5) lacks", {**KNOBS, "docs/man/taut.conf.5": KEYS.replace(
        ".It Ic TunTso = Cm auto | on\n", "")}, "key TunTso is not described"),
    ("a knob with another word", {**KNOBS, "docs/man/taut.conf.5": KEYS.replace("| on", "| off")},
     "word of TunTso off is described"),
    ("a cipher that taut(8) lacks", {**KNOBS, "help": HELP.replace("fast", "fast|small")},
     "taut.8: word of aead small is not described"),
    ("a cipher that taut.conf(5) lacks", {**KNOBS, "help": HELP.replace("fast", "fast|small")},
     "taut.conf.5: word of aead small is not described"),
    ("a cipher that is gone", {**KNOBS, "help": HELP.replace("|fast", "")},
     "word of aead fast is described"),
    ("a variable without words", {"src/cli/a.c": 'x = getenv("SECRET_WAY");\n',
                                  "docs/man/taut.8": PAGE}, "SECRET_WAY is not described"),
]


def help_in(root):
    """What the program of a sample would print."""
    told = root / "help"
    return told.read_text(encoding="utf-8") if told.exists() else ""


def main():
    """Check the pages; the exit code."""
    linters = [name for name in LINTERS if shutil.which(name)]
    if not linters:
        style.skip("neither mandoc nor groff is here")
    style.must_catch(lambda root: check(root, help_in(root), linters), FAULTS, GOOD)
    style.must_catch(lambda root: check(root, help_in(root), linters), [], KNOBS)
    program = os.environ.get("TAUT", str(style.build() / "src/taut"))
    style.need(program)
    told = subprocess.run([program, "help"], capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as empty:
        if not list(check(pathlib.Path(empty), told)):
            print("selftest: not caught: verbs and options without a page")
            return 1
    top = style.top()
    print("read by", ", ".join(linters))
    style.finish(list(check(top, told, linters)), len(pages(top)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

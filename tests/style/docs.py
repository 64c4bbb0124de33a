#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The program accepts what the docs tell people to write and to type.

Each configuration in README.md, docs/, the man pages and conf/ is passed to `taut check`.
With placeholders for keys, it must complain about these and nothing else; with generated
keys it must be valid.  Each `taut WORD` in a code block must be a verb.  Each file of the
repository that is named must exist, and each code of a verdict must be explained.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import style

FENCE = re.compile(r"^( *)```\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LITERAL = re.compile(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|[;&|(] *)(?:\S+=\S+ )*(?:[AB]?# )?taut((?: -[\w-]+)*) ([\w-]+)")
PUT = re.compile(r"^P\w+Key = (put/\S+)$", re.MULTILINE)
# One with NAME in it stands for a kind of file: see contributing.py.
NAMED = re.compile(r"`(?![^`]*_NAME)((?:conf|docs|scripts|tests|src|systemd)/[\w./-]*\w)`")


def texts(root):
    """(path, whether it is a man page) of all documentation."""
    for path in sorted(root.glob("*.md")) + sorted((root / "docs").rglob("*")):
        if path.suffix == ".md":
            yield path, False
        elif re.fullmatch(r"\.[0-9]", path.suffix):
            yield path, True


def blocks(path, is_man):
    """(line number, text) of each code block."""
    text = path.read_text(encoding="utf-8")
    for match in (LITERAL if is_man else FENCE).finditer(text):
        body = match.group(1) if is_man else match.group(2)
        indent = "" if is_man else match.group(1)
        body = re.sub(rf"^{indent}", "", body, flags=re.MULTILINE)
        yield text.count("\n", 0, match.start()) + 2, body


def run(program, *words, given=None):
    """Call the program."""
    return subprocess.run([program, *words], input=given, capture_output=True, text=True,
                          check=False, timeout=60)


def try_config(program, text, folder):
    """The first complaint about a configuration, or None."""
    keys = [run(program, "genkey").stdout for _ in range(9)]
    for name in set(re.findall(r"^P\w+KeyFile = (\S+)", text, re.MULTILINE)):
        path = pathlib.Path(folder, os.path.basename(name))
        path.write_text(keys.pop(), encoding="utf-8")
        path.chmod(0o600)
        text = text.replace(f"= {name}", f"= {path}")
    while "\nPublicKey = (" in text:
        key = run(program, "pubkey", given=keys.pop()).stdout.strip()
        text = re.sub(r"\nPublicKey = \([^\n]*", f"\nPublicKey = {key}", text, count=1)
    path = pathlib.Path(folder, "taut0.conf")
    path.touch(0o600)
    places = [text.count("\n", 0, match.start()) + 1 for match in PUT.finditer(text)]
    if places:
        path.write_text(text, encoding="utf-8")
        why = try_placeholders(program, path, places)
        if why:
            return why
    path.write_text(PUT.sub(lambda match: match.group(0).replace(match.group(1),
                            run(program, "genpsk").stdout.strip()), text), encoding="utf-8")
    done = run(program, "check", str(path))
    if done.returncode == 0 and not done.stderr:
        return None
    return (done.stderr.splitlines() or ["refused"])[0].replace(folder + "/", "")


def try_placeholders(program, path, places):
    """The first complaint of `taut check` other than those about placeholders on these lines."""
    done = run(program, "check", str(path))
    lines = done.stderr.splitlines()
    for number in places:
        if not lines or not re.fullmatch(
                rf"{re.escape(str(path))}:{number}:\d+: the \w+ key is the placeholder from the "
                r"examples[,;].* taut (genkey|pubkey|genpsk)\b.*", lines[0]):
            return f"line {number}, which has a placeholder: {lines[:1]}"
        del lines[0]
    last = f"taut: {path}: {len(places)} error{'s' * (len(places) > 1)}, 0 warnings"
    return None if (done.returncode, lines) == (1, [last]) else f"placeholders, but: {lines}"


def judge_config(program, name, text):
    """Yield a complaint about one configuration."""
    with tempfile.TemporaryDirectory() as folder:
        why = try_config(program, text, folder)
    if why:
        yield f"{name}: the configuration is invalid: {why}"


def check(root, program, verbs):
    """Yield a complaint for each line that would not work."""
    yield from check_codes(root)
    for path in sorted((root / "conf").glob("*.conf")):
        yield from judge_config(program, path.relative_to(root), path.read_text(encoding="utf-8"))
    for path, is_man in texts(root):
        name = path.relative_to(root)
        for number, body in blocks(path, is_man):
            if body.startswith("[Interface]"):
                yield from judge_config(program, f"{name}:{number}", body)
                continue
            for offset, line in enumerate(body.splitlines()):
                for match in COMMAND.finditer(line):
                    word = match.group(2)
                    if word not in verbs and not re.fullmatch(r"wg\d|IFNAME", word):
                        yield f"{name}:{number + offset}: taut has no verb {word}"
        if not is_man:
            for named in NAMED.findall(path.read_text(encoding="utf-8")):
                if named == "src/taut":  # the program, once it is built
                    continue
                if not (root / named).exists() and not (root / (named + ".in")).exists():
                    yield f"{name}: no such file: {named}"


def check_codes(root):
    """The codes of verdicts in the sources are those in the tables of docs/WHY.md."""
    page = root / "docs/WHY.md"
    used = {code for path in sorted((root / "src").rglob("*.c"))
            for code in re.findall(r'"(E-[A-Z0-9-]+)"', path.read_text(encoding="utf-8"))}
    told = set(re.findall(r"^\| `(E-[A-Z0-9-]+)`", page.read_text(encoding="utf-8"),
                          re.MULTILINE)) if page.exists() else set()
    for code in sorted(used - told):
        yield f"docs/WHY.md: nothing about {code}"
    for code in sorted(told - used):
        yield f"docs/WHY.md: unused code {code}"


EXAMPLE = "put/the/public/key/of/the/peer/here///////0="
INTERFACE = "[Interface]\nPrivateKeyFile = a.key\n\n[Peer]\nPublicKey = (of B)\n"
FAULTS = [
    ("an unknown key", {"README.md": f"```\n{INTERFACE}Colour = red\n```\n"}, "README.md:2: the"),
    ("a warning, indented", {"docs/A.md": "x\n\n" + "".join(
        f"  {line}\n" for line in ("```\n" + INTERFACE + "AllowedIPs = 10.0.0.1/24\n```").split(
            "\n"))}, "docs/A.md:4: the"),
    ("a bad key in a man page", {"docs/man/a.5": ".Bd -literal -offset indent\n[Interface]\n"
                                 "PrivateKey = abc=\n.Ed\n"}, "docs/man/a.5:2"),
    ("a placeholder and another mistake", {"conf/a.conf": INTERFACE.replace(
        "(of B)", EXAMPLE) + "Colour = red\n"}, "conf/a.conf: the"),
    ("a verb that is none", {"README.md": "```\nx\ntaut -v start wg0\n```\n"}, "README.md:3: "),
    ("a verb in a pipe", {"README.md": "```\ncat x | taut pubkye\n```\n"}, "no verb pubkye"),
    ("a code that is not explained", {"src/a.c": 'x = "E-A";\n'}, "nothing about E-A"),
    ("a code that nobody uses", {"docs/WHY.md": "| `E-B-2` | sure |\n"}, "unused code E-B-2"),
    ("a file that is gone", {"README.md": "See `docs/GONE.md`.\n"}, "no such file: docs/GONE.md"),
]
GOOD = {
    "conf/a.conf": INTERFACE.replace("(of B)", EXAMPLE),
    "README.md": f"```\n{INTERFACE}```\n`docs/A.md` `src/a_NAME.c`\n```\n"
                 "A=b taut wg0\n(umask 077; taut genkey)\n```\n",
    "src/a.c": 'x = "E-A-1";\n',
    "docs/WHY.md": "| `E-A-1` | sure |\n",
    "docs/A.md": "1. x\n\n   ```\n   taut up wg0   # taut is fine\n   ```\n",
}


def main():
    """Check all texts."""
    program = os.environ.get("TAUT", str(style.build() / "src/taut"))
    style.need(program)
    told = run(program, "help").stdout
    verbs = set(re.findall(r"^  ([a-z]+)\b", told, re.MULTILINE))
    style.must_catch(lambda root: check(root, program, verbs), FAULTS, GOOD)
    top = style.top()
    style.finish(list(check(top, program, verbs)),
                 len(list(texts(top))) + len(list((top / "conf").glob("*.conf"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())

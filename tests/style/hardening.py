#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The program is hardened: checks src/taut with readelf and nm."""

import os
import pathlib
import re
import shlex
import subprocess
import tempfile

import style

READELF = shlex.split(os.environ.get("READELF", "readelf"))
NM = shlex.split(os.environ.get("NM", "nm"))
BANNED = {"strcpy", "stpcpy", "strcat", "sprintf", "vsprintf", "gets", "system", "popen",
          "execvp", "execlp", "alloca", "strtok", "mktemp", "tmpnam"}


def output(*command):
    """The output of a command."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def judge(program):
    """Yield a complaint for each protection that the program lacks."""
    elf = output(*READELF, "-hlWd", str(program))
    dynamic = [line for line in elf.splitlines() if re.match(r"\s*0x[0-9a-f]+ \(", line)]
    flags = " ".join(line for line in dynamic if "FLAGS" in line)
    if not re.search(r"Type:\s+DYN", elf):
        yield "not position independent (PIE)"
    if "GNU_RELRO" not in elf:
        yield "no RELRO"
    if "NOW" not in flags and not any("(BIND_NOW)" in line for line in dynamic):
        yield "symbols are bound late (no BIND_NOW)"
    if any("TEXTREL" in line for line in dynamic):
        yield "relocations in code (TEXTREL)"
    if any("(RPATH)" in line or "(RUNPATH)" in line for line in dynamic):
        yield "libraries are looked for in RPATH"
    for line in elf.splitlines():
        words = line.split()
        if words[:1] == ["GNU_STACK"] and "E" in words[6]:
            yield "the stack is executable"
        if words[:1] == ["LOAD"] and "RWE" in line:
            yield "a segment is writable and executable"
    needed = {line.split()[-1].partition("@")[0]
              for line in output(*NM, "-D", "-u", str(program)).splitlines()}
    if "__stack_chk_fail" not in needed:
        yield "no stack protector"
    if not any(re.match(r"__\w+_chk$", n) and n != "__stack_chk_fail" for n in needed):
        yield "no _FORTIFY_SOURCE"
    for name in sorted(needed & BANNED):
        yield f"calls {name}"


BAD = """
char *strcpy(char *, const char *);
int system(const char *);
int main(int argc, char **argv)
{
	char room[64];

	strcpy(room, argv[argc - 1]);
	return system(room);
}
"""
BAD_FLAGS = ["-w", "-O0", "-U_FORTIFY_SOURCE", "-fno-stack-protector", "-fno-pie", "-no-pie",
             "-fno-builtin", "-Wl,-z,norelro", "-Wl,-z,lazy", "-Wl,-z,execstack"]
MUST_SEE = ["not position independent", "no RELRO", "bound late", "stack is executable",
            "no stack protector", "no _FORTIFY_SOURCE", "calls strcpy", "calls system"]


def selftest():
    """A program without any protection must be detected."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "bad.c"
        program = pathlib.Path(folder) / "bad"
        source.write_text(BAD)
        compiler = shlex.split(os.environ.get("CC", "cc"))
        subprocess.run(compiler + BAD_FLAGS + [str(source), "-o", str(program)], check=True)
        found = list(judge(program))
    failures = [f"selftest: not caught: {want}" for want in MUST_SEE
                if not any(want in line for line in found)]
    style.finish_selftest(failures, len(MUST_SEE))


if __name__ == "__main__":
    if os.environ.get("SANITIZERS", "no") != "no":
        style.skip("built with sanitizers")
    if os.environ.get("HARDENING", "yes") != "yes":
        style.skip("configured with --disable-hardening")
    selftest()
    PROGRAM = os.environ.get("TAUT", str(style.build() / "src/taut"))
    style.need(PROGRAM)
    style.finish(list(judge(PROGRAM)), 1)

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The core makes no system calls: the undefined symbols of libproto.a, by nm.

Allowed are memcpy and the like, guards that compilers insert, and names that proto,
crypto and base define, except the log, the clock and the source of randomness:
the core returns values, and is passed time and randomness.
"""

import os
import pathlib
import re
import shlex
import subprocess
import tempfile

import style

MEMORY = {"memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "explicit_bzero"}
GUARDS = re.compile(
    r"^(__stack_chk_fail(_local)?|__(mem(cpy|move|set)|explicit_bzero)_chk|_GLOBAL_OFFSET_TABLE_)$")
RUNTIME = re.compile(r"^(__(asan|ubsan|tsan|msan|lsan|sanitizer|gcov|llvm_(profile|gcov))_"
                     r"|__start___|__stop___|llvm_gcda_|llvm_gcov_|__asan)")
NOT_FOR_THE_CORE = re.compile(r"^(log_|random_|clock_)")

NM = shlex.split(os.environ.get("NM", "nm"))


def names(archive, *options):
    """The names that nm lists, with the member that each is in."""
    done = subprocess.run(NM + ["-A", "-P", *options, str(archive)], capture_output=True,
                          text=True, check=True)
    found = []
    for line in done.stdout.splitlines():
        where, _, rest = line.partition(": ")
        if rest:
            found.append((where.rpartition("[")[2].rstrip("]"), rest.split()[0]))
    return found


def judge(core, others, instrumented):
    """Yield a complaint for each name that the core must not need."""
    known = {n for lib in (core, *others) for _, n in names(lib, "-g", "--defined-only")}
    known = {n for n in known if not NOT_FOR_THE_CORE.match(n)}
    own = {n for _, n in names(core, "-g", "--defined-only")}
    for member, name in names(core, "-u"):
        if name in MEMORY or name in known or name in own or GUARDS.match(name):
            continue
        if instrumented and RUNTIME.match(name):
            continue
        yield f"{member}: the core must not need {name}"


def archive_of(folder, name, source):
    """A library made from one piece of C."""
    path = pathlib.Path(folder)
    (path / f"{name}.c").write_text(source)
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run(compiler + ["-O2", "-w", "-c", str(path / f"{name}.c"), "-o",
                               str(path / f"{name}.o")], check=True)
    library = path / f"lib{name}.a"
    library.unlink(missing_ok=True)
    subprocess.run(["ar", "crs", str(library), str(path / f"{name}.o")], check=True)
    return library


BASE = "void log_info(const char *f) { (void)f; } void *mem_new(unsigned long n) { return (void *)n; }"
SAMPLES = [
    ("a clock", "long time(long *); long f(void) { return time(0); }", "time"),
    ("the heap", "void *malloc(unsigned long); void *f(void) { return malloc(9); }", "malloc"),
    ("the log", "void log_info(const char *); void f(void) { log_info(0); }", "log_info"),
    ("output", "int puts(const char *); void f(void) { puts(\"x\"); }", "puts"),
    ("an assert", "void abort(void); void f(int x) { if (x) abort(); }", "abort"),
    ("a system call", "int socket(int, int, int); int f(void) { return socket(2, 2, 0); }",
     "socket"),
    ("nothing", "void *mem_new(unsigned long); void *memcpy(void *, const void *, unsigned long);"
     "void f(void *a, void *b, unsigned long n) { memcpy(a, b, n); mem_new(n); }", None),
]


def selftest():
    """Each sample must be judged correctly."""
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        base = archive_of(folder, "base", BASE)
        for what, source, culprit in SAMPLES:
            found = list(judge(archive_of(folder, "sample", source), [base], False))
            right = not found if culprit is None else any(f.endswith(" " + culprit) for f in found)
            if not right:
                failures.append(f"selftest: {what}: got {found}")
    style.finish_selftest(failures, len(SAMPLES))


if __name__ == "__main__":
    selftest()
    BUILD = style.build()
    style.need(BUILD / "libproto.a")
    INSTRUMENTED = os.environ.get("SANITIZERS", "no") != "no" or bool(os.environ.get("COVERAGE"))
    CORE = BUILD / "libproto.a"
    OTHERS = [BUILD / "libcrypto.a", BUILD / "libbase.a"]
    style.finish(list(judge(CORE, OTHERS, INSTRUMENTED)), len(names(CORE, "-u")))

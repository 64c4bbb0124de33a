#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Pure rooms make no system calls: the undefined symbols of libproto.a and libdiag.a, by nm.

Allowed are memcpy and the like, guards that compilers insert, and names that proto,
crypto and base define, except the log, the clock and the source of randomness:
the core returns values, and is passed time and randomness.

diag may also format text and compare strings, and needs the names of two words of io, but
not the heap: its only memory is that of the struct print it is passed, which base grows.
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
NOT_FOR_THE_CORE = re.compile(r"^(log_|rng_system$|clock_)")

# strerror() looks up a text and does no I/O.
FORMAT = {"snprintf", "vsnprintf", "__snprintf_chk", "__vsnprintf_chk", "memchr", "strchr",
          "strcmp", "strerror", "strncmp", "strnlen", "strrchr", "strstr"}
# Constant tables of io: the name of an offload, and of a reason why packets were not joined.
WORDS_OF_IO = {"offload_name", "vnet_break_name"}
NOT_FOR_DIAG = re.compile(NOT_FOR_THE_CORE.pattern + "|^(mem|pages|say|vault)_")

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


def judge(room, others, instrumented, never=NOT_FOR_THE_CORE, more=frozenset()):
    """Yield a complaint for each name that a pure room must not need."""
    known = {n for lib in others for _, n in names(lib, "-g", "--defined-only")}
    known = {n for n in known if not never.match(n)} | MEMORY | more
    known |= {n for _, n in names(room, "-g", "--defined-only")}
    for member, name in names(room, "-u"):
        if name in known or GUARDS.match(name):
            continue
        if instrumented and RUNTIME.match(name):
            continue
        yield f"{member}: {room.stem} must not need {name}"


def judge_diag(diag, others, instrumented, records=frozenset()):
    """Yield a complaint for each name that diag must not need. records: how to write them."""
    return judge(diag, others, instrumented, NOT_FOR_DIAG, FORMAT | WORDS_OF_IO | records)


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


BASE = ("void log_info(const char *f) { (void)f; }"
        "void *mem_new(unsigned long n) { return (void *)n; }"
        "int rng_system; int rng_fill(int *r) { return *r; } long clock_now(void) { return 0; }"
        "void print_add(const char *f) { (void)f; }")
SAMPLES = [
    ("a clock", "long time(long *); long f(void) { return time(0); }", "time"),
    ("the heap", "void *malloc(unsigned long); void *f(void) { return malloc(9); }", "malloc"),
    ("the log", "void log_info(const char *); void f(void) { log_info(0); }", "log_info"),
    ("the clock of base", "long clock_now(void); long f(void) { return clock_now(); }",
     "clock_now"),
    ("randomness", "extern int rng_system; int f(void) { return rng_system; }", "rng_system"),
    ("output", "int puts(const char *); void f(void) { puts(\"x\"); }", "puts"),
    ("an assert", "void abort(void); void f(int x) { if (x) abort(); }", "abort"),
    ("a system call", "int socket(int, int, int); int f(void) { return socket(2, 2, 0); }",
     "socket"),
]
CORE_SAMPLES = [
    ("a format", "int snprintf(char *, unsigned long, const char *, ...);"
     "int f(char *s, int n) { return snprintf(s, 9, \"%d\", n); }", "snprintf"),
    ("a word of io", "int offload_name(int); int f(void) { return offload_name(0); }",
     "offload_name"),
    ("nothing", "void *mem_new(unsigned long); void *memcpy(void *, const void *, unsigned long);"
     "void f(void *a, void *b, unsigned long n) { memcpy(a, b, n); mem_new(n); }", None),
    ("randomness as an argument", "int rng_fill(int *); int f(int *r) { return rng_fill(r); }",
     None),
]
DIAG_SAMPLES = [
    ("the heap of base", "void *mem_new(unsigned long); void *f(void) { return mem_new(9); }",
     "mem_new"),
    ("a copy on the heap", "char *strdup(const char *); char *f(char *s) { return strdup(s); }",
     "strdup"),
    ("a file", "int fprintf(void *, const char *, ...); extern void *stderr;"
     "int f(int n) { return fprintf(stderr, \"%d\", n); }", "fprintf"),
    ("another word of io", "int udp_send(int); int f(void) { return udp_send(0); }", "udp_send"),
    ("nothing", "int snprintf(char *, unsigned long, const char *, ...);"
     "void print_add(const char *); int offload_name(int);"
     "int strcmp(const char *, const char *); char *strerror(int);"
     "int f(char *s, int n) { print_add(strerror(n)); return snprintf(s, 9, \"%d\", n)"
     " + strcmp(s, \"x\") + offload_name(n); }", None),
]
JUDGES = [(judge, SAMPLES + CORE_SAMPLES), (judge_diag, SAMPLES + DIAG_SAMPLES)]


def selftest():
    """Each sample must be judged correctly."""
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        base = archive_of(folder, "base", BASE)
        for judging, samples in JUDGES:
            for what, source, culprit in samples:
                found = list(judging(archive_of(folder, "sample", source), [base], False))
                right = any(f.endswith(f" {culprit}") for f in found) if culprit else not found
                if not right:
                    failures.append(f"selftest: {judging.__name__}: {what}: got {found}")
    style.finish_selftest(failures, sum(len(samples) for _, samples in JUDGES))


if __name__ == "__main__":
    selftest()
    BUILD = style.build()
    INSTRUMENTED = os.environ.get("SANITIZERS", "no") != "no" or bool(os.environ.get("COVERAGE"))
    CORE, DIAG, *OTHERS = (BUILD / f"lib{room}.a" for room in ("proto", "diag", "crypto", "base"))
    WORDS = {n for _, n in names(BUILD / "libcontrol.a", "-g", "--defined-only")
             if n.startswith(("record_", "vocabulary_"))}
    style.need(CORE)
    style.need(DIAG)
    FOUND = list(judge(CORE, OTHERS, INSTRUMENTED))
    FOUND += judge_diag(DIAG, [CORE, *OTHERS], INSTRUMENTED, WORDS)
    style.finish(FOUND, len(names(CORE, "-u")) + len(names(DIAG, "-u")))

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The pure rooms call nobody: what libproto.a and libdiag.a leave undefined, by nm.

Allowed are memcpy and its kin, the guards that compilers put in, and the names of the
rooms below, but for the log, the clock and the system's source of randomness.  proto
answers with values, and is handed time and randomness.  diag judges what the core and
the data path have counted: it may print into memory, and use the words that io has for
its own counters, but not a file, a socket, the heap or a clock.
"""

import os
import re
import tempfile

import objects
import style

MEMORY = {"memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "explicit_bzero"}
PRINTING = {"snprintf", "vsnprintf", "__snprintf_chk", "__vsnprintf_chk", "strcmp", "strerror"}
GUARDS = re.compile(
    r"^(__stack_chk_fail(_local)?|__(mem(cpy|move|set)|explicit_bzero)_chk|_GLOBAL_OFFSET_TABLE_)$")
RUNTIME = re.compile(r"^(__(asan|ubsan|tsan|msan|lsan|sanitizer|gcov|llvm_(profile|gcov))_"
                     r"|__start___|__stop___|llvm_gcda_|llvm_gcov_|__asan)")
NEVER = re.compile(r"^(log_|clock_|rng_system$)")
ANY = re.compile("")

# A pure room, what it may take from the C library, and from which room which names and files.
PURE = {
    "proto": (MEMORY, {"crypto": (ANY, ANY), "base": (ANY, ANY)}),
    "diag": (MEMORY | PRINTING, {
        "proto": (ANY, ANY), "crypto": (ANY, ANY), "base": (re.compile("^(?!mem_|vault_|pages_)"), ANY),
        "control": (ANY, re.compile("^(record|vocabulary)")),
        "io": (re.compile("_name$"), ANY)}),
}


def allowed(room, libraries):
    """The names that a pure room may need."""
    from_libc, from_rooms = PURE[room]
    found = set(from_libc) | {name for _, name in objects.defined(libraries[room])}
    for other, (name_ok, file_ok) in from_rooms.items():
        for member, name in objects.defined(libraries[other]) if other in libraries else ():
            if name_ok.search(name) and file_ok.search(objects.file_of(member)):
                found.add(name)
    return {name for name in found if not NEVER.match(name)}


def judge(room, libraries, instrumented):
    """Yield a complaint for each name that a pure room must not need."""
    known = allowed(room, libraries)
    for member, name in objects.undefined(libraries[room]):
        if name in known or GUARDS.match(name) or instrumented and RUNTIME.match(name):
            continue
        yield f"{room}/{objects.file_of(member)}: {room} is pure and must not need {name}"


OTHERS = {
    "base": {"log": "void log_info(const char *f) { (void)f; }",
             "clock": "long clock_now(void) { return 0; }",
             "mem": "void *mem_new(unsigned long n) { return (void *)n; }",
             "print": "void print_add(void *p) { (void)p; }"},
    "crypto": {"rng": "int rng_system; void rng_fill(void) { }"},
    "control": {"record": "void record_add(void) { }", "client": "void client_send(void) { }"},
    "io": {"udp": "void udp_send(void) { }", "offload": "void offload_name(void) { }"},
}
SAMPLES = [
    ("proto", "a clock", "long time(long *); long f(void) { return time(0); }", "time"),
    ("proto", "our clock", "long clock_now(void); long f(void) { return clock_now(); }",
     "clock_now"),
    ("proto", "the heap", "void *malloc(unsigned long); void *f(void) { return malloc(9); }",
     "malloc"),
    ("proto", "the log", "void log_info(const char *); void f(void) { log_info(0); }", "log_info"),
    ("proto", "output", "int puts(const char *); void f(void) { puts(\"x\"); }", "puts"),
    ("proto", "text", "int strerror(int); int f(void) { return strerror(1); }", "strerror"),
    ("proto", "an assert", "void abort(void); void f(int x) { if (x) abort(); }", "abort"),
    ("proto", "a system call", "int socket(int, int, int); int f(void) { return socket(2, 2, 0); }",
     "socket"),
    ("proto", "the system's randomness", "extern int rng_system; int *f(void) { return &rng_system; }",
     "rng_system"),
    ("proto", "another room", "void offload_name(void); void f(void) { offload_name(); }",
     "offload_name"),
    ("proto", "nothing", "void *mem_new(unsigned long); void rng_fill(void);"
     "void *memcpy(void *, const void *, unsigned long);"
     "void f(void *a, void *b, unsigned long n) { memcpy(a, b, n); mem_new(n); rng_fill(); }",
     None),
    ("diag", "a clock", "long time(long *); long f(void) { return time(0); }", "time"),
    ("diag", "our clock", "long clock_now(void); long f(void) { return clock_now(); }",
     "clock_now"),
    ("diag", "the heap", "void *malloc(unsigned long); void *f(void) { return malloc(9); }",
     "malloc"),
    ("diag", "our heap", "void *mem_new(unsigned long); void *f(void) { return mem_new(9); }",
     "mem_new"),
    ("diag", "the log", "void log_info(const char *); void f(void) { log_info(0); }", "log_info"),
    ("diag", "a file", "void *fopen(char *, char *); void *f(void) { return fopen(0, 0); }",
     "fopen"),
    ("diag", "the environment", "char *getenv(char *); char *f(void) { return getenv(0); }",
     "getenv"),
    ("diag", "a socket", "void udp_send(void); void f(void) { udp_send(); }", "udp_send"),
    ("diag", "a client", "void client_send(void); void f(void) { client_send(); }", "client_send"),
    ("diag", "nothing", "int snprintf(char *, unsigned long, const char *, ...);"
     "void print_add(void *); void offload_name(void); void record_add(void); char *strerror(int);"
     "void f(char *s, int e) { snprintf(s, 9, \"%s %d\", strerror(e), e); print_add(s);"
     " offload_name(); record_add(); }", None),
]


def selftest():
    """Each sample must be judged rightly."""
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        others = {room: objects.archive_of(folder, room, files) for room, files in OTHERS.items()}
        for room, what, source, culprit in SAMPLES:
            sample = {room: objects.archive_of(folder, room, {"sample": source})}
            found = list(judge(room, others | sample, False))
            right = not found if culprit is None else any(f.endswith(" " + culprit) for f in found)
            if not right:
                failures.append(f"selftest: {room}: {what}: got {found}")
    style.finish_selftest(failures, len(SAMPLES))


if __name__ == "__main__":
    selftest()
    INSTRUMENTED = os.environ.get("SANITIZERS", "no") != "no" or bool(os.environ.get("COVERAGE"))
    LIBRARIES = {room: style.build() / f"lib{room}.a"
                 for room in set(PURE) | {other for _, rooms in PURE.values() for other in rooms}}
    for path in LIBRARIES.values():
        style.need(path)
    COMPLAINTS = [line for room in PURE for line in judge(room, LIBRARIES, INSTRUMENTED)]
    style.finish(COMPLAINTS, sum(len(objects.undefined(LIBRARIES[room])) for room in PURE))

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Nothing is exported for nobody: each function of src is used by another of its objects.

By nm, over the libraries that the build makes.  What only tests call stands in HOOKS,
with the reason; an entry that is used by the program, or is gone, is a complaint too.
"""

import re
import tempfile

import objects
import style

NOT_OURS = re.compile(r"^(_|main$)")

# Name: why tests need it although the program does not.
HOOKS = {
    "aead_thread_begin": "a second thread begins with it",
    "aead_ipsecmb_limit": "its code for lesser CPUs must be seen to work on greater ones",
    "control_open_with": "with small limits and short times",
    "directives_at": "all keys, to compare them with the table of parts",
    "host_undo": "what it leaves behind must be seen before the host is closed",
    "mem_fail_after": "the way without memory",
    "mtu_inside": "a pure part, tested apart from the kernel",
    "phase_may_follow": "the table of transitions",
    "shell_argv": "a pure part, tested without a shell",
    "phase_name": "each phase has one",
    "resolver_open_with": "with name servers of the test",
    "rights_judge": "users and groups that the test does not have",
    "rights_in_unit": "control groups that the test is not in",
    "session_age": "what a session knows of itself",
    "show_ago": "a part of the text, tested apart",
    "show_bytes": "a part of the text, tested apart",
    "timers_next": "a deadline without the heap",
    "tunnel_open": "all of it in one call, for tests, simulation and benchmarks",
    "tunnel_seal": "all of it in one call, for tests, simulation and benchmarks",
    "udp_socket": "one socket with all its options",
    "vault_locked": "nothing else can tell that pages were given back",
    "vault_used": "nothing else can tell a secret that was not returned",
    "why_certainty_name": "each word is there",
    "why_code_name": "each code is there",
}


def judge(paths, hooks):
    """Yield a complaint for each exported name that no other object needs."""
    used, exported = set(), {}
    for path in paths:
        exported |= {name: stem for stem, name in objects.exported(path)
                     if not NOT_OURS.match(name)}
        used |= {name for _, name in objects.needed(path)}
    for name, stem in sorted(exported.items()):
        if name not in used and name not in hooks:
            yield f"{stem}.c exports {name}, and no other file of the program uses it"
    for name in sorted(hooks):
        if name not in exported:
            yield f"the hook {name} is gone: remove it from the list"
        elif name in used:
            yield f"the hook {name} is used by the program: remove it from the list"


USER = ("b.c", "int a_used(void); int main(void) { return a_used(); }")
SAMPLES = [
    ("a function for nobody", "int a_used(void) { return 1; } int a_idle(void) { return 2; }", {},
     "a.c exports a_idle"),
    ("an object for nobody", "int a_used(void) { return 1; } int a_count = 3;", {},
     "a.c exports a_count"),
    ("used at home only", "int a_near(void) { return 2; } int a_used(void) { return a_near(); }",
     {}, "a.c exports a_near"),
    ("a hook", "int a_used(void) { return 1; } int a_hook(void) { return 2; }",
     {"a_hook": "x"}, None),
    ("a hook that is gone", "int a_used(void) { return 1; }", {"a_hook": "x"}, "a_hook is gone"),
    ("a hook that is used", "int a_used(void) { return 1; }", {"a_used": "x"},
     "a_used is used by"),
    ("static and used", "static int near; int a_used(void) { return near; }", {}, None),
]


def selftest():
    """Each sample must be judged rightly."""
    failures = []
    for what, source, hooks, culprit in SAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            paths = [objects.compiled(folder, "a.c", source), objects.compiled(folder, *USER)]
            found = list(judge(paths, hooks))
        if not (any(culprit in f for f in found) if culprit else not found):
            failures.append(f"selftest: {what}: got {found}")
    style.finish_selftest(failures, len(SAMPLES))


if __name__ == "__main__":
    selftest()
    PATHS = objects.built()
    style.finish(list(judge(PATHS, HOOKS)), sum(len(objects.exported(p)) for p in PATHS))

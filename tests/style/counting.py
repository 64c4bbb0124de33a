#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""scripts/results.py counts correctly: no failure is lost, and a skip never passes."""

import os
import subprocess
import sys
import tempfile

import style

CMOCKA = """[==========] Running 5 test(s).
[ RUN      ] test_a
[       OK ] test_a
[==========] 5 test(s) run.
[  PASSED  ] 3 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] test_d
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] test_e
"""
CMOCKA_GOOD = "[==========] Running 4 test(s).\n[  PASSED  ] 4 test(s).\n"
TWO_GROUPS = CMOCKA_GOOD + "[==========] more: Running 2 test(s).\n[  PASSED  ] 2 test(s).\n"

# Results of programs as (result, log); the last line; the exit code, and that with CI=true.
CASES = [
    ("cmocka", [("PASS", CMOCKA_GOOD)], "4 passed, 0 failed, 0 skipped", 0, 0),
    ("cmocka, two groups", [("PASS", TWO_GROUPS)], "6 passed, 0 failed, 0 skipped", 0, 0),
    ("cmocka, failed", [("FAIL", CMOCKA)], "3 passed, 1 failed, 1 skipped", 1, 1),
    ("crashed half way", [("FAIL", "[==========] Running 4 test(s).\n")],
     "0 passed, 1 failed, 0 skipped", 1, 1),
    ("crashed after its sum", [("FAIL", CMOCKA_GOOD)], "4 passed, 1 failed, 0 skipped", 1, 1),
    ("says failed, exits 0", [("PASS", "1 passed, 2 failed, 0 skipped\n")],
     "1 passed, 2 failed, 0 skipped", 1, 1),
    ("a suite", [("PASS", "ok a\n7 passed, 0 failed, 2 skipped\nPASS x (exit status: 0)\n")],
     "7 passed, 0 failed, 2 skipped", 0, 1),
    ("a script", [("PASS", "fine\n")], "1 passed, 0 failed, 0 skipped", 0, 0),
    ("a script that failed", [("FAIL", "")], "0 passed, 1 failed, 0 skipped", 1, 1),
    ("a broken one", [("ERROR", "")], "0 passed, 1 failed, 0 skipped", 1, 1),
    ("skipped whole", [("SKIP", "SKIP: no root\n")], "0 passed, 0 failed, 1 skipped", 0, 1),
    ("no tests", [], "0 passed, 1 failed, 0 skipped", 1, 1),
    ("a sum", [("PASS", CMOCKA_GOOD), ("PASS", ""), ("SKIP", "")],
     "5 passed, 0 failed, 1 skipped", 0, 1),
]


def ask(programs, ci):
    """The last line and the exit code for these programs."""
    with tempfile.TemporaryDirectory() as build:
        for i, (result, log) in enumerate(programs):
            style.write_tree(build, {f"tests/t{i}.log": log,
                                     f"tests/t{i}.trs": f":test-result: {result}\n"})
        done = subprocess.run(
            [sys.executable, str(style.top() / "scripts/results.py"), build], text=True,
            capture_output=True, check=False, env={**os.environ, "CI": ci})
    return (done.stdout.splitlines() or [""])[-1], done.returncode


if __name__ == "__main__":
    WRONG = []
    for what, said, line, plain, strict in CASES:
        for mode, code in (("", plain), ("true", strict)):
            got = ask(said, mode)
            if got != (line, code):
                WRONG.append(f"{what}, CI={mode!r}: {got} instead of {(line, code)}")
    style.finish(WRONG, len(CASES))

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Sum up the test results of a build: `results.py BUILD-DIRECTORY`.

automake's driver leaves a .trs and a .log for each program.  cmocka and the
suites in Python report how many cases passed; any other program is one case.  A
program that failed counts as at least one failure, whatever it reports.

Prints the end of the log of each program that failed, a line for each that
skipped something, and as last line: `N passed, N failed, N skipped`.  Exits 1
on any failure, or if there are no results at all; with CI=true also on any skip.
"""

import os
import pathlib
import re
import sys

TAIL = 60
RESULT = re.compile(r"^:test-result: (\w+)", re.MULTILINE)
CMOCKA = {word: re.compile(rf"^\[  {word} +\] .*?(\d+) test\(s\)", re.MULTILINE)
          for word in ("PASSED", "FAILED", "SKIPPED")}
SUITE = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped\s*$", re.MULTILINE)


def cases(log):
    """(passed, failed, skipped) as reported by the program, or None if it reports no cases."""
    told = SUITE.findall(log)
    if told:
        return tuple(int(n) for n in told[-1])
    if "[==========]" in log:
        return tuple(sum(int(n) for n in CMOCKA[word].findall(log))
                     for word in ("PASSED", "FAILED", "SKIPPED"))
    return None


def judge(result, log):
    """(passed, failed, skipped) of one program, from its result and its log."""
    told = cases(log)
    if result in ("FAIL", "ERROR", "XPASS") or told and told[1]:
        passed, failed, skipped = told or (0, 0, 0)
        return passed, max(failed, 1), skipped
    if result == "SKIP":
        return (told[0], 0, max(told[2], 1)) if told else (0, 0, 1)
    return told if told and sum(told) else (1, 0, 0)


def main(build):
    """Print the totals of a build; return the exit code."""
    total = [0, 0, 0]
    programs = 0
    for trs in sorted(build.rglob("*.trs")):
        log = trs.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
        match = RESULT.search(trs.read_text(encoding="utf-8"))
        counts = judge(match.group(1) if match else "ERROR", log)
        total = [a + b for a, b in zip(total, counts)]
        programs += 1
        name = trs.relative_to(build).with_suffix("")
        if counts[1]:
            print(f"--- {name}: failed; the end of its log:")
            print("\n".join(log.splitlines()[-TAIL:]))
        elif counts[2]:
            print(f"--- {name}: {counts[2]} skipped")
            print("\n".join(l for l in log.splitlines() if "SKIP" in l and "[  SKIPPED ]" not in l
                            or re.match(r"\[  SKIPPED \] [a-z]", l)))
    if not programs:
        total[1] += 1
        print(f"no test ran in {build}")
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] or (total[2] and os.environ.get("CI") == "true") else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")))

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The network suites once for each variant of offloads, AEAD and MTU (variant.py), for root.

Without an option, only the data-carrying tests (DATA) run, so that each change can be
tried in every variant; --full runs every test of both suites, except those that are the
same in each (steady, runner.py).
"""

import argparse
import os
import re
import subprocess
import sys
import time

import variant

HERE = os.path.dirname(os.path.abspath(__file__))
SUITES = {"netns": os.path.join(HERE, "run.py"),
          "interop": os.path.join(HERE, "../interop/run.py")}
LAST = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")

# The data-carrying tests of each suite that do not take long.
DATA = {
    "netns": "^(variant_is_in_force|datagrams_of_every_size|pings_of_every_size|runs_of_datagrams|"
             "streams_of_small|extension_headers|stream_over_a_bad_wire_arrives$|connects_over_v|"
             "tcp_arrives_whole|mtu_bounds|server_follows|config_files_connect|quick_up_and_down|"
             "oversized_datagrams|counters_are_exact|replaced_address)",
    "interop": "^(ours_begins_over_v[46]_with_psk|theirs_begins_over_v[46]_with_psk|"
               "ours_roams|data_)",
}
# With --full, a gigabyte each way over the bad wire in these; elsewhere the 50 MB of make check.
LONG, LONG_MB = ("default", "offloads-off", "mtu-9000"), 1024


def run(suite, name, options):
    """(passed, failed, skipped); prints what did not pass."""
    env = {**os.environ, "TAUT_VARIANT": name}
    if options.full and name in LONG:
        env["STREAM_MB"] = str(LONG_MB)
    start = time.monotonic()
    argv = [sys.executable, SUITES[suite], "--program", options.program, "-j", str(options.jobs)]
    chosen = options.k or ("" if options.full else DATA[suite])
    done = subprocess.run([*argv, *(["-k", chosen] if chosen else [])], env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    lines = done.stdout.splitlines()
    found = LAST.match(lines[-1]) if lines else None
    count = [int(n) for n in found.groups()] if found else [0, 1, 0]
    if done.returncode not in (0, 77) and not count[1]:
        count[1] = 1
    for line in lines[:-1] if found else lines:
        if count[1] and not line.startswith("ok ") or line.startswith("SKIP"):
            print(f"{name}: {line}")
    print(f"{name}, {suite}: {count[0]} passed, {count[1]} failed, {count[2]} skipped, "
          f"{time.monotonic() - start:.0f} s", flush=True)
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help="only these")
    parser.add_argument("--full", action="store_true", help="all tests, not only those of data")
    parser.add_argument("--suite", choices=SUITES, action="append", help="only this one")
    parser.add_argument("-k", metavar="PATTERN", help="other tests: by name (regex)")
    parser.add_argument("-j", dest="jobs", type=int, default=8, help="tests at a time")
    parser.add_argument("--list", action="store_true", help="names of the variants only")
    parser.add_argument("--program", default=os.environ.get(
        "TAUT", os.path.join(HERE, "../../src/taut")))
    options = parser.parse_args()
    unknown = set(options.variants) - set(variant.VARIANTS)
    if unknown:
        parser.error(f"no variant is {', '.join(sorted(unknown))}")
    names = options.variants or list(variant.VARIANTS)
    if options.list:
        print("\n".join(names))
        return 0
    total = [0, 0, 0]
    for name in names:
        aead = variant.VARIANTS[name].aead
        if aead and not variant.has_aead(options.program, aead):
            print(f"SKIP {name}: {aead} is not built in")
            total[2] += 1
            continue
        for suite in options.suite or SUITES:
            total = [a + b for a, b in zip(total, run(suite, name, options))]
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] else 0 if total[0] else 77


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: ISC
"""A file that works with wg-quick works with taut, unchanged."""

import os

from lab import check, equal
from node import Pair
from runner import test
from t_daemon import taut

V4 = "10.7.0.2"

# In a mount namespace of its own, where nobody can execute bash.
WITHOUT_BASH = """#!/bin/sh
exec unshare -m sh -c 'for f in /usr/bin/bash /bin/bash; do
        test ! -x $f || mount --bind /dev/null $f; done; exec "$0" "$@"' {program} "$@"
"""


def content(path):
    with open(path, encoding="ascii") as file:
        return file.read()


@test(needs=["taut", "bash"])
def hooks_are_bash_as_with_wg_quick(lab):
    """Its syntax, its options, its locale; %i and # as written."""
    pair = Pair(lab, start=False)
    mark = os.path.join(lab.dir, "mark")
    hooks = (f"PreUp = a=(%i $LC_ALL); [[ ${{#a[@]}} == 2 ]]; echo ${{a[@]}} >{mark}\n"
             f"PostUp = read -r x < <(wg show %i public-key); [[ $x == ?*= ]]; echo $x >>{mark}\n"
             f"PostUp = case aab in +(a)b) echo extglob >>{mark} ;; esac # and a comment\n"
             f"PostDown = cat <<< down >>{mark}\n")
    pair.a.start_config(pair.config(0, hooks))
    pair.a.wait_log(": ready")
    pair.a.stop()
    equal(content(mark).splitlines(), [f"{pair.a.name} C", pair.a.public, "extglob", "down"],
          "what the hooks saw")
    done = taut(lab, pair.a.ns, "check", pair.a.config)
    check("hooks are run by bash -e -o pipefail\n" in done.out, f"check said: {done.out}")
    equal(done.err, "", "warnings of check")


@test(needs=["taut", "bash"])
def hook_ends_at_its_first_failure(lab):
    """A kill switch of several commands is in force as a whole, or the tunnel does not start."""
    pair = Pair(lab, start=False)
    mark = os.path.join(lab.dir, "mark")
    for command, status in (("false; touch {}", 1), ("(exit 3); touch {}", 3),
                            ("false | true; touch {}", 1), ("x=$(exit 4); touch {}", 4)):
        for kind in ("PreUp", "PostUp"):
            path = lab.file(pair.a.name + ".conf",
                            pair.config(0, f"{kind} = {command.format(mark)}\n"))
            done = taut(lab, pair.a.ns, "run", path, ok=False)
            equal(done.code, 1, f"exit status with {kind} = {command}")
            check(f"{kind} failed with exit status {status}" in done.err, f"log: {done.err}")
            check(not os.path.exists(mark), f"{kind} = {command} went on")
            check(pair.a.name not in pair.a.ns.links(), "the link is still there")


@test(needs=["taut", "unshare"])
def without_bash_hooks_are_for_sh_and_that_is_told(lab):
    """The first failure ends them as well; a warning if the text looks like bash."""
    pair = Pair(lab, start=False)
    program = lab.file("without-bash", WITHOUT_BASH.format(program=lab.program), 0o755)
    mark = os.path.join(lab.dir, "mark")
    path = lab.file(pair.a.name + ".conf", pair.config(0, f"PostUp = false; touch {mark}\n"))
    done = pair.a.ns.run(program, "check", path)
    check("hooks are run by sh -e\n" in done.out, f"check said: {done.out}")
    equal(done.err, "", "warnings of check")
    done = pair.a.ns.run(program, "run", path, ok=False)
    equal(done.code, 1, "exit status of run")
    check(not os.path.exists(mark), "the hook went on")
    path = lab.file(pair.a.name + ".conf", pair.config(0, "PostUp = [[ -e / ]]\n"))
    for verb in ("check", "run"):
        done = pair.a.ns.run(program, verb, path, ok=False)
        check("PostUp looks like bash, but there is no bash" in done.err,
              f"{verb} said: {done.err}")
        equal(done.err.count("looks like bash"), 1, f"warnings of {verb}")

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The built unit, judged by systemd: valid, with an exposure of at most 1.5 of 10."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ.get("srcdir") or HERE.parents[1]).resolve()
BUILD = pathlib.Path(os.environ.get("builddir") or SOURCE).resolve()
UNIT = BUILD / "systemd/taut@.service"
GENERATOR = BUILD / "systemd/taut-generator"
TOOL = os.environ.get("SYSTEMD_ANALYZE") or shutil.which("systemd-analyze") or ":"
DROP_INS = sorted((SOURCE / "systemd/examples").glob("*.conf"))
THRESHOLD = 15   # tenths


def ask(*argv, path=None):
    env = {**os.environ, "SYSTEMD_COLORS": "0", "LC_ALL": "C"}
    if path:
        env["SYSTEMD_UNIT_PATH"] = f"{path}:"
    done = subprocess.run([TOOL, *map(str, argv)], capture_output=True, text=True, env=env,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def exposure(text):
    """(passed, figure) for the text of a unit."""
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "taut@.service"
        unit.write_text(text, encoding="utf-8")
        code, said = ask("security", "--offline=true", f"--threshold={THRESHOLD}", "--no-pager",
                         unit)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    return code == 0, float(found.group(1)) if found else None


def complaints(text, drop_in=None, change=str):
    """The complaints of `systemd-analyze verify` about an instance."""
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        (top / "taut@.service").write_text(text, encoding="utf-8")
        shutil.copy(SOURCE / "systemd/taut.target", top)
        if drop_in:
            folder_d = top / "taut@wg0.service.d"
            folder_d.mkdir()
            (folder_d / drop_in.name).write_text(change(drop_in.read_text()), encoding="utf-8")
        code, said = ask("verify", "--man=no", "--recursive-errors=no", "taut@wg0.service",
                         path=folder)
    if code == 0 and not said.strip():
        return []
    return [f"{drop_in.name if drop_in else 'unit'}: {line}"
            for line in said.strip().splitlines() or [f"exit {code}"]]


def generated(folder, text, names):
    """What the generator writes for tunnels of these names: {unit: text of its drop-in}."""
    top = pathlib.Path(folder)
    (top / "etc").mkdir()
    for name, size in names.items():
        (top / "etc" / f"{name}.conf").write_bytes(b"\n" * size)
    (top / "taut@.service").write_text(text, encoding="utf-8")
    shutil.copy(SOURCE / "systemd/taut.target", top)
    script, count = re.subn(r"'/[^']*'; do$", f"'{top}'; do", GENERATOR.read_text(), flags=re.M)
    assert count == 1
    subprocess.run(["sh", "-s", "--", top, "-", "-", top / "etc"], input=script, text=True,
                   check=True, timeout=60)
    return {path.parent.name.removesuffix(".d"): path.read_text(encoding="utf-8")
            for path in top.glob("*.d/*.conf")}


def judge_generator(text):
    """Complaints: names and long files get valid settings of their own, and others get none."""
    names = {"wg0": 1, "a-b": 1, "wg.0": 1, "a+b": 1, "x=y-z": 1, "long": 950000, "not a name": 1}
    with tempfile.TemporaryDirectory() as folder:
        found = generated(folder, text, names)
        units = {"taut@wg.0.service", r"taut@a\x2bb.service", r"taut@x\x3dy\x2dz.service",
                 "taut@long.service"}
        if set(found) != units:
            yield f"generator: {sorted(found)}"
        for unit, drop_in in found.items():
            code, said = ask("verify", "--man=no", "--recursive-errors=no", unit, path=folder)
            # systemd remarks on the name that the drop-in replaces.
            said = "".join(line for line in said.splitlines()
                           if "Accepting user/group name" not in line)
            if code or said:
                yield f"{unit}: {said}"
            has_user = re.search("^User=taut-[0-9a-f]{16}$", drop_in, re.M)
            if not has_user and unit != "taut@long.service":
                yield f"{unit}: no user of its own"
            if ("long.conf:/etc" in drop_in) or ("%i" in drop_in):
                yield f"{unit}: {drop_in}"


def main():
    if TOOL == ":" or not os.access(TOOL, os.X_OK):
        print("SKIP: no systemd-analyze")
        print(f"0 passed, 0 failed, {9 + len(DROP_INS)} skipped")
        return 77
    if not UNIT.exists():
        print(f"{UNIT} was not built")
        return 1
    # It need not be installed for this.
    text = re.sub(r"^ExecStart=\S+", f"ExecStart={BUILD / 'src/taut'}", UNIT.read_text(), flags=re.M)
    wrong, cases = [], 0

    cases += 1
    good, figure = exposure(text)
    print(f"exposure {figure}, at most {THRESHOLD / 10}")
    if not good or figure is None or figure > THRESHOLD / 10:
        wrong.append(f"exposure {figure}")

    # Proves that this can fail: the same unit as root, with all privileges.
    cases += 1
    good, figure = exposure(re.sub(r"^(DynamicUser|User|Group|CapabilityBoundingSet|"
                                   r"SystemCallFilter|RestrictAddressFamilies|Private\w+)=.*\n",
                                   "", text, flags=re.M))
    if good or figure is None or figure <= THRESHOLD / 10:
        wrong.append(f"selftest: a weak unit was accepted with {figure}")
    # A single weakness is too much: what this limit is for.
    for strong, weak in (("PrivateDevices=yes", "PrivateDevices=no"),
                         ("SystemCallFilter=seccomp", "SystemCallFilter=capset seccomp"),
                         ("ProtectHome=yes", "ProtectHome=no")):
        cases += 1
        if strong not in text or exposure(text.replace(strong, weak))[0]:
            wrong.append(f"selftest: {weak} was accepted")

    cases += 1
    if not complaints(text.replace("WatchdogSec=30", "WatchdogSec=soon")):
        wrong.append("selftest: a bad value was not complained of")

    cases += 1
    if not DROP_INS or not complaints(text, DROP_INS[0], lambda t: t + "TasksMax=many\n"):
        wrong.append("selftest: a bad value in a drop-in was not complained of")

    cases += 1
    wrong += list(judge_generator(text))[:1]

    for drop_in in [None, *DROP_INS]:
        cases += 1
        found = complaints(text, drop_in)
        wrong += found[:1]
        for line in found:
            print(line)

    for line in wrong:
        print(f"FAIL {line}")
    print(f"{cases - len(wrong)} passed, {len(wrong)} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

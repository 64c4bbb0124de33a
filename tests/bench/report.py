#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Write the results into docs/PERFORMANCE.md.

  report.py RESULTS-DIRECTORY [FILE]

The directory is all.sh's.  Each table stands between two comments, `begin: NAME` and
`end: NAME`; a table whose result is missing stays unchanged.
"""

import json
import os
import re
import sys

import figures
import mixed
import stages

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = os.path.join(HERE, "..", "..", "docs", "PERFORMANCE.md")


def about_text(result):
    about = result["about"]
    said = [f"Measured on {about['date']}: {about['cpu']}, {about['cores']} cores, "
            f"Linux {about['kernel']}; medians of {result['rounds']} rounds of "
            f"{result['seconds']} s.", ""]
    said += [f"- {name}: {version}" for name, version in result["versions"].items()
             if not name.startswith("taut-")]
    for table in result["tables"].values():
        for name, runs in table.items():
            status = runs[-1].get("status", {})
            if name == "taut" and "aead" in status:
                said.append("- taut chose the cipher " + status["aead"])
        break
    said += [f"- left out: {name}: {why}" for name, why in result["left_out"].items()]
    said += [f"- failed: {what}" for what in result["failed"]]
    return "\n".join(said)


def path_blocks(result):
    blocks = {"about": about_text(result)}
    for name, table in result["tables"].items():
        if table:
            blocks["path-" + name] = figures.markdown([figures.heads(table),
                                                       *figures.rows(table)])
    return blocks


def floor_blocks(result):
    about = result["about"]
    return {f"floor-{name}": f"{figures.TABLES[name]}, TCP with {about['congestion']}, "
            f"{about['date']}; medians of {result['rounds']} rounds of {result['seconds']} s:\n\n"
            + figures.markdown([figures.heads(table), *figures.rows(table)])
            for name, table in result["tables"].items() if table}


def unpaced_blocks(result):
    return {f"{name}-unpaced": block for name, block in floor_blocks(result).items()}


def mixed_blocks(result):
    return {"mixed": f"{mixed.title(result)}:\n\n{figures.markdown(mixed.lines(result))}"}


def stages_blocks(result):
    text = f"{stages.title(result)}:\n\n{figures.markdown(stages.lines(result))}\n\n" \
           f"Functions hit most:\n\n{figures.markdown(stages.top_lines(result))}"
    return {"stages-" + result["table"]: text}


JSON = {"path.json": path_blocks, "floor.json": floor_blocks, "floor-cubic.json": unpaced_blocks,
        "mixed.json": mixed_blocks, "stages.json": stages_blocks, "stages-wire.json": stages_blocks}
TEXT = {"aead.txt": "aead", "vnet.txt": "vnet", "core.txt": "core"}


def blocks_of(directory):
    blocks = {}
    for name, make in JSON.items():
        path = os.path.join(directory, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                blocks.update(make(json.load(file)))
    for name, block in TEXT.items():
        path = os.path.join(directory, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                blocks[block] = "```\n" + file.read().strip("\n") + "\n```"
    return blocks


def fill(text, blocks):
    """The document with its blocks replaced, and the names of those that it lacks."""
    missing = []
    for name, block in blocks.items():
        place = re.compile(rf"(<!-- begin: {name} -->\n).*?(<!-- end: {name} -->)", re.S)
        text, count = place.subn(lambda m, b=block: f"{m[1]}\n{b}\n\n{m[2]}", text)
        if not count:
            missing.append(name)
    return text, missing


def main(argv):
    if len(argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    target = argv[2] if len(argv) == 3 else DOCUMENT
    blocks = blocks_of(argv[1])
    if not blocks:
        print(f"report.py: {argv[1]} holds no results", file=sys.stderr)
        return 1
    with open(target, encoding="utf-8") as file:
        text, missing = fill(file.read(), blocks)
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)
    for name in missing:
        print(f"report.py: {target} has no place for {name}", file=sys.stderr)
    print(f"{os.path.normpath(target)}: {len(blocks) - len(missing)} tables written")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Draw what path.py and mixed.py measured, as SVG.

  plot.py DIRECTORY [PATH.json] [MIXED.json]

Each picture has its own background, light or dark as the viewer prefers.
"""

import json
import os
import sys
from xml.sax.saxutils import escape

import figures

STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de } .text, .name, .value { fill: #1f2328 }
  .quiet { fill: #59636e } .grid { stroke: #d8dee4; stroke-width: 1 }
  text { font: 12px system-ui, sans-serif } .title { font-size: 15px; font-weight: 600 }
  .group { font-weight: 600 } .name { text-anchor: end } .right { text-anchor: end }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #30363d } .text, .name, .value { fill: #e6edf3 }
    .quiet { fill: #9198a1 } .grid { stroke: #30363d }
  }
"""
COLOURS = {"taut": "#2f7fe0", "wireguard-go": "#d9822b", "openvpn": "#8a8f98", "fastd": "#3fa37c"}
OURS_TOO = "#7fb0ec"        # taut with another cipher
PANEL, LABELS, VALUES = 430, 104, 62
BAR, GAP, GROUP = 13, 4, 24

PICTURES = {        # file: title, figures, whether to show the wire too
    "throughput": ("Throughput, Gbit/s (longer is better)",
                   ["tcp gbit", "tcp-back gbit", "tcp-4 gbit", "tcp-duplex gbit"]),
    "cpu": ("Processor time of both daemons, seconds per GB (shorter is better)",
            ["tcp cpu", "tcp-back cpu", "tcp-4 cpu", "tcp-duplex cpu"]),
    "packets": ("Datagrams, thousands a second (longer is better)",
                ["udp-1200 kpps", "udp-64 kpps"]),
    "rtt": ("Round trip of a flood of pings, microseconds (shorter is better)", ["rtt us"]),
}


def colour(name):
    return COLOURS.get(name, OURS_TOO if name.startswith("taut-") else "#a371c9")


def text(x, y, content, kind="text"):
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}">{escape(content)}</text>'


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def bars(groups, x, y, width):
    """groups: [(title, [(name, value)])]; all on one scale. The elements and the height."""
    most = max((v for _, values in groups for _, v in values), default=0) or 1
    scale = (width - LABELS - VALUES) / most
    made, at = [], y
    for title, values in groups:
        if title:
            made.append(text(x + LABELS + 6, at + 14, title, "text group"))
            at += GROUP
        for name, value in values:
            long = max(1.0, value * scale)
            made += [text(x + LABELS, at + 11, name, "name"),
                     f'<rect x="{x + LABELS + 6}" y="{at}" width="{long:.1f}" height="{BAR}" '
                     f'rx="2" fill="{colour(name)}"/>',
                     text(x + LABELS + 12 + long, at + 11, number(value), "value")]
            at += BAR + GAP
        at += GAP
    return made, at - y


def drawing(title, panels, footer):
    """panels: [(title, function of x, y, width that gives elements and height)]."""
    width = max(2, len(panels)) * PANEL + 20
    made, height = [text(16, 26, title, "text title")], 0
    for i, (name, draw) in enumerate(panels):
        x = 10 + i * PANEL
        made.append(text(x + LABELS + 6, 50, name, "quiet"))
        elements, tall = draw(x, 60, PANEL)
        made += elements
        height = max(height, tall)
    made.append(text(16, height + 80, footer, "quiet"))
    height += 94
    body = "\n".join(made)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
            f'viewBox="0 0 {width} {height:.0f}" role="img">\n<title>{escape(title)}</title>\n'
            f'<style>{STYLE}</style>\n<rect x="0.5" y="0.5" width="{width - 1}" '
            f'height="{height - 1:.0f}" rx="6" class="card"/>\n{body}\n</svg>\n')


def footer(result):
    about = result["about"]
    return f"{about['date']}, {about['cpu']}, {about['cores']} cores, Linux {about['kernel']}"


def path_panel(table, keys):
    groups = []
    for key in keys:
        values = [(name, figures.median(table, name, key)) for name in figures.names(table)]
        title = figures.TITLES[key].rsplit(",", 1)[0] if len(keys) > 1 else ""
        groups.append((title, [(name, v) for name, v in values if v is not None]))
    return lambda x, y, width: bars([g for g in groups if g[1]], x, y, width)


def draw_path(result):
    for name, (title, keys) in PICTURES.items():
        panels = [(figures.TABLES[table], path_panel(runs, keys))
                  for table, runs in result["tables"].items() if runs]
        if panels:
            yield name, drawing(title, panels, footer(result))


def lines(series, x, y, width):
    """Memory over time. series: {name: [[second, MiB, MiB]]}."""
    left, wide, tall = x + LABELS, width - LABELS - VALUES, 150
    points = {n: [(s[0], max(s[1:])) for s in samples] for n, samples in series.items()}
    most_x = max((p[0] for all_of in points.values() for p in all_of), default=1) or 1
    most_y = max((p[1] for all_of in points.values() for p in all_of), default=1) * 1.1
    made = []
    for part in range(5):
        level = y + tall - tall * part / 4
        made += [f'<line x1="{left}" y1="{level:.1f}" x2="{left + wide}" y2="{level:.1f}" '
                 f'class="grid"/>', text(left - 6, level + 4, number(most_y * part / 4),
                                         "quiet right")]
    for name, all_of in points.items():
        spots = " ".join(f"{left + wide * px / most_x:.1f},{y + tall - tall * py / most_y:.1f}"
                         for px, py in all_of)
        made.append(f'<polyline points="{spots}" fill="none" stroke="{colour(name)}" '
                    f'stroke-width="2"/>')
        made.append(text(left + 8, y + tall - tall * all_of[-1][1] / most_y - 6, name))
    made += [text(left, y + tall + 16, "0 s", "quiet"),
             text(left + wide, y + tall + 16, f"{most_x} s", "quiet right")]
    return made, tall + 24


def draw_mixed(result):
    found = result["daemons"]
    groups = [(f"{word}", [(n, d["ping"][word]) for n, d in found.items() if d["ping"][word]])
              for word in ("p50", "p90", "p99")]
    memory = {n: d["memory"] for n, d in found.items() if d["memory"]}
    panels = [("ping, microseconds", lambda x, y, w: bars(groups, x, y, w)),
              ("resident memory, MiB", lambda x, y, w: lines(memory, x, y, w))]
    yield "mixed", drawing(f"{result['seconds']} s of mixed load", panels, footer(result))


def main(argv):
    if len(argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    os.makedirs(argv[1], exist_ok=True)
    for name in argv[2:]:
        with open(name, encoding="utf-8") as file:
            result = json.load(file)
        for kind, svg in (draw_mixed if "daemons" in result else draw_path)(result):
            with open(os.path.join(argv[1], kind + ".svg"), "w", encoding="utf-8") as file:
                file.write(svg)
            print(os.path.join(argv[1], kind + ".svg"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

# SPDX-License-Identifier: ISC
"""The figures of path.py: their names, order and units, and tables of them."""

import statistics

# key, title, digits, whether more is better
ROWS = (
    ("tcp gbit", "tcp, Gbit/s", 2, True),
    ("tcp-back gbit", "tcp -R, Gbit/s", 2, True),
    ("tcp-4 gbit", "4 x tcp, Gbit/s", 2, True),
    ("tcp-duplex gbit", "tcp both ways, Gbit/s", 2, True),
    ("udp-1200 kpps", "udp 1200, kpps", 0, True),
    ("udp-64 kpps", "udp 64, kpps", 0, True),
    ("tcp cpu", "tcp, CPU s/GB", 2, False),
    ("tcp-back cpu", "tcp -R, CPU s/GB", 2, False),
    ("tcp-4 cpu", "4 x tcp, CPU s/GB", 2, False),
    ("tcp-duplex cpu", "tcp both ways, CPU s/GB", 2, False),
    ("tcp machine", "tcp, whole machine, CPU s/GB", 2, False),
    ("udp-1200 cpu", "udp 1200, CPU us each", 2, False),
    ("udp-64 cpu", "udp 64, CPU us each", 2, False),
    ("rtt us", "ping flood, us", 0, False),
    ("rss", "peak memory, MiB", 1, False),
    ("idle cpu", "idle, CPU s", 2, False),
)
TITLES = {key: title for key, title, _, _ in ROWS}
DIGITS = {key: digits for key, _, digits, _ in ROWS}
TABLES = {"plain": "unmodified veth", "wire": "veth without segmentation"}


def names(table):
    """The rivals of a table, in the order in which they were measured."""
    return list(table)


def median(table, name, key):
    """Of all rounds; None if it was never measured."""
    values = [one[key] for one in table.get(name, []) if one.get(key) is not None]
    return statistics.median(values) if values else None


def compared(table, reference):
    """Whose ratio to the reference is shown: the first one's, and the floor's with a cipher."""
    return [n for n in names(table)[:1] + ["floor+cipher"] if n in table and reference in table]


def ratio(table, name, reference, key):
    ours, theirs = median(table, name, key), median(table, reference, key)
    return f"{ours / theirs:.2f}" if ours is not None and theirs else "-"


def rows(table, reference="wireguard-go"):
    """[title, a text per rival, ratios to the reference] for each figure."""
    made = []
    for key, title, digits, _ in ROWS:
        values = [median(table, name, key) for name in names(table)]
        if all(value is None for value in values):
            continue
        made.append([title, *("-" if v is None else f"{v:.{digits}f}" for v in values),
                     *(ratio(table, n, reference, key) for n in compared(table, reference))])
    return made


def heads(table, reference="wireguard-go"):
    return ["", *names(table), *(f"{n} / {reference}" for n in compared(table, reference))]


def plain_text(lines):
    """Columns for a terminal."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                               for i, (cell, w) in enumerate(zip(line, widths))).rstrip()
                     for line in lines)


def markdown(lines):
    head, *body = lines
    return "\n".join("| " + " | ".join(line) + " |"
                     for line in (head, ["---"] + ["---:"] * (len(head) - 1), *body))

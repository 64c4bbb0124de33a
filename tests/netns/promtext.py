# SPDX-License-Identifier: ISC
"""The text format of Prometheus 0.0.4: the grammar, and rules that promtool has for names."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL})(?:,{LABEL})*)?,?\}})? "
                    r"([+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|Inf)|NaN)(?: -?\d+)?")
PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


class Samples(dict):
    """{(name, frozenset of label pairs): value}, and the complaints."""

    def __init__(self, text):
        super().__init__()
        self.types, self.faults, self.finished = {}, [], set()
        self.last = None
        if text and not text.endswith("\n"):
            self.faults.append("the last line does not end")
        for number, line in enumerate(text.splitlines(), 1):
            for fault in self.take(line):
                self.faults.append(f"line {number}: {fault}")

    def begin(self, name):
        """Lines of one metric stand together."""
        if name == self.last:
            return
        if name in self.finished:
            yield f"{name} is there twice"
        self.finished.add(name)
        self.last = name

    def take(self, line):
        if match := re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line):
            yield from self.begin(match.group(2))
            if match.group(1) == "TYPE":
                if match.group(3) not in ("counter", "gauge", "untyped"):
                    yield f"unknown type {match.group(3)}"
                if match.group(2) in self.types:
                    yield f"a second type of {match.group(2)}"
                self.types[match.group(2)] = match.group(3)
            return
        match = SAMPLE.fullmatch(line)
        if not match:
            yield f"no sample: {line!r}"
            return
        name, labels, value = match.groups()
        yield from self.begin(name)
        pairs = [(k, re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m.group(1), m.group(1)), v))
                 for k, v in PAIR.findall(labels or "")]
        key = (name, frozenset(pairs))
        if len(set(k for k, _ in pairs)) != len(pairs):
            yield "a label twice"
        if key in self:
            yield f"{name}: the same labels twice"
        if name not in self.types:
            yield f"{name} has no type before it"
        elif (self.types[name] == "counter") != name.endswith("_total"):
            yield f"{name} is a {self.types[name]}"
        self[key] = float(value)

    def of(self, name, **labels):
        """Values of the samples that have these labels."""
        return [v for (n, pairs), v in self.items()
                if n == name and set(labels.items()) <= pairs]


HEAD = "# HELP a_total x.\n# TYPE a_total counter\n"
FAULTS = [
    HEAD + "a_total 1", HEAD + "a_total\n", HEAD + "a_total x\n", HEAD + 'a_total{b=1} 1\n',
    HEAD + 'a_total{b="1} 1\n', HEAD + 'a_total{b="\\q"} 1\n', HEAD + 'a_total{b="1" c="2"} 1\n',
    HEAD + 'a_total{b="1",b="2"} 1\n', HEAD + 'a_total{b="1"} 1\na_total{b="1"} 2\n',
    HEAD + "a-b 1\n", HEAD + "b 1\n", "a_total 1\n", HEAD + "a_total 1\n\n",
    "# TYPE a counter\na 1\n", "# TYPE a_total gauge\na_total 1\n", "# TYPE a thing\na 1\n",
    HEAD + "a_total 1\n# TYPE b gauge\nb 1\na_total{x=\"y\"} 1\n", HEAD + HEAD,
]
GOOD = [
    "", HEAD + "a_total 1\n", HEAD + 'a_total{b="x\\"\\\\\\n{}, ",c=""} 1.5e-3\n',
    HEAD + 'a_total{b="1"} 1\na_total{b="2"} 2\n# TYPE b gauge\nb NaN\n',
]


def selftest():
    """It finds each fault of a list, and none in a good sample."""
    return ([f"not caught: {f!r}" for f in FAULTS if not Samples(f).faults]
            + [f"wrongly caught: {Samples(g).faults}" for g in GOOD if Samples(g).faults])

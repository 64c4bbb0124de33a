#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Turn tests/unit/vectors.json into tests/unit/vectors.h.

    scripts/vectors-to-c.py tests/unit/vectors.json > tests/unit/vectors.h

Both files are committed, so that building the tests needs neither Python nor a
JSON library.  Every section of the JSON becomes one static const table (a list)
or one static const struct (an object), with the names from the JSON.  Byte strings
remain hexadecimal text; tests/unit/hex.h reads them.
"""

import json
import sys

# Decimal strings in the JSON that are numbers too large for a double.
NUMBERS = {"counter", "reject_after_messages"}
# Numbers that may not fit 32 bits.
WIDE = NUMBERS | {"unix_sec"}
# JSON name -> C name of a section.
SECTIONS = {
    "blake2s": "blake2s_vectors",
    "kdf": "kdf_vectors",
    "noise_constants": "noise_constants",
    "keys": "key_vectors",
    "tai64n": "tai64n_vectors",
    "handshakes": "handshake_vectors",
    "cookies": "cookie_vectors",
    "low_order_public_keys": "low_order_vectors",
    "padding": "padding_vectors",
    "replay": "replay_vectors",
    "ecn_encapsulate_inner_to_outer": "ecn_encapsulate_vectors",
    "ecn_decapsulate": "ecn_decapsulate_vectors",
    "ecn_names": "ecn_names",
    "clamp": "clamp_vectors",
    "base64_keys": "base64_key_vectors",
    "base64_invalid": "base64_invalid_vectors",
}

HEAD = """\
/* SPDX-License-Identifier: ISC */
/* Made by scripts/vectors-to-c.py from vectors.json beside it: change those, not this. */
#ifndef UNIT_VECTORS_H
#define UNIT_VECTORS_H

/*
 * Known answers.  Byte strings are lower-case hex in wire order (read them with
 * hex.h); a field that a vector does not have is NULL or 0.  A nested list "x"
 * has its number of items beside it as n_x.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
"""


def shape(values, name):
    """The C type that holds all of these values: a nested description."""
    first = values[0]
    if isinstance(first, dict):
        names = []
        for value in values:
            for key in value:
                if key not in names:
                    names.append(key)
        return ("struct", [(key, shape([v[key] for v in values if key in v], key))
                           for key in names])
    if isinstance(first, list):
        items = [item for value in values for item in value]
        return ("list", max(len(value) for value in values), shape(items, name))
    if isinstance(first, bool):
        return ("scalar", "bool ")
    if isinstance(first, int) or name in NUMBERS:
        return ("scalar", "uint64_t " if name in WIDE else "uint32_t ")
    return ("scalar", "const char *")


def declare(kind, name, tabs, out):
    pad = "\t" * tabs
    if kind[0] == "scalar":
        out.append(f"{pad}{kind[1]}{name};")
    elif kind[0] == "struct":
        out.append(f"{pad}struct {{")
        for key, inner in kind[1]:
            declare(inner, key, tabs + 1, out)
        out.append(f"{pad}}} {name};")
    elif kind[2][0] == "list":
        # A list of lists: each inner list is a struct with its own count.
        out.append(f"{pad}size_t n_{name};")
        out.append(f"{pad}struct {{")
        declare(kind[2], "step", tabs + 1, out)
        out.append(f"{pad}}} {name}[{kind[1]}];")
    else:
        out.append(f"{pad}size_t n_{name};")
        declare(kind[2], f"{name}[{kind[1]}]", tabs, out)


def string(value, tabs, name):
    """A string literal, on lines of its own when it is too long for one of 100 columns."""
    if len(value) + 8 * tabs + len(name) + 7 <= 100:
        return " " + json.dumps(value)
    pad = "\n" + "\t" * (tabs + 1)
    size = 64 if tabs < 4 else 48
    return pad + pad.join(json.dumps(value[i:i + size]) for i in range(0, len(value), size))


def fields(value, kind, name, tabs, out):
    """One designated initialiser per field."""
    pad = "\t" * tabs
    if kind[0] == "scalar":
        out.append(f"{pad}.{name} ={scalar(value, kind, tabs, name)},")
    elif kind[0] == "struct":
        out.append(f"{pad}.{name} = {{")
        members(value, kind, tabs + 1, out)
        out.append(f"{pad}}},")
    else:
        out.append(f"{pad}.n_{name} = {len(value)},")
        out.append(f"{pad}.{name} = {{")
        for item in value:
            if kind[2][0] == "list":
                out.append(f"{pad}\t{{")
                fields(item, kind[2], "step", tabs + 2, out)
                out.append(f"{pad}\t}},")
            else:
                items(item, kind[2], tabs + 1, out)
        out.append(f"{pad}}},")


def scalar(value, kind, tabs, name):
    if kind[1] == "bool ":
        return " true" if value else " false"
    if kind[1] == "const char *":
        return string(value, tabs, name)
    return f" UINT64_C({int(value)})" if kind[1] == "uint64_t " else f" {int(value)}"


def members(value, kind, tabs, out):
    for key, inner in kind[1]:
        if key in value:
            fields(value[key], inner, key, tabs, out)


def items(item, kind, tabs, out):
    """One element of an array; short ones on one line."""
    pad = "\t" * tabs
    if kind[0] == "scalar":
        out.append(f"{pad}{scalar(item, kind, tabs, '').strip()},")
        return
    inner = []
    members(item, kind, tabs + 1, inner)
    line = pad + "{ " + " ".join(text.strip() for text in inner).rstrip(",") + " },"
    if not any("\n" in text for text in inner) and len(line) + 7 * tabs <= 100:
        out.append(line)
        return
    out.append(f"{pad}{{")
    out.extend(inner)
    out.append(f"{pad}}},")


def section(key, value, out):
    name = SECTIONS[key]
    if isinstance(value, dict) and all(number.isdigit() for number in value):
        value = [value[number] for number in sorted(value, key=int)]
    out.append("")
    kind = shape([value], key)
    if kind[0] == "struct":
        lines = []
        declare(kind, name, 0, lines)
        lines[0] = f"static const struct {name} {{"
        lines[-1] = f"}} {name} = {{"
        out.extend(lines)
        members(value, kind, 1, out)
        out.append("};")
        return
    inner = kind[2]
    if inner[0] == "scalar":
        out.append(f"static {inner[1]}const {name}[] = {{")
    else:
        lines = []
        declare(inner, name, 0, lines)
        lines[0] = f"static const struct {name[:-1]} {{"
        lines[-1] = f"}} {name}[] = {{"
        out.extend(lines)
    for item in value:
        items(item, inner, 1, out)
    out.append("};")


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        vectors = json.load(file)
    out = []
    for key, value in vectors.items():
        if not key.startswith("_"):
            section(key, value, out)
    print(HEAD + "\n".join(out) + "\n\n/* clang-format on */\n\n#endif")


main()

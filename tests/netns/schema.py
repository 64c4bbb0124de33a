# SPDX-License-Identifier: ISC
"""The part of JSON Schema that docs/*.schema.json use; anything unknown is rejected."""

import json
import re

KNOWN = {"$schema", "$defs", "$ref", "title", "description", "type", "enum", "const", "required",
         "properties", "patternProperties", "additionalProperties", "items", "pattern", "minimum",
         "maximum", "exclusiveMinimum", "anyOf", "oneOf"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def same(a, b):
    return type(a) is type(b) and a == b


def judge_object(value, schema, root, at):
    for key in schema.get("required", []):
        if key not in value:
            yield f"{at}: no {key}"
    for key, inner in value.items():
        rules = [schema["properties"][key]] if key in schema.get("properties", {}) else []
        rules += [rule for pattern, rule in schema.get("patternProperties", {}).items()
                  if re.search(pattern, key)]
        if not rules and schema.get("additionalProperties") is False:
            yield f"{at}: {key} is not in the schema"
        for rule in rules:
            yield from judge(inner, rule, root, f"{at}.{key}")


def judge_number(value, schema, at):
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{at}: {value} is below {schema['minimum']}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"{at}: {value} is not above {schema['exclusiveMinimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        yield f"{at}: {value} is above {schema['maximum']}"


def judge(value, schema, root=None, at="$"):
    """Yield a complaint for each violation of the schema."""
    root = root or schema
    if unknown := set(schema) - KNOWN:
        raise ValueError(f"{at}: this validator knows nothing of {unknown}")
    if "$ref" in schema:
        name = re.fullmatch(r"#/\$defs/(\w+)", schema["$ref"]).group(1)
        yield from judge(value, root["$defs"][name], root, at)
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    if types and not any(is_type(value, t) for t in types):
        yield f"{at}: {value!r} is no {' or '.join(types)}"
        return
    if "enum" in schema and not any(same(value, v) for v in schema["enum"]):
        yield f"{at}: {value!r} is none of {schema['enum']}"
    if "const" in schema and not same(value, schema["const"]):
        yield f"{at}: {value!r} is not {schema['const']!r}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{at}: {value!r} does not match {schema['pattern']}"
    if is_type(value, "number"):
        yield from judge_number(value, schema, at)
    if isinstance(value, dict):
        yield from judge_object(value, schema, root, at)
    if isinstance(value, list) and "items" in schema:
        for i, inner in enumerate(value):
            yield from judge(inner, schema["items"], root, f"{at}[{i}]")
    for word in ("anyOf", "oneOf"):
        if word in schema:
            fits = sum(not list(judge(value, s, root, at)) for s in schema[word])
            if not fits or (word == "oneOf" and fits > 1):
                yield f"{at}: {value!r} fits {fits} of {len(schema[word])} choices"


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


FAULTS = [
    ({"type": "object"}, []), ({"type": "integer"}, 1.5), ({"type": "integer"}, True),
    ({"type": "number"}, "1"), ({"type": ["string", "null"]}, 0), ({"enum": [1, None]}, True),
    ({"const": 1}, 1.5), ({"required": ["a"]}, {"b": 1}), ({"pattern": "^a$"}, "ab"),
    ({"properties": {"a": {"type": "null"}}}, {"a": 0}),
    ({"properties": {"a": {}}, "additionalProperties": False}, {"b": 0}),
    ({"patternProperties": {"^a": {"minimum": 1}}}, {"ab": 0}), ({"maximum": 3}, 4),
    ({"exclusiveMinimum": 0}, 0), ({"items": {"type": "null"}}, [None, 1]),
    ({"anyOf": [{"type": "null"}, {"type": "string"}]}, 1),
    ({"oneOf": [{"minimum": 1}, {"minimum": 2}]}, 3), ({"oneOf": [{"const": 1}]}, 2),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, 1),
    ({"properties": {"a": {"items": {"required": ["x"]}}}}, {"a": [{"x": 1}, {}]}),
]
GOOD = [
    ({"type": ["string", "null"]}, None), ({"enum": [1, None]}, None), ({"type": "number"}, 2),
    ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 0}),
    ({"oneOf": [{"minimum": 1}, {"maximum": 0}]}, 3), ({"items": {"type": "null"}}, []),
]


def selftest():
    """The validator finds each fault of a list, and none in a good document."""
    missed = [fault for fault in FAULTS if not list(judge(fault[1], fault[0]))]
    found = [good for good in GOOD if list(judge(good[1], good[0]))]
    return [f"not caught: {m}" for m in missed] + [f"wrongly caught: {f}" for f in found]

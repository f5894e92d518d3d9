"""Made-up messages from a JSON Schema: those that are just right, and those that are wrong in one field."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any
from uuid import UUID

Json = dict[str, Any]

_ID = str(UUID(int=7))
_FURTHEST = 1e308


class MadeMessages:
    """The messages of one schema, whose references are looked up in `schemas`."""

    def __init__(self, schema: Json, schemas: Json) -> None:
        self._schema, self._schemas = schema, schemas

    def whole(self) -> Json:
        """A message with every field."""
        return {name: self.right(name)[0] for name in self._schema["properties"]}

    def least(self) -> Json:
        """A message with no more fields than it needs."""
        return {name: value for name, value in self.whole().items() if name in self._schema["required"]}

    def right(self, name: str) -> list[Any]:
        """Values of this field that the schema allows, its bounds among them."""
        return list(self._right(self._schema["properties"][name]))

    def wrong(self, name: str) -> list[Any]:
        """Values of this field that the schema refuses, those just outside of its bounds among them."""
        schema = self._schema["properties"][name]
        found = list(self._wrong(schema))
        return found if self._takes_null(schema) else [*found, None]

    def _takes_null(self, schema: Json) -> bool:
        choices = schema.get("anyOf", [schema])
        return any("null" in _types(choice) for choice in choices)

    def _plain(self, schema: Json) -> Json:
        """The schema behind a reference, or behind a choice between null and one other."""
        if "anyOf" in schema:
            return self._plain(next(each for each in schema["anyOf"] if _types(each) != {"null"}))
        if "$ref" in schema:
            found: Json = self._schemas[schema["$ref"].rpartition("/")[2]]
            return found
        return schema

    def _right(self, schema: Json) -> Iterator[Any]:
        plain = self._plain(schema)
        if "const" in plain:
            yield plain["const"]
        elif "enum" in plain:
            yield from plain["enum"]
        elif "object" in _types(plain):
            yield MadeMessages(plain, self._schemas).whole()
        elif "string" in _types(plain):
            yield _ID
        elif "boolean" in _types(plain):
            yield from (True, False)
        else:
            yield from _numbers(plain)
        if self._takes_null(schema):
            yield None

    def _wrong(self, schema: Json) -> Iterator[Any]:
        plain = self._plain(schema)
        yield from ([], "true", 1) if "boolean" in _types(plain) else ([], True)
        if "object" in _types(plain):
            inner = MadeMessages(plain, self._schemas)
            whole = inner.whole()
            yield from ({**whole, name: value} for name in whole for value in inner.wrong(name))
            yield from ({key: whole[key] for key in whole.keys() - {name}} for name in plain["required"])
            yield from ({**whole, "surplus": 1}, {}, 7)
        elif _types(plain) & {"number", "integer"}:
            yield from ("1", {})
            yield from _beyond(plain)
        elif "boolean" in _types(plain):
            yield {}
        elif "maxLength" in plain:
            yield from ("", "x" * (plain["maxLength"] + 1), 7)
        else:
            yield from ("surplus", 7, {}, f"{{{_ID}}}")


def _types(schema: Json) -> set[str]:
    found = schema.get("type", [])
    return {found} if isinstance(found, str) else set(found)


def _step(schema: Json, bound: float, towards: float) -> float:
    """The number next to a bound."""
    if "integer" in _types(schema):
        return bound + (1 if towards > 0 else -1)
    return math.nextafter(bound, towards)


def _numbers(schema: Json) -> Iterator[Any]:
    low, high = schema.get("minimum", -_FURTHEST), schema.get("maximum", _FURTHEST)
    if "exclusiveMinimum" in schema:
        low = _step(schema, schema["exclusiveMinimum"], math.inf)
    if "exclusiveMaximum" in schema:
        high = _step(schema, schema["exclusiveMaximum"], -math.inf)
    yield from (max(low, 1), low, high)
    if "integer" not in _types(schema):
        yield max(low, 1.5)


def _beyond(schema: Json) -> Iterator[Any]:
    if "integer" in _types(schema):
        yield 1.5
    for name in ("exclusiveMinimum", "exclusiveMaximum"):
        if name in schema:
            yield schema[name]
    if "minimum" in schema:
        yield _step(schema, schema["minimum"], -math.inf)
    if "maximum" in schema:
        yield _step(schema, schema["maximum"], math.inf)

"""Examples of the objects and messages of a document, made from their schemas.

The structure is the schema's own, so that an example never lags behind it; what the fields are shown as is
written down in `example_values`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from partyapp.openapi.example_values import ID, LEFT_OUT, NOW_MS, VALUES, AsObject

Schema = Mapping[str, Any]
_INSTANTS = ("_at_ms", "time_ms", "_until_ms")
#: The schema of a component, by its name.
Components = Callable[[str], Schema]


def example_of(name: str, components: Components) -> Any:
    """The example of the object `name`. Raises KeyError where there is no such component."""
    return _example(name, "", components(name), components)


def add_examples(schemas: dict[str, Any], components: Components) -> None:
    """Give each of these schemas its example, as JSON Schema has it; one that has some keeps them."""
    for name, schema in schemas.items():
        schema.setdefault("examples", [example_of(name, components)])


def _example(owner: str, field: str, schema: Schema, components: Components) -> Any:
    """The example of a field of the object `owner`, or of the object itself, whose `field` is empty."""
    if "const" in schema:
        return schema["const"]
    value = VALUES.get(f"{owner}.{field}", VALUES.get(field)) if field else None
    if isinstance(value, AsObject):
        return example_of(value, components)
    if value is not None and _fits(value, schema):
        return value
    if _takes_null(schema) and (value is None or field in VALUES):
        return None
    if "$ref" in schema:
        return example_of(str(schema["$ref"]).rpartition("/")[2], components)
    for choices in ("anyOf", "oneOf"):
        if choices in schema:
            return _example(owner, "", schema[choices][0], components)
    return _by_type(owner, field, schema, components)


def _fits(value: Any, schema: Schema) -> bool:
    """Whether a value of that name can be one of this schema: a name may stand for several things."""
    if value is LEFT_OUT:
        return True
    if "anyOf" in schema:
        return any(_fits(value, each) for each in schema["anyOf"])
    kinds = schema.get("type", ["object"])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(value, bool):
        return "boolean" in kinds
    if isinstance(value, str):
        return "string" in kinds and value in schema.get("enum", [value])
    if isinstance(value, int | float):
        return "number" in kinds or ("integer" in kinds and isinstance(value, int))
    if isinstance(value, list):
        return "array" in kinds
    return "object" in kinds


def _takes_null(schema: Schema) -> bool:
    return "null" in schema.get("type", ()) or any(map(_takes_null, schema.get("anyOf", ())))


def _by_type(owner: str, field: str, schema: Schema, components: Components) -> Any:
    """What the schema itself says of a value: the least that it allows."""
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else next(each for each in kinds if each != "null")
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return _object(owner, schema, components)
    if kind == "array":
        return [_example(owner, "", schema["items"], components)]
    if kind == "boolean":
        return False
    if kind in ("number", "integer"):
        is_instant = field in ("at_ms", "since_ms", "until_ms", "received_ms") or field.endswith(_INSTANTS)
        return NOW_MS if is_instant else schema.get("minimum", 0)
    return ID if schema.get("format") == "uuid" else "text"


def _object(owner: str, schema: Schema, components: Components) -> dict[str, Any]:
    fields = {
        name: _example(owner, name, each, components) for name, each in schema.get("properties", {}).items()
    }
    return {name: value for name, value in fields.items() if value is not LEFT_OUT}

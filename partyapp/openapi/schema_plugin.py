"""From marshmallow schemas to JSON Schema: what apispec can't know of our own fields and classes."""

from inspect import cleandoc
from sys import float_info
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from partyapp.openapi.event_facts import FACTS
from partyapp.openapi.objects import Event, Joined, Outcome, Party
from partyapp.openapi.words import WORDS
from partyapp.transcode.controllers import PlaybackUrl
from partyapp.transcode.domain import PLAYBACK_URL_MAX

_OURS = "partyapp.openapi."


def component_name(schema: Any) -> str:
    """What a schema is called: an answer by its own name, a controller's by the request it reads."""
    kind = resolve_schema_cls(schema)
    name = str(kind.__name__ if isinstance(kind, type) else kind)
    return f"{name.removesuffix('Schema')}Request" if name.endswith("Schema") else name


class Converter(OpenAPIConverter):
    """Converts a schema, and says whether fields may be added to it."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        made: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        kind = resolve_schema_cls(schema)
        if isinstance(kind, type) and kind.__module__.startswith(_OURS):
            # Unknown request fields are refused, but an answer may get new ones.
            made.pop("additionalProperties", None)
            if kind.__doc__:
                made["description"] = cleandoc(kind.__doc__)
        return made

    def init_attribute_functions(self) -> None:
        super().init_attribute_functions()  # type: ignore[no-untyped-call]
        self.attribute_functions += [self.own_types, self.own_words]

    def own_types(self, field: fields.Field[Any], ret: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What the fields of our own take."""
        if isinstance(field, PlaybackUrl):
            return {"format": "uri-reference", "minLength": 1, "maxLength": PLAYBACK_URL_MAX}
        if isinstance(field, Outcome):
            return {"anyOf": [self._reference(Joined), self._reference(Party), {"type": "null"}]}
        if field.name == "data" and isinstance(field.parent, Event):
            ret.pop("additionalProperties", None)
            return {"anyOf": [self._reference(kind) for kind in dict.fromkeys(FACTS.values())]}
        if ret.get("maximum") == float_info.max:
            # Every finite number is meant, which JSON's own numbers are anyway.
            del ret["maximum"]
        return {}

    def _reference(self, schema: type[Schema]) -> Any:
        return self.resolve_nested_schema(schema)  # type: ignore[no-untyped-call]

    def own_words(self, field: fields.Field[Any], ret: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What a request's field means."""
        if "description" in ret or field.name is None:
            return {}
        schema = type(field.parent).__name__ if isinstance(field.parent, Schema) else ""
        said = WORDS.get(f"{schema}.{field.name}", WORDS.get(field.name))
        return {} if said is None else {"description": said}


class SchemaPlugin(MarshmallowPlugin):
    """apispec's plugin with our converter."""

    Converter = Converter

    def __init__(self) -> None:
        super().__init__(schema_name_resolver=component_name)

"""From marshmallow schemas to JSON Schema: what apispec can't know of our own fields and classes."""

from collections.abc import Callable
from inspect import cleandoc
from sys import float_info
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from partyapp.openapi.fields import Answer, AnyOf, Discriminator

#: What the field of this name of a request means, where that is known.
WordsOf = Callable[[type[Schema], str], str | None]


def component_name(schema: Any) -> str:
    """What a schema is called: an answer by its own name, a controller's by the request it reads."""
    kind = resolve_schema_cls(schema)
    name = str(kind.__name__ if isinstance(kind, type) else kind)
    return f"{name.removesuffix('Schema')}Request" if name.endswith("Schema") else name


class SchemaConverter(OpenAPIConverter):
    """Converts a schema, and says whether fields may be added to it."""

    words_of: WordsOf

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        made: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        kind = resolve_schema_cls(schema)
        if isinstance(kind, type) and issubclass(kind, Answer):
            # Unknown request fields are refused, but an answer may get new ones.
            made.pop("additionalProperties", None)
            if kind.__doc__:
                made["description"] = cleandoc(kind.__doc__)
        discriminator = getattr(kind, "discriminator", None)
        if discriminator is not None:
            return self._one_of(component_name(schema), made, discriminator)
        # What depends on more than one field, which no field can say.
        return {**made, **getattr(kind, "described", {})}

    def _one_of(self, owner: str, made: dict[str, Any], discriminator: Discriminator) -> dict[str, Any]:
        """A component for each word. Their instances exclude each other, so `oneOf` costs nobody anything."""
        by, field, refs = discriminator.by, discriminator.field, {}
        for word, kind in discriminator.kinds.items():
            shown = made["properties"]
            own = {
                **shown,
                by: {**shown[by], "enum": [word]},
                field: {"description": shown[field]["description"], **self._reference(kind)},
            }
            name = f"{''.join(part.title() for part in word.split('_'))}{owner}"
            self.spec.components.schema(name, {**made, "properties": own})
            refs[word] = f"#/components/schemas/{name}"
        return {
            "description": made["description"],
            "oneOf": [{"$ref": ref} for ref in refs.values()],
            "discriminator": {"propertyName": by, "mapping": refs},
        }

    def init_attribute_functions(self) -> None:
        super().init_attribute_functions()  # type: ignore[no-untyped-call]
        self.attribute_functions += [self.own_types, self.own_words]

    def own_types(self, field: fields.Field[Any], ret: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What the fields of our own take."""
        if isinstance(field, AnyOf):
            kinds = [self._reference(kind) for kind in field.kinds]
            if field.allow_none:
                return {"anyOf": [*kinds, {"type": "null"}]}
            return {"type": "object", "anyOf": kinds}
        if field.allow_none and "enum" in ret:
            # Generators of clients make a type of each enumeration, and several of one that holds null.
            choices = [choice for choice in ret.pop("enum") if choice is not None]
            kind = next(each for each in ret.pop("type") if each != "null")
            return {"anyOf": [{"type": kind, "enum": choices}, {"type": "null"}]}
        if ret.get("maximum") == float_info.max:
            # Every finite number is meant, which JSON's own numbers are anyway.
            del ret["maximum"]
        return {}

    def _reference(self, schema: type[Schema]) -> Any:
        return self.resolve_nested_schema(schema)  # type: ignore[no-untyped-call]

    def own_words(self, field: fields.Field[Any], ret: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What a request's field means."""
        if "description" in ret or field.name is None or not isinstance(field.parent, Schema):
            return {}
        said = self.words_of(type(field.parent), field.name)
        return {} if said is None else {"description": said}


class SchemaPlugin(MarshmallowPlugin):
    """apispec's plugin with our converter."""

    Converter = SchemaConverter

    def __init__(self, words_of: WordsOf) -> None:
        super().__init__(schema_name_resolver=self._name_of)
        self._words_of = words_of
        self._named: dict[str, Any] = {}

    def init_spec(self, spec: APISpec) -> None:
        """Called by apispec, which makes the converter there."""
        super().init_spec(spec)
        self.own_converter.words_of = self._words_of

    def _name_of(self, schema: Any) -> str:
        """As `component_name`. apispec itself would number two schemas of one name."""
        name, kind = component_name(schema), resolve_schema_cls(schema)
        if self._named.setdefault(name, kind) is not kind:
            raise ValueError(f"two objects are called {name}")
        return name

    @property
    def own_converter(self) -> SchemaConverter:
        """The converter, once there is a spec."""
        if not isinstance(self.converter, SchemaConverter):
            raise TypeError("the plugin belongs to no spec yet")
        return self.converter

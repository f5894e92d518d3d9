"""Fields of answers: each is required, takes its JSON type only, and carries its own words."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from partyapp.shared.http.schemas import Flag, Id, Number


class Answer(Schema):
    """The base of every object that the service shows.

    A class's docstring is its description. Fields may be added to what is shown, so the description allows
    for more of them; `partyapp.openapi.answers` refuses them all the same.
    """


class Real(Number):
    """A finite JSON number, not below `low` where one is given."""

    def __init__(self, low: float | None, **options: Any) -> None:
        super().__init__(-math.inf, math.inf, **options)
        self.validators = [] if low is None else [validate.Range(min=low)]


class Instant(Real):
    """An instant in party time, in ms since the Unix epoch."""

    def __init__(self, **options: Any) -> None:
        super().__init__(0, **options)


class Whole(fields.Integer):
    """A JSON integer, not below `low`."""

    def __init__(self, low: int, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=low), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("Must be a whole number.")
        return value


class AnyOf(fields.Field[Any]):
    """An object that is of one of these kinds at least."""

    def __init__(self, kinds: Iterable[type[Schema]], **options: Any) -> None:
        super().__init__(**options)
        self.kinds = tuple(dict.fromkeys(kinds))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError("Must be an object.")
        errors = {kind.__name__: kind().validate(value) for kind in self.kinds}
        if all(errors.values()):
            raise ValidationError([errors])
        return value


def _options(about: str, null: bool, optional: bool = False, **more: Any) -> dict[str, Any]:
    return {"required": not optional, "allow_none": null, "metadata": {"description": about, **more}}


def real(about: str, low: float | None = None, *, null: bool = False, optional: bool = False) -> Real:
    """A number."""
    return Real(low, **_options(about, null, optional))


def instant(about: str, *, null: bool = False, optional: bool = False) -> Instant:
    """An instant in party time."""
    return Instant(**_options(f"{about} Party time: ms since the Unix epoch.", null, optional))


def whole(about: str, low: int = 0, *, null: bool = False, optional: bool = False) -> Whole:
    """A whole number."""
    return Whole(low, **_options(about, null, optional))


def flag(about: str, *, optional: bool = False) -> Flag:
    """True or false."""
    return Flag(**_options(about, False, optional))


def ident(about: str, *, null: bool = False, optional: bool = False) -> Id:
    """A UUID."""
    return Id(**_options(about, null, optional))


def text(about: str, *, null: bool = False, optional: bool = False, **more: Any) -> fields.String:
    """A text; `more` is added to what the description says of it."""
    return fields.String(**_options(about, null, optional, **more))


def word(about: str, *choices: str, null: bool = False, optional: bool = False) -> fields.String:
    """One of these words."""
    return fields.String(validate=validate.OneOf(choices), **_options(about, null, optional))


def nested(schema: type[Schema], about: str, *, null: bool = False, optional: bool = False) -> fields.Nested:
    """Another object."""
    return fields.Nested(schema, **_options(about, null, optional))


def many(schema: type[Schema], about: str) -> fields.List[Any]:
    """A list of other objects."""
    return fields.List(fields.Nested(schema), **_options(about, False))


def idents(about: str, *, key: str | None = None) -> fields.List[Any]:
    """A list of UUIDs, shown as `key` where a field can't have that name here."""
    return fields.List(Id(), data_key=key, **_options(about, False))


def words(about: str, *choices: str, null: bool = False, optional: bool = False) -> fields.List[Any]:
    """A list of such words."""
    one = fields.String(validate=validate.OneOf(choices))
    return fields.List(one, **_options(about, null, optional))


def any_of(kinds: Iterable[type[Schema]], about: str, *, null: bool = False, optional: bool = False) -> AnyOf:
    """An object of one of these kinds."""
    return AnyOf(kinds, **_options(about, null, optional))


@dataclass(frozen=True)
class Discriminator:
    """An object whose field `field` holds an object of the kind that the word in its field `by` names.

    An `Answer` says so by its attribute `discriminator`. It is described as one object for each word, so that
    who reads the description knows which goes with which.
    """

    by: str
    field: str
    kinds: Mapping[str, type[Schema]]


def answer_class(name: str, about: str, declared: dict[str, Any], module: str) -> type[Schema]:
    """An `Answer` of these fields, for what is known only when it is put together."""
    made: type[Schema] = type(name, (Answer,), {**declared, "__module__": module, "__doc__": about})
    return made

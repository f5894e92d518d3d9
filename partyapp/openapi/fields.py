"""Fields of answers: each is required, takes its JSON type only, and carries its own words."""

import math
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from partyapp.shared.http.schemas import Id, Number


class Real(Number):
    """A finite JSON number, not below `low` where one is given."""

    def __init__(self, low: float | None, **options: Any) -> None:
        super().__init__(-math.inf, math.inf, **options)
        self.validators = [] if low is None else [validate.Range(min=low)]


class Whole(fields.Integer):
    """A JSON integer, not below `low`."""

    def __init__(self, low: int, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=low), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("Must be a whole number.")
        return value


class Flag(fields.Boolean):
    """`true` or `false`; no words or numbers that could mean them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


def _options(about: str, null: bool, more: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "allow_none": null, "metadata": {"description": about, **more}}


def real(about: str, low: float | None = None, *, null: bool = False) -> Real:
    """A number."""
    return Real(low, **_options(about, null, {}))


def instant(about: str, *, null: bool = False) -> Real:
    """An instant in party time."""
    return Real(0, **_options(f"{about} Party time: ms since the Unix epoch.", null, {}))


def whole(about: str, low: int = 0) -> Whole:
    """A whole number."""
    return Whole(low, **_options(about, False, {}))


def flag(about: str) -> Flag:
    """True or false."""
    return Flag(**_options(about, False, {}))


def ident(about: str, *, null: bool = False) -> Id:
    """A UUID."""
    return Id(**_options(about, null, {}))


def text(about: str, *, null: bool = False, optional: bool = False, **more: Any) -> fields.String:
    """A text; `more` is added to what the description says of it."""
    options = _options(about, null, more)
    return fields.String(**{**options, "required": not optional})


def word(about: str, *choices: str, null: bool = False, optional: bool = False) -> fields.String:
    """One of these words."""
    options = {**_options(about, null, {}), "required": not optional}
    return fields.String(validate=validate.OneOf(choices), **options)


def nested(schema: type[Schema], about: str, *, null: bool = False) -> fields.Nested:
    """Another object."""
    return fields.Nested(schema, **_options(about, null, {}))


def many(schema: type[Schema], about: str) -> fields.List[Any]:
    """A list of other objects."""
    return fields.List(fields.Nested(schema), **_options(about, False, {}))

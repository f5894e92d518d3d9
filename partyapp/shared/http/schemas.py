"""Request in, answer out: fields that refuse what marshmallow lets pass, and the reading of a body."""

import math
import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import request
from marshmallow import Schema, ValidationError, fields, validate
from marshmallow.exceptions import SCHEMA
from werkzeug.exceptions import RequestEntityTooLarge

from partyapp.shared.http import text_patterns as patterns
from partyapp.shared.kernel.display_name import DISPLAY_NAME_MAX
from partyapp.shared.kernel.errors import (
    MalformedJson,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
)
from partyapp.shared.kernel.ids import parse_id
from partyapp.shared.kernel.strict_json import parse_json
from partyapp.shared.kernel.visible_text import text_problem, visible_text

MAX_BODY_BYTES = 16 * 1024


class Text(fields.String):
    """Text for people: trimmed unless `exact`, of `low` to `high` characters, without control or unpaired
    characters.
    """

    def __init__(
        self, low: int, high: int, *, about: str | None = None, exact: bool = False, **options: Any
    ) -> None:
        metadata: dict[str, Any] = {"minLength": low, "maxLength": high, "pattern": self._pattern(low, exact)}
        if about is not None:
            metadata["description"] = about
        super().__init__(metadata=metadata, **options)
        self.low, self.high, self.exact = low, high, exact

    @staticmethod
    def _pattern(low: int, exact: bool) -> str:
        return patterns.plain(low, exact=exact)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **options))
        if not self.exact:
            text = text.strip()
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
            raise ValidationError("Must not hold control characters.")
        if not self.low <= len(text) <= self.high:
            raise ValidationError(f"Must be {self.low} to {self.high} characters long.")
        return text


class VisibleText(Text):
    """A text that people show each other, by the one rule of `visible_text`: a name or a title."""

    @staticmethod
    def _pattern(low: int, exact: bool) -> str:
        return patterns.VISIBLE

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        if isinstance(value, str):
            problem = text_problem(value)
            if problem is not None:
                raise ValidationError(problem)
            value = visible_text(value)
        return super()._deserialize(value, attr, data, **options)


class Word(Text):
    """Printable ASCII without spaces, trimmed, of 1 to `high` characters."""

    def __init__(self, high: int, **options: Any) -> None:
        super().__init__(1, high, **options)

    @staticmethod
    def _pattern(low: int, exact: bool) -> str:
        return patterns.WORD

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options)
        if not text.isascii() or " " in text:
            raise ValidationError("Must be printable ASCII characters without spaces.")
        return text


class DisplayName(VisibleText):
    """A person's name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(1, DISPLAY_NAME_MAX, **options)


class Id(fields.UUID):
    """A UUID in canonical form only; braces and URNs are refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> UUID:
        found = parse_id(value)
        if found is None:
            raise ValidationError("Must be a UUID.")
        return found


class Cursor(fields.String):
    """Where the next page begins, as the page before it said."""

    def __init__(self) -> None:
        super().__init__(load_default=None, metadata={"format": "uuid"})


class Number(fields.Float):
    """A finite JSON number within `low` and `high`; no strings, no booleans."""

    def __init__(self, low: float, high: float, **options: Any) -> None:
        super().__init__(validate=validate.Range(min=low, max=high), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("Must be a number.")
        try:
            number = float(value)
        except OverflowError:
            raise ValidationError("Must be a finite number.") from None
        if not math.isfinite(number):
            raise ValidationError("Must be a finite number.")
        return number


class WholeNumber(fields.Integer):
    """A JSON integer within `low` and `high`, also as `12.0`; `1.9` and `"12"` are refused."""

    def __init__(self, low: int, high: int, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=low, max=high), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        # JSON Schema's integers have no fractional part, however they are written.
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("Must be a whole number.")
        return value


class Flag(fields.Boolean):
    """`true` or `false`; no words or numbers that could mean them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class QueryNumber(fields.Integer):
    """A whole number in a query string, in plain decimal digits."""

    def __init__(self, low: int, high: int, **options: Any) -> None:
        super().__init__(validate=validate.Range(min=low, max=high), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 16:
            raise ValidationError("Must be a whole number.")
        return int(value)


class Nothing(Schema):
    """A body that holds nothing: `{}`, or no body at all."""


def load(schema: Schema, data: Any) -> dict[str, Any]:
    """`data` as the schema reads it. Raises `ValidationFailed` with the reasons by field."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        messages = error.messages if isinstance(error.messages, dict) else {SCHEMA: error.messages}
        raise ValidationFailed(errors={name: _reasons(found) for name, found in messages.items()}) from None
    return loaded


def _reasons(found: Any) -> list[str]:
    """The reasons why a field is wrong, also where they are those of what is in it."""
    if isinstance(found, list):
        return [str(reason) for reason in found]
    if not isinstance(found, dict):
        return [str(found)]
    inner = {name: _reasons(reasons) for name, reasons in found.items()}
    # Of a list each reason counts once; of an object its field is named, unless it is about the whole.
    named = (
        f"{name}: {why}" if isinstance(name, str) and name != SCHEMA else why
        for name, all_ in inner.items()
        for why in all_
    )
    return list(dict.fromkeys(named))


def read_raw_body() -> bytes:
    """The request's body, at most 16 KiB of it. Raises `PayloadTooLarge`."""
    try:
        body = request.get_data(cache=True)
    except RequestEntityTooLarge:
        raise PayloadTooLarge() from None
    # Of a body that comes in chunks Werkzeug gives as much as is allowed, and leaves the rest where it is.
    if len(body) == request.max_content_length and request.environ["wsgi.input"].read(1):
        raise PayloadTooLarge()
    return body


def read_body(schema: Schema) -> dict[str, Any]:
    """The request's JSON object through `schema`; where nothing is required, no body counts as `{}`.

    Raises `PayloadTooLarge`, `UnsupportedMediaType`, `MalformedJson` or `ValidationFailed`.
    """
    raw = read_raw_body()
    if not raw and not any(field.required for field in schema.fields.values()):
        return load(schema, {})
    if request.mimetype != "application/json":
        raise UnsupportedMediaType()
    body = parse_json(raw)
    if not isinstance(body, dict):
        raise MalformedJson()
    return load(schema, body)


def read_query(schema: Schema, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The query string through `schema`; parameters that it doesn't name are refused."""
    return load(schema, dict(request.args if query is None else query))

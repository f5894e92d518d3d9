"""What the chat's addresses take in."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from partyapp.chat.domain.chat_text import MAX_TEXT
from partyapp.shared.http.schemas import Id, Number, QueryNumber
from partyapp.shared.http.text_patterns import IN_LINES

#: No party has more messages.
MAX_SEQ = 2**53 - 1

#: No film has more seconds.
MAX_S = 1e15
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")

#: The longest mute, in s: a year.
MAX_MUTE_S = 365 * 24 * 3600


class QuerySeconds(fields.Float):
    """Seconds in a query string, not negative, written as any language writes a number."""

    def __init__(self) -> None:
        super().__init__(validate=validate.Range(min=0, max=MAX_S))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> float:
        if not isinstance(value, str) or len(value) > 64 or not _NUMBER.fullmatch(value):
            raise ValidationError("Must be a number of seconds.")
        return float(value)


class SaySchema(Schema):
    id = Id()
    text = fields.String(required=True, metadata={"minLength": 1, "maxLength": MAX_TEXT, "pattern": IN_LINES})


class ChatQuery(Schema):
    after = QueryNumber(0, MAX_SEQ)
    before = QueryNumber(0, MAX_SEQ)
    limit = QueryNumber(1, 200, load_default=50)
    video_id = Id()
    from_s = QuerySeconds()
    to_s = QuerySeconds()

    @validates_schema
    def _one_direction(self, data: dict[str, Any], **_: Any) -> None:
        if "after" in data and "before" in data:
            raise ValidationError("Give `after` or `before`, not both.", "before")
        if ("from_s" in data or "to_s" in data) and "video_id" not in data:
            raise ValidationError("Say of which film.", "video_id")


class MuteSchema(Schema):
    muted_s = Number(0, MAX_MUTE_S, required=True)

"""What the chat's addresses take in."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from partyapp.chat.domain.chat_text import MAX_TEXT
from partyapp.shared.http.schemas import Id, Number, QueryNumber
from partyapp.shared.http.text_patterns import IN_LINES

#: No party has more messages.
MAX_SEQ = 2**53 - 1

#: The longest mute, in s: a year.
MAX_MUTE_S = 365 * 24 * 3600


class QuerySeconds(fields.Float):
    """Seconds in a query string, in decimal digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> float:
        digits = value.replace(".", "", 1) if isinstance(value, str) else ""
        if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
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

"""What the party's addresses take in."""

import sys
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from partyapp.party.domain.playback import MAX_RATE, MIN_RATE, PlaybackAction
from partyapp.party.domain.settings import WaitFor
from partyapp.party.domain.state import Control, Visibility
from partyapp.shared.http.schemas import (
    Cursor,
    DisplayName,
    Flag,
    Id,
    Number,
    QueryNumber,
    Text,
    VisibleText,
    WholeNumber,
)
from partyapp.transcode.contract import MAX_DURATION_S, MIN_DURATION_S

#: Any finite position; one beyond the end of the video is clamped to it.
MAX_POSITION_S = sys.float_info.max

MAX_REVISION = 2**31 - 1
#: No instant is as late, in ms.
MAX_INSTANT_MS = 1e14

#: The longest waits that a party may be told, in s: after which delay, at most each time, in ten minutes.
MAX_GRACE_S, MAX_LIMIT_S, MAX_BUDGET_S = 60.0, 300.0, 600.0


def one_of(names: list[str]) -> validate.OneOf:
    """One of these words."""
    return validate.OneOf(names)


def _about(text: str) -> dict[str, str]:
    return {"description": text}


class WaitSchema(Schema):
    for_ = fields.String(
        data_key="for",
        attribute="for",
        validate=one_of([who.value for who in WaitFor]),
        metadata=_about("Whom the party waits for."),
    )
    grace_s = Number(0, MAX_GRACE_S, metadata=_about("So long a player may load before anybody waits, in s."))
    limit_s = Number(0.1, MAX_LIMIT_S, metadata=_about("So long the party waits at most each time, in s."))
    budget_s = Number(
        0, MAX_BUDGET_S, metadata=_about("So long it waits for one member in ten minutes, in s.")
    )


class PersonSchema(Schema):
    # As it is: with a space before it, it is another person in a token, too.
    sub = Text(1, 255, exact=True, required=True, about="Its own id of the person, as in its tokens.")
    name = DisplayName(required=True, about="How others see the person.")


class CreatePartySchema(Schema):
    video_id = Id(required=True)
    title = VisibleText(1, 200, load_default=None)
    visibility = fields.String(load_default="private", validate=one_of([v.value for v in Visibility]))
    control = fields.String(load_default="host", validate=one_of([c.value for c in Control]))
    max_members = WholeNumber(1, 10_000, load_default=50)
    wait = fields.Nested(WaitSchema, load_default=dict)
    starts_at_ms = Number(0, MAX_INSTANT_MS, load_default=None, allow_none=True)
    person = fields.Nested(PersonSchema, load_default=None)


class JoinPartySchema(Schema):
    invite_code = Text(0, 200, load_default=None, allow_none=True)
    person = fields.Nested(PersonSchema, load_default=None)


class TransferSchema(Schema):
    user_id = Id(required=True)


class PlaybackSchema(Schema):
    action = fields.String(required=True, validate=one_of([a.value for a in PlaybackAction]))
    position_s = Number(0, MAX_POSITION_S)
    rate = Number(MIN_RATE, MAX_RATE)
    expected_revision = WholeNumber(0, MAX_REVISION)
    when_ready = Flag()

    described: ClassVar = {
        "if": {"properties": {"action": {"const": "seek"}}, "required": ["action"]},
        "then": {"required": ["position_s"]},
    }

    @validates_schema
    def _a_seek_goes_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("action") == PlaybackAction.SEEK and "position_s" not in data:
            raise ValidationError("Missing data for required field.", "position_s")


class SyncSchema(Schema):
    position_s = Number(0, MAX_POSITION_S, required=True)
    state = fields.String(required=True, validate=one_of(["playing", "paused", "buffering"]))
    revision = WholeNumber(0, MAX_REVISION)
    rtt_ms = Number(0, 60_000)
    duration_s = Number(MIN_DURATION_S, MAX_DURATION_S)
    video_id = Id()


class PartyVideoSchema(Schema):
    video_id = Id(required=True)
    position_s = Number(0, MAX_POSITION_S, load_default=0.0)
    play = Flag(load_default=False)


class PartiesQuery(Schema):
    state = fields.String(load_default="active", validate=one_of(["active", "ended", "all"]))
    limit = QueryNumber(1, 100, load_default=50)
    cursor = Cursor()


class MembersSchema(Schema):
    online = fields.String(load_default="false", validate=one_of(["true", "false"]))
    q = Text(0, 64, load_default="")
    limit = QueryNumber(1, 200, load_default=50)
    cursor = Cursor()


class InvitedQuery(Schema):
    display_name = Text(0, 64, load_default="")


class PageQuery(Schema):
    limit = QueryNumber(1, 100, load_default=50)
    cursor = Cursor()


class EventsQuery(Schema):
    after = QueryNumber(0, MAX_REVISION, load_default=0)
    limit = QueryNumber(1, 500, load_default=100)
    cursor = QueryNumber(0, MAX_REVISION, load_default=0)
    names = fields.String(load_default="false", validate=one_of(["true", "false"]))

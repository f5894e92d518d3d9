"""What the party's addresses take in."""

import sys
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from partyapp.party.domain.playback import MAX_RATE, MIN_RATE, PlaybackAction
from partyapp.party.domain.state import Control, Visibility
from partyapp.shared.http.schemas import Flag, Id, Number, QueryNumber, Text, VisibleText, WholeNumber

#: Any finite position; one beyond the end of the video is clamped to it.
MAX_POSITION_S = sys.float_info.max

#: The shortest and the longest film, in s, as the catalogue of videos takes them.
MIN_DURATION_S = 0.1
MAX_DURATION_S = 7 * 24 * 3600.0
MAX_REVISION = 2**31 - 1
#: No instant is as late, in ms.
MAX_INSTANT_MS = 1e14


def one_of(names: list[str]) -> validate.OneOf:
    """One of these words."""
    return validate.OneOf(names)


class CreatePartySchema(Schema):
    video_id = Id(required=True)
    title = VisibleText(1, 200, load_default=None)
    visibility = fields.String(load_default="private", validate=one_of([v.value for v in Visibility]))
    control = fields.String(load_default="host", validate=one_of([c.value for c in Control]))
    max_members = WholeNumber(1, 10_000, load_default=50)
    starts_at_ms = Number(0, MAX_INSTANT_MS, load_default=None, allow_none=True)


class JoinPartySchema(Schema):
    invite_code = Text(0, 200, load_default=None, allow_none=True)


class TransferSchema(Schema):
    user_id = Id(required=True)


class PlaybackSchema(Schema):
    action = fields.String(required=True, validate=one_of([a.value for a in PlaybackAction]))
    position_s = Number(0, MAX_POSITION_S)
    rate = Number(MIN_RATE, MAX_RATE)
    expected_revision = WholeNumber(0, MAX_REVISION)

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
    cursor = fields.String(load_default=None)


class MembersSchema(Schema):
    online = fields.String(load_default="false", validate=one_of(["true", "false"]))
    q = Text(0, 64, load_default="")
    limit = QueryNumber(1, 200, load_default=50)
    cursor = fields.String(load_default=None)


class PageQuery(Schema):
    limit = QueryNumber(1, 100, load_default=50)
    cursor = fields.String(load_default=None)


class EventsQuery(Schema):
    after = QueryNumber(0, MAX_REVISION, load_default=0)
    limit = QueryNumber(1, 500, load_default=100)
    cursor = QueryNumber(0, MAX_REVISION, load_default=0)

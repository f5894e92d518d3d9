"""What the addresses of rights, moderation and invites take in."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from partyapp.party.contract import QueueMode
from partyapp.party.controllers.schemas import MAX_INSTANT_MS, WaitSchema, one_of
from partyapp.party.domain.grants import Grant, Grants, grants_of
from partyapp.party.domain.state import Control, Visibility
from partyapp.shared.http.schemas import Flag, Id, Number, VisibleText, WholeNumber

#: The longest pause before the next film of a queue, in s.
MAX_NEXT_AFTER_S = 3600.0
#: How long an invite may be open, in s: a year at most, a second at least.
MIN_INVITE_S, MAX_INVITE_S = 1.0, 366 * 24 * 3600.0
MAX_USES = 10_000


def grants_field(**options: Any) -> fields.List[Any]:
    """A list of rights; one that is named twice counts once."""
    one = fields.String(validate=one_of([grant.value for grant in Grant]))
    return fields.List(one, validate=validate.Length(max=2 * len(Grant)), **options)


def grants_in(body: Mapping[str, Any]) -> Grants | None:
    """A body's `grants`, None where there are none."""
    names = body["grants"]
    return None if names is None else grants_of(names)


class ChangePartySchema(Schema):
    title = VisibleText(1, 200)
    visibility = fields.String(validate=one_of([value.value for value in Visibility]))
    control = fields.String(validate=one_of([value.value for value in Control]))
    max_members = WholeNumber(1, 10_000)
    default_grants = grants_field()
    wait = fields.Nested(WaitSchema)
    chat_enabled = Flag()
    queue_mode = fields.String(validate=one_of([mode.value for mode in QueueMode]))
    next_after_s = Number(0, MAX_NEXT_AFTER_S, allow_none=True)
    starts_at_ms = Number(0, MAX_INSTANT_MS, allow_none=True)


class GrantsSchema(Schema):
    grants = grants_field(required=True, allow_none=True)


class RemovalQuery(Schema):
    ban = fields.String(load_default="false", validate=one_of(["true", "false"]))


class CreateInviteSchema(Schema):
    expires_in_s = Number(MIN_INVITE_S, MAX_INVITE_S, load_default=None, allow_none=True)
    max_uses = WholeNumber(1, MAX_USES, load_default=None, allow_none=True)
    grants = grants_field(load_default=None, allow_none=True)
    user_id = Id(load_default=None, allow_none=True)

"""What the addresses of rights, moderation and invites take in."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from partyapp.party.controllers.schemas import one_of
from partyapp.party.domain.grants import Grant, Grants, grants_of
from partyapp.party.domain.settings import QueueMode, WaitFor
from partyapp.party.domain.state import Control, Visibility
from partyapp.shared.http.schemas import Id, Number, VisibleText, WholeNumber

#: The longest waits that a party may be told, in s: after which delay, at most each time, in ten minutes.
MAX_GRACE_S, MAX_LIMIT_S, MAX_BUDGET_S = 60.0, 300.0, 600.0
#: The longest pause before the next film of a queue, in s.
MAX_NEXT_AFTER_S = 3600.0
#: How long an invite may be open, in s: a year at most, a second at least.
MIN_INVITE_S, MAX_INVITE_S = 1.0, 366 * 24 * 3600.0
MAX_USES = 10_000


class Flag(fields.Boolean):
    """`true` or `false`, and nothing that could mean them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


def _about(text: str) -> dict[str, str]:
    return {"description": text}


def grants_field(**options: Any) -> fields.List[Any]:
    """A list of rights; one that is named twice counts once."""
    one = fields.String(validate=one_of([grant.value for grant in Grant]))
    return fields.List(one, validate=validate.Length(max=2 * len(Grant)), **options)


def grants_in(body: Mapping[str, Any]) -> Grants | None:
    """A body's `grants`, None where there are none."""
    names = body["grants"]
    return None if names is None else grants_of(names)


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


class GrantsSchema(Schema):
    grants = grants_field(required=True, allow_none=True)


class RemovalQuery(Schema):
    ban = fields.String(load_default="false", validate=one_of(["true", "false"]))


class CreateInviteSchema(Schema):
    expires_in_s = Number(MIN_INVITE_S, MAX_INVITE_S, load_default=None, allow_none=True)
    max_uses = WholeNumber(1, MAX_USES, load_default=None, allow_none=True)
    grants = grants_field(load_default=None, allow_none=True)
    user_id = Id(load_default=None, allow_none=True)

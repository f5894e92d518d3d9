"""Whom a party's event concerns, and what their notification says. Pure: an event in, notifications out."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from partyapp.party.contract import (
    HOST_TRANSFERRED,
    MEMBER_JOINED,
    MEMBER_LEFT,
    PARTY_SESSION_ENDED,
    PartyEvent,
    PartyInvitation,
    PartyStart,
)
from partyapp.shared.kernel.ids import derived_id, parse_id

#: Joins and leaves notify the others in parties of at most this many members. In a larger one nobody reads
#: them, and a party of n members that fills up would cost n * n / 2 rows.
CROWD = 100

#: The events that notify, each with those of its facts that a reader needs. The others (playback, the party's
#: creation) are seen by the members that are connected and are news to nobody else.
_FACTS: dict[str, tuple[str, ...]] = {
    MEMBER_JOINED: ("user_id",),
    MEMBER_LEFT: ("user_id",),
    HOST_TRANSFERRED: ("from_user_id", "to_user_id", "reason"),
    PARTY_SESSION_ENDED: ("reason",),
}


#: What tells somebody that they are invited by name; no event of the party, which they can't read yet.
PARTY_INVITATION = "party_invitation"

#: What reminds the members that their party begins soon; no event of the party either.
PARTY_STARTING = "party_starting"


@dataclass(frozen=True, kw_only=True)
class Notification:
    """One event, as it concerns one person. `created_at_ms` and `read_at_ms` are in ms since the Unix epoch.

    `data` holds `party_title` and `who` (`{"id", "display_name"}`, each None when unknown), and the facts
    of the event's type.
    """

    id: UUID
    user_id: UUID
    event_id: UUID
    party_id: UUID
    type: str
    data: dict[str, Any]
    created_at_ms: int
    read_at_ms: int | None = None


def notification_id(event_id: UUID, user_id: UUID) -> UUID:
    """The id of what tells this person of that event, wherever it is asked for."""
    return derived_id("notification", event_id, user_id)


def notifies(event: PartyEvent) -> bool:
    """Whether the event notifies anybody at all."""
    return event.type in _FACTS


def notifies_members(event: PartyEvent, member_count: int) -> bool:
    """Whether it notifies the members of a party of that size."""
    return notifies(event) and (event.type not in (MEMBER_JOINED, MEMBER_LEFT) or member_count <= CROWD)


def notifications_of(event: PartyEvent, party_title: str, member_ids: Collection[UUID]) -> list[Notification]:
    """What the event makes news, one each for the people it concerns; the same ids for the same event.

    `member_ids` are the party's members now.
    """
    concerned = _concerned(event, member_ids)
    # One dict for all: `store` sends it to the database once.
    data = _data(event, party_title) if concerned else {}
    return [
        Notification(
            id=notification_id(event.id, user_id),
            user_id=user_id,
            event_id=event.id,
            party_id=event.party_id,
            type=event.type,
            data=data,
            created_at_ms=int(event.at_ms),
        )
        for user_id in concerned
    ]


def notification_of_invitation(invitation: PartyInvitation) -> Notification:
    """What tells a person that they are invited; the same id for the same invitation."""
    return Notification(
        id=notification_id(invitation.id, invitation.user_id),
        user_id=invitation.user_id,
        event_id=invitation.id,
        party_id=invitation.party_id,
        type=PARTY_INVITATION,
        data={
            "party_title": invitation.party_title,
            "who": {"id": str(invitation.invited_by), "display_name": invitation.inviter_name},
            "invite_id": str(invitation.id),
        },
        created_at_ms=int(invitation.at_ms),
    )


def reminder_id(start: PartyStart) -> UUID:
    """What a party's reminders tell of, in the place of an event: the party on that date.

    A party that is moved to another date has another, so its members are reminded anew.
    """
    return derived_id("reminder", start.party_id, start.starts_at_ms)


def wants_reminder(start: PartyStart, ahead_ms: float) -> bool:
    """Whether somebody may have forgotten it: not what was planned only within the last `ahead_ms`."""
    return start.created_at_ms <= start.starts_at_ms - ahead_ms


def reminders_of(start: PartyStart, member_ids: Collection[UUID], now_ms: float) -> list[Notification]:
    """What reminds each of the members, the host too; the same ids for the same party on the same date."""
    data = {
        "party_title": start.title,
        "who": {"id": None, "display_name": None},
        "starts_at_ms": start.starts_at_ms,
    }
    event_id = reminder_id(start)
    return [
        Notification(
            id=notification_id(event_id, user_id),
            user_id=user_id,
            event_id=event_id,
            party_id=start.party_id,
            type=PARTY_STARTING,
            data=data,
            created_at_ms=int(now_ms),
        )
        for user_id in sorted(member_ids)
    ]


def _concerned(event: PartyEvent, member_ids: Collection[UUID]) -> list[UUID]:
    """The people to notify: the members, but not who acted, and not who joined or left."""
    if not notifies_members(event, len(member_ids)):
        return []
    people: set[UUID | None] = set(member_ids)
    if event.type in (MEMBER_JOINED, MEMBER_LEFT):
        people.discard(_person(event, "user_id"))
    if event.type == HOST_TRANSFERRED:
        people.add(_person(event, "to_user_id"))
    people.discard(event.actor_id)
    return sorted(person for person in people if person is not None)


def _data(event: PartyEvent, party_title: str) -> dict[str, Any]:
    # Who joined or left is who it is about, even when another person saw to it.
    who = event.data.get("user_id") or (None if event.actor_id is None else str(event.actor_id))
    return {
        "party_title": party_title,
        "who": {"id": who, "display_name": event.data.get("display_name")},
        **{fact: event.data.get(fact) for fact in _FACTS[event.type]},
    }


def _person(event: PartyEvent, fact: str) -> UUID | None:
    return parse_id(event.data.get(fact))

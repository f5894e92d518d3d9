"""Whom a party's event concerns, and what they are told. Pure: an event goes in, notifications come out."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from partyapp.party.contract import (
    HOST_TRANSFERRED,
    MEMBER_JOINED,
    MEMBER_LEFT,
    PARTY_SESSION_ENDED,
    DeliveredEvent,
    PartyEvent,
)
from partyapp.shared.kernel.ids import derived_id, parse_id

#: Comings and goings are told in parties of at most this many members. In a crowd nobody reads them, and
#: a party of n members that fills up would cost n * n / 2 rows.
CROWD = 100

#: The events that are told, each with those of its facts that a reader needs. The others (playback, the
#: party's creation) are seen by whoever is there and are news to nobody else.
_FACTS: dict[str, tuple[str, ...]] = {
    MEMBER_JOINED: ("user_id",),
    MEMBER_LEFT: ("user_id",),
    HOST_TRANSFERRED: ("from_user_id", "to_user_id", "reason"),
    PARTY_SESSION_ENDED: ("reason",),
}


@dataclass(frozen=True, kw_only=True)
class Notification:
    """One thing that one person is told. `created_at_ms` and `read_at_ms` are in ms since the Unix epoch.

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


def notifications_of(delivered: DeliveredEvent) -> list[Notification]:
    """What the event makes news, one each for the people it concerns; the same ids for the same event."""
    event = delivered.event
    data = None
    told = []
    for user_id in _concerned(delivered):
        data = _data(delivered) if data is None else data
        told.append(
            Notification(
                id=derived_id("notification", event.id, user_id),
                user_id=user_id,
                event_id=event.id,
                party_id=event.party_id,
                type=event.type,
                data=data,
                created_at_ms=int(event.at_ms),
            )
        )
    return told


def _concerned(delivered: DeliveredEvent) -> list[UUID]:
    """The members who are told: all but who acted, and but who came or went."""
    event = delivered.event
    if event.type not in _FACTS:
        return []
    people: set[UUID | None] = set(delivered.member_ids)
    if event.type in (MEMBER_JOINED, MEMBER_LEFT):
        if len(people) > CROWD:
            return []
        people.discard(_person(event, "user_id"))
    if event.type == HOST_TRANSFERRED:
        people.add(_person(event, "to_user_id"))
    people.discard(event.actor_id)
    return sorted(person for person in people if person is not None)


def _data(delivered: DeliveredEvent) -> dict[str, Any]:
    event = delivered.event
    # Who joined or left is who it is about, even when somebody else saw to it.
    who = event.data.get("user_id") or (None if event.actor_id is None else str(event.actor_id))
    return {
        "party_title": delivered.party_title,
        "who": {"id": who, "display_name": event.data.get("display_name")},
        **{fact: event.data.get(fact) for fact in _FACTS[event.type]},
    }


def _person(event: PartyEvent, fact: str) -> UUID | None:
    return parse_id(event.data.get(fact))

"""Whom each of a party's events concerns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from partyapp.notification import domain
from partyapp.notification.domain import (
    CROWD,
    Notification,
    notification_of_invitation,
    reminders_of,
    wants_reminder,
)
from partyapp.party import contract
from partyapp.party.contract import PartyEvent, PartyInvitation, PartyStart
from partyapp.shared.kernel.ids import new_id

ADA, BOB, CYD, DAN = (new_id() for _ in range(4))
PARTY = new_id()


@dataclass
class Delivered:
    """An event with what its reader asks about the party."""

    event: PartyEvent
    member_ids: tuple[UUID, ...]


def delivered(
    kind: str,
    *,
    actor: UUID | None = ADA,
    members: tuple[UUID, ...] = (ADA, BOB, CYD),
    **data: Any,
) -> Delivered:
    event = PartyEvent(
        id=new_id(), party_id=PARTY, revision=7, type=kind, at_ms=1234.75, actor_id=actor, data=data
    )
    return Delivered(event, members)


def notifications_of(delivered: Delivered) -> list[Notification]:
    return domain.notifications_of(delivered.event, "Film night", delivered.member_ids)


def told(event: Delivered) -> set[UUID]:
    found = notifications_of(event)
    assert len({item.user_id for item in found}) == len(found), "each person once"
    return {item.user_id for item in found}


def test_a_joining_is_told_to_the_others() -> None:
    assert told(delivered(contract.MEMBER_JOINED, user_id=str(ADA), display_name="Ada")) == {BOB, CYD}


def test_a_leaving_is_told_to_the_others() -> None:
    # The one who left is no member any more, yet delivered along with the event that names them.
    assert told(delivered(contract.MEMBER_LEFT, user_id=str(ADA), display_name="Ada")) == {BOB, CYD}
    assert told(delivered(contract.MEMBER_LEFT, actor=None, user_id=str(ADA))) == {BOB, CYD}
    assert told(delivered(contract.MEMBER_LEFT, actor=BOB, user_id=str(ADA))) == {CYD}


def test_a_handing_over_is_told_to_the_new_host_and_the_others() -> None:
    facts: dict[str, Any] = {"from_user_id": str(ADA), "to_user_id": str(BOB), "reason": "transfer"}
    assert told(delivered(contract.HOST_TRANSFERRED, **facts)) == {BOB, CYD}
    assert told(delivered(contract.HOST_TRANSFERRED, members=(ADA, CYD), **facts)) == {BOB, CYD}
    assert told(delivered(contract.HOST_TRANSFERRED, actor=None, **facts)) == {ADA, BOB, CYD}


def test_an_end_is_told_to_all_but_who_ended_it() -> None:
    assert told(delivered(contract.PARTY_SESSION_ENDED, reason="host")) == {BOB, CYD}
    assert told(delivered(contract.PARTY_SESSION_ENDED, actor=None, reason="empty")) == {ADA, BOB, CYD}


@pytest.mark.parametrize(
    "kind",
    [
        contract.PARTY_SESSION_CREATED,
        contract.PLAYBACK_STARTED,
        contract.PLAYBACK_PAUSED,
        contract.PLAYBACK_SOUGHT,
        contract.PLAYBACK_FINISHED,
        "something_new",
    ],
)
def test_other_events_are_told_to_nobody(kind: str) -> None:
    assert notifications_of(delivered(kind, user_id=str(DAN))) == []


def test_joining_and_leaving_a_large_party_notifies_nobody() -> None:
    few = tuple(new_id() for _ in range(CROWD - 1))
    for kind in (contract.MEMBER_JOINED, contract.MEMBER_LEFT):
        assert told(delivered(kind, members=(ADA, *few), user_id=str(ADA))) == set(few)
        assert told(delivered(kind, members=(ADA, BOB, *few), user_id=str(ADA))) == set()
    ended = delivered(contract.PARTY_SESSION_ENDED, members=(ADA, BOB, *few), reason="host")
    assert told(ended) == {BOB, *few}


def test_what_is_told() -> None:
    event = delivered(contract.MEMBER_JOINED, members=(ADA, BOB), user_id=str(ADA), display_name="Ada")
    (item,) = notifications_of(event)
    assert item.user_id == BOB
    assert item.event_id == event.event.id
    assert (item.party_id, item.type, item.created_at_ms) == (PARTY, "member_joined", 1234)
    assert item.read_at_ms is None
    assert item.data == {
        "party_title": "Film night",
        "who": {"id": str(ADA), "display_name": "Ada"},
        "user_id": str(ADA),
    }


def test_what_is_told_when_nobody_acted() -> None:
    event = delivered(contract.PARTY_SESSION_ENDED, actor=None, members=(BOB,), reason="abandoned")
    (item,) = notifications_of(event)
    assert item.data == {
        "party_title": "Film night",
        "who": {"id": None, "display_name": None},
        "reason": "abandoned",
    }


def test_an_invitation_is_told_to_whom_it_is_for() -> None:
    invitation = PartyInvitation(
        id=new_id(),
        party_id=new_id(),
        party_title="Kino",
        user_id=new_id(),
        invited_by=new_id(),
        inviter_name="Ada",
        at_ms=1_700_000_000_000.75,
    )
    told = notification_of_invitation(invitation)
    assert told == notification_of_invitation(invitation)
    assert (told.type, told.user_id, told.party_id) == (
        "party_invitation",
        invitation.user_id,
        invitation.party_id,
    )
    assert told.data == {
        "party_title": "Kino",
        "who": {"id": str(invitation.invited_by), "display_name": "Ada"},
        "invite_id": str(invitation.id),
    }


def test_another_date_is_another_reminder() -> None:
    start = PartyStart(party_id=PARTY, title="Kino", host_id=ADA, starts_at_ms=9e5, created_at_ms=1.0)
    told = reminders_of(start, {ADA, BOB}, 5e5)
    assert {item.user_id for item in told} == {ADA, BOB}
    assert told == reminders_of(start, {ADA, BOB}, 5e5)
    moved = reminders_of(replace(start, starts_at_ms=9.5e5), {ADA, BOB}, 5e5)
    assert len({(item.user_id, item.event_id) for item in told + moved}) == 4


def test_what_was_planned_within_the_time_needs_no_reminder() -> None:
    start = PartyStart(party_id=PARTY, title="Kino", host_id=ADA, starts_at_ms=9e5, created_at_ms=3e5)
    assert wants_reminder(start, 6e5)
    assert not wants_reminder(replace(start, created_at_ms=3e5 + 1), 6e5)


def test_the_same_event_gives_the_same_ids_and_another_event_others() -> None:
    event = delivered(contract.MEMBER_JOINED, user_id=str(ADA))
    first = notifications_of(event)
    assert notifications_of(event) == first
    again = notifications_of(delivered(contract.MEMBER_JOINED, user_id=str(ADA)))
    assert len({item.id for item in first + again}) == 4

"""Who holds a seat in a full party, and who has left for good."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partyapp.party.application.commands import (
    EndPartySessionCommand,
    JoinPartySessionCommand,
    LeavePartySessionCommand,
)
from partyapp.party.domain.errors import PartyFull, PartyNotFound
from partyapp.party.domain.state import SEAT_MS
from tests.support.party_objects import T0
from tests.unit.party.test_handlers import ADA, GRACE, MALLORY, Env


@pytest.fixture
def env() -> Env:
    return Env()


class FullParty:
    """A party of two seats: Ada's, who hosts it, and Grace's, who was there until `gone_ms`."""

    def __init__(self, env: Env) -> None:
        self.env, self.id = env, env.party(ADA, max_members=2)
        env.join(GRACE, self.id)
        self.gone_ms = T0 + 90_000
        env.members.last_seen_ms[self.id, GRACE.user_id] = self.gone_ms
        env.presence.users = frozenset({ADA.user_id})
        self.join = JoinPartySessionCommand(
            actor=MALLORY, party_id=self.id, invite_code=env.sessions.get(self.id).state.invite_code
        )

    def present(self) -> set[str]:
        people = {person.display_name: self.env.members.get(self.id, person.user_id) for person in PEOPLE}
        return {name for name, member in people.items() if member is not None and member.present}


PEOPLE = (ADA, GRACE, MALLORY)


def test_a_member_who_is_gone_for_long_holds_no_seat(env: Env) -> None:
    full = FullParty(env)
    env.schedule.time_ms = full.gone_ms + SEAT_MS - 1
    env.refuse(PartyFull, full.join)
    env.schedule.time_ms = full.gone_ms + SEAT_MS
    env(full.join)
    assert full.present() == {"Ada", "Mallory"}
    assert env.log(full.id)[2:] == ["member_left", "member_joined"]
    assert env.sessions.get(full.id).state.member_count == 2
    back = replace(full.join, actor=GRACE)
    env.refuse(PartyFull, back)
    env(LeavePartySessionCommand(actor=MALLORY, party_id=full.id))
    env(back)
    assert full.present() == {"Ada", "Grace"}, "who comes back finds a seat where there is one"


@pytest.mark.parametrize("connected", [None, ["Grace"], ["Ada", "Grace"]])
def test_nobody_who_may_be_connected_loses_the_seat(env: Env, connected: list[str] | None) -> None:
    full = FullParty(env)
    ids = {person.display_name: person.user_id for person in PEOPLE}
    env.presence.users = None if connected is None else frozenset(ids[name] for name in connected)
    env.schedule.time_ms = full.gone_ms + 10 * SEAT_MS
    env.refuse(PartyFull, full.join)
    assert full.present() == {"Ada", "Grace"}, "and the host keeps theirs in any case"


def test_a_wrong_invite_costs_nobody_the_seat(env: Env) -> None:
    full = FullParty(env)
    env.schedule.time_ms = full.gone_ms + SEAT_MS
    env.refuse(PartyNotFound, replace(full.join, invite_code="wrong"))
    assert full.present() == {"Ada", "Grace"}


def test_a_party_that_is_over_is_left_for_good(env: Env) -> None:
    party_id = env.party(ADA)
    env.join(GRACE, party_id)
    env(EndPartySessionCommand(actor=ADA, party_id=party_id))
    length = len(env.log(party_id))
    for _ in range(2):
        env(LeavePartySessionCommand(actor=GRACE, party_id=party_id))
    member = env.members.get(party_id, GRACE.user_id)
    assert member is not None
    assert not member.present
    assert len(env.log(party_id)) == length

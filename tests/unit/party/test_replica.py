"""A process's own copy of a party: kept by events, it is what a fresh reading would be."""

from __future__ import annotations

import json
import random
from uuid import UUID

import pytest

from partyapp.party.application.views import event_view
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import Control
from partyapp.party.infrastructure import mapping
from partyapp.party.live.replica import PartyReplica
from tests.support.party_objects import FILM_S, INVITE, T0, created, host_of


class Evening:
    """A party in which anything happens, and its members as a table would have them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.session = created(control=Control.EVERYONE)
        host = host_of(self.session)
        self.members: dict[UUID, PartyMember] = {host.user_id: host}
        self.at_ms = T0

    def happens(self) -> None:
        """One thing or none; every third of them concerns the members."""
        self.at_ms += self.chance.random() * 1000.0
        present = [member for member in self.members.values() if member.present]
        somebody = self.chance.choice(present)
        deed = self.chance.choice(("join", "leave", "transfer", "absent", *["control"] * 4, "finish"))
        if deed == "join":
            user_id = UUID(int=self.chance.randrange(1, 9))
            known = self.members.get(user_id)
            self.members[user_id] = self.session.join(user_id, "X", INVITE, known, self.at_ms)
        elif deed == "leave" and len(present) > 1:
            successor = next(member for member in present if member is not somebody)
            self.members[somebody.user_id] = self.session.leave(somebody, successor, self.at_ms)
        elif deed == "transfer":
            self.session.transfer_host(self.members[self.session.state.host_id], somebody, self.at_ms)
        elif deed == "absent":
            self.session.succeed_host(somebody, self.at_ms)
        elif deed == "finish":
            self.session.finish(self.at_ms + FILM_S * 1000.0)
        elif deed == "control":
            self.controls(somebody)

    def controls(self, somebody: PartyMember) -> None:
        self.session.control(
            self.chance.choice(list(PlaybackAction)),
            somebody,
            at_ms=self.at_ms,
            lead_ms=self.chance.random() * 1000.0,
            position_s=self.chance.choice((None, self.chance.random() * FILM_S)),
            rate=self.chance.choice((None, 1.1)),
            expected_revision=None,
        )

    @property
    def present(self) -> set[UUID]:
        return {user_id for user_id, member in self.members.items() if member.present}


@pytest.mark.parametrize("seed", range(20))
def test_a_copy_that_hears_every_event_is_the_party_itself(seed: int) -> None:
    evening = Evening(seed)
    copy = PartyReplica(evening.session.state, evening.present)
    heard = len(evening.session.events)
    for number in range(300):
        evening.happens()
        if number == 299:
            evening.session.abandon(evening.at_ms)
        before = copy.state
        for happening in evening.session.events[heard:]:
            # As it goes over the bus: through JSON.
            copy.apply(json.loads(json.dumps(event_view(mapping.recorded(happening)))))
        heard = len(evening.session.events)
        assert copy.state == evening.session.state
        assert copy.present == evening.present
        assert (copy.state == before) == (copy.state.revision == before.revision), "no change without one"
    assert copy.complete
    assert copy.state.revision > 100


def test_members_read_a_moment_after_the_state_come_right() -> None:
    evening = Evening(3)
    early, heard = evening.session.state, len(evening.session.events)
    for _ in range(100):
        evening.happens()
    copy = PartyReplica(early, evening.present)
    for happening in evening.session.events[heard:]:
        copy.apply(event_view(mapping.recorded(happening)))
    assert (copy.state, copy.present) == (evening.session.state, evening.present)


def test_only_the_next_event_is_taken_in() -> None:
    session = created()
    copy = PartyReplica(session.state, [session.state.host_id])
    session.succeed_host(session.join(UUID(int=2), "X", INVITE, None, T0), T0)
    first, second = (event_view(mapping.recorded(happening)) for happening in session.events[1:])
    copy.apply(second)
    assert copy.state.revision == 1
    copy.apply(first)
    copy.apply(first)
    assert (copy.state.revision, copy.state.member_count, len(copy.present)) == (2, 2, 2)
    copy.apply(second)
    assert copy.state == session.state


def test_a_commit_of_this_process_never_takes_the_copy_back() -> None:
    session = created()
    copy = PartyReplica(session.state, [session.state.host_id])
    session.abandon(T0)
    mine, fresh = session.state, SyncedPartySession.reconstitute(copy.state)
    copy.advance_to(mine)
    assert copy.state == mine
    copy.advance_to(fresh.state)
    copy.advance_to(mine)
    assert copy.state == mine


def test_only_who_is_present_is_a_member() -> None:
    session = created()
    copy = PartyReplica(session.state, [session.state.host_id])
    member = copy.member(session.state.host_id)
    assert member is not None
    assert (member.user_id, member.present) == (session.state.host_id, True)
    assert copy.member(UUID(int=7)) is None

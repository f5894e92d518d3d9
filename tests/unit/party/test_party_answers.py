"""What a join is answered with: the same from a reading afterwards and from what its commit has seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from partyapp.party.application.views import NOBODY_ONLINE, Online
from partyapp.party.controllers.party_answers import PartyAnswers
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.infrastructure.queries import PartyReading
from tests.support.party_objects import created, host_of, joined

HERE = {"online": True, "sync": None}


@dataclass
class Presences:
    """Who is connected, and how often that was asked for somebody alone."""

    found: Online = NOBODY_ONLINE
    own: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    asked: int = 0

    def online(self, party_id: UUID) -> Online:
        return self.found

    def presences_of(self, party_id: UUID, user_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
        self.asked += 1
        return self.own


@dataclass
class Reader:
    """Reads the one party."""

    reading: PartyReading

    def party(self, party_id: UUID, reader_id: UUID, online: Collection[UUID] | None = None) -> PartyReading:
        return self.reading


class Env:
    """A party of its host and a new member."""

    def __init__(self) -> None:
        session = created()
        host, self.member = host_of(session), joined(session)
        self.host_id, self.id = host.user_id, self.member.user_id
        self.reading = PartyReading(state=session.state, members=[host, self.member], reader_id=self.id)
        self.presences = Presences()
        self.answers = PartyAnswers(reader=Reader(self.reading), presences=self.presences)  # type: ignore[arg-type]

    def joined(self) -> dict[str, Any]:
        """The answer, which is the same both ways."""
        result = {"party_id": str(self.reading.state.id), "user_id": str(self.id)}
        answer = self.answers.joined_at(self.reading)
        assert answer == self.answers.joined(result)
        return answer


def test_of_what_was_seen_the_answer_is_that_of_a_reading() -> None:
    env = Env()
    answer = env.joined()
    assert answer["member"]["user_id"] == str(env.id)
    assert answer["party"]["revision"] == env.reading.state.revision
    assert [one["user_id"] for one in answer["party"]["members"]] == [str(env.host_id), str(env.id)]
    assert env.presences.asked == 0, "nobody is connected, so they aren't either"


def test_who_is_connected_beyond_those_listed_is_asked_for() -> None:
    env = Env()
    env.presences.found, env.presences.own = Online(2, {env.host_id: HERE}), {env.id: HERE}
    assert env.joined()["member"]["online"]
    assert env.presences.asked == 2
    env.presences.found = Online(1, {env.host_id: HERE})
    assert not env.joined()["member"]["online"]
    assert env.presences.asked == 2


def test_who_is_no_member_any_more_is_told_nothing() -> None:
    env = Env()
    gone = PartyReading(state=env.reading.state, members=[], reader_id=env.id)
    with pytest.raises(PartyNotFound):
        env.answers.joined_at(gone)

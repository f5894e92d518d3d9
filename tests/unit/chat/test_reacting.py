"""Who may react, by what a process knows of the party: as who may write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partyapp.chat.application.chat import Chat
from partyapp.chat.domain.errors import ChatDisabled, Muted
from partyapp.chat.domain.reaction import Reactions
from partyapp.party.domain.errors import NotAMember, NotGranted, PartyEnded
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.settings import PartySettings
from partyapp.party.domain.state import PartyStatus, Visibility
from partyapp.shared.kernel.errors import RateLimited, ValidationFailed
from tests.support.party_objects import T0, created, host_of, member_of, principal


class Room:
    """A party as a process knows it, and the reactions that it was shown."""

    def __init__(self) -> None:
        session = created()
        self.party, self.host = session.state, host_of(session)
        self.member: PartyMember | None = member_of(session)
        self.muted_until: float | None = None
        self.shown: list[Reactions] = []
        self.is_over_limit = False

    def known(self, party_id: Any, user_id: Any) -> Any:
        return self.party, (self.host if user_id == self.host.user_id else self.member)

    def muted_until_ms(self, party_id: Any, user_id: Any) -> float | None:
        return self.muted_until

    def react(self, party_id: Any, reactions: Reactions) -> None:
        self.shown.append(reactions)

    def now_ms(self) -> float:
        return T0

    def limit(self, user_id: Any) -> None:
        if self.is_over_limit:
            raise RateLimited(retry_after_s=1)

    def reacts(self, member: PartyMember | None, emoji: str = "🎉") -> None:
        ours: Any = self
        chat = Chat(
            store=ours, rooms=ours, reactions=ours, standing=ours, parties=ours, clock=ours,
            limit=self.limit, reaction_limit=self.limit,
        )  # fmt: skip
        chat.react(principal(user_id=member.user_id if member else None), self.party.id, emoji)


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_reaction_is_shown_with_who_it_came_from(room: Room) -> None:
    room.reacts(room.member)
    assert room.member is not None
    assert room.shown == [Reactions(counts={"🎉": 1}, by=[room.member.user_id])]


def test_nobody_reacts_where_the_chat_is_closed_or_the_party_has_ended(room: Room) -> None:
    room.party = replace(room.party, settings=PartySettings(chat_enabled=False))
    for who in (room.member, room.host):
        with pytest.raises(ChatDisabled):
            room.reacts(who)
    room.party = replace(room.party, status=PartyStatus.ENDED)
    with pytest.raises(PartyEnded):
        room.reacts(room.host)
    assert room.shown == []


def test_who_may_not_write_does_not_react_either(room: Room) -> None:
    room.muted_until = T0 + 1500
    with pytest.raises(Muted):
        room.reacts(room.member)
    room.muted_until = T0
    room.reacts(room.member)
    room.muted_until = T0 + 1500
    room.reacts(room.host)
    assert len(room.shown) == 2, "a mute ends, and is never of the host"
    room.muted_until = None
    room.party = replace(room.party, settings=PartySettings(default_grants=frozenset()))
    with pytest.raises(NotGranted):
        room.reacts(room.member)


def test_what_is_no_reaction_or_too_many_is_refused(room: Room) -> None:
    with pytest.raises(ValidationFailed):
        room.reacts(room.member, "🎉🎉")
    room.is_over_limit = True
    with pytest.raises(RateLimited):
        room.reacts(room.member)


def test_who_is_no_member_does_not_react(room: Room) -> None:
    room.party, stranger, room.member = replace(room.party, visibility=Visibility.PUBLIC), room.member, None
    with pytest.raises(NotAMember):
        room.reacts(stranger)
    assert room.shown == []

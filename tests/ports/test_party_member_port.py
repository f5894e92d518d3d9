"""What every keeper of memberships must do. Here on the fake; tests/integration runs it on Postgres."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

import pytest

from partyapp.party.application.ports import PartyMemberPort
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.shared.kernel.ids import new_id
from tests.support.fakes_party import InMemoryPartyMembers
from tests.support.party_objects import T0, created, member_of

#: Opens a transaction with its port.
OpenPort = Callable[[], AbstractContextManager[PartyMemberPort]]
ADA, BOB, CLEO, DAN = (UUID(int=number) for number in range(1, 5))


class PartyMemberPortSuite:
    """The suite. Whoever inherits it has the fixtures `place` and `party`, a party that is kept there."""

    def kept(
        self, place: OpenPort, party: SyncedPartySession, user_id: UUID, **changes: float
    ) -> PartyMember:
        member = member_of(party, user_id, **changes)
        with place() as members:
            members.add(member)
        return member

    def test_what_was_added_is_found_as_it_was(self, place: OpenPort, party: SyncedPartySession) -> None:
        member = member_of(party, ADA, display_name="Äda 🎬", joined_at_ms=T0 + 0.25)
        with place() as members:
            members.add(member)
        with place() as members:
            assert members.get(party.state.id, ADA) == member
            assert members.get(party.state.id, BOB) is None
            assert members.get(new_id(), ADA) is None

    def test_who_left_is_still_known(self, place: OpenPort, party: SyncedPartySession) -> None:
        member = self.kept(place, party, ADA)
        with place() as members:
            members.add(member.left(T0 + 7))
        with place() as members:
            found = members.get(party.state.id, ADA)
            assert found == member.left(T0 + 7)
            assert not found.present
            members.add(found.joined_again("Ada the Second", T0 + 9))
        with place() as members:
            back = members.get(party.state.id, ADA)
        assert back == member_of(party, ADA, display_name="Ada the Second", joined_at_ms=T0 + 9)

    @pytest.mark.parametrize(
        ("connected", "expected"),
        [
            ([], BOB),
            ([CLEO], CLEO),
            ([DAN, CLEO], CLEO),
            ([DAN], DAN),
            ([ADA], BOB),
            ([new_id()], BOB),
        ],
    )
    def test_the_successor_is_who_was_there_longest(
        self, place: OpenPort, party: SyncedPartySession, connected: list[UUID], expected: UUID
    ) -> None:
        self.kept(place, party, ADA, joined_at_ms=T0)
        # The same instant: then the smaller id.
        self.kept(place, party, CLEO, joined_at_ms=T0 + 1)
        self.kept(place, party, BOB, joined_at_ms=T0 + 1)
        self.kept(place, party, DAN, joined_at_ms=T0 + 2)
        with place() as members:
            found = members.successor(party.state.id, ADA, frozenset(connected))
        assert found is not None
        assert found.user_id == expected

    def test_nobody_follows_the_last_one(self, place: OpenPort, party: SyncedPartySession) -> None:
        self.kept(place, party, ADA)
        self.kept(place, party, BOB, left_at_ms=T0 + 1)
        with place() as members:
            assert members.successor(party.state.id, ADA, {BOB}) is None
            assert members.successor(new_id(), CLEO, set()) is None

    def test_the_longest_gone_is_who_was_seen_longest_ago(
        self, place: OpenPort, party: SyncedPartySession
    ) -> None:
        """Here by their joining, since none was ever seen."""
        self.kept(place, party, ADA, joined_at_ms=T0)
        self.kept(place, party, CLEO, joined_at_ms=T0 + 1)
        self.kept(place, party, BOB, joined_at_ms=T0 + 1)
        self.kept(place, party, DAN, joined_at_ms=T0 - 9, left_at_ms=T0 + 1)

        def longest(before_ms: float, *staying: UUID) -> UUID | None:
            with place() as members:
                found = members.longest_gone(party.state.id, before_ms, staying)
            return None if found is None else found.user_id

        assert longest(T0 + 1) == ADA
        assert longest(T0 + 1, ADA) == BOB
        assert longest(T0 + 1, ADA, BOB) == CLEO
        assert longest(T0 + 1, ADA, BOB, CLEO) is None
        assert longest(T0) == ADA
        assert longest(T0 - 1) is None


class TestInMemoryPartyMembers(PartyMemberPortSuite):
    @pytest.fixture
    def party(self) -> SyncedPartySession:
        return created()

    @pytest.fixture
    def place(self) -> OpenPort:
        members = InMemoryPartyMembers()

        @contextmanager
        def transaction() -> Iterator[PartyMemberPort]:
            yield members

        return transaction

"""What every keeper of parties must do. Here on the fake; tests/integration runs it on Postgres."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

import pytest

from partyapp.party.application.ports import Attendance, ConcurrentChange, PartySessionPort
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.domain.playback import HoldReason, PlaybackAction, PlaybackState, PlaybackStatus
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import Control, Visibility
from partyapp.shared.kernel.ids import new_id
from tests.support.fakes_party import InMemoryPartySessions
from tests.support.party_objects import FILM_S, T0, created, film, host_of, joined

#: Opens a transaction with its port.
OpenPort = Callable[[], AbstractContextManager[PartySessionPort]]
NEVER = 1e18


def playing(session: SyncedPartySession, position_s: float) -> SyncedPartySession:
    session.control(
        PlaybackAction.PLAY,
        host_of(session),
        at_ms=T0,
        lead_ms=0.0,
        position_s=position_s,
        rate=None,
        expected_revision=None,
    )
    return session


class PartySessionPortSuite:
    """The suite. Whoever inherits it has a fixture `place`, and `log_of` for a party's event types."""

    def log_of(self, place: OpenPort, party_id: UUID) -> list[tuple[int, str]]:
        raise NotImplementedError

    def kept(self, place: OpenPort, session: SyncedPartySession | None = None, **changes: Any) -> UUID:
        session = session or created(**changes)
        with place() as sessions:
            sessions.add(session)
        return session.state.id

    def test_what_was_added_is_found_as_it_was(self, place: OpenPort) -> None:
        session = created(
            title="Kino 🎬",
            visibility=Visibility.PUBLIC,
            control=Control.EVERYONE,
            max_members=9999,
            video=film(transcode_job={"id": str(new_id()), "state": "completed", "progress": 1.0}),
            created_at_ms=T0 + 0.123,
        )
        party_id = self.kept(place, session)
        with place() as sessions:
            found = sessions.get(party_id)
        assert found.state == session.state
        assert found.events == ()
        assert self.log_of(place, party_id) == [(1, "party_session_created")]

    def test_there_is_no_unknown_party(self, place: OpenPort) -> None:
        with place() as sessions, pytest.raises(PartyNotFound):
            sessions.get(new_id())

    def test_what_changed_is_saved_with_its_events(self, place: OpenPort) -> None:
        party_id = self.kept(place)
        with place() as sessions:
            session = sessions.get(party_id)
            grace = joined(session)
            playing(session, 12.345678901)
            session.transfer_host(host_of(session), grace, T0)
            sessions.save(session)
        with place() as sessions:
            found = sessions.get(party_id)
            assert found.state == session.state
            found.end(grace, grace.user_id, T0 + 0.5)
            sessions.save(found)
        with place() as sessions:
            assert sessions.get(party_id).state == found.state
        assert self.log_of(place, party_id) == [
            (1, "party_session_created"),
            (2, "member_joined"),
            (3, "playback_started"),
            (4, "host_transferred"),
            (5, "party_session_ended"),
        ]

    def test_two_who_load_the_same_change_nothing_of_each_other(self, place: OpenPort) -> None:
        party_id = self.kept(place)
        with place() as sessions:
            joined(sessions.get(party_id))
            assert sessions.get(party_id).state.revision == 1

    def test_who_is_slower_has_to_decide_again(self, place: OpenPort) -> None:
        party_id = self.kept(place)
        with place() as sessions:
            slow = sessions.get(party_id)
        with place() as sessions:
            fast = sessions.get(party_id)
            joined(fast)
            sessions.save(fast)
        joined(slow)
        with place() as sessions, pytest.raises(ConcurrentChange):
            sessions.save(slow)
        with place() as sessions:
            assert sessions.get(party_id).state == fast.state
        assert [revision for revision, _ in self.log_of(place, party_id)] == [1, 2]

    def test_films_that_ran_out_are_found_longest_ago_first(self, place: OpenPort) -> None:
        late = self.kept(place, playing(created(), FILM_S - 2.0))
        early = self.kept(place, playing(created(), FILM_S - 1.0))
        self.kept(place)
        over = playing(created(), FILM_S - 1.0)
        over.end(host_of(over), over.state.host_id, T0)
        self.kept(place, over)
        with place() as sessions:
            assert list(sessions.running_past_end(T0 + 999, 10)) == []
            assert list(sessions.running_past_end(T0 + 1000, 10)) == [early]
            assert list(sessions.running_past_end(T0 + 5000, 10)) == [early, late]
            assert list(sessions.running_past_end(T0 + 5000, 1)) == [early]

    def test_a_wait_that_is_over_is_found_too(self, place: OpenPort) -> None:
        party = playing(created(), 0.0)
        grace = joined(party)
        party.hold(HoldReason.MEMBERS, (grace.user_id,), at_ms=T0 + 9, lead_ms=0.0, limit_ms=3000.0)
        party_id = self.kept(place, party)
        with place() as sessions:
            assert list(sessions.running_past_end(T0 + 3008, 10)) == []
            assert list(sessions.running_past_end(T0 + 3009, 10)) == [party_id]

    def test_a_film_that_was_finished_is_not_found_again(self, place: OpenPort) -> None:
        party_id = self.kept(place, playing(created(), FILM_S - 1.0))
        with place() as sessions:
            session = sessions.get(party_id)
            assert session.finish(T0 + 2000)
            sessions.save(session)
        with place() as sessions:
            assert list(sessions.running_past_end(NEVER, 10)) == []
            assert sessions.get(party_id).state.playback == PlaybackState(
                status=PlaybackStatus.STOPPED, position_s=FILM_S, at_ms=T0 + 1000, revision=3
            )

    def test_a_new_party_is_looked_after_a_minute_later(self, place: OpenPort) -> None:
        first = self.kept(place)
        second = self.kept(place, created(created_at_ms=T0 + 1))
        over = created()
        over.abandon(T0)
        self.kept(place, over)
        with place() as sessions:
            assert list(sessions.unattended(T0 + 59_999, 10)) == []
            assert list(sessions.unattended(T0 + 60_000, 10)) == [first]
            assert list(sessions.unattended(NEVER, 10)) == [first, second]
            assert list(sessions.unattended(NEVER, 1)) == [first]

    def test_who_was_looked_after_is_left_in_peace(self, place: OpenPort) -> None:
        party_id = self.kept(place)
        with place() as sessions:
            found = sessions.attendance(party_id)
            assert found == Attendance(attended_until_ms=T0 + 60_000, empty_since_ms=None, visited=False)
            sessions.schedule_upkeep(party_id, T0 + 90_000, T0 + 5, visited=False)
        with place() as sessions:
            assert list(sessions.unattended(T0 + 89_999, 10)) == []
            assert list(sessions.unattended(T0 + 90_000, 10)) == [party_id]
            found = sessions.attendance(party_id)
            assert found == Attendance(attended_until_ms=T0 + 90_000, empty_since_ms=T0 + 5, visited=False)
            sessions.schedule_upkeep(party_id, T0 + 95_000, None, visited=True)
            sessions.schedule_upkeep(party_id, T0 + 96_000, None, visited=False)
            found = sessions.attendance(party_id)
            assert found == Attendance(attended_until_ms=T0 + 96_000, empty_since_ms=None, visited=True)
            assert sessions.get(party_id).state.revision == 1, "to be looked after is no event"

    def test_active_parties_are_counted_by_their_host(self, place: OpenPort) -> None:
        ours, other = created(), created()
        over = created(host_id=ours.state.host_id)
        over.abandon(T0)
        for session in (ours, other, over, created(host_id=ours.state.host_id)):
            self.kept(place, session)
        with place() as sessions:
            assert sessions.hosted_by(ours.state.host_id) == 2
            assert sessions.hosted_by(other.state.host_id) == 1
            assert sessions.hosted_by(new_id()) == 0


class TestInMemoryPartySessions(PartySessionPortSuite):
    @pytest.fixture
    def place(self) -> OpenPort:
        self.sessions = InMemoryPartySessions()

        @contextmanager
        def transaction() -> Iterator[PartySessionPort]:
            yield self.sessions

        return transaction

    def log_of(self, place: OpenPort, party_id: UUID) -> list[tuple[int, str]]:
        return [(event.revision, event.type) for event in self.sessions.events[party_id]]

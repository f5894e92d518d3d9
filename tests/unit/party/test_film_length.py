"""The length of a film is its file's: whose word for it counts, and what follows from it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from partyapp.party.domain.errors import PartyEnded, PartyNotFound
from partyapp.party.domain.film_length import (
    BY_HOST,
    BY_MEMBERS,
    SAME_S,
    DurationNews,
    duration_news,
    is_agreed,
    is_news,
)
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackAction, PlaybackState, PlaybackStatus
from partyapp.party.domain.playback_events import VideoDurationKnown
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import PartyStatus
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_state import DURATION_PAUSE_MS, RoomState
from partyapp.shared.kernel.ids import new_id
from tests.support.party_objects import T0, created, film, host_of, member_of, state

PLAYING = PlaybackStatus.PLAYING


def party(duration_s: float | None, by: str | None = None, **playback: Any) -> SyncedPartySession:
    """A party that plays from the start on, at T0."""
    found = {"status": PLAYING, "position_s": 0.0, "at_ms": T0, "revision": 1, **playback}
    video = film(duration_s=duration_s, duration_by=by)
    return SyncedPartySession.reconstitute(
        state(video=video, playback=PlaybackState(**found), revision=1, member_count=2)
    )


def known(session: SyncedPartySession, actor: PartyMember, duration_s: float, agreed: bool = False) -> bool:
    return session.know_duration(actor, session.state.video.id, duration_s, agreed, T0)


def somebody(session: SyncedPartySession) -> PartyMember:
    return member_of(session, new_id())


def test_the_hosts_player_is_believed() -> None:
    session = party(90.0)
    assert known(session, host_of(session), 120.5)
    (event,) = session.events
    assert isinstance(event, VideoDurationKnown)
    assert event.actor_id == session.state.host_id
    video_id = str(session.state.video.id)
    assert event.data() == {"video_id": video_id, "duration_s": 120.5, "was_s": 90.0, "by": BY_HOST}
    assert (session.state.video.duration_s, session.state.video.duration_by) == (120.5, BY_HOST)
    assert session.state.revision == 2
    assert not known(session, host_of(session), 120.5 + SAME_S), "which is the same"


def test_a_single_member_cannot_cut_the_film_short() -> None:
    for length in (90.0, None):
        session = party(length)
        assert not known(session, somebody(session), 1.0)
        assert (session.state.video.duration_s, session.events) == (length, ())


def test_members_who_agree_are_believed_until_the_host_says_something() -> None:
    session = party(None)
    assert known(session, somebody(session), 120.0, agreed=True)
    assert session.state.video.duration_by == BY_MEMBERS
    assert known(session, host_of(session), 90.0)
    assert not known(session, somebody(session), 120.0, agreed=True)
    assert session.state.video.duration_s == 90.0


def test_nothing_is_taken_for_another_film_from_a_stranger_or_after_the_end() -> None:
    session = party(90.0)
    assert not session.know_duration(host_of(session), new_id(), 120.0, True, T0)
    with pytest.raises(PartyNotFound):
        known(session, None, 120.0)  # type: ignore[arg-type]
    ended = SyncedPartySession.reconstitute(state(status=PartyStatus.ENDED, video=film()))
    with pytest.raises(PartyEnded):
        known(ended, host_of(ended), 120.0)


def test_typed_too_short_the_end_of_the_file_can_be_reached() -> None:
    session = party(30.0)
    assert session.finish(T0 + 31_000)
    assert known(session, host_of(session), 90.0)
    control(session, PlaybackAction.PLAY, T0 + 32_000)
    assert session.state.playback.position_s == 30.0, "it goes on where it was cut"
    assert session.state.playback.ends_at_ms(90.0) == T0 + 32_000 + 60_000


def test_typed_too_long_it_ends_where_the_file_ends() -> None:
    session = party(300.0)
    assert not session.finish(T0 + 91_000)
    assert known(session, host_of(session), 90.0)
    assert session.finish(T0 + 91_000)
    assert (session.state.playback.position_s, session.state.playback.at_ms) == (90.0, T0 + 90_000)


def test_without_a_known_length_nothing_is_clamped_and_nothing_finishes() -> None:
    session = party(None)
    assert not session.finish(T0 + 1e9)
    assert session.state.playback.position_at(T0 + 1e9, None) == 1e6
    control(session, PlaybackAction.SEEK, T0, position_s=5e6)
    assert session.state.playback.position_s == 5e6
    control(session, PlaybackAction.PLAY, T0)
    assert session.state.playback.position_s == 5e6, "that is no end to start over from"


def control(session: SyncedPartySession, action: PlaybackAction, at_ms: float, **how: Any) -> None:
    wish = {"position_s": None, "rate": None, "expected_revision": None, **how}
    session.control(action, host_of(session), at_ms=at_ms, lead_ms=0.0, **wish)


@pytest.mark.parametrize(
    ("reports", "agreed"),
    [
        ([120.0], False),
        ([120.0, 120.1], True),
        ([120.0, 90.0], False),
        ([120.0, 120.0, 90.0], True),
        ([120.0, 120.0, 90.0, 90.0], False),
        ([120.0, 120.0, 90.0, 91.0, 92.0], False),
    ],
)
def test_two_have_to_agree_and_most_of_those_who_say_anything(reports: list[float], agreed: bool) -> None:
    assert is_agreed(120.0, {UUID(int=number): length for number, length in enumerate(reports)}) is agreed


def test_what_is_news() -> None:
    assert is_news(90.0, None)
    assert not is_news(90.0, 90.0 + SAME_S)
    assert is_news(90.0, 90.0 + SAME_S * 1.01)


def room(duration_s: float | None, reports: dict[UUID, float]) -> RoomState:
    """A room in which these members' players tell these lengths."""
    session = created(video=film(duration_s=duration_s))
    found = RoomState(PartyReplica(session.state, [host_of(session)]))
    for user_id, length in reports.items():
        sync, connection = MemberSyncState(), object()
        sync.tell_duration(length, session.state.video.id)
        found.sync_states[connection] = (user_id, sync)  # type: ignore[index]
    return found


def test_a_room_hands_on_what_may_count_and_not_twice_in_a_row() -> None:
    ada, bob = new_id(), new_id()
    alone = room(90.0, {ada: 120.0})
    assert alone.duration_news(ada, 120.0, T0) is None
    host_id, video_id = alone.replica.state.host_id, alone.replica.state.video.id
    assert alone.duration_news(host_id, 120.0, T0) == DurationNews(video_id, 120.0, agreed=False)
    assert alone.duration_news(host_id, 120.0, T0 + DURATION_PAUSE_MS - 1) is None
    assert alone.duration_news(host_id, 120.0, T0 + DURATION_PAUSE_MS) is not None
    both = room(90.0, {ada: 120.0, bob: 120.1})
    assert both.duration_news(ada, 120.0, T0) == DurationNews(both.replica.state.video.id, 120.0, agreed=True)
    assert both.duration_news(ada, 90.0, T0 + 1e6) is None, "no news"


def test_the_word_of_who_follows_by_requests_counts_in_the_room() -> None:
    ada, bob, eve = new_id(), new_id(), new_id()
    found = room(90.0, {ada: 120.0})
    found.rest_durations = {bob: 120.1}
    assert found.duration_news(ada, 120.0, T0) is not None
    divided = room(90.0, {ada: 120.0, bob: 120.0})
    divided.rest_durations = {eve: 1.0, new_id(): 1.0}
    assert divided.duration_news(ada, 120.0, T0) is None, "not most of them"


def test_what_everybody_tells_is_gathered_for_news_alone() -> None:
    state, asked = party(90.0).state, list[str]()

    def reports() -> dict[UUID, float]:
        asked.append("once")
        return {state.host_id: 120.0}

    assert duration_news(state, state.host_id, 90.0 + SAME_S, reports) is None
    assert asked == []
    assert duration_news(state, state.host_id, 120.0, reports) is not None
    assert asked == ["once"]

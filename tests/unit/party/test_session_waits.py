"""A party that waits: it stands still where it is, goes on by the lead, and remembers for whom it waited."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from partyapp.party.domain.playback import HoldReason, NextVideo, PlaybackAction, PlaybackStatus
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import MemberWait, PartyStatus
from tests.support.party_objects import T0, created, film, host_of, joined

LIMIT_MS = 15_000.0


def control(session: SyncedPartySession, action: PlaybackAction, at_ms: float, **changes: Any) -> None:
    plain = {"lead_ms": 100.0, "position_s": None, "rate": None, "expected_revision": None, **changes}
    session.control(action, host_of(session), at_ms=at_ms, **plain)


def held(session: SyncedPartySession, at_ms: float) -> Any:
    grace = joined(session)
    control(session, PlaybackAction.PLAY, T0)
    assert session.hold(HoldReason.MEMBERS, (grace.user_id,), at_ms=at_ms, lead_ms=100.0, limit_ms=LIMIT_MS)
    return grace.user_id


def test_it_stands_still_a_lead_later_where_it_is_then_and_goes_on_from_there() -> None:
    session = created()
    grace = held(session, T0 + 5000)
    playback = session.state.playback
    assert (playback.status, playback.at_ms, playback.position_s) == (PlaybackStatus.PAUSED, T0 + 5100, 5.0)
    assert playback.held is not None
    assert (playback.held.waits_for, playback.held.until_ms) == ((grace,), T0 + 5100 + LIMIT_MS)
    assert playback.due_ms(600.0) == playback.held.until_ms
    assert not session.hold(HoldReason.MEMBERS, (grace,), at_ms=T0 + 6000, lead_ms=1.0, limit_ms=1.0)
    assert session.resume("ready", (), at_ms=T0 + 8000, lead_ms=100.0)
    playback = session.state.playback
    assert (playback.status, playback.at_ms, playback.position_s, playback.held) == (
        PlaybackStatus.PLAYING, T0 + 8100, 5.0, None,
    )  # fmt: skip
    assert session.state.waits == (MemberWait(user_id=grace, since_ms=T0 + 5100, until_ms=T0 + 8000),)
    assert not session.resume("ready", (), at_ms=T0 + 9000, lead_ms=100.0)


def test_a_party_that_does_not_play_waits_for_nobody() -> None:
    session = created()
    assert not session.hold(HoldReason.MEMBERS, (), at_ms=T0, lead_ms=1.0, limit_ms=1.0)


@pytest.mark.parametrize(
    ("action", "status"),
    [
        (PlaybackAction.PLAY, PlaybackStatus.PLAYING),
        (PlaybackAction.PAUSE, PlaybackStatus.PAUSED),
        (PlaybackAction.SEEK, PlaybackStatus.PLAYING),
    ],
)
def test_a_press_does_what_it_says_and_ends_the_wait(action: PlaybackAction, status: PlaybackStatus) -> None:
    session = created()
    grace = held(session, T0 + 5000)
    control(session, action, T0 + 7000, position_s=50.0 if action is PlaybackAction.SEEK else None)
    playback = session.state.playback
    assert (playback.held, playback.status) == (None, status)
    assert playback.position_s == (50.0 if action is PlaybackAction.SEEK else 5.0)
    assert session.state.waits == (MemberWait(user_id=grace, since_ms=T0 + 5100, until_ms=T0 + 7000),)


def test_another_film_ends_it_too_and_old_waits_are_forgotten() -> None:
    session = created()
    grace = held(session, T0 + 5000)
    host = host_of(session)
    session.change_video(host, film(duration_s=None), play=True, at_ms=T0 + 6000, lead_ms=100.0)
    assert session.state.playback.held is None
    assert session.state.playback.status is PlaybackStatus.PLAYING
    later = T0 + 700_000
    session.hold(HoldReason.MEMBERS, (grace,), at_ms=later, lead_ms=0.0, limit_ms=LIMIT_MS)
    session.resume("limit", (grace,), at_ms=later + LIMIT_MS, lead_ms=0.0)
    assert [wait.since_ms for wait in session.state.waits] == [later]


def test_an_ended_party_waits_for_nobody_and_no_film_follows() -> None:
    session = created()
    held(session, T0 + 5000)
    session.close(T0 + 6000)
    assert (session.state.status, session.state.playback.held) == (PartyStatus.ENDED, None)
    session = created()
    control(session, PlaybackAction.PLAY, T0)
    following = NextVideo(item_id=UUID(int=1), video_id=UUID(int=2), at_ms=T0 + 1e7)
    assert session.finish(T0 + 9e6, following)
    session.close(T0 + 9e6)
    assert session.state.playback.next_video is None

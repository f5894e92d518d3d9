"""Commands that follow each other within one lead: what is in force when, and that nobody has to jump."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.party.domain.playback import LONGEST_LEAD_MS, PlaybackAction, PlaybackState, PlaybackStatus
from partyapp.party.domain.timeline import MOST_KEPT, PlaybackTimeline
from tests.golden.record_timeline import GOLDEN_FILE, Known, Wish, decided, encoded
from tests.support.examples import examples
from tests.support.party_objects import FILM_S, T0, created, host_of

PLAY, PAUSE, SEEK = PlaybackAction.PLAY, PlaybackAction.PAUSE, PlaybackAction.SEEK


def test_the_golden_vectors_are_what_the_code_makes() -> None:
    assert GOLDEN_FILE.read_text(encoding="utf-8") == encoded(), (
        "tests/golden/timeline.json is stale: python -m tests.golden.record_timeline"
    )


def timeline_of(known: Known) -> PlaybackTimeline:
    found = PlaybackTimeline()
    for playback, at_ms in known:
        found = found.with_playback(playback, at_ms)
    return found


def scheduled(revision: int, at_ms: float) -> PlaybackState:
    return PlaybackState(status=PlaybackStatus.PAUSED, at_ms=T0 + at_ms, revision=revision)


def revisions(timeline: PlaybackTimeline) -> list[int]:
    return [one.revision for one in timeline.playbacks]


@settings(max_examples=examples(200))
@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 900.0), st.floats(0.0, LONGEST_LEAD_MS), st.sampled_from([PLAY, PAUSE]),
            st.sampled_from([None, 0.5, 1.5]),
        ),
        min_size=1,
        max_size=12,
    )
)  # fmt: skip
def test_who_follows_never_jumps(steps: list[tuple[float, float, PlaybackAction, float | None]]) -> None:
    """Plays and pauses that name no position move nobody, whatever the leads and however soon they come."""
    wishes: list[Wish] = [(-60_000.0, 100.0, PLAY, 10.0, None)]
    now_ms = 0.0
    for after_ms, lead_ms, action, rate in steps:
        now_ms += after_ms
        wishes.append((now_ms, lead_ms, action, None, rate))
    known = decided(wishes)
    timeline = timeline_of(known[:1])
    for playback, at_ms in known[1:]:
        before = timeline.in_force_at(playback.at_ms)
        timeline = timeline.with_playback(playback, at_ms)
        assert before is not None
        assert playback.position_s == pytest.approx(before.position_at(playback.at_ms, FILM_S), abs=1e-6)
        assert timeline.in_force_at(playback.at_ms) == playback


def test_a_command_waits_for_one_that_was_scheduled_with_a_longer_lead() -> None:
    (first, _), (second, _) = decided([(0, 1000, PLAY, 5.0, None), (100, 80, PAUSE, None, None)])
    assert (first.at_ms, second.at_ms) == (T0 + 1000, T0 + 1000)
    assert second.position_s == 5.0


def test_nobody_waits_for_what_is_scheduled_further_ahead_than_any_lead() -> None:
    (_, _), (second, _) = decided([(0, 5000, PLAY, 5.0, None), (100, 80, PAUSE, None, None)])
    assert second.at_ms == T0 + 180


def test_the_lead_of_the_event_is_the_rooms() -> None:
    session = created()
    for at_ms, lead_ms in ((0.0, 1000.0), (100.0, 80.0)):
        session.control(
            PLAY, host_of(session), at_ms=T0 + at_ms, lead_ms=lead_ms, position_s=None, rate=None,
            expected_revision=None,
        )  # fmt: skip
    assert session.state.lead_ms == 80.0


def test_a_newer_revision_takes_the_place_of_what_begins_at_its_instant_or_later() -> None:
    known = [(scheduled(1, -5.0), T0), (scheduled(2, 500.0), T0), (scheduled(3, 600.0), T0)]
    assert revisions(timeline_of([*known, (scheduled(4, 600.0), T0)])) == [1, 2, 4]
    assert revisions(timeline_of([*known, (scheduled(4, 10.0), T0)])) == [1, 4]


def test_one_that_comes_late_takes_its_place() -> None:
    late = [(scheduled(1, -5.0), T0), (scheduled(3, 600.0), T0), (scheduled(2, 500.0), T0)]
    assert revisions(timeline_of(late)) == [1, 2, 3]
    assert revisions(timeline_of([*late[:2], (scheduled(2, 700.0), T0)])) == [1, 3], "it never begins"
    assert revisions(timeline_of([*late, late[2]])) == [1, 2, 3]


def test_what_is_over_is_forgotten_and_a_flood_too() -> None:
    known = [(scheduled(number, number * 10.0), T0) for number in range(1, 8)]
    assert revisions(timeline_of([*known, (scheduled(8, 900.0), T0 + 55.0)])) == [5, 6, 7, 8]
    flood = [(scheduled(number, number), T0 - 1e6) for number in range(1, 100)]
    assert len(timeline_of(flood).playbacks) == MOST_KEPT


def test_before_the_first_nothing_is_in_force() -> None:
    assert PlaybackTimeline().in_force_at(T0) is None
    assert timeline_of([(scheduled(1, 10.0), T0)]).in_force_at(T0) is None

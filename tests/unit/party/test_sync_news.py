"""Which change of a member's sync others are to hear at once, in a small party and in a large one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partyapp.party.live.member_sync import MemberSyncState, worth_publishing
from tests.support.party_objects import T0

_MS = st.none() | st.integers(0, 120).map(float)


def sync_state(drift_ms: float | None, bound_ms: float | None) -> MemberSyncState:
    found = MemberSyncState()
    found.drift_ms, found.bound_ms = drift_ms, bound_ms
    return found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"drift_ms": 14.0}, False),
        ({"drift_ms": 16.0}, True),
        ({"rtt_ms": None}, True),
        ({"verdict": "likely"}, True),
        ({"state": "paused"}, True),
    ],
)
def test_what_is_worth_publishing(changes: dict[str, Any], expected: bool) -> None:
    old = {"offset_bound_ms": 5.0, "drift_ms": 5.0, "rtt_ms": 50.0, "state": "playing", "verdict": "in_sync"}
    assert worth_publishing(old, {**old, **changes}) is expected
    assert worth_publishing(None, old)
    assert not worth_publishing(None, None)


@pytest.mark.parametrize(
    ("changes", "few", "many"),
    [
        # Each of a hundred members' would go to thousands, and make round trips longer.
        ({"rtt_ms": 90.0}, True, False),
        ({"bound_ms": 30.0}, True, False),
        ({"drift_ms": 21.0}, True, False),
        ({"drift_ms": 2.0, "bound_ms": 6.0, "rtt_ms": 6.0}, False, False),
        ({"drift_ms": 101.0}, True, True),
        ({"drift_ms": -101.0}, True, True),
        ({"drift_ms": 79.0}, True, True),
        ({"bound_ms": 90.0}, True, True),
        ({"state": "buffering"}, True, True),
    ],
    ids=str,
)
def test_many_are_told_at_once_of_what_a_viewer_sees_and_of_no_clock(
    changes: dict[str, Any], few: bool, many: bool
) -> None:
    told, now = sync_state(1.0, 5.0), sync_state(1.0, 5.0)
    for state in (told, now):
        state.active_ms, state.rtt_ms, state.state = T0, 5.0, "playing"
    for name, value in changes.items():
        setattr(now, name, value)
    assert worth_publishing(told.sync(T0), now.sync(T0)) == few
    assert worth_publishing(told.sync(T0), now.sync(T0), to_many=True) == many


@given(_MS, _MS, _MS, _MS, _MS, _MS, st.sampled_from(["playing", "paused"]), st.booleans())
def test_news_is_what_is_worth_publishing(
    old_drift: float | None, old_bound: float | None, old_rtt: float | None,
    drift: float | None, bound: float | None, rtt: float | None, state: str, silent: bool,
) -> None:  # fmt: skip
    told, now = sync_state(old_drift, old_bound), sync_state(drift, bound)
    told.rtt_ms, now.rtt_ms, told.state, now.state = old_rtt, rtt, "playing", state
    told.active_ms, now.active_ms = T0, -T0 if silent else T0
    for old in (told.sync(T0), None):
        for to_many in (False, True):
            assert now.is_news_beside(old, T0, to_many=to_many) == worth_publishing(
                old, now.sync(T0), to_many=to_many
            )

"""A drift that anybody may hear of is a finite number, wherever a hostile player says it is."""

from __future__ import annotations

import json
import sys

import pytest

from partyapp.party.domain.playback import MOST_DRIFT_MS, PlaybackState, drift_ms
from partyapp.party.domain.timeline import PlaybackTimeline
from partyapp.party.live.member_sync import MemberSyncState


@pytest.mark.parametrize("position_s", [sys.float_info.max, 1e300, 1e12])
def test_it_ends_at_the_most(position_s: float) -> None:
    assert drift_ms(position_s, 0.0) == MOST_DRIFT_MS
    assert drift_ms(0.0, position_s) == -MOST_DRIFT_MS


def test_within_that_it_is_the_distance() -> None:
    assert drift_ms(10.25, 10.0) == 250.0
    assert drift_ms(9.0, 10.0) == -1000.0


def test_what_is_told_of_a_member_is_json() -> None:
    pulse = MemberSyncState()
    pulse.status(sys.float_info.max, "playing", 1000.0, PlaybackTimeline((PlaybackState(),)), 600.0)
    assert "Infinity" not in json.dumps(pulse.sync(1000.0))

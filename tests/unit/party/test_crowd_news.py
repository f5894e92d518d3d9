"""What of a large party's syncs is told at once and what at fixed times, however restless its clocks are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from partyapp.party.application.views import LISTED
from partyapp.party.live.presence import REFRESH_MS
from partyapp.party.live.small_changes import PARTS, REPEAT_LARGE_AFTER_MS
from tests.support.crowd import IN_SYNC, OUT, Crowd, heard_of, user


@pytest.mark.parametrize(("size", "told"), [(LISTED, 1), (LISTED + 1, 0)])
def test_a_round_trip_that_grows_is_told_to_few_at_once(size: int, told: int) -> None:
    crowd = Crowd(size)
    sync = crowd.room_or_first(user(1)).state.sync_states[crowd.enter(user(1))][1]
    sync.bound_ms, sync.drift_ms, sync.rtt_ms = 1.0, 2.0, 5.0
    crowd.seconds(4)
    sync.rtt_ms = 60.0
    assert len(crowd.room.state.news(crowd.clock.now_ms() + 1000)) == told
    assert crowd.room.state.is_news(user(1), sync, crowd.clock.now_ms()) is False


def test_small_changes_of_many_are_told_seldom_and_great_ones_at_once() -> None:
    crowd = Crowd(10_000)
    crowd.enter(user(1))
    crowd.elsewhere({user(2): IN_SYNC})
    crowd.seconds(2)
    line = crowd.enter(user(3))
    crowd.seconds(2)

    def seconds_until_told(sync: Mapping[str, Any]) -> int:
        line.messages.clear()
        crowd.elsewhere({user(2): sync})
        for second in range(100):
            crowd.seconds(1)
            if user(2) in heard_of(line):
                return second
        raise AssertionError("it was never told")

    assert 10 < seconds_until_told({**IN_SYNC, "drift_ms": 2.1}) <= REPEAT_LARGE_AFTER_MS / 1000 + 2
    assert seconds_until_told(OUT) <= 2


def test_clocks_that_are_never_still_are_told_once_in_eighty_seconds() -> None:
    """On a busy machine everybody's bound and round trip are others with each look."""
    crowd = Crowd(10_000)
    crowd.enter(user(1))
    others = [user(number) for number in range(2, 90)]
    crowd.elsewhere(dict.fromkeys(others, IN_SYNC))
    crowd.seconds(3)
    line = crowd.enter(user(9000))
    crowd.seconds(20)
    line.messages.clear()
    for step in range(240):
        noise = {
            "rtt_ms": 20.0 * step,
            "offset_bound_ms": 1.0 + 40 * (step % 3),
            "drift_ms": 1.5 * (step % 8),
        }
        crowd.elsewhere({one: {**IN_SYNC, **noise} for one in others})
        crowd.seconds(1)
    told = Counter(one["user_id"] for message in line.of("presence") for one in message["members"])
    assert told == {str(one): 3 for one in others}
    sizes = [len(message["members"]) for message in line.of("presence")]
    assert max(sizes) <= len(others) / PARTS + 1, "never all at once"


def test_news_of_a_crowd_puts_off_no_refresh_and_hurries_none() -> None:
    crowd = Crowd(10_000)
    crowd.enter(user(1))
    refreshed = set[float]()
    for step in range(100):
        crowd.elsewhere({user(2): IN_SYNC if step % 4 < 2 else OUT})
        crowd.seconds(1)
        refreshed.add(crowd.room.state.written_ms)
    pauses = [later - earlier for earlier, later in pairwise(sorted(refreshed - {0.0}))]
    assert len(pauses) >= 3
    assert all(REFRESH_MS <= pause <= REFRESH_MS + 2000 for pause in pauses)

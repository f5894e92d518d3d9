"""Who may have how many requests under way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from partyapp.webhook.application.lanes import SLOW_TURNS, Lanes
from partyapp.webhook.application.turns import TurnResult
from partyapp.webhook.domain.message import Answer
from partyapp.webhook.domain.stream import ClaimedStream
from tests.support.fakes_webhook import endpoint

NOW = 1000.0


def ended(endpoint_id: UUID, **facts: Any) -> TurnResult:
    stream = ClaimedStream(endpoint_id=endpoint_id, party_id=endpoint_id, fence=1, cursor=0, until=1)
    return TurnResult(**{"stream": stream, "began_ms": 1.0, "cursor": 1, "delivered": 1, **facts})


def is_quick(lanes: Lanes, endpoint_id: UUID) -> None:
    lanes.end(ended(endpoint_id), was_fast=lanes.begin(endpoint_id))


def begin(lanes: Lanes, found: Sequence[Any]) -> dict[UUID, int]:
    wanted = lanes.wanted(found, NOW)
    for endpoint_id, count in wanted.items():
        for _ in range(count):
            lanes.begin(endpoint_id)
    return wanted


def test_an_unknown_endpoint_begins_with_few() -> None:
    lanes, one = Lanes(32), endpoint()
    assert begin(lanes, [one]) == {one.id: SLOW_TURNS}
    assert begin(lanes, [one]) == {}


def test_a_quick_one_gets_most_of_the_fast_lane_but_not_all() -> None:
    lanes, one, other = Lanes(32), endpoint(), endpoint()
    is_quick(lanes, one.id)
    assert begin(lanes, [one]) == {one.id: 48}
    is_quick(lanes, other.id)
    assert begin(lanes, [one, other]) == {other.id: 8}


def test_whoever_fails_or_is_slow_leaves_the_fast_lane() -> None:
    for facts in ({"failure": Answer(status=500)}, {"slowest_ms": 5000.0}):
        lanes, one = Lanes(32), endpoint()
        is_quick(lanes, one.id)
        assert lanes.is_fast(one.id)
        lanes.end(ended(one.id, **facts), was_fast=lanes.begin(one.id))
        assert not lanes.is_fast(one.id)
        assert lanes.wanted([one], NOW) == {one.id: SLOW_TURNS}


def test_slow_ones_share_their_lane_and_take_nothing_of_the_fast_one() -> None:
    lanes, quick = Lanes(32), endpoint()
    is_quick(lanes, quick.id)
    slow = [endpoint() for _ in range(20)]
    wanted = begin(lanes, slow)
    assert sum(wanted.values()) == lanes.slow_width == 8
    assert begin(lanes, [*slow, quick]) == {quick.id: 48}


def test_slow_ones_take_turns() -> None:
    lanes, slow, seen = Lanes(8), [endpoint() for _ in range(6)], []
    for _ in range(6):
        for endpoint_id, count in begin(lanes, slow).items():
            seen.append(endpoint_id)
            for _ in range(count):
                lanes.gone(endpoint_id, was_fast=False)
    assert sorted(seen) == sorted(found.id for found in slow)


def test_whoever_is_down_is_asked_once_when_it_is_time() -> None:
    lanes = Lanes(32)
    down = endpoint(failures=9, not_before_ms=NOW)
    assert lanes.wanted([down, endpoint(failures=9, not_before_ms=NOW + 1)], NOW) == {down.id: 1}
    assert lanes.wanted([endpoint(disabled="gone")], NOW) == {}


def test_a_turn_of_which_nothing_is_known_frees_its_place() -> None:
    lanes, one = Lanes(32), endpoint()
    begin(lanes, [one])
    lanes.gone(one.id, was_fast=False)
    assert lanes.wanted([one], NOW) == {one.id: 1}

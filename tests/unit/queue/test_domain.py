"""The order in which queued films play, and places between others."""

from __future__ import annotations

import pytest

from partyapp.party.contract import QueueMode
from partyapp.queue.domain import QueueItem, in_order, place_before
from partyapp.shared.kernel.ids import new_id

ADA, GRACE = new_id(), new_id()


def item(position: float, added_at_ms: float = 0.0, *voters: object) -> QueueItem:
    found = frozenset(voter for voter in (ADA, GRACE) if voter in voters)
    return QueueItem(
        id=new_id(),
        video_id=new_id(),
        added_by=ADA,
        added_at_ms=added_at_ms,
        position=position,
        voters=found,
    )


def test_by_hand_or_by_votes_and_then_by_age() -> None:
    old, liked, young = item(3.0, 1.0), item(1.0, 3.0, ADA), item(2.0, 2.0)
    items = [young, old, liked]
    assert in_order(items, QueueMode.ORDER) == [liked, young, old]
    assert in_order(items, QueueMode.VOTES) == [liked, old, young]
    most = item(9.0, 9.0, ADA, GRACE)
    assert in_order([*items, most], QueueMode.VOTES)[0] is most


@pytest.mark.parametrize("mode", QueueMode)
def test_what_is_announced_plays_first_whatever_is_moved_or_voted_for(mode: QueueMode) -> None:
    announced, before = item(2.0, 2.0), item(1.0, 1.0, ADA)
    assert in_order([before, announced], mode, announced.id) == [announced, before]
    assert in_order([before, announced], mode, new_id()) == [before, announced]


def test_a_place_is_just_before_another_or_last() -> None:
    first, second = item(1.0), item(2.0)
    assert place_before([], None) == 0.0
    assert place_before([first, second], None) == 3.0
    assert place_before([first, second], first.id) == 0.0
    assert place_before([first, second], second.id) == 1.5
    with pytest.raises(KeyError):
        place_before([first], new_id())


def test_where_no_number_is_left_there_is_no_place() -> None:
    first, second = item(1.0), item(1.0 + 2**-52)
    assert place_before([first, second], second.id) is None

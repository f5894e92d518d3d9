"""When what has changed little is told: in a large party each member in a turn of its own, at fixed times."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from partyapp.party.live.small_changes import (
    PARTS,
    REPEAT_AFTER_MS,
    REPEAT_LARGE_AFTER_MS,
    TURN_MS,
    SmallChanges,
    Turns,
    part_of,
)
from partyapp.shared.kernel.ids import new_id
from tests.support.party_objects import T0

ALL = frozenset(range(PARTS))


@given(st.lists(st.floats(1.0, TURN_MS), min_size=20, max_size=100))
def test_each_part_has_one_turn_in_so_long_however_often_it_is_asked(pauses_ms: list[float]) -> None:
    turns, now_ms = Turns(T0), T0
    taken: dict[int, list[float]] = {part: [] for part in range(PARTS)}
    for pause_ms in pauses_ms:
        now_ms += pause_ms
        for part in turns.take(now_ms):
            taken[part].append(now_ms)
    for instants in taken.values():
        assert len(instants) >= (now_ms - T0) // REPEAT_LARGE_AFTER_MS
        for earlier, later in pairwise(instants):
            # As late as somebody asks, and never twice in what is about a turn's length too little.
            assert REPEAT_LARGE_AFTER_MS - TURN_MS < later - earlier < REPEAT_LARGE_AFTER_MS + TURN_MS


def test_who_asks_seldom_misses_nobody() -> None:
    turns = Turns(T0)
    assert turns.take(T0 + TURN_MS - 1) == frozenset()
    assert len(turns.take(T0 + 2 * TURN_MS)) == 2
    assert turns.take(T0 + 2 * TURN_MS + 1) == frozenset()
    assert turns.take(T0 + 100 * TURN_MS) == ALL
    assert turns.take(T0) == frozenset(), "a clock that was set back repeats nothing"
    assert len(turns.take(T0 + 101 * TURN_MS)) == 1


def test_other_processes_are_told_a_turn_before_their_members_are() -> None:
    ours, theirs = Turns(T0, ahead=1), Turns(T0)
    told_them = [ours.take(T0 + turn * TURN_MS) for turn in range(1, 9)]
    they_told = [theirs.take(T0 + turn * TURN_MS) for turn in range(1, 9)]
    assert told_them[:-1] == they_told[1:]


def test_the_parts_are_about_alike() -> None:
    sizes = Counter(part_of(new_id()) for _ in range(4000))
    assert set(sizes) == ALL
    assert max(sizes.values()) < 1.3 * min(sizes.values())


def test_of_a_large_party_a_fifth_is_due_in_each_turn() -> None:
    changes, users = SmallChanges(), [UUID(int=number) for number in range(100)]
    changes.due(T0, large=True)
    told = []
    for turn in range(1, PARTS + 1):
        is_due = changes.due(T0 + turn * TURN_MS, large=True)
        told.append([user for user in users if is_due(user)])
        again = changes.due(T0 + turn * TURN_MS + 1, large=True)
        assert not any(map(again, users))
    assert [len(due) for due in told] == [20] * PARTS
    assert {user for due in told for user in due} == set(users)


def test_of_a_small_party_what_is_due_soon_goes_with_what_is_due() -> None:
    changes, (early, late, new) = SmallChanges(), [new_id() for _ in range(3)]
    all_of_them = [early, late, new]
    changes.told([early], all_of_them, T0, large=False)
    changes.told([late], all_of_them, T0 + 0.4 * REPEAT_AFTER_MS, large=False)
    changes.told([new], all_of_them, T0 + 0.9 * REPEAT_AFTER_MS, large=False)

    def due(after_ms: float) -> list[UUID]:
        return [user for user in all_of_them if changes.due(T0 + after_ms, large=False)(user)]

    assert due(REPEAT_AFTER_MS) == []
    assert due(REPEAT_AFTER_MS + 1) == [early, late]
    changes.told([], [late, new], T0 + 1, large=False)
    assert due(REPEAT_AFTER_MS + 1) == [early], "who isn't connected is forgotten, and told at once"

"""A room of thousands: what a socket is told, and that it doesn't grow with the room."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import UUID

import gevent
import pytest

from partyapp.party.application.views import LISTED
from partyapp.party.live.crowd import PORTION
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.room_state import LOOK_PORTION
from partyapp.realtime.rooms import DeviceKey
from tests.support.crowd import IN_SYNC, OUT, Crowd, heard_of, user
from tests.support.live_env import Line


def listed(line: Line) -> list[UUID]:
    """The members of the latest welcome."""
    return [UUID(member["user_id"]) for member in line.of("welcome")[-1]["party"]["members"]]


def test_a_welcome_lists_the_host_the_member_and_those_connected() -> None:
    crowd = Crowd(10_000)
    assert listed(crowd.enter(user(700))) == [crowd.host_id, user(700)]
    for number in (300, 500):
        crowd.enter(user(number))
    crowd.elsewhere({user(400): None})
    crowd.seconds(1)
    line = crowd.enter(user(9000))
    assert listed(line) == [crowd.host_id, user(9000), user(300), user(400), user(500), user(700)]
    party = line.of("welcome")[0]["party"]
    assert (party["member_count"], party["online_count"]) == (10_000, 5)
    online = {member["user_id"]: member["online"] for member in party["members"]}
    assert online == {str(one): one != crowd.host_id for one in listed(line)}


def test_a_process_has_the_members_that_it_is_asked_for() -> None:
    crowd = Crowd(10_000)
    for number in range(1, 31):
        crowd.enter(user(number))
    assert max(crowd.env.store.members_read) <= 2
    assert len(crowd.room.state.replica.present) == 31
    crowd.elsewhere({user(number): IN_SYNC for number in range(1000, 5000)})
    crowd.seconds(2)
    crowd.enter(user(8000))
    assert max(crowd.env.store.members_read) <= LISTED + 2
    readings = crowd.env.store.readings
    crowd.enter(user(8001))
    assert crowd.env.store.readings == readings + 1, "those listed are known by now"
    assert len(crowd.room.state.replica.present) <= 33 + LISTED


def test_members_that_nobody_asks_for_any_more_are_forgotten() -> None:
    crowd = Crowd(10_000)
    lines = {number: crowd.enter(user(number)) for number in range(1, 400)}
    crowd.seconds(3)
    for number, line in lines.items():
        if number > 5:
            crowd.env.join.leave(crowd.room, DeviceKey(user(number), None), line)
    crowd.seconds(3)
    assert crowd.room.state.replica.present <= {crowd.host_id, *(user(number) for number in range(1, 6))}
    assert crowd.room.state.replica.member(user(3)) is not None


def test_presence_tells_of_those_that_were_listed_and_of_oneself() -> None:
    crowd = Crowd(10_000)
    first = [crowd.enter(user(number)) for number in range(1, 4)]
    crowd.seconds(1)
    late = crowd.enter(user(5000))
    crowd.elsewhere({user(number): IN_SYNC for number in range(200, 3000)})
    crowd.seconds(4)
    assert heard_of(late) == heard_of(first[0]) == set(), "of themselves they know by their welcomes"
    for line in (late, first[0]):
        sync = crowd.room.state.sync_states[line][1]
        sync.bound_ms, sync.drift_ms = 1.0, 2.0
    crowd.seconds(4)
    # It was given the first one's entry, too; that one's welcome listed nobody else.
    assert heard_of(late) == {user(5000), user(1)}
    assert heard_of(first[0]) == {user(1)}
    last = crowd.enter(user(6000))
    crowd.elsewhere({user(number): OUT for number in range(200, 3000)})
    crowd.seconds(4)
    assert heard_of(last) == set(listed(last)) - {
        *map(user, (1, 2, 3, 5000, 6000)),
        crowd.host_id,
    }


def test_who_comes_back_to_a_large_room_hears_that_nothing_is_known_of_them_any_more() -> None:
    crowd = Crowd(10_000)
    line = crowd.enter(user(1))
    crowd.enter(user(2))
    sync = crowd.room.state.sync_states[line][1]
    sync.bound_ms, sync.drift_ms = 1.0, 2.0
    crowd.seconds(3)
    crowd.env.join.leave(crowd.room, DeviceKey(user(1), None), line)
    again = crowd.enter(user(1))
    own = next(one for one in again.of("welcome")[0]["party"]["members"] if one["user_id"] == str(user(1)))
    assert own["sync"], "the welcome says what others were told last"
    crowd.seconds(3)
    assert heard_of(again) == {user(1)}


def test_the_crowd_is_told_in_numbers_at_most_once_in_two_seconds() -> None:
    crowd = Crowd(10_000)
    line = crowd.enter(user(1))
    syncs = {user(number): IN_SYNC for number in range(200, 3200)}
    crowd.elsewhere(syncs, "o" * 10 + "l" * 20 + "i" * 2900 + "u" * 70)
    crowd.seconds(10)
    assert 4 <= len(line.of("crowd")) <= 5
    assert line.of("crowd")[-1] == {
        "type": "crowd", "member_count": 10_000, "online_count": 3001,
        "out_of_sync": 10, "likely": 20, "in_sync": 2900, "unknown": 71,
    }  # fmt: skip


@pytest.mark.thorough
def test_thousands_here_are_told_the_numbers_less_often() -> None:
    crowd = Crowd(10_000)
    line = crowd.enter(user(1))
    for number in range(2, 5001):
        crowd.env.hub.add(crowd.room, DeviceKey(user(number), None), Line())
    crowd.seconds(16)
    assert 3 <= len(line.of("crowd")) <= 4, "every 5 s"


@pytest.mark.parametrize("members", [1, 2, LISTED])
def test_a_small_party_is_told_of_everybody(members: int) -> None:
    crowd = Crowd(members)
    line = crowd.enter(crowd.host_id)
    assert len(listed(line)) == members
    crowd.elsewhere({user(number): IN_SYNC for number in range(1, members)})
    crowd.seconds(2)
    assert heard_of(line) == {crowd.host_id, *(user(number) for number in range(1, members))}
    assert line.of("crowd") == []


@pytest.mark.thorough
def test_what_a_member_hears_does_not_grow_with_the_room() -> None:
    heard = []
    for size in (1000, 10_000):
        crowd = Crowd(size)
        crowd.enter(user(1))
        crowd.elsewhere({user(number): IN_SYNC for number in range(2, size - 100)})
        crowd.seconds(4)
        line = crowd.enter(user(size - 1))
        crowd.elsewhere({user(number): OUT for number in range(2, size - 100)})
        crowd.seconds(4)
        heard.append(sum(len(json.dumps(message)) for message in line.messages))
        assert len(json.dumps(line.of("welcome")[0])) < 30_000
    assert heard[1] < heard[0] * 1.05


def test_a_party_that_becomes_large_tells_on_of_those_that_were_listed() -> None:
    crowd = Crowd(LISTED)
    line = crowd.enter(crowd.host_id)
    for _ in range(5):
        crowd.env.feed.announce(crowd.env.store.join())
    crowd.elsewhere({user(number): IN_SYNC for number in range(1, 5000)})
    crowd.seconds(3)
    assert line.of("crowd")[-1]["member_count"] == LISTED + 5
    assert heard_of(line) <= set(listed(line))
    assert len(heard_of(line)) >= LISTED - 1


def test_who_is_unknown_here_is_left_to_the_slow_path() -> None:
    crowd = Crowd(10_000)
    crowd.enter(user(1))
    replica = crowd.room.state.replica
    assert replica.member(user(1)) is not None
    assert replica.member(user(2)) is None


def test_everybody_hears_of_a_new_host_whom_no_welcome_has_listed() -> None:
    crowd = Crowd(10_000)
    line = crowd.enter(user(1))
    crowd.seconds(1)
    replica = crowd.room.state.replica
    replica.state = replace(replica.state, host_id=user(7000))
    crowd.elsewhere({user(number): IN_SYNC for number in range(200, 8000)})
    crowd.seconds(3)
    assert user(7000) in heard_of(line)
    assert user(6999) not in heard_of(line)


def longest_stretch(members: int) -> int:
    """How many lines of the program a room's second takes in a row at most, without a turn for others."""
    crowd = Crowd(members + 1)
    for number in range(1, members + 1):
        state = MemberSyncState()
        crowd.room_or_first(user(number)).state.sync_states[Line()] = (user(number), state)
    crowd.elsewhere({user(number): IN_SYNC for number in range(1, members)})
    lines = longest = 0

    def count(frame: Any, event: str, _: Any) -> Any:
        nonlocal lines
        lines += 1
        return count

    def second() -> None:
        sys.settrace(count)
        try:
            crowd.seconds(1)
        finally:
            sys.settrace(None)

    work = gevent.spawn(second)
    while not work.ready():
        lines = 0
        gevent.sleep(0)
        longest = max(longest, lines)
    work.get()
    return longest


@pytest.mark.thorough
def test_a_rooms_second_leaves_turns_by_the_number_of_members_that_were_looked_at() -> None:
    small, large = longest_stretch(1000), longest_stretch(8000)
    assert large < 2 * small
    assert large < 60 * LOOK_PORTION


def test_the_numbers_are_sent_to_so_many_at_once_and_then_others_have_a_turn() -> None:
    crowd = Crowd(10_000)
    lines = [crowd.enter(user(number)) for number in range(1, 3 * PORTION)]
    crowd.seconds(3)
    counts: list[int] = []
    work = gevent.spawn(crowd.seconds, 3)
    while not work.ready():
        gevent.sleep(0)
        counts.append(sum(len(line.messages) for line in lines))
    told = [after - before for before, after in pairwise(counts)]
    assert sum(told) >= len(lines)
    assert max(told) <= 2 * PORTION, "of each portion the news and the numbers"


def test_who_comes_to_a_large_room_is_written_down_for_several_at_once() -> None:
    crowd = Crowd(1000)
    for number in range(1, 201):
        crowd.enter(user(number))
    written: list[Mapping[UUID, Any]] = []
    crowd.publisher._presence.write = lambda process_id, rooms: written.append(rooms)  # type: ignore[method-assign]

    def somebody_comes(after_ms: float) -> int:
        """How often has been written after so long."""
        crowd.clock.advance(after_ms)
        crowd.publisher.came(crowd.room.id, user(1))
        crowd.publisher._write_changed()
        return sum(bool(rooms) for rooms in written)

    # Each is a look at two hundred, so it is left to the next of them in a tenth of a second.
    assert [somebody_comes(after_ms) for after_ms in (0, 40, 40, 30, 40, 70)] == [1, 1, 1, 2, 2, 3]
    assert somebody_comes(1) == 3
    crowd.publisher.publish_departure()
    assert crowd.room.id in written[-1]

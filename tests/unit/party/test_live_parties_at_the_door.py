"""A socket is seated on what was read when it was let in, unless the party has moved on since."""

from __future__ import annotations

from uuid import UUID

import pytest

from partyapp.party.domain.errors import NotAMember
from partyapp.realtime.frames import CloseCode
from partyapp.realtime.room_bus import room_channel
from tests.support.live_house import Line, LiveHouse
from tests.support.party_objects import T0
from tests.support.socket_pairs import run_until


@pytest.fixture
def house() -> LiveHouse:
    return LiveHouse()


def test_what_was_read_at_the_door_is_not_read_again(house: LiveHouse) -> None:
    at_the_door = house.truth.whole(house.truth.id)
    house.truth.readings = 0
    for _ in range(2):
        line, room = house.enter(reading=at_the_door)
        assert line.of("welcome")[0]["party"]["revision"] == room.revision == 1
    assert house.truth.readings == 0


@pytest.mark.parametrize("last_revision", [None, 1])
def test_a_party_that_moved_on_since_the_door_is_read_again(
    house: LiveHouse, last_revision: int | None
) -> None:
    house.enter()
    at_the_door = house.truth.whole(house.truth.id)
    house.live.committed(house.truth.join())
    line, room = house.enter(reading=at_the_door, last_revision=last_revision)
    assert [message["party"]["revision"] for message in line.of("welcome")] == [2] == [room.revision]


def test_who_was_let_in_but_left_before_the_seat_gets_none(house: LiveHouse) -> None:
    guest = house.truth.join().events[0].data["user_id"]
    house.enter()
    at_the_door = house.truth.whole(house.truth.id)
    member = house.truth.members[UUID(guest)]
    house.truth.members[UUID(guest)] = house.truth.session.leave(member, None, T0 + 9)
    house.live.committed(house.truth.commit())
    line = Line()
    with pytest.raises(NotAMember):
        house.enter(UUID(guest), line=line, reading=at_the_door)
    assert line.closed_with == [CloseCode.REMOVED]


def test_a_room_that_was_opened_with_old_news_is_healed_once_it_is_heard(house: LiveHouse) -> None:
    at_the_door = house.truth.whole(house.truth.id)
    house.truth.join()
    line, room = house.enter(reading=at_the_door)
    assert room.revision == 1
    house.live.subscribed(room_channel(house.truth.id))
    run_until(lambda: room.revision == 2)
    assert line.revisions == [2]

"""A room hears each revision once and in order, whichever way the news comes, and heals what was lost."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.party.domain.errors import NotAMember, PartyNotFound
from partyapp.party.infrastructure.playback.live_parties import FEW
from partyapp.party.infrastructure.playback.pulse import MemberPulse
from partyapp.party.infrastructure.playback.ushering import LiveSeat
from partyapp.realtime.frames import CloseCode
from partyapp.realtime.outbox import Kind
from partyapp.realtime.room_bus import room_channel
from partyapp.realtime.user_sockets import Place, UserSockets
from partyapp.shared.errors import Unavailable
from partyapp.shared.ids import new_id
from tests.support.live_house import Line, LiveHouse
from tests.support.party_objects import T0, host_of
from tests.support.socket_pairs import run_for_a_moment, run_until


@pytest.fixture
def house() -> LiveHouse:
    return LiveHouse()


def test_the_first_thing_is_a_welcome(house: LiveHouse) -> None:
    house.truth.join()
    line, room = house.enter()
    (welcome,) = line.messages
    assert set(welcome) == {
        "type", "protocol", "user_id", "server_time_ms", "clock_epoch", "root_bound_ms", "heartbeat_s",
        "party",
    }  # fmt: skip
    assert (welcome["type"], welcome["protocol"], welcome["heartbeat_s"]) == ("welcome", "party.v1", 20.0)
    assert welcome["user_id"] == str(house.truth.session.state.host_id)
    assert welcome["party"]["revision"] == room.revision == 2
    assert "invite_code" in welcome["party"]
    assert len(welcome["party"]["members"]) == 2
    assert house.bus.channels == {room_channel(house.truth.id)}


def test_there_is_no_room_for_an_unknown_party(house: LiveHouse) -> None:
    line: Any = Line()
    with pytest.raises(PartyNotFound):
        house.live.enter(line, new_id(), (new_id(), None), MemberPulse(), None)
    assert len(house.hub.rooms) == 0


@pytest.mark.parametrize(
    ("last_revision", "replayed"),
    [(None, []), (0, [1, 2, 3, 4]), (2, [3, 4]), (4, []), (9, [])],
)
def test_who_comes_back_hears_what_was_missed(
    house: LiveHouse, last_revision: int | None, replayed: list[int]
) -> None:
    for _ in range(3):
        house.truth.join()
    line, _ = house.enter(last_revision=last_revision)
    assert line.messages[0]["type"] == "welcome"
    assert line.revisions == replayed
    house.live.committed(house.truth.join())
    assert line.revisions[-1] == 5


def test_who_missed_too_much_gets_the_welcome_alone(house: LiveHouse) -> None:
    for _ in range(FEW + 1):
        house.truth.join()
        house.truth.session.leave(list(house.truth.members.values())[-1], None, T0)
        house.truth.commit()
    line, room = house.enter(last_revision=1)
    assert [message["type"] for message in line.messages] == ["welcome"]
    assert room.revision == 2 * (FEW + 1) + 1


def test_a_commit_is_told_at_once_and_published(house: LiveHouse) -> None:
    line, _ = house.enter()
    committed = house.truth.join()
    readings = house.truth.readings
    house.live.committed(committed)
    assert line.revisions == [2]
    assert house.truth.readings == readings, "a commit is told without asking Postgres again"
    assert house.bus.published == [(room_channel(house.truth.id), house.truth.publication(committed))]


def test_our_own_publication_comes_back_and_changes_nothing(house: LiveHouse) -> None:
    line, _ = house.enter()
    committed = house.truth.join()
    house.live.committed(committed)
    for _ in range(3):
        house.live.receive(house.truth.publication(committed))
    assert line.revisions == [2]


def test_a_gap_is_healed_from_the_truth(house: LiveHouse) -> None:
    line, _ = house.enter()
    command = new_id()
    house.truth.join(command_id=command)
    house.truth.join()
    house.live.receive(house.truth.publication(house.truth.join()))
    run_until(lambda: line.revisions)
    assert line.revisions == [2, 3, 4]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_publications_may_come_in_any_order_twice_or_never(data: st.DataObject) -> None:
    house = LiveHouse()
    line, room = house.enter()
    publications = [house.truth.publication(house.truth.join()) for _ in range(6)]
    arriving = data.draw(st.lists(st.sampled_from(publications), max_size=15))
    for message in arriving:
        house.live.receive(message)
        if data.draw(st.booleans()):
            run_for_a_moment()
    house.live.tick()
    run_for_a_moment()
    assert line.revisions == [2, 3, 4, 5, 6, 7]
    assert room.revision == 7
    assert line.of("tick")[-1]["revision"] == 7


def test_one_commit_may_have_several_events(house: LiveHouse) -> None:
    house.truth.join()
    line, _ = house.enter()
    truth = house.truth
    heir = next(member for user, member in truth.members.items() if user != truth.session.state.host_id)
    host_id = truth.session.state.host_id
    truth.session.leave(host_of(truth.session), heir, T0)
    truth.members[host_id] = truth.members[host_id].left(T0)
    house.live.receive(truth.publication(truth.commit()))
    assert line.revisions == [3, 4]
    assert line.closed_with == [CloseCode.REMOVED]
    assert line.of("event")[0]["host_id"] == str(heir.user_id)


def test_news_during_a_healing_is_not_lost_for_long(house: LiveHouse) -> None:
    """While the missed is read another commit happens, whose publication finds a gap too."""
    line, _ = house.enter()
    house.truth.join()
    late = itertools.count()

    def meanwhile() -> None:
        if next(late) == 0:
            house.live.receive(house.truth.publication(house.truth.join()))
            run_for_a_moment()

    house.truth.after_reading = meanwhile
    house.live.receive(house.truth.publication(house.truth.join()))
    run_until(lambda: line.revisions)
    house.live.tick()
    assert line.revisions == [2, 3, 4]


def test_who_is_far_behind_is_healed_in_portions(house: LiveHouse) -> None:
    line, room = house.enter()
    for _ in range(FEW + 50):
        house.truth.join()
        house.truth.session.leave(list(house.truth.members.values())[-1], None, T0)
        house.truth.commit()
    house.live.tick()
    assert room.revision == house.truth.session.state.revision
    assert line.revisions == list(range(2, room.revision + 1))


def test_a_tick_repeats_the_truth_and_heals(house: LiveHouse) -> None:
    line, _ = house.enter()
    house.truth.join()
    house.live.tick()
    assert line.revisions == [2]
    tick = line.messages[-1]
    assert set(tick) == {"type", "revision", "playback", "server_time_ms", "clock_epoch"}
    assert (tick["type"], tick["revision"], line.kinds[-1]) == ("tick", 2, Kind.TICK)
    assert set(tick["playback"]) == {"state", "position_s", "rate", "at_ms", "revision"}


def test_a_tick_without_postgres_is_a_tick_all_the_same(house: LiveHouse) -> None:
    line, _ = house.enter()
    house.truth.error = Unavailable()
    house.live.tick()
    assert [message["type"] for message in line.messages] == ["welcome", "tick"]


def test_a_new_subscription_is_checked_against_the_truth(house: LiveHouse) -> None:
    line, _ = house.enter()
    house.truth.join()
    house.live.subscribed(room_channel(house.truth.id))
    run_until(lambda: line.revisions)
    assert line.revisions == [2]
    house.live.subscribed(room_channel(new_id()))
    house.live.subscribed("party:tick")
    run_for_a_moment()


def test_the_end_says_goodbye_to_everybody(house: LiveHouse) -> None:
    line, _ = house.enter()
    truth = house.truth
    truth.session.end(host_of(truth.session), truth.session.state.host_id, T0)
    house.live.committed(truth.commit())
    assert [message["type"] for message in line.messages] == ["welcome", "event", "ended"]
    assert line.closed_with == [CloseCode.PARTY_ENDED]


def test_the_last_one_out_closes_the_room(house: LiveHouse) -> None:
    line, room = house.enter()
    house.live.leave(room, (house.truth.session.state.host_id, None), line)
    assert house.hub.room(house.truth.id) is None
    assert house.bus.channels == set()
    house.live.receive(house.truth.publication(house.truth.join()))
    assert line.revisions == []


def test_a_change_while_somebody_comes_in_is_heard_once(house: LiveHouse) -> None:
    """Between the reading and the welcome the party moves on; the newcomer starts from the newer state."""
    house.truth.join()
    first, room = house.enter()
    changes = itertools.count()

    def meanwhile() -> None:
        if next(changes) < 3:
            house.live.committed(house.truth.join())

    house.truth.after_reading = meanwhile
    second, _ = house.enter(list(house.truth.members)[1])
    welcome = second.messages[0]["party"]["revision"]
    house.live.committed(house.truth.join())
    assert first.revisions == list(range(3, room.revision + 1))
    assert second.revisions == list(range(welcome + 1, room.revision + 1))


def test_a_way_in_that_fails_leaves_nothing_behind(house: LiveHouse) -> None:
    def fail() -> None:
        house.truth.error = Unavailable()

    house.truth.join()
    house.truth.after_reading = fail
    with pytest.raises(Unavailable):
        house.enter(last_revision=1)
    assert len(house.hub.rooms) == 0, "a room without a socket would stay for ever"
    assert house.bus.channels == set()


def test_who_left_before_the_welcome_is_not_seated(house: LiveHouse) -> None:
    """The door read the party a moment ago; what counts is the reading of the welcome."""
    line = Line()
    with pytest.raises(NotAMember):
        house.enter(new_id(), line=line)
    assert line.messages == []
    assert line.closed_with == [CloseCode.REMOVED]


def test_a_device_that_gave_up_on_a_handshake_keeps_its_newer_socket(house: LiveHouse) -> None:
    newer, room = house.enter()
    given_up = Line()
    given_up.hung_up = True
    with pytest.raises(Unavailable):
        house.enter(line=given_up)
    assert given_up.closed
    assert newer.closed_with == []
    assert list(room.seats.values()) == [newer]
    assert list(room.memory.pulses) == [newer]


def test_a_fresh_welcome_for_who_was_too_slow(house: LiveHouse) -> None:
    line, room = house.enter()
    house.live.renew(line, room, house.truth.session.state.host_id)
    assert (line.renewed, line.messages[-1]["type"]) == (1, "welcome")


def test_who_cannot_be_renewed_is_sent_away_to_come_again(house: LiveHouse) -> None:
    """Otherwise it would stay connected and hear nothing more."""
    line: Any = Line()
    keeper: Any = type("Keeper", (), {"touch": id, "came_or_went": id, "ask": id})
    seat = LiveSeat(
        house.live,
        keeper,
        house.clock,
        line,
        house.truth.id,
        (house.truth.session.state.host_id, None),
        Place(UserSockets(1), new_id(), None),
    )
    at_the_door = house.truth.whole(house.truth.id)
    assert at_the_door is not None
    seat.sit_down(None, at_the_door)
    house.truth.error = Unavailable()
    seat.renew()
    assert line.closed_with == [CloseCode.RESTART]

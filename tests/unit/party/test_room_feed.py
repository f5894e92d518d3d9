"""A room is sent each revision once and in order, whichever way it comes, and what it missed is read."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.party.domain.errors import NotAMember, PartyNotFound
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.room_feed import MAX_REPLAY
from partyapp.party.live.room_messages import PartyEvents
from partyapp.realtime.pubsub.redis_pubsub import room_channel
from partyapp.realtime.rooms import DeviceKey
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.send_queue import Priority
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import Line, LiveEnv
from tests.support.party_objects import T0, host_of
from tests.support.socket_pairs import run_for_a_moment, run_until


@pytest.fixture
def env() -> LiveEnv:
    return LiveEnv()


def test_the_first_thing_is_a_welcome(env: LiveEnv) -> None:
    env.store.join()
    line, room = env.enter()
    (welcome,) = line.messages
    assert set(welcome) == {
        "type", "protocol", "user_id", "server_time_ms", "clock_epoch", "root_bound_ms", "heartbeat_s",
        "pace", "party",
    }  # fmt: skip
    assert (welcome["type"], welcome["protocol"], welcome["heartbeat_s"]) == ("welcome", "party.v1", 20.0)
    assert welcome["user_id"] == str(env.store.session.state.host_id)
    assert welcome["party"]["revision"] == room.state.revision == 2
    assert "invite_code" in welcome["party"]
    assert len(welcome["party"]["members"]) == 2
    assert env.bus.channels == {room_channel(env.store.id)}


def test_there_is_no_room_for_an_unknown_party(env: LiveEnv) -> None:
    line: Any = Line()
    with pytest.raises(PartyNotFound):
        env.join.enter(line, new_id(), DeviceKey(new_id(), None), MemberSyncState(), None)
    assert len(env.hub.rooms) == 0


@pytest.mark.parametrize(
    ("last_revision", "replayed"),
    [(None, []), (0, [1, 2, 3, 4]), (2, [3, 4]), (4, []), (9, [])],
)
def test_who_comes_back_is_sent_what_was_missed(
    env: LiveEnv, last_revision: int | None, replayed: list[int]
) -> None:
    for _ in range(3):
        env.store.join()
    line, _ = env.enter(last_revision=last_revision)
    assert line.messages[0]["type"] == "welcome"
    assert line.revisions == replayed
    env.feed.announce(env.store.join())
    assert line.revisions[-1] == 5


def test_who_missed_too_much_gets_the_welcome_alone(env: LiveEnv) -> None:
    for _ in range(MAX_REPLAY + 1):
        env.store.join()
        env.store.session.leave(list(env.store.members.values())[-1], None, T0)
        env.store.commit()
    line, room = env.enter(last_revision=1)
    assert [message["type"] for message in line.messages] == ["welcome"]
    assert room.state.revision == 2 * (MAX_REPLAY + 1) + 1


def test_a_commit_is_sent_at_once_and_published(env: LiveEnv) -> None:
    line, _ = env.enter()
    committed = env.store.join()
    readings = env.store.readings
    env.feed.announce(committed)
    assert line.revisions == [2]
    assert env.store.readings == readings, "a commit is sent without asking Postgres again"
    ((channel, published),) = env.bus.published
    assert channel == room_channel(env.store.id)
    assert msgspec.convert(published, PartyEvents) == env.store.publication(committed)


def test_our_own_publication_comes_back_and_changes_nothing(env: LiveEnv) -> None:
    line, _ = env.enter()
    committed = env.store.join()
    env.feed.announce(committed)
    for _ in range(3):
        env.feed.receive(env.store.publication(committed))
    assert line.revisions == [2]


def test_a_gap_is_read_from_postgres(env: LiveEnv) -> None:
    line, _ = env.enter()
    command = new_id()
    env.store.join(command_id=command)
    env.store.join()
    env.feed.receive(env.store.publication(env.store.join()))
    run_until(lambda: line.revisions)
    assert line.revisions == [2, 3, 4]


@settings(max_examples=25)
@given(st.data())
@pytest.mark.thorough
def test_publications_may_come_in_any_order_twice_or_never(data: st.DataObject) -> None:
    env = LiveEnv()
    line, room = env.enter()
    publications = [env.store.publication(env.store.join()) for _ in range(6)]
    arriving = data.draw(st.lists(st.sampled_from(publications), max_size=15))
    for message in arriving:
        env.feed.receive(message)
        if data.draw(st.booleans()):
            run_for_a_moment()
    env.feed.tick()
    run_for_a_moment()
    assert line.revisions == [2, 3, 4, 5, 6, 7]
    assert room.state.revision == 7
    assert line.of("tick")[-1]["revision"] == 7


def test_one_commit_may_have_several_events(env: LiveEnv) -> None:
    env.store.join()
    line, _ = env.enter()
    store = env.store
    heir = next(member for user, member in store.members.items() if user != store.session.state.host_id)
    host_id = store.session.state.host_id
    store.session.leave(host_of(store.session), heir, T0)
    store.members[host_id] = store.members[host_id].left(T0)
    env.feed.receive(store.publication(store.commit()))
    assert line.revisions == [3, 4]
    assert line.closed_with == [CloseCode.REMOVED]
    assert line.of("event")[0]["host_id"] == str(heir.user_id)


def test_a_commit_during_a_catch_up_is_not_lost_for_long(env: LiveEnv) -> None:
    """While the missed is read another commit happens, whose publication finds a gap too."""
    line, _ = env.enter()
    env.store.join()
    late = itertools.count()

    def meanwhile() -> None:
        if next(late) == 0:
            env.feed.receive(env.store.publication(env.store.join()))
            run_for_a_moment()

    env.store.after_reading = meanwhile
    env.feed.receive(env.store.publication(env.store.join()))
    run_until(lambda: line.revisions)
    env.feed.tick()
    assert line.revisions == [2, 3, 4]


def test_a_room_far_behind_catches_up_in_portions(env: LiveEnv) -> None:
    line, room = env.enter()
    for _ in range(MAX_REPLAY + 50):
        env.store.join()
        env.store.session.leave(list(env.store.members.values())[-1], None, T0)
        env.store.commit()
    env.feed.tick()
    assert room.state.revision == env.store.session.state.revision
    assert line.revisions == list(range(2, room.state.revision + 1))


def test_a_tick_repeats_the_playback_and_catches_up(env: LiveEnv) -> None:
    line, _ = env.enter()
    env.store.join()
    env.feed.tick()
    assert line.revisions == [2]
    tick = line.messages[-1]
    assert set(tick) == {"type", "revision", "playback", "server_time_ms", "clock_epoch"}
    assert (tick["type"], tick["revision"], line.kinds[-1]) == ("tick", 2, Priority.TICK)
    assert set(tick["playback"]) == {"state", "position_s", "rate", "at_ms", "revision", "held", "next"}


def test_a_tick_without_postgres_is_a_tick_all_the_same(env: LiveEnv) -> None:
    line, _ = env.enter()
    env.store.error = Unavailable()
    env.feed.tick()
    assert [message["type"] for message in line.messages] == ["welcome", "tick"]


def test_a_new_subscription_is_compared_with_postgres(env: LiveEnv) -> None:
    line, _ = env.enter()
    env.store.join()
    env.feed.subscribed(room_channel(env.store.id))
    run_until(lambda: line.revisions)
    assert line.revisions == [2]
    env.feed.subscribed(room_channel(new_id()))
    env.feed.subscribed("party:tick")
    run_for_a_moment()


def test_when_a_process_starts_all_rooms_are_compared_with_postgres(env: LiveEnv) -> None:
    line, _ = env.enter()
    env.store.join()
    env.feed.compare_soon()
    run_until(lambda: line.revisions)
    assert line.revisions == [2]


def test_the_end_closes_every_connection(env: LiveEnv) -> None:
    line, _ = env.enter()
    store = env.store
    store.session.end(host_of(store.session), store.session.state.host_id, T0)
    env.feed.announce(store.commit())
    assert [message["type"] for message in line.messages] == ["welcome", "event", "ended"]
    assert line.closed_with == [CloseCode.PARTY_ENDED]


def test_who_ends_the_party_by_leaving_is_told_that_it_ended(env: LiveEnv) -> None:
    line, _ = env.enter()
    store = env.store
    host = host_of(store.session)
    store.members[host.user_id] = store.session.leave(host, None, T0)
    env.feed.announce(store.commit())
    assert [message["type"] for message in line.messages] == ["welcome", "event", "event", "ended"]
    assert line.closed_with[0] == CloseCode.PARTY_ENDED


def test_the_last_one_out_closes_the_room(env: LiveEnv) -> None:
    line, room = env.enter()
    env.join.leave(room, DeviceKey(env.store.session.state.host_id, None), line)
    assert env.hub.room(env.store.id) is None
    assert env.bus.channels == set()
    env.feed.receive(env.store.publication(env.store.join()))
    assert line.revisions == []


def test_a_change_during_a_join_is_sent_once(env: LiveEnv) -> None:
    """Between the reading and the welcome the party moves on; the newcomer starts from the newer state."""
    env.store.join()
    first, room = env.enter()
    changes = itertools.count()

    def meanwhile() -> None:
        if next(changes) < 3:
            env.feed.announce(env.store.join())

    env.store.after_reading = meanwhile
    second, _ = env.enter(list(env.store.members)[1])
    welcome = second.messages[0]["party"]["revision"]
    env.feed.announce(env.store.join())
    assert first.revisions == list(range(3, room.state.revision + 1))
    assert second.revisions == list(range(welcome + 1, room.state.revision + 1))


def test_a_way_in_that_fails_leaves_nothing_behind(env: LiveEnv) -> None:
    def fail() -> None:
        env.store.error = Unavailable()

    env.store.join()
    env.store.after_reading = fail
    with pytest.raises(Unavailable):
        env.enter(last_revision=1)
    assert len(env.hub.rooms) == 0, "a room without a socket would stay for ever"
    assert env.bus.channels == set()


def test_who_left_before_the_welcome_gets_none(env: LiveEnv) -> None:
    """The handshake read the party a moment ago; what counts is the reading of the welcome."""
    line = Line()
    with pytest.raises(NotAMember):
        env.enter(new_id(), line=line)
    assert line.messages == []
    assert line.closed_with == [CloseCode.REMOVED]


def test_a_device_that_gave_up_on_a_handshake_keeps_its_newer_socket(env: LiveEnv) -> None:
    newer, room = env.enter()
    given_up = Line()
    given_up.hung_up = True
    with pytest.raises(Unavailable):
        env.enter(line=given_up)
    assert given_up.closed
    assert newer.closed_with == []
    assert list(room.connections.values()) == [newer]
    assert list(room.state.sync_states) == [newer]

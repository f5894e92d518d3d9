"""What rooms are sent of the chat: each message once and in order, whatever gets lost on the way."""

from __future__ import annotations

from dataclasses import replace

import gevent
import pytest

from partyapp.chat.application.ports import CHAT_MARK
from partyapp.chat.live.chat_messages import ChatDeleted, ChatMuted
from partyapp.realtime.pubsub.redis_pubsub import room_channel
from partyapp.realtime.rooms import DeviceKey
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from tests.support.chat_env import ChatEnv, new_member
from tests.support.live_env import Line
from tests.support.party_objects import T0
from tests.support.waiting import LIMIT_S


@pytest.fixture
def env() -> ChatEnv:
    return ChatEnv()


def seqs(line: Line) -> list[int]:
    return [message["message"]["seq"] for message in line.of("chat")]


def test_each_message_comes_once_and_in_order_though_the_bus_loses_and_repeats(env: ChatEnv) -> None:
    env.said("before")
    line, _ = env.enter()
    assert env.welcome(line)["last_seq"] == 1
    messages = [env.said() for _ in range(6)]
    for number in (1, 0, 1, 1, 4, 2, 5):
        env.hear(messages[number])
    assert seqs(line) == [2, 3, 4, 5, 6, 7]


def test_what_is_committed_here_is_sent_at_once_and_published(env: ChatEnv) -> None:
    line, room = env.enter()
    message = env.said()
    env.talk.said(room.id, message)
    assert seqs(line) == [1]
    (channel, published) = env.bus.published[-1]
    assert (channel, published["type"]) == (room_channel(room.id), "chat_said")


def test_a_lost_message_comes_with_the_tick_a_new_subscription_or_the_start_of_a_process(
    env: ChatEnv,
) -> None:
    line, room = env.enter()
    env.said()
    env.talk.tick()
    assert seqs(line) == [1]
    env.said()
    env.talk.subscribed(room_channel(room.id))
    gevent.sleep(0)
    assert seqs(line) == [1, 2]
    env.said()
    env.talk.compare_soon()
    gevent.sleep(0)
    assert seqs(line) == [1, 2, 3]
    env.chat.error = Unavailable()
    env.talk.tick()


def test_a_message_after_one_that_was_lost_waits_for_it(env: ChatEnv) -> None:
    line, room = env.enter()
    assert env.talk.said(room.id, env.said())
    env.said()
    third = env.said()
    assert not env.talk.said(room.id, third), "whoever repeats it is not answered before the second"
    gevent.sleep(0)
    assert seqs(line) == [1, 2, 3]
    assert env.talk.said(room.id, third)


def test_a_lost_deletion_comes_with_the_tick_and_one_that_comes_early_waits_for_its_message(
    env: ChatEnv,
) -> None:
    line, room = env.enter()
    for _ in range(3):
        env.hear(env.said())
    env.chat.delete(room.id, 2)
    env.talk.tick()
    assert [message["seq"] for message in line.of("chat_deleted")] == [2]
    late = env.said()
    deletion = env.chat.delete(room.id, late.seq)
    assert deletion is not None
    env.talk.receive_deleted(ChatDeleted(party=room.id, number=deletion.number, seq=deletion.seq))
    gevent.sleep(0)
    assert line.of("chat")[-1]["message"]["text"] == ""
    assert [message["seq"] for message in line.of("chat_deleted")] == [2, 4]


def test_a_message_that_is_gone_from_the_store_is_passed_over(env: ChatEnv) -> None:
    """A row that somebody deleted by hand, say: looked for again and again it would keep the process busy."""
    line, _ = env.enter()
    messages = [env.said() for _ in range(4)]
    env.chat.said[env.store.id].remove(messages[1])
    with gevent.Timeout(LIMIT_S):
        env.talk.tick()
    assert seqs(line) == [1, 3, 4]
    env.hear(replace(messages[3], id=new_id(), seq=5))
    assert seqs(line) == [1, 3, 4, 5]


def test_more_than_are_read_at_once_are_made_up_for(env: ChatEnv) -> None:
    line, _ = env.enter()
    for _ in range(450):
        env.said()
    env.talk.tick()
    assert seqs(line) == list(range(1, 451))


def test_what_is_said_while_a_welcome_is_prepared_is_in_it_or_after_it(env: ChatEnv) -> None:
    first, room = env.enter()

    def meanwhile() -> None:
        env.store.after_reading = lambda: None
        env.talk.said(room.id, env.said())

    env.said()
    env.store.after_reading = meanwhile
    second, _ = env.enter(new_member(env))
    env.talk.said(room.id, env.said())
    assert env.welcome(second)["last_seq"] == 2
    assert (seqs(first), seqs(second)) == ([1, 2, 3], [3])


def test_a_client_that_says_what_it_has_seen_gets_what_came_after_it(env: ChatEnv) -> None:
    for _ in range(60):
        env.said()
    line, room = env.enter()
    messages = env.welcome(line)["messages"]
    assert isinstance(messages, list)
    assert [each["seq"] for each in messages] == list(range(11, 61))
    env.chat.delete(room.id, 5)
    reading = env.talk.read(room, new_id(), {"last_chat_seq": 57}, {})
    fields = env.talk.fields(room, reading, {"last_chat_seq": 57})
    assert fields is not None
    assert [each["seq"] for each in fields["chat"]["messages"]] == [58, 59, 60]
    assert fields["chat"]["deleted"] == [5]
    for _ in range(200):
        env.said()
    env.talk.tick()
    reading = env.talk.read(room, new_id(), {"last_chat_seq": 57}, {})
    fields = env.talk.fields(room, reading, {"last_chat_seq": 57})
    assert fields is not None
    # So many at most, the newest.
    assert [each["seq"] for each in fields["chat"]["messages"]] == list(range(61, 261))


def test_nothing_is_read_where_the_mark_that_came_with_the_party_says_that_nothing_is_missing(
    env: ChatEnv,
) -> None:
    _, room = env.enter()
    user = new_member(env)

    def told(head: tuple[int, int, int] | None, seen: dict[str, int], mutes: bool = False) -> object:
        marks = {CHAT_MARK: [None if head is None else list(head), mutes]}
        reading = env.talk.read(room, user, seen, marks)
        fields = env.talk.fields(room, reading, seen)
        return None if fields is None else fields["chat"]

    seen = {"last_chat_seq": 1}
    env.chat.error = Unavailable()
    nothing = {"last_seq": 0, "enabled": True, "messages": [], "muted_until_ms": None}
    assert told(None, {}) == nothing
    with pytest.raises(Unavailable):
        told(None, {}, mutes=True)
    env.chat.error = None
    env.talk.said(room.id, env.said())
    assert told(None, {}) == {**nothing, "last_seq": 1, "messages": env.welcome_messages()}, "an older mark"
    env.chat.error = Unavailable()
    assert told((1, 0, 0), seen) == {**nothing, "last_seq": 1, "deleted": []}
    for head, asked in (((1, 0, 0), {}), ((1, 1, 0), seen), ((2, 0, 0), seen), ((1, 0, 1), seen)):
        with pytest.raises(Unavailable):
            told(head, asked)
    env.talk.receive_muted(ChatMuted(party=room.id, user=user, until_ms=T0))
    with pytest.raises(Unavailable):
        told((1, 0, 0), seen)


def test_a_room_that_hears_from_a_mark_of_what_it_has_missed_catches_up(env: ChatEnv) -> None:
    line, room = env.enter()
    env.said()
    seen = {"last_chat_seq": 1}
    reading = env.talk.read(room, new_member(env), seen, {CHAT_MARK: [[1, 0, 0], False]})
    assert (seqs(line), reading.head.last_seq) == ([1], 1)


def test_a_room_that_is_opened_anew_begins_with_what_is_there_then(env: ChatEnv) -> None:
    line, room = env.enter()
    env.join.leave(room, DeviceKey(env.store.session.state.host_id, None), line)
    env.said()
    again, _ = env.enter()
    assert env.welcome(again)["last_seq"] == 1
    env.hear(env.said())
    assert (seqs(line), seqs(again)) == ([], [2])


def test_members_of_one_party_write_one_after_the_other(env: ChatEnv) -> None:
    order: list[str] = []

    def write(name: str) -> None:
        with env.talk.turn(env.store.id):
            order.append(f"{name} begins")
            gevent.sleep(0)
            order.append(f"{name} ends")

    gevent.joinall([gevent.spawn(write, name) for name in "ab"], raise_error=True)
    assert order == ["a begins", "a ends", "b begins", "b ends"]
    assert not env.talk._locks._waiting

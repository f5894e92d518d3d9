"""Who is muted is told so in this process, whatever gets lost on the way from another."""

from __future__ import annotations

from uuid import UUID

import gevent
import pytest

from partyapp.chat.live.chat_messages import ChatMuted
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.realtime.pubsub.redis_pubsub import room_channel
from partyapp.realtime.rooms import DeviceKey
from partyapp.shared.kernel.ids import new_id
from tests.support.chat_env import ChatEnv, new_member
from tests.support.live_env import Line
from tests.support.party_objects import T0


@pytest.fixture
def env() -> ChatEnv:
    return ChatEnv()


class MutedMember:
    """A member who is here with a device, and is muted by somebody on another process."""

    def __init__(self, env: ChatEnv) -> None:
        self.env, self.user = env, new_member(env)
        self.line, self.room = env.enter(self.user)

    def muted(self, until_ms: float | None, user: UUID | None = None) -> ChatMuted:
        """It is committed. Returns what is published of it."""
        user_id = user or self.user
        number = self.env.chat.mute(self.room.id, user_id, until_ms)
        return ChatMuted(party=self.room.id, user=user_id, until_ms=until_ms, number=number)

    def another_device(self) -> Line:
        """They come with one more."""
        line, key = Line(), DeviceKey(self.user, new_id())
        self.env.join.enter(line, self.room.id, key, MemberSyncState(), None)
        return line

    def hear(self, muted: ChatMuted) -> None:
        self.env.talk.receive_muted(muted)
        gevent.sleep(0)

    @property
    def told(self) -> list[float | None]:
        """Until when, as their device was told, one after the other."""
        return [message["until_ms"] for message in self.line.of("muted")]

    @property
    def known(self) -> float | None:
        return self.env.talk.muted_until_ms(self.room.id, self.user)


def test_a_mute_that_is_lost_comes_with_the_tick_or_a_new_subscription(env: ChatEnv) -> None:
    host, _ = env.enter()
    member = MutedMember(env)
    member.muted(T0 + 5000)
    assert (member.told, member.known) == ([], None)
    env.talk.tick()
    assert (member.told, member.known) == ([T0 + 5000], T0 + 5000)
    env.talk.tick()
    member.muted(None)
    env.talk.subscribed(room_channel(member.room.id))
    gevent.sleep(0)
    assert (member.told, member.known) == ([T0 + 5000, None], None)
    assert host.of("muted") == []


def test_nothing_is_asked_about_mutes_while_none_is_missing(env: ChatEnv) -> None:
    member = MutedMember(env)
    member.hear(member.muted(T0 + 5000))
    env.said()
    env.chat.mutes = None  # type: ignore[assignment, method-assign]
    env.talk.tick()
    assert (member.told, len(member.line.of("chat"))) == ([T0 + 5000], 1)


def test_the_latest_mute_counts_in_whatever_order_they_are_heard_of(env: ChatEnv) -> None:
    member = MutedMember(env)
    first, second = member.muted(T0 + 5000), member.muted(None)
    for heard in (second, first, first, second):
        member.hear(heard)
    assert (member.told, member.known) == ([], None)
    third, of_the_host = member.muted(T0 + 9000), member.muted(T0 + 1, env.store.session.state.host_id)
    member.hear(of_the_host)
    member.hear(third)
    assert member.told == [T0 + 9000]


def test_a_welcome_that_knows_of_a_lost_mute_has_the_other_devices_told(env: ChatEnv) -> None:
    member = MutedMember(env)
    member.muted(T0 + 5000)
    device = member.another_device()
    assert env.welcome(device)["muted_until_ms"] == T0 + 5000
    assert (member.told, device.of("muted")) == ([T0 + 5000], [])


def test_a_mute_while_a_welcome_is_prepared_is_in_it(env: ChatEnv) -> None:
    member = MutedMember(env)
    member.hear(member.muted(T0 + 5000))

    def meanwhile() -> None:
        env.chat.after_reading = lambda: None
        member.hear(member.muted(None))

    env.chat.after_reading = meanwhile
    device = member.another_device()
    assert env.welcome(device)["muted_until_ms"] is None
    assert (member.told, device.of("muted"), member.known) == ([T0 + 5000, None], [], None)


def test_a_mute_by_a_process_that_does_not_count_them_is_told_as_it_comes(env: ChatEnv) -> None:
    member = MutedMember(env)
    for until_ms in (T0 + 5000, T0 + 5000, None):
        member.hear(ChatMuted(party=member.room.id, user=member.user, until_ms=until_ms))
    assert member.told == [T0 + 5000, None]

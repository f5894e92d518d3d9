"""Rooms: one connection for each member and device; and what is done each second for all of them."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

import gevent
import pytest

from partyapp.realtime.keepalive import Keepalive
from partyapp.realtime.rooms import DeviceKey, Hub
from partyapp.realtime.websocket.frames import CloseCode, text_frame
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from tests.support.socket_pairs import connected, run_until

PARTY, ADA, BOB, PHONE, TV = (new_id() for _ in range(5))


def test_a_room_exists_while_it_has_connections() -> None:
    hub: Hub[Any] = Hub()
    assert hub.room(PARTY) is None
    with connected() as (one, _, __), connected() as (two, _, __):
        room = hub.open(PARTY, "state")
        assert hub.open(PARTY, "other") is room
        assert room.state == "state"
        hub.add(room, DeviceKey(ADA, None), one)
        hub.add(room, DeviceKey(BOB, None), two)
        assert (len(hub), room.user_ids(), hub.room(PARTY)) == (2, {ADA, BOB}, room)
        assert not hub.remove(room, DeviceKey(ADA, None), one)
        assert hub.remove(room, DeviceKey(BOB, None), two)
        assert hub.room(PARTY) is None
        assert not hub.remove(room, DeviceKey(BOB, None), two), "it was closed already"
        assert list(hub.connections()) == []


def test_a_new_socket_replaces_the_same_device_and_no_other() -> None:
    hub: Hub[Any] = Hub()
    room = hub.open(PARTY, None)
    with ExitStack() as stack:
        old, phone, tv, new = [stack.enter_context(connected()) for _ in range(4)]
        hub.add(room, DeviceKey(ADA, None), old[0])
        hub.add(room, DeviceKey(ADA, PHONE), phone[0])
        hub.add(room, DeviceKey(ADA, TV), tv[0])
        hub.add(room, DeviceKey(ADA, None), new[0])
        old[2].reads_until(lambda: old[2].close_code)
        assert old[2].close_code == CloseCode.REPLACED
        assert set(room.connections_of(ADA)) == {phone[0], tv[0], new[0]}
        assert not hub.remove(room, DeviceKey(ADA, None), old[0]), "one that was replaced removes no other"
        assert set(room.connections_of(ADA)) == {phone[0], tv[0], new[0]}
        room.broadcast(text_frame(b"to all"))
        for _, __, peer in (phone, tv, new):
            peer.reads_until(partial(getattr, peer, "texts"))
            assert (peer.texts, peer.close_code) == (["to all"], None)
        assert old[2].texts == []


def test_a_users_connections_are_found_in_whatever_room() -> None:
    hub: Hub[Any] = Hub()
    room, other = hub.open(PARTY, None), hub.open(new_id(), None)
    with ExitStack() as stack:
        phone, tv, newer, bobs = [stack.enter_context(connected())[0] for _ in range(4)]
        hub.add(room, DeviceKey(ADA, PHONE), phone)
        hub.add(other, DeviceKey(ADA, PHONE), tv)
        hub.add(other, DeviceKey(BOB, None), bobs)
        assert set(hub.connections_of(ADA)) == {phone, tv}
        hub.add(room, DeviceKey(ADA, PHONE), newer)
        hub.remove(room, DeviceKey(ADA, PHONE), phone)
        assert set(hub.connections_of(ADA)) == {newer, tv}
        hub.dissolve(other, CloseCode.PARTY_ENDED)
        assert hub.connections_of(ADA) == [newer]
        hub.remove(room, DeviceKey(ADA, PHONE), newer)
        assert (hub.connections_of(ADA), hub.connections_of(BOB)) == ([], [])


def test_the_last_of_a_replaced_room_does_not_close_the_new_one() -> None:
    hub: Hub[Any] = Hub()
    with connected() as (one, _, __), connected() as (two, _, __):
        first = hub.open(PARTY, None)
        hub.add(first, DeviceKey(ADA, None), one)
        assert hub.remove(first, DeviceKey(ADA, None), one)
        second = hub.open(PARTY, None)
        hub.add(second, DeviceKey(BOB, None), two)
        assert not hub.remove(first, DeviceKey(ADA, None), one)
        assert hub.room(PARTY) is second


def test_every_connection_is_checked() -> None:
    hub: Hub[Any] = Hub()
    clock = FixedClock()
    with ExitStack() as stack:
        for number in range(3):
            connection, _, peer = stack.enter_context(connected(clock))
            if number == 1:
                connection.last_received_s -= 100
                silent = peer
            room = hub.open(new_id(), None)
            hub.add(room, DeviceKey(ADA, None), connection)
        Keepalive(hub, clock, heartbeat_s=200, silence_s=30).check_connections()
        silent.reads_until(lambda: silent.close_code)
        assert silent.close_code == CloseCode.SILENT
        closing: list[Any] = list(hub.connections())
        assert [bool(one._closing_since_s) for one in closing] == [False, True, False]


def test_a_second_follows_another_whatever_goes_wrong_until_the_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pause = gevent.sleep
    monkeypatch.setattr("partyapp.realtime.keepalive.gevent.sleep", lambda seconds: pause(seconds / 50))
    hub: Hub[Any] = Hub()
    seconds: list[str] = []

    class Task:
        """Something that is due each second and fails each time."""

        def __init__(self, name: str) -> None:
            self.name = name

        def each_second(self) -> None:
            seconds.append(self.name)
            raise RuntimeError("a bug")

    with connected() as (connection, _, peer):
        hub.add(hub.open(PARTY, None), DeviceKey(ADA, None), connection)
        keepalive = Keepalive(
            hub, FixedClock(), heartbeat_s=20, silence_s=30, each_second=[Task("one"), Task("two")]
        )
        keepalive.start()
        run_until(lambda: len(seconds) >= 4, limit_s=10)
        assert seconds[:4] == ["one", "two"] * 2
        keepalive.stop()
        peer.reads_until(lambda: peer.close_code)
        assert peer.close_code == CloseCode.RESTART


@pytest.mark.thorough
def test_who_waits_for_an_answer_is_sent_it_before_the_close() -> None:
    hub: Hub[Any] = Hub()
    with connected() as (waiting, handler, peer), connected() as (free, _, other):
        room = hub.open(PARTY, None)
        hub.add(room, DeviceKey(ADA, None), waiting)
        hub.add(room, DeviceKey(BOB, None), free)
        free.handler = None
        stopping = gevent.spawn(Keepalive(hub, FixedClock(), heartbeat_s=20, silence_s=30).stop)
        other.reads_until(lambda: other.close_code)
        assert handler.dismissed == [CloseCode.RESTART]
        waiting.send(text_frame(b"the answer"))
        # What takes too long is not waited for.
        peer.reads_until(lambda: peer.close_code)
        assert (peer.texts, peer.close_code) == (["the answer"], CloseCode.RESTART)
        stopping.join(5)

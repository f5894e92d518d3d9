"""A queue is read once for all who come into a room at the same time, and never told older than it was."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import gevent
import pytest
from gevent.event import Event

from partyapp.party.contract import QueueMode, QueueOrder
from partyapp.queue.application import ShownQueue
from partyapp.queue.live import PAUSE_S, RoomQueues
from partyapp.realtime.rooms import DeviceKey, Hub, Room
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import Line


class Store:
    """A queue whose reads wait until they are let go on."""

    def __init__(self) -> None:
        self.revision, self.reads = 1, 0
        self.fails = False
        self.goes_on = Event()

    def read(self, party_id: UUID, order: QueueOrder) -> ShownQueue:
        """As it was when it was asked for."""
        self.reads += 1
        found = ShownQueue(revision=self.revision, order=order, items=())
        assert self.goes_on.wait(10)
        if self.fails:
            raise Unavailable()
        return found


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def room() -> Room[Any]:
    return Room(new_id(), SimpleNamespace(order=QueueOrder(mode=QueueMode.VOTES)))


@pytest.fixture
def queues(store: Store, room: Room[Any]) -> RoomQueues:
    hub: Hub[Any] = Hub()
    hub.rooms[room.id] = room
    return RoomQueues(
        hub, store.read, lambda of: of.state.order, lambda ids: dict.fromkeys(ids, store.revision)
    )


def coming(queues: RoomQueues, room: Room[Any], number: int) -> list[Any]:
    """So many come in at the same time, and wait."""
    found = [gevent.spawn(queues.read, room, new_id(), {}, {}) for _ in range(number)]
    gevent.sleep(0)
    return found


def until(condition: Callable[[], object]) -> None:
    """Wait for it."""
    with gevent.Timeout(10):
        while not condition():
            gevent.sleep(0.001)


def test_it_is_read_once_for_all_who_come_at_the_same_time(
    queues: RoomQueues, room: Room[Any], store: Store
) -> None:
    entering = coming(queues, room, 5)
    store.goes_on.set()
    gevent.joinall(entering, timeout=10, raise_error=True)
    assert store.reads == 1
    told = queues.fields(room, new_id(), {})
    assert told == {"queue": {"items": [], "queue_revision": 1, "mode": "votes"}}
    gevent.joinall(coming(queues, room, 1), timeout=10, raise_error=True)
    assert store.reads == 1, "what is known is not read again"


def test_all_who_wait_for_a_read_that_fails_hear_of_it_and_the_next_reads_anew(
    queues: RoomQueues, room: Room[Any], store: Store
) -> None:
    entering = coming(queues, room, 3)
    store.fails = True
    store.goes_on.set()
    gevent.joinall(entering, timeout=10)
    assert [type(one.exception) for one in entering] == [Unavailable] * 3
    store.fails = False
    gevent.joinall(coming(queues, room, 1), timeout=10, raise_error=True)
    assert store.reads == 2


def test_a_room_is_told_four_times_a_second_at_most(
    queues: RoomQueues, room: Room[Any], store: Store
) -> None:
    told_s: list[float] = []

    def told(times: int) -> bool:
        return len(told_s) == times

    line: Any = SimpleNamespace(send=lambda frame: told_s.append(monotonic_s()))
    room.connections[DeviceKey(new_id(), None)] = line
    store.goes_on.set()
    for number in (1, 2, 3):
        store.revision += 1
        for _ in range(5):
            queues.changed(room.id)
        until(partial(told, number))
    # A machine that stops between a message and its note must not fail this.
    assert all(later - earlier > 0.1 for earlier, later in pairwise(told_s))
    assert PAUSE_S >= 0.25


def test_a_change_that_was_told_meanwhile_is_not_taken_back(
    queues: RoomQueues, room: Room[Any], store: Store
) -> None:
    line: Any = Line()
    room.connections[DeviceKey(new_id(), None)] = line
    (entering,) = coming(queues, room, 1)
    slow, store.goes_on = store.goes_on, Event()
    store.goes_on.set()
    store.revision = 2
    queues.changed(room.id)
    until(lambda: line.of("queue"))
    slow.set()
    entering.get(timeout=10)
    told = queues.fields(room, new_id(), {})
    assert told is not None
    assert told["queue"]["queue_revision"] == 2


def test_a_lost_change_is_told_when_queues_are_compared(
    queues: RoomQueues, room: Room[Any], store: Store
) -> None:
    line: Any = Line()
    room.connections[DeviceKey(new_id(), None)] = line
    store.goes_on.set()
    queues.read(room, new_id(), {}, {})
    store.revision = 2
    queues.compare_soon()
    until(lambda: line.of("queue"))
    assert line.of("queue")[0]["queue_revision"] == 2

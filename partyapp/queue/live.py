"""What the rooms of this process are told of their queues: in the welcome, and after each change.

A message between processes says only whose queue has changed; each process reads it from Postgres and tells
its own sockets, at most four times a second. What Redis loses is noticed by the queues' revisions.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import gevent
import msgspec
from gevent.event import AsyncResult

from partyapp.party.contract import QueueOrder
from partyapp.queue.application import ShownQueue
from partyapp.queue.domain import Queue
from partyapp.realtime.gathered import Gathered
from partyapp.realtime.rooms import Hub, Room
from partyapp.realtime.websocket.frames import text_frame
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import Refusal

log = logging.getLogger(__name__)

#: At least so long between two messages to a room, in s.
PAUSE_S = 0.25
#: So often all rooms' queues are compared with Postgres, in s.
CHECK_S = 5.0

_encode = msgspec.json.Encoder().encode


class QueueChanged(msgspec.Struct, frozen=True, kw_only=True, tag="queue_changed"):
    """What the processes publish: a party's queue is another one."""

    party: UUID


class Queues(Protocol):
    """Where queues are read."""

    def read_all(self, party_ids: Sequence[UUID]) -> Sequence[Queue]:
        """The queues of these parties, in their order."""
        ...


class GatheredQueues:
    """Reads queues: those that are asked for at the same time together."""

    def __init__(self, queues: Queues) -> None:
        self._read: Gathered[UUID, Queue] = Gathered(queues.read_all)

    def read(self, party_id: UUID) -> Queue:
        """The party's queue, at the earliest when it is asked for. Waits."""
        return self._read(party_id)


class RoomQueues:
    """Keeps what each room was told of its queue last.

    `read` reads a party's queue in that order, and `order_of` is the order by what a room knows of its party.
    """

    def __init__(
        self,
        hub: Hub[Any],
        read: Callable[[UUID, QueueOrder], ShownQueue],
        order_of: Callable[[Room[Any]], QueueOrder],
        revisions: Callable[[Collection[UUID]], Mapping[UUID, int]],
    ) -> None:
        self._hub = hub
        self._read = read
        self._order_of = order_of
        self._revisions = revisions
        self._known: dict[UUID, ShownQueue] = {}
        self._reading: dict[UUID, AsyncResult[ShownQueue]] = {}
        self._sent_s: dict[UUID, float] = {}
        self._pending: set[UUID] = set()
        self._checked_s = 0.0

    def receive(self, message: QueueChanged) -> None:
        """Some process has changed a queue."""
        self.changed(message.party)

    def changed(self, party_id: UUID) -> None:
        """The party's queue may be another one: its room hears of it soon, if it has one here."""
        if self._hub.room(party_id) is None or party_id in self._pending:
            return
        self._pending.add(party_id)
        wait_s = self._sent_s.get(party_id, 0.0) + PAUSE_S - monotonic_s()
        gevent.spawn_later(max(0.0, wait_s), self._tell, party_id)

    def tells_announced(self, party_id: UUID) -> bool:
        """Whether the room was told last that an item is announced: what the party plays may change that."""
        known = self._known.get(party_id)
        return known is not None and known.order.announced_item_id is not None

    def read(self, room: Room[Any], user_id: UUID, seen: Mapping[str, int], marks: Mapping[str, Any]) -> UUID:
        """Read the queue for a welcome, unless it is known. Raises `Unavailable`."""
        if room.id not in self._known:
            queue = self._read_once(room)
            # What was told meanwhile is newer.
            self._known.setdefault(room.id, queue)
        return user_id

    def _read_once(self, room: Room[Any]) -> ShownQueue:
        """Read a room's queue, once for all who come at the same time: all are told of a change meanwhile."""
        reading = self._reading.get(room.id)
        if reading is None:
            reading = self._reading[room.id] = AsyncResult()
            try:
                reading.set(self._read(room.id, self._order_of(room)))
            except BaseException as error:
                reading.set_exception(error)
            finally:
                del self._reading[room.id]
        queue: ShownQueue = reading.get()
        return queue

    def fields(self, room: Room[Any], reading: UUID, seen: Mapping[str, int]) -> dict[str, Any] | None:
        """What a welcome says of the queue to this user; None when it is not known any more."""
        known = self._known.get(room.id)
        return None if known is None else {"queue": known.to_json(reading)}

    def each_second(self) -> None:
        """Forget rooms that are gone; at times compare those that are there with Postgres."""
        for kept in (self._known, self._sent_s):
            for party_id in [party_id for party_id in kept if self._hub.room(party_id) is None]:
                kept.pop(party_id, None)
        if monotonic_s() - self._checked_s >= CHECK_S:
            self.compare_soon()

    def compare_soon(self) -> None:
        """Compare the queues of all rooms with Postgres soon."""
        self._checked_s = monotonic_s()
        if self._known:
            gevent.spawn(self._check)

    def _check(self) -> None:
        try:
            found = self._revisions(list(self._known))
        except Refusal:
            return
        for party_id, revision in found.items():
            known = self._known.get(party_id)
            if known is not None and known.revision != revision:
                self.changed(party_id)

    def _tell(self, party_id: UUID) -> None:
        # Whatever changes from here on is told by the next message.
        self._pending.discard(party_id)
        room = self._hub.room(party_id)
        if room is None:
            return
        try:
            queue = self._read(party_id, self._order_of(room))
        except Refusal as refusal:
            log.warning("a queue could not be read now: %s", refusal.code)
            return
        room = self._hub.room(party_id)
        if room is None or queue == self._known.get(party_id):
            return
        self._known[party_id] = queue
        self._sent_s[party_id] = monotonic_s()
        frames: dict[frozenset[int], bytes] = {}
        for (user_id, _), connection in list(room.connections.items()):
            voted = queue.voted_by(user_id)
            if voted not in frames:
                frames[voted] = text_frame(_encode({"type": "queue", **queue.to_json(user_id)}))
            connection.send(frames[voted])

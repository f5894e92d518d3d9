"""The queue in a web process, put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from partyapp.bootstrap import Resources
from partyapp.party.contract import (
    PARTY_SESSION_CHANGED,
    PLAYBACK_FINISHED,
    VIDEO_CHANGED,
    QueueOrder,
)
from partyapp.party.infrastructure.standings import PostgresStandings, order_of
from partyapp.party.infrastructure.video_catalogue import VideoCatalogue
from partyapp.party.live.room_feed import RoomFeed
from partyapp.party.live.room_messages import RoomEvent
from partyapp.party.live.room_state import RoomState
from partyapp.queue.application import QueueCommands, QueueReader
from partyapp.queue.infrastructure import PostgresQueues
from partyapp.queue.live import GatheredQueues, QueueChanged, RoomQueues
from partyapp.queue.queued_films import QueuedFilms
from partyapp.realtime.messages import encode
from partyapp.realtime.pubsub.redis_pubsub import Bus, room_channel
from partyapp.realtime.rooms import Hub, Room


@dataclass(frozen=True, kw_only=True)
class QueueSide:
    """The queue's live side, and what reads queues."""

    rooms: RoomQueues
    reader: QueueReader
    queues: PostgresQueues
    bus: Bus

    def changed(self, party_id: UUID) -> None:
        """A queue was changed here: this process's room hears of it, and the other processes."""
        self.rooms.changed(party_id)
        self.bus.publish(room_channel(party_id), encode(QueueChanged(party=party_id)))


def build_queue_side(resources: Resources, hub: Hub[RoomState], bus: Bus) -> QueueSide:
    """The live side."""
    queues = PostgresQueues(resources.transactions)
    catalogue = VideoCatalogue(resources.videos, resources.grants, resources.shown)
    reader = QueueReader(
        queues=GatheredQueues(queues),
        videos=QueuedFilms(catalogue, resources.videos, resources.grants.for_party, resources.grants.base),
        parties=PostgresStandings(resources.queries),
    )
    rooms = RoomQueues(hub, reader, _order_of, queues.revisions)
    return QueueSide(rooms=rooms, reader=reader, queues=queues, bus=bus)


def _order_of(room: Room[RoomState]) -> QueueOrder:
    """The order as of the last event that the room was sent; the event of another one has it read anew."""
    return order_of(room.state.replica.state)


#: What may change a queue or its order: a film begins, or is announced.
_NEWS = (VIDEO_CHANGED, PARTY_SESSION_CHANGED, PLAYBACK_FINISHED)


def follow(rooms: RoomQueues, feed: RoomFeed) -> None:
    """Have rooms look at their queue after what may change it; any press ends an announcement."""

    def look(party_id: UUID, events: Sequence[RoomEvent]) -> None:
        if rooms.tells_announced(party_id) or any(event.type in _NEWS for event in events):
            rooms.changed(party_id)

    feed.watch(look)


def build_queue_commands(
    resources: Resources, side: QueueSide, announced_gone: Callable[[UUID], None]
) -> QueueCommands:
    """What members change queues by."""
    return QueueCommands(
        queues=side.queues,
        reader=side.reader,
        videos=side.reader.videos,
        parties=side.reader.parties,
        clock=resources.clock,
        changed=side.changed,
        announced_gone=announced_gone,
    )

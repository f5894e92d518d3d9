"""What members do with their party's queue."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from partyapp.party.contract import MemberStanding, PartyStandings, QueueOrder
from partyapp.queue.domain import Queue, QueueItem, in_order
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Forbidden, NotFound, ValidationFailed

#: The right to add, move and remove, by its name in a party.
QUEUE = "queue"


class NotInQueue(NotFound):
    detail = "This film is not in the queue."


class NotYourItem(Forbidden):
    detail = "You have not been given the right to change the queue of this party."


class QueuePort(Protocol):
    """Keeps queues; each change is one transaction. Every method raises `Unavailable` without Postgres."""

    def read(self, party_id: UUID) -> Queue:
        """The queue; one that was never used is empty at revision 0."""
        ...

    def add(self, party_id: UUID, item: QueueItem, *, first: bool) -> None:
        """Put it last, or first; the same id again changes nothing, even of one that is there no more.

        Raises `QueueFull`.
        """
        ...

    def remove(self, party_id: UUID, item_id: UUID) -> bool:
        """Take it out; False when it isn't there."""
        ...

    def move(self, party_id: UUID, item_id: UUID, before: UUID | None) -> None:
        """Put it before another one, or last. Raises `KeyError` where `before` isn't there."""
        ...

    def vote(self, party_id: UUID, item_id: UUID, user_id: UUID, *, given: bool) -> None:
        """Give a vote, or take it back; again changes nothing."""
        ...


class ReadQueues(Protocol):
    """Reads queues."""

    def read(self, party_id: UUID) -> Queue:
        """As `QueuePort.read`."""
        ...


class QueueVideos(Protocol):
    """The films of a queue."""

    def playable(self, video_id: UUID, user_id: UUID, party_id: UUID) -> Any:
        """Raises `ValidationFailed` or `VideoNotReady` unless this person may play it to the party."""
        ...

    def shown(self, video_ids: Collection[UUID], party_id: UUID) -> Mapping[UUID, dict[str, Any]]:
        """CONTRACT's Video of those that exist, with addresses for the party."""
        ...


@dataclass(frozen=True, kw_only=True)
class ShownQueue:
    """A queue as a party sees it. `items` are in their order, each with those who voted for it."""

    revision: int
    order: QueueOrder
    items: tuple[tuple[dict[str, Any], frozenset[UUID]], ...]

    def to_json(self, user_id: UUID) -> dict[str, Any]:
        """CONTRACT's queue, as this person sees it."""
        items = [{**item, "voted": user_id in voters} for item, voters in self.items]
        return {"items": items, "queue_revision": self.revision, "mode": self.order.mode.value}

    def voted_by(self, user_id: UUID) -> frozenset[int]:
        """Which items the person voted for: who voted for the same sees the same."""
        return frozenset(n for n, (_, voters) in enumerate(self.items) if user_id in voters)


@dataclass(frozen=True, kw_only=True)
class QueueReader:
    """Shows queues. A film that is gone is in none of them."""

    queues: ReadQueues
    videos: QueueVideos
    parties: PartyStandings

    def __call__(self, party_id: UUID, order: QueueOrder | None = None) -> ShownQueue:
        """The party's queue, in its order if that is known already. Raises `NotFound` or `Unavailable`."""
        queue = self.queues.read(party_id)
        order = order or self.parties.queue_order(party_id)
        videos = self.videos.shown([item.video_id for item in queue.items], party_id)
        playing = in_order(queue.items, order.mode, order.announced_item_id)
        items = [item for item in playing if item.video_id in videos]
        shown = tuple((_item(item, videos[item.video_id]), item.voters) for item in items)
        return ShownQueue(revision=queue.revision, order=order, items=shown)


@dataclass(frozen=True, kw_only=True)
class QueueCommands:
    """Changes queues for members. `changed` tells the party; `announced_gone` that what is to begin is gone.

    Every method raises the refusal of who is no member, or of a party that has ended.
    """

    queues: QueuePort
    reader: QueueReader
    videos: QueueVideos
    parties: PartyStandings
    clock: Clock
    changed: Callable[[UUID], None]
    announced_gone: Callable[[UUID], None]

    def show(self, party_id: UUID, user_id: UUID) -> dict[str, Any]:
        """The queue, for members."""
        self.parties.reading(party_id, user_id)
        return self.reader(party_id).to_json(user_id)

    def add(
        self, party_id: UUID, user_id: UUID, item_id: UUID, video_id: UUID, *, first: bool
    ) -> dict[str, Any]:
        """Put a film into the queue, once for an `item_id`. Raises `Forbidden`, `QueueFull` or a video's."""
        standing = self.parties.acting(party_id, user_id)
        if QUEUE not in standing.grants:
            raise NotYourItem()
        self.videos.playable(video_id, user_id, party_id)
        item = QueueItem(
            id=item_id, video_id=video_id, added_by=user_id, added_at_ms=self.clock.now_ms(), position=0.0
        )
        self.queues.add(party_id, item, first=first)
        self.changed(party_id)
        shown = self.reader(party_id).to_json(user_id)["items"]
        # It may be playing already.
        found = next((each for each in shown if each["id"] == str(item_id)), None)
        if found is None:
            videos = self.videos.shown([video_id], party_id)
            found = {**_item(item, videos[video_id]), "voted": False}
        return found

    def remove(self, party_id: UUID, user_id: UUID, item_id: UUID) -> None:
        """Take a film out; one that isn't there stays out. Raises `Forbidden` for somebody else's."""
        standing, _ = self._arranging(party_id, user_id, item_id)
        if self.queues.remove(party_id, item_id):
            self.changed(party_id)
            if standing.announced_item_id == item_id:
                self.announced_gone(party_id)

    def move(self, party_id: UUID, user_id: UUID, item_id: UUID, before: UUID | None) -> None:
        """Put a film before another one, or last. Raises `Forbidden`, `NotInQueue` or `ValidationFailed`."""
        _, item = self._arranging(party_id, user_id, item_id)
        if item is None:
            raise NotInQueue()
        if before != item_id:
            try:
                self.queues.move(party_id, item_id, before)
            except KeyError:
                raise ValidationFailed(errors={"before": ["This film is not in the queue."]}) from None
            self.changed(party_id)

    def vote(self, party_id: UUID, user_id: UUID, item_id: UUID, *, given: bool) -> None:
        """Give one's vote, or take it back. Raises `NotInQueue`."""
        self.parties.acting(party_id, user_id)
        if self._item(party_id, item_id) is None:
            raise NotInQueue()
        self.queues.vote(party_id, item_id, user_id, given=given)
        self.changed(party_id)

    def _arranging(
        self, party_id: UUID, user_id: UUID, item_id: UUID
    ) -> tuple[MemberStanding, QueueItem | None]:
        """Who may arrange this item, with the right or as their own, and the item if it is there."""
        standing, item = self.parties.acting(party_id, user_id), self._item(party_id, item_id)
        if QUEUE not in standing.grants and (item is None or item.added_by != user_id):
            raise NotYourItem()
        return standing, item

    def _item(self, party_id: UUID, item_id: UUID) -> QueueItem | None:
        return next((item for item in self.queues.read(party_id).items if item.id == item_id), None)


def _item(item: QueueItem, video: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(item.id),
        "video": video,
        "added_by": str(item.added_by),
        "added_at_ms": item.added_at_ms,
        "votes": len(item.voters),
    }

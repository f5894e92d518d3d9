"""The items of a party's queue and their order. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from partyapp.party.contract import QueueMode
from partyapp.shared.kernel.errors import Refusal

#: A queue holds so many items at most.
MOST_ITEMS = 200


class QueueFull(Refusal):
    code = "queue_full"
    detail = f"The queue holds {MOST_ITEMS} films; remove one first."


@dataclass(frozen=True, kw_only=True)
class QueueItem:
    """A film that is to follow. `position` is its place where the queue is arranged by hand."""

    id: UUID
    video_id: UUID
    added_by: UUID
    added_at_ms: float
    position: float
    voters: frozenset[UUID] = frozenset()


class Queue(NamedTuple):
    """A party's queue; `revision` counts its changes."""

    revision: int
    items: Sequence[QueueItem]


def in_order(items: Sequence[QueueItem], mode: QueueMode, announced: UUID | None = None) -> list[QueueItem]:
    """The items in the order in which they play. What is announced plays first, whatever becomes of votes."""

    def place(item: QueueItem) -> tuple[bool, int, float, UUID]:
        if mode is QueueMode.VOTES:
            return item.id != announced, -len(item.voters), item.added_at_ms, item.id
        return item.id != announced, 0, item.position, item.id

    return sorted(items, key=place)


def place_before(others: Sequence[QueueItem], before: UUID | None) -> float | None:
    """A position just before that item of `others`, or behind them all; None where no number is left there.

    `others` in the order of their positions. Raises `KeyError` where `before` isn't among them.
    """
    if before is None:
        return others[-1].position + 1.0 if others else 0.0
    number = next((number for number, item in enumerate(others) if item.id == before), None)
    if number is None:
        raise KeyError(before)
    high = others[number].position
    if number == 0:
        return high - 1.0
    low = others[number - 1].position
    middle = (low + high) / 2
    return middle if low < middle < high else None

"""What a process has published of its members of a large party, and the change that it publishes next.

A list of thousands every other second would grow with the room, so only what has changed is told. Changes are
numbered; who misses one asks for the whole.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from partyapp.party.infrastructure.playback.lead_needs import LeadNeeds
from partyapp.party.live.member_sync import worth_publishing
from partyapp.party.live.presence import Share
from partyapp.party.live.room_state import Each, RoomState, looked_at
from partyapp.party.live.small_changes import Turns, part_of

Sync = dict[str, Any] | None


class PresenceChange(msgspec.Struct, frozen=True, kw_only=True, tag="presence_change"):
    """What has changed in a process's members of a large party since its publication before.

    `verdicts` has the letters of those who came or have another one, `listed` the instant of joining (ms) and
    the sync of those who are newly among the first or whose sync is another. `total` is how many there are.
    """

    party: UUID
    process: str
    number: int
    total: int
    needs: LeadNeeds
    lead_ms: float | None
    verdicts: Mapping[UUID, str] = {}
    gone: Sequence[UUID] = ()
    listed: Mapping[UUID, tuple[float, Sync]] = {}
    unlisted: Sequence[UUID] = ()


class PresenceAsked(msgspec.Struct, frozen=True, kw_only=True, tag="presence_asked"):
    """A process has missed a change of the process `asked`, which publishes the whole again."""

    party: UUID
    process: str
    asked: str


class PublishedPresence:
    """What the other processes know of this one's members, as of the publication `number`."""

    __slots__ = ("_listed", "_turns", "_verdicts", "number")

    def __init__(self, number: int, share: Share, verdicts: Mapping[UUID, str], now_ms: float) -> None:
        self.number = number
        self._verdicts = verdicts
        self._listed: dict[UUID, tuple[float, Sync]] = _listed_of(share)
        # The next turn of the others' members: they tell what they have heard in this one.
        self._turns = Turns(now_ms, ahead=1)

    def change(self, party_id: UUID, process_id: str, share: Share, now_ms: float) -> PresenceChange:
        """What to tell now; counts as told. Takes several turns of the loop."""
        parts = self._turns.take(now_ms)
        before, now = self._verdicts, verdicts_of(share.members, share.verdicts, looked_at)
        listed_now = _listed_of(share)
        verdicts = {user: letter for user, letter in looked_at(now.items()) if before.get(user) != letter}
        gone = [user for user in looked_at(before) if user not in now]
        listed = {user: told for user, told in listed_now.items() if self._is_news(user, told, parts)}
        unlisted = [user for user in self._listed if user not in listed_now]
        self.number += 1
        self._verdicts = now
        self._listed = {user: listed.get(user) or self._listed[user] for user in listed_now}
        return PresenceChange(
            party=party_id,
            process=process_id,
            number=self.number,
            total=len(now),
            needs=share.needs,
            lead_ms=share.lead_ms,
            verdicts=verdicts,
            gone=gone,
            listed=listed,
            unlisted=unlisted,
        )

    def _is_news(self, user: UUID, told: tuple[float, Sync], parts: Collection[int]) -> bool:
        known = self._listed.get(user)
        if known is None or known[0] != told[0]:
            return True
        is_due = part_of(user) in parts and known[1] != told[1]
        return is_due or worth_publishing(known[1], told[1], to_many=True)


def verdicts_of(members: Iterable[UUID], letters: str, each: Each = iter) -> dict[UUID, str]:
    """The letter of each of these members, as a `Share` has them."""
    return {user: letter for user, letter in each(zip(members, letters, strict=False))}


def _listed_of(share: Share) -> dict[UUID, tuple[float, Sync]]:
    return {user: (joined_ms, share.members[user]) for user, joined_ms in (share.first or {}).items()}


def apply(change: PresenceChange, state: RoomState, now_ms: float) -> bool:
    """Take a change in; False, and nothing is changed, when another was missed before it."""
    process = change.process
    if state.remote_numbers.get(process) != change.number - 1:
        return False
    _, before = state.remote[process]
    members = {**before, **{user: before.get(user) for user in change.verdicts}}
    first = dict(state.remote_first[process])
    verdicts = {**state.remote_verdicts[process], **change.verdicts}
    for user in change.unlisted:
        first.pop(user, None)
        members[user] = None
    for user, (joined_ms, sync) in change.listed.items():
        first[user] = joined_ms
        members[user] = sync
    for user in change.gone:
        for known in (members, first, verdicts):
            known.pop(user, None)
    if len(members) != change.total:
        return False
    state.remote[process] = (now_ms, members)
    state.remote_first[process], state.remote_verdicts[process] = first, verdicts
    state.remote_numbers[process] = change.number
    state.remote_needs[process] = change.needs
    return True

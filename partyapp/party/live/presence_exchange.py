"""What the processes tell each other of who is connected: of a large party only what has changed."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import gevent
import msgspec

from partyapp.party.infrastructure.playback.lead_needs import LeadNeeds
from partyapp.party.live.presence import Share
from partyapp.party.live.presence_changes import (
    PresenceAsked,
    PresenceChange,
    PublishedPresence,
    apply,
    verdicts_of,
)
from partyapp.party.live.room_state import RoomState, looked_at
from partyapp.realtime.messages import encode
from partyapp.realtime.pubsub.redis_pubsub import Bus, room_channel
from partyapp.realtime.rooms import Hub
from partyapp.shared.kernel.clock import Clock

#: Of one party the whole is asked for this often at most, in ms.
ASK_AGAIN_MS = 1000.0
_NOBODY = Share({})


class ProcessPresence(msgspec.Struct, frozen=True, kw_only=True, tag="presence"):
    """What the processes publish of presence: the members of one party who are connected to `process`.

    `members` maps each to the sync of their device furthest off (docs/protocol.md), `needs` is what lead they
    need; `lead_ms` says it to processes of an older version, and is all that those say. With `asks` the other
    processes answer with theirs. `first` and `verdicts` are those of `Share`. `number` is set where changes
    follow, the next of which has the next number.
    """

    party: UUID
    process: str
    members: Mapping[UUID, dict[str, Any] | None]
    lead_ms: float | None
    needs: LeadNeeds | None = None
    asks: bool = False
    first: Mapping[UUID, float] | msgspec.UnsetType = msgspec.UNSET
    verdicts: str | msgspec.UnsetType = msgspec.UNSET
    number: int | msgspec.UnsetType = msgspec.UNSET


class PresenceExchange:
    """Publishes this process's shares and takes those of the others.

    `touch` is told of rooms in which something is new, `own_share` gives what this process has of a party.
    """

    def __init__(
        self,
        hub: Hub[RoomState],
        clock: Clock,
        bus: Bus,
        process_id: str,
        *,
        touch: Callable[[UUID], None],
        own_share: Callable[[UUID, float], Share],
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._bus = bus
        self._process_id = process_id
        self._touch = touch
        self._own_share = own_share
        #: Of the parties of which this process has many members.
        self._told: dict[UUID, PublishedPresence] = {}
        #: Of which a change is being made just now.
        self._changing: set[UUID] = set()

    def publish(self, party_id: UUID, share: Share, now_ms: float) -> None:
        """Tell the others. Of a large share it takes several turns of the loop."""
        told = self._told.get(party_id)
        if told is None or not share.verdicts:
            self._publish_whole(party_id, share, now_ms)
        elif party_id in self._changing:
            self._touch(party_id)
        else:
            self._changing.add(party_id)
            try:
                change = told.change(party_id, self._process_id, share, now_ms)
            finally:
                self._changing.discard(party_id)
            # Everything may have been told again meanwhile, with a number of its own.
            if self._told.get(party_id) is told:
                self._bus.publish(room_channel(party_id), encode(change))

    def ask(self, party_id: UUID) -> None:
        """A room was opened here: have the other processes publish who is connected to them."""
        self._publish(party_id, _NOBODY, asks=True)

    def receive(self, message: ProcessPresence) -> None:
        """Take what another process published of all its members."""
        room = self._hub.room(message.party)
        if room is None or message.process == self._process_id:
            return
        state, process = room.state, message.process
        if message.members:
            verdicts = verdicts_of(message.members, message.verdicts or "")
            state.remote[process] = (self._clock.now_ms(), message.members)
            state.remote_first[process], state.remote_verdicts[process] = message.first or {}, verdicts
            state.remote_numbers[process] = message.number or 0
        else:
            forget(state, process)
        if message.lead_ms is None:
            state.remote_needs.pop(process, None)
        else:
            state.remote_needs[process] = message.needs or LeadNeeds.of_older(message.lead_ms)
        self._touch(room.id)
        if message.asks:
            # What is told of a large party takes several turns, which the bus must not wait for.
            gevent.spawn(self._answer, room.id)

    def receive_change(self, change: PresenceChange) -> None:
        """Take what has changed in another process's members; ask for the whole if one was missed."""
        room = self._hub.room(change.party)
        if room is None or change.process == self._process_id:
            return
        now_ms = self._clock.now_ms()
        if apply(change, room.state, now_ms):
            self._touch(room.id)
        elif now_ms - room.state.asked_ms >= ASK_AGAIN_MS:
            room.state.asked_ms = now_ms
            asked = PresenceAsked(party=room.id, process=self._process_id, asked=change.process)
            self._bus.publish(room_channel(room.id), encode(asked))

    def receive_asked(self, message: PresenceAsked) -> None:
        """Tell everything again, if this process is asked."""
        if message.asked == self._process_id and self._hub.room(message.party) is not None:
            gevent.spawn(self._answer, message.party)

    def _answer(self, party_id: UUID) -> None:
        now_ms = self._clock.now_ms()
        self._publish_whole(party_id, self._own_share(party_id, now_ms), now_ms)

    def _publish_whole(self, party_id: UUID, share: Share, now_ms: float) -> None:
        verdicts = verdicts_of(share.members, share.verdicts, looked_at)
        before = self._told.pop(party_id, None)
        number = 0
        if verdicts:
            number = 1 if before is None else before.number + 1
            self._told[party_id] = PublishedPresence(number, share, verdicts, now_ms)
        self._publish(party_id, share, number=number)

    def _publish(self, party_id: UUID, share: Share, *, number: int = 0, asks: bool = False) -> None:
        message = ProcessPresence(
            party=party_id,
            process=self._process_id,
            members=share.members,
            lead_ms=share.lead_ms,
            needs=share.needs,
            asks=asks,
            first=share.first or {},
            verdicts=share.verdicts,
            number=number or msgspec.UNSET,
        )
        self._bus.publish(room_channel(party_id), encode(message))


def forget(state: RoomState, process: str) -> None:
    """A process has no members of this party any more."""
    for known in (
        state.remote,
        state.remote_first,
        state.remote_verdicts,
        state.remote_numbers,
        state.remote_needs,
    ):
        known.pop(process, None)

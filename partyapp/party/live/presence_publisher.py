"""Publishes who is connected: at most once a second a room, and only what has changed."""

import logging
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

import gevent
import msgspec

from partyapp.party.application.views import LISTED
from partyapp.party.live.crowd import CROWD_MS, send_crowd
from partyapp.party.live.presence import RedisPresence, Share, refresh_ms, stale_ms
from partyapp.party.live.room_messages import encoded
from partyapp.party.live.room_state import LETTERS, RoomState
from partyapp.realtime.messages import encode
from partyapp.realtime.pubsub.redis_pubsub import Bus, room_channel
from partyapp.realtime.rooms import Hub, Room
from partyapp.realtime.yielding import yield_every
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Refusal

log = logging.getLogger(__name__)

#: After so many rooms others get a turn; the turns last so long in all, in s.
PORTION = 10
SPREAD_S = 0.2
#: In a second at most so many times the rooms are done that an even spread would have: whoever falls behind
#: catches up.
HASTE = 1.25

_NOBODY = Share({}, None)


class ProcessPresence(msgspec.Struct, frozen=True, kw_only=True, tag="presence"):
    """What the processes publish of presence: the members of one party who are connected to `process`.

    `members` maps each to the sync of their device furthest off (docs/protocol.md), `lead_ms` is what they
    need. With `asks` the other processes answer with theirs. `first` and `verdicts` are those of `Share`.
    """

    party: UUID
    process: str
    members: Mapping[UUID, dict[str, Any] | None]
    lead_ms: float | None
    asks: bool = False
    first: Mapping[UUID, float] | msgspec.UnsetType = msgspec.UNSET
    verdicts: str | msgspec.UnsetType = msgspec.UNSET


class HostLeases(Protocol):
    """Where it is written until when a party's host counts as connected."""

    def renew_host_lease(self, party_ids: Iterable[UUID], until_ms: float) -> None: ...


class PresencePublisher:
    """Gathers the presence of this process's connections and exchanges it with the other processes."""

    def __init__(
        self,
        hub: Hub[RoomState],
        clock: Clock,
        presence: RedisPresence,
        bus: Bus,
        process_id: str,
        host_leases: HostLeases,
        host_grace_ms: float,
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._presence = presence
        self._bus = bus
        self._process_id = process_id
        self._host_leases = host_leases
        self._host_grace_ms = host_grace_ms
        # The lease of a connected host is renewed as often, for the grace and as long again.
        self._refresh_ms = refresh_ms(host_grace_ms)
        self._stale_ms = stale_ms(host_grace_ms)
        self._touched: set[UUID] = set()
        self._writing = self._renewing = False
        self._changed: set[UUID] = set()
        self._writing_soon = False

    def touch(self, party_id: UUID) -> None:
        """A member connected, left, or sent something that may change their sync."""
        self._touched.add(party_id)

    def connections_changed(self, party_id: UUID) -> None:
        """A connection came or went: write it within a moment, since a leaving host's successor is chosen by
        it; the room itself is sent it with the next second."""
        self.touch(party_id)
        self._changed.add(party_id)
        if not self._writing_soon:
            self._writing_soon = True
            gevent.spawn_later(0.05, self._write_changed)

    def each_second(self) -> None:
        """Send each touched room what changed, and the other processes too."""
        now_ms = self._clock.now_ms()
        touched, self._touched = self._touched, set()
        to_write: dict[UUID, Share] = {}
        for party_id in yield_every(touched, PORTION, SPREAD_S):
            room = self._hub.room(party_id)
            if room is None:
                to_write[party_id] = _NOBODY
                self._publish(party_id, _NOBODY)
            else:
                self._send_news(room, now_ms, to_write)
        for room in yield_every(self._due(now_ms, lambda state: state.written_ms), PORTION, SPREAD_S):
            self._forget_dead(room.state, now_ms)
            self._touched.add(room.id)
            self._share(room, now_ms, to_write)
        if to_write and not self._writing:
            self._writing = True
            gevent.spawn(self._write, to_write)
        if not self._renewing:
            self._renewing = True
            gevent.spawn(self._renew_host_leases, now_ms)

    def publish_departure(self) -> None:
        """This process ends: write and publish that it has no members any more. Waits for Redis."""
        self.each_second()
        self._write_changed()

    def receive(self, message: ProcessPresence) -> None:
        """Take what another process published of its members."""
        room = self._hub.room(message.party)
        if room is None or message.process == self._process_id:
            return
        state = room.state
        if message.members:
            state.remote[message.process] = (self._clock.now_ms(), message.members)
            state.remote_first[message.process] = message.first or {}
            state.remote_verdicts[message.process] = message.verdicts or ""
        else:
            _forget(state, message.process)
        if message.lead_ms is None:
            state.remote_leads.pop(message.process, None)
        else:
            state.remote_leads[message.process] = message.lead_ms
        self._touched.add(room.id)
        if message.asks:
            self._publish(room.id, _own_share(state, self._clock.now_ms()))

    def request_presence(self, party_id: UUID) -> None:
        """A room was opened here: have the other processes publish who is connected to them."""
        self._publish(party_id, _NOBODY, asks=True)

    def _due(self, now_ms: float, last_ms: Callable[[RoomState], float]) -> list[Room[RoomState]]:
        """The rooms for which it is time again. Many are opened at the same time, so they are spread over
        most of the time in which each has to be done: no second has all of them to do."""
        rooms = list(self._hub.rooms.values())
        most = math.ceil(len(rooms) * HASTE * 1000.0 / self._refresh_ms)
        return [room for room in rooms if now_ms - last_ms(room.state) > self._refresh_ms][:most]

    def _send_news(self, room: Room[RoomState], now_ms: float, to_write: dict[UUID, Share]) -> None:
        state = room.state
        was_large = state.given_to_all is not None
        if was_large and state.large and now_ms - state.crowd_sent_ms < CROWD_MS:
            # Looked at less often, since each look is one at everybody.
            self._touched.add(room.id)
            return
        news = state.news(now_ms)
        if state.large:
            send_crowd(room, news, now_ms)
        elif news:
            room.broadcast(encoded({"type": "presence", "members": news}))
        if news:
            self._share(room, now_ms, to_write)

    def _share(self, room: Room[RoomState], now_ms: float, to_write: dict[UUID, Share]) -> None:
        room.state.written_ms = now_ms
        to_write[room.id] = _own_share(room.state, now_ms)
        self._publish(room.id, to_write[room.id])

    def _publish(self, party_id: UUID, share: Share, *, asks: bool = False) -> None:
        message = ProcessPresence(
            party=party_id,
            process=self._process_id,
            members=share.members,
            lead_ms=share.lead_ms,
            asks=asks,
            first=share.first or {},
            verdicts=share.verdicts,
        )
        self._bus.publish(room_channel(party_id), encode(message))

    def _write(self, rooms: dict[UUID, Share]) -> None:
        try:
            self._presence.write(self._process_id, rooms)
        finally:
            self._writing = False

    def _write_changed(self) -> None:
        self._writing_soon = False
        changed, self._changed = self._changed, set()
        now_ms = self._clock.now_ms()
        found: dict[UUID, Share] = {}
        for party_id in changed:
            room = self._hub.room(party_id)
            found[party_id] = _NOBODY if room is None else _own_share(room.state, now_ms)
        self._presence.write(self._process_id, found)

    def _renew_host_leases(self, now_ms: float) -> None:
        try:
            due = self._due(now_ms, lambda state: state.leased_ms)
            for room in due:
                room.state.leased_ms = now_ms
            attended = [room.id for room in due if room.state.replica.state.host_id in room.user_ids()]
            if attended:
                self._host_leases.renew_host_lease(attended, now_ms + self._host_grace_ms + self._refresh_ms)
        except Refusal as refusal:
            log.warning("the leases of hosts could not be renewed now: %s", refusal.code)
        finally:
            self._renewing = False

    def _forget_dead(self, state: RoomState, now_ms: float) -> None:
        for process_id, (received_ms, _) in list(state.remote.items()):
            if now_ms - received_ms > self._stale_ms:
                _forget(state, process_id)
                state.remote_leads.pop(process_id, None)


def _own_share(state: RoomState, now_ms: float) -> Share:
    """What this process adds to a party: its members' sync, and the lead in ms that they need."""
    members, lead_ms = state.own_members(now_ms), state.own_lead_ms(now_ms)
    first = state.first_of(members)
    if len(members) <= LISTED:
        return Share(members, lead_ms, first)
    verdicts = "".join(LETTERS[sync["verdict"]] if sync else "u" for sync in members.values())
    # Nobody elsewhere is told of the others' sync, but for its verdict.
    told = {user: sync if user in first else None for user, sync in members.items()}
    return Share(told, lead_ms, first, verdicts)


def _forget(state: RoomState, process_id: str) -> None:
    for known in (state.remote, state.remote_first, state.remote_verdicts):
        known.pop(process_id, None)

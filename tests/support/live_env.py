"""The live side of a process on a store that a test writes, with recording lines in place of sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import msgspec
from wsproto.frame_protocol import FrameProtocol

from partyapp.party.application.views import LISTED
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.infrastructure.mapping import recorded
from partyapp.party.infrastructure.unit_of_work import Committed
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.room_feed import RoomFeed
from partyapp.party.live.room_join import RoomJoin
from partyapp.party.live.room_messages import PartyEvents, publication
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.messages import encode
from partyapp.realtime.rooms import DeviceKey, Hub, Room
from partyapp.realtime.websocket.send_queue import Priority
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.ids import new_id
from tests.support.party_objects import T0, created, host_of, joined


class Line:
    """What a connection is sent, in place of one."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.kinds: list[Priority] = []
        self.closed_with: list[int] = []
        self.renewed = 0
        self.closed = False
        self.hung_up = False
        self.session_id: UUID | None = None

    def send(self, frame: bytes, kind: Priority = Priority.CHANGE) -> None:
        """Read the frame as a client would."""
        client = FrameProtocol(client=True, extensions=[])
        client.receive_bytes(frame)
        parts: list[Any] = list(client.received_frames())
        text = "".join(part.payload for part in parts)
        self.messages.append(json.loads(text))
        self.kinds.append(kind)

    def heartbeat(self, now_s: float, party_ms: float, heartbeat_s: float, silence_s: float) -> None:
        """Nothing to do."""

    def renew(self, welcome: bytes) -> None:
        """A fresh welcome."""
        self.renewed += 1
        self.send(welcome)

    def close(self, code: int) -> None:
        """Remember why."""
        self.closed_with.append(code)

    dismiss = close

    def drop(self) -> None:
        """End it at once."""
        self.closed = True

    @property
    def revisions(self) -> list[int]:
        """The revisions of the changes, in the order they came."""
        return [
            message["event"]["revision"] if message["type"] == "event" else message["revision"]
            for message in self.messages
            if message["type"] in ("event", "playback")
        ]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The messages of this type."""
        return [message for message in self.messages if message["type"] == kind]


@dataclass
class Bus:
    """Remembers what was published and subscribed."""

    published: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    channels: set[str] = field(default_factory=set)

    def publish(self, channel: str, payload: bytes) -> None:
        """Remember it."""
        self.published.append((channel, json.loads(payload)))

    def subscribe(self, channel: str) -> None:
        """Listen."""
        self.channels.add(channel)

    def unsubscribe(self, channel: str) -> None:
        """Stop listening."""
        self.channels.discard(channel)


@dataclass
class Read:
    """A party as it was read."""

    state: SyncedPartySessionState
    members: Sequence[PartyMember]
    marks: Mapping[str, Any] = field(default_factory=dict)


class PartyStore:
    """One party with its log, as Postgres would have it. `before_reading` runs ahead of each reading."""

    def __init__(self) -> None:
        self.session = created()
        self.members = {self.session.state.host_id: host_of(self.session)}
        self.log: list[PartyEvent] = []
        self.commands: dict[int, UUID] = {}
        self.readings = 0
        self.members_read: list[int] = []
        self.error: Exception | None = None
        self.after_reading: Callable[[], None] = lambda: None
        self.commit()

    @property
    def id(self) -> UUID:
        """The party's id."""
        return self.session.state.id

    def commit(self, command_id: UUID | None = None) -> Committed:
        """Write down what has happened to `session` since the last commit."""
        session = self.session
        events = [recorded(event) for event in session.events]
        self.log += events
        if command_id is not None:
            self.commands[events[-1].revision] = command_id
        self.session = SyncedPartySession.reconstitute(session.state)
        return Committed(session=session, events=events, command_id=command_id)

    def unknown_event(self) -> PartyEvent:
        """A newer program changes the party in a way of its own; its title, say."""
        state = self.session.state
        state = replace(state, revision=state.revision + 1, title=f"{state.title}!")
        self.session = SyncedPartySession.reconstitute(state)
        event = PartyEvent(
            id=new_id(),
            party_id=state.id,
            revision=state.revision,
            type="title_changed",
            at_ms=T0,
            actor_id=None,
            data={"title": state.title},
        )
        self.log.append(event)
        return event

    def join(self, name: str = "Grace", command_id: UUID | None = None) -> Committed:
        """Somebody new joins."""
        member = joined(self.session, name)
        self.members[member.user_id] = member
        return self.commit(command_id)

    def publication(self, committed: Committed) -> PartyEvents:
        """What another process decodes of it."""
        payload = encode(publication(self.id, committed.events, committed.command_id))
        return msgspec.json.decode(payload, type=PartyEvents)

    def whole(self, party_id: UUID, user_ids: Collection[UUID] = ()) -> Read | None:
        """The party, whoever asks; of a large one these members alone."""
        self._read()
        if party_id != self.id:
            return None
        state = self.session.state
        # Of ten thousand members those asked for are looked up, as a database's index does it.
        asked = self.members if state.member_count <= LISTED else dict.fromkeys(user_ids)
        found_members = [self.members[user_id] for user_id in asked if user_id in self.members]
        wanted = [member for member in found_members if member.present]
        self.members_read.append(len(wanted))
        found = Read(state, wanted)
        self.after_reading()
        return found

    def events(self, party_id: UUID, after: int, limit: int) -> Sequence[PartyEvent]:
        """The log after a revision."""
        self._read()
        found = [event for event in self.log if event.revision > after][:limit]
        self.after_reading()
        return found

    def events_with_commands(
        self, party_id: UUID, after: int, limit: int
    ) -> Sequence[tuple[PartyEvent, UUID | None]]:
        """The same with the command that left each."""
        return [(event, self.commands.get(event.revision)) for event in self.events(party_id, after, limit)]

    def revisions(self, party_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Where each party is."""
        self._read()
        return {party_id: self.session.state.revision for party_id in party_ids if party_id == self.id}

    def _read(self) -> None:
        self.readings += 1
        if self.error is not None:
            raise self.error


class LiveEnv:
    """A process with its rooms, on one store."""

    def __init__(self) -> None:
        self.store = PartyStore()
        self.hub: Hub[RoomState] = Hub()
        self.clock = PartyClock()
        self.bus = Bus()
        bus: Any = self.bus
        self.feed = RoomFeed(self.hub, self.clock, self.store, bus)
        self.join = RoomJoin(self.hub, self.feed, self.clock, self.store, bus, 20.0)

    def enter(
        self,
        user_id: UUID | None = None,
        last_revision: int | None = None,
        line: Any = None,
        reading: Read | None = None,
    ) -> tuple[Any, Room[RoomState]]:
        """A member's connection comes in; the host's unless told otherwise."""
        line = line or Line()
        key = DeviceKey(user_id or self.store.session.state.host_id, None)
        return line, self.join.enter(line, self.store.id, key, MemberSyncState(), last_revision, reading)

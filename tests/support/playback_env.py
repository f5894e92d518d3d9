"""Playback commands on a real Postgres, by the fast path and the slow path, as a web process runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select

from partyapp.party.application.commands import PlaybackCommand
from partyapp.party.application.ports import ProcessPorts
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.playback_statement import PlaybackStatement
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.infrastructure.unit_of_work import Committed, PartyUnitOfWork, TransactionPorts
from partyapp.party.live.command_limits import CommandLimits
from partyapp.party.live.playback_commands import PlaybackCommands
from partyapp.party.live.playback_fast_path import PlaybackFastPath
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_messages import room_event
from partyapp.shared.storage.database import Transactions
from tests.support.fakes_party import FixedSchedule
from tests.support.party_objects import T0

ENTITIES = (SyncedPartySessionEntity, PartyMemberEntity, PartyEventEntity)


@dataclass
class Process:
    """What a web process has for its commands. `copies` is what its rooms hold; none means the slow path.

    A commit is sent to `hears`, which are processes with copies of their own.
    """

    engine: Engine
    schedule: FixedSchedule = field(default_factory=lambda: FixedSchedule(T0 + 5000.25, 111.5))
    copies: dict[UUID, PartyReplica] = field(default_factory=dict)
    announced: list[Committed] = field(default_factory=list)
    limits: CommandLimits | None = None

    def __post_init__(self) -> None:
        transactions = Transactions(self.engine)
        self.hears: list[Process] = [self]
        self.unit = PartyUnitOfWork(transactions, self, ProcessPorts(schedule=self.schedule))
        self.queries = PartyQueries(transactions)
        self.fast_path = PlaybackFastPath(
            replicas=self, statement=PlaybackStatement(self.engine), schedule=self.schedule, feed=self
        )
        self.playback = PlaybackCommands(self.unit, self.fast_path, self.limits)

    def keep(self, session: SyncedPartySession, members: Sequence[PartyMember]) -> UUID:
        """Store a new party with its members."""

        def add(ports: TransactionPorts) -> None:
            ports.sessions.add(session)
            for member in members:
                ports.members.add(member)

        self.unit.run(add)
        return session.state.id

    def read_replica(self, party_id: UUID) -> PartyReplica:
        """Read the party into a copy, as a room does that is opened."""
        reading = self.queries.whole(party_id)
        assert reading is not None
        replica = PartyReplica(reading.state, reading.members)
        self.copies[party_id] = replica
        return replica

    def control(self, command: PlaybackCommand, command_id: UUID) -> PartyEvent:
        """Run a command as a controller does."""
        return self.playback.control(command, command_id)

    def rows(self, party_id: UUID) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The party's row and its events' rows, every column."""
        party, events = SyncedPartySessionEntity.__table__, PartyEventEntity.__table__
        with self.engine.connect() as connection:
            row = connection.execute(select(party).where(party.c.id == party_id)).mappings().one()
            log = select(events).where(events.c.party_id == party_id).order_by(events.c.revision)
            return dict(row), [dict(found) for found in connection.execute(log).mappings()]

    def replica(self, party_id: UUID) -> PartyReplica | None:
        """The copy of a party, as `RoomLookup` finds it."""
        return self.copies.get(party_id)

    def announce(self, committed: Committed) -> None:
        """A commit reaches the copies, as by `RoomFeed` and the bus."""
        self.announced.append(committed)
        for process in self.hears:
            process.apply(committed.session.state.id, committed.events)

    def catch_up(self, party_id: UUID) -> None:
        """The copy is sent what it missed, as by `RoomFeed`."""
        self.apply(party_id, self.queries.events(party_id, self.copies[party_id].state.revision, 100))

    def apply(self, party_id: UUID, events: Sequence[PartyEvent]) -> None:
        """The copy of a party, if there is one, is sent these events."""
        replica = self.copies.get(party_id)
        if replica is not None:
            for event in events:
                replica.apply(room_event(event))

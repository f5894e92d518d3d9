"""Playback commands on a real Postgres, by the short way and the long way, as a web process runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select

from partyapp.party.application.commands import PlaybackCommand
from partyapp.party.application.ports import ProcessPorts
from partyapp.party.application.views import event_view
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
from partyapp.party.live.playback_commands import PlaybackCommands
from partyapp.party.live.playback_fast_path import PlaybackFastPath
from partyapp.party.live.replica import PartyReplica
from partyapp.shared.storage.database import Transactions
from tests.support.party_objects import T0

ENTITIES = (SyncedPartySessionEntity, PartyMemberEntity, PartyEventEntity)


@dataclass
class Schedule:
    """A party time that stands still until it is moved, and one lead."""

    at_ms: float = T0 + 5000.25
    lead: float = 111.5

    def now_ms(self) -> float:
        return self.at_ms

    def lead_ms(self, party_id: UUID) -> float:
        return self.lead


@dataclass
class Process:
    """What a web process has for its commands. `copies` is what its rooms hold; none means the long way.

    A commit is told to `hears`, which are processes with copies of their own.
    """

    engine: Engine
    schedule: Schedule = field(default_factory=Schedule)
    copies: dict[UUID, PartyReplica] = field(default_factory=dict)
    announced: list[Committed] = field(default_factory=list)

    def __post_init__(self) -> None:
        transactions = Transactions(self.engine)
        self.hears: list[Process] = [self]
        self.unit = PartyUnitOfWork(transactions, self, ProcessPorts(schedule=self.schedule))
        self.queries = PartyQueries(transactions)
        self.fast_path = PlaybackFastPath(
            replica_of=self.copies.get,
            commit=PlaybackStatement(self.engine),
            schedule=self.schedule,
            announcer=self,
        )
        self.playback = PlaybackCommands(self.unit, self.fast_path)

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
        replica = PartyReplica(reading.state, (member.user_id for member in reading.members))
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

    def announce(self, committed: Committed) -> None:
        """Have the processes in `hears` take in a commit."""
        self.announced.append(committed)
        for process in self.hears:
            replica = process.copies.get(committed.session.state.id)
            for event in committed.events if replica is not None else []:
                replica.apply(event_view(event))
